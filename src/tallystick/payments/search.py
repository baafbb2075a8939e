"""Find payments by words and fields, newest first, a page at a time.

Tokens are filled behind the payments by a consumer of the outbox, so a payment is found a moment after it was made.
Tokens are only ever added; what a payment no longer carries is sorted out when the page is read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from tallystick import db, money, outbox
from tallystick.base import Instant, Refused
from tallystick.payments import words, written
from tallystick.payments.model import Attempt, Dispute, Payment, PaymentRefusal, PaymentStatus, Refund
from tallystick.payments.store import finding, lists, reads, writes

MOST_TERMS = 6


class Indexer:
    """The outbox consumer that fills the tokens."""

    name = "payment-search"

    def __init__(self, database: db.Database) -> None:
        self._database = database

    async def audience(self) -> None:
        """Everybody's payments."""
        return

    async def take(self, unit: db.Unit, heads: Sequence[outbox.Head], now: Instant) -> None:
        """Note which payment each event tells of, and add the tokens of those payments as they are now."""
        told = [head.id for head in heads if head.type.startswith(_TELLING)]
        events = await outbox.load(self._database, told)
        ids: set[str] = set()
        for event in events.values():
            about = _READ(event.payload).data.object
            payment_id = about.id if about.object == "payment_intent" else about.payment_intent
            if payment_id is not None:
                ids.add(payment_id)
                row = {"payment": payment_id, "event": event.id, "type": event.type, "created": event.created}
                unit.insert(writes.ADD_EVENT, row)
        for payment in (await reads.several(self._database, "payment_intents", Payment, ids)).values():
            index(unit, payment)


_TELLING = ("payment_intent.", "charge.", "refund.")


class _Thing(msgspec.Struct):
    id: str
    object: str
    payment_intent: str | None = None


class _Data(msgspec.Struct):
    object: _Thing


class _Event(msgspec.Struct):
    data: _Data


_READ = msgspec.json.Decoder(_Event).decode


def index(unit: db.Unit, payment: Payment) -> None:
    """Add the payment's tokens; those that are there already are left as they are."""
    for token in words.tokens(payment):
        row = {"merchant": payment.merchant, "livemode": payment.livemode, "token": token, "payment": payment.id}
        unit.insert(writes.ADD_TOKEN, row)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find: payments with all `tokens` whose columns have the values in `equals`. An `amount` there has its
    token as well: the token is what it is found by, the column says that it is no other word."""

    tokens: frozenset[str] = frozenset()
    equals: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One page, nearest to the cursor first. `last` is where the next page starts, None when there is none."""

    payments: list[Payment]
    last: str | None


async def find(
    database: db.Database, merchants: Sequence[str], wanted: Wanted, window: lists.Window, *, livemode: bool
) -> Found:
    """A page of payments of these merchants. Each merchant is asked by itself, which keeps every read on an index:
    a few at first, then ever more at once and only for what is nearer than the page that is full already."""
    ascending = window.newer_than is not None
    rows: list[Payment] = []
    stops: list[str] = []
    part = window
    for asked in _ever_more(merchants):
        pages = await asyncio.gather(
            *(
                finding.search(
                    database,
                    merchant=merchant,
                    livemode=livemode,
                    tokens=sorted(wanted.tokens),
                    equals=wanted.equals,
                    window=part,
                    effort=finding.effort(len(merchants)),
                )
                for merchant in asked
            )
        )
        stops += [page.stopped_at for page in pages if page.stopped_at is not None]
        rows += [Payment(**row) for page in pages for row in page.rows]
        rows.sort(key=lambda payment: payment.id, reverse=not ascending)
        if len(rows) > window.limit:
            del rows[window.limit + 1 :]
            part = replace(window, nearer_than=rows[-1].id)
    if stops:
        # Beyond the nearest stop some merchant's payments are not known yet: the next page begins there.
        stop = min(stops) if ascending else max(stops)
        rows = [row for row in rows if (row.id <= stop if ascending else row.id >= stop)]
    last = stop if stops else None
    if len(rows) > window.limit:
        rows = rows[: window.limit]
        last = rows[-1].id
    return Found([payment for payment in rows if wanted.tokens <= words.tokens(payment)], last)


def _ever_more(merchants: Sequence[str]) -> Iterator[Sequence[str]]:
    """One of them, then two, then four, until all have come."""
    start, count = 0, 1
    while start < len(merchants):
        yield merchants[start : start + count]
        start, count = start + count, count * 2


async def typed(
    database: db.Database, text: str, *, status: str = "", processor: str = "", currency: str = ""
) -> Wanted:
    """What somebody typed into a search field, with the filters beside it. Ids of ours are keys, not words; amounts are
    read as people write them, and `amount:1099` in minor units as in the query language."""
    equals: dict[str, str | int] = {"status": status} if status else {}
    found: set[str] = set()
    amount, rest = written.amount(text)
    if amount is not None:
        found |= {amount.text, words.field("currency", amount.currency)} if amount.currency else {amount.text}
        equals |= {"amount": amount.minor} if amount.minor is not None else {}
    for word in words.words(rest)[:MOST_TERMS]:
        key = await _as_key(database, word)
        if key is not None:
            equals |= key
        else:
            found.add(word)
    if text.strip() and not found and amount is None and equals.keys() <= {"status"}:
        found.add(text.strip())  # nothing but signs: no payment has that, which is not the same as asking for all
    found |= {words.field("processor", processor)} if processor else set()
    found |= {words.field("currency", currency)} if currency else set()
    return Wanted(frozenset(found), equals)


