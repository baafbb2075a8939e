"""The end of the day: everything known, files with planted trouble, intake, reconciliation, judgement, close."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tallystick import close, db, payments, reconciliation, statements
from tallystick.base import Refused
from tallystick.demo.compare import Planted, Verdict, compare
from tallystick.demo.control import Controls
from tallystick.demo.day import Kind, Order
from tallystick.demo.facts import Facts
from tallystick.demo.play import Played
from tallystick.demo.world import PROCESSORS, World
from tallystick.reconciliation import BreakRecord, RunRecord

PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.2
AMOUNTS = {"missing_payment": 2, "wrong_fee": 2, "duplicate_line": 2}
"""How many payments of each processor get which trouble."""
STRAY = {"meridian": ("EUR", 31_240), "harbour": ("USD", 88_015)}
"""The bank lines nobody knows."""
LATE = {"meridian": "GBP", "harbour": "JPY"}


class NeverSettled(Exception):
    """Something did not come to an end; the text says what."""


@dataclass(slots=True)
class Settled:
    """What the end of the day came to."""

    planted: list[Planted] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: int = 0
    runs: list[RunRecord] = field(default_factory=list)
    verdict: Verdict = field(default_factory=lambda: Verdict((), (), ()))
    decisions: list[str] = field(default_factory=list)
    closed: close.Closed | None = None
    not_closed: str = ""


async def nothing_unknown(world: World, database: db.Database) -> None:
    """Wait until `resolve` has settled every attempt. Raises NeverSettled."""

    async def left() -> int:
        return (await payments.unsettled(database, livemode=False)).count

    await _until_none(world, left, "attempts without an outcome")


async def nothing_to_tell(world: World, controls: Controls) -> None:
    """Wait until the platform has taken all news of the processors. Raises NeverSettled."""

    async def left() -> int:
        return sum([int((await controls.get(one.name, "state"))["notices"]) for one in PROCESSORS])

    await _until_none(world, left, "notifications of the processors")


async def _until_none(world: World, left: Callable[[], Any], what: str) -> None:
    count = 0
    for _ in range(int(PATIENCE_SECONDS / PAUSE_SECONDS)):
        count = await left()
        if not count:
            return
        await world.clock.sleep(PAUSE_SECONDS)
    raise NeverSettled(f"{count} {what} after {PATIENCE_SECONDS} seconds")


async def decide_disputes(
    controls: Controls, database: db.Database, orders: Sequence[Order], played: Played
) -> dict[str, int]:
    """Have the banks decide as the script says; how many were won, lost, left open."""
    decided = {"won": 0, "lost": 0, "open": 0}
    for order in orders:
        if order.kind is not Kind.DISPUTED or order.description not in played.payment_of:
            continue
        for dispute in await payments.disputes_of(database, played.payment_of[order.description]):
            decided[order.dispute or "open"] += 1
            if order.dispute:
                await controls.post(dispute.processor, f"disputes/{dispute.provider_id}", outcome=order.dispute)
    return decided


def plants(world: World, orders: Sequence[Order], facts: Facts) -> dict[str, dict[str, Any]]:
    """Which trouble each processor is to plant, chosen by the seed among plain payments it charged, and nothing else
    happened to."""
    moved: defaultdict[str, list[payments.Movement]] = defaultdict(list)
    for movement in facts.movements:
        moved[movement.payment].append(movement)
    plain = {order.description for order in orders if order.kind is Kind.PLAIN}
    chosen: dict[str, dict[str, Any]] = {}
    for one in PROCESSORS:
        free = [
            fact.id
            for fact in facts.payments
            if fact.description in plain and len(moved[fact.id]) == 1 and moved[fact.id][0].processor == one.name
        ]
        random.Random(f"{world.seed} {one.name}").shuffle(free)
        plan: dict[str, Any] = {kind: [free.pop() for _ in range(count)] for kind, count in AMOUNTS.items()}
        settled = {movement.currency for movement in facts.movements if movement.processor == one.name}
        plan["late_payout"] = [LATE[one.name]] if LATE[one.name] in settled else 1
        currency, amount = STRAY[one.name]
        plan["unknown_bank_line"] = [{"currency": currency, "amount": amount}]
        chosen[one.name] = plan
    return chosen


async def end_day(world: World, controls: Controls, plan: dict[str, dict[str, Any]]) -> list[Planted]:
    """Have processors and bank write their files; what was planted, as they tell it."""
    directory, business_day = str(world.inbox), world.day.isoformat()
    planted = []
    for one in PROCESSORS:
        told = await controls.post(one.name, "day-end", day=business_day, directory=directory, plant=plan[one.name])
        planted += [Planted(one.name, each) for each in told["planted"]]
        await controls.post(one.name, "bank-day-end", day=business_day, directory=directory)
    return planted


async def take_in(world: World, database: db.Database, settled: Settled) -> None:
    """Hand in every file of the inbox. Raises Refused naming file, place and reason."""
    for path in sorted(world.inbox.iterdir()):
        taken = await statements.intake(
            database, path.read_bytes(), name=path.name, source="demo", now=world.clock.now(), livemode=False
        )
        settled.files.append(path.name)
        settled.lines += taken.lines


async def reconcile(world: World, database: db.Database, settled: Settled) -> None:
    """Run the day's reconciliations and judge what they found."""
    settled.runs = await reconciliation.day(
        database, world.day, livemode=False, processors=world.processors(), now=world.clock.now()
    )
    found = await reconciliation.breaks(database, livemode=False, limit=10_000, statuses=("open",))
    settled.verdict = await compare(database, settled.planted, found)


_DECISIONS = {
    "missing_payment": ("sign_off", "Marta Lind, operations",
                        "The processor confirms the charge and pays it with its next report; carried."),
    "duplicate_line": ("resolve", "Marta Lind, operations",
                       "The same movement stands twice in the report; the payout pays it once."),
    "wrong_fee": ("sign_off", "Ines Moreau, head of finance",
                  "Half the fee too much against the contract; claimed back from the processor."),
    "late_payout": ("sign_off", "Tomás Rey, treasury",
                    "The bank announces it with tomorrow's value date; carried as money in transit."),
    "unknown_bank_line": ("sign_off", "Tomás Rey, treasury",
                          "Not ours: a credit for another customer; the bank was asked to take it back."),
}  # fmt: skip


async def decide(world: World, database: db.Database, settled: Settled) -> None:
    """Do about each break that was planted what a person would; what nobody planted stays open."""
    for planted, found in settled.verdict.found:
        verb, by, reason = _DECISIONS[planted.kind]
        settle = reconciliation.resolve if verb == "resolve" else reconciliation.sign_off
        await settle(database, found.id, reason=reason, by=by, now=world.clock.now(), livemode=False)


async def close_day(world: World, database: db.Database, settled: Settled) -> None:
    """Close the day, or say what stands in the way."""
    try:
        settled.closed = await close.day(
            database,
            world.day,
            livemode=False,
            processors=world.processors(),
            by="Ines Moreau, head of finance",
            now=world.day_after(),
        )
    except Refused as refused:
        settled.not_closed = refused.message


def decision_of(planted: Planted, found: BreakRecord | None) -> str:
    """What was done about it, and by whom."""
    if found is None:
        return ""
    verb, by, _ = _DECISIONS[planted.kind]
    return f"{'resolved' if verb == 'resolve' else 'signed off'} by {by}"
