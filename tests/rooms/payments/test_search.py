"""Finding payments, their timeline, and sums over many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tallystick import outbox, payments
from tallystick.base import Refused, after
from tallystick.payments import written
from tallystick.payments.search import parsed
from tallystick.payments.store import finding, lists, reads, tables
from tests.rooms.payments.shop import MERCHANT, Shop


async def index(shop: Shop) -> None:
    await outbox.relay.run(shop.database, payments.consumers(shop.database), shop.clock.now())


async def found(shop: Shop, text: str, **filters: str) -> list[str]:
    wanted = await payments.typed(shop.database, text, **filters)
    page = await payments.find(shop.database, [MERCHANT, "acct_other"], wanted, payments.Window(), livemode=False)
    return [payment.id for payment in page.payments]


async def test_words(shop: Shop) -> None:
    first = await shop.pay(1_050, description="Blue bicycle, size L", metadata='{"order":"A-17"}')
    shop.clock.advance(1)
    second = await shop.pay(990, card="pm_card_mastercard", receipt_email="Ada@Example.com", currency="USD")
    await index(shop)
    await index(shop)
    for text in ("bicycle", "blue SIZE", "10.50", "1050", "4242", "a-17", first.id, payments.charge_id(first.charge)):
        assert await found(shop, text) == [first.id], text
    for text in ("ada@example.com", "4444", second.processor_reference):
        assert await found(shop, text) == [second.id], text
    assert await found(shop, "") == [second.id, first.id]
    assert await found(shop, "", currency="EUR") == [first.id]
    assert await found(shop, "", processor="sandbox_a", status="succeeded") == [second.id, first.id]
    assert await found(shop, "bicycle", status="canceled") == []
    assert await found(shop, "green") == []


async def test_amounts_as_people_write_them(shop: Shop) -> None:
    euro = await shop.pay(1_000, description="lamp 1000")
    shop.clock.advance(1)
    dollar = await shop.pay(123_450, currency="USD")
    shop.clock.advance(1)
    yen = await shop.pay(1_000, currency="JPY")
    shop.clock.advance(1)
    other = await shop.pay(500, description="1000 things, 10.00 EUR each, amount 1234.50")
    await index(shop)
    for text in ("10.00 EUR", "EUR 10.00", "€10", "10 €", "10,00 €", "10.00eur", "10,0 eur", "lamp 10,00 EUR"):
        assert await found(shop, text) == [euro.id], text
    for text in ("10.00", "10,00"):
        assert set(await found(shop, text)) == {other.id, euro.id}, text
    for text in ("$1,234.50", "1,234.50 USD", "1.234,50 usd"):
        assert dollar.id in await found(shop, text), text
    for text in ("¥1000", "1000 JPY", "JPY 1,000", "1.000 jpy"):
        assert await found(shop, text) == [yen.id], text
    assert await found(shop, "amount:1000") == [yen.id, euro.id]
    assert await found(shop, "amount:1000 lamp") == [euro.id]
    assert await found(shop, "10.01 EUR") == []
    assert await found(shop, "￥1000") == [yen.id]
    for text in ("😀", "!!!", "*"):
        assert await found(shop, text) == [], "signs alone are in no payment; only an empty field asks for all"


async def test_an_amount_in_minor_units_is_no_other_word(shop: Shop) -> None:
    """The card's end and the words of a description may be the same digits."""
    shown = await shop.pay(100, description="table 4242")
    meant = await shop.pay(4_242, card="pm_card_mastercard")
    await index(shop)
    assert set(await found(shop, "4242")) == {shown.id, meant.id}
    assert await found(shop, "amount:4242") == [meant.id]
    wanted, window = parsed("amount:4242", payments.Window())
    page = await payments.find(shop.database, [MERCHANT], wanted, window, livemode=False)
    assert [payment.id for payment in page.payments] == [meant.id]


