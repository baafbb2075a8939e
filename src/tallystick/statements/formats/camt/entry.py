"""One `Ntry` to one line.

A batch entry stays one line, because the account moved once; its transactions are the line's details, each with its
own amount. The details must add up to the entry, with or without the charges that are named. A detail that states no
amount (or zero, which banks write where version 001.04 and later demand one) or another currency leaves that open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tallystick import money
from tallystick.statements import keys
from tallystick.statements.amount import CONTROL_DECIMALS
from tallystick.statements.formats.camt import values
from tallystick.statements.formats.camt.xml import Node
from tallystick.statements.model import (
    Charge,
    Check,
    Detail,
    Line,
    LineKind,
    Place,
    Reference,
    Statement,
    StatementRefusal,
)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A `TxDtls` as written: unsigned amounts in the order in which they are believed, charges as costs."""

    amounts: tuple[tuple[int, str], ...]
    credit: bool | None
    references: dict[str, str]
    text: str
    additional: str
    debtor: tuple[str, str]
    creditor: tuple[str, str]
    charges: tuple[Charge, ...]
    return_reason: str

    def minor(self, currency: str) -> int | None:
        """The size of the amount in `currency`, if one is stated and not zero."""
        return next((minor for minor, other in self.amounts if other == currency and minor), None)


_NO_TRANSACTION = Transaction((), None, {}, "", "", ("", ""), ("", ""), (), "")


@dataclass(slots=True)
class Batch:
    """One `NtryDtls`: its transactions and what `Btch` says of them."""

    transactions: list[Transaction] = field(default_factory=list)
    header: Node | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, the size of its amount for control sums, and the numbers in it that do not agree."""

    line: Line
    credit: bool
    control: int
    disagreements: tuple[Check, ...]


def transaction(node: Node, place: Place) -> Transaction:
    """Read a `TxDtls`. Raises Refused."""
    parties = node.child("RltdPties")
    creditor_reference, text = values.remittance(node.child("RmtInf"))
    found = values.references(node.child("Refs"))
    values.keep_reference(found, Reference.CREDITOR, creditor_reference)
    return Transaction(
        amounts=_amounts(node, place),
        credit=values.is_credit(node, place) if node.child("CdtDbtInd") is not None else None,
        references=found,
        text=text,
        additional=node.said("AddtlTxInf"),
        debtor=values.party(parties, credit=True),
        creditor=values.party(parties, credit=False),
        charges=charges(node, place),
        return_reason=node.said("RtrInf", "Rsn", "Cd") or node.said("RtrInf", "Rsn", "Prtry"),
    )


def _amounts(node: Node, place: Place) -> tuple[tuple[int, str], ...]:
    paths = (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "CntrValAmt", "Amt"))
    found = [leaf for path in paths if (leaf := node.find(*path)) is not None]
    return tuple(values.amount(leaf, place) for leaf in found)


def charges(node: Node, place: Place) -> tuple[Charge, ...]:
    """The charges of an entry or transaction; one marked CRDT is given back and so negative. Raises Refused."""
    found: list[Charge] = []
    for group in node.every("Chrgs"):
        records = list(group.every("Rcrd")) or ([group] if group.child("Amt") is not None else [])
        for record in records:
            leaf = values.only(record, "Amt", place.at(f"{place.element}/Chrgs", record.line), needed=True)
            assert leaf is not None
            minor, currency = values.amount(leaf, place.at(f"{place.element}/Chrgs"))
            back = record.child("CdtDbtInd") is not None and values.is_credit(record, place)
            included = values.is_true(record, "ChrgInclInd", place)
            found.append(Charge(-minor if back else minor, currency, included))
        total = group.child("TtlChrgsAndTaxAmt")
        if not records and total is not None:
            found.append(Charge(*values.amount(total, place.at(f"{place.element}/Chrgs")), included=False))
    return tuple(found)


def read(node: Node, batches: Sequence[Batch], statement: Statement, ordinal: int, place: Place) -> Entry:
    """Read an `Ntry` whose transactions were read before. Raises Refused."""
    leaf = values.only(node, "Amt", place, needed=True)
    assert leaf is not None
    minor, currency = values.amount(leaf, place)
    credit = values.is_credit(node, place)
    signed = minor if credit else -minor
    transactions = _from_this_side([item for batch in batches for item in batch.transactions], credit=credit)
    own = charges(node, place)
    details = tuple(_detail(item, currency, credit=credit, alone=len(transactions) == 1) for item in transactions)
    fee, disagreement = _fee(signed, currency, details, transactions, own, place)
    sole = transactions[0] if len(transactions) == 1 else _NO_TRANSACTION
    name, number = sole.debtor if credit else sole.creditor
    line = Line(
        statement=statement.ordinal,
        ordinal=ordinal,
        natural_key="",
        digest="",
        amount_minor=signed,
        gross_minor=signed + fee,
        fee_minor=fee,
        currency=currency,
        booked=values.day(node.child("BookgDt"), place),
        value=values.day(node.child("ValDt"), place),
        kind=LineKind.ENTRY,
        status=values.status(node, place),
        references=_references(node, batches) | sole.references,
        text=sole.text,
        additional=" ".join(part for part in (node.said("AddtlNtryInf"), sole.additional) if part),
        code=values.bank_code(node.child("BkTxCd")),
        party=name,
        party_account=number,
        reversal=values.is_true(node, "RvslInd", place),
        return_reason=sole.return_reason,
        charges=own or tuple(charge for item in transactions for charge in item.charges),
        details=details if len(details) > 1 else (),
        line=node.line,
        element=place.element,
    )
    wrong = [*_batch_checks(batches, currency, place), *disagreement]
    control = minor * 10 ** (CONTROL_DECIMALS - money.exponent(currency))
    return Entry(_identified(line, statement), credit, control, tuple(wrong))


def _references(node: Node, batches: Sequence[Batch]) -> dict[str, str]:
    """The entry's own references and those of its batches."""
    found: dict[str, str] = {}
    values.keep_reference(found, Reference.ENTRY, node.said("NtryRef"))
    values.keep_reference(found, Reference.SERVICER, node.said("AcctSvcrRef"))
    for batch in batches:
        if batch.header is not None:
            values.keep_reference(found, Reference.MESSAGE, batch.header.said("MsgId"))
            values.keep_reference(found, Reference.PAYMENT_INFORMATION, batch.header.said("PmtInfId"))
    return found


