"""The processor as its callers see it: keys, cards, moods, conditions."""

from __future__ import annotations

import json

import pytest

from tallystick import cards
from tallystick.sandbox import NO_ANSWER, SandboxSettings
from tests.rooms.sandbox.world import HEADERS, World


def test_a_call_without_the_key_is_turned_away_and_does_nothing() -> None:
    world = World()
    for headers in ({}, {"authorization": "Bearer other"}):
        assert world.sandbox.handle("POST", "/payments", headers, b"{}").status == 401
        assert world.sandbox.handle("GET", "/control/state", headers, b"").status == 401
    assert not world.state.operations


@pytest.mark.parametrize("key", [None, "", "k" * 256])
def test_an_order_needs_a_key(key: str | None) -> None:
    status, told = World().call("POST", "/payments", {"amount": 1, "currency": "EUR", "card": {"token": "t"}}, key=key)
    assert (status, told["error"]["code"]) == (400, "key_missing")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 0}, {"amount": -1}, {"amount": 1.5}, {"amount": "10"}, {"amount": True}, {"amount": 10**12},
        {"amount": None}, {"currency": "eur"}, {"currency": "XXQ"}, {"currency": 978}, {"card": {}}, {"card": None},
    ],
)  # fmt: skip
def test_a_malformed_order_leaves_no_trace(change: dict[str, object]) -> None:
    world = World()
    body = {"amount": 1000, "currency": "EUR", "card": {"token": "tok_visa"}} | change
    status, told = world.call("POST", "/payments", body, key="at_1")
    assert (status, told["error"]["code"]) == (400, "invalid_request")
    assert not world.state.payments
    assert world.call("GET", "/operations/at_1")[0] == 404


@pytest.mark.parametrize("body", [b"", b"\xff", b"[", b"[]", b'{"amount":1}'])
def test_a_body_that_is_no_order_is_refused(body: bytes) -> None:
    reply = World().sandbox.handle("POST", "/payments", HEADERS | {"idempotency-key": "k"}, body)
    assert reply.status == 400


@pytest.mark.parametrize("path", ["/", "/payments/x/y", "/control/none", "/payments/%2e%2e/x/z"])
def test_a_path_that_is_not_there(path: str) -> None:
    assert World().call("POST", path, {}, key="k")[1]["error"]["code"] == "path_missing"


def test_the_same_key_with_the_same_order_in_other_words_is_the_same() -> None:
    world = World()
    one = b'{"amount":1000,"currency":"EUR","card":{"token":"tok_visa"},"capture":true}'
    two = b'{ "currency": "EUR", "amount": 1000, "card": {"token": "tok_visa", "last4": "4242"} }'
    headers = HEADERS | {"idempotency-key": "k"}
    assert world.sandbox.handle("POST", "/payments", headers, one) == world.sandbox.handle(
        "POST", "/payments", headers, two
    )
    assert len(world.state.payments) == 1


def test_the_same_key_for_another_kind_of_order_is_refused() -> None:
    world = World()
    _, told = world.pay(capture=False)
    status, answer = world.call("POST", f"/payments/{told['payment']}/void", {}, key="at_1")
    assert (status, answer["error"]["code"]) == (400, "key_reused")


def test_a_key_being_worked_at_is_not_looked_up_and_not_entered_twice() -> None:
    processor = World().sandbox.processor
    assert processor.enter("k")
    assert not processor.enter("k")
    assert processor.handle("GET", "/operations/k", HEADERS, b"").status == 409
    processor.leave("k")
    assert processor.handle("GET", "/operations/k", HEADERS, b"").status == 404


