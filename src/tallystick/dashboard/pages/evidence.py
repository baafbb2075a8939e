"""What reconciliation found about a payment: where each statement line stands, and the matches with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick import db, reconciliation
from tallystick.dashboard import view, words
from tallystick.money import Money

STATES = {"open": "pending", "settled": "resolved"}


async def matches_of(
    database: db.Database, items: Sequence[reconciliation.ItemRecord], *, livemode: bool
) -> tuple[tuple[view.Match, view.Moment], ...]:
    """Each match once, with the moment it was made."""
    groups = dict.fromkeys(item.group_id for item in items if item.group_id)
    found = [await reconciliation.match(database, group, livemode=livemode) for group in groups]
    return tuple((_match(one), _moment(one)) for one in found if one is not None)


def states_of(items: Sequence[reconciliation.ItemRecord]) -> dict[str, str]:
    """The state of statement lines, by line."""
    return {item.line_id: STATES.get(item.state, item.state) for item in items if item.line_id}


def _match(found: reconciliation.MatchRecord) -> view.Match:
    return view.Match(
        id=found.id,
        run_id=found.run_id,
        tier=words.rule_name(found.rule),
        rule=f"{found.key_kind} {found.key_token}",
        evidence=_evidence(found.certificate, found.currency),
        left=Money(found.left_minor, found.currency),
        right=Money(found.right_minor, found.currency),
    )


def _moment(found: reconciliation.MatchRecord) -> view.Moment:
    return view.Moment(
        found.created,
        "match",
        f"Matched by {words.rule_name(found.rule).lower()}",
        words.reconciliation_name(found.name),
        "matched",
        href=f"/reconciliation/{found.run_id}",
    )


def _evidence(certificate: dict[str, Any], currency: str) -> str:
    """What the certificate says, in a sentence; the whole of it is in the API's answer."""
    left, right = certificate.get("seen", (1, 1))
    first, last = certificate.get("days", (0, 0))
    said = [
        f"seen {_times(left)} on our side and {_times(right)} on theirs, open and recent items included",
        *(f"{name} {_signed(minor, currency)}" for name, minor in certificate.get("adjustments", ()) if minor),
        f"{words.counted(last - first, 'day')} apart" if last > first else "the same day",
    ]
    return words.reason("; ".join(part for part in said if part)) + "."


def _signed(minor: int, currency: str) -> str:
    return f"{'+' if minor > 0 else ''}{words.minor(minor, currency)} {currency}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
