"""Wiring: from settings to a running platform. This file and the worker are the only ones that know every room."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import FrameType

import uvicorn
import uvloop
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

import tallystick
from tallystick import (
    close,
    connectors,
    dashboard,
    db,
    idempotency,
    jobs,
    merchants,
    payments,
    reconciliation,
    routing,
    statements,
    web,
    webhooks,
    worker,
)
from tallystick.base import Clock, IdSource, Kind, ProcessorSettings, RefusalCode, Refused, Settings, log

Caller = connectors.Caller
MakeCaller = Callable[[str, ProcessorSettings], Caller]
KEEP_ALIVE_SECONDS = 75
COLLECT_AFTER_OBJECTS = 20_000
_log = log.get("app")


class AppRefusal(RefusalCode):
    """Why the platform does not start."""

    TABLES_NOT_CURRENT = "tables_not_current", Kind.STATE


@dataclass(frozen=True, slots=True)
class Platform:
    """One process's platform: everything that is open, and its worker."""

    settings: Settings
    clock: Clock
    database: db.Database
    desk: idempotency.Desk
    till: payments.Till
    guard: merchants.Guard
    registry: CollectorRegistry
    worker: worker.Worker
    callers: tuple[Caller, ...]
    faults: list[BaseException]
    """What ended the work beside serving, if something did."""

    async def close(self) -> None:
        """Let go of processors and database. Stop the worker first."""
        for caller in self.callers:
            if isinstance(caller, connectors.Transport):
                await caller.close()
        await self.database.close()


def call_by_http(_name: str, options: ProcessorSettings) -> connectors.Transport:
    """The way out to a processor in production."""
    return connectors.Transport(timeout_seconds=options.timeout_seconds)


async def assemble(
    settings: Settings,
    *,
    clock: Clock,
    database: db.Database | None = None,
    ids: IdSource | None = None,
    make_caller: MakeCaller = call_by_http,
    send: webhooks.Send | None = None,
) -> Platform:
    """Open the database and put the rooms together; nothing runs yet.

    Simulations hand in their own database, way to processors and webhook sender. Raises Refused for settings that
    cannot work: an unknown plug, processor or database.
    """
    database = database or await db.open(settings.database_url, clock=clock, ids=ids)
    desk = await idempotency.Desk.open(database, name=settings.instance_name, now=clock.now())
    secret = settings.secret_key.get_secret_value()
    callers = {name: make_caller(name, options) for name, options in settings.processors.items()}
    processors = {name: connectors.build(name, options, callers[name]) for name, options in settings.processors.items()}
    till = payments.Till(
        database=database,
        processors=processors,
        routes=routing.routes(tuple(processors), settings.routing_order, settings.routing_rules.values()),
        fees=merchants.Fees(database),
        resolve_after_seconds=settings.resolve_after_seconds,
        fingerprint_key=merchants.pepper_of(secret),
    )
    registry = CollectorRegistry()
    tasks = worker.build(
        database,
        clock=clock,
        settings=settings,
        owner=f"{desk.name}:{desk.boot}",
        consumers=payments.consumers(database),
        timers=(
            jobs.every("merchants.prune", worker.PRUNE_SECONDS, lambda now: merchants.prune(database, now)),
            *payments.timers(database),
        ),
        sweeps=(
            worker.Sweep("payments.resolve", payments.RESOLVE_SECONDS, lambda now: payments.resolve(till, now=now)),
        ),
        desk=desk,
        send=send,
        registry=registry,
    )
    guard = merchants.Guard(database, merchants.pepper_of(secret))
    return Platform(settings, clock, database, desk, till, guard, registry, tasks, tuple(callers.values()), [])


def shell(platform: Platform) -> web.Shell:
    """The ASGI application: the API, and the dashboard beside it."""
    endpoints = (
        *payments.endpoints(platform.till),
        *merchants.endpoints(),
        *webhooks.endpoints(platform.settings),
        *statements.endpoints(limit_bytes=platform.settings.upload_limit_bytes),
        *reconciliation.endpoints(platform.settings.processors),
        *close.endpoints(platform.settings.processors),
    )
    return web.asgi(
        endpoints,
        platform.guard,
        platform.database,
        platform.clock,
        platform.desk,
        expansions=payments.expansions(platform.till),
        body_limit=platform.settings.body_limit_bytes,
        registry=platform.registry,
        fallback=_dashboard(platform),
        lifespan=lambda: _running(platform),
        version=tallystick.__version__,
    )


