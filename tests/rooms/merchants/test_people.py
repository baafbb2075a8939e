"""Passwords, roles, sessions and the throttle."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tallystick import db, merchants
from tallystick.base import Refused
from tallystick.merchants import Permission, Role, sessions, store
from tests.clocks import ManualClock

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


@pytest.fixture
async def ada(database: db.Database, clock: ManualClock) -> merchants.User:
    return await merchants.create_user(
        database, email=" Ada@Example.com ", name="Ada", password=PASSWORD, now=clock.now(), hasher=QUICK
    )


async def come_in(
    database: db.Database, clock: ManualClock, *, email: str = "ada@example.com", password: str = PASSWORD
) -> merchants.SignedIn:
    return await merchants.sign_in(
        database, email=email, password=password, address="192.0.2.1", now=clock.now(), hasher=QUICK
    )


async def test_a_session_lasts_until_it_expires_or_is_ended(
    database: db.Database, ada: merchants.User, clock: ManualClock
) -> None:
    first, second = await come_in(database, clock, email="ADA@example.com"), await come_in(database, clock)
    assert await merchants.session(database, first.token, now=clock.now()) == first.session
    assert (first.session.user, first.token != second.token) == (ada, True)
    await merchants.sign_out(database, first.token)
    await merchants.sign_out(database, first.token)
    assert await merchants.session(database, first.token, now=clock.now()) is None
    assert await merchants.session(database, second.token, now=clock.advance(12 * 3600 - 1)) is not None
    assert await merchants.session(database, second.token, now=clock.advance(1)) is None
    assert await merchants.session(database, "nonsense", now=clock.now()) is None
    assert await merchants.prune(database, clock.advance(1)) >= 1
    assert await database.fetch(select(store.SESSIONS)) == []


async def test_neither_passwords_nor_tokens_are_kept(
    database: db.Database, ada: merchants.User, clock: ManualClock
) -> None:
    signed_in = await come_in(database, clock)
    kept = str(await database.fetch(select(store.USERS))) + str(await database.fetch(select(store.SESSIONS)))
    assert "$argon2id$" in kept
    assert PASSWORD not in kept
    assert signed_in.token not in kept


async def test_unknown_emails_and_wrong_passwords_are_not_told_apart(
    database: db.Database, ada: merchants.User, clock: ManualClock
) -> None:
    said = set()
    for email, password in (("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)):
        with pytest.raises(Refused) as caught:
            await come_in(database, clock, email=email, password=password)
        said.add((str(caught.value.code), caught.value.message))
    assert len(said) == 1


async def test_guesses_are_throttled_also_when_sent_at_once(
    database: db.Database, ada: merchants.User, clock: ManualClock
) -> None:
    guesses = [come_in(database, clock, password=f"guess {n}") for n in range(12)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    codes = [str(each.code) for each in answers if isinstance(each, Refused)]
    assert (codes.count("sign_in_failed"), codes.count("sign_in_throttled")) == (sessions.MOST_PER_EMAIL, 7)
    with pytest.raises(Refused, match="Wait 15 minutes"):
        await come_in(database, clock)
    clock.advance(15 * 60)
    assert (await come_in(database, clock)).session.user == ada


async def test_signing_in_forgets_earlier_mistakes(
    database: db.Database, ada: merchants.User, clock: ManualClock
) -> None:
    for _ in range(3):
        for _ in range(sessions.MOST_PER_EMAIL - 1):
            with pytest.raises(Refused):
                await come_in(database, clock, password="wrong")
        await come_in(database, clock)


async def test_one_address_cannot_try_many_emails(database: db.Database, clock: ManualClock) -> None:
    codes = []
    for number in range(sessions.MOST_PER_ADDRESS + 1):
        with pytest.raises(Refused) as caught:
            await come_in(database, clock, email=f"{number}@example.com")
        codes.append(str(caught.value.code))
    assert codes[-2:] == ["sign_in_failed", "sign_in_throttled"]


async def test_a_new_password_ends_all_sessions(database: db.Database, ada: merchants.User, clock: ManualClock) -> None:
    old = await come_in(database, clock)
    await merchants.set_password(database, user_id=ada.id, password="another long password", hasher=QUICK)
    assert await merchants.session(database, old.token, now=clock.now()) is None
    with pytest.raises(Refused):
        await come_in(database, clock)
    await come_in(database, clock, password="another long password")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"email": "ada@example.com"}, "email_taken"),
        ({"email": "nobody"}, "email_invalid"),
        ({"name": ""}, "name_invalid"),
        ({"password": "short"}, "password_invalid"),
        ({"password": "x" * 1025}, "password_invalid"),
    ],
)
async def test_who_cannot_be_created(
    database: db.Database, ada: merchants.User, clock: ManualClock, wrong: dict[str, str], code: str
) -> None:
    good = {"email": "new@example.com", "name": "New", "password": PASSWORD}
    with pytest.raises(Refused) as caught:
        await merchants.create_user(database, **(good | wrong), now=clock.now(), hasher=QUICK)
    assert str(caught.value.code) == code


async def test_an_email_is_taken_once_also_at_the_same_moment(database: db.Database, clock: ManualClock) -> None:
    both = [
        merchants.create_user(
            database, email="b@example.com", name=f"B{n}", password=PASSWORD, now=clock.now(), hasher=QUICK
        )
        for n in range(2)
    ]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["Refused", "User"]


async def test_roles_are_per_merchant_or_for_the_platform(
    database: db.Database, ada: merchants.User, clock: ManualClock
) -> None:
    shop = await merchants.create_merchant(
        database, name="Shop", email="a@b.c", country="DE", default_currency="EUR", now=clock.now()
    )
    await merchants.grant(database, user_id=ada.id, role=Role.VIEWER, merchant_id=shop.id)
    user = await merchants.grant(database, user_id=ada.id, role=Role.FINANCE, merchant_id=shop.id)
    merchants.require(user, Permission.CLOSE, shop.id)
    for permission, place in ((Permission.MANAGE, shop.id), (Permission.READ, "acct_other")):
        with pytest.raises(Refused, match="Ask an owner"):
            merchants.require(user, permission, place)
    user = await merchants.grant(database, user_id=ada.id, role=Role.OWNER)
    merchants.require(user, Permission.MANAGE, "acct_other")
    assert await merchants.user_by_email(database, "ADA@example.com") == user
    for user_id, place in (("user_x", merchants.PLATFORM), (ada.id, "acct_x")):
        with pytest.raises(Refused):
            await merchants.grant(database, user_id=user_id, role=Role.OWNER, merchant_id=place)


def test_every_role_has_permissions() -> None:
    assert set(merchants.model.PERMISSIONS) == set(Role)
    assert all(Permission.READ in allowed for allowed in merchants.model.PERMISSIONS.values())
