"""The tables of merchants, keys, fees, people and sessions, and every statement on them. Secrets are only digests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, Table, bindparam, select

from tallystick import db
from tallystick.base import Instant
from tallystick.merchants.model import ApiKey, FeePlan, Merchant, Role, User
from tallystick.web import KeyKind

MERCHANTS = Table(
    "merchants",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text("name", 200),
    db.text("email", 320),
    db.text("country", 2),
    db.currency("default_currency"),
    db.integer("fee_basis_points"),
    db.instant("created"),
    db.integer("version"),
)
FEES = Table(
    "merchant_fixed_fees",
    db.METADATA,
    db.text_id("merchant_id", primary_key=True),
    db.currency("currency", primary_key=True),
    db.minor("fixed_minor"),
    db.integer("version"),
)
KEYS = Table(
    "api_keys",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("digest", unique=True),
    db.text_id("merchant_id"),
    db.text("kind", 16),
    db.flag("livemode"),
    db.text("name", 100),
    db.text("last4", 4),
    db.instant("created"),
    db.instant("revoked", nullable=True),
    db.integer("last_used_day", nullable=True),
)
Index("ix_api_keys_merchant_id", KEYS.c.merchant_id, KEYS.c.livemode)
USERS = Table(
    "users",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text("email", 320, unique=True),
    db.text("name", 200),
    db.text("password_hash", 300),
    db.instant("created"),
    db.integer("version"),
)
MEMBERSHIPS = Table(
    "memberships",
    db.METADATA,
    db.text_id("user_id", primary_key=True),
    db.text_id("merchant_id", primary_key=True),
    db.text("role", 16),
)
SESSIONS = Table(
    "sessions",
    db.METADATA,
    db.text_id("digest", primary_key=True),
    db.text_id("user_id"),
    db.text_id("csrf_token"),
    db.instant("created"),
    db.instant("expires"),
)
Index("ix_sessions_user_id", SESSIONS.c.user_id)
Index("ix_sessions_expires", SESSIONS.c.expires)
ATTEMPTS = Table(
    "sign_in_attempts",
    db.METADATA,
    db.text_id("subject", primary_key=True),
    db.integer("attempts"),
    db.instant("since"),
    db.integer("version"),
)
Index("ix_sign_in_attempts_since", ATTEMPTS.c.since)

ADD_MERCHANT = db.Insert(MERCHANTS)
SET_BASIS_POINTS = db.Update(MERCHANTS, key=("id",), guard="version", set=("fee_basis_points",))
ADD_FEE = db.Insert(FEES)
SET_FEE = db.Update(FEES, key=("merchant_id", "currency"), guard="version", set=("fixed_minor",))
ADD_KEY = db.Insert(KEYS)
REVOKE_KEY = db.Update(KEYS, key=("id",), set=("revoked",))
USED_KEY = db.Update(KEYS, key=("id",), set=("last_used_day",))
ADD_USER = db.Insert(USERS)
SET_PASSWORD = db.Update(USERS, key=("id",), guard="version", set=("password_hash",))
ADD_MEMBERSHIP = db.Insert(MEMBERSHIPS)
SET_ROLE = db.Update(MEMBERSHIPS, key=("user_id", "merchant_id"), set=("role",))
ADD_SESSION = db.Insert(SESSIONS)
END_SESSION = db.Delete(SESSIONS, key=("digest",))
ADD_ATTEMPTS = db.Insert(ATTEMPTS)
SET_ATTEMPTS = db.Update(ATTEMPTS, key=("subject",), guard="version", set=("attempts", "since"))
FORGET_ATTEMPTS = db.Delete(ATTEMPTS, key=("subject",))

_MERCHANT = db.Query(select(MERCHANTS).where(MERCHANTS.c.id == bindparam("id")))
_MERCHANTS = db.Query(select(MERCHANTS).order_by(MERCHANTS.c.created, MERCHANTS.c.id))
_FEES = db.Query(select(FEES).where(FEES.c.merchant_id == bindparam("merchant_id")))
_KEY_BY_DIGEST = db.Query(select(KEYS).where(KEYS.c.digest == bindparam("digest")))
_KEY = db.Query(select(KEYS).where(KEYS.c.id == bindparam("id")))
_KEYS = db.Query(
    select(KEYS)
    .where(KEYS.c.merchant_id == bindparam("merchant_id"), KEYS.c.livemode == bindparam("livemode"))
    .order_by(KEYS.c.created.desc(), KEYS.c.id.desc())
)
_USER_BY_EMAIL = db.Query(select(USERS).where(USERS.c.email == bindparam("email")))
_USER = db.Query(select(USERS).where(USERS.c.id == bindparam("id")))
_ROLES = db.Query(select(MEMBERSHIPS).where(MEMBERSHIPS.c.user_id == bindparam("user_id")))
_SESSION = db.Query(select(SESSIONS).where(SESSIONS.c.digest == bindparam("digest")))
_SESSIONS_OF = db.Query(select(SESSIONS.c.digest).where(SESSIONS.c.user_id == bindparam("user_id")))
_EXPIRED = db.Query(select(SESSIONS.c.digest).where(SESSIONS.c.expires < bindparam("now")).limit(500))
_ATTEMPTS = db.Query(select(ATTEMPTS).where(ATTEMPTS.c.subject == bindparam("subject")))
_OLD_ATTEMPTS = db.Query(select(ATTEMPTS.c.subject).where(ATTEMPTS.c.since < bindparam("before")).limit(500))

Row = dict[str, Any]


def _merchant(row: Row) -> Merchant:
    return Merchant(**{name: row[name] for name in Merchant.__slots__})


def _key(row: Row) -> ApiKey:
    return ApiKey(**{name: row[name] for name in ApiKey.__slots__} | {"kind": KeyKind(row["kind"])})


async def merchant(database: db.Database, merchant_id: str) -> tuple[Merchant, int, int] | None:
    """The merchant, its basis points and its version."""
    row = await database.first(_MERCHANT, {"id": merchant_id})
    return (_merchant(row), row["fee_basis_points"], row["version"]) if row else None


async def merchants(database: db.Database) -> list[Merchant]:
    """All merchants, oldest first."""
    return [_merchant(row) for row in await database.fetch(_MERCHANTS)]


async def fee_rows(database: db.Database, merchant_id: str) -> list[Row]:
    """Fixed fees by currency, with their versions."""
    return await database.fetch(_FEES, {"merchant_id": merchant_id})


async def fee_plan(database: db.Database, merchant_id: str) -> FeePlan | None:
    """The merchant's fee plan."""
    found = await merchant(database, merchant_id)
    if found is None:
        return None
    fixed = {row["currency"]: row["fixed_minor"] for row in await fee_rows(database, merchant_id)}
    return FeePlan(basis_points=found[1], fixed_minor=fixed)


