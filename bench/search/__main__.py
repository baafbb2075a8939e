"""Lists and searches of payments at a million of them: p50, p99 and the slowest, on SQLite and PostgreSQL.

The database is filled with rows as the platform writes them (`sample.py` proves it on real payments), then every list
and search is asked of the real application in this process, one request at a time. Beside each stands its `bare` time:
the same SQL with the same arguments by the driver alone. `cpu` is what the request cost this thread; on SQLite that is
all of it, so whatever a p99 has beyond it is other work on the machine. One list goes over HTTP as well, to show what
that adds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import platform as machine
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import select

from bench.payments.__main__ import recreate
from bench.payments.client import Load, drive
from bench.payments.processes import serve
from bench.search.asks import Ask, Asks, rows_in
from bench.search.fill import Filling, sink_for
from bench.search.floor import Driver, driver_for
from bench.search.orders import DAYS, MERCHANTS, Town
from bench.search.sample import prove
from bench.search.shapes import new_customer, stencils
from bench.search.shop import Shop, opened
from tallystick import db
from tallystick.base import Instant, SystemClock, log
from tallystick.db.schema import declare_all
from tests.clocks import ManualClock
from tools.throwaway import postgres

SEED = 20
WARM_UP = 10
AIM_MS = 50.0


@dataclass(slots=True)
class Row:
    """One line of the table: milliseconds."""

    store: str
    query: str
    p50: float
    p99: float
    slowest: float
    rows: float
    cpu_p99: float | None = None
    bare_p50: float | None = None
    bare_p99: float | None = None


@dataclass(slots=True)
class Filled:
    """What is in the database, and what it took."""

    store: str
    seconds: float
    megabytes: float
    compared: int
    rows: dict[str, int]


@dataclass(slots=True)
class Bench:
    """One run on one store."""

    store: str
    url: str
    folder: Path
    given: argparse.Namespace
    progress: Progress

    async def run(self) -> tuple[Filled, list[Row]]:
        """Fill and measure."""
        began = time.perf_counter()
        filling, keys, compared = await self._fill()
        # What filling left in memory is not the platform's to look through.
        gc.collect()
        gc.freeze()
        filled = Filled(self.store, time.perf_counter() - began, await self._size(), compared, dict(filling.counted))
        shop = await opened(self.url, SystemClock(), keys, filling.merchants)
        try:
            asks = Asks(shop, filling.known, filling.town.weights, SEED).all()
            rows = [await self._measure(shop, ask) for ask in asks if self.given.only in ask.name]
        finally:
            await shop.app.close()
            gc.unfreeze()
        if not self.given.only:
            rows.append(await self._over_http(keys[0]))
        return filled, rows

    async def _fill(self) -> tuple[Filling, list[str], int]:
        await db.migrate(self.url)
        # Half a millisecond past the hour: a time that is not the time of its ids.
        clock = ManualClock(Instant(SystemClock().now() // 3_600_000_000 * 3_600_000_000 + 500))
        shop = await opened(self.url, clock)
        cut = await stencils(shop)
        clock.advance(60.5)
        town = Town(SEED, self.given.payments, clock.now())
        compared = await prove(shop, cut, town)
        customers = db.METADATA.tables["customers"]
        customer = await new_customer(shop, 0)
        found = await shop.database.first(select(customers).where(customers.c.id == customer))
        await shop.app.close()
        task = self.progress.add_task(f"{self.store}: filling", total=self.given.payments)
        filling = Filling(
            town, cut, shop.merchants, found or {}, lambda done: self.progress.update(task, completed=done)
        )
        gc.disable()  # rows by the million and no cycles among them
        await filling.run(await sink_for(self.url))
        gc.enable()
        return filling, shop.keys, compared

    async def _size(self) -> float:
        if self.store == "sqlite":
            return os.path.getsize(self.url.removeprefix("sqlite:///")) / 2**20
        import asyncpg

        connection = await asyncpg.connect(self.url)
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
        await connection.close()
        return float(size) / 2**20

    async def _measure(self, shop: Shop, ask: Ask) -> Row:
        requests = self.given.requests
        task = self.progress.add_task(f"{self.store}: {escape(ask.name)}", total=requests)
        for _ in range(WARM_UP):
            rows_in(await ask.make()())
        load, busy, heard, rows = Load(), Load(), [], 0
        for number in range(requests):
            request = ask.make()
            shop.ear.heard.clear()
            started, worked = time.perf_counter(), time.thread_time()
            answer = await request()
            busy.latencies.append(time.thread_time() - worked)
            load.latencies.append(time.perf_counter() - started)
            heard.append(shop.ear.heard.copy())
            rows += rows_in(answer)
            self.progress.update(task, completed=number + 1)
        assert rows or not ask.finds, f"{ask.name} found nothing"
        driver = await driver_for(self.url)
        bare = Load([await driver.again(reads) for reads in heard])
        row = row_of(self.store, ask.name, load, rows / requests, bare)
        row.cpu_p99 = busy.percentile(0.99)
        if self.given.explain and row.p99 > self.given.explain:
            await explain(driver, row, heard[load.latencies.index(max(load.latencies))])
        await driver.close()
        return row

    async def _over_http(self, key: str) -> Row:
        """The first page again, asked of a server process: what HTTP adds."""
        server = serve(self.folder, self.url, "http://127.0.0.1:9")
        request = f"GET /v1/payment_intents HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode()

        def step(_number: int, answer: bytes) -> bytes | None:
            return None if answer else request

        try:
            load = await drive(server.port, step, payments=self.given.requests, workers=1, watch=lambda _: None)
        finally:
            server.stop()
        assert not load.failures, load.failures[0]
        return row_of(self.store, "list, first page, over HTTP", load, 10, None)


async def explain(driver: Driver, row: Row, reads: Sequence[tuple[str, list[Any]]]) -> None:
    """Say how the database goes about the slowest request of a row."""
    print(f"\n{row.store} {row.query}: p99 {row.p99:.1f} ms, slowest {row.slowest:.1f} ms", file=sys.stderr)
    for read in reads:
        seconds = await driver.again([read])
        print(f"{seconds * 1000:.2f} ms {read[0]} {read[1]}\n{await driver.plan(read)}", file=sys.stderr)


def row_of(store: str, name: str, load: Load, rows: float, bare: Load | None) -> Row:
    """A line from what was measured."""
    row = Row(store, name, load.percentile(0.5), load.percentile(0.99), max(load.latencies) * 1000, rows)
    if bare is not None:
        row.bare_p50, row.bare_p99 = bare.percentile(0.5), bare.percentile(0.99)
    return row


def show(filled: list[Filled], rows: list[Row], payments: int) -> None:
    """The table."""
    table = Table(title=f"Lists and searches at {payments:,} payments of {MERCHANTS} merchants over {DAYS} days")
    for heading in ("store", "query"):
        table.add_column(heading)
    for heading in ("p50 ms", "p99 ms", "max ms", "rows", "cpu p99", "bare p50", "bare p99", "x bare"):
        table.add_column(heading, justify="right")
    for row in rows:
        times = [f"{row.p50:.2f}", f"{row.p99:.2f}", f"{row.slowest:.1f}", f"{row.rows:.1f}"]
        times.append("" if row.cpu_p99 is None else f"{row.cpu_p99:.2f}")
        if row.bare_p50 is not None and row.bare_p99 is not None:
            times += [f"{row.bare_p50:.2f}", f"{row.bare_p99:.2f}", f"{row.p50 / max(row.bare_p50, 1e-6):.1f}"]
        table.add_row(row.store, escape(row.query), *times, style="bold red" if row.p99 > AIM_MS else None)
    console = Console(width=130)
    console.print(table)
    for one in filled:
        amounts = ", ".join(f"{count:,} {name}" for name, count in sorted(one.rows.items()))
        console.print(
            f"{one.store}: {amounts}; {one.megabytes:,.0f} MB; filled in {one.seconds:.0f} s; rows and tokens equal to "
            f"what the API and its indexer wrote for {one.compared} payments",
            highlight=False,
        )


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="make bench NAME=search")
    parser.add_argument("--quick", action="store_true", help="40,000 payments instead of a million")
    parser.add_argument("--payments", type=int, help="how many payments")
    parser.add_argument("--requests", type=int, help="requests of each kind; 300, or 100 with --quick")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], help="only this store")
    parser.add_argument("--only", default="", help="only queries with this in their name")
    parser.add_argument("--explain", type=float, help="show the plans of queries whose p99 is above these milliseconds")
    parser.add_argument("--json", action="store_true", help="print JSON after the table")
    given = parser.parse_args()
    given.requests = given.requests or (100 if given.quick else 300)
    given.payments = given.payments or (40_000 if given.quick else 1_000_000)
    return given


def main() -> None:
    """Measure and print."""
    given = arguments()
    declare_all()
    filled, rows = [], []
    with ExitStack() as stack, Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tallystick-bench-")))
        nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        with contextlib.redirect_stderr(nowhere):
            log.setup("info", "json")  # written as in production, and thrown away
        for store in [given.store] if given.store else ["sqlite", "postgresql"]:
            if store == "sqlite":
                url = f"sqlite:///{folder}/search.sqlite"
            else:
                url = stack.enter_context(postgres.server(durable=True))
                asyncio.run(recreate(url))
            one, found = asyncio.run(Bench(store, url, folder, given, progress).run())
            filled.append(one)
            rows += found
    show(filled, rows, given.payments)
    if given.json:
        facts = {"python": machine.python_version(), "cores": os.cpu_count(), "payments": given.payments}
        print(json.dumps(facts | {"filled": [asdict(one) for one in filled], "rows": [asdict(row) for row in rows]}))


if __name__ == "__main__":
    main()
