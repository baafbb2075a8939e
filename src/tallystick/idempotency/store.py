"""The tables of claims and of running servers, and every statement on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Index, Table, bindparam, select

from tallystick import db
from tallystick.base import Instant

CLAIMS = Table(
    "idempotency_keys",
    db.METADATA,
    db.text_id("scope", primary_key=True),
    db.text_id("merchant_id"),
    db.flag("livemode"),
    db.text("key", 255),
    db.text_id("operation_id"),
    db.text_id("fingerprint"),
    db.text_id("request_id"),
    db.text("instance", 64),
    db.integer("boot"),
    db.integer("status", nullable=True),
    db.long_text("body", nullable=True),
    db.instant("created"),
    db.integer("version"),
)
Index("ix_idempotency_keys_created", CLAIMS.c.created)

INSTANCES = Table(
    "server_instances",
    db.METADATA,
    db.text("name", 64, primary_key=True),
    db.integer("boot"),
    db.instant("beat"),
)

CLAIM = db.Insert(CLAIMS)
CLAIM_ONCE = db.Insert(CLAIMS, duplicates="ignore")
STILL_MINE = db.Update(CLAIMS, key=("scope", "operation_id"), set=("instance", "boot"))
ANSWER = db.Update(CLAIMS, key=("scope", "operation_id"), guard="version", set=("status", "body"))
TAKE = db.Update(CLAIMS, key=("scope",), guard="version", set=("instance", "boot"))
FORGET = db.Delete(CLAIMS, key=("scope",))

ENTER = db.Insert(INSTANCES)
BOOT = db.Update(INSTANCES, key=("name",), guard="boot", set=("beat",))
BEAT = db.Update(INSTANCES, key=("name", "boot"), set=("beat",))

_FOUND = (
    CLAIMS.c.scope,
    CLAIMS.c.operation_id,
    CLAIMS.c.fingerprint,
    CLAIMS.c.request_id,
    CLAIMS.c.instance,
    CLAIMS.c.boot,
    CLAIMS.c.status,
    CLAIMS.c.body,
    CLAIMS.c.version,
)
SIZES = (1, 4, 16, 64)
"""Reads for this many claims at once are compiled; a read of fewer repeats its last key."""
_READS = {
    size: db.Query(select(*_FOUND).where(CLAIMS.c.scope.in_([bindparam(f"k{n}") for n in range(size)])))
    for size in SIZES
}
_INSTANCE = db.Query(select(INSTANCES).where(INSTANCES.c.name == bindparam("name")))
PRUNE_BATCH = 500
_OLD = db.Query(
    select(CLAIMS.c.scope).where(CLAIMS.c.created < bindparam("before")).order_by(CLAIMS.c.created).limit(PRUNE_BATCH)
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A key as it stands in the database; `status` is None while its request is unanswered."""

    scope: str
    operation_id: str
    fingerprint: str
    request_id: str
    instance: str
    boot: int
    status: int | None
    body: str | None
    version: int

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """The claim in a row."""
        return cls(**row)


async def claims(database: db.Database, scopes: Sequence[str]) -> dict[str, Claim]:
    """Those of `scopes` (at most 64) that are claimed, in one read."""
    size = next(size for size in SIZES if size >= len(scopes))
    padded = [*scopes, *[scopes[-1]] * (size - len(scopes))]
    rows = await database.fetch(_READS[size], {f"k{n}": scope for n, scope in enumerate(padded)})
    return {row["scope"]: Claim.from_row(row) for row in rows}


async def instance(database: db.Database, name: str) -> tuple[int, Instant] | None:
    """Boot number and last heartbeat of the server of this name."""
    row = await database.first(_INSTANCE, {"name": name})
    return (row["boot"], Instant(row["beat"])) if row else None


async def older_than(database: db.Database, before: Instant) -> list[str]:
    """Scopes of some claims made before then, oldest first."""
    return [row["scope"] for row in await database.fetch(_OLD, {"before": before})]
