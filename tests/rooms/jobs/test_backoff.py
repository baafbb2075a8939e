"""Pauses double, stop at their cap, and depend on nothing but the name and the try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import jobs
from tallystick.base import MICROSECONDS_PER_SECOND
from tallystick.jobs import backoff


@given(st.text(max_size=20), st.integers(1, 200), st.integers(1, 60), st.integers(60, 100_000))
def test_a_pause_lies_between_half_and_all_of_its_step(name: str, attempt: int, first: int, most: int) -> None:
    whole = min(first * 2 ** (attempt - 1), most) * MICROSECONDS_PER_SECOND
    pause = jobs.pause_us(name, attempt, first_seconds=first, most_seconds=most)
    assert whole // 2 <= pause < whole
    assert pause == jobs.pause_us(name, attempt, first_seconds=first, most_seconds=most)


def test_the_jitter_spreads_names_over_the_whole_width() -> None:
    drawn = [backoff.spread(f"job_{number}", 1, 10) for number in range(1000)]
    assert set(drawn) == set(range(10))


def test_no_width_is_no_jitter() -> None:
    assert backoff.spread("job_1", 1, 0) == 0


def test_tries_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        jobs.pause_us("job_1", 0, first_seconds=1, most_seconds=2)
