"""Payment methods: cards by token, kept for later or used once.

A number is looked at once, to find the published test card it is, and is then forgotten; any other number is refused
before anything is stored, and neither the refusal nor the log repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick import cards, db
from tallystick.base import Instant, Refused, day
from tallystick.idempotency import Operation
from tallystick.payments import books, wire
from tallystick.payments.again import Seal, unsealed, until_won
from tallystick.payments.begin import Owner
from tallystick.payments.model import Customer, Instrument, PaymentMethod, PaymentRefusal
from tallystick.payments.rules import made_at, merged_metadata, missing, read_instrument, to_text
from tallystick.payments.store import reads, writes
from tallystick.payments.till import Till

_replace = msgspec.structs.replace
_row = msgspec.structs.asdict


class CardWords(msgspec.Struct, frozen=True, kw_only=True):
    """A card as a caller describes it: a token, or a number with its expiry."""

    token: str | None = None
    number: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    cvc: str | None = None


class Offered(msgspec.Struct, frozen=True):
    """A payment method to pay with; `new` ones are stored with the payment."""

    method: PaymentMethod
    new: bool

    @property
    def instrument(self) -> str:
        """What the payment remembers of it, as JSON text."""
        kept = read_instrument(self.method.card)
        assert kept is not None, "a payment method has a card"
        billing = msgspec.json.decode(self.method.billing, type=dict[str, Any])
        return to_text(_replace(kept, billing=billing)) if billing else self.method.card


def instrument(till: Till, words: CardWords, *, now: Instant) -> Instrument:
    """The card that `words` describe, without its number.

    Raises Refused: no such token, an incorrect number or date, or a number that is not a published test number.
    """
    if words.token is not None:
        return _of_test_card(till, named(words.token, param="card[token]"), None, None)
    if words.number is None:
        raise Refused(PaymentRefusal.PARAMETER_MISSING, "Send card[token] or card[number].", param="card[number]")
    test = cards.by_number(cards.read_number(words.number))
    if test is None:
        raise Refused(
            PaymentRefusal.CARD_NUMBER_REFUSED,
            "Only published test card numbers are taken here, and this is not one; it was not stored. "
            "Use a token such as 'tok_visa' or 'pm_card_visa'.",
            param="card[number]",
        )
    if words.exp_month is None or words.exp_year is None:
        raise Refused(PaymentRefusal.PARAMETER_MISSING, "Send the card's expiry.", param="card[exp_month]")
    year = words.exp_year + 2000 if words.exp_year < 100 else words.exp_year
    cards.check_expiry(words.exp_month, year, today=day(now))
    if words.cvc is not None:
        cards.check_cvc(words.cvc, brand=test.brand)
    return _of_test_card(till, test, words.exp_month, year)


def named(name: str, *, param: str) -> cards.TestCard:
    """The test card with this published name. Raises Refused(RESOURCE_MISSING)."""
    test = cards.by_name(name)
    if test is None:
        raise missing("token" if name.startswith("tok_") else "PaymentMethod", name, param=param)
    return test


def _of_test_card(till: Till, test: cards.TestCard, month: int | None, year: int | None) -> Instrument:
    expiry = {} if month is None or year is None else {"exp_month": month, "exp_year": year}
    card = test.card(key=till.fingerprint_key, **expiry)
    return Instrument(
        token=card.token,
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        funding=card.funding,
        country=card.country,
        fingerprint=card.fingerprint,
    )


def made(
    owner: Owner,
    identifier: str,
    card: Instrument,
    *,
    billing: Mapping[str, Any] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> PaymentMethod:
    """A new payment method."""
    return PaymentMethod(
        id=identifier,
        merchant=owner.merchant,
        livemode=owner.livemode,
        created=made_at(identifier),
        version=0,
        customer="",
        detached=False,
        card=to_text(card),
        billing=to_text(billing or {}),
        metadata=merged_metadata("{}", metadata or {}),
    )


async def offered(till: Till, owner: Owner, name: str, *, identifier: str, customer: str) -> Offered:
    """The payment method a caller names: one of the merchant's by id, or a test card by its published name.

    Raises Refused: it does not exist, was detached, or belongs to another customer.
    """
    if name.startswith(("pm_card_", "tok_")):
        return Offered(
            made(owner, identifier, _of_test_card(till, named(name, param="payment_method"), None, None)), True
        )
    method = await method_of(till, owner, name, param="payment_method")
    if method.detached:
        raise Refused(
            PaymentRefusal.PAYMENT_METHOD_STATE,
            f"{method.id} was detached from its customer and cannot be used again. Use another payment method.",
            param="payment_method",
        )
    if method.customer and method.customer != customer:
        raise Refused(
            PaymentRefusal.PAYMENT_METHOD_STATE,
            f"{method.id} belongs to a customer. Send that customer with it.",
            param="payment_method",
        )
    return Offered(method, False)


async def method_of(till: Till, owner: Owner, method_id: str, *, param: str = "payment_method") -> PaymentMethod:
    """The merchant's payment method. Raises Refused(RESOURCE_MISSING)."""
    method = await reads.payment_method(till.database, method_id)
    if method is None or (method.merchant, method.livemode) != (owner.merchant, owner.livemode):
        raise missing("PaymentMethod", method_id, param=param)
    return method


