"""The whole lifecycle of payments through the real application, against a model that shares no code with it.

After every step the two are laid side by side: statuses and amounts of payments, charges, refunds and disputes, the
merchant's balance, every account of the ledger, the orders that processors were given, and the news that was told.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import fresh_postgresql
from tests.laws.lifecycle_compare import compare, same_clearing
from tests.laws.lifecycle_model import Answer, Model
from tests.laws.lifecycle_things import (
    AWAY,
    CALM,
    CARDS,
    FINE,
    LOST,
    MUTE,
    REFUSED,
    SILENT,
    UNANSWERED,
    Dispute,
    Question,
    Sale,
    arrive,
)
from tests.laws.lifecycle_world import World, decoded
from tests.simulation import clients

Fates = Iterator[str]
Verb = Callable[[Fates], Answer]
OpenUrl = Callable[[], contextlib.AbstractContextManager[str]]

WHICH = st.integers(0, 20)
CARD = st.sampled_from([*["pm_card_visa"] * 5, *CARDS])
FATES = st.sampled_from([[], [], [], [LOST], [LOST], [UNANSWERED], [REFUSED], [REFUSED, LOST], [REFUSED, REFUSED]])
SCENES = ("", "", "authorised", "authorised", "given up", "turned up", "capture refused")
REFUNDED_LATER = ("pm_card_pendingRefund", "pm_card_refundFail")
MOST_SALES, MOST_DISPUTES = 4, 2
UNPAID = ("requires_payment_method", "requires_confirmation")
CONDITION = st.sampled_from([CALM, CALM, MUTE, AWAY, SILENT])
PART = st.sampled_from([None, None, 2, 3, 4])
NEWS = ("payment.authorized", "payment.captured", "payment.voided", "payment.declined", "refund.succeeded")
KEPT = {
    "payment_intent_unexpected_state",
    "charge_not_refundable",
    "charge_already_refunded",
    "charge_disputed",
    "refund_amount_too_large",
}
"""Refusals that are stored under an idempotency key (docs/reference/idempotency.md)."""


@dataclass
class Said:
    """A request that was answered, and the model's verb for it."""

    path: str
    form: dict[str, str]
    key: str
    answer: clients.Answer
    verb: Verb

    @property
    def kept(self) -> bool:
        return self.answer.status in (200, 402) or self.answer.code in KEPT


def where(*ready: str) -> Any:
    """The rule is for sales in these statuses; where there are none it is tried now and then."""

    def worth(self: Lifecycle) -> bool:
        return any(sale.status in ready or len(self.said) % 6 == 0 for sale in self.model.sales)

    return precondition(worth)


