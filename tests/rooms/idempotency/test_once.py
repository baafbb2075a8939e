"""A request sent twice has one effect, whatever happens in between: Stripe's rules and the take-over after a crash."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from tallystick import db, idempotency
from tallystick.base import Refused
from tallystick.idempotency import Answered, Desk, IdempotencyRefusal, Operation, Ticket
from tests.clocks import ManualClock

DONE = Answered(200, b'{"id":"pi_1","amount":1000}')


def ticket(key: str | None = "k1", *, merchant: str = "acct_1", live: bool = False, mark: str = "same") -> Ticket:
    return Ticket(merchant, live, key, mark, f"req_{next(NUMBERS)}")


NUMBERS = itertools.count()


class Crash(BaseException):
    """The process died."""


class Verb:
    """Begins in a unit and answers; remembers under which operations it ran."""

    def __init__(self, database: db.Database, answer: Answered = DONE, *, begins: bool = True) -> None:
        self.database = database
        self.answer = answer
        self.begins = begins
        self.operations: list[str] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, operation: Operation) -> Answered:
        self.operations.append(operation.id)
        if self.begins:
            async with self.database.unit() as unit:
                operation.begin(unit)
        if self.meanwhile is not None:
            await self.meanwhile()
        return self.answer


@pytest.fixture
async def desk(database: db.Database, clock: ManualClock) -> Desk:
    return await Desk.open(database, name="one", now=clock.now())


async def refused(attempt: Awaitable[Answered]) -> IdempotencyRefusal:
    with pytest.raises(Refused) as caught:
        await attempt
    assert isinstance(caught.value.code, IdempotencyRefusal)
    return caught.value.code


async def test_without_a_key_every_request_runs(desk: Desk, clock: ManualClock) -> None:
    verb = Verb(desk.database)
    for _ in range(2):
        assert await idempotency.once(desk, ticket(None), verb, now=clock.now()) == DONE
    assert len(set(verb.operations)) == 2


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        DONE,
        Answered(402, b'{"error":{"type":"card_error"}}'),
        Answered(500, '{"message":"ü😀"}'.encode()),
        Answered(200, b""),
    ],
)
async def test_the_first_answer_is_given_again_byte_for_byte(
    desk: Desk, clock: ManualClock, answer: Answered, begins: bool
) -> None:
    verb, first = Verb(desk.database, answer, begins=begins), ticket()
    assert await idempotency.once(desk, first, verb, now=clock.now()) == answer
    again = await idempotency.once(desk, ticket(), verb, now=clock.advance(3600))
    assert (again.status, again.body, again.original_request) == (answer.status, answer.body, first.request_id)
    assert len(verb.operations) == 1


async def test_other_parameters_under_the_same_key_are_refused(desk: Desk, clock: ManualClock) -> None:
    verb = Verb(desk.database)
    await idempotency.once(desk, ticket(), verb, now=clock.now())
    other = idempotency.once(desk, ticket(mark="other"), verb, now=clock.now())
    assert await refused(other) is IdempotencyRefusal.KEY_REUSED
    assert len(verb.operations) == 1


async def test_merchants_and_modes_have_keys_of_their_own(desk: Desk, clock: ManualClock) -> None:
    verb = Verb(desk.database)
    for each in (ticket(), ticket(merchant="acct_2"), ticket(live=True), ticket("K1"), ticket("k1 ")):
        assert not (await idempotency.once(desk, each, verb, now=clock.now())).replayed
    assert len(verb.operations) == 5


async def test_a_key_has_at_most_255_characters(desk: Desk, clock: ManualClock) -> None:
    verb = Verb(desk.database)
    await idempotency.once(desk, ticket("é" * 255), verb, now=clock.now())
    long = idempotency.once(desk, ticket("k" * 256), verb, now=clock.now())
    assert await refused(long) is IdempotencyRefusal.KEY_TOO_LONG
    assert len(verb.operations) == 1


async def test_a_running_key_is_in_use_on_this_server_and_on_others(desk: Desk, clock: ManualClock) -> None:
    other = await Desk.open(desk.database, name="two", now=clock.now())
    verb, late = Verb(desk.database), Verb(desk.database)

    async def meanwhile() -> None:
        for each in (desk, other):
            running = idempotency.once(each, ticket(), late, now=clock.now())
            assert await refused(running) is IdempotencyRefusal.KEY_IN_USE
            reused = idempotency.once(each, ticket(mark="other"), late, now=clock.now())
            assert await refused(reused) is IdempotencyRefusal.KEY_REUSED

    verb.meanwhile = meanwhile
    assert await idempotency.once(desk, ticket(), verb, now=clock.now()) == DONE
    assert late.operations == []
    assert (await idempotency.once(other, ticket(), late, now=clock.now())).replayed


async def test_two_servers_that_both_found_the_key_free_have_one_effect(desk: Desk, clock: ManualClock) -> None:
    other = await Desk.open(desk.database, name="two", now=clock.now())
    winner, effects = Verb(desk.database), []

    async def loser(operation: Operation) -> Answered:
        await idempotency.once(desk, ticket(), winner, now=clock.now())
        async with other.database.unit() as unit:
            operation.begin(unit)
        effects.append(operation.id)
        return Answered(200, b"second effect")

    answer = await idempotency.once(other, ticket(), lambda operation: _shell(loser(operation)), now=clock.now())
    assert (answer.replayed, answer.body, effects) == (True, DONE.body, [])


async def _shell(running: Awaitable[Answered]) -> Answered:
    """Lost races become an answer that is not kept, as the HTTP shell makes them."""
    try:
        return await running
    except db.LostRace:
        return Answered(409, b"busy", keep=False)


async def test_a_burst_of_one_key_has_one_effect(desk: Desk, clock: ManualClock) -> None:
    verb = Verb(desk.database)

    async def meanwhile() -> None:
        await asyncio.sleep(0)

    verb.meanwhile = meanwhile
    burst = [idempotency.once(desk, ticket(f"k{n % 3}"), verb, now=clock.now()) for n in range(30)]
    answers = await asyncio.gather(*burst, return_exceptions=True)
    assert len(verb.operations) == 3
    assert answers.count(DONE) == 3
    assert all(isinstance(each, Answered | Refused) for each in answers)


# --- what is not stored ---


async def test_a_request_that_was_not_begun_leaves_the_key_free(desk: Desk, clock: ManualClock) -> None:
    bad = Verb(desk.database, Answered(400, b"bad", keep=False), begins=False)
    await idempotency.once(desk, ticket(), bad, now=clock.now())
    good = Verb(desk.database)
    assert await idempotency.once(desk, ticket(mark="corrected"), good, now=clock.now()) == DONE


async def test_work_that_met_another_request_is_resumed_under_its_operation(desk: Desk, clock: ManualClock) -> None:
    verb = Verb(desk.database, Answered(409, b"busy", keep=False))
    await idempotency.once(desk, ticket(), verb, now=clock.now())
    verb.answer = DONE
    other = await Desk.open(desk.database, name="two", now=clock.now())
    assert await idempotency.once(other, ticket(), verb, now=clock.now()) == DONE
    assert len(set(verb.operations)) == 1
    assert (await idempotency.once(desk, ticket(), verb, now=clock.now())).replayed


async def test_an_answer_is_stored_also_when_the_unit_that_claimed_was_refused(desk: Desk, clock: ManualClock) -> None:
    async def verb(operation: Operation) -> Answered:
        unit = desk.database.unit()
        operation.begin(unit)  # and leaving the unit raises what the ledger says: nothing of it is written
        return Answered(400, b"insufficient")

    assert (await idempotency.once(desk, ticket(), verb, now=clock.now())).body == b"insufficient"
    assert (await idempotency.once(desk, ticket(), verb, now=clock.now())).replayed


async def test_a_verb_may_begin_again_in_a_unit_that_is_tried_again(desk: Desk, clock: ManualClock) -> None:
    async def verb(operation: Operation) -> Answered:
        for _ in range(3):
            async with desk.database.unit() as unit:
                operation.begin(unit)
        return DONE

    assert await idempotency.once(desk, ticket(), verb, now=clock.now()) == DONE
    assert (await idempotency.once(desk, ticket(), verb, now=clock.now())).replayed


async def test_an_answer_sealed_in_the_last_unit_is_durable_with_it(desk: Desk, clock: ManualClock) -> None:
    async def verb(operation: Operation) -> Answered:
        async with desk.database.unit() as unit:
            operation.begin(unit)
            operation.finish(unit, 200, b"sealed")
        raise Crash

    with pytest.raises(Crash):
        await idempotency.once(desk, ticket(), verb, now=clock.now())
    assert (await idempotency.once(desk, ticket(), verb, now=clock.now())).body == b"sealed"


# --- crashes ---


async def crash_in(desk: Desk, clock: ManualClock) -> Verb:
    """A verb that began and whose server then died."""
    verb = Verb(desk.database)

    async def die() -> None:
        raise Crash

    verb.meanwhile = die
    with pytest.raises(Crash):
        await idempotency.once(desk, ticket(), verb, now=clock.now())
    verb.meanwhile = None
    return verb


async def test_the_same_server_started_again_resumes_at_once(desk: Desk, clock: ManualClock) -> None:
    verb = await crash_in(desk, clock)
    restarted = await Desk.open(desk.database, name="one", now=clock.now())
    assert restarted.boot == desk.boot + 1
    assert await idempotency.once(restarted, ticket(), verb, now=clock.now()) == DONE
    assert len(verb.operations) == 2
    assert len(set(verb.operations)) == 1, "the operation, and so every id made from it, is the same"


async def test_another_server_resumes_when_the_first_is_silent_for_five_seconds(desk: Desk, clock: ManualClock) -> None:
    verb = await crash_in(desk, clock)
    other = await Desk.open(desk.database, name="two", now=clock.now())
    early = idempotency.once(other, ticket(), verb, now=clock.advance(4.9))
    assert await refused(early) is IdempotencyRefusal.KEY_IN_USE
    assert await idempotency.once(other, ticket(), verb, now=clock.advance(0.2)) == DONE
    assert len(set(verb.operations)) == 1


async def test_a_heartbeat_keeps_claims(desk: Desk, clock: ManualClock) -> None:
    other, late = await Desk.open(desk.database, name="two", now=clock.now()), Verb(desk.database)
    verb = Verb(desk.database)

    async def meanwhile() -> None:
        await desk.beat(now=clock.advance(20))
        running = idempotency.once(other, ticket(), late, now=clock.now())
        assert await refused(running) is IdempotencyRefusal.KEY_IN_USE

    verb.meanwhile = meanwhile
    assert await idempotency.once(desk, ticket(), verb, now=clock.now()) == DONE


async def test_a_server_that_was_thought_dead_cannot_answer_for_the_one_that_took_over(
    desk: Desk, clock: ManualClock
) -> None:
    other = await Desk.open(desk.database, name="two", now=clock.now())
    slow, quick = Verb(desk.database, Answered(200, b"slow")), Verb(desk.database, Answered(200, b"quick"))

    async def meanwhile() -> None:
        await idempotency.once(other, ticket(), quick, now=clock.advance(6))

    slow.meanwhile = meanwhile
    late = idempotency.once(desk, ticket(), slow, now=clock.now())
    assert await refused(late) is IdempotencyRefusal.KEY_IN_USE
    assert (await idempotency.once(desk, ticket(), slow, now=clock.now())).body == b"quick"


async def test_a_fault_that_stored_nothing_is_resumable_elsewhere_after_a_heartbeat(
    desk: Desk, clock: ManualClock
) -> None:
    verb = await crash_in(desk, clock)
    other = await Desk.open(desk.database, name="two", now=clock.now())
    early = idempotency.once(other, ticket(), verb, now=clock.now())
    assert await refused(early) is IdempotencyRefusal.KEY_IN_USE
    await desk.beat(now=clock.now())
    assert await idempotency.once(other, ticket(), verb, now=clock.now()) == DONE


async def test_a_server_whose_name_was_taken_stops(desk: Desk, clock: ManualClock) -> None:
    await Desk.open(desk.database, name="one", now=clock.now())
    with pytest.raises(idempotency.Superseded):
        await idempotency.keep_beating(desk, clock)


# --- pruning ---


async def test_a_key_is_a_new_request_after_24_hours(desk: Desk, clock: ManualClock) -> None:
    verb = Verb(desk.database)
    await idempotency.once(desk, ticket(), verb, now=clock.now())
    assert await idempotency.prune(desk.database, clock.advance(24 * 3600)) == 0
    assert (await idempotency.once(desk, ticket(), verb, now=clock.now())).replayed
    assert await idempotency.prune(desk.database, clock.advance(1)) == 1
    assert not (await idempotency.once(desk, ticket(), verb, now=clock.now())).replayed


def test_ids_of_what_is_created_derive_from_the_operation() -> None:
    operation = Operation("op_01jd")
    assert operation.resource_id("pi") == "pi_01jd"
    assert operation.resource_id("re") == "re_01jd"
