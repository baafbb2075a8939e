"""The one screen of results, for people; and the same as data, for machines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from tallystick import money
from tallystick.demo.compare import CLASSES, Planted
from tallystick.demo.day import SHOPS, Kind
from tallystick.demo.play import seconds
from tallystick.demo.run import Day, Result
from tallystick.demo.settle import decision_of
from tallystick.demo.world import PROCESSORS
from tallystick.reconciliation import BreakRecord

MOST_FAILURES = 12
WIDE = 100
"""Columns from which tables stand side by side."""
_SHOWN = (
    Kind.CAPTURED, Kind.PARTLY_CAPTURED, Kind.CANCELED, Kind.ABANDONED, Kind.REFUNDED, Kind.PARTLY_REFUNDED,
    Kind.OFTEN_REFUNDED, Kind.SECOND_CARD, Kind.CASCADED, Kind.ANSWER_LOST, Kind.CAPTURE_LOST, Kind.REFUND_LOST,
    Kind.TOLD_TWICE, Kind.TOLD_IN_DISORDER, Kind.DISPUTED,
)  # fmt: skip


def show(console: Console, result: Result, *, stays: bool) -> None:
    """Print the screen."""
    day = result.day
    for part in (
        _title(day),
        _side_by_side(console.width, _volumes(day), Group(_approvals(day), "", _clearing(day))),
        _trouble(day),
        _told(result),
        _judgement(result),
        *([_address(day)] if stays else []),
    ):
        console.print()
        console.print(part)


def _side_by_side(width: int, *tables: RenderableType) -> RenderableType:
    if width < WIDE:
        return Group(*tables)
    grid = Table.grid(padding=(0, 4))
    grid.add_row(*tables)
    return grid


def _title(day: Day) -> Text:
    said = (
        f"business day {day.world.day.isoformat()} · seed {day.world.seed} · {len(day.facts.payments):,} payments"
        f" · {len(SHOPS)} merchants · {len(PROCESSORS)} processors"
    )
    return Text.assemble(("Tallystick  ", "bold"), said)


def _table(title: str, *columns: str, right: Iterable[int] = ()) -> Table:
    made = Table(
        box=None, title=title, title_justify="left", title_style="bold", header_style="dim", padding=(0, 2, 0, 0)
    )
    numbers = set(right)
    for place, column in enumerate(columns):
        made.add_column(column, justify="right" if place in numbers else "left", no_wrap=place in numbers or not place)
    return made


def _text(minor: int, currency: str) -> str:
    places = money.exponent(currency)
    whole, _, rest = money.minor_to_text(abs(minor), places).partition(".")
    return f"{'-' if minor < 0 else ''}{int(whole):,}{'.' if rest else ''}{rest}"


def _volumes(day: Day) -> RenderableType:
    made = _table("Volume", "", "payments", "captured", "refunded", right=(1, 2, 3))
    for currency, (count, captured, refunded) in day.facts.volumes().items():
        made.add_row(currency, f"{count:,}", _text(captured, currency), _text(refunded, currency))
    return made


def _approvals(day: Day) -> RenderableType:
    made = _table("Processors", "", "asked", "approved", "declined", "down", right=(1, 2, 3, 4))
    for one in day.approvals:
        decided = one.approved + one.declined
        rate = one.approved * 1000 // decided if decided else 0
        asked = decided + one.unknown + one.not_sent
        share = f"{rate // 10}.{rate % 10} %"
        made.add_row(one.processor, f"{asked:,}", share, f"{one.declined:,}", f"{one.not_sent:,}")
    return made


def _clearing(day: Day) -> RenderableType:
    """What each processor still owes, and what that is, over all merchants."""
    made = _table(
        "Clearing accounts that are not at zero, and why",
        "",
        "holds",
        "on no report yet",
        "on its way",
        right=(1, 2, 3),
    )
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in day.proof.get("clearing", []):
        processor = next((each.name for each in PROCESSORS if each.name in one["account"]), one["account"])
        found = sums[processor, one["currency"]]
        for place, name in enumerate(("balance_minor", "open_minor", "in_flight_minor")):
            found[place] += one[name]
    for (processor, currency), found in sorted(sums.items()):
        if any(found):
            made.add_row(f"{processor} {currency}", *(_text(amount, currency) for amount in found))
    return made


def _told(result: Result) -> RenderableType:
    """What else there is to say, a line or two each."""
    day = result.day
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    grid.add_row("Happened", _happened(day))
    grid.add_row("Reconciled", _reconciled(day))
    grid.add_row("Closed", _proof(day))
    grid.add_row("Webhooks", ", ".join(f"{count:,} {what}" for what, count in day.webhooks.items()))
    grid.add_row("Speed", _speed(day))
    return grid


def _happened(day: Day) -> str:
    statuses = day.facts.statuses()
    parts = [
        f"{statuses['succeeded']:,} succeeded",
        f"{statuses['requires_payment_method']:,} declined",
        f"{statuses['canceled']:,} cancelled",
        *(f"{day.played.kinds[kind]:,} {kind}" for kind in _SHOWN if day.played.kinds[kind]),
        f"disputes {day.disputes['won']} won, {day.disputes['lost']} lost, {day.disputes['open']} open",
    ]
    return " · ".join(parts)


def _reconciled(day: Day) -> str:
    runs = " · ".join(
        f"{run.name.replace('_', ' ')}: {run.matches:,} matches, {run.breaks} breaks" for run in day.settled.runs
    )
    return f"{len(day.settled.files)} files, {day.settled.lines:,} lines · {runs}"


def _trouble(day: Day) -> RenderableType:
    verdict = day.settled.verdict
    pairs = [*verdict.found, *((one, None) for one in verdict.missed)]
    columns = ("", "planted", "found", "as", "what was done", "money")
    made = _table("Trouble planted in the files", *columns, right=(1, 2))
    for kind in CLASSES:
        mine = [(planted, found) for planted, found in pairs if planted.kind == kind]
        found = [each for _, each in mine if each is not None]
        good = len(found) == len(mine)
        made.add_row(
            kind.replace("_", " "),
            str(len(mine)),
            Text(f"{len(found)}", style="green" if good else "bold red"),
            ", ".join(sorted({each.break_class for each in found})),
            "; ".join(sorted({decision_of(planted, each) for planted, each in mine if each is not None})),
            _amounts(mine),
        )
    extra = len(verdict.unplanted)
    made.add_row("nothing planted", "0", Text(str(extra), style="bold red" if extra else "green"), "", "", "")
    return made


def _amounts(pairs: Iterable[tuple[Planted, BreakRecord | None]]) -> str:
    return ", ".join(f"{_text(one.amount, one.told['currency'])} {one.told['currency']}" for one, _ in pairs)


def _proof(day: Day) -> RenderableType:
    if day.settled.closed is None:
        return Text(f"no: {day.settled.not_closed}", style="bold red")
    sums: Counter[str] = Counter()
    for line in day.proof["lines"]:
        sums[line["currency"]] += line["closing_minor"]
    residuals = sum(bool(one["residual_minor"]) for one in day.proof["clearing"])
    zero = "zero" if not any(sums.values()) else str({code: off for code, off in sums.items() if off})
    return (
        f"by {day.proof['closed_by']} · opening + movements = closing on {len(day.proof['lines'])} accounts · each of "
        f"{len(sums)} currencies sums to {zero} · {residuals} of {len(day.proof['clearing'])} clearing accounts "
        f"unexplained · {len(day.proof['signed_off'])} differences signed off · "
        f"sha-256 {day.settled.closed.digest[:24]}…"
    )


def _speed(day: Day) -> str:
    rate = len(day.facts.payments) * 1_000_000 // max(1, day.phases["payments"])
    phases = ", ".join(f"{name} {seconds(took)[:-1]}" for name, took in day.phases.items())
    return (
        f"{rate:,} payments/s · {day.played.calls:,} calls through the SDK, half within "
        f"{day.played.slowest(50) // 1000} ms, 99 % within {day.played.slowest(99) // 1000} ms · seconds: {phases}"
    )


def _judgement(result: Result) -> RenderableType:
    failures = result.failures()
    lines = [Text(f"✗ {text}", style="bold red") for text in failures[:MOST_FAILURES]]
    if len(failures) > MOST_FAILURES:
        lines.append(Text(f"✗ and {len(failures) - MOST_FAILURES} more", style="bold red"))
    day = result.day
    if result.plain is not None:
        same = "the same books" if not result.differences else f"{len(result.differences)} differences"
        style = "green" if not result.differences else "bold red"
        mark = "✓" if not result.differences else "✗"
        said = f"{mark} server killed {day.kills} times, {same}: {result.plain.books.digest[:16]}… without kills, "
        lines.append(Text(f"{said}{day.books.digest[:16]}… with", style=style))
    if not failures:
        planted = len(day.settled.planted)
        lines.append(Text(f"✓ all {planted} planted troubles found, nothing else reported", style="bold green"))
    return Group(*lines)


def _address(day: Day) -> Text:
    return Text.assemble(
        ("Dashboard  ", "bold"),
        (f"{day.world.url}/dashboard", "bold cyan"),
        f"   {day.sign_in.email}   {day.sign_in.password}\n",
        ("API        ", "bold"),
        (f"{day.world.url}/v1", "bold cyan"),
        f"   {SHOPS[0].name}: {day.keys[SHOPS[0].id]}\n",
        ("Files      ", "bold"),
        f"{day.world.folder}\nCtrl-C ends everything.",
    )


def as_data(result: Result) -> dict[str, Any]:
    """The result as one JSON object."""
    day, verdict = result.day, result.day.settled.verdict
    return {
        "ok": not result.failures(),
        "failures": result.failures(),
        "seed": day.world.seed,
        "day": day.world.day.isoformat(),
        "payments": len(day.facts.payments),
        "statuses": dict(day.facts.statuses()),
        "kinds": {str(kind): count for kind, count in day.played.kinds.items()},
        "volumes": {
            currency: {"payments": count, "captured_minor": captured, "refunded_minor": refunded}
            for currency, (count, captured, refunded) in day.facts.volumes().items()
        },
        "processors": [
            {
                "name": one.processor,
                "approved": one.approved,
                "declined": one.declined,
                "unknown": one.unknown,
                "not_sent": one.not_sent,
            }
            for one in day.approvals
        ],
        "planted": [_trouble_data(planted, found) for planted, found in verdict.found]
        + [_trouble_data(planted, None) for planted in verdict.missed],
        "unplanted": [{"id": one.id, "class": one.break_class, "label": one.label} for one in verdict.unplanted],
        "closed": day.settled.closed.digest if day.settled.closed else None,
        "webhooks": day.webhooks,
        "kills": day.kills,
        "calls": day.played.calls,
        "books": day.books.digest,
        "books_without_kills": result.plain.books.digest if result.plain else None,
        "microseconds": day.phases,
        "url": day.world.url,
        "keys": day.keys,
        "sign_in": {"email": day.sign_in.email, "password": day.sign_in.password},
    }


def _trouble_data(planted: Planted, found: BreakRecord | None) -> dict[str, Any]:
    return {
        "kind": planted.kind,
        "processor": planted.processor,
        "about": planted.about,
        "currency": planted.told["currency"],
        "amount_minor": planted.amount,
        "break": None if found is None else found.id,
        "class": None if found is None else found.break_class,
        "done": decision_of(planted, found),
    }
