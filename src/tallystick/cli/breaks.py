"""Commands for breaks: what differs, whose it is, and how it was settled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tallystick.cli.root import Terminal, opened, run
from tallystick.cli.terminal import amount, in_mode

if TYPE_CHECKING:
    from tallystick import db
    from tallystick import reconciliation as room

F = TypeVar("F", bound=Callable[..., Any])
PAGE = 500
STATUSES = ("open", "cleared", "resolved", "signed_off")
COLUMNS = ("id", "class", "amount", "currency", "day", "due", "owner", "status", "about")


@click.group()
def breaks() -> None:
    """Differences between what we booked and what others say."""


def _who(command: F) -> F:
    option = click.option("--by", required=True, help="Who does it; stays with the break and in the proof.")
    return option(in_mode(command))


@breaks.command("list")
@in_mode
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    multiple=True,
    default=("open",),
    show_default=True,
    help="Only these; several times.",
)
@click.option("--owner", help="Only those of this owner.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many.")
@click.pass_obj
def list_breaks(terminal: Terminal, livemode: bool, statuses: tuple[str, ...], owner: str | None, limit: int) -> None:
    """List breaks, the newest first.

    \b
    Example:
        tallystick breaks list --owner treasury
    """
    from tallystick import reconciliation as room

    async def work() -> list[room.BreakRecord]:
        async with opened(terminal) as (_, database):
            return await room.breaks(database, livemode=livemode, statuses=statuses, owner=owner, limit=limit)

    break_table(terminal, run(work()), none="no such breaks in this mode")


@breaks.command("show")
@click.argument("break_id")
@in_mode
@click.pass_obj
def show(terminal: Terminal, break_id: str, livemode: bool) -> None:
    """Show a break, what it is about, and what was done and said."""
    from tallystick import reconciliation as room
    from tallystick.base import iso

    async def work() -> tuple[room.BreakRecord, list[room.ItemRecord], list[room.Note]]:
        async with opened(terminal) as (_, database):
            one = await room.break_(database, break_id, livemode=livemode)
            return one, await room.items_of_break(database, one), await room.notes(database, one.id)

    one, items, notes = run(work())
    shown = {
        **break_row(one),
        "items": [_item(item) for item in items],
        "notes": [
            {"at": iso(note.created), "by": note.made_by, "action": note.action, "note": note.note} for note in notes
        ],
    }
    terminal.say(shown, _text(shown))


@breaks.command("assign")
@click.argument("break_id")
@click.option("--owner", required=True, help="Who is to deal with it.")
@_who
@click.pass_obj
def assign(terminal: Terminal, break_id: str, owner: str, by: str, livemode: bool) -> None:
    """Give a break to somebody."""
    from tallystick import reconciliation as room

    _change(
        terminal,
        lambda database: room.assign(
            database, break_id, owner=owner, by=by, now=terminal.clock.now(), livemode=livemode
        ),
    )


@breaks.command("comment")
@click.argument("break_id")
@click.option("--text", required=True, help="What there is to say.")
@_who
@click.pass_obj
def comment(terminal: Terminal, break_id: str, text: str, by: str, livemode: bool) -> None:
    """Say something about a break."""
    from tallystick import reconciliation as room

    _change(
        terminal,
        lambda database: room.comment(
            database, break_id, text=text, by=by, now=terminal.clock.now(), livemode=livemode
        ),
    )


@breaks.command("resolve")
@click.argument("break_id")
@click.option("--reason", required=True, help="What it was; part of the proof of the day.")
@_who
@click.pass_obj
def resolve(terminal: Terminal, break_id: str, reason: str, by: str, livemode: bool) -> None:
    """Settle a break: the difference is explained and gone. What the books still claim is written off.

    \b
    Example:
        tallystick breaks resolve brk_… --reason "stands twice in the report" --by "Marta Lind"
    """
    from tallystick import reconciliation as room

    _change(
        terminal,
        lambda database: room.resolve(
            database, break_id, reason=reason, by=by, now=terminal.clock.now(), livemode=livemode
        ),
    )


@breaks.command("sign-off")
@click.argument("break_id")
@click.option("--reason", required=True, help="Why it may stay; part of the proof of the day.")
@_who
@click.pass_obj
def sign_off(terminal: Terminal, break_id: str, reason: str, by: str, livemode: bool) -> None:
    """Sign a break off: the difference stays, and somebody takes it on. Not the one it is assigned to.

    \b
    Example:
        tallystick breaks sign-off brk_… --reason "comes with tomorrow's value date" --by "Tomás Rey"
    """
    from tallystick import reconciliation as room

    _change(
        terminal,
        lambda database: room.sign_off(
            database, break_id, reason=reason, by=by, now=terminal.clock.now(), livemode=livemode
        ),
    )


def _change(terminal: Terminal, verb: Callable[[db.Database], Awaitable[room.BreakRecord]]) -> None:
    async def work() -> room.BreakRecord:
        async with opened(terminal) as (_, database):
            return await verb(database)

    one = run(work())
    terminal.say(break_row(one), f"{one.id}  {one.status.replace('_', ' ')}  owner {one.owner}")


# --- shown here and by `reconcile --day` -----------------------------------------------------------------------------


async def open_breaks(database: db.Database, *, livemode: bool, until: date) -> list[room.BreakRecord]:
    """Every break that is open and was opened up to a day."""
    from tallystick import reconciliation as room

    every: list[room.BreakRecord] = []
    cursor: room.BreakRecord | None = None
    while page := await room.breaks(
        database, livemode=livemode, statuses=["open"], opened_until=until, limit=PAGE, cursor=cursor
    ):
        every += page
        cursor = page[-1]
    return every


def break_row(one: room.BreakRecord) -> dict[str, Any]:
    """A break for the screen and for programs."""
    return {
        "id": one.id,
        "class": one.break_class,
        "reconciliation": one.name,
        "side": one.side.name.lower(),
        "source": one.source,
        "account": one.account,
        "amount": amount(one.amount_minor, one.currency),
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "day": one.day,
        "opened": one.opened_on,
        "due": one.due_on,
        "owner": one.owner,
        "status": one.status,
        "about": one.label or one.subject,
        "reason": one.reason,
        "merchant": one.merchant_id,
        "payment": one.payment_id,
        "settled_by": one.settled_by,
        "settled_reason": one.settled_reason,
    }


def break_table(terminal: Terminal, found: Sequence[room.BreakRecord], *, none: str) -> None:
    """Print breaks."""
    terminal.table([break_row(one) for one in found], COLUMNS, right=("amount",), none=none)


def _item(item: room.ItemRecord) -> dict[str, Any]:
    return {
        "item": item.item_id,
        "side": item.side.name.lower(),
        "source": item.source,
        "kind": item.kind,
        "amount": amount(item.amount_minor, item.currency),
        "amount_minor": item.amount_minor,
        "currency": item.currency,
        "day": item.day,
        "state": item.state,
        "about": item.label,
    }


def _text(shown: dict[str, Any]) -> str:
    plain = {name: value for name, value in shown.items() if name not in ("items", "notes", "amount_minor")}
    lines = [f"{name:<16}{value}" for name, value in plain.items() if value not in (None, "")]
    for item in shown["items"]:
        lines.append(
            f"{item['side']:<16}{item['source']}: {item['kind']} {item['about']} of {item['day']}, "
            f"{item['amount']} {item['currency']}, {item['state']}"
        )
    lines += [f"{note['at'][:19]}Z  {note['by']} {note['action']}: {note['note']}" for note in shown["notes"]]
    return "\n".join(lines)
