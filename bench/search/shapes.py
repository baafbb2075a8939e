"""What becomes of payments: each shape is played once through the API, and its rows are cut into a stencil."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select

from bench.search.orders import Order, Person
from bench.search.shop import FEE_BASIS_POINTS, FEE_FIXED, Shop
from bench.search.stencil import Stencil, suffixes
from tallystick import db
from tallystick.base import Instant, after
from tallystick.merchants import FeePlan
from tallystick.payments import Payment, words
from tallystick.payments.rules import SETTLING_DAYS, made_at
from tests.client import Client

PLAN = FeePlan(FEE_BASIS_POINTS, FEE_FIXED)
TABLES = ("payment_intents", "attempts", "refunds", "balance_transactions")
TOKENS = "search_tokens"
Sent = dict[str, Any]
Play = Callable[[Client, Order], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """A course of events, how many of a hundred payments take it, and whether `part` is what is captured."""

    name: str
    share: int
    play: Play
    partly: bool = False


async def posted(client: Client, path: str, sent: Sent, *, status: int = 200) -> dict[str, Any]:
    """What a POST answered."""
    answer = await client.post(path, sent)
    assert answer.status == status, answer.body
    body: dict[str, Any] = answer.json
    return body


def wanted(order: Order) -> Sent:
    """What is sent to make the payment."""
    sent: Sent = {"amount": order.amount, "currency": order.currency.lower(), "description": order.description}
    sent |= {"receipt_email": order.person.email, "metadata": metadata(order)}
    return sent | ({"customer": order.person.customer} if order.person.customer else {})


def metadata(order: Order) -> dict[str, str]:
    """What the merchant notes beside the payment."""
    return {"order": str(order.number), "channel": order.channel}


def paid(card: str, **more: Any) -> Play:
    async def play(client: Client, order: Order) -> str:
        sent = wanted(order) | {"payment_method": card, "confirm": True} | more
        return str((await posted(client, "/v1/payment_intents", sent))["id"])

    return play


async def declined(client: Client, order: Order) -> str:
    sent = wanted(order) | {"payment_method": "pm_card_visa_chargeDeclined", "confirm": True}
    found = await posted(client, "/v1/payment_intents", sent, status=402)
    return str(found["error"]["payment_intent"]["id"])


async def refunded(client: Client, order: Order) -> str:
    made = await paid("pm_card_visa")(client, order)
    await posted(client, "/v1/refunds", {"payment_intent": made, "amount": order.part})
    return made


async def captured_in_part(client: Client, order: Order) -> str:
    made = await paid("pm_card_visa", capture_method="manual")(client, order)
    await posted(client, f"/v1/payment_intents/{made}/capture", {"amount_to_capture": order.part})
    return made


async def unfinished(client: Client, order: Order) -> str:
    return str((await posted(client, "/v1/payment_intents", wanted(order)))["id"])


async def canceled(client: Client, order: Order) -> str:
    made = await unfinished(client, order)
    await posted(client, f"/v1/payment_intents/{made}/cancel", {})
    return made


SHAPES = (
    Shape("paid by Visa", 45, paid("pm_card_visa")),
    Shape("paid by Mastercard", 22, paid("pm_card_mastercard")),
    Shape("paid by American Express", 9, paid("pm_card_amex")),
    Shape("refunded in part", 5, refunded),
    Shape("held", 3, paid("pm_card_visa", capture_method="manual")),
    Shape("captured in part", 3, captured_in_part, partly=True),
    Shape("declined", 7, declined),
    Shape("canceled", 3, canceled),
    Shape("unfinished", 3, unfinished),
)
SHARES = [shape.share for shape in SHAPES]


async def rows_of(shop: Shop, payment: str) -> dict[str, list[dict[str, Any]]]:
    """Everything of one payment, as the platform wrote it."""
    found = {}
    for name in TABLES:
        table = db.METADATA.tables[name]
        key = table.c.id if name == "payment_intents" else table.c.payment
        found[name] = await shop.database.fetch(select(table).where(key == payment).order_by(table.c.id))
    # Attempts of one moment are told apart by their number, not by their ids.
    found["attempts"].sort(key=lambda row: int(row["number"]))
    return found


def texts_of(order: Order, merchant: str, now: Instant) -> dict[str, str]:
    """The names of an order's texts, by how they read."""
    texts = {
        merchant: "merchant",
        order.person.customer: "customer",
        order.person.email: "email",
        order.description: "description",
        msgspec.json.encode(metadata(order)).decode(): "metadata",
        order.currency: "currency",
        str(now // 1_000_000): "second",
    }
    return {text: name for text, name in texts.items() if text}


def values_of(order: Order, merchant: str, ids: list[str], secret: str) -> dict[str, Any]:
    """Everything that the stencil of the order's shape has holes for."""
    made = made_at(f"_{ids[0]}")
    charged = order.part if SHAPES[order.shape].partly else order.amount
    fee = PLAN.fee(charged, order.currency)
    values: dict[str, Any] = {
        "amount": order.amount,
        "part": order.part,
        "minus_part": -order.part,
        "fee": fee,
        "net": charged - fee,
        "now": order.at,
        "made": made,
        "available": after(order.at, days=SETTLING_DAYS),
        "customer": "",
        "secret": secret,
    }
    values |= {name: text for text, name in texts_of(order, merchant, order.at).items()}
    return values | {f"id{n}": suffix for n, suffix in enumerate(ids)}


async def stencils(shop: Shop) -> list[Stencil]:
    """One for each shape, in their order."""
    made = []
    for shape in range(len(SHAPES)):
        person = Person(0, await new_customer(shop, 0), "marker@example.org", "Marker")
        order = Order(
            number=98_765_432,
            at=shop.app.clock.now(),
            shape=shape,
            person=person,
            amount=7_654_320,
            part=1_234_560,
            currency="CHF",
            channel="marked",
            description="Marked thing",
        )
        rows = await rows_of(shop, await SHAPES[shape].play(shop.clients[0], order))
        ids = known_suffixes(rows, order, shop.merchants[0])
        secret = rows["payment_intents"][0]["secret"]
        values = values_of(order, shop.merchants[0], ids, secret)
        texts = texts_of(order, shop.merchants[0], order.at) | {secret: "secret"}
        numbers = {value: name for name, value in values.items() if isinstance(value, int)}
        made.append(Stencil(rows, texts, numbers))
    return made


def known_suffixes(rows: Mapping[str, list[dict[str, Any]]], order: Order, merchant: str) -> list[str]:
    """The ids of a payment in the order of its stencil."""
    apart = f"{merchant} {order.person.customer}"
    return [suffix for suffix in suffixes(rows) if suffix not in apart]


def tokens_of(columns: tuple[str, ...], cells: list[Any]) -> list[tuple[str, bool, str, str]]:
    """The search tokens of a payment's row, as the room makes them: (merchant, livemode, token, payment)."""
    payment = Payment(**dict(zip(columns, cells, strict=True)))
    return [(payment.merchant, payment.livemode, token, payment.id) for token in words.tokens(payment)]


async def new_customer(shop: Shop, merchant: int) -> str:
    """A customer made through the API."""
    return str((await posted(shop.clients[merchant], "/v1/customers", {"name": "Somebody"}))["id"])
