"""The lifecycle tables: complete, without dead ends, drawn in the docs, and held by the database."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tallystick import payments
from tallystick.base import Refused
from tallystick.payments import model, states
from tallystick.payments.store import tables
from tests.rooms.payments.shop import OWNER, Shop

LIFECYCLES = [
    (model.PaymentStatus, [(old, new) for old, _, new in states.PAYMENT], {"succeeded", "canceled"}),
    (model.AttemptState, list(states.ATTEMPT), {"approved", "declined", "not_sent"}),
    (model.RefundStatus, list(states.REFUND), {"succeeded", "failed"}),
    (model.DisputeStatus, list(states.DISPUTE), {"won", "lost", "warning_closed"}),
]


@pytest.mark.parametrize(("members", "steps", "final"), LIFECYCLES, ids=lambda case: getattr(case, "__name__", ""))
def test_only_final_states_are_dead_ends(members: type, steps: list, final: set[str]) -> None:
    assert set(states.ends(members, steps)) == final
    reached = {steps[0][0]}
    for _ in members:
        reached |= {new for old, new in steps if old in reached}
    assert reached == set(members)


def test_a_state_and_a_move_lead_to_one_state() -> None:
    pairs = [(old, by) for old, by, _ in states.PAYMENT]
    assert len(pairs) == len(set(pairs))
    assert {by for _, by in pairs} == set(states.Move)


@pytest.mark.parametrize(("status", "move"), list(itertools.product(model.PaymentStatus, states.Move)))
def test_every_pair_is_decided(status: model.PaymentStatus, move: states.Move) -> None:
    expected = {(old, by): new for old, by, new in states.PAYMENT}.get((status, move))
    if expected is not None:
        assert states.advance("pi_1", status, move) is expected
        return
    with pytest.raises(Refused) as refused:
        states.advance("pi_1", status, move)
    assert refused.value.code is model.PaymentRefusal.UNEXPECTED_STATE


ADVICE = [
    (states.Verb.CONFIRM, "requires_confirmation, requires_payment_method"),
    (states.Verb.CAPTURE, "requires_capture"),
    (states.Verb.CANCEL, "requires_capture, requires_confirmation, requires_payment_method"),
    (states.Verb.UPDATE, "requires_confirmation, requires_payment_method"),
]


@pytest.mark.parametrize(("verb", "possible"), ADVICE)
def test_a_refusal_names_the_verb_and_every_state_it_is_possible_in(verb: states.Verb, possible: str) -> None:
    assert [each for each, _ in ADVICE] == list(states.Verb)
    message = states.unexpected("pi_1", "canceled", verb).message
    assert f"'{verb.value}' is not possible. It is possible in: {possible}." in message


async def test_verbs_refuse_in_their_own_words(shop: Shop) -> None:
    done, gone = await shop.pay(), await shop.cancel(await shop.pay(manual=True))
    more = {"operation": shop.operation(), "now": shop.clock.now()}
    for asked, verb in (
        (shop.cancel(done), states.Verb.CANCEL),
        (shop.capture(gone), states.Verb.CAPTURE),
        (payments.confirm(shop.till, OWNER, gone.id, **more), states.Verb.CONFIRM),
        (payments.update(shop.till, OWNER, done.id, {"amount": 5}, **more), states.Verb.UPDATE),
    ):
        with pytest.raises(Refused, match=f"'{verb.value}' is not possible"):
            await asked


def test_the_database_knows_the_same_states() -> None:
    texts = {str(each.sqltext) for each in tables.PAYMENTS.constraints if hasattr(each, "sqltext")}
    assert any(all(f"'{status.value}'" in text for status in model.PaymentStatus) for text in texts)


def test_the_diagram_in_the_docs_is_this_one() -> None:
    page = Path(__file__).parents[3] / "docs/reference/payments.md"
    assert f"```mermaid\n{states.diagram()}```" in page.read_text(), "run tools that draw it, or paste states.diagram()"
