"""The two halves of a break: what we booked, and what they wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tallystick import reconciliation
from tallystick.dashboard import view, words
from tallystick.money import Money
from tallystick.reconciliation import BreakClass, Side


def halves_of(
    found: reconciliation.BreakRecord,
    items: Sequence[reconciliation.ItemRecord],
    told_before: Sequence[reconciliation.ItemRecord] = (),
) -> tuple[view.Half, view.Half]:
    """Left and right; a side without items is missing, but not that of a duplicate: what fits it is taken."""
    bank = found.name == reconciliation.BANK
    titles = ("Announced payout", "Bank") if bank else ("Our books", "Processor")
    duplicate = found.break_class == BreakClass.DUPLICATE
    left, right = (
        _taken(title, told_before)
        if duplicate and side is not found.side
        else _half(title, [item for item in items if item.side is side])
        for title, side in zip(titles, (Side.LEFT, Side.RIGHT), strict=True)
    )
    return left, right


def _taken(title: str, told_before: Sequence[reconciliation.ItemRecord]) -> view.Half:
    """The side that a duplicate has no claim on: `told_before` is the first telling, then what it was matched with."""
    if len(told_before) > 1:
        remark = f"Matched with the one that came first, {told_before[0].item_id}. Nothing is left for a second."
        return replace(_half(title, told_before[1:]), remark=remark)
    first = f"The one that came first, {told_before[0].item_id}, has no match." if told_before else ""
    return replace(_half(title, ()), remark=first or "Another one that says the same came first.")


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
