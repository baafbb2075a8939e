"""The choice of a processor, exhaustively: every rule, every outcome, every set of processors tried."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from tallystick import routing
from tallystick.base import Refused
from tallystick.connectors import Approved, Declined, NotSent, Outcome, Unknown
from tallystick.routing import Decision, RoutingRefusal, Rule

APPROVED = Approved("sbp_1", 100)
RETRYABLE = Declined("card_declined", "do_not_honor", "Your card was declined.", retryable=True)
FINAL = Declined("card_declined", "stolen_card", "Your card was declined.")
UNKNOWN = Unknown("no answer")
NOT_SENT = NotSent("refused")
OUTCOMES: list[tuple[Outcome, bool]] = [
    (APPROVED, False),
    (RETRYABLE, True),
    (FINAL, False),
    (UNKNOWN, False),
    (NOT_SENT, True),
]
NAMES = ("a", "b", "c")


@dataclass(frozen=True)
class Entry:
    """A rule as the settings hold it."""

    processors: list[str]
    merchant: str = "*"
    currency: str = "*"


def test_without_rules_the_order_decides() -> None:
    routes = routing.routes(NAMES, order=["b", "a"])
    decision = routing.choose(routes, merchant_id="m1", currency="EUR")
    assert (decision.candidates, decision.chosen, decision.position) == (("b", "a"), "b", 0)


def test_without_an_order_the_processors_stand_as_they_were_set_up() -> None:
    assert routing.routes(NAMES).order == NAMES


@pytest.mark.parametrize("shuffled", list(itertools.permutations(range(4))))
def test_the_most_special_rule_decides_wherever_it_stands(shuffled: tuple[int, ...]) -> None:
    entries = [Entry(["a"]), Entry(["b"], currency="EUR"), Entry(["c"], merchant="m1"), Entry(["d"], "m1", "EUR")]
    routes = routing.routes("abcdz", order=["z"], rules=[entries[i] for i in shuffled])
    chosen = {
        (merchant, currency): routing.choose(routes, merchant_id=merchant, currency=currency).chosen
        for merchant in ("m1", "m2")
        for currency in ("EUR", "USD")
    }
    assert chosen == {("m1", "EUR"): "d", ("m1", "USD"): "c", ("m2", "EUR"): "b", ("m2", "USD"): "a"}


def test_among_equally_special_rules_the_earlier_decides() -> None:
    routes = routing.Routes(("z",), (Rule(("a",), currency="EUR"), Rule(("b",), currency="EUR")))
    assert routing.choose(routes, merchant_id="m", currency="EUR").chosen == "a"


def test_a_processor_named_twice_is_one_candidate() -> None:
    routes = routing.routes(NAMES, order=["a", "b", "a"])
    assert routing.choose(routes, merchant_id="m", currency="EUR").candidates == ("a", "b")


@pytest.mark.parametrize(("outcome", "goes_on"), OUTCOMES)
@pytest.mark.parametrize("tried", [t for n in range(4) for t in itertools.combinations(NAMES, n)])
def test_every_outcome_with_every_set_tried(outcome: Outcome, goes_on: bool, tried: tuple[str, ...]) -> None:
    first = Decision(NAMES, "a", "first of the order")
    left = [name for name in NAMES if name not in tried]
    after = routing.next_after(first, outcome, tried=tried)
    assert after.chosen == (left[0] if goes_on and left else None)
    assert after.candidates == NAMES
    assert after.position == 1
    assert after.why


@pytest.mark.parametrize("names", [NAMES[:n] for n in range(1, 4)])
@pytest.mark.parametrize("outcomes", list(itertools.product([o for o, _ in OUTCOMES], repeat=3)))
def test_no_cascade_ever_passes_an_unknown_or_asks_twice(names: tuple[str, ...], outcomes: tuple[Outcome, ...]) -> None:
    decision = routing.choose(routing.routes(names), merchant_id="m", currency="EUR")
    asked: list[str] = []
    seen: list[Outcome] = []
    for outcome in outcomes:
        if decision.chosen is None:
            break
        asked.append(decision.chosen)
        seen.append(outcome)
        decision = routing.next_after(decision, outcome, tried=asked)
    assert asked == list(names[: len(asked)])
    assert all(outcome in (RETRYABLE, NOT_SENT) for outcome in seen[:-1])


def test_a_stopped_cascade_says_why() -> None:
    first = Decision(("a",), "a", "first of the order")
    assert "twice" in routing.next_after(first, UNKNOWN, tried=["a"]).why
    assert "no processor is left" in routing.next_after(first, NOT_SENT, tried=["a"]).why
    assert "stolen_card" in routing.next_after(first, FINAL, tried=["a"]).why


def test_an_unknown_processor_is_found_at_start() -> None:
    with pytest.raises(Refused) as caught:
        routing.routes(NAMES, order=["a", "x"])
    assert caught.value.code is RoutingRefusal.UNKNOWN_PROCESSOR
    with pytest.raises(Refused):
        routing.routes(NAMES, rules=[Entry(["y"])])


def test_an_empty_order_is_found_at_start() -> None:
    with pytest.raises(Refused) as caught:
        routing.routes(())
    assert caught.value.code is RoutingRefusal.NO_PROCESSOR
    with pytest.raises(Refused):
        routing.routes(NAMES, rules=[Entry([])])
