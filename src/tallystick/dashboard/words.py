"""How amounts, times and states are written for a reader.

States are told by a word, a colour and a shape together, so that none of the three has to be seen.
`STATES` is one table for all pages; an unknown state is shown by its own name in a neutral tone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from tallystick.base import MICROSECONDS_PER_SECOND, Instant
from tallystick.base import iso as iso_instant
from tallystick.money import Money, to_text

MINUS: Final = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class State:
    """A word for a state, the tone of its colour and the name of its shape."""

    word: str
    tone: str
    shape: str


STATES: Final[dict[str, State]] = {
    "succeeded": State("Succeeded", "good", "check"),
    "processing": State("Processing", "wait", "clock"),
    "requires_capture": State("Uncaptured", "info", "hold"),
    "requires_payment_method": State("Needs method", "calm", "ring"),
    "requires_confirmation": State("Unconfirmed", "calm", "ring"),
    "requires_action": State("Needs action", "wait", "ring"),
    "canceled": State("Canceled", "calm", "cross"),
    "declined": State("Declined", "bad", "cross"),
    "failed": State("Failed", "bad", "cross"),
    "refunded": State("Refunded", "calm", "back"),
    "partially_refunded": State("Part refunded", "calm", "back"),
    "disputed": State("Disputed", "bad", "flag"),
    "approved": State("Approved", "good", "check"),
    "unknown": State("Unknown", "wait", "question"),
    "not_sent": State("Not sent", "calm", "cross"),
    "open": State("Open", "wait", "ring"),
    "assigned": State("Assigned", "info", "person"),
    "resolved": State("Resolved", "good", "check"),
    "cleared": State("Cleared by itself", "good", "halves"),
    "signed_off": State("Signed off", "calm", "pen"),
    "reopened": State("Reopened", "wait", "ring"),
    "posted": State("Posted", "good", "check"),
    "pending": State("Pending", "wait", "clock"),
    "voided": State("Voided", "calm", "cross"),
    "matched": State("Matched", "good", "halves"),
    "break": State("Break", "bad", "split"),
    "superseded": State("Superseded", "calm", "back"),
    "read": State("Read", "info", "file"),
    "duplicate": State("Duplicate", "calm", "copy"),
    "settled": State("Settled", "calm", "check"),
    "delivered": State("Delivered", "good", "check"),
    "retrying": State("Retrying", "wait", "clock"),
    "reconciled": State("Reconciled", "good", "halves"),
    "reconciled_with_pending": State("Reconciled, some pending", "good", "halves"),
    "won": State("Won", "good", "check"),
    "lost": State("Lost", "bad", "cross"),
    "opened": State("Opened", "wait", "flag"),
    "breaks": State("Breaks", "wait", "split"),
    "incomplete": State("Incomplete", "bad", "question"),
    "closed": State("Closed", "good", "lock"),
    "ready": State("Ready to close", "info", "ring"),
    "blocked": State("Blocked", "wait", "split"),
    "not_closed": State("Not closed", "calm", "ring"),
    "running": State("Running", "calm", "clock"),
    "empty": State("No payments", "calm", "dash"),
    "balanced": State("Balanced", "good", "halves"),
    "unbalanced": State("Not balanced", "bad", "split"),
    "overdue": State("Overdue", "bad", "clock"),
    "on_time": State("On time", "good", "check"),
    "clear": State("Clear", "calm", "dash"),
    "passed": State("Passed", "good", "check"),
    "stopped": State("In the way", "wait", "split"),
    "good": State("Good", "good", "check"),
    "wait": State("Look at it", "wait", "clock"),
    "bad": State("Broken", "bad", "cross"),
    "active": State("Active", "good", "check"),
    "revoked": State("Revoked", "calm", "cross"),
    "disabled": State("Disabled", "calm", "cross"),
}

BREAK_KINDS: Final[dict[str, str]] = {
    "missing_left": "Not in our books",
    "missing_right": "Missing on their side",
    "amount": "Amount differs",
    "fee": "Fee differs",
    "duplicate": "Duplicate line",
    "late": "Late payout",
    "orphan": "Unknown line",
    "restated": "Restated after match",
    "ambiguous": "Ambiguous",
    "unclassified": "Not classified",
}


BREAK_ADVICE: Final[dict[str, str]] = {
    "missing_left": "They name a movement that our books do not know. Ask the processor for the payment behind it.",
    "missing_right": "We booked it and they do not name it. It may stand in a later report; ask when that has come.",
    "late": "The money was announced and is overdue at the bank. Ask the processor for the transfer, then the bank.",
    "orphan": "Nothing of ours explains this line. Find out who sent it before you resolve it.",
    "amount": "Both sides know it and disagree on the amount. Compare the two halves, then ask the one who is wrong.",
    "fee": "The fee is not the one agreed. Claim it back, or correct the schedule if the processor is right.",
    "duplicate": "They name the same movement twice. Have the second one taken back.",
    "restated": "They changed what was matched already. Check the new figures against the payment.",
    "ambiguous": "More than one counterpart fits, so none was taken. Choose by hand after looking at both.",
}

RULES: Final[dict[str, str]] = {
    "strong_key": "The same token, once on each side",
    "batch": "The movements of a batch add up to its total",
    "composite_exact": "Account, currency, amount and day, and one more token; alone on both sides",
}


def reconciliation_name(name: str) -> str:
    """`books_vs_processor:sandbox_a` as `Books to sandbox_a`."""
    kind, _, processor = name.partition(":")
    if kind == "books_vs_processor" and processor:
        return f"Books to {processor}"
    return "Payouts to bank" if name == "processor_vs_bank" else plain(name)


def rule_name(rule: str) -> str:
    """A rule in words."""
    return plain(rule)


def state_of(name: str) -> State:
    """How to show a state."""
    return STATES.get(name) or State(plain(name), "calm", "ring")


def break_kind(name: str) -> str:
    """A break's class in words."""
    return BREAK_KINDS.get(name) or plain(name)


