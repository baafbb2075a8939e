"""Group commit: the units that are waiting become one database transaction of a few set-based statements.

The batch is whatever arrived while the last commit ran: no timer, no added latency when idle. Each unit gets its own
result. Units that cannot win are told so before the transaction, from what this process itself has committed; a race
lost to another process shows as a row count, and then, rarely, the batch is rolled back and its units go one by one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tallystick.base import log
from tallystick.db.contract import Backend, ConnectionLost, Transaction
from tallystick.db.statements import DELETABLE, Delete, Group, Insert, Row, Statement, Update
from tallystick.db.unit import CommitUnknown, LostRace, Stage, Unit

MAX_UNITS = 512
SEQUENCE_BITS = 20
"""Room for the ordinal of a row within its commit: seq = order of the commit * 2^20 + ordinal."""

_REMEMBERED_ROWS = 16_384
_ABSENT = -1
_RANK = {Insert: 0, Update: 1, Delete: 2}
_log = log.get("db")


class _Conflict(Exception):
    """Within a batch: a statement touched fewer rows than it was given."""

    def __init__(self, statement: Statement, rows: list[Row]) -> None:
        super().__init__(f"{type(statement).__name__} {statement.table.name}")
        self.statement = statement
        self.rows = rows


@dataclass(slots=True, eq=False)
class _Waiting:
    unit: Unit
    done: asyncio.Future[None]

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class _Memory:
    """Versions this process has committed, so that a stale unit fails without asking the database."""

    def __init__(self) -> None:
        self._versions: OrderedDict[tuple[str, Row], int] = OrderedDict()

    def loser(self, unit: Unit, taken: dict[tuple[str, Row], int]) -> LostRace | None:
        """Why the unit cannot win against committed rows and those `taken` before it in the batch."""
        for statement, row in unit.writes:
            if isinstance(statement, Insert):
                if statement.duplicates == "fail" and taken:
                    place = (statement.table.name, statement.key_of(row))
                    if taken.get(place, _ABSENT) != _ABSENT:
                        return LostRace(*place)
                continue
            place = (statement.table.name, statement.key_of(row))
            before = taken.get(place)
            if isinstance(statement, Delete):
                lost = before == _ABSENT
            else:
                # A second writer of one row waits for the next batch, also if it read a newer version than the first.
                stale = row[len(statement.key)] < self._versions.get(place, _ABSENT) if statement.guard else False
                lost = bool(statement.guard) and (before is not None or stale)
            if lost:
                return LostRace(*place)
        return None

    @staticmethod
    def take(unit: Unit, taken: dict[tuple[str, Row], int]) -> None:
        """Note what the unit leaves behind."""
        for statement, row in unit.writes:
            name, key = statement.table.name, statement.key_of(row)
            if isinstance(statement, Insert):
                if statement.duplicates == "fail":
                    taken[name, key] = _first_version(statement, row)
            elif isinstance(statement, Update) and statement.guard:
                taken[name, key] = row[len(key)] + 1
            elif isinstance(statement, Delete):
                taken[name, key] = _ABSENT

    def keep(self, taken: dict[tuple[str, Row], int]) -> None:
        """Remember what is now durable."""
        versions = self._versions
        for place, version in taken.items():
            if place[0] not in DELETABLE:
                versions[place] = version
                versions.move_to_end(place)
        while len(versions) > _REMEMBERED_ROWS:
            versions.popitem(last=False)

    def forget(self) -> None:
        """Another process may have written: what is remembered no longer proves anything."""
        self._versions.clear()


def _first_version(statement: Insert, row: Row) -> int:
    return int(row[statement.columns.index("version")]) if "version" in statement.columns else 0


class GroupCommit:
    """The only writer of one process: a queue of units and the loop that commits them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._waiting: list[_Waiting] = []
        self._loop_task: asyncio.Task[None] | None = None
        self._memory = _Memory()
        self._stages: dict[type[Any], Stage] = {}
        self._last_order = -1
        self._behind: set[type[Any]] = set()
        """Stages that have not looked since another process committed."""
        self._callbacks: list[Callable[[], None]] = []
        self.closed = False

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each commit that carried sequenced rows (news)."""
        self._callbacks.append(callback)

    def stage(self, kind: type[Any]) -> Stage:
        """The stage object of this type."""
        if kind not in self._stages:
            self._stages[kind] = kind()
        return self._stages[kind]

    async def submit(self, unit: Unit) -> None:
        """Wait until the unit is durable, or raise why it is not."""
        if self.closed:
            raise RuntimeError("the database was closed")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(unit, loop.create_future())
        self._waiting.append(waiting)
        if self._loop_task is None:
            self._loop_task = loop.create_task(self._drain())
        await waiting.done

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._loop_task is not None:
            await asyncio.wait([self._loop_task])

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MAX_UNITS], self._waiting[MAX_UNITS:]
                await self._commit_batch(batch)
        finally:
            self._loop_task = None

    async def _commit_batch(self, batch: list[_Waiting]) -> None:
        try:
            await self._attempt(batch)
        except ConnectionLost as lost:
            self._fail_all(batch, lost)
        except Exception as error:
            if len(batch) > 1:
                _log.info("batch_divided", units=len(batch), why=str(error)[:200])
                await self._one_by_one(batch)
            else:
                batch[0].fail(_as_lost_race(error))
        except BaseException as crash:
            self._fail_all(batch, crash)
            raise

    async def _one_by_one(self, batch: list[_Waiting]) -> None:
        """Someone in the batch cannot be committed: let each stand alone, so that only the culprit fails."""
        for waiting in batch:
            if not waiting.done.done():
                await self._commit_batch([waiting])

    @staticmethod
    def _fail_all(batch: list[_Waiting], error: BaseException) -> None:
        for waiting in batch:
            waiting.fail(error)

    async def _attempt(self, batch: list[_Waiting]) -> None:
        taken: dict[tuple[str, Row], int] = {}
        runners, losers = self._without_losers(batch, taken)
        try:
            if runners:
                await self._run(runners, taken)
        finally:
            # Only now: a loser that reloads at once must see what the winner has written.
            for waiting, lost in losers:
                waiting.fail(lost)

    async def _run(self, runners: list[_Waiting], taken: dict[tuple[str, Row], int]) -> None:
        transaction = await self._backend.begin()
        stages = {kind: self.stage(kind) for waiting in runners for kind in waiting.unit.staged}
        news = any(isinstance(s, Insert) and s.sequenced for w in runners for s, _ in w.unit.writes)
        try:
            order = await transaction.next_order(self._last_order) if stages or news else -1
            if order >= 0 and order != self._last_order + 1:
                # Also when this batch is for no stage: the next order will follow on ours and not tell of the gap.
                self._behind = set(self._stages)
            runners = await self._staged(transaction, order, stages, runners, taken)
            if runners:
                await self._write(transaction, order, stages, runners)
        except BaseException:
            self._rolled_back(stages)
            await transaction.rollback()
            raise
        await self._finish(transaction, order, stages, runners, taken, news=news)

    def _without_losers(
        self, batch: list[_Waiting], taken: dict[tuple[str, Row], int]
    ) -> tuple[list[_Waiting], list[tuple[_Waiting, LostRace]]]:
        runners: list[_Waiting] = []
        losers: list[tuple[_Waiting, LostRace]] = []
        for waiting in batch:
            lost = self._memory.loser(waiting.unit, taken)
            if lost is None:
                self._memory.take(waiting.unit, taken)
                runners.append(waiting)
            else:
                losers.append((waiting, lost))
        return runners, losers

    async def _staged(
        self,
        transaction: Transaction,
        order: int,
        stages: dict[type[Any], Stage],
        runners: list[_Waiting],
        taken: dict[tuple[str, Row], int],
    ) -> list[_Waiting]:
        """Let each stage decide; what it refuses leaves the batch before anything is written."""
        for kind, stage in stages.items():
            items = [(number, w.unit.staged[kind]) for number, w in enumerate(runners) if kind in w.unit.staged]
            refused = await stage.check(transaction, order, current=kind not in self._behind, batch=items)
            if refused:
                for number, why in refused.items():
                    runners[number].fail(why)
                runners = [w for number, w in enumerate(runners) if number not in refused]
                taken.clear()
                for waiting in runners:
                    self._memory.take(waiting.unit, taken)
        return runners

    async def _write(
        self, transaction: Transaction, order: int, stages: dict[type[Any], Stage], runners: list[_Waiting]
    ) -> None:
        groups: dict[int, tuple[Statement, list[Row]]] = {}
        for waiting in runners:
            for statement, row in waiting.unit.writes:
                group = groups.get(id(statement))
                if group is None:
                    groups[id(statement)] = statement, [row]
                else:
                    group[1].append(row)
        for stage in stages.values():
            for statement, rows in stage.writes():
                groups.setdefault(id(statement), (statement, []))[1].extend(rows)
        ordinal = 0
        ready: list[Group] = []
        for statement, rows in sorted(groups.values(), key=self._rank):
            if isinstance(statement, Insert) and statement.sequenced:
                ready.append((statement, _numbered(statement, rows, (order << SEQUENCE_BITS) + ordinal)))
                ordinal += len(rows)
            elif isinstance(statement, Insert):
                ready.append((statement, rows))
            else:
                once = {statement.key_of(row): row for row in rows}.values()
                ready.append((statement, sorted(once, key=statement.key_of)))
        for (statement, given), touched in zip(ready, await transaction.write(ready), strict=True):
            ignores = isinstance(statement, Insert) and statement.duplicates == "ignore"
            if touched != len(given) and not ignores:
                raise _Conflict(statement, list(given))

    @staticmethod
    def _rank(group: Group) -> tuple[int, str]:
        """One order of tables for every process, so that locks are always taken in the same order."""
        return _RANK[type(group[0])], group[0].table.name

    async def _finish(
        self,
        transaction: Transaction,
        order: int,
        stages: dict[type[Any], Stage],
        runners: list[_Waiting],
        taken: dict[tuple[str, Row], int],
        *,
        news: bool,
    ) -> None:
        try:
            await transaction.commit()
        except ConnectionLost as lost:
            self._rolled_back(stages)
            self._memory.forget()
            self._fail_all(runners, CommitUnknown(str(lost)))
            return
        except BaseException:
            self._rolled_back(stages)
            await transaction.rollback()
            raise
        self._memory.keep(taken)
        if order >= 0:
            self._last_order = order
        for kind, stage in stages.items():
            stage.committed()
            self._behind.discard(kind)
        for waiting in runners:
            if not waiting.done.done():
                waiting.done.set_result(None)
        if news:
            for callback in self._callbacks:
                callback()

    def _rolled_back(self, stages: dict[type[Any], Stage]) -> None:
        """What was remembered is suspect as well: a conflict means another process has written."""
        self._memory.forget()
        for stage in stages.values():
            stage.rolled_back()


def _numbered(statement: Insert, rows: list[Row], first: int) -> list[Row]:
    place = statement.sequence_place
    return [(*row[:place], first + ordinal, *row[place + 1 :]) for ordinal, row in enumerate(rows)]


def _as_lost_race(error: Exception) -> Exception:
    """A conflict of a unit that stood alone is its own lost race."""
    if isinstance(error, _Conflict):
        return LostRace(error.statement.table.name, error.statement.key_of(error.rows[0]))
    return error