def _from_this_side(transactions: list[Transaction], *, credit: bool) -> list[Transaction]:
    """Some banks mark transactions from the other side; then every one is marked against its entry."""
    if transactions and all(item.credit is (not credit) for item in transactions):
        return [replace(item, credit=None) for item in transactions]
    return transactions


def _detail(item: Transaction, currency: str, *, credit: bool, alone: bool) -> Detail:
    """The transaction seen from the entry: same mark, same direction; no mark, the entry's."""
    size = item.minor(currency)
    inward = credit if item.credit is None else item.credit
    name, number = item.debtor if inward else item.creditor
    if size is None and item.amounts and not alone:
        size, currency = item.amounts[0]
    fee = sum(charge.amount_minor for charge in item.charges if charge.currency == currency)
    signed = None if size is None else (size if inward else -size)
    return Detail(signed, currency, item.references, item.text, name, number, fee, item.return_reason)


def _fee(
    signed: int,
    currency: str,
    details: Sequence[Detail],
    transactions: Sequence[Transaction],
    own: Sequence[Charge],
    place: Place,
) -> tuple[int, tuple[Check, ...]]:
    """What of the entry is charges, and the disagreement if details and charges do not make the entry."""
    included = sum(charge.amount_minor for charge in own if charge.included and charge.currency == currency)
    sizes = [item.minor(currency) for item in transactions]
    if not sizes or any(size is None for size in sizes):
        return included, ()
    total = sum(detail.amount_minor or 0 for detail in details)
    if total == signed:
        return 0, ()
    of_details = sum(c.amount_minor for item in transactions for c in item.charges if c.currency == currency)
    of_entry = sum(charge.amount_minor for charge in own if charge.currency == currency)
    for cost in (of_details, of_entry):
        if total - cost == signed:
            return cost, ()
    stated, found = _text(signed, currency), _text(total, currency)
    named = f" with {_text(of_details or of_entry, currency)} of charges" if of_details or of_entry else ""
    found = f"{found} in its TxDtls{named}"
    return 0, (_check(place, "Amt", stated, found),)


def _text(minor: int, currency: str) -> str:
    return f"{money.minor_to_text(minor, money.exponent(currency))} {currency}"


def _batch_checks(batches: Sequence[Batch], currency: str, place: Place) -> list[Check]:
    """`Btch` states number and sum of the transactions; they bind where transactions are listed at all."""
    found: list[Check] = []
    for batch in batches:
        if batch.header is None or not batch.transactions:
            continue
        where = place.at(place.element, batch.header.line)
        number = batch.header.said("NbOfTxs")
        if number and number.lstrip("0") != str(len(batch.transactions)):
            found.append(_check(where, "NtryDtls/Btch/NbOfTxs", number, str(len(batch.transactions))))
        total = batch.header.child("TtlAmt")
        if total is not None:
            found += _batch_sum(total, batch, currency, place.at(place.element, total.line))
    return found


def _batch_sum(total: Node, batch: Batch, currency: str, place: Place) -> list[Check]:
    currency = total.attributes.get("Ccy", "").strip() or currency
    total.attributes["Ccy"] = currency
    stated, _ = values.amount(total, place)
    sizes = [item.minor(currency) for item in batch.transactions]
    costs = sum(c.amount_minor for item in batch.transactions for c in item.charges if c.currency == currency)
    size = sum(size or 0 for size in sizes)
    if any(item is None for item in sizes) or stated in {size, size + costs, size - costs}:
        return []
    return [_check(place, "NtryDtls/Btch/TtlAmt", _text(stated, currency), _text(size, currency))]


def _check(place: Place, element: str, stated: str, found: str) -> Check:
    entry = place.element.rpartition("/")[2]
    return Check(StatementRefusal.DETAILS_DISAGREE, f"{entry}/{element}", stated, found, place.line)


def _identified(line: Line, statement: Statement) -> Line:
    digest = keys.content_digest(line)
    references = line.references
    strong = references.get(Reference.SERVICER) or references.get(Reference.SERVICER_DETAIL)
    day = line.booked.isoformat() if line.booked else ""
    if strong:
        parts = [statement.family, statement.account, line.currency, day, strong]
    elif Reference.ENTRY in references:
        parts = [statement.key, references[Reference.ENTRY]]
    else:
        parts = [statement.key, digest]
    return replace(line, digest=digest, natural_key=keys.digest(parts))
