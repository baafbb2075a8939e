"""The laws of the stand-in itself, under any sequence of calls: a stand-in that loses money proves nothing."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tallystick.sandbox import Book, SandboxSettings, State
from tests.rooms.sandbox.world import World

TOKENS = (
    "tok_visa", "tok_chargeDeclined", "tok_createDispute", "tok_createMultipleDisputes", "tok_pendingRefund",
    "tok_refundFail", "tok_tallystickTimeout", "tok_tallystickTimeoutOnRefund", "tok_tallystickReordered",
)  # fmt: skip
AMOUNTS = st.integers(1, 500)


class AnyDay(RuleBasedStateMachine):
    """Calls in any order, repeated at will, with day ends between them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(SandboxSettings(notify_url="http://p", notify="all", dispute_delay_seconds=1))
        self.done: list[tuple[str, dict[str, object], str]] = []
        self.days = 0

    def _post(self, path: str, body: dict[str, object]) -> None:
        key = f"key_{len(self.done)}"
        self.world.call("POST", path, body, key=key)
        self.done.append((path, body, key))

    @rule(
        token=st.sampled_from(TOKENS), amount=AMOUNTS, capture=st.booleans(), currency=st.sampled_from(["EUR", "JPY"])
    )
    def pay(self, token: str, amount: int, capture: bool, currency: str) -> None:
        self._post("/payments", {"amount": amount, "currency": currency, "card": {"token": token}, "capture": capture})

    @precondition(lambda self: self.world.state.payments)
    @rule(data=st.data(), verb=st.sampled_from(["capture", "void", "refunds"]), amount=AMOUNTS, final=st.booleans())
    def act(self, data: st.DataObject, verb: str, amount: int, final: bool) -> None:
        payment = data.draw(st.sampled_from(sorted(self.world.state.payments)))
        body: dict[str, object] = {"amount": amount, "final": final} if verb == "capture" else {"amount": amount}
        self._post(f"/payments/{payment}/{verb}", {} if verb == "void" else body)

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        path, body, key = data.draw(st.sampled_from(self.done))
        before = {name: table.copy() for name, table in vars(self.world.state).items() if isinstance(table, dict)}
        self.world.call("POST", path, body, key=key)
        assert before["movements"] == self.world.state.movements

    @rule(seconds=st.integers(1, 5))
    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)
        self.world.call("GET", "/control/state")

    @precondition(lambda self: any(d.status == "open" for d in self.world.state.disputes.values()))
    @rule(outcome=st.sampled_from(["won", "lost"]))
    def decide(self, outcome: str) -> None:
        name = next(d.id for d in self.world.state.disputes.values() if d.status == "open")
        self.world.call("POST", f"/control/disputes/{name}", {"outcome": outcome})

    @rule()
    def end_of_day(self) -> None:
        self.days += 1
        body = {"day": f"2026-11-{self.days % 28 + 1:02d}"}
        assert self.world.call("POST", "/control/day-end", body)[0] == 200

    @invariant()
    def books_sum_to_zero_and_balances_are_their_entries(self) -> None:
        for name in ("processor", "bank"):
            entries: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
            for entry in self.world.state.entries.values():
                if entry.book == name:
                    assert entry.amount > 0
                    entries[entry.currency][entry.debit] += entry.amount
                    entries[entry.currency][entry.credit] -= entry.amount
            balances = Book(self.world.state, name).balances()
            assert balances == entries
            assert all(sum(accounts.values()) == 0 for accounts in balances.values())

    @invariant()
    def no_more_is_captured_than_authorised_nor_given_back_than_captured(self) -> None:
        for payment in self.world.state.payments.values():
            assert 0 <= payment.captured <= payment.authorised
            assert 0 <= payment.refunded + payment.disputed <= payment.captured

    @invariant()
    def movements_explain_every_payment(self) -> None:
        gross: dict[str, int] = defaultdict(int)
        for movement in self.world.state.movements.values():
            gross[movement.payment] += movement.gross
        for op in self.world.state.operations.values():
            if op.status == "pending":
                gross[op.payment] -= op.amount
        for payment in self.world.state.payments.values():
            assert gross[payment.id] == payment.captured - payment.refunded - payment.disputed

    @invariant()
    def what_is_owed_is_what_is_unsettled(self) -> None:
        owed: dict[str, int] = defaultdict(int)
        for movement in self.world.state.unsettled.values():
            owed[movement.currency] += movement.net
        book = Book(self.world.state, "processor")
        for currency in ("EUR", "JPY"):
            assert -book.balance("merchant", currency) == owed[currency]

    def teardown(self) -> None:
        """What was written down is what is remembered."""
        rows = self.world.state.take_changes()
        again = State()
        again.load(rows)
        for name in ("payments", "operations", "movements", "unsettled", "disputes", "later", "notices", "balances"):
            assert getattr(again, name) == getattr(self.world.state, name)


AnyDay.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyDay = AnyDay.TestCase