@pytest.mark.parametrize(
    ("typed", "read", "rest"),
    [
        ("1'234.50 CHF", ("1234.50", "CHF", 123_450), " "),
        ("1\u202f234,50 €", ("1234.50", "EUR", 123_450), " "),
        ("1.000 KWD", ("1.000", "KWD", 1_000), " "),
        ("1,000.5 KWD", ("1000.500", "KWD", 1_000_500), " "),
        ("1000.00 JPY", ("1000", "JPY", 1_000), " "),
        ("1.234.567 EUR", ("1234567.00", "EUR", 123_456_700), " "),
        ("$10", ("10.00", "", None), " "),
        ("for 10,00 pen", ("10.00", "", None), "for   pen"),
        ("2 PEN", ("2.00", "PEN", 200), " "),
        ("amount:0042", ("42", "", 42), " "),
    ],
)
def test_how_an_amount_is_read(typed: str, read: tuple[str, str, int | None], rest: str) -> None:
    assert written.amount(typed) == (written.Written(*read), rest)


@pytest.mark.parametrize(
    "typed",
    [
        *("10.00", "1000", "1,000", "2 pen", "12 euros", "A-17", "2026.11.21", "10.0.0.1", "1.234.50 EUR", "10.5 JPY"),
        *("-10,00", "ada@example.com", "amount:10.50", "x10,00", "٣,٣٣"),
    ],
)
def test_what_is_no_amount_stays_as_it_is(typed: str) -> None:
    assert written.amount(typed) == (None, typed)


async def test_what_is_no_longer_true_is_not_found(shop: Shop) -> None:
    payment = await shop.pay(description="blue bicycle")
    await index(shop)
    operation = shop.operation()
    await payments.update(
        shop.till,
        payments.Owner(MERCHANT, False),
        payment.id,
        {"description": "red"},
        operation=operation,
        now=shop.clock.now(),
    )
    assert await found(shop, "bicycle") == []
    assert await found(shop, "") == [payment.id]


