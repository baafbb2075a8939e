"""Many worlds, each another seed; a failing one is replayed exactly by `TALLYSTICK_SEED=n`."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.promises import check
from tests.simulation.world import Appointment, World

GIVEN = os.environ.get("TALLYSTICK_SEED")
CHUNK = 20
QUICK, ALL = 60, 500
"""Seeds of `make test`, and of both test commands together."""

EVERY_TURN_SEED, EVERY_COMMIT_SEED, PARTED = 3, 2, 16


LATER = pytest.mark.services
"""What is left to `make test-all`."""


def chunks() -> list[Any]:
    """Ranges of seeds; those beyond QUICK are left to `make test-all`."""
    if GIVEN:
        return [(int(GIVEN), int(GIVEN) + 1)]
    return [pytest.param(n, n + CHUNK, marks=LATER if n >= QUICK else ()) for n in range(0, ALL, CHUNK)]


def play(seed: int, template: Path, folder: Path, *, appointed: Appointment | None = None, **size: int) -> World:
    """One world from its beginning to its end, with all promises checked."""
    file = folder / f"world-{seed}.sqlite"
    shutil.copyfile(template, file)
    world = World(seed, file, **size)
    world.check, world.appointed = check, appointed
    try:
        world.play()
    except BaseException as broken:
        where = f" and {appointed}" if appointed else ""
        broken.add_note(f"replay it with TALLYSTICK_SEED={seed}{where}")
        raise
    for leftover in folder.glob(f"{file.name}*"):
        leftover.unlink()
    return world


@pytest.mark.parametrize(("first", "end"), chunks())
def test_no_world_loses_or_doubles_money(first: int, end: int, sqlite_template: Path, tmp_path: Path) -> None:
    for seed in range(first, end):
        play(seed, sqlite_template, tmp_path)


PARTS = [0, *[pytest.param(part, marks=LATER) for part in range(1, PARTED)]]


@pytest.mark.parametrize("part", PARTS)
def test_death_at_every_commit(part: int, sqlite_template: Path, tmp_path: Path) -> None:
    """Just before it is durable, and just after it is and nobody has been told; each part takes every sixteenth."""
    seed = EVERY_COMMIT_SEED
    commits = play(seed, sqlite_template, tmp_path, clients=2, deaths=0).work_commits
    for commit in range(1 + part, commits + 1, PARTED):
        for side in ("before", "after"):
            appointed = Appointment(commit=(commit, side))
            assert play(seed, sqlite_template, tmp_path, appointed=appointed, clients=2, deaths=0).died == 1


@pytest.mark.parametrize("part", PARTS)
def test_death_at_every_turn(part: int, sqlite_template: Path, tmp_path: Path) -> None:
    """Every await of every task lies between two turns of the loop; each part takes every sixteenth."""
    seed = EVERY_TURN_SEED
    turns = play(seed, sqlite_template, tmp_path, clients=1, deaths=0).work_turns
    for turn in range(1 + part, turns, PARTED):
        world = play(seed, sqlite_template, tmp_path, appointed=Appointment(turn=turn), clients=1, deaths=0)
        assert world.died == 1


def test_the_same_seed_is_the_same_world(sqlite_template: Path, tmp_path: Path) -> None:
    """Otherwise a failing seed could not be replayed."""
    first, second = (play(11, sqlite_template, tmp_path) for _ in range(2))
    assert [(s.path, s.answer.raw) for c in first.clients for s in c.said] == [
        (s.path, s.answer.raw) for c in second.clients for s in c.said
    ]
    assert first.elapsed == second.elapsed