def plain(name: str) -> str:
    """`some_code` as `Some code`."""
    return name.replace("_", " ").strip().capitalize()


def reason(text: str) -> str:
    """Why a break is one, its code or its sentence, as the beginning of a line: `key_taken` gives `Key taken`."""
    spaced = text.replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]


def grouped(text: str) -> str:
    """Decimal text with thousands separated and a real minus sign: `-1234.5` gives `−1,234.5`."""
    sign = MINUS if text.startswith("-") else ""
    whole, point, fraction = text.lstrip("-").partition(".")
    return f"{sign}{int(whole):,}{point}{fraction}"


def amount(money: Money) -> str:
    """The number alone, such as `1,234.50`."""
    return grouped(to_text(money))


def minor(value: int, currency: str) -> str:
    """Minor units of a currency as the number alone."""
    return amount(Money(value, currency))


def percent(basis_points: int) -> str:
    """Hundredths of a percent as `93.4 %`, cut and never rounded up: 99.99 is not 100."""
    tenths = basis_points // 10
    return f"{tenths // 10}.{tenths % 10}\N{NO-BREAK SPACE}%"


def change(now_minor: int, before_minor: int) -> str:
    """How much more or less than before, such as `+12 %`; empty when there was nothing before."""
    if not before_minor:
        return ""
    points = (now_minor - before_minor) * 100 // before_minor
    sign = "+" if points > 0 else MINUS if points < 0 else "±"
    return f"{sign}{abs(points)}\N{NO-BREAK SPACE}%"


def moment(instant: Instant) -> datetime:
    """The instant as a datetime in UTC."""
    return datetime.fromtimestamp(instant // MICROSECONDS_PER_SECOND, UTC)


def absolute(instant: Instant) -> str:
    """Such as `21 Nov 2026, 09:00:05 UTC`."""
    return f"{moment(instant):%-d %b %Y, %H:%M:%S} UTC"


def clock_time(instant: Instant) -> str:
    """Such as `09:00:05.123`."""
    return f"{moment(instant):%H:%M:%S}.{instant // 1000 % 1000:03d}"


def iso(instant: Instant) -> str:
    """For the `datetime` attribute."""
    return iso_instant(instant)


def long_day(day: date) -> str:
    """Such as `Saturday, 21 November 2026`."""
    return f"{day:%A, %-d %B %Y}"


def short_day(day: date) -> str:
    """Such as `21 Nov 2026`."""
    return f"{day:%-d %b %Y}"


def relative(instant: Instant, now: Instant) -> str:
    """Such as `5 min ago` or `in 2 h`; the exact time stands in the title beside it."""
    seconds = (now - instant) // MICROSECONDS_PER_SECOND
    if abs(seconds) < 45:
        return "just now" if seconds >= 0 else "in a moment"
    span = _spelled(abs(seconds))
    return f"{span} ago" if seconds > 0 else f"in {span}"


def lasting(seconds: int) -> str:
    """A stretch of time in its largest unit, such as `3 d`."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size}\N{NO-BREAK SPACE}{unit}"
    return f"{seconds}\N{NO-BREAK SPACE}s"


def _spelled(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if 1 <= hours < 24 and minutes:
        return f"{lasting(seconds)} {minutes}\N{NO-BREAK SPACE}min"
    return lasting(seconds)


def age(instant: Instant, now: Instant) -> str:
    """How long ago, without the word."""
    return lasting(max(0, (now - instant) // MICROSECONDS_PER_SECOND))


def counted(number: int, one: str, many: str = "") -> str:
    """`1 payment`, `1,204 payments`."""
    return f"{number:,}\N{NO-BREAK SPACE}{one if number == 1 else many or one + 's'}"
