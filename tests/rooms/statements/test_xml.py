"""XML's dangers: none of them gets as far as being expanded, fetched or held in memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import pytest

from tallystick import statements
from tallystick.base import Refused
from tallystick.statements import Line, StatementRefusal
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry

GOOD = bank.document(bank.statement([Entry(5)]))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        f'<!DOCTYPE Document [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE Document [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        '<!DOCTYPE Document [<!ATTLIST Amt Ccy CDATA "USD">]>',
        "<!DOCTYPE Document>",
    ],
)
def test_a_document_type_declaration_is_refused(doctype: str) -> None:
    data = doctype.encode() + GOOD.replace(b"S-1", b"&x;&l9;" if b"ENTITY" in doctype.encode() else b"S-1")
    with pytest.raises(Refused) as caught:
        statements.read(data)
    assert caught.value.code is StatementRefusal.MARKUP_FORBIDDEN


def test_an_entity_that_nobody_declared_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        statements.read(GOOD.replace(b"S-1", b"&x;"))
    assert caught.value.code is StatementRefusal.MARKUP_INVALID


def test_depth_is_bounded() -> None:
    for inside in (b"<Ntry>", b"<GrpHdr>", b"<Document"):
        deep = b"<a>" * 1_000 + b"</a>" * 1_000
        at = GOOD.index(inside)
        data = GOOD[:at] + (b"<Envelope>" + deep if inside == b"<Document" else inside + deep) + GOOD[at:]
        with pytest.raises(Refused) as caught:
            statements.read(data)
        assert caught.value.code is StatementRefusal.MARKUP_FORBIDDEN


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1252", "us-ascii", "utf-16"])
def test_declared_encodings_are_read(declared: str) -> None:
    name = "Muller" if declared == "us-ascii" else "Müller"
    text = bank.document(bank.statement([Entry(5, text=name)])).decode()
    data = f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(declared)
    assert statements.read(data).lines[0].text == name


@pytest.mark.parametrize("declared", ["shift_jis", "no-such-encoding", "utf-7", "idna"])
def test_other_encodings_are_refused_by_name(declared: str) -> None:
    with pytest.raises(Refused) as caught:
        statements.read(f'<?xml version="1.0" encoding="{declared}"?>'.encode() + GOOD)
    assert caught.value.code in {StatementRefusal.ENCODING_INVALID, StatementRefusal.MARKUP_INVALID}
    assert caught.value.details["line"] == 1


def test_comments_and_instructions_and_cdata_do_no_harm() -> None:
    data = GOOD.replace(b"0.05", b"<!-- 9 -->0.<?pi 9?>0<![CDATA[5]]>")
    assert statements.read(data).lines[0].amount_minor == 5


class Endless:
    """A statement of `count` entries that is made while it is read."""

    def __init__(self, count: int) -> None:
        self.size = 0
        self._pieces = self._write(count)
        self._rest = b""

    def _write(self, count: int) -> Iterator[bytes]:
        balances = bank.balance("OPBD", 0) + bank.balance("CLBD", count)
        start, _, end = bank.document(bank.statement([], balances=balances)).partition(b"</Stmt>")
        yield start
        for number in range(count):
            entry = Entry(1, servicer=f"A-{number}", end_to_end=f"E-{number}", text=f"Invoice {number} " * 5)
            yield entry.written("08").encode()
        yield b"</Stmt>" + end

    def read(self, size: int = -1, /) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        data, self._rest = self._rest[:size], self._rest[size:]
        self.size += len(data)
        return data


def peak(count: int) -> tuple[int, int]:
    """Bytes read, and the most that was held meanwhile."""
    source = Endless(count)
    (camt,) = [plug for plug in statements.FORMATS if plug.name == "camt"]
    tracemalloc.start()
    try:
        lines = sum(isinstance(event, Line) for event in camt.open(source, file="endless").events())
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == count
    return source.size, held


def test_memory_does_not_grow_with_the_file() -> None:
    small_size, small = peak(200)
    large_size, large = peak(3_000)
    assert large_size > 12 * small_size
    assert large < 1.2 * small + 100_000
    assert large < 2_000_000


def test_one_huge_batch_holds_only_its_details() -> None:
    party = b"<RltdPties><x>" + b"y" * 500 + b"</x></RltdPties>"
    transactions = b'<TxDtls><Amt Ccy="EUR">0.01</Amt>' + party + b"</TxDtls>"
    details = b"<NtryDtls>" + transactions * 4_000 + b"</NtryDtls></Ntry>"
    data = GOOD.replace(b"0.05", b"40.00").replace(b"</Ntry>", details)
    tracemalloc.start()
    (camt,) = [plug for plug in statements.FORMATS if plug.name == "camt"]
    source = io.BytesIO(data)
    lines = [event for event in camt.open(source, file="batch").events() if isinstance(event, Line)]
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(lines[0].details) == 4_000
    assert held < 3 * len(data)


def test_one_endless_tag_is_refused_before_it_is_held() -> None:
    class Tag:
        size = 0

        def read(self, size: int = -1, /) -> bytes:
            self.size += size
            return b"<" + b"a" * (size - 1) if self.size == size else b"a" * size

    source = Tag()
    (camt,) = [plug for plug in statements.FORMATS if plug.name == "camt"]
    with pytest.raises(Refused) as caught:
        list(camt.open(source, file="endless").events())
    assert caught.value.code is StatementRefusal.MARKUP_FORBIDDEN
    assert source.size < 10_000_000
