"""The floor: a bare Starlette handler that makes the same rows and the same processor call, and decides nothing.

`each` runs one driver statement per row inside two transactions, as most payment code does. `grouped` hands the same
rows to the group commit, so that what is left is the price of deciding.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import asyncpg
import msgspec
import uvicorn
from sqlalchemy import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tallystick import db
from tallystick.base import IdSource, SystemClock
from tallystick.db.backends import sqlite
from tallystick.db.schema import declare_all

Plan = dict[str, Any]
IDS = IdSource(SystemClock())


class Row:
    """A row like one the platform wrote, with a key of its own each time."""

    def __init__(self, table: str, sample: dict[str, Any]) -> None:
        self.table: Table = db.METADATA.tables[table]
        self.sample = sample
        self.keys = [column.name for column in self.table.primary_key.columns]
        self.unique = {name for i in self.table.indexes if i.unique for name in (column.name for column in i.columns)}
        self.columns = [column.name for column in self.table.columns]
        self.insert = db.Insert(self.table)
        plain = [name for name in self.columns if name not in self.keys]
        self.update = db.Update(self.table, key=tuple(self.keys), set=tuple(plain))

    def fresh(self) -> dict[str, Any]:
        """The same values under a new key."""
        row = dict(self.sample)
        for name in (*self.keys, *self.unique):
            if isinstance(row[name], str):
                prefix = row[name].rpartition("_")[0]
                row[name] = IDS.new(prefix) if prefix else IDS.suffix()
        if "seq" in row:
            row["seq"] = IDS.number128() & (2**62 - 1)
        return row


Write = tuple[str, Row, dict[str, Any]]
Store = Callable[[list[Write]], Awaitable[None]]


async def grouped(url: str) -> Store:
    """Through the group commit."""
    database = await db.open(url)

    async def store(writes: list[Write]) -> None:
        async with database.unit() as unit:
            for verb, row, values in writes:
                (unit.insert if verb == "insert" else unit.update)(getattr(row, verb), values)

    return store


async def each_sqlite(url: str) -> Store:
    """One statement per row, one transaction per call, in one thread."""
    connection = sqlite.connect(url.removeprefix("sqlite:///"))
    thread = ThreadPoolExecutor(1)

    def work(writes: list[Write]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for verb, row, values in writes:
            names = ", ".join(f'"{name}"' for name in row.columns)
            if verb == "insert":
                marks = ", ".join("?" * len(row.columns))
                connection.execute(
                    f'INSERT INTO "{row.table.name}" ({names}) VALUES ({marks})', [values[n] for n in row.columns]
                )
            else:
                sets = ", ".join(f'"{name}" = ?' for name in row.update.set)
                where = " AND ".join(f'"{name}" = ?' for name in row.keys)
                connection.execute(
                    f'UPDATE "{row.table.name}" SET {sets} WHERE {where}',
                    [values[n] for n in (*row.update.set, *row.keys)],
                )
        connection.execute("COMMIT")

    async def store(writes: list[Write]) -> None:
        await asyncio.get_running_loop().run_in_executor(thread, work, writes)

    return store


async def _no_reset(_: Any) -> None:
    return None


async def each_postgres(url: str) -> Store:
    """One statement per row, one transaction per call, from a pool without resets."""
    pool: Any = await asyncpg.create_pool(url, min_size=16, max_size=16, reset=_no_reset)

    async def store(writes: list[Write]) -> None:
        async with pool.acquire() as connection, connection.transaction():
            for verb, row, values in writes:
                if verb == "insert":
                    marks = ", ".join(f"${n}" for n in range(1, len(row.columns) + 1))
                    names = ", ".join(f'"{name}"' for name in row.columns)
                    await connection.execute(
                        f'INSERT INTO "{row.table.name}" ({names}) VALUES ({marks})', *[values[n] for n in row.columns]
                    )
                else:
                    order = (*row.update.set, *row.keys)
                    sets = ", ".join(f'"{name}" = ${n}' for n, name in enumerate(row.update.set, 1))
                    where = " AND ".join(f'"{name}" = ${n}' for n, name in enumerate(row.keys, len(row.update.set) + 1))
                    await connection.execute(
                        f'UPDATE "{row.table.name}" SET {sets} WHERE {where}', *[values[n] for n in order]
                    )

    return store


class Floor:
    """The handler."""

    def __init__(self, plan: Plan, store: Store, processor: str, processor_key: str) -> None:
        self.begin = [Row(table, sample) for table, sample in plan["begin"]]
        self.end = [Row(table, sample) for table, sample in plan["end"]]
        self.store, self.processor = store, processor
        self.headers = {"Authorization": f"Bearer {processor_key}", "Content-Type": "application/json"}
        self.session: aiohttp.ClientSession | None = None

    async def pay(self, request: Request) -> Response:
        """Write, call the processor, write, answer."""
        sent = (await request.body()).decode()
        fields = dict(pair.split("=", 1) for pair in sent.split("&"))
        begun = [(row, row.fresh()) for row in self.begin]
        await self.store([("insert", row, values) for row, values in begun])
        order = {
            "amount": int(fields["amount"]),
            "currency": fields["currency"].upper(),
            "card": {"token": "pm_card_visa", "brand": "visa", "last4": "4242"},
            "capture": True,
            "payment_reference": IDS.new("pi"),
            "description": "",
        }
        assert self.session is not None
        headers = {**self.headers, "Idempotency-Key": IDS.new("att")}
        async with self.session.post(f"{self.processor}/payments", data=json.dumps(order), headers=headers) as answer:
            await answer.read()
            assert answer.status == 200, answer.status
        writes: list[Write] = [("update", row, values) for row, values in begun]
        writes += [("insert", row, row.fresh()) for row in self.end]
        await self.store(writes)
        return Response(msgspec.json.encode(dict.fromkeys(map(str, range(30)), "value")), 200)


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser()
    for name in ("mode", "url", "plan", "processor", "processor-key", "port"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    declare_all()
    with open(given.plan, encoding="utf-8") as file:
        plan = json.load(file)
    makers = {"sqlite": each_sqlite, "postgresql": each_postgres}
    maker = grouped if given.mode == "grouped" else makers[given.url.partition(":")[0]]
    floor = Floor(plan, _not_yet, given.processor, given.processor_key)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        floor.store = await maker(given.url)
        floor.session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        yield
        await floor.session.close()

    app = Starlette(routes=[Route("/pay", floor.pay, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(app, host="127.0.0.1", port=int(given.port), log_level="warning", access_log=False)


async def _not_yet(_: list[Write]) -> None:
    raise RuntimeError("the store is not open yet")


if __name__ == "__main__":
    main()
