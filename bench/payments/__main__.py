"""Create and confirm payments over HTTP, everything on: payments/s beside the floor, on SQLite and PostgreSQL.

Client, server, sandbox and database share this machine's cores. Rows of one table:

* `one call`: POST /v1/payment_intents with confirm=true; `two calls`: create, then confirm.
* `floor, each`: a bare Starlette handler that makes the same rows (taken from what the platform wrote) with one driver
  statement each in two transactions, and the same processor call. `floor, grouped`: the same rows by group commit.

A ratio is payments/s over the floor's in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform as machine
import sys
import tempfile
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import func, select

from bench.payments.client import Load, Step, drive, post
from bench.payments.processes import Process, cpu_of, free_port, serve, spent
from tallystick import db, merchants
from tallystick.base import Settings, SystemClock
from tallystick.db.schema import declare_all
from tools.throwaway import postgres

WORKERS = 32
WARM_UP = 300
FORM = b"amount=2000&currency=eur&payment_method=pm_card_visa&description=bench&metadata[order]=%d"
BEGUN = ("payment_intents", "attempts", "idempotency_keys")


@dataclass(slots=True)
class Row:
    """One line of the table."""

    store: str
    name: str
    per_second: float
    p50: float
    p99: float
    cpu: dict[str, float]
    memory: list[float] = field(default_factory=list)
    failures: int = 0
    ratio: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Bench:
    """One run on one store."""

    store: str
    url: str
    folder: Path
    payments: int
    progress: Progress
    rows: list[Row] = field(default_factory=list)
    sandbox: Process | None = None
    key: str = ""

    def run(self) -> list[Row]:
        """Measure platform and floors one after another on fresh tables."""
        port = free_port()
        with ExitStack() as stack:
            self.sandbox = Process(
                "sandbox", ["-m", "tallystick.cli", "sandbox", "--port", str(port)], port, self.folder
            )
            stack.callback(self.sandbox.stop)
            plan = self._platform()
            for mode in ("each", "grouped"):
                self._floor(mode, plan)
        floors = {row.name: row.per_second for row in self.rows if row.name.startswith("floor")}
        for row in self.rows:
            row.ratio = {name: row.per_second / speed for name, speed in floors.items()}
        return self.rows

    def _platform(self) -> Path:
        self.key = asyncio.run(self._prepare())
        assert self.sandbox is not None
        server = serve(self.folder, self.url, f"http://127.0.0.1:{self.sandbox.port}")
        try:
            before = asyncio.run(counts(self.url))
            self._measure("one call", server, self._one_call)
            plan = asyncio.run(rows_of_a_payment(self.url, before, self.payments + WARM_UP))
            self._measure("two calls", server, self._two_calls)
        finally:
            server.stop()
        path = self.folder / "plan.json"
        path.write_text(json.dumps(plan))
        return path

    def _floor(self, mode: str, plan: Path) -> None:
        asyncio.run(self._empty())
        port = free_port()
        assert self.sandbox is not None
        arguments = ["-m", "bench.payments.floor", "--mode", mode, "--url", self.url, "--plan", str(plan)]
        arguments += ["--processor", f"http://127.0.0.1:{self.sandbox.port}", "--processor-key", "sandbox"]
        server = Process("floor", [*arguments, "--port", str(port)], port, self.folder)
        try:
            self._measure(f"floor, {mode}", server, self._bare)
        finally:
            server.stop()

    def _measure(self, name: str, server: Process, steps: Step) -> None:
        task = self.progress.add_task(f"{self.store}: {name}", total=self.payments)
        memory: list[float] = []

        def watch(number: int) -> None:
            self.progress.update(task, completed=number)
            memory.append(server.memory_mb())

        asyncio.run(drive(server.port, steps, payments=WARM_UP, workers=WORKERS, watch=lambda _: None))
        before = self._cpu(server)
        load = asyncio.run(drive(server.port, steps, payments=self.payments, workers=WORKERS, watch=watch))
        cpu = spent(before, self._cpu(server), self.payments)
        self.progress.update(task, completed=self.payments)
        self.rows.append(row_of(self.store, name, load, cpu, [*memory, server.memory_mb()]))

    def _cpu(self, server: Process) -> dict[str, float]:
        assert self.sandbox is not None
        found = {"server": server.cpu_seconds(), "sandbox": self.sandbox.cpu_seconds()}
        found["client"] = sum(os.times()[:2])
        found["database"] = cpu_of("postgres") if self.store == "postgresql" else 0.0
        return found

    async def _prepare(self) -> str:
        await self._empty()
        settings, clock = Settings(), SystemClock()
        database = await db.open(self.url, clock=clock)
        merchant = await merchants.create_merchant(
            database,
            name="Bench",
            email="bench@example.com",
            country="DE",
            default_currency="EUR",
            now=clock.now(),
        )
        await merchants.set_fee_plan(database, merchant_id=merchant.id, basis_points=50, fixed_minor={"EUR": 5})
        issued = await merchants.issue_key(
            database,
            merchants.pepper_of(settings.secret_key.get_secret_value()),
            merchant_id=merchant.id,
            kind=merchants.KeyKind.SECRET,
            livemode=False,
            now=clock.now(),
        )
        await database.close()
        return issued.secret

    async def _empty(self) -> None:
        if self.url.startswith("sqlite"):
            for old in self.folder.glob("bench.sqlite*"):
                old.unlink()
        else:
            await recreate(self.url)
        await db.migrate(self.url)

    # --- what is asked ---

    def _one_call(self, number: int, answer: bytes) -> bytes | None:
        if answer:
            return None
        body = FORM % number + b"&confirm=true"
        return post("/v1/payment_intents", body, key=self.key, idempotency_key=uuid.uuid4().hex)

    def _two_calls(self, number: int, answer: bytes) -> bytes | None:
        if not answer:
            return post("/v1/payment_intents", FORM % number, key=self.key, idempotency_key=uuid.uuid4().hex)
        if b'"status":"succeeded"' in answer:
            return None
        at = answer.index(b'"id":"pi_') + 6
        intent = answer[at : answer.index(b'"', at)].decode()
        return post(f"/v1/payment_intents/{intent}/confirm", b"", key=self.key, idempotency_key=uuid.uuid4().hex)

    def _bare(self, number: int, answer: bytes) -> bytes | None:
        return None if answer else post("/pay", FORM % number, key="-", idempotency_key=uuid.uuid4().hex)


async def recreate(url: str) -> None:
    """Drop everything in the measurement's own database."""
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute("DROP SCHEMA public CASCADE")
    await connection.execute("CREATE SCHEMA public")
    await connection.close()


