"""A bank statement as ISO 20022 camt.053.001.08 (iso20022.org, Bank to Customer Statement), one account a file."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from tallystick import money
from tallystick.base import Instant, iso
from tallystick.sandbox.model import BankStatement, Transfer

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_TEXT_LENGTH = 35


def render(
    statement: BankStatement, lines: Sequence[Transfer], *, account: str, currency: str, day: str, bank: str
) -> str:
    """The document, with opening and closing booked balance, sums, and one entry a line."""
    made = iso(Instant(statement.created))
    document = Element("Document", xmlns=NAMESPACE)
    root = SubElement(document, "BkToCstmrStmt")
    header = SubElement(root, "GrpHdr")
    _put(header, "MsgId", f"{account}{day.replace('-', '')}"[:_TEXT_LENGTH])
    _put(header, "CreDtTm", made)
    body = SubElement(root, "Stmt")
    _put(body, "Id", f"{account}-{statement.number}"[:_TEXT_LENGTH])
    _put(body, "ElctrncSeqNb", str(statement.number))
    _put(body, "CreDtTm", made)
    _put(body, "FrToDt/FrDtTm", f"{day}T00:00:00Z")
    _put(body, "FrToDt/ToDtTm", f"{day}T23:59:59Z")
    _account(body, account, currency, bank)
    _balance(body, "OPBD", statement.opening, currency, day)
    _balance(body, "CLBD", statement.closing, currency, day)
    _summary(body, lines, currency)
    for line in lines:
        _entry(body, line, day)
    ElementTree.indent(document)
    text = ElementTree.tostring(document, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _put(parent: Element, path: str, text: str, **attributes: str) -> None:
    """Add an element with text at `path`, making or reusing those above it."""
    *above, last = path.split("/")
    for name in above:
        found = parent[-1] if len(parent) and parent[-1].tag == name else None
        parent = found if found is not None else SubElement(parent, name)
    SubElement(parent, last, attributes).text = text


def _amount(parent: Element, minor: int, currency: str, path: str = "Amt") -> None:
    """An amount and its direction; ISO 20022 amounts have no sign."""
    _put(parent, path, money.minor_to_text(abs(minor), money.exponent(currency)), Ccy=currency)
    _put(parent, "CdtDbtInd", "DBIT" if minor < 0 else "CRDT")


def _account(body: Element, account: str, currency: str, bank: str) -> None:
    holder = SubElement(body, "Acct")
    _put(holder, "Id/IBAN", account)
    _put(holder, "Ccy", currency)
    _put(holder, "Ownr/Nm", "Tallystick")
    _put(holder, "Svcr/FinInstnId/Nm", f"Bank of {bank}")


def _balance(body: Element, code: str, minor: int, currency: str, day: str) -> None:
    balance = SubElement(body, "Bal")
    _put(balance, "Tp/CdOrPrtry/Cd", code)
    _amount(balance, minor, currency)
    _put(balance, "Dt/Dt", day)


def _summary(body: Element, lines: Sequence[Transfer], currency: str) -> None:
    places = money.exponent(currency)
    summary = SubElement(body, "TxsSummry")
    net = sum(line.amount for line in lines)
    _put(summary, "TtlNtries/NbOfNtries", str(len(lines)))
    _put(summary, "TtlNtries/Sum", money.minor_to_text(sum(abs(line.amount) for line in lines), places))
    _put(summary, "TtlNtries/TtlNetNtry/Amt", money.minor_to_text(abs(net), places))
    _put(summary, "TtlNtries/TtlNetNtry/CdtDbtInd", "DBIT" if net < 0 else "CRDT")
    for tag, sign in (("TtlCdtNtries", 1), ("TtlDbtNtries", -1)):
        same = [abs(line.amount) for line in lines if line.amount * sign > 0]
        _put(summary, f"{tag}/NbOfNtries", str(len(same)))
        _put(summary, f"{tag}/Sum", money.minor_to_text(sum(same), places))


def _entry(body: Element, line: Transfer, day: str) -> None:
    entry = SubElement(body, "Ntry")
    _put(entry, "NtryRef", line.id)
    _amount(entry, line.amount, line.currency)
    _put(entry, "Sts/Cd", "BOOK")
    _put(entry, "BookgDt/Dt", day)
    _put(entry, "ValDt/Dt", day)
    _put(entry, "AcctSvcrRef", line.id)
    _code(entry, debit=line.amount < 0)
    details = SubElement(SubElement(entry, "NtryDtls"), "TxDtls")
    _put(details, "Refs/AcctSvcrRef", line.id)
    _put(details, "Refs/EndToEndId", line.end_to_end)
    _amount(details, line.amount, line.currency)
    _put(details, "RltdPties/Cdtr/Pty/Nm" if line.amount < 0 else "RltdPties/Dbtr/Pty/Nm", line.party)
    _put(details, "RmtInf/Ustrd", line.text)


def _code(entry: Element, *, debit: bool) -> None:
    """Bank transaction code: credit transfer received, or direct debit paid."""
    code = SubElement(SubElement(entry, "BkTxCd"), "Domn")
    _put(code, "Cd", "PMNT")
    _put(code, "Fmly/Cd", "RDDT" if debit else "RCDT")
    _put(code, "Fmly/SubFmlyCd", "ESDD" if debit else "ESCT")