class Lifecycle(RuleBasedStateMachine):
    """`open_url` opens an empty database for each life."""

    def __init__(self, open_url: OpenUrl) -> None:
        super().__init__()
        self.model, self.world = Model(), World()
        self.ids: dict[Sale, str] = {}
        self.disputes: dict[str, Dispute] = {}
        self.said: list[Said] = []
        self.taken: set[str] = set()
        self.keys, self.lies = itertools.count(), itertools.count()
        self.sound = True
        self.stack = contextlib.ExitStack()
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.runner.run(self.world.open(self.stack.enter_context(open_url())))

    def teardown(self) -> None:
        try:
            if self.sound:
                self.come_to_rest()
        finally:
            self.runner.run(self.world.close())
            self.stack.close()

    @initialize(
        scene=st.sampled_from(SCENES), manual=st.booleans(), card=st.sampled_from(["pm_card_visa", *REFUNDED_LATER])
    )
    def begin(self, scene: str, manual: bool, card: str) -> None:
        """A life may begin in the middle, where chance alone seldom comes."""
        if scene == "":
            return
        late, manual = scene in ("given up", "turned up"), manual or scene == "capture refused"
        self.create(50, "eur", manual, card, 0, [LOST] if late else [])
        self.they_agree()
        if late:
            self.hours_pass(CALM)
        elif scene == "capture refused":
            self.capture(0, None, 0, [REFUSED])
        if scene == "turned up":
            self.they_agree()
            self.a_lost_order_arrives(0)

    # --- merchants ---

    def ask(self, path: str, form: dict[str, str], fates: list[str], verb: Verb, key: str = "") -> clients.Answer:
        """One request to both; they answer alike."""
        key, self.sound = key or f"key-{next(self.keys)}", False
        self.world.line.fates, self.world.line.condition = list(fates), CALM
        answer = self.runner.run(self.world.post(path, form, key))
        self.world.line.fates = []
        status, code = verb(itertools.chain(fates, itertools.repeat(FINE)))
        assert answer.status == status, answer.raw
        assert status == 402 or answer.code == code, answer.raw
        self.said.append(Said(path, form, key, answer, verb))
        return answer

    @precondition(lambda self: len(self.model.sales) < MOST_SALES)
    @rule(amount=st.integers(1, 900), currency=st.sampled_from(["eur", "jpy", "kwd"]), manual=st.booleans(),
          card=CARD | st.just(""), later=st.integers(0, 3), fates=FATES)  # fmt: skip
    def create(self, amount: int, currency: str, manual: bool, card: str, later: int, fates: list[str]) -> None:
        sale, now = Sale(amount * 10, currency, manual, card), later < 3 and card != ""
        form = {
            "amount": str(sale.amount),
            "currency": currency,
            "capture_method": "manual" if manual else "automatic",
            "confirm": str(now).lower(),
        }
        form |= {"payment_method": card} if card else {}
        answer = self.ask("/v1/payment_intents", form, fates, lambda f: self.model.create(sale, now, f))
        made = answer.body if answer.status == 200 else answer.body["error"]["payment_intent"]
        self.ids[sale] = made["id"]

    def sale(self, which: int, *ready: str) -> Sale:
        """One in a status that the verb is for, where there is one; and any other now and then."""
        fit = [sale for sale in self.model.sales if sale.status in ready]
        several = fit if fit and which % 5 else self.model.sales
        return several[which % len(several)]

    def path(self, sale: Sale, verb: str = "") -> str:
        return f"/v1/payment_intents/{self.ids[sale]}{verb}"

    @where(*UNPAID, "processing")
    @rule(which=WHICH, card=CARD | st.just(""), fates=FATES)
    def confirm(self, which: int, card: str, fates: list[str]) -> None:
        sale, form = self.sale(which, *UNPAID), {"payment_method": card} if card else {}
        self.ask(self.path(sale, "/confirm"), form, fates, lambda f: self.model.confirm(sale, card, f))

    @where(*UNPAID)
    @rule(which=WHICH, amount=st.integers(0, 900), card=CARD)
    def update(self, which: int, amount: int, card: str) -> None:
        sale, card = self.sale(which, *UNPAID), "" if amount else card
        form = {"amount": str(amount * 10)} if amount else {"payment_method": card}
        self.ask(self.path(sale), form, [], lambda _: self.model.update(sale, amount * 10, card))

    @where("requires_capture", "processing")
    @rule(which=WHICH, part=PART, more=st.sampled_from([0, 0, 0, 10]), fates=FATES)
    def capture(self, which: int, part: int | None, more: int, fates: list[str]) -> None:
        sale = self.sale(which, "requires_capture")
        amount = max(10, sale.amount // (part or 1) // 10 * 10) + more if part or more else None
        form = {} if amount is None else {"amount_to_capture": str(amount)}
        self.ask(self.path(sale, "/capture"), form, fates, lambda f: self.model.capture(sale, amount, f))

    @where("requires_capture", "processing")
    @rule(which=WHICH, fates=FATES)
    def cancel(self, which: int, fates: list[str]) -> None:
        sale = self.sale(which, "requires_capture")
        self.ask(self.path(sale, "/cancel"), {}, fates, lambda f: self.model.cancel(sale, f))

    @where("succeeded")
    @rule(which=WHICH, part=PART, fates=FATES)
    def refund(self, which: int, part: int | None, fates: list[str]) -> None:
        sale = self.sale(which, "succeeded")
        amount = max(10, sale.amount // part // 10 * 10) if part else None
        form = {"payment_intent": self.ids[sale]} | ({"amount": str(amount)} if amount else {})
        self.ask("/v1/refunds", form, fates, lambda f: self.model.refund(sale, amount, f))

    @precondition(lambda self: self.said)
    @rule(which=WHICH, fates=FATES)
    def send_again(self, which: int, fates: list[str]) -> None:
        """What was stored comes back byte by byte and nothing happens; anything else is a run of its own."""
        said = self.said[-1 - which % len(self.said)]
        if said.kept:
            said_again = self.ask(
                said.path, said.form, fates, lambda _: (said.answer.status, said.answer.code), said.key
            )
            assert said_again.raw == said.answer.raw
        elif said.answer.status == 503 and said.path.endswith("/cancel"):
            sale = next(sale for sale, name in self.ids.items() if name in said.path)
            self.ask(said.path, said.form, fates, lambda f: self.model.cancel(sale, f, begun=True), said.key)
        else:
            self.ask(said.path, said.form, fates, said.verb, said.key)
        self.said = [other for other in self.said if other is self.said[-1] or other.key != said.key]

    @precondition(lambda self: any(said.kept for said in self.said))
    @rule(which=WHICH)
    def send_something_else_under_a_used_key(self, which: int) -> None:
        kept = [said for said in self.said if said.kept]
        said, self.sound = kept[which % len(kept)], False
        answer = self.runner.run(self.world.post("/v1/customers", {"name": "Somebody"}, said.key))
        assert (answer.status, answer.code) == (400, "idempotency_key_reused")

    # --- time and processors ---

    @precondition(lambda self: self.model.sales)
    @rule(condition=CONDITION)
    def hours_pass(self, condition: str) -> None:
        self.world.line.condition, self.sound = condition, False
        self.runner.run(self.world.hours_pass())
        self.model.time_passes(condition)

    @precondition(lambda self: self.world.line.lost)
    @rule(which=WHICH)
    def a_lost_order_arrives(self, which: int) -> None:
        keys, self.sound = list(self.world.line.lost), False
        key = keys[which % len(keys)]
        self.world.arrive_late(key)
        arrive(self.asked(key))

    @precondition(lambda self: self.world.notices())
    @rule(which=WHICH, condition=CONDITION)
    def a_processor_tells(self, which: int, condition: str) -> None:
        notices = self.world.notices()
        self.tell(*notices[-1 - which % len(notices)], condition)

    @precondition(lambda self: self.model.questions)
    @rule(which=WHICH, kind=st.sampled_from(NEWS), condition=CONDITION)
    def a_processor_lies(self, which: int, kind: str, condition: str) -> None:
        """Signed, and not true."""
        question = self.model.questions[-1 - which % len(self.model.questions)]
        lie = {
            "id": f"evt_lie_{next(self.lies)}",
            "kind": kind,
            "key": question.key,
            "payment": "sbp_nobody",
            "amount": question.amount + 10,
            "currency": "USD",
            "occurred": self.world.clock.now(),
        }
        self.tell(question.processor, msgspec.json.encode(lie), condition)

    def tell(self, name: str, body: bytes, condition: str) -> None:
        """One post to both."""
        self.world.line.condition, self.sound = condition, False
        answer = self.runner.run(self.world.notify(name, body))
        event = decoded(body)
        learned = event["id"] in self.taken or self._note(event, condition)
        assert answer.status == (200 if learned else 503), answer.raw
        if learned:
            self.taken.add(event["id"])

    def _note(self, event: dict[str, Any], condition: str) -> bool:
        if event["kind"].startswith("dispute."):
            verdict = event["kind"].removeprefix("dispute.").removeprefix("opened")
            self.model.news_of_dispute(self.disputes[event["details"]["dispute"]], verdict)
            return True
        return self.model.news_of(self.asked(event["key"]), event["kind"], condition)

    def asked(self, key: str) -> Question:
        return next(question for question in self.model.questions if question.key == key)

    @precondition(lambda self: len(self.disputes) < MOST_DISPUTES and self.disputable())
    @rule(which=WHICH, whole=st.booleans())
    def a_cardholder_disputes(self, which: int, whole: bool) -> None:
        charges, self.sound = self.disputable(), False
        charge = charges[which % len(charges)]
        held, processor = charge.at, self.world.processors[charge.processor]
        assert held is not None
        amount = held.left if whole else max(1, held.left // 2)
        there = next(one for one in processor.state.payments.values() if one.key == charge.key)
        made = processor.disputes.open(there, amount, reason="fraudulent", now=self.world.clock.now())
        assert made is not None
        held.disputed += amount
        self.disputes[made.id] = Dispute(charge.sale, held, amount)

    def disputable(self) -> list[Question]:
        return [q for q in self.model.questions if q.kind == "authorize" and q.at is not None and q.at.left > 0]

    @precondition(lambda self: any(dispute.truth == "open" for dispute in self.disputes.values()))
    @rule(which=WHICH, won=st.booleans())
    def a_dispute_is_decided(self, which: int, won: bool) -> None:
        self.sound = False
        undecided = [name for name, dispute in self.disputes.items() if dispute.truth == "open"]
        name = undecided[which % len(undecided)]
        dispute, verdict = self.disputes[name], "won" if won else "lost"
        desk = self.world.processors[dispute.held.processor].disputes
        desk.conclude(name, verdict, now=self.world.clock.now())
        dispute.truth = verdict
        dispute.held.disputed -= dispute.amount if won else 0

    # --- side by side ---

    @invariant()
    def they_agree(self) -> None:
        self._orders_agree()
        self.runner.run(compare(self.world, self.model, self.ids, list(self.disputes.values())))
        self.sound = True

    def _orders_agree(self) -> None:
        """Processors were given the orders that the model gave, under the same keys when they came again."""
        orders, sent = self.world.line.orders, self.model.sent
        assert len(orders) == len(sent), (orders, sent)
        if all(question.key for question in sent):
            orders, sent = sorted(orders, key=lambda order: order[2]), sorted(sent, key=lambda question: question.key)
        for (processor, kind, key), question in zip(orders, sent, strict=True):
            question.key = question.key or key
            assert (processor, kind, key) == (question.processor, question.kind, question.key)
        self.world.line.orders, self.model.sent = [], []

    # --- the end ---

    def come_to_rest(self) -> None:
        """Once all is told and answered, nothing is open and the clearing accounts are what the processors say."""
        for _ in range(3):
            for name, body in self.world.notices():
                self.tell(name, body, CALM)
            self._orders_agree()
            self.hours_pass(CALM)
            self._orders_agree()
        self.they_agree()
        assert not [question for question in self.model.questions if question.state == "open"]
        same_clearing(self.world, self.model, self.runner.run(self.world.books()))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of requests, and a line for none of them."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.configure(**before)


def prove(open_url: OpenUrl, *, lives: int, steps: int) -> None:
    """Play it. To make a failing life shorter takes minutes, so that is left to HYPOTHESIS_PROFILE=explore."""
    phases = set(hypothesis.Phase) - ({hypothesis.Phase.shrink} if hypothesis.settings().derandomize else set())
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = hypothesis.settings(
        max_examples=lives, stateful_step_count=steps, suppress_health_check=checks, phases=phases
    )
    run_state_machine_as_test(lambda: Lifecycle(open_url), settings=chosen)


def test_every_life_of_a_payment_is_what_the_model_says(sqlite_template: Path, tmp_path: Path) -> None:
    @contextlib.contextmanager
    def open_url() -> Iterator[str]:
        file = tmp_path / "life.sqlite"
        shutil.copyfile(sqlite_template, file)
        yield f"sqlite:///{file}?commit=inline"
        for leftover in tmp_path.glob("life.sqlite*"):
            leftover.unlink()

    prove(open_url, lives=20, steps=30)


def test_and_on_postgresql(postgresql_server: str, postgresql_template: str) -> None:
    fresh = contextlib.contextmanager(fresh_postgresql)
    prove(lambda: fresh(postgresql_server, postgresql_template), lives=10, steps=25)
