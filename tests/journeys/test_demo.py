"""The demo: its script is a pure function of the seed, its judgement cannot be fooled, and a small day passes it."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import stripe

from tallystick import money
from tallystick.base import SystemClock
from tallystick.demo import FEWEST, NotPossible, StartFailed
from tallystick.demo.compare import CLASSES, Planted, compare
from tallystick.demo.day import SHOPS, Kind, script
from tallystick.demo.house import Folder
from tallystick.demo.processes import Fleet
from tallystick.demo.receiver import Receiver
from tallystick.demo.settle import AMOUNTS
from tallystick.demo.world import HOST, PROCESSORS, business_clock, free_ports
from tallystick.reconciliation import BreakRecord, Side

DAY = datetime.date(2026, 11, 21)


# --- the script ------------------------------------------------------------------------------------------------------


def test_the_same_seed_is_the_same_day() -> None:
    assert script(7, 300) == script(7, 300)
    assert script(7, 300) != script(8, 300)


@pytest.mark.parametrize("payments", [FEWEST, 150, 3_000])
def test_a_day_has_everything(payments: int) -> None:
    orders = script(7, payments)
    assert len(orders) == payments
    assert {order.kind for order in orders} == set(Kind)
    assert len({order.description for order in orders}) == payments
    assert {order.shop for order in orders} == {shop.id for shop in SHOPS}
    plain = sum(order.kind is Kind.PLAIN for order in orders)
    assert plain > payments // 3 > sum(AMOUNTS.values()) * len(PROCESSORS)


def test_a_day_of_three_thousand_sells_in_every_currency() -> None:
    assert set(Counter(order.currency for order in script(7, 3_000))) == {"EUR", "USD", "GBP", "JPY", "KWD"}


@pytest.mark.parametrize("seed", range(20))
def test_no_order_asks_for_what_cannot_be(seed: int) -> None:
    for order in script(seed, 300):
        taken = order.amount if order.capture is None else order.capture
        assert 0 < taken <= order.amount
        assert all(amount > 0 for amount in order.refunds)
        assert sum(order.refunds) <= taken
        fees = [money.portion(order.amount, one.fee.basis_points) + one.fee.fixed_minor for one in PROCESSORS]
        assert max(fees) < order.amount, "a payment that costs more than it brings would be a curious example"


def test_a_day_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match=str(FEWEST)):
        script(7, FEWEST - 1)


def test_the_command_asks_for_as_many_as_the_script_needs() -> None:
    from tallystick.cli import demo as command

    assert command.FEWEST == FEWEST


# --- the judgement ---------------------------------------------------------------------------------------------------


def planted(**changes: Any) -> Planted:
    """A payment left out of meridian's report."""
    told = {"kind": "missing_payment", "payment_reference": "pi_1", "currency": "EUR", "gross": 1000, "fee": 49}
    return Planted("meridian", told | changes)


def broken(**changes: Any) -> BreakRecord:
    """The break that tells of it."""
    facts: dict[str, Any] = {
        "id": "brk_1", "seq": 1, "livemode": False, "name": "books_vs_processor:meridian",
        "break_class": "missing_right", "facet": "presence", "subject": "txn_1", "side": Side.LEFT, "source": "books",
        "account": "meridian", "currency": "EUR", "amount_minor": 1000, "day": DAY, "opened_on": DAY, "due_on": DAY,
        "owner": "operations", "status": "open", "reason": "", "label": "charge of pi_1", "item_ids": (),
        "merchant_id": "acct_nordwind", "payment_id": "pi_1", "run_id": "rcn_1", "run_day": DAY, "settled_by": "",
        "settled_reason": "", "settled_at": None, "created": 0, "version": 0,
    }  # fmt: skip
    return BreakRecord(**(facts | changes))


async def judged(planted: list[Planted], found: list[BreakRecord]) -> tuple[int, int, int]:
    """Pairs, missed, unplanted."""
    database: Any = None  # a missing payment and a wrong fee carry all there is to compare
    verdict = await compare(database, planted, found)
    assert verdict.exact == (not verdict.missed and not verdict.unplanted)
    return len(verdict.found), len(verdict.missed), len(verdict.unplanted)


async def test_what_was_planted_and_found_is_a_pair() -> None:
    assert await judged([planted()], [broken()]) == (1, 0, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"payment_id": "pi_2"},
        {"amount_minor": 999},
        {"currency": "USD"},
        {"break_class": "late"},
        {"name": "books_vs_processor:harbour"},
    ],
)
async def test_a_break_about_something_else_is_no_find(other: dict[str, Any]) -> None:
    assert await judged([planted()], [broken(**other)]) == (0, 1, 1)


async def test_one_break_answers_for_one_trouble() -> None:
    assert await judged([planted(), planted()], [broken()]) == (1, 1, 0)
    assert await judged([planted()], [broken(), broken(id="brk_2")]) == (1, 0, 1)


