"""Keys are shown once, kept as digests, apart by mode, and end within two seconds everywhere."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import select

from tallystick import db, idempotency, merchants, web
from tallystick.base import MICROSECONDS_PER_DAY, Refused
from tallystick.merchants import store
from tests.client import Client
from tests.clocks import ManualClock

PEPPER = merchants.pepper_of("a secret of the server")


@pytest.fixture
async def merchant(database: db.Database, clock: ManualClock) -> merchants.Merchant:
    return await merchants.create_merchant(
        database, name="Ada's Shop", email="ada@example.com", country="DE", default_currency="EUR", now=clock.now()
    )


async def issue(
    database: db.Database, merchant: merchants.Merchant, clock: ManualClock, *, kind: str = "secret", live: bool = False
) -> merchants.IssuedKey:
    return await merchants.issue_key(
        database,
        PEPPER,
        merchant_id=merchant.id,
        kind=merchants.KeyKind(kind),
        livemode=live,
        name="first",
        now=clock.now(),
    )


@pytest.fixture
def guard(database: db.Database) -> merchants.Guard:
    return merchants.Guard(database, PEPPER)


async def code_of(guard: merchants.Guard, authorization: str | None, clock: ManualClock) -> str:
    with pytest.raises(Refused) as caught:
        await guard.admit(authorization, now=clock.now())
    return str(caught.value.code)


@pytest.mark.parametrize(
    ("kind", "live", "start"),
    [
        ("secret", False, "sk_test_"),
        ("secret", True, "sk_live_"),
        ("publishable", False, "pk_test_"),
        ("publishable", True, "pk_live_"),
    ],
)
async def test_a_key_opens_its_merchant_in_its_mode(
    database: db.Database,
    merchant: merchants.Merchant,
    guard: merchants.Guard,
    clock: ManualClock,
    kind: str,
    live: bool,
    start: str,
) -> None:
    issued = await issue(database, merchant, clock, kind=kind, live=live)
    assert issued.secret.startswith(start)
    assert issued.key.hint == f"{start}…{issued.secret[-4:]}"
    basic = "Basic " + base64.b64encode(f"{issued.secret}:".encode()).decode()
    for header in (f"Bearer {issued.secret}", f"bearer  {issued.secret} ", basic):
        principal = await guard.admit(header, now=clock.now())
        assert principal == web.Principal(merchant.id, live, web.KeyKind(kind), issued.key.id)


async def test_the_database_holds_nothing_to_sign_in_with(
    database: db.Database, merchant: merchants.Merchant, clock: ManualClock
) -> None:
    issued = await issue(database, merchant, clock)
    rows = await database.fetch(select(store.KEYS))
    assert issued.secret not in str(rows)
    assert issued.secret[8:20] not in str(rows)


async def test_a_revoked_key_ends_within_two_seconds_also_in_other_processes(
    database: db.Database, merchant: merchants.Merchant, guard: merchants.Guard, clock: ManualClock
) -> None:
    issued = await issue(database, merchant, clock)
    header = f"Bearer {issued.secret}"
    await guard.admit(header, now=clock.now())
    for _ in range(2):
        revoked = await merchants.revoke_key(database, key_id=issued.key.id, merchant_id=merchant.id, now=clock.now())
        assert revoked.revoked is not None
    clock.advance(2)
    assert await code_of(guard, header, clock) == "api_key_expired"
    assert await code_of(merchants.Guard(database, PEPPER), header, clock) == "api_key_expired"


async def test_another_merchants_key_cannot_be_revoked(
    database: db.Database, merchant: merchants.Merchant, clock: ManualClock
) -> None:
    issued = await issue(database, merchant, clock)
    with pytest.raises(Refused, match="no API key"):
        await merchants.revoke_key(database, key_id=issued.key.id, merchant_id="acct_other", now=clock.now())


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "api_key_missing"),
        ("", "api_key_missing"),
        ("Bearer", "api_key_missing"),
        ("Digest x", "api_key_missing"),
        ("Basic %%%", "api_key_missing"),
        ("Bearer sk_test_short", "api_key_invalid"),
        ("Bearer sk_test_" + "0" * 32, "api_key_invalid"),
        ("Bearer sk_test_" + "ü" * 32, "api_key_invalid"),
        ("Basic " + base64.b64encode(b"\xff\xfe:x").decode(), "api_key_invalid"),
    ],
)
async def test_what_is_no_key_is_refused(
    guard: merchants.Guard, clock: ManualClock, header: str | None, code: str
) -> None:
    assert await code_of(guard, header, clock) == code


async def test_another_pepper_opens_nothing(
    database: db.Database, merchant: merchants.Merchant, clock: ManualClock
) -> None:
    issued = await issue(database, merchant, clock)
    stranger = merchants.Guard(database, merchants.pepper_of("another secret"))
    assert await code_of(stranger, f"Bearer {issued.secret}", clock) == "api_key_invalid"


async def test_the_last_day_of_use_is_noted(
    database: db.Database, merchant: merchants.Merchant, guard: merchants.Guard, clock: ManualClock
) -> None:
    issued = await issue(database, merchant, clock)
    for day in range(2):
        await guard.admit(f"Bearer {issued.secret}", now=clock.advance(86_400 * day))
        (key,) = await merchants.list_keys(database, merchant_id=merchant.id, livemode=False)
        assert key.last_used_day == clock.now() // MICROSECONDS_PER_DAY


async def test_keys_are_listed_by_mode_newest_first(
    database: db.Database, merchant: merchants.Merchant, clock: ManualClock
) -> None:
    old = await issue(database, merchant, clock)
    clock.advance(1)
    new = await issue(database, merchant, clock)
    await issue(database, merchant, clock, live=True)
    listed = await merchants.list_keys(database, merchant_id=merchant.id, livemode=False)
    assert [key.id for key in listed] == [new.key.id, old.key.id]


async def test_the_account_behind_a_key(
    database: db.Database, merchant: merchants.Merchant, guard: merchants.Guard, clock: ManualClock
) -> None:
    issued = await issue(database, merchant, clock)
    desk = await idempotency.Desk.open(database, name="main", now=clock.now())
    app = web.asgi(merchants.endpoints(), guard, database, clock, desk)
    answer = await Client(app, issued.secret).get("/v1/account")
    shown = answer.json
    assert (answer.status, shown["id"], shown["object"]) == (200, merchant.id, "account")
    assert (shown["default_currency"], shown["email"], shown["country"]) == ("eur", "ada@example.com", "DE")
    assert (await Client(app, "sk_test_" + "0" * 32).get("/v1/account")).status == 401


# --- merchants and fees ---


async def test_enrolling_twice_under_one_id_is_one_merchant(database: db.Database, clock: ManualClock) -> None:
    wanted = {"email": "a@b.c", "country": "FR", "default_currency": "EUR", "merchant_id": "acct_own"}
    first = await merchants.create_merchant(database, name="One", now=clock.now(), **wanted)
    again = await merchants.create_merchant(database, name="Two", now=clock.now(), **wanted)
    assert again == first == await merchants.merchant_of(database, "acct_own")
    assert await merchants.list_merchants(database) == [first]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "name_invalid"),
        ({"name": "n" * 201}, "name_invalid"),
        ({"email": "nobody"}, "email_invalid"),
        ({"country": "Germany"}, "country_invalid"),
        ({"default_currency": "XXX"}, "currency_not_supported"),
    ],
)
async def test_what_no_merchant_can_be(
    database: db.Database, clock: ManualClock, wrong: dict[str, str], code: str
) -> None:
    good = {"name": "N", "email": "a@b.c", "country": "DE", "default_currency": "EUR"}
    with pytest.raises(Refused) as caught:
        await merchants.create_merchant(database, **(good | wrong), now=clock.now())
    assert str(caught.value.code) == code
    assert await merchants.list_merchants(database) == []


async def test_fees_are_a_share_and_a_fixed_amount_per_currency(
    database: db.Database, merchant: merchants.Merchant, clock: ManualClock
) -> None:
    fees = merchants.Fees(database)
    assert (await fees.plan(merchant.id, now=clock.now())).fee(10_000, "EUR") == 0
    await merchants.set_fee_plan(database, merchant_id=merchant.id, basis_points=150, fixed_minor={"EUR": 25})
    plan = await merchants.set_fee_plan(
        database, merchant_id=merchant.id, basis_points=290, fixed_minor={"EUR": 30, "JPY": 10}
    )
    assert (await fees.plan(merchant.id, now=clock.now())).basis_points == 0, "believed for two seconds"
    assert await fees.plan(merchant.id, now=clock.advance(2)) == plan
    assert (plan.fee(10_000, "EUR"), plan.fee(10_000, "JPY"), plan.fee(10_000, "USD")) == (320, 300, 290)
    assert plan.fee(20, "EUR") == 20, "never more than the amount"


async def test_impossible_fees_are_refused(database: db.Database, merchant: merchants.Merchant) -> None:
    for basis_points, fixed in ((-1, {}), (10_001, {}), (0, {"EUR": -1}), (0, {"XXX": 1})):
        with pytest.raises(Refused):
            await merchants.set_fee_plan(
                database, merchant_id=merchant.id, basis_points=basis_points, fixed_minor=fixed
            )
    with pytest.raises(Refused, match="no merchant"):
        await merchants.set_fee_plan(database, merchant_id="acct_x", basis_points=0)