async def _as_key(database: db.Database, word: str) -> dict[str, str] | None:
    """The payment or customer that an id names, or None for any other word."""
    match word.partition("_"):
        case ("pi", "_", _):
            return {"id": word}
        case ("cus", "_", _):
            return {"customer": word}
        case ("ch" | "att" | "undo", "_", suffix):
            prefix = "undo_" if word.startswith("undo_") else "att_"
            thing: Attempt | Refund | Dispute | None = await reads.attempt(database, prefix + suffix)
        case ("re", "_", _):
            thing = await reads.refund(database, word)
        case ("dp", "_", _):
            thing = await reads.dispute(database, word)
        case _:
            return None
    return {"id": thing.payment if thing else word}


# --- the query language of the API ---

_TERM = re.compile(
    r"""\s*(?:(?P<joined>AND)\s+)?(?P<minus>-)?
    (?:metadata\[(?P<quote>["'])(?P<key>[^"'\]]{1,40})(?P=quote)\]|(?P<field>[a-z_]+))
    \s*(?P<operator>:|~|<=|>=|<|>)\s*
    (?:"(?P<text>[^"]{0,500})"|'(?P<single>[^']{0,500})'|(?P<bare>[^\s"']{1,64}))\s*""",
    re.VERBOSE,
)
_AMOUNT = re.compile(r"[0-9]{1,8}", re.ASCII)


def parsed(query: str, window: lists.Window) -> tuple[Wanted, lists.Window]:
    """A query such as `metadata["order"]:"17" AND status:"succeeded"` in Stripe's search language.

    Raises Refused(PARAMETER_INVALID) for what is not understood: OR, negation, `~`, other fields.
    """
    found: set[str] = set()
    equals: dict[str, str | int] = {}
    place = 0
    while place < len(query):
        match = _TERM.match(query, place)
        if match is None or (place == 0) != (match["joined"] is None) or match["minus"]:
            raise _unreadable(query[place:])
        place = match.end()
        value = next(part for part in (match["text"], match["single"], match["bare"]) if part is not None)
        if match["field"] == "created":
            window = _created(window, match["operator"], value)
        elif match["operator"] != ":":
            raise _unreadable(match.group())
        elif match["key"] is not None:
            found.add(words.of_metadata(match["key"], value))
        else:
            _field(match["field"], value, found, equals)
    if not found and not equals and window.created_from is window.created_before is None:
        raise _unreadable(query)
    return Wanted(frozenset(found), equals), window


def _field(name: str, value: str, found: set[str], equals: dict[str, str | int]) -> None:
    if name == "status":
        if value not in PaymentStatus.__members__.values():
            raise _unreadable(f"status:{value}")
        _equal(equals, "status", value)
    elif name == "customer":
        _equal(equals, "customer", value)
    elif name == "currency":
        if value.upper() not in money.CURRENCIES:
            raise _unreadable(f"currency:{value}")
        found.add(words.field("currency", value.upper()))
    elif name == "amount":
        _equal(equals, "amount", _amount(value))
        found.add(str(equals["amount"]))
    elif name == "receipt_email":
        found.add(words.normal(value))
    else:
        raise _unreadable(name)


def _equal(equals: dict[str, str | int], name: str, value: str | int) -> None:
    if equals.setdefault(name, value) != value:
        raise Refused(
            PaymentRefusal.PARAMETER_INVALID,
            f"The query asks for two values of {name}, and a payment has one. Ask for each by itself.",
            param="query",
        )


def _amount(value: str) -> int:
    if not _AMOUNT.fullmatch(value):
        raise Refused(
            PaymentRefusal.PARAMETER_INVALID,
            f"The query has amount:{value[:60]!r}. Write an amount in whole minor units, such as amount:1099.",
            param="query",
        )
    return int(value)


def _created(window: lists.Window, operator: str, value: str) -> lists.Window:
    if not (value.isascii() and value.isdigit() and len(value) <= 12) or operator == "~":
        raise _unreadable(f"created{operator}{value}")
    second = int(value)
    first = Instant((second + (operator == ">")) * 1_000_000)
    after_it = Instant((second + (operator in ("<=", ":"))) * 1_000_000)
    if operator in (">", ">=", ":"):
        window = replace(window, created_from=first)
    if operator in ("<", "<=", ":"):
        window = replace(window, created_before=after_it)
    return window


def _unreadable(part: str) -> Refused:
    return Refused(
        PaymentRefusal.PARAMETER_INVALID,
        f"The query is not understood at {part.strip()[:60]!r}. Join terms by AND; fields are status, currency, "
        'amount, customer, receipt_email, created and metadata["key"], such as status:"succeeded" AND amount:1099.',
        param="query",
    )
