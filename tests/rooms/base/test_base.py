"""Ids sort by time and never repeat; instants convert without loss; refusals carry their kind."""

import pickle
import random
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tallystick.base import (
    IdSource,
    Instant,
    Kind,
    RefusalCode,
    Refused,
    day,
    first_suffix_at,
    instant_of,
    iso,
    start_of,
)


class _StoppedClock:
    def __init__(self, now: int) -> None:
        self.time = Instant(now)

    def now(self) -> Instant:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time = Instant(self.time + int(seconds * 1_000_000))


class _Refusal(RefusalCode):
    GONE = "gone", Kind.MISSING


@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=30), st.integers(0, 2**32))
def test_ids_strictly_increase_even_when_the_clock_steps_back(times: list[int], seed: int) -> None:
    clock = _StoppedClock(0)
    ids = IdSource(clock, random.Random(seed))
    made = []
    for time in times:
        clock.time = Instant(time)
        made.append(ids.new("pi"))
    assert made == sorted(set(made))
    assert all(len(one) == len("pi_") + 26 for one in made)


@given(st.integers(0, 2**50))
def test_a_time_is_a_range_of_ids(time: int) -> None:
    ids = IdSource(_StoppedClock(time), random.Random(time))
    assert first_suffix_at(Instant(time)) <= ids.suffix() < first_suffix_at(Instant(time + 1000))


FIRST, LAST = (datetime.fromisoformat(f"{year}-01-01") for year in (1970, 2200))
"""Without a zone, as the strategy wants its bounds."""


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_instants_and_datetimes_agree(moment: datetime) -> None:
    instant = instant_of(moment)
    assert datetime.fromisoformat(iso(instant)) == moment
    assert day(instant) == moment.date()
    assert start_of(day(instant)) <= instant < start_of(day(instant)) + 86_400_000_000


def test_a_refusal_carries_code_kind_and_parameter_through_pickling() -> None:
    refused = pickle.loads(pickle.dumps(Refused(_Refusal.GONE, "It left. Ask for another.", param="id", seen=3)))
    assert (refused.code, refused.kind, refused.param, refused.details) == ("gone", Kind.MISSING, "id", {"seen": 3})
    assert str(refused) == "gone (id): It left. Ask for another."
