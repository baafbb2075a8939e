"""Bulk rows into the platform's own tables: indexes are put aside, rows are poured in, indexes are made again."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg

from bench.search.orders import Order, Town
from bench.search.shapes import SHARES, TOKENS, tokens_of, values_of
from bench.search.stencil import Stencil
from tallystick import db
from tallystick.base import IdSource, Instant
from tallystick.payments.rules import made_at

BATCH = 10_000
CACHE_KIB = 1_000_000
Rows = Sequence[Sequence[Any]]


class Sink(Protocol):
    """Where rows go."""

    async def pour(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        """Add rows; those of the tokens may come to be seen only after `close`."""

    async def close(self) -> None:
        """Make the indexes again."""


class SQLiteSink:
    """A file that nobody else has open."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._run("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", f"PRAGMA cache_size=-{CACHE_KIB}")
        self._run("PRAGMA locking_mode=EXCLUSIVE", "PRAGMA threads=2", "BEGIN")
        indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        self._indexes = self._connection.execute(indexes).fetchall()
        self._run(*(f'DROP INDEX "{name}"' for name, _ in self._indexes))
        # The key of the tokens begins with the merchant: they are sorted once instead of going everywhere each.
        self._run(f"CREATE TEMP TABLE unsorted AS SELECT * FROM {TOKENS} WHERE false")

    def _run(self, *statements: str) -> None:
        for statement in statements:
            self._connection.execute(statement)

    async def pour(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        """See the protocol."""
        name = "temp.unsorted" if table == TOKENS else table
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", rows)

    async def close(self) -> None:
        """See the protocol."""
        self._run(f"INSERT INTO {TOKENS} SELECT * FROM temp.unsorted ORDER BY merchant, livemode, token, payment")
        self._run("DROP TABLE temp.unsorted", *(sql for _, sql in self._indexes), "COMMIT")
        self._connection.close()


class PostgresSink:
    """A server that nobody else works with. Afterwards it is vacuumed and analysed, as autovacuum would in time."""

    def __init__(self, connection: Any, keys: list[str], indexes: list[str]) -> None:
        self._connection, self._keys, self._indexes = connection, keys, indexes

    @classmethod
    async def open(cls, url: str) -> PostgresSink:
        """Connect and put the indexes of all tables that are filled aside."""
        connection = await asyncpg.connect(url)
        await connection.execute("SET maintenance_work_mem = '1GB'")
        await connection.execute("SET synchronous_commit = off")
        tables = [table for table in db.METADATA.tables if table in FILLED]
        keys = await connection.fetch(
            "SELECT conrelid::regclass::text AS t, conname AS name, pg_get_constraintdef(oid) AS text "
            "FROM pg_constraint WHERE contype = 'p' AND conrelid::regclass::text = ANY($1)",
            tables,
        )
        for key in keys:
            await connection.execute(f"ALTER TABLE {key['t']} DROP CONSTRAINT {key['name']}")
        indexes = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1)", tables
        )
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['indexname']}")
        again = [f"ALTER TABLE {key['t']} ADD CONSTRAINT {key['name']} {key['text']}" for key in keys]
        return cls(connection, again, [index["indexdef"] for index in indexes])

    async def pour(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        """See the protocol."""
        await self._connection.copy_records_to_table(table, columns=list(columns), records=rows)

    async def close(self) -> None:
        """See the protocol."""
        for statement in (*self._keys, *self._indexes, "VACUUM ANALYZE"):
            await self._connection.execute(statement)
        await self._connection.close()


FILLED = ("customers", "payment_intents", "attempts", "refunds", "balance_transactions", TOKENS)


async def sink_for(url: str) -> Sink:
    """The sink of the database at `url`."""
    return SQLiteSink(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else await PostgresSink.open(url)


class _Hand:
    """A clock that stands where it was put, and moves on when somebody waits."""

    def __init__(self) -> None:
        self.at = Instant(0)

    def now(self) -> Instant:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at = Instant(self.at + round(seconds * 1_000_000))


@dataclass(frozen=True, slots=True)
class Known:
    """A payment that measurements may ask for: its order, and some ids."""

    order: Order
    payment: str
    suffix: str
    transaction: str
    refunded: bool


@dataclass(slots=True)
class Filling:
    """Puts a town's payments into a database and remembers some of them, by merchant."""

    town: Town
    stencils: list[Stencil]
    merchants: list[str]
    customer: dict[str, Any]
    told: Callable[[int], None]
    known: list[list[Known]] = field(default_factory=list)
    counted: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _ids: IdSource = field(init=False)
    _hand: _Hand = field(default_factory=_Hand)

    def __post_init__(self) -> None:
        self._ids = IdSource(self._hand)
        self.known = [[] for _ in self.merchants]

    async def run(self, sink: Sink) -> None:
        """Everything."""
        await self._people(sink)
        waiting: dict[str, list[Sequence[Any]]] = {}
        columns: dict[str, tuple[str, ...]] = {TOKENS: ("merchant", "livemode", "token", "payment")}
        for done, order in enumerate(self.town.orders(SHARES), 1):
            for table, names, cells in self._rows(order):
                columns[table] = names
                waiting.setdefault(table, []).append(cells)
                if table == "payment_intents":
                    waiting.setdefault(TOKENS, []).extend(tokens_of(names, cells))
            if done % BATCH == 0 or done == self.town.payments:
                for table, rows in waiting.items():
                    self.counted[table] += len(rows)
                    await sink.pour(table, columns[table], rows)
                waiting.clear()
                self.told(done)
        await sink.close()

    def _rows(self, order: Order) -> list[tuple[str, tuple[str, ...], list[Any]]]:
        stencil, self._hand.at = self.stencils[order.shape], order.at
        ids = [self._ids.suffix() for _ in stencil.fresh]
        values = values_of(order, self.merchants[order.person.merchant], ids, self._ids.secret(25))
        rows = stencil.filled(values)
        if order.number % max(1, self.town.payments // 20_000) == 0:
            self._remember(order, ids, rows)
        return rows

    def _remember(self, order: Order, ids: list[str], rows: list[tuple[str, tuple[str, ...], list[Any]]]) -> None:
        moved = [cells[0] for table, _, cells in rows if table == "balance_transactions"]
        refunded = any(table == "refunds" for table, _, _ in rows)
        known = Known(order, f"pi_{ids[0]}", ids[0], moved[0] if moved else "", refunded)
        self.known[order.person.merchant].append(known)

    async def _people(self, sink: Sink) -> None:
        """Customers, all made before the first payment; nearly a third of the people are guests and have no row."""
        self._hand.at = Instant(self.town.end - 100 * 86_400 * 1_000_000)
        for merchant, owner in enumerate(self.merchants):
            rows = []
            for number in range(self.town.people_of(merchant)):
                customer = self._ids.new("cus") if number % 10 < 7 else ""
                person = self.town.somebody(merchant, number, customer)
                self.town.people[merchant].append(person)
                if customer:
                    made = {"id": customer, "merchant": owner, "created": made_at(customer)}
                    rows.append(list((self.customer | made | {"email": person.email, "name": person.name}).values()))
            self.counted["customers"] += len(rows)
            await sink.pour("customers", tuple(self.customer), rows)
