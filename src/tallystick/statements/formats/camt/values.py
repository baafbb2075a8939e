"""Single values of a camt message: days, marks, amounts, references, parties."""

from __future__ import annotations

import re
from datetime import date

from tallystick.statements.amount import to_unsigned_minor
from tallystick.statements.formats.camt.xml import Node
from tallystick.statements.model import LineStatus, Place, Reference, StatementRefusal

PLACEHOLDERS = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF"})
"""What banks write where there is no reference; equal placeholders identify nothing."""

LONGEST_REFERENCE = 200

_REFERENCES = (
    ("EndToEndId", Reference.END_TO_END),
    ("TxId", Reference.TRANSACTION),
    ("UETR", Reference.UETR),
    ("InstrId", Reference.INSTRUCTION),
    ("MsgId", Reference.MESSAGE),
    ("PmtInfId", Reference.PAYMENT_INFORMATION),
    ("MndtId", Reference.MANDATE),
    ("ChqNb", Reference.CHEQUE),
    ("ClrSysRef", Reference.CLEARING),
    ("AcctSvcrRef", Reference.SERVICER_DETAIL),
)
_STATUS = {
    "BOOK": LineStatus.BOOKED,
    "PDNG": LineStatus.PENDING,
    "FUTR": LineStatus.PENDING,
    "INFO": LineStatus.INFORMATION,
}
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[TZ+-].{0,40})?", re.ASCII)
_TRUTH = {"true": True, "1": True, "false": False, "0": False, "": False}


def day(node: Node | None, place: Place) -> date | None:
    """The calendar day of a date choice (`Dt` or `DtTm`) as written: no zone is applied, the time of day is unused."""
    if node is None:
        return None
    text = node.said("Dt") or node.said("DtTm")
    return day_of(text, place.at(f"{place.element}/{node.tag}", node.line)) if text else None


def day_of(text: str, place: Place) -> date:
    """The day that `YYYY-MM-DD`, with or without a time, names. Raises Refused(VALUE_INVALID)."""
    match = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(match.group(1) if match else "")
    except ValueError:
        raise place.refuse(StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is not a date") from None


def only(node: Node, tag: str, place: Place, *, needed: bool) -> Node | None:
    """The one child with this name; two would leave open which counts. Raises Refused(STRUCTURE_INVALID)."""
    found = list(node.every(tag))
    if len(found) > 1:
        raise place.at(f"{place.element}/{tag}", found[1].line).refuse(
            StatementRefusal.STRUCTURE_INVALID, f"{tag} stands here more than once"
        )
    if needed and not found:
        raise place.refuse(StatementRefusal.STRUCTURE_INVALID, f"{tag} is missing")
    return found[0] if found else None


def is_credit(node: Node, place: Place) -> bool:
    """What the credit/debit mark says: money in. Raises Refused."""
    mark = only(node, "CdtDbtInd", place, needed=True)
    text = "" if mark is None else mark.text.strip()
    if text not in {"CRDT", "DBIT"}:
        line = 0 if mark is None else mark.line
        raise place.at(f"{place.element}/CdtDbtInd", line).refuse(
            StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is neither CRDT nor DBIT"
        )
    return text == "CRDT"


def is_true(node: Node, tag: str, place: Place) -> bool:
    """What an optional true/false element says; absent is false. Raises Refused."""
    found = only(node, tag, place, needed=False)
    text = "" if found is None else found.text.strip()
    if text not in _TRUTH:
        raise place.at(f"{place.element}/{tag}").refuse(
            StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is neither true nor false"
        )
    return _TRUTH[text]


def status(node: Node, place: Place) -> LineStatus:
    """The entry's status: `Sts` holds a code, or from version 001.04 on an element `Cd` with it. Raises Refused."""
    found = only(node, "Sts", place, needed=True)
    text = "" if found is None else (found.said("Cd") or found.text.strip())
    known = _STATUS.get(text)
    if known is None:
        raise place.at(f"{place.element}/Sts").refuse(
            StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is not one of {', '.join(_STATUS)}"
        )
    return known


def amount(node: Node, place: Place) -> tuple[int, str]:
    """Minor units and currency of an amount element. Raises Refused."""
    currency = node.attributes.get("Ccy", "").strip()
    where = place.at(f"{place.element}/{node.tag}", node.line)
    return to_unsigned_minor(node.text.strip(), currency, where), currency


def references(node: Node | None) -> dict[str, str]:
    """The references that are some, by kind; placeholders are left out."""
    found: dict[str, str] = {}
    for tag, kind in _REFERENCES if node is not None else ():
        keep_reference(found, kind, node.said(tag) if node is not None else "")
    return found


def keep_reference(found: dict[str, str], kind: Reference, token: str) -> None:
    """Add a reference unless it is empty or a placeholder."""
    if token and token.upper() not in PLACEHOLDERS:
        found[kind.value] = token[:LONGEST_REFERENCE]


def remittance(node: Node | None) -> tuple[str, str]:
    """Structured creditor reference and free text of remittance information."""
    if node is None:
        return "", ""
    pieces = [piece.text.strip() for piece in node.every("Ustrd")]
    creditor = ""
    for structured in node.every("Strd"):
        reference = structured.said("CdtrRefInf", "Ref") or structured.said("CdtrRefInf", "CdtrRef")
        pieces += [reference] if creditor and reference else []
        creditor = creditor or reference
        pieces += [piece.text.strip() for piece in structured.every("AddtlRmtInf")]
    return creditor, " ".join(piece for piece in pieces if piece)


def account(node: Node | None) -> str:
    """The account number: IBAN, or whatever other identification there is."""
    if node is None:
        return ""
    iban = node.said("Id", "IBAN").replace(" ", "").upper()
    others = (("Id", "Othr", "Id"), ("Id", "BBAN"), ("Id", "PrtryAcct", "Id"), ("Id", "UPIC"))
    return (iban or next((text for path in others if (text := node.said(*path))), ""))[:LONGEST_REFERENCE]


def party(parties: Node | None, *, credit: bool) -> tuple[str, str]:
    """Name and account of the other side: the debtor of money in, the creditor of money out."""
    if parties is None:
        return "", ""
    side = "Dbtr" if credit else "Cdtr"
    name = parties.said(side, "Nm") or parties.said(side, "Pty", "Nm")
    return name[:LONGEST_REFERENCE], account(parties.child(f"{side}Acct"))


def bank_code(node: Node | None) -> str:
    """The bank transaction code: domain-family-subfamily, or the bank's own."""
    if node is None:
        return ""
    family = node.find("Domn", "Fmly")
    if family is not None:
        return "-".join((node.said("Domn", "Cd"), family.said("Cd"), family.said("SubFmlyCd")))[:LONGEST_REFERENCE]
    own = node.said("Prtry", "Cd")
    return "" if own.upper() in PLACEHOLDERS else own[:LONGEST_REFERENCE]
