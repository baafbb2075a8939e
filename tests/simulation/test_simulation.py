"""Many worlds, each another seed; a failing one is replayed exactly by `TALLYSTICK_SEED=n`."""

import os
import shutil
from pathlib import Path

import pytest

from tests.simulation.promises import check
from tests.simulation.world import World

SEEDS = int(os.environ.get("TALLYSTICK_SEEDS", "500"))
CHUNK = 20
GIVEN = os.environ.get("TALLYSTICK_SEED")
CHUNKS = [(int(GIVEN), int(GIVEN) + 1)] if GIVEN else [(n, min(n + CHUNK, SEEDS)) for n in range(0, SEEDS, CHUNK)]


def play(seed: int, template: Path, folder: Path) -> World:
    file = folder / f"world-{seed}.sqlite"
    shutil.copyfile(template, file)
    world = World(seed, file)
    world.check = check
    world.play()
    file.unlink()
    return world


@pytest.mark.parametrize(("first", "end"), CHUNKS)
def test_no_world_loses_or_doubles_money(first: int, end: int, sqlite_template: Path, tmp_path: Path) -> None:
    for seed in range(first, end):
        try:
            play(seed, sqlite_template, tmp_path)
        except BaseException as broken:
            broken.add_note(f"replay it with TALLYSTICK_SEED={seed}")
            raise