async def create(till: Till, method: PaymentMethod, *, operation: Operation, seal: Seal = unsealed) -> PaymentMethod:
    """Keep a new payment method."""

    async def step() -> PaymentMethod:
        known = await reads.payment_method(till.database, method.id) if operation.resumed else None
        async with till.database.unit() as unit:
            operation.begin(unit)
            if known is None:
                unit.insert(writes.ADD_PAYMENT_METHOD, _row(method))
            seal(unit, known or method)
        return known or method

    return await until_won(step)


async def attach(
    till: Till,
    owner: Owner,
    method_id: str,
    customer: Customer,
    *,
    operation: Operation,
    now: Instant,
    seal: Seal = unsealed,
) -> PaymentMethod:
    """Give a payment method to a customer; a test card by its published name becomes a new one.

    Raises Refused(PAYMENT_METHOD_STATE) when it belongs to another customer or was detached.
    """
    identifier = operation.resource_id("pm")

    async def step() -> PaymentMethod:
        made_before = await reads.payment_method(till.database, identifier) if operation.resumed else None
        offer = await offered(
            till,
            owner,
            made_before.id if made_before else method_id,
            identifier=identifier,
            customer=customer.id,
        )
        async with till.database.unit() as unit:
            operation.begin(unit)
            theirs = give(unit, offer, customer.id, now=now)
            seal(unit, theirs)
        return theirs

    return await until_won(step)


def give(unit: db.Unit, offer: Offered, customer_id: str, *, now: Instant) -> PaymentMethod:
    """Put into `unit` that what was offered is the customer's now."""
    theirs = _replace(offer.method, customer=customer_id)
    if offer.new:
        unit.insert(writes.ADD_PAYMENT_METHOD, _row(theirs))
    elif offer.method.customer != customer_id:
        unit.update(writes.SAVE_PAYMENT_METHOD, _row(theirs))
    _tell(unit, "payment_method.attached", theirs, now=now)
    return theirs


async def detach(
    till: Till, owner: Owner, method_id: str, *, operation: Operation, now: Instant, seal: Seal = unsealed
) -> PaymentMethod:
    """Take a payment method from its customer for good. Raises Refused when it has none."""

    async def step() -> PaymentMethod:
        method = await method_of(till, owner, method_id)
        if not method.customer and not operation.resumed:
            raise Refused(
                PaymentRefusal.PAYMENT_METHOD_STATE,
                f"{method.id} is not attached to a customer, so it cannot be detached.",
                param="payment_method",
            )
        free = _replace(method, customer="", detached=True)
        async with till.database.unit() as unit:
            operation.begin(unit)
            if not method.detached:
                unit.update(writes.SAVE_PAYMENT_METHOD, _row(free))
                _tell(unit, "payment_method.detached", free, now=now)
            seal(unit, free)
        return free

    return await until_won(step)


async def update(
    till: Till,
    owner: Owner,
    method_id: str,
    *,
    billing: Mapping[str, Any] | None,
    metadata: Mapping[str, str] | None,
    operation: Operation,
    now: Instant,
    seal: Seal = unsealed,
) -> PaymentMethod:
    """Change billing details (None: leave them) and metadata (merged; None clears it)."""

    async def step() -> PaymentMethod:
        method = await method_of(till, owner, method_id)
        changed = _replace(method, metadata=merged_metadata(method.metadata, metadata))
        if billing is not None:
            before = msgspec.json.decode(method.billing, type=dict[str, Any])
            changed = _replace(changed, billing=to_text(before | dict(billing)))
        async with till.database.unit() as unit:
            operation.begin(unit)
            unit.update(writes.SAVE_PAYMENT_METHOD, _row(changed))
            _tell(unit, "payment_method.updated", changed, now=now)
            seal(unit, changed)
        return changed

    return await until_won(step)


def _tell(unit: db.Unit, kind: str, method: PaymentMethod, *, now: Instant) -> None:
    shown = wire.payment_method(method)
    books.tell(unit, kind, shown, merchant=method.merchant, livemode=method.livemode, now=now)
