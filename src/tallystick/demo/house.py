"""Everything that is open while a day is played: folder, database, processes, clients, the shops' receiver."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from tallystick import db
from tallystick.base import MICROSECONDS_PER_SECOND, Clock
from tallystick.demo.control import Controls
from tallystick.demo.enrol import SignIn, enrol
from tallystick.demo.play import Clients
from tallystick.demo.processes import Fleet, StartFailed
from tallystick.demo.receiver import Receiver
from tallystick.demo.world import PROCESSORS, World, business_clock, free_ports

SERVER = "server"
TRIES_TO_START = 3
TOLERANCE_SECONDS = 300
MARK = "demo.lock"


class NotPossible(Exception):
    """The demo cannot run here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said."""

    folder: Path
    seed: int
    payments: int
    port: int
    kill: bool


class Folder:
    """The demo's folder, emptied, and nobody else's while it is held. Raises NotPossible."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._lock: IO[str] | None = None

    def __enter__(self) -> Path:
        mark = self._path / MARK
        try:
            if self._path.exists() and not mark.exists() and any(self._path.iterdir()):
                raise NotPossible(f"{self._path} is not a demo's folder: name another one with --folder")
            self._path.mkdir(parents=True, exist_ok=True)
            self._lock = mark.open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotPossible(f"a demo runs in {self._path}: end it, or name another folder with --folder") from None
        except OSError as error:
            raise NotPossible(f"{self._path} cannot be used ({error.strerror}): name another --folder") from None
        for each in self._path.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name != MARK:
                each.unlink()
        return self._path

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()


@dataclass(frozen=True, slots=True)
class House:
    """One day's platform and the people around it."""

    world: World
    database: db.Database
    fleet: Fleet
    clients: Clients
    controls: Controls
    receiver: Receiver
    keys: dict[str, str]
    sign_in: SignIn


@asynccontextmanager
async def opened(options: Options, folder: Path, machine: Clock) -> AsyncIterator[House]:
    """A running house with shops enrolled; everything is ended when the context is left. Raises StartFailed."""
    async with AsyncExitStack() as stack:
        folder.mkdir(exist_ok=True)
        world = World(folder, options.seed, business_clock(machine), free_ports(options.port))
        world, fleet = await _started(world, machine, stack)
        database = await db.open(world.database_url, clock=world.clock)
        stack.push_async_callback(database.close)
        keys, sign_in = await enrol(world, database)
        late = max(0, -world.clock.shift_us) // MICROSECONDS_PER_SECOND
        receiver = Receiver(tolerance_seconds=TOLERANCE_SECONDS + late)
        await receiver.open()
        stack.push_async_callback(receiver.close)
        clients = Clients(world.url, keys)
        stack.push_async_callback(clients.close)
        controls = Controls(world)
        stack.push_async_callback(controls.close)
        receiver.secrets = await clients.listen(receiver.url)
        yield House(world, database, fleet, clients, controls, receiver, keys, sign_in)


async def _started(world: World, machine: Clock, stack: AsyncExitStack) -> tuple[World, Fleet]:
    """Server and sandboxes; somebody may take a port between looking and listening, so there are several tries."""
    for tried in range(1, TRIES_TO_START + 1):
        world.write_settings()
        fleet = Fleet(world.folder, world.environment(), machine)
        try:
            await _start(world, fleet)
        except StartFailed as failed:
            await fleet.close()
            if tried == TRIES_TO_START or "address already in use" not in str(failed):
                raise
            world = replace(world, ports=free_ports(0))
        except BaseException:
            await fleet.close()
            raise
        else:
            break
    stack.push_async_callback(fleet.close)
    return world, fleet


async def _start(world: World, fleet: Fleet) -> None:
    """Side by side: a program takes about a second to begin, and the tables of the server to be made."""
    clock = ("--clock-start", f"{world.clock.shift_us:+d}")
    for one in PROCESSORS:
        settings = ("--settings", str(world.sandbox_file(one.name)))
        fleet.start(one.name, "sandbox", *settings, *clock, probe=world.processor_url(one.name) + "/")
    await db.migrate(world.database_url)
    fleet.start(SERVER, "serve", *clock, probe=f"{world.url}/healthz")
    await fleet.up()
