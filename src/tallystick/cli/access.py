"""Commands for who may do what: merchants, API keys, people."""

from __future__ import annotations

import click

from tallystick import merchants as room
from tallystick.cli.root import Terminal, opened, run


@click.group("merchants")
def merchants() -> None:
    """Those who are paid through the platform."""


@merchants.command("add")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--country", default="DE", show_default=True, help="Two letters of ISO 3166.")
@click.option("--currency", default="EUR", show_default=True)
@click.option("--id", "merchant_id", help="An id of your own (acct_…); adding it twice is harmless.")
@click.pass_obj
def add_merchant(
    terminal: Terminal, name: str, email: str, country: str, currency: str, merchant_id: str | None
) -> None:
    """Enrol a merchant."""

    async def work() -> room.Merchant:
        async with opened(terminal) as (_, database):
            return await room.create_merchant(
                database,
                name=name,
                email=email,
                country=country.upper(),
                default_currency=currency.upper(),
                now=terminal.clock.now(),
                merchant_id=merchant_id,
            )

    merchant = run(work())
    terminal.say({"id": merchant.id, "name": merchant.name}, f"{merchant.id}  {merchant.name}")


@merchants.command("list")
@click.pass_obj
def list_merchants(terminal: Terminal) -> None:
    """All room."""

    async def work() -> list[room.Merchant]:
        async with opened(terminal) as (_, database):
            return await room.list_merchants(database)

    for one in run(work()):
        terminal.say({"id": one.id, "name": one.name, "email": one.email}, f"{one.id}  {one.name}  {one.email}")


@merchants.command("fee")
@click.argument("merchant_id")
@click.option("--basis-points", type=click.IntRange(0, 10_000), required=True)
@click.option("--fixed", multiple=True, help="Fixed part in minor units, such as EUR=25; several times.")
@click.pass_obj
def set_fee(terminal: Terminal, merchant_id: str, basis_points: int, fixed: tuple[str, ...]) -> None:
    """Set what the platform charges a merchant."""
    parts = dict(one.upper().split("=", 1) for one in fixed if "=" in one)
    if len(parts) != len(fixed) or not all(amount.isdigit() for amount in parts.values()):
        raise click.BadParameter("give it as EUR=25", param_hint="--fixed")

    async def work() -> None:
        async with opened(terminal) as (_, database):
            amounts = {currency: int(amount) for currency, amount in parts.items()}
            await room.set_fee_plan(database, merchant_id=merchant_id, basis_points=basis_points, fixed_minor=amounts)

    run(work())
    terminal.say({"id": merchant_id, "basis_points": basis_points, "fixed": parts}, f"{merchant_id}  {basis_points} bp")


@click.group()
def keys() -> None:
    """API keys: shown once, kept as digests, revocable."""


@keys.command("issue")
@click.option("--merchant", required=True, help="Whose key it is (acct_…).")
@click.option("--mode", type=click.Choice(["test", "live"]), default="test", show_default=True)
@click.option("--kind", type=click.Choice(["secret", "publishable"]), default="secret", show_default=True)
@click.option("--name", default="", help="What it is for.")
@click.pass_obj
def issue_key(terminal: Terminal, merchant: str, mode: str, kind: str, name: str) -> None:
    """Issue a key. Its secret is printed now and never again."""

    async def work() -> room.IssuedKey:
        async with opened(terminal) as (settings, database):
            return await room.issue_key(
                database,
                room.pepper_of(settings.secret_key.get_secret_value()),
                merchant_id=merchant,
                kind=room.KeyKind(kind),
                livemode=mode == "live",
                name=name,
                now=terminal.clock.now(),
            )

    issued = run(work())
    terminal.say({"id": issued.key.id, "secret": issued.secret}, f"{issued.key.id}  {issued.secret}")


@keys.command("list")
@click.option("--merchant", required=True)
@click.option("--mode", type=click.Choice(["test", "live"]), default="test", show_default=True)
@click.pass_obj
def list_keys(terminal: Terminal, merchant: str, mode: str) -> None:
    """A merchant's keys."""

    async def work() -> list[room.ApiKey]:
        async with opened(terminal) as (_, database):
            return await room.list_keys(database, merchant_id=merchant, livemode=mode == "live")

    for key in run(work()):
        state = "revoked" if key.revoked else "active"
        shown = {"id": key.id, "kind": key.kind, "name": key.name, "last4": key.last4, "state": state}
        terminal.say(shown, f"{key.id}  {key.kind:11}  …{key.last4}  {state:7}  {key.name}")


@keys.command("revoke")
@click.argument("key_id")
@click.option("--merchant", required=True)
@click.pass_obj
def revoke_key(terminal: Terminal, key_id: str, merchant: str) -> None:
    """Revoke a key; servers stop taking it within two seconds."""

    async def work() -> room.ApiKey:
        async with opened(terminal) as (_, database):
            return await room.revoke_key(database, key_id=key_id, merchant_id=merchant, now=terminal.clock.now())

    key = run(work())
    terminal.say({"id": key.id, "state": "revoked"}, f"{key.id}  revoked")


@click.group()
def users() -> None:
    """People who use the dashboard."""


@users.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in room.Role]), default="viewer", show_default=True)
@click.option("--merchant", default=room.PLATFORM, help="Only this merchant's data; the whole platform if absent.")
@click.password_option()
@click.pass_obj
def add_user(terminal: Terminal, email: str, name: str, role: str, merchant: str, password: str) -> None:
    """Add a person with a role."""

    async def work() -> room.User:
        async with opened(terminal) as (_, database):
            user = await room.create_user(database, email=email, name=name, password=password, now=terminal.clock.now())
            return await room.grant(database, user_id=user.id, role=room.Role(role), merchant_id=merchant)

    user = run(work())
    terminal.say({"id": user.id, "email": user.email, "role": role}, f"{user.id}  {user.email}  {role}")