def _dashboard(platform: Platform) -> Starlette:
    """What answers outside the API."""
    doors = dashboard.rooms(
        platform.database,
        pepper=merchants.pepper_of(platform.settings.secret_key.get_secret_value()),
        processors=platform.settings.processors,
        consumers=(webhooks.FanOut.name, *(consumer.name for consumer in payments.consumers(platform.database))),
    )
    return dashboard.site(doors, clock=platform.clock)


@asynccontextmanager
async def _running(platform: Platform) -> AsyncIterator[None]:
    """Work beside serving, where the settings want it; a server without a worker still has to beat."""
    embedded = platform.settings.worker_embedded
    beside = platform.worker.run() if embedded else idempotency.keep_beating(platform.desk, platform.clock)
    task = asyncio.create_task(beside)
    task.add_done_callback(partial(_watch, platform))
    try:
        yield
    finally:
        if embedded:
            platform.worker.stop()
        else:
            task.cancel()
        with suppress(asyncio.CancelledError, Exception):  # kept by _watch
            await task
        await platform.close()


def _watch(platform: Platform, task: asyncio.Task[None]) -> None:
    """A server that was superseded, or whose worker is broken, must not go on: it ends as if it were asked to."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("worker_ended", error=repr(error))
        platform.faults.append(error)
        signal.raise_signal(signal.SIGTERM)


async def prepare(settings: Settings, *, migrate: bool | None) -> None:
    """See that the tables are today's; on SQLite they are brought there unless `migrate` is False.

    Raises Refused(TABLES_NOT_CURRENT).
    """
    at = await db.revision(settings.database_url)
    if at == db.head_revision():
        return
    if migrate or (migrate is None and settings.database_url.startswith("sqlite")):
        await db.migrate(settings.database_url)
        return
    raise Refused(
        AppRefusal.TABLES_NOT_CURRENT,
        f"The database stands at revision {at or 'none'}, this program needs {db.head_revision()}. "
        "Run `tallystick migrate` first.",
    )


def serve(settings: Settings, *, clock: Clock, migrate: bool | None = None) -> None:
    """Serve until asked to end (SIGTERM); raises KeyboardInterrupt after ending in order when interrupted.

    Raises OSError when the address is taken; then a server that runs there goes on, because the address is taken
    before this one says its name. Raises idempotency.Superseded when a newer server of its name has started.
    """
    with listening(settings.host, settings.port) as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        asked = runner.run(_serve(settings, place, clock=clock, migrate=migrate))
    if signal.SIGINT in asked:
        raise KeyboardInterrupt


def listening(host: str, port: int) -> socket.socket:
    """A socket that has its address, but does not take calls yet. Raises OSError naming the address."""
    place = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((host, port))
    except OSError as error:
        place.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    return place


class _Server(uvicorn.Server):
    """Leaves the signals alone: uvicorn would raise them once more at the end; who is asked to end should end well."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(settings: Settings, place: socket.socket, *, clock: Clock, migrate: bool | None) -> list[int]:
    """The signals that ended it."""
    await prepare(settings, migrate=migrate)
    platform = await assemble(settings, clock=clock)
    config = uvicorn.Config(
        shell(platform),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        server.handle_exit(number, frame)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    host, port = place.getsockname()[:2]
    _log.info("serving", host=host, port=port, boot=platform.desk.boot)
    with _spared_collector():
        try:
            await server.serve(sockets=[place])
        except SystemExit as left:
            raise RuntimeError("the server did not start; the log says why") from left
    for error in platform.faults:
        raise error
    return asked


@contextmanager
def _spared_collector() -> Iterator[None]:
    """Let the garbage collector look at young objects, and seldom.

    What the start has made stays to the end. Walked through again and again it took a fifth of a server's time under
    load and made single requests wait for a third of a second.
    """
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()  # what is still frozen at the end is reported as leaked by libraries that count their objects


async def work(settings: Settings, *, clock: Clock) -> None:
    """Run the worker alone until interrupted."""
    await prepare(settings, migrate=False)
    platform = await assemble(settings.model_copy(update={"worker_embedded": True}), clock=clock)
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, platform.worker.stop)
    _log.info("working", instance=platform.desk.name, boot=platform.desk.boot)
    with _spared_collector():
        try:
            await platform.worker.run()
        finally:
            await platform.close()
