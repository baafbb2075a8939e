"""What is asked for: every list and search, each time of another merchant, payment or word."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bench.search.fill import Known
from bench.search.orders import COLOURS, GOODS
from bench.search.shop import Shop
from tallystick import payments
from tests.client import Response, fields

Request = Callable[[], Awaitable[Any]]
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A kind of request; `make` prepares the next one, so that only the asking is measured."""

    name: str
    make: Callable[[], Request]
    finds: bool = True


def rows_in(answer: Any) -> int:
    """How many rows an answer has. Raises AssertionError for one that is not good."""
    if isinstance(answer, Response):
        assert answer.status == 200, answer.body
        return len(answer.json["data"])
    assert isinstance(answer, payments.Found)
    return len(answer.payments)


class Asks:
    """All kinds; `known` are payments of each merchant, `weights` says how often each merchant asks."""

    def __init__(self, shop: Shop, known: Sequence[Sequence[Known]], weights: Sequence[float], seed: int) -> None:
        self._shop, self._known, self._weights = shop, known, weights
        self._random = random.Random(seed)

    def _some(self, fit: Callable[[Known], bool] = lambda _: True) -> tuple[int, Known]:
        while True:
            merchant = self._random.choices(range(len(self._known)), self._weights)[0]
            if self._known[merchant] and fit(one := self._random.choice(self._known[merchant])):
                return merchant, one

    def _api(
        self,
        name: str,
        path: str,
        params: Callable[[Known], Values] = lambda _: {},
        fit: Callable[[Known], bool] = lambda _: True,
        *,
        finds: bool = True,
    ) -> Ask:
        def make() -> Request:
            merchant, one = self._some(fit)
            values = params(one)
            address = f"{path}?{urlencode(fields(values))}" if values else path
            client = self._shop.clients[merchant]
            return lambda: client.request("GET", address)

        return Ask(name, make, finds)

    def _search(self, name: str, query: Callable[[Known], str], **more: Any) -> Ask:
        def params(one: Known) -> Values:
            return {"query": query(one)}

        return self._api(f"search: {name}", "/v1/payment_intents/search", params, **more)

    def _door(
        self, name: str, text: Callable[[Known], str], *, everyone: bool = False, deep: bool = False, **filters: str
    ) -> Ask:
        """The dashboard's list, of one merchant or of everyone's payments."""

        def make() -> Request:
            merchant, one = self._some()
            owners = self._shop.merchants if everyone else [self._shop.merchants[merchant]]
            window, words = payments.Window(limit=25, older_than=one.payment if deep else None), text(one)

            async def ask() -> payments.Found:
                wanted = await payments.typed(self._shop.database, words, **filters)
                return await payments.find(self._shop.database, owners, wanted, window, livemode=False)

            return ask

        return Ask(f"dashboard{', all merchants' if everyone else ''}: {name}", make)

    def all(self) -> list[Ask]:
        """Every kind."""
        return [*self._lists(), *self._searches(), *self._records(), *self._dashboard()]

    def _lists(self) -> list[Ask]:
        path = "/v1/payment_intents"
        return [
            self._api("list, first page", path),
            self._api("list, first page of 100", path, lambda one: {"limit": 100}),
            self._api("list, deep page by cursor", path, lambda one: {"starting_after": one.payment}),
            self._api("list, deep page backwards", path, lambda one: {"ending_before": one.payment}),
            self._api("list, created[gte]", path, lambda one: {"created": {"gte": _second(one)}}),
            self._api(
                "list, created in one day",
                path,
                lambda one: {"created": {"gte": _second(one) - 43_200, "lt": _second(one) + 43_200}},
            ),
            self._api("list, one customer's", path, lambda one: {"customer": one.order.person.customer}, _customer),
        ]

    def _searches(self) -> list[Ask]:
        return [
            self._search("metadata[order]", lambda one: f'metadata["order"]:"{one.order.number}"'),
            self._search("amount", lambda one: f"amount:{one.order.amount}"),
            self._search("receipt_email", lambda one: f'receipt_email:"{one.order.person.email}"'),
            self._search("customer and status", _customer_and_status, fit=_customer, finds=False),
            self._search("very many (currency)", lambda one: 'currency:"eur"'),
            self._search("very many, created<", lambda one: f'currency:"eur" AND created<{_second(one)}', finds=False),
            self._search(
                "three frequent terms",
                lambda one: 'metadata["channel"]:"app" AND currency:"eur" AND status:"succeeded"',
            ),
            self._search("frequent and rare", lambda one: f'currency:"eur" AND amount:{one.order.amount}', finds=False),
            self._search(
                "two frequent that never meet",
                lambda one: 'metadata["channel"]:"kiosk" AND currency:"usd"',
                finds=False,
            ),
            self._search("none", lambda one: f'metadata["order"]:"x{one.order.number}"', finds=False),
        ]

    def _records(self) -> list[Ask]:
        charge = "/v1/charges"
        moves = "/v1/balance_transactions"
        return [
            self._api("charges, first page", charge),
            self._api("charges, deep page", charge, lambda one: {"starting_after": f"ch_{one.suffix}"}, _moved),
            self._api("charges of a payment", charge, lambda one: {"payment_intent": one.payment}, _moved),
            self._api("refunds, first page", "/v1/refunds"),
            self._api("refunds of a payment", "/v1/refunds", lambda one: {"payment_intent": one.payment}, _refunded),
            self._api("refunds of a charge", "/v1/refunds", lambda one: {"charge": f"ch_{one.suffix}"}, _refunded),
            self._api("balance transactions, first page", moves),
            self._api("balance transactions, deep", moves, lambda one: {"starting_after": one.transaction}, _moved),
            self._api("balance transactions, refunds", moves, lambda one: {"type": "refund"}),
            self._api("balance transactions, none", moves, lambda one: {"type": "adjustment"}, finds=False),
            self._api("balance transactions of a charge", moves, lambda one: {"source": f"ch_{one.suffix}"}, _moved),
            self._api("customers by e-mail", "/v1/customers", lambda one: {"email": one.order.person.email}, _customer),
        ]

    def _dashboard(self) -> list[Ask]:
        return [
            self._door("list", lambda one: ""),
            self._door("list, deep", lambda one: "", deep=True),
            self._door("failed ones", lambda one: "", status="requires_payment_method"),
            self._door("order number", lambda one: str(one.order.number)),
            self._door("a word", lambda one: self._random.choice(GOODS)),
            *(self._door("e-mail", lambda one: one.order.person.email, everyone=each) for each in (False, True)),
            *(self._door("three words", lambda one: f"order {self._thing()}", everyone=each) for each in (False, True)),
            self._door(
                "two words, status, processor", lambda one: self._thing(), status="succeeded", processor="sandbox"
            ),
            self._door("payment id", lambda one: one.payment),
            self._door("list", lambda one: "", everyone=True),
            self._door("list, deep", lambda one: "", everyone=True, deep=True),
        ]

    def _thing(self) -> str:
        return f"{self._random.choice(COLOURS)} {self._random.choice(GOODS)}"


def _second(one: Known) -> int:
    return one.order.at // 1_000_000


def _customer(one: Known) -> bool:
    return one.order.person.customer != ""


def _moved(one: Known) -> bool:
    return one.transaction != ""


def _refunded(one: Known) -> bool:
    return one.refunded


def _customer_and_status(one: Known) -> str:
    return f'customer:"{one.order.person.customer}" AND status:"succeeded"'