async def test_the_query_language(shop: Shop) -> None:
    payment = await shop.pay(1_050, metadata='{"order":"A-17"}')
    await index(shop)
    now = shop.clock.now() // 1_000_000

    async def ask(query: str) -> list[str]:
        wanted, window = parsed(query, payments.Window())
        page = await payments.find(shop.database, [MERCHANT], wanted, window, livemode=False)
        return [each.id for each in page.payments]

    assert await ask("metadata['order']:'A-17' AND status:'succeeded'") == [payment.id]
    assert await ask(f'amount:1050 AND currency:"eur" AND created>={now}') == [payment.id]
    assert await ask(f"created:{now}") == [payment.id]
    assert await ask(f"created<{now}") == []
    assert await ask('metadata["order"]:"A-18"') == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "status",
        'status:"x"',
        "amount:1 OR amount:2",
        "currency:xxx",
        '-status:"succeeded"',
        'amount~"1"',
        "created>soon",
        "a:b",
    ],
)
def test_queries_that_are_not_understood(query: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed(query, payments.Window())
    assert refused.value.param == "query"


@pytest.mark.parametrize("query", ['status:"succeeded" AND status:"canceled"', "amount:1 AND amount:2"])
def test_two_values_of_one_field_are_a_contradiction(query: str) -> None:
    with pytest.raises(Refused, match="two values of"):
        parsed(query, payments.Window())
    parsed(query.split(" AND ")[0] + " AND " + query.split(" AND ")[0], payments.Window())


@pytest.mark.parametrize("value", ["abc", "10.50", "-5", '""', "٣"])
def test_an_amount_is_asked_for_in_minor_units(value: str) -> None:
    with pytest.raises(Refused, match="whole minor units, such as amount:1099"):
        parsed(f"amount:{value}", payments.Window())


async def test_timeline(shop: Shop) -> None:
    shop.way.lose = ["refuse"]
    payment = await shop.pay(1_000)
    await shop.refund(payment, 300)
    await index(shop)
    entries = await payments.timeline(shop.database, payment.id)
    kinds = {entry.kind for entry in entries}
    assert kinds == {"request", "decision", "attempt", "refund", "posting", "event"}
    attempts = [(entry.title, entry.state) for entry in entries if entry.kind == "attempt"]
    assert attempts == [
        ("Authorize 10.00 EUR at sandbox_a", "not_sent"),
        ("Authorize 10.00 EUR at sandbox_b", "approved"),
        ("Refund 3.00 EUR at sandbox_b", "approved"),
    ]
    assert await payments.timeline(shop.database, "pi_nobody") == []


async def test_sums(shop: Shop) -> None:
    start = shop.clock.now()
    await shop.pay(1_000)
    await shop.pay(500, card="pm_card_visa_chargeDeclinedInsufficientFunds")
    shop.clock.advance(3_600)
    await shop.pay(700)
    await shop.pay(300, currency="USD")
    until = after(shop.clock.now(), seconds=1)
    steps = await payments.volume(
        shop.database, [MERCHANT], livemode=False, since=start, until=until, step_seconds=3_600
    )
    assert [(step.currency, step.start - start, step.minor, step.count) for step in steps] == [
        ("EUR", 0, 1_000, 1),
        ("EUR", 3_600_000_000, 700, 1),
        ("USD", 3_600_000_000, 300, 1),
    ]
    (rates,) = await payments.approval_by_processor(shop.database, [MERCHANT], livemode=False, since=start, until=until)
    assert (rates.processor, rates.approved, rates.declined) == ("sandbox_a", 3, 1)


async def test_unsettled(shop: Shop) -> None:
    assert await payments.unsettled(shop.database, livemode=False) == payments.Unsettled(0, None)
    shop.way.lose = ["answer"]
    payment = await shop.pay()
    assert await payments.unsettled(shop.database, livemode=False) == payments.Unsettled(1, payment.created)


async def test_a_long_walk_is_given_up_and_gone_on_with(shop: Shop) -> None:
    """Two frequent words that seldom meet: every page takes bounded work, and all pages together find them all."""
    meeting = []
    for number in range(24):
        text = "odd even" if number % 8 == 0 else ("odd" if number % 2 else "even")
        payment = await shop.pay(description=text)
        meeting += [payment.id] if number % 8 == 0 else []
        shop.clock.advance(1)
    await index(shop)
    walked: list[str] = []
    place: str | None = None
    for _ in range(20):
        page = await finding.search(
            shop.database,
            merchant=MERCHANT,
            livemode=False,
            tokens=["odd", "even"],
            equals={},
            window=payments.Window(limit=2, older_than=place),
            effort=finding.Effort(reaches=(2, 4)),
        )
        walked += [row["id"] for row in page.rows[:2]]
        place = page.rows[1]["id"] if len(page.rows) > 2 else page.stopped_at
        if place is None:
            break
    assert walked == meeting[::-1]


async def test_a_page_over_many_merchants_is_the_page_of_all_their_payments(shop: Shop) -> None:
    """Merchants are asked one after another, each only for what is nearer than what was found before."""
    owners = [MERCHANT, *(f"acct_{number}" for number in range(9))]
    made: list[tuple[str, str]] = []
    for number in range(30):
        owner = owners[number * 7 % 10]
        operation = shop.operation()
        payment = await payments.create(
            shop.till,
            payments.Owner(owner, False),
            payments.NewPayment(amount=1_000, currency="EUR", description="a thing" if number % 3 else "another"),
            operation=operation,
            now=shop.clock.now(),
        )
        made.append((payment.id, payment.description))
        shop.clock.advance(1)
    await index(shop)
    for text in ("", "thing", "a thing"):
        expected = [key for key, description in reversed(made) if not text or description == "a thing"]
        wanted = await payments.typed(shop.database, text)

        async def walked(window: payments.Window, wanted: payments.Wanted = wanted) -> list[str]:
            page = await payments.find(shop.database, owners, wanted, window, livemode=False)
            seen = [payment.id for payment in page.payments]
            if page.last is None:
                return seen
            if window.newer_than is None:
                return seen + await walked(replace(window, older_than=page.last))
            return seen + await walked(replace(window, newer_than=page.last))

        assert await walked(payments.Window(limit=4)) == expected, text
        assert await walked(payments.Window(limit=4, newer_than="pi_")) == expected[::-1], text


async def test_lists_of_a_payment_show_the_owners_only(shop: Shop) -> None:
    """They are looked up by the payment alone; whose it is is checked after."""
    payment = await shop.pay()
    for owner, count in ((MERCHANT, 1), ("acct_other", 0)):
        rows = await lists.page(
            shop.database,
            tables.BALANCE_TRANSACTIONS,
            "txn",
            payments.Window(),
            merchant=owner,
            livemode=False,
            payment=payment.id,
        )
        assert len(rows) == count


async def test_rows_by_id_come_in_any_number(shop: Shop) -> None:
    made = {(await shop.pay()).id for _ in range(5)}
    for number in range(6):
        asked = sorted(made)[:number]
        found = await reads.several(shop.database, "payment_intents", payments.Payment, [*asked, "pi_nobody"])
        assert sorted(found) == asked