async def key_by_digest(database: db.Database, digest: str) -> ApiKey | None:
    """The key with this digest, revoked or not."""
    row = await database.first(_KEY_BY_DIGEST, {"digest": digest})
    return _key(row) if row else None


async def key(database: db.Database, key_id: str) -> ApiKey | None:
    """The key with this id."""
    row = await database.first(_KEY, {"id": key_id})
    return _key(row) if row else None


async def keys(database: db.Database, merchant_id: str, *, livemode: bool) -> list[ApiKey]:
    """A merchant's keys of one mode, newest first."""
    return [_key(row) for row in await database.fetch(_KEYS, {"merchant_id": merchant_id, "livemode": livemode})]


async def user_row(database: db.Database, *, email: str) -> Row | None:
    """The person with this (lower-case) email, with password hash and version."""
    return await database.first(_USER_BY_EMAIL, {"email": email})


async def user_row_by_id(database: db.Database, user_id: str) -> Row | None:
    """The person with this id."""
    return await database.first(_USER, {"id": user_id})


async def user_of(database: db.Database, row: Row) -> User:
    """The person in a row, with roles."""
    roles = await database.fetch(_ROLES, {"user_id": row["id"]})
    return User(row["id"], row["email"], row["name"], {each["merchant_id"]: Role(each["role"]) for each in roles})


async def session_row(database: db.Database, digest: str) -> Row | None:
    """The session with this digest, expired or not."""
    return await database.first(_SESSION, {"digest": digest})


async def sessions_of(database: db.Database, user_id: str) -> list[str]:
    """Digests of a person's sessions."""
    return [row["digest"] for row in await database.fetch(_SESSIONS_OF, {"user_id": user_id})]


async def expired_sessions(database: db.Database, now: Instant) -> list[str]:
    """Digests of some sessions that have expired."""
    return [row["digest"] for row in await database.fetch(_EXPIRED, {"now": now})]


async def attempts_row(database: db.Database, subject: str) -> Row | None:
    """How often this subject tried to sign in lately."""
    return await database.first(_ATTEMPTS, {"subject": subject})


async def old_attempts(database: db.Database, before: Instant) -> list[str]:
    """Subjects whose counting began before then."""
    return [row["subject"] for row in await database.fetch(_OLD_ATTEMPTS, {"before": before})]
