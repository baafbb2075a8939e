"""`/v1/statement_files` as a client sees it."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import db, idempotency, statements, web
from tallystick.base import IdSource, Instant, Refused
from tallystick.statements.api import uploaded
from tests.client import Client
from tests.clocks import ManualClock
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry

ENTRIES = [Entry(100 + n, servicer=f"A-{n}", end_to_end=f"E-{n}") for n in range(5)]
DAY = bank.closed(ENTRIES)


class Keys:
    """Believes keys of the form sk_<mode>_<merchant>."""

    async def admit(self, authorization: str | None, *, now: Instant) -> web.Principal:
        mode, _, merchant = (authorization or "").removeprefix("Bearer sk_").partition("_")
        return web.Principal(f"acct_{merchant}", mode == "live", web.KeyKind.SECRET, "key_1")


@pytest.fixture
async def shell(sqlite_url: str, clock: ManualClock) -> AsyncIterator[web.Shell]:
    database = await db.open(sqlite_url, ids=IdSource(clock), clock=clock)
    desk = await idempotency.Desk.open(database, name="main", now=clock.now())
    yield web.asgi(statements.endpoints(), Keys(), database, clock, desk)
    await database.close()


@pytest.fixture
def client(shell: web.Shell) -> Client:
    return Client(shell, "sk_test_1")


async def upload(client: Client, content: bytes, name: str = "day.xml") -> dict[str, Any]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    answer = await client.request(
        "POST", "/v1/statement_files", content, content_type="application/xml", headers=headers
    )
    assert answer.status == 200, answer.body
    return dict(answer.json)


async def test_a_file_is_handed_in_and_looked_at(client: Client) -> None:
    made = await upload(client, DAY)
    assert made["object"] == "statement_file"
    assert made["name"] == "day.xml"
    assert made["line_count"] == 5
    assert made["proof"] == {"status": "proven", "missing": None}
    (statement,) = made["statements"]
    assert statement["opening_amount"] == 100_000
    assert statement["currency"] == "eur"
    again = await client.request("GET", f"/v1/statement_files/{made['id']}")
    assert again.json == made


async def test_the_same_file_again_is_the_same(client: Client) -> None:
    first = await upload(client, DAY)
    assert await upload(client, DAY, "other.xml") == first


async def test_a_form_may_carry_the_file(client: Client) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="C:\\temp\\day.xml"\r\n'
        b"Content-Type: text/xml\r\n\r\n" + DAY + b"\r\n--x--\r\n"
    )
    answer = await client.request(
        "POST", "/v1/statement_files", body, content_type="multipart/form-data; boundary=x", chunks=7
    )
    assert answer.json["name"] == "day.xml"
    assert answer.json["sha256"] == (await upload(client, DAY))["sha256"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"nothing", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (DAY, "multipart/form-data"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b"", "application/xml"),
        (b"hello", "text/plain"),
        (b"\x00" * 100, "application/octet-stream"),
        (b"PK\x03\x04broken", "application/zip"),
        (b'{"a": 1}', "application/json"),
    ],
)
async def test_what_is_no_statement_file_is_refused(client: Client, body: bytes, content_type: str) -> None:
    answer = await client.request("POST", "/v1/statement_files", body, content_type=content_type)
    assert answer.status == 400, answer.body
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["code"].startswith("statement_")
    assert (await client.request("GET", "/v1/statement_files")).json["data"] == []


async def test_a_broken_file_is_refused_with_the_place(client: Client) -> None:
    answer = await client.request("POST", "/v1/statement_files", DAY.replace(b"1005.10", b"1005.11"))
    assert answer.status == 400
    assert answer.error["code"] == "statement_balance_disagrees"
    assert answer.error["message"] == (
        "upload, line 1, Stmt[1] S-1/Bal CLBD EUR: the file states 1005.11 EUR but 1005.10 EUR was found"
    )


async def test_an_archive_is_answered_with_its_files(client: Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in (1, 2):
            archive.writestr(f"{n}.xml", bank.closed([replace(ENTRIES[0], servicer=f"Z-{n}")], identity=f"S-{n}"))
    made = await upload(client, packed.getvalue(), "days.zip")
    assert made["object"] == "list"
    assert [one["name"] for one in made["data"]] == ["days.zip!1.xml", "days.zip!2.xml"]


async def test_files_are_listed_newest_first(client: Client) -> None:
    made = [(await upload(client, bank.closed(ENTRIES[:n], identity=f"S-{n}")))["id"] for n in range(4)]
    page = (await client.request("GET", "/v1/statement_files?limit=2")).json
    assert [one["id"] for one in page["data"]] == [made[3], made[2]]
    assert page["has_more"]
    page = (await client.request("GET", f"/v1/statement_files?limit=2&starting_after={made[2]}")).json
    assert [one["id"] for one in page["data"]] == [made[1], made[0]]
    assert not page["has_more"]
    page = (await client.request("GET", f"/v1/statement_files?limit=2&ending_before={made[0]}")).json
    assert [one["id"] for one in page["data"]] == [made[2], made[1]]
    assert page["has_more"]


async def test_lines_are_listed_in_file_order(client: Client) -> None:
    made = await upload(client, DAY)
    url = f"/v1/statement_files/{made['id']}/lines"
    page = (await client.request("GET", f"{url}?limit=3")).json
    assert [line["amount"] for line in page["data"]] == [100, 101, 102]
    assert page["has_more"]
    line = page["data"][0]
    assert line["references"] == {"servicer_reference": "A-0", "end_to_end_id": "E-0"}
    assert (line["state"], line["booked"], line["currency"]) == ("active", "2026-11-20", "eur")
    rest = (await client.request("GET", f"{url}?limit=3&starting_after={page['data'][2]['id']}")).json
    assert [line["amount"] for line in rest["data"]] == [103, 104]
    back = (await client.request("GET", f"{url}?limit=3&ending_before={rest['data'][1]['id']}")).json
    assert [line["amount"] for line in back["data"]] == [101, 102, 103]
    assert (await client.request("GET", f"{url}?starting_after=stl_nobody_1")).status == 404


async def test_lines_are_found_by_reference(client: Client) -> None:
    await upload(client, DAY)
    found = (await client.request("GET", "/v1/statement_lines?reference=E-3")).json
    assert [line["amount"] for line in found["data"]] == [103]
    assert (await client.request("GET", "/v1/statement_lines?reference=E-3&kind=uetr")).json["data"] == []
    assert (await client.request("GET", "/v1/statement_lines?reference=E-3&kind=nonsense")).status == 400
    assert (await client.request("GET", "/v1/statement_lines")).error["param"] == "reference"


async def test_nobody_sees_the_files_of_another(shell: web.Shell, client: Client) -> None:
    made = await upload(client, DAY)
    for key in ("sk_test_2", "sk_live_1"):
        other = Client(shell, key)
        answer = await other.request("GET", f"/v1/statement_files/{made['id']}")
        assert answer.status == 404
        assert answer.error["code"] == "statement_file_missing"
        assert (await other.request("GET", f"/v1/statement_files/{made['id']}/lines")).status == 404
        assert (await other.request("GET", "/v1/statement_files")).json["data"] == []
        assert (await other.request("GET", "/v1/statement_lines?reference=E-3")).json["data"] == []
        assert (await other.request("GET", f"/v1/statement_files?starting_after={made['id']}")).status == 404


async def test_a_repeated_request_gets_the_stored_answer(client: Client) -> None:
    headers = {"idempotency-key": "once"}
    first = await client.request("POST", "/v1/statement_files", DAY, headers=headers)
    again = await client.request("POST", "/v1/statement_files", DAY, headers=headers)
    assert (first.status, first.body) == (again.status, again.body)
    other = await client.request("POST", "/v1/statement_files", DAY + b"\n", headers=headers)
    assert other.status == 400


@given(st.text(max_size=200), st.binary(max_size=200))
def test_any_name_is_made_harmless(disposition: str, body: bytes) -> None:
    header = disposition.encode("latin-1", "replace").decode("latin-1")
    for value in (header, f'attachment; filename="{header}"', f"attachment; filename*=utf-8''{header}"):
        name, content = uploaded(body, {"content-disposition": value})
        assert content == body
        assert name.isprintable()
        assert 0 < len(name) <= 200
        assert "/" not in name


HEADER = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'


@given(
    st.lists(st.sampled_from([HEADER, b"--x", b"--x--", b"\r\n", b":", b"a", b'"', b"\xff"]) | st.binary(max_size=9))
)
def test_any_form_is_read_or_refused(pieces: list[bytes]) -> None:
    with contextlib.suppress(Refused):
        uploaded(b"".join(pieces), {"content-type": "multipart/form-data; boundary=x"})
