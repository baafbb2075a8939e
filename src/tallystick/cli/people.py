"""Commands for people: who may sign in to the dashboard, as what, with which password."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tallystick.cli.root import REFUSED, Terminal, opened, run, stop

if TYPE_CHECKING:
    from tallystick import db
    from tallystick import merchants as room

F = TypeVar("F", bound=Callable[..., Any])
ROLES = ("owner", "operator", "finance", "viewer")
PLATFORM = "platform"


@click.group()
def users() -> None:
    """People who use the dashboard."""


def _with_role(command: F) -> F:
    role = click.option(
        "--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What the person may do."
    )
    merchant = click.option(
        "--merchant", default=PLATFORM, help="Only this merchant's data (acct_…); the whole platform if absent."
    )
    return role(merchant(command))


_from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@users.command("add")
@click.option("--email", required=True, help="What the person signs in with.")
@click.option("--name", required=True, help="As others know the person; shown where they decided something.")
@_with_role
@_from_stdin
@click.pass_obj
def add_user(terminal: Terminal, email: str, name: str, role: str, merchant: str, password_stdin: bool) -> None:
    """Add a person with a role. Asks for the password.

    \b
    Examples:
        tallystick users add --email ines@example.com --name "Ines Moreau" --role finance
        pass show ines | tallystick users add --email … --name … --password-stdin
    """
    from tallystick import merchants as room

    password = _password(password_stdin)

    async def work() -> room.User:
        async with opened(terminal) as (_, database):
            if merchant != PLATFORM:
                await room.merchant_of(database, merchant)  # before anything is written
            user = await room.create_user(database, email=email, name=name, password=password, now=terminal.clock.now())
            return await room.grant(database, user_id=user.id, role=room.Role(role), merchant_id=merchant)

    user = run(work())
    terminal.say({"id": user.id, "email": user.email, "role": role}, f"{user.id}  {user.email}  {role}")


@users.command("grant")
@click.option("--email", required=True, help="Whose role.")
@_with_role
@click.pass_obj
def grant_role(terminal: Terminal, email: str, role: str, merchant: str) -> None:
    """Give a person a role, in place of the one there was at that merchant."""
    from tallystick import merchants as room

    async def work() -> room.User:
        async with opened(terminal) as (_, database):
            user = await _user(database, email)
            return await room.grant(database, user_id=user.id, role=room.Role(role), merchant_id=merchant)

    user = run(work())
    terminal.say(
        {"id": user.id, "email": user.email, "role": role, "merchant": merchant},
        f"{user.id}  {user.email}  {role} of {merchant}",
    )


@users.command("password")
@click.option("--email", required=True, help="Whose password.")
@_from_stdin
@click.pass_obj
def set_password(terminal: Terminal, email: str, password_stdin: bool) -> None:
    """Set a new password and end all sessions of the person."""
    from tallystick import merchants as room

    password = _password(password_stdin)

    async def work() -> room.User:
        async with opened(terminal) as (_, database):
            user = await _user(database, email)
            await room.set_password(database, user_id=user.id, password=password)
            return user

    user = run(work())
    terminal.say({"id": user.id, "email": user.email}, f"{user.id}  {user.email}  has a new password")


async def _user(database: db.Database, email: str) -> room.User:
    from tallystick import merchants as room

    user = await room.user_by_email(database, email)
    if user is None:
        stop(REFUSED, f"nobody has the email {email}: add the person with `tallystick users add`")
    return user


def _password(from_stdin: bool) -> str:
    """From standard input (its first line), or asked for twice where somebody can answer."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to be asked for the password: give it with --password-stdin")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt="The same again")
    return password
