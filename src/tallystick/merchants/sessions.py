"""Signing in to the dashboard: password, throttle, session.

A session's token is 160 random bits, kept only as a digest, and good for twelve hours. Attempts are counted before the
password is looked at, so that guesses sent at once do not slip through: five per email and fifty per address in
fifteen minutes. An unknown email costs the same time as a wrong password and gets the same answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tallystick.base import Instant, Refused, after
from tallystick.db import Database, Delete, LostRace
from tallystick.merchants import store
from tallystick.merchants.model import MerchantRefusal, Session, SignedIn, User
from tallystick.merchants.people import HASHER, LONGEST_PASSWORD, normal

SESSION_HOURS = 12
WINDOW_MINUTES = 15
MOST_PER_EMAIL = 5
MOST_PER_ADDRESS = 50
_decoys: dict[int, str] = {}


async def sign_in(
    database: Database, *, email: str, password: str, address: str = "", now: Instant, hasher: PasswordHasher = HASHER
) -> SignedIn:
    """A new session. `address` is where the attempt comes from.

    Raises Refused: SIGN_IN_THROTTLED, SIGN_IN_FAILED (unknown email or wrong password, not told apart).
    """
    who = normal(email)
    await _count(database, f"email\n{who}", MOST_PER_EMAIL, now)
    if address:
        await _count(database, f"address\n{address}", MOST_PER_ADDRESS, now)
    row = await store.user_row(database, email=who)
    password_hash = row["password_hash"] if row else await _decoy(hasher)
    fits = await asyncio.to_thread(_fits, hasher, password_hash, password[: LONGEST_PASSWORD + 1])
    if row is None or not fits:
        raise Refused(
            MerchantRefusal.SIGN_IN_FAILED, "Email and password do not belong together. Check both and try again."
        )
    await _reset(database, f"email\n{who}", now)
    return await _open_session(database, await store.user_of(database, row), now)


async def session(database: Database, token: str, *, now: Instant) -> Session | None:
    """The session of this token, or None when there is none or it has expired."""
    row = await store.session_row(database, _digest(token))
    if row is None or row["expires"] <= now:
        return None
    person = await store.user_row_by_id(database, row["user_id"])
    if person is None:
        return None
    return Session(await store.user_of(database, person), row["csrf_token"], Instant(row["expires"]))


async def sign_out(database: Database, token: str) -> None:
    """End a session; ending one that is over is fine."""
    with suppress(LostRace):
        async with database.unit() as unit:
            unit.delete(store.END_SESSION, {"digest": _digest(token)})


async def prune(database: Database, now: Instant) -> int:
    """Forget expired sessions and counts of attempts whose window is over; say how many rows went."""
    before = after(now, seconds=-WINDOW_MINUTES * 60)
    sessions = await _sweep(database, lambda: store.expired_sessions(database, now), store.END_SESSION, "digest")
    return sessions + await _sweep(
        database, lambda: store.old_attempts(database, before), store.FORGET_ATTEMPTS, "subject"
    )


async def _sweep(database: Database, read: Callable[[], Awaitable[list[str]]], delete: Delete, key: str) -> int:
    swept = 0
    while found := await read():
        with suppress(LostRace):  # signed out, or pruned by another server, since we read
            async with database.unit() as unit:
                for each in found:
                    unit.delete(delete, {key: each})
            swept += len(found)
    return swept


async def _open_session(database: Database, user: User, now: Instant) -> SignedIn:
    token = database.ids.secret()
    opened = Session(user, database.ids.secret(), after(now, seconds=SESSION_HOURS * 3600))
    async with database.unit() as unit:
        unit.insert(
            store.ADD_SESSION,
            {
                "digest": _digest(token),
                "user_id": user.id,
                "csrf_token": opened.csrf_token,
                "created": now,
                "expires": opened.expires,
            },
        )
    return SignedIn(token, opened)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _fits(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def _decoy(hasher: PasswordHasher) -> str:
    """A hash for unknown emails, made once per hasher: refusing them must take as long as refusing a wrong password."""
    if id(hasher) not in _decoys:
        _decoys[id(hasher)] = await asyncio.to_thread(hasher.hash, "decoy")
    return _decoys[id(hasher)]


async def _count(database: Database, subject: str, most: int, now: Instant) -> None:
    """One more attempt within the window. Raises Refused(SIGN_IN_THROTTLED)."""
    key = _digest(subject)
    fresh = {"subject": key, "attempts": 1, "since": now}

    async def step() -> None:
        row = await store.attempts_row(database, key)
        async with database.unit() as unit:
            if row is None:
                unit.insert(store.ADD_ATTEMPTS, fresh | {"version": 0})
            elif row["since"] <= after(now, seconds=-WINDOW_MINUTES * 60):
                unit.update(store.SET_ATTEMPTS, fresh | {"version": row["version"]})
            elif row["attempts"] >= most:
                raise Refused(
                    MerchantRefusal.SIGN_IN_THROTTLED,
                    f"Too many attempts to sign in. Wait {WINDOW_MINUTES} minutes and try again.",
                )
            else:
                unit.update(store.SET_ATTEMPTS, row | {"attempts": row["attempts"] + 1})

    await database.retry(step)


async def _reset(database: Database, subject: str, now: Instant) -> None:
    """Signed in: attempts start from nothing."""
    key = _digest(subject)

    async def step() -> None:
        row = await store.attempts_row(database, key)
        if row is not None:
            async with database.unit() as unit:
                unit.update(store.SET_ATTEMPTS, row | {"attempts": 0, "since": now})

    await database.retry(step)
