"""People who use the dashboard: their accounts, passwords and roles."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher

from tallystick.base import Instant, Refused
from tallystick.db import Database, LostRace
from tallystick.merchants import store
from tallystick.merchants.enrol import check_email, check_name, merchant_of
from tallystick.merchants.model import PLATFORM, MerchantRefusal, Role, User

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
HASHER = PasswordHasher()
"""Argon2id with the library's defaults (RFC 9106's second recommendation); about 0.1 s, in a thread."""


def normal(email: str) -> str:
    """How an email is kept and compared."""
    return email.strip().lower()


async def create_user(
    database: Database, *, email: str, name: str, password: str, now: Instant, hasher: PasswordHasher = HASHER
) -> User:
    """A new person, without any role yet.

    Raises Refused: EMAIL_INVALID, NAME_INVALID, PASSWORD_INVALID, EMAIL_TAKEN.
    """
    address = normal(email)
    check_email(address)
    check_name(name)
    check_password(password)
    password_hash = await asyncio.to_thread(hasher.hash, password)
    user = User(database.ids.new("user"), address, name, {})
    row = {"id": user.id, "email": address, "name": name, "password_hash": password_hash, "created": now, "version": 0}
    if await store.user_row(database, email=address) is None:
        try:
            async with database.unit() as unit:
                unit.insert(store.ADD_USER, row)
            return user
        except LostRace:
            pass  # the email was taken since: refused below like any other
    raise Refused(
        MerchantRefusal.EMAIL_TAKEN, f"{address} has an account already. Give that account a role.", param="email"
    )


async def grant(database: Database, *, user_id: str, role: Role, merchant_id: str = PLATFORM) -> User:
    """Give a person a role at one merchant, or (PLATFORM) at all; a former role there is replaced.

    Raises Refused: USER_MISSING, MERCHANT_MISSING.
    """
    if merchant_id != PLATFORM:
        await merchant_of(database, merchant_id)

    async def step() -> User:
        user = await user_of(database, user_id)
        row = {"user_id": user_id, "merchant_id": merchant_id, "role": str(role)}
        async with database.unit() as unit:
            if merchant_id in user.roles:
                unit.update(store.SET_ROLE, row)
            else:
                unit.insert(store.ADD_MEMBERSHIP, row)
        return await user_of(database, user_id)

    return await database.retry(step)


async def set_password(database: Database, *, user_id: str, password: str, hasher: PasswordHasher = HASHER) -> None:
    """Change a password and end all sessions of the person. Raises Refused: PASSWORD_INVALID, USER_MISSING."""
    check_password(password)
    password_hash = await asyncio.to_thread(hasher.hash, password)

    async def step() -> None:
        row = await store.user_row_by_id(database, user_id)
        if row is None:
            raise _missing(user_id)
        async with database.unit() as unit:
            change = {"id": user_id, "version": row["version"], "password_hash": password_hash}
            unit.update(store.SET_PASSWORD, change)
            for digest in await store.sessions_of(database, user_id):
                unit.delete(store.END_SESSION, {"digest": digest})

    await database.retry(step)


async def user_of(database: Database, user_id: str) -> User:
    """The person with this id. Raises Refused(USER_MISSING)."""
    row = await store.user_row_by_id(database, user_id)
    if row is None:
        raise _missing(user_id)
    return await store.user_of(database, row)


async def user_by_email(database: Database, email: str) -> User | None:
    """The person with this email."""
    row = await store.user_row(database, email=normal(email))
    return await store.user_of(database, row) if row else None


def check_password(password: str) -> None:
    """Length is what counts (NIST SP 800-63B). Raises Refused(PASSWORD_INVALID)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused(
            MerchantRefusal.PASSWORD_INVALID,
            f"Choose a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
            param="password",
        )


def _missing(user_id: str) -> Refused:
    return Refused(MerchantRefusal.USER_MISSING, f"There is no user {user_id[:64]!r}. Look the person up by email.")
