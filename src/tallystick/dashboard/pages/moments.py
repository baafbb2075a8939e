"""Moments of a timeline that belong together: what was booked at once, and what was told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from tallystick import ledger, payments
from tallystick.base import Instant
from tallystick.dashboard import view, words


def booked_together(postings: Sequence[ledger.Posting]) -> list[view.Moment]:
    """One moment per commit of transfers."""
    return [
        view.Moment(
            at,
            "posting",
            "Booked: " + ", ".join(f"{reason_of(one).lower()} {_amount(one)}" for one in group),
            "; ".join(
                dict.fromkeys(f"{account_in_words(one.debit)} to {account_in_words(one.credit)}" for one in group)
            ),
        )
        for at, group in _by_moment((one for one in postings if one.amount), lambda one: one.created)
    ]


def told_together(entries: Iterable[payments.Entry], sent: Sequence[view.DeliveryRow]) -> list[view.Moment]:
    """One moment per commit of events, and one per round of deliveries."""
    news = _by_moment((entry for entry in entries if entry.kind == "event"), lambda entry: entry.at)
    told = [view.Moment(at, "event", ", ".join(entry.title for entry in group)) for at, group in news]
    rounds = _by_moment(sent, lambda delivery: delivery.created)
    return told + [_round(at, group) for at, group in rounds]


def _round(at: Instant, group: Sequence[view.DeliveryRow]) -> view.Moment:
    counts = Counter(delivery.state for delivery in group)
    detail = ", ".join(f"{number} {words.state_of(state).word.lower()}" for state, number in counts.items())
    state = (
        "delivered" if set(counts) == {"delivered"} else max(counts, key=lambda one: (one != "delivered", counts[one]))
    )
    return view.Moment(at, "webhook", f"Sent {words.counted(len(group), 'webhook')}", detail, state)


def _by_moment(things: Iterable[Any], at: Callable[[Any], Instant]) -> list[tuple[Instant, list[Any]]]:
    return [(moment, list(group)) for moment, group in groupby(sorted(things, key=at), at)]


def _between(posting: ledger.Posting) -> str:
    return f"{account_in_words(posting.debit)} to {account_in_words(posting.credit)}"


def _amount(posting: ledger.Posting) -> str:
    return f"{words.minor(posting.amount, posting.currency)} {posting.currency}"


def reason_of(posting: ledger.Posting) -> str:
    """What a transfer is for."""
    if not isinstance(posting.code, ledger.TransferCode):
        return "Posted"
    return words.plain(posting.code.name)


def account_in_words(path: str) -> str:
    """`test:acct_1:processor_receivable:sandbox_a:EUR` as `Processor receivable · sandbox_a`."""
    _, _, name, *processor, _ = path.split(":")
    return " · ".join((words.plain(name), *processor))
