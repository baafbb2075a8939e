"""ISO 20022 bank-to-customer messages: camt.052 (report), camt.053 (statement), camt.054 (notification).

Any version 001.01 and later, in any envelope, in any encoding XML readers know; versions differ in what they allow,
not in what the elements read here mean. Published: ISO 20022 message definition reports, "Bank-to-Customer Cash
Management".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tallystick.statements.contract import Source
from tallystick.statements.formats.camt import entry, statement
from tallystick.statements.formats.camt.xml import Node, Reader
from tallystick.statements.model import Begun, Ended, Event, Family, Place, Statement, StatementRefusal
from tallystick.statements.proof import Tally, prove

CHUNK_BYTES = 65_536
LONGEST_NAMESPACE = 200
_VERSION = re.compile(r"camt\.(052|053|054)\.[0-9]{3}\.[0-9]{2}(?![0-9])")
_MESSAGES = {
    "BkToCstmrAcctRpt": ("052", Family.REPORT, "Rpt"),
    "BkToCstmrStmt": ("053", Family.STATEMENT, "Stmt"),
    "BkToCstmrDbtCdtNtfctn": ("054", Family.NOTIFICATION, "Ntfctn"),
}
_OF_NO_INTEREST = frozenset(
    "Avlbty CardTx CashDpst CorpActn CtctDtls FinInstrmId InitgPty Intrst Lctn OrgId Ownr PrvtId PstlAdr Purp RltdAgts "
    "RltdDts RltdPric RltdQties RltdRmtInf SctiesAcct SfkpgAcct SplmtryData Svcr Tax TechInptChanl TradgPty UltmtCdtr "
    "UltmtDbtr UndrlygAllcn".split()
)
"""Never looked into; among them is the only element that may hold a card number."""


class Camt:
    """The plug."""

    name = "camt"

    def recognises(self, head: bytes) -> bool:
        """Anything that begins like XML, so that a file of another kind is refused with what was found in it."""
        start = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
        return start.startswith(b"<")

    def open(self, source: Source, *, file: str) -> Message:
        """Begin to read."""
        return Message(source, file)


class Message:
    """One file being read: follows the elements down to the statement and hands out events as they are complete."""

    skipped = _OF_NO_INTEREST
    watched = frozenset({"NtryDtls", "TxDtls"})

    def __init__(self, source: Source, file: str) -> None:
        self.version = ""
        self._source = source
        self._file = Place(file)
        self._path: list[str] = []
        self._ready: list[Event] = []
        self._message = ""
        self._page: Node | None = None
        self._header: statement.Header | None = None
        self._statement: Statement | None = None
        self._tally = Tally()
        self._batches: list[entry.Batch] = []
        self._transactions: list[entry.Transaction] = []
        self._counts = {"documents": 0, "statements": 0, "entries": 0, "lines": 0}

    def events(self) -> Iterator[Event]:
        """Begun, lines, Ended for each statement. Raises Refused."""
        reader = Reader(self, file=self._file.file)
        while data := self._source.read(CHUNK_BYTES):
            reader.feed(data)
            yield from self._ready
            self._ready.clear()
        reader.feed(b"", last=True)
        yield from self._ready
        if not self._counts["documents"]:
            raise self._file.refuse(StatementRefusal.VERSION_UNKNOWN, "no element Document with a camt message in it")

    # the reader's listener

    def opened(self, namespace: str, tag: str, line: int) -> bool:
        """See `xml.Listener`."""
        parent = self._path[-1] if self._path else ""
        self._path.append(tag)
        if self._header is not None:
            keep = parent == _MESSAGES[self._message][2] and (tag in statement.KEPT or tag == "Ntry")
            if tag == "Ntry" and keep and self._statement is None:
                self._begin()
        elif tag == "Document":
            keep = False
            self._document(namespace, line)
        elif parent == "Document":
            keep = False
            self._open_message(tag, line)
        else:
            keep = bool(self._message) and tag == "GrpHdr"
            if self._message and tag == _MESSAGES[self._message][2]:
                self._open_statement(tag, line)
        if keep:
            self._path.pop()
        return keep

    def closed(self, tag: str, line: int) -> None:
        """See `xml.Listener`."""
        self._path.pop()
        if self._message and tag == _MESSAGES[self._message][2] and self._header is not None:
            self._end()
        elif self._message and self._path and self._path[-1] == "Document":
            if not self._counts["statements"]:
                element = _MESSAGES[self._message][2]
                raise self._file.at(tag, line).refuse(StatementRefusal.STRUCTURE_INVALID, f"holds no {element}")
            self._message = ""
        elif tag == "Document" and not self._counts["statements"]:
            raise self._file.at(tag, line).refuse(StatementRefusal.STRUCTURE_INVALID, "holds no message")

    def kept(self, branch: Node) -> None:
        """See `xml.Listener`."""
        if branch.tag == "GrpHdr":
            self._page = branch.child("MsgPgntn")
        elif branch.tag == "Ntry":
            self._entry(branch)
        else:
            assert self._header is not None
            self._header.take(branch)

    def inside(self, node: Node, parent: Node) -> bool:
        """See `xml.Listener`."""
        if node.tag == "TxDtls" and parent.tag == "NtryDtls":
            place = self._place("TxDtls", node.line)
            self._transactions.append(entry.transaction(node, place))
            return False
        if node.tag == "NtryDtls":
            self._batches.append(entry.Batch(self._transactions, node.child("Btch")))
            self._transactions = []
            return False
        return True

    # steps

    def _document(self, namespace: str, line: int) -> None:
        match = _VERSION.search(namespace) if len(namespace) <= LONGEST_NAMESPACE else None
        if match is None:
            named = f"its namespace {namespace[:100]!r}" if namespace else "it has no namespace, so it"
            reason = f"{named} is not one of camt.052, camt.053 and camt.054"
            raise self._file.at("Document", line).refuse(StatementRefusal.VERSION_UNKNOWN, reason)
        self.version = match.group(0)
        self._counts["documents"] += 1

    def _open_message(self, tag: str, line: int) -> None:
        name = re.sub(r"V[0-9]{2}$", "", tag)
        number = _MESSAGES[name][0] if name in _MESSAGES else ""
        if number != self.version[5:8]:
            raise self._file.at(tag[:100], line).refuse(
                StatementRefusal.STRUCTURE_INVALID, f"is not the message of {self.version}"
            )
        self._message, self._page = name, None
        self._counts["statements"] = 0

    def _open_statement(self, tag: str, line: int) -> None:
        self._counts["statements"] += 1
        self._counts["entries"] = 0
        ordinal = self._counts["ordinal"] = self._counts.get("ordinal", 0) + 1
        place = self._file.at(f"{tag}[{ordinal}]", line)
        self._header = statement.Header(_MESSAGES[self._message][1], ordinal, place, page=self._page)
        self._tally = Tally()

    def _begin(self) -> None:
        assert self._header is not None
        self._statement = self._header.begin()
        self._ready.append(Begun(self._statement))

    def _place(self, element: str, line: int) -> Place:
        assert self._header is not None
        number = self._counts["entries"] + 1
        suffix = "" if element == "Ntry" else f"/NtryDtls/{element}[{len(self._transactions) + 1}]"
        return self._header.place.at(f"{self._header.place.element}/Ntry[{number}]{suffix}", line)

    def _entry(self, node: Node) -> None:
        assert self._statement is not None
        place = self._place("Ntry", node.line)
        self._counts["lines"] += 1
        self._counts["entries"] += 1
        found = entry.read(node, self._batches, self._statement, self._counts["lines"], place)
        self._batches = []
        self._tally.add(found.line, credit=found.credit, control=found.control)
        for check in found.disagreements:
            self._tally.disagree(check)
        self._ready.append(found.line)

    def _end(self) -> None:
        assert self._header is not None
        if self._statement is None:
            self._begin()
        known = self._header.begin()
        place = self._header.place.at(f"{self._header.place.element} {known.identity}")
        proof = prove(self._tally, self._header.claims(), place)
        currency = known.currency or next(iter(self._tally.movements), "")
        known = replace(known, currency=currency, line_count=self._tally.count, proof=proof)
        self._ready.append(Ended(known))
        self._header = self._statement = None
