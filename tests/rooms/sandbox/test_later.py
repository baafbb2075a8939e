"""What the processor does by itself: disputes, pending refunds, notifications."""

from __future__ import annotations

import pytest

from tallystick.base import after
from tallystick.sandbox import SandboxSettings
from tests.rooms.sandbox.world import World

NEWS = SandboxSettings(notify_url="http://platform")
ALL = SandboxSettings(notify_url="http://platform", notify="all")


def merchant(world: World, currency: str = "EUR") -> int:
    """What the processor owes the platform."""
    balances = world.call("GET", "/control/state")[1]["books"]["processor"][currency]
    return -int(balances.get("merchant", 0))


@pytest.mark.parametrize(
    ("token", "reason", "amounts"),
    [
        ("tok_createDispute", "fraudulent", [1001]),
        ("tok_createDisputeProductNotReceived", "product_not_received", [1001]),
        ("tok_createMultipleDisputes", "fraudulent", [501, 500]),
    ],
)
def test_a_dispute_takes_the_money_and_a_fee(token: str, reason: str, amounts: list[int]) -> None:
    world = World()
    world.pay(token, 1001)
    before = merchant(world)
    disputes = world.call("GET", "/control/disputes")[1]["data"]
    assert [(d["amount"], d["reason"], d["status"]) for d in disputes] == [(a, reason, "open") for a in amounts]
    assert world.news() == ["dispute.opened"] * len(amounts)
    assert merchant(world) == before == 1001 - 59 - 1001 - 1500 * len(amounts)


def test_a_dispute_comes_when_it_is_due() -> None:
    world = World(SandboxSettings(dispute_delay_seconds=3600))
    world.pay("tok_createDispute")
    assert not world.call("GET", "/control/disputes")[1]["data"]
    world.clock.advance(3600)
    assert world.call("GET", "/control/disputes")[1]["data"]


def test_a_manual_capture_is_disputed_after_the_capture() -> None:
    world = World()
    _, told = world.pay("tok_createDispute", capture=False)
    assert not world.call("GET", "/control/disputes")[1]["data"]
    world.call("POST", f"/payments/{told['payment']}/capture", {"amount": 600}, key="c")
    assert world.call("GET", "/control/disputes")[1]["data"][0]["amount"] == 600


def test_a_won_dispute_gives_the_money_back_once_and_the_fee_stays() -> None:
    world = World()
    _, told = world.pay("tok_createDispute", 1000)
    name = world.call("GET", "/control/disputes")[1]["data"][0]["id"]
    for _ in range(2):
        assert world.call("POST", f"/control/disputes/{name}", {"outcome": "won"})[1]["status"] == "won"
    assert merchant(world) == 1000 - 59 - 1500
    assert world.news() == ["dispute.opened", "dispute.won"]
    assert world.call("POST", f"/control/disputes/{name}", {"outcome": "lost"})[1]["error"]["code"] == "dispute_decided"
    assert world.refund(told["payment"], 1000)[0] == 200


def test_a_lost_dispute_keeps_the_money() -> None:
    world = World()
    world.pay("tok_createDispute", 1000)
    name = world.call("GET", "/control/disputes")[1]["data"][0]["id"]
    world.call("POST", f"/control/disputes/{name}", {"outcome": "lost"})
    assert merchant(world) == -59 - 1500
    assert world.news() == ["dispute.opened", "dispute.lost"]


def test_a_disputed_payment_is_not_refunded_as_well() -> None:
    world = World()
    _, told = world.pay("tok_createDispute")
    status, answer = world.refund(told["payment"], 1)
    assert (status, answer["decline"]["code"]) == (402, "charge_disputed")


def test_a_refunded_payment_has_nothing_left_to_dispute() -> None:
    world = World()
    _, told = world.pay()
    world.refund(told["payment"], 600)
    assert world.call("POST", f"/control/payments/{told['payment']}/dispute", {})[1]["amount"] == 400
    again = world.call("POST", f"/control/payments/{told['payment']}/dispute", {})
    assert again[1]["error"]["code"] == "nothing_to_dispute"