async def counts(url: str) -> dict[str, int]:
    """Rows by table."""
    database = await db.open(url)
    found = {}
    for table in db.METADATA.sorted_tables:
        row = await database.first(select(func.count().label("n")).select_from(table))
        found[table.name] = int((row or {})["n"])
    await database.close()
    return found


async def rows_of_a_payment(url: str, before: dict[str, int], payments: int) -> dict[str, Any]:
    """The rows that one payment adds, each with the values of the last one written."""
    after = await counts(url)
    database = await db.open(url)
    begin: list[Any] = []
    end: list[Any] = []
    for table in db.METADATA.sorted_tables:
        times = round((after[table.name] - before[table.name]) / payments)
        if times and table.name not in ("payment_tokens", "payment_search", "search_tokens"):
            order = next(iter(table.primary_key.columns)).desc()
            samples = await database.fetch(select(table).order_by(order).limit(times))
            (begin if table.name in BEGUN else end).extend([table.name, sample] for sample in samples)
    await database.close()
    return {"begin": begin, "end": end}


def row_of(store: str, name: str, load: Load, cpu: dict[str, float], memory: list[float]) -> Row:
    """A line from what was measured."""
    if load.failures:
        print(f"{len(load.failures)} failures, such as {load.failures[0]}", file=sys.stderr)
    speed = len(load.latencies) / load.elapsed
    return Row(store, name, speed, load.percentile(0.5), load.percentile(0.99), cpu, memory, len(load.failures))


def show(rows: list[Row]) -> None:
    """The table."""
    table = Table(title="Payments: create and confirm over HTTP, 32 at a time")
    for heading in ("store", "what", "payments/s", "p50 ms", "p99 ms", "x floor each", "x floor grouped"):
        table.add_column(heading, justify="left" if heading in ("store", "what") else "right")
    for heading in ("server us", "sandbox us", "client us", "database us", "memory MB"):
        table.add_column(heading, justify="right")
    for row in rows:
        ratios = [f"{row.ratio.get(f'floor, {mode}', 0):.2f}" for mode in ("each", "grouped")]
        cpu = [f"{row.cpu[name]:.0f}" for name in ("server", "sandbox", "client", "database")]
        memory = f"{row.memory[0]:.0f} to {row.memory[-1]:.0f}"
        speeds = (f"{row.per_second:,.0f}", f"{row.p50:.1f}", f"{row.p99:.1f}")
        table.add_row(row.store, row.name, *speeds, *ratios, *cpu, memory)
    Console(width=160).print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench NAME=payments")
    parser.add_argument("--quick", action="store_true", help="1,500 payments a row instead of 20,000")
    parser.add_argument("--payments", type=int, help="payments a row")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], help="only this store")
    parser.add_argument("--json", action="store_true", help="print JSON after the table")
    given = parser.parse_args()
    payments = given.payments or (1_500 if given.quick else 20_000)
    declare_all()
    rows: list[Row] = []
    with ExitStack() as stack, Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tallystick-bench-")))
        for store in [given.store] if given.store else ["sqlite", "postgresql"]:
            if store == "sqlite":
                url = f"sqlite:///{folder}/bench.sqlite"
            else:
                url = stack.enter_context(postgres.server(durable=True))
            rows += Bench(store, url, folder, payments, progress).run()
    show(rows)
    if given.json:
        facts = {"python": machine.python_version(), "cores": os.cpu_count(), "payments": payments}
        print(json.dumps(facts | {"rows": [row_as_dict(row) for row in rows]}))


def row_as_dict(row: Row) -> dict[str, Any]:
    """For machines."""
    return {name: getattr(row, name) for name in Row.__slots__}


if __name__ == "__main__":
    main()
