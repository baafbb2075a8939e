"""The two halves of a break: what we booked, and what they wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tallystick import reconciliation
from tallystick.dashboard import view, words
from tallystick.money import Money
from tallystick.reconciliation import Side


def halves_of(
    found: reconciliation.BreakRecord, items: Sequence[reconciliation.ItemRecord]
) -> tuple[view.Half, view.Half]:
    """Left and right; a side without items is missing."""
    left = [item for item in items if item.side is Side.LEFT]
    right = [item for item in items if item.side is Side.RIGHT]
    bank = found.name == "processor_vs_bank"
    return _half("Announced payout" if bank else "Our books", left), _half("Bank" if bank else "Processor", right)


def _half(title: str, items: Sequence[reconciliation.ItemRecord]) -> view.Half:
    if not items:
        return view.Half(title, "Nothing found", None, ())
    first = items[0]
    facts = tuple(fact for item in items for fact in _facts(item))
    href = f"/payments/{first.payment_id}" if first.payment_id else ""
    total = Money(sum(item.amount_minor for item in items), first.currency)
    return view.Half(title, first.account or first.source, total, facts, href)


def _facts(item: reconciliation.ItemRecord) -> Iterator[tuple[str, str]]:
    yield "What", item.label or words.plain(item.kind)
    yield "Day", words.short_day(item.day)
    if item.fee_minor is not None:
        yield "Fee", f"{words.minor(item.fee_minor, item.currency)} {item.currency}"
    if item.batch:
        yield "Payout", item.batch
    yield "State", words.state_of(item.state).word
    yield "Item", item.item_id
