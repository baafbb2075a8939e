"""The doctor finds what is wrong and says what to do; jobs that were given up get another try."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date
from typing import Any

import pytest

from tallystick import db, jobs, ledger, outbox
from tallystick.base import Instant, SystemClock, after
from tests.rooms.cli.conftest import Line

ALONE = {"processors": "{}"}
NOBODY = '{"acquirer": {"url": "http://127.0.0.1:9", "timeout_seconds": 1}}'


def levels(found: list[dict[str, Any]]) -> dict[str, str]:
    return {one["check"]: one["level"] for one in found}


def test_a_new_database_is_well(line: Line) -> None:
    found = levels(line.json("doctor", **ALONE))
    assert {name for name, level in found.items() if level != "ok"} == {"secret key"}
    told = line("doctor", **ALONE, secret_key="a secret of our own, long enough").stdout
    assert "✓ secret key" in told


def test_before_migrating(bare: Line) -> None:
    assert "run `tallystick migrate`" in bare("doctor", expect=3, **ALONE).stdout
    assert not bare.file.exists()
    bare("migrate")
    bare("doctor", **ALONE)


def test_a_processor_that_does_not_answer(line: Line) -> None:
    found = levels(line.json("doctor", expect=4, processors=NOBODY))
    assert found["processor acquirer"] == "unreachable"
    assert found["books (live)"] == "ok", "the rest is looked at all the same"


def test_a_plug_nobody_has(line: Line) -> None:
    found = levels(line.json("doctor", expect=3, processors='{"acquirer": {"plug": "none"}}'))
    assert found["processor acquirer"] == "bad"


def test_a_database_that_does_not_answer(line: Line) -> None:
    found = levels(Line("postgresql://pay:hidden@127.0.0.1:9/books").json("doctor", expect=4, **ALONE))
    assert found["database"] == "unreachable"


def test_settings_that_are_not_where_they_should_be(line: Line) -> None:
    assert levels(line.json("doctor", expect=3, settings="gone.toml", **ALONE))["settings"] == "bad"


async def _sale(database: db.Database) -> None:
    account = {"merchant": "acct_a", "livemode": False, "currency": "EUR"}
    transfer = ledger.Transfer(
        id=ledger.transfer_id("pi_a", "capture", 0),
        debit=ledger.chart.processor_receivable(**account, processor="acquirer"),
        credit=ledger.chart.merchant_payable(**account),
        amount=1_000,
        code=ledger.TransferCode.CAPTURED,
        reference="pi_a",
    )
    async with database.unit() as unit:
        ledger.post(unit, [transfer], now=SystemClock().now(), day=date(2026, 11, 20))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "UPDATE ledger_accounts SET debits_posted = 999 WHERE name = 'processor_receivable'",
            "its transfers (1000, 0)",
        ),
        ("UPDATE ledger_accounts SET debits_posted = debits_posted + 5, credits_posted = credits_posted + 5", "1005"),
    ],
)
def test_books_that_do_not_agree_with_their_transfers(line: Line, change: str, told: str) -> None:
    line.within(_sale)
    assert "2 accounts in 1 currencies" in line("doctor", **ALONE).stdout
    with sqlite3.connect(line.file) as connection:
        connection.execute(change)
    assert told in line("doctor", expect=3, **ALONE).stdout


def test_news_that_waits_asks_for_a_worker(line: Line) -> None:
    old = after(SystemClock().now(), seconds=-600)

    async def tell(database: db.Database) -> None:
        async with database.unit() as unit:
            event = outbox.compose(
                unit, "payment_intent.created", {"id": "pi_a"}, merchant_id="acct_a", livemode=False, now=old
            )
            outbox.add(unit, event)

    line.within(tell)
    told = line("doctor", **ALONE).stdout
    assert "! news for webhooks: 1 events wait" in told
    assert "is a worker running?" in told


def test_records_from_the_future(line: Line) -> None:
    line("merchants", "add", "--name", "Shop", "--email", "shop@example.com")
    with sqlite3.connect(line.file) as connection:
        connection.execute("UPDATE merchants SET created = created + 3600000000")
    assert levels(line.json("doctor", **ALONE))["clock"] == "warning"


def test_a_job_that_was_given_up_runs_again(line: Line) -> None:
    async def give_up(database: db.Database) -> str:
        async with database.unit() as unit:
            return jobs.later(unit, "mail.send", {"to": "x"}, Instant(0))

    job_id = line.within(give_up)
    assert "no job was given up" in line("jobs", "dead").stderr
    with sqlite3.connect(line.file) as connection:
        connection.execute("UPDATE jobs SET state = 'dead', due = NULL, attempts = 12, last_error = 'no route'")
    assert "no route" in line("jobs", "dead").stdout
    assert job_id in line("doctor", **ALONE).stdout
    line("jobs", "again", job_id)
    assert line.json("jobs", "dead") == []
    line("jobs", "again", job_id, expect=1)
    line("jobs", "again", "job_none", expect=1)


def test_migrating_again_changes_nothing(bare: Line) -> None:
    assert "(before: none)" in bare("migrate").stdout
    (told,) = bare.json("migrate")
    assert told["before"] == told["after"] == db.head_revision()


def test_the_doctor_changes_nothing(line: Line) -> None:
    asyncio.run(db.revision(line.url))
    before = line.file.read_bytes()
    line("doctor", **ALONE)
    assert line.file.read_bytes() == before