@pytest.mark.parametrize("card", sorted({c.token for c in cards.TEST_CARDS.values()}))
def test_every_test_card_does_what_its_line_says(card: str) -> None:
    known = cards.by_name(card)
    assert known is not None
    status, told = World().pay(card)
    match known.behaviour:
        case cards.Behaviour.DECLINE:
            assert (status, told["decline"]["decline_code"]) == (402, known.decline_code)
        case cards.Behaviour.REQUIRES_ACTION:
            assert (status, told["decline"]["decline_code"]) == (402, "authentication_required")
        case cards.Behaviour.UNAVAILABLE:
            assert status == 503
        case cards.Behaviour.TIMEOUT:
            assert status == NO_ANSWER
        case _:
            assert (status, told["status"], told["amount"]) == (200, "approved", 1000)


def test_an_immune_processor_approves_what_others_trip_over() -> None:
    world = World(SandboxSettings(immune=("unavailable", "timeout", "decline")))
    for token in ("tok_tallystickUnavailable", "tok_tallystickTimeout", "tok_chargeDeclined"):
        assert world.pay(token)[0] == 200


def test_a_token_of_no_test_card_is_a_card_like_any_other() -> None:
    assert World().pay("card_from_the_vault")[0] == 200


def test_the_mood_follows_the_seed_and_the_order_not_the_order_of_calls() -> None:
    settings = SandboxSettings(approval_basis_points=7_000, seed=3)
    forward, backward, other = (
        World(settings),
        World(settings),
        World(SandboxSettings(approval_basis_points=7_000, seed=4)),
    )
    numbers = range(400)
    first = {n: forward.pay(description=f"order {n}")[0] for n in numbers}
    assert {n: backward.pay(description=f"order {n}")[0] for n in reversed(numbers)} == first
    assert {n: other.pay(description=f"order {n}")[0] for n in numbers} != first
    approved = sum(status == 200 for status in first.values())
    assert 230 < approved < 330, "7 in 10, give or take five standard deviations"


def test_a_declined_mood_says_a_published_reason() -> None:
    world = World(SandboxSettings(approval_basis_points=0))
    told = [world.pay(description=f"order {n}")[1] for n in range(50)]
    reasons = {answer["decline"]["decline_code"] for answer in told}
    assert len(reasons) > 3
    assert reasons <= set(cards.DECLINES)


def test_conditions_change_while_it_runs() -> None:
    world = World()
    world.call("POST", "/control/conditions", {"available": False})
    assert world.pay()[0] == 503
    assert world.call("POST", "/control/conditions", {"available": True, "approval_basis_points": 0})[1] == {
        "available": True,
        "latency_ms": 0,
        "approval_basis_points": 0,
    }
    assert world.pay()[0] == 402


def test_a_payment_shows_what_became_of_it() -> None:
    world = World()
    _, told = world.pay()
    world.refund(told["payment"], 300)
    _, shown = world.call("GET", f"/payments/{told['payment']}")
    assert (shown["status"], shown["amount"], shown["amount_captured"], shown["amount_refunded"]) == (
        "captured", 1000, 1000, 300,
    )  # fmt: skip
    assert world.call("GET", "/payments/sbp_none")[0] == 404


def test_a_refund_without_an_amount_gives_all_that_is_left() -> None:
    world = World()
    _, told = world.pay()
    world.refund(told["payment"], 300)
    assert world.refund(told["payment"])[1]["amount"] == 700
    assert world.refund(told["payment"])[0] == 402


def test_the_rest_of_a_partial_capture_can_be_voided() -> None:
    world = World()
    _, told = world.pay(capture=False)
    path = f"/payments/{told['payment']}"
    world.call("POST", f"{path}/capture", {"amount": 400, "final": False}, key="c1")
    assert world.call("POST", f"{path}/void", {}, key="v1")[1]["amount"] == 600
    assert world.call("POST", f"{path}/capture", {"amount": 1}, key="c2")[0] == 402
    assert world.call("GET", path)[1]["amount_captured"] == 400


def test_no_card_number_is_kept_or_told() -> None:
    world = World()
    world.pay("tok_visa")
    kept = b"".join(body for _, _, body in world.state.take_changes() if body)
    assert b"4242424242424242" not in kept
    assert "4242424242424242" not in json.dumps(world.call("GET", "/control/state"))