@pytest.mark.parametrize(
    ("token", "news"),
    [("tok_createDisputeInquiry", "dispute.inquiry"), ("tok_createIssuerFraudRecord", "fraud.warning")],
)
def test_a_question_takes_no_money(token: str, news: str) -> None:
    world = World()
    world.pay(token, 1000)
    assert merchant(world) == 1000 - 59
    assert world.news() == [news]


def test_disputes_that_are_not_there_or_not_decided_so() -> None:
    world = World()
    assert world.call("POST", "/control/disputes/sbd_x", {"outcome": "won"})[0] == 404
    world.pay("tok_createDispute")
    name = world.call("GET", "/control/disputes")[1]["data"][0]["id"]
    assert world.call("POST", f"/control/disputes/{name}", {"outcome": "maybe"})[0] == 400


@pytest.mark.parametrize(
    ("token", "ends", "left"), [("tok_pendingRefund", "approved", 0), ("tok_refundFail", "declined", 700)]
)
def test_a_pending_refund_ends_by_itself(token: str, ends: str, left: int) -> None:
    world = World()
    _, told = world.pay(token, 700)
    status, answer = world.refund(told["payment"], 700)
    assert (status, answer["status"]) == (200, "pending")
    assert world.refund(told["payment"], 1)[0] == 402, "a pending refund has its money reserved"
    world.clock.advance(2)
    found = world.call("GET", f"/operations/{answer['key']}")[1]
    assert found["status"] == ends
    shown = world.call("GET", f"/payments/{told['payment']}")[1]
    assert shown["amount"] - shown["amount_refunded"] == left
    assert world.call("POST", f"/payments/{told['payment']}/refunds", {"amount": 700}, key=answer["key"])[1] == answer
    assert merchant(world) == left - 50


def test_only_news_is_told_unless_all_is_asked_for() -> None:
    for settings, told in ((NEWS, []), (ALL, ["payment.authorized", "payment.captured"]), (SandboxSettings(), [])):
        world = World(settings)
        world.pay()
        assert world.news() == told


def test_a_duplicate_carries_the_same_event() -> None:
    world = World(NEWS)
    world.pay("tok_tallystickDuplicateNotification")
    posts = world.sandbox.processor.due_notices(world.clock.now())
    assert len({post.notice for post in posts}) == 4
    assert len({post.body for post in posts}) == 2


@pytest.mark.parametrize("capture", [True, False])
def test_reordered_news_comes_the_wrong_way_round(capture: bool) -> None:
    world = World(NEWS)
    _, told = world.pay("tok_tallystickReordered", capture=capture)
    if not capture:
        world.call("POST", f"/payments/{told['payment']}/capture", {}, key="c")
    assert world.news() == ["payment.captured", "payment.authorized"]


def test_news_is_offered_again_later_and_given_up_after_three_days() -> None:
    world = World(NEWS)
    world.pay("tok_createIssuerFraudRecord")
    world.call("GET", "/control/state")
    processor = world.sandbox.processor
    offered = []
    while world.state.notices:
        now = world.clock.now()
        for post in processor.due_notices(now):
            offered.append(now)
            processor.notice_settled(post.notice, taken=False, now=now)
        world.clock.advance(600)
    assert offered[-1] - offered[0] > 3 * 86_400 * 1_000_000
    assert len(offered) > 20


def test_news_that_was_taken_is_gone() -> None:
    world = World(NEWS)
    world.pay("tok_createIssuerFraudRecord")
    world.call("GET", "/control/state")
    (post,) = world.sandbox.processor.due_notices(world.clock.now())
    world.sandbox.processor.notice_settled(post.notice, taken=True, now=world.clock.now())
    world.sandbox.processor.notice_settled(post.notice, taken=True, now=world.clock.now())
    assert not world.sandbox.processor.due_notices(after(world.clock.now(), days=1))