async def test_a_fee_is_judged_by_the_difference() -> None:
    wrong = planted(kind="wrong_fee", difference=24)
    assert await judged([wrong], [broken(break_class="fee", amount_minor=24)]) == (1, 0, 0)
    assert await judged([wrong], [broken(break_class="fee", amount_minor=49)]) == (0, 1, 1)


def test_every_trouble_a_sandbox_can_plant_is_planted_and_judged() -> None:
    from tallystick.sandbox import Plant

    kinds = set(Plant.__struct_fields__)
    assert kinds == set(CLASSES) == {*AMOUNTS, "late_payout", "unknown_bank_line"}


# --- folder, ports, processes, receiver ------------------------------------------------------------------------------


def test_the_folder_is_emptied_but_only_a_demos_own(tmp_path: Path) -> None:
    with Folder(tmp_path / "a") as folder:
        (folder / "day").mkdir()
        (folder / "day" / "old").write_text("old")
    with Folder(tmp_path / "a") as folder:
        assert [path.name for path in folder.iterdir()] == ["demo.lock"]
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine").write_text("mine")
    with pytest.raises(NotPossible, match="--folder"), Folder(tmp_path / "b"):
        pass
    assert (tmp_path / "b" / "mine").read_text() == "mine"


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with Folder(tmp_path), pytest.raises(NotPossible, match="a demo runs"), Folder(tmp_path):
        pass


def test_a_taken_port_is_left_alone() -> None:
    import socket

    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        ports = free_ports(taken)
    numbers = [ports.server, *ports.processors.values()]
    assert taken not in numbers
    assert len(set(numbers)) == 1 + len(PROCESSORS)


def test_the_business_day_begins_at_nine() -> None:
    from tallystick.base import iso

    assert iso(business_clock(SystemClock()).now())[11:16] == "09:00"


async def test_a_process_that_does_not_start_says_why(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, os.environ, SystemClock())
    fleet.start("server", "serve", "--port", "nonsense", probe=f"http://{HOST}:9/")
    with pytest.raises(StartFailed, match="nonsense"):
        await fleet.up()
    await fleet.close()


async def test_the_receiver_takes_what_is_signed_and_nothing_else() -> None:
    receiver = Receiver(tolerance_seconds=300)
    receiver.secrets = {"shop": "whsec_1"}
    await receiver.open()
    body = json.dumps({"id": "evt_1", "object": "event", "type": "charge.refunded", "data": {"object": {}}})
    sign = stripe.WebhookSignature.generate_signature_header
    assert await posted(receiver, body, sign(body, "whsec_1")) == 200
    assert await posted(receiver, body, sign(body, "whsec_1")) == 200
    assert await posted(receiver, body, sign(body, "whsec_2")) == 400
    assert await posted(receiver, body, "") == 400
    assert (receiver.taken, receiver.repeated, len(receiver.bad)) == ({"shop": {"evt_1"}}, 1, 2)
    await receiver.close()


async def posted(receiver: Receiver, body: str, signature: str) -> int:
    """The status of one delivery."""
    reader, writer = await asyncio.open_connection(HOST, int(receiver.url("shop").split(":")[2].split("/")[0]))
    head = f"POST /webhooks/shop HTTP/1.1\r\nStripe-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode())
    status = int((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
    writer.close()
    return status


# --- a day -----------------------------------------------------------------------------------------------------------


def play(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, result, and what was said meanwhile, from another working directory and with misleading settings."""
    folder.mkdir()
    environment = os.environ | {"TALLYSTICK_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}
    command = (
        sys.executable,
        "-c",
        "from tallystick.cli import main; main()",
        "demo",
        "--exit",
        "--json",
        "--port",
        "0",
    )
    ran = subprocess.run((*command, *options), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, json.loads(ran.stdout or "{}"), ran.stderr


@pytest.mark.slow
def test_a_small_day_finds_all_that_was_planted_and_nothing_else(tmp_path: Path, seed: int) -> None:
    code, result, said = play(tmp_path / "elsewhere", "--payments", "120", "--seed", str(seed))
    assert (code, result.get("failures")) == (0, []), said
    assert Counter(one["kind"] for one in result["planted"]) == {
        **{kind: count * len(PROCESSORS) for kind, count in AMOUNTS.items()},
        "late_payout": len(PROCESSORS),
        "unknown_bank_line": len(PROCESSORS),
    }
    assert result["webhooks"]["taken"] > 100
    assert result["closed"]
    assert (tmp_path / "elsewhere" / "var" / "demo" / "day" / "inbox").is_dir()


@pytest.mark.services
def test_a_day_with_a_dying_server_ends_with_the_same_books(tmp_path: Path, seed: int) -> None:
    code, result, said = play(tmp_path / "elsewhere", "--payments", "150", "--kill", "--seed", str(seed))
    assert (code, result.get("failures")) == (0, []), said
    assert result["kills"] >= 5
    assert result["books"] == result["books_without_kills"]
