"""The demo from the first process to the last: the spine that the other files here hang on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tallystick import close, ledger, payments
from tallystick.base import Clock, after, start_of
from tallystick.demo import settle
from tallystick.demo.day import SHOPS, Order, script
from tallystick.demo.enrol import SignIn
from tallystick.demo.facts import Books, Facts, books, differences, of_day, off_balance
from tallystick.demo.house import Folder, House, Options, opened
from tallystick.demo.kills import Killer
from tallystick.demo.play import Played, Player
from tallystick.demo.processes import StartFailed
from tallystick.demo.progress import Show
from tallystick.demo.settle import Settled
from tallystick.demo.world import World

WEBHOOK_PATIENCE_SECONDS = 150
"""A delivery that was under way when its server was killed is held for a minute before it is sent again."""


@dataclass(slots=True)
class Day:
    """Everything a played day came to."""

    world: World
    keys: dict[str, str]
    sign_in: SignIn
    facts: Facts
    played: Played
    settled: Settled
    books: Books
    approvals: list[payments.Approvals]
    proof: dict[str, Any]
    off_balance: dict[str, int]
    disputes: dict[str, int]
    webhooks: dict[str, int]
    kills: int
    phases: dict[str, int]
    """Microseconds by phase."""

    def failures(self) -> list[str]:
        """Why this day is not what it should be, in words; empty when it is."""
        verdict = self.settled.verdict
        found = [f"not found: {one.kind} {one.about} of {one.processor}" for one in verdict.missed]
        found += [f"reported, not planted: {one.break_class} {one.name} {one.label}" for one in verdict.unplanted]
        found += [f"went another way: {text}" for text in self.played.surprises]
        found += [f"the {currency} books are off by {amount}" for currency, amount in self.off_balance.items()]
        found += [
            f"{self.webhooks[what]} webhooks {what}" for what in ("missing", "badly signed") if self.webhooks[what]
        ]
        if self.settled.closed is None:
            found.append(f"the day did not close: {self.settled.not_closed}")
        return found


@dataclass(slots=True)
class Result:
    """One or two days, and whether they agree."""

    day: Day
    plain: Day | None = None
    differences: list[str] = field(default_factory=list)

    def failures(self) -> list[str]:
        """Everything that is not as it should be."""
        before = [f"without kills: {text}" for text in self.plain.failures()] if self.plain else []
        return [*before, *self.day.failures(), *(f"books differ: {text}" for text in self.differences)]


async def demo(
    options: Options, machine: Clock, show: Show, present: Callable[[Result], None], *, stay: bool
) -> Result:
    """Play, settle, present; then serve until cancelled if asked to stay.

    Raises NotPossible, StartFailed, ControlFailed, NeverSettled, Refused.
    """
    with Folder(options.folder) as folder:
        plain = None
        if options.kill:
            show.headline("A day without kills first, to compare with")
            async with _open(options, folder / "plain", machine, show) as house:
                plain = await _day(options, house, machine, show, kill=False)
            show.headline("The same day, killing the server")
        async with _open(options, folder / ("killed" if options.kill else "day"), machine, show) as house:
            day = await _day(options, house, machine, show, kill=options.kill)
            result = Result(day, plain, differences(plain.books, day.books) if plain else [])
            present(result)
            if stay:
                await _watch(house, machine)
        return result


@asynccontextmanager
async def _open(options: Options, folder: Path, machine: Clock, show: Show) -> AsyncIterator[House]:
    show.step("opening: merchants, keys, a server and two processors")
    async with opened(options, folder, machine) as house:
        yield house


class _Phases:
    """A stopwatch with names."""

    def __init__(self, machine: Clock, show: Show) -> None:
        self._machine = machine
        self._show = show
        self._began = machine.now()
        self._name = ""
        self.spent: dict[str, int] = {}

    def begin(self, name: str, said: str) -> None:
        """The phase before ends here."""
        now = self._machine.now()
        if self._name:
            self.spent[self._name] = now - self._began
        self._name, self._began = name, now
        self._show.step(said)


async def _day(options: Options, house: House, machine: Clock, show: Show, *, kill: bool) -> Day:
    """A whole day in an open house."""
    world, database = house.world, house.database
    phases = _Phases(machine, show)
    orders = script(options.seed, options.payments)
    phases.begin("payments", "playing the day")
    played, kills = await _play(house, orders, machine, show, kill=kill)
    phases.begin("outcomes", "asking for every outcome that is not known yet")
    await settle.nothing_unknown(world, database)
    await settle.nothing_to_tell(world, house.controls)
    disputes = await settle.decide_disputes(house.controls, database, orders, played)
    await settle.nothing_to_tell(world, house.controls)
    await settle.nothing_unknown(world, database)
    phases.begin("webhooks", "waiting for the last webhooks")
    missing = await _webhooks_missing(house, machine)
    phases.begin("reading", "reading the day back through the SDK")
    facts = await of_day(house.clients, database)
    phases.begin("files", "day end: reports, statements, trouble")
    settled = Settled()
    settled.planted = await settle.end_day(world, house.controls, settle.plants(world, orders, facts))
    await settle.take_in(world, database, settled)
    phases.begin("reconciliation", "reconciling")
    await settle.reconcile(world, database, settled)
    phases.begin("close", "closing the day")
    await settle.decide(world, database, settled)
    await settle.close_day(world, database, settled)
    phases.begin("", "summing up")
    receiver = house.receiver
    return Day(
        world=world,
        keys=house.keys,
        sign_in=house.sign_in,
        facts=facts,
        played=played,
        settled=settled,
        books=await books(facts, database),
        approvals=await _approvals(house),
        proof=close.proof.decoded(settled.closed) if settled.closed else {},
        off_balance=off_balance(await ledger.trial_balance(database, livemode=False)),
        disputes=disputes,
        webhooks={
            "taken": sum(map(len, receiver.taken.values())),
            "repeated": receiver.repeated,
            "missing": missing,
            "badly signed": len(receiver.bad),
        },
        kills=kills,
        phases=phases.spent,
    )


async def _play(house: House, orders: Sequence[Order], machine: Clock, show: Show, *, kill: bool) -> tuple[Played, int]:
    killer = Killer(house.world, house.fleet, len(orders)) if kill else None
    with show.bar("payments", len(orders)) as advance:

        def done() -> None:
            advance()
            if killer is not None:
                killer.note()

        player = Player(house.clients, machine, done)
        beside = [asyncio.create_task(_watch(house, machine))]
        if killer is not None:
            beside.append(asyncio.create_task(killer.run()))
        playing = asyncio.create_task(player.play(orders))
        await _first_to_fail(playing, beside)
    return player.played, killer.kills if killer else 0


async def _watch(house: House, machine: Clock) -> None:
    """Raises StartFailed when a process ends that nobody killed."""
    while True:
        if ended := house.fleet.ended():
            raise StartFailed(ended[0])
        await machine.sleep(0.5)


async def _first_to_fail(playing: asyncio.Task[Played], beside: list[asyncio.Task[None]]) -> None:
    """Wait for the play and the kills; whatever fails ends all of it."""
    watch, *others = beside
    every: list[asyncio.Task[Any]] = [playing, *beside]
    try:
        waiting: set[asyncio.Task[Any]] = {playing, *others}
        while waiting:
            ended, _ = await asyncio.wait({*waiting, watch}, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
            waiting -= ended
    finally:
        for task in every:
            task.cancel()
        await asyncio.gather(*every, return_exceptions=True)


async def _webhooks_missing(house: House, machine: Clock) -> int:
    """How many of the events the shops wanted have not come, after waiting for them."""
    expected = await house.clients.news()
    missing = 0
    for _ in range(WEBHOOK_PATIENCE_SECONDS * 4):
        missing = sum(len(names - house.receiver.taken.get(shop, set())) for shop, names in expected.items())
        if not missing:
            break
        await machine.sleep(0.25)
    return missing


async def _approvals(house: House) -> list[payments.Approvals]:
    begins = start_of(house.world.day)
    shops = [shop.id for shop in SHOPS]
    return await payments.approval_by_processor(
        house.database, shops, livemode=False, since=begins, until=after(begins, days=1)
    )
