"""The header of one statement, report or notification: who, when, balances and what it claims about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tallystick.statements import keys
from tallystick.statements.amount import to_control
from tallystick.statements.formats.camt import values
from tallystick.statements.formats.camt.xml import Node
from tallystick.statements.model import Balance, Family, Place, Statement, StatementRefusal
from tallystick.statements.proof import Claims, Stated

_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_INTERIM = "ITBD"
_PAGES = ("StmtPgntn", "RptPgntn", "NtfctnPgntn", "MsgPgntn")
KEPT = frozenset({"Id", "ElctrncSeqNb", "LglSeqNb", "CreDtTm", "FrToDt", "Acct", "Bal", "TxsSummry", *_PAGES})
"""Children of a statement that are read."""

Pair = tuple[Balance | None, Balance | None]


@dataclass(slots=True)
class Header:
    """Gathers what stands before and around the entries of one statement."""

    family: Family
    ordinal: int
    place: Place
    branches: dict[str, Node] = field(default_factory=dict)
    balances: list[Balance] = field(default_factory=list)
    page: Node | None = None

    def take(self, node: Node) -> None:
        """Another child of the statement. Raises Refused."""
        if node.tag == "Bal":
            self.balances.append(_balance(node, self.place.at(f"{self.place.element}/Bal", node.line)))
        elif node.tag in _PAGES:
            self.page = node
        elif node.tag in self.branches:
            place = self.place.at(f"{self.place.element}/{node.tag}", node.line)
            raise place.refuse(StatementRefusal.STRUCTURE_INVALID, f"{node.tag} stands here more than once")
        else:
            self.branches[node.tag] = node

    def _text(self, tag: str) -> str:
        node = self.branches.get(tag)
        return "" if node is None else node.text.strip()[: values.LONGEST_REFERENCE]

    def begin(self) -> Statement:
        """The statement as far as it is known before its entries. Raises Refused when it names no account."""
        account = values.account(self.branches.get("Acct"))
        identity = self._text("Id")
        for what, text in (("Acct/Id", account), ("Id", identity)):
            if not text:
                place = self.place.at(f"{self.place.element}/{what}")
                raise place.refuse(StatementRefusal.STRUCTURE_INVALID, f"{what} is missing before the entries")
        period = self._period()
        sequence = "/".join(filter(None, (self._text("ElctrncSeqNb"), self._text("LglSeqNb"))))
        page = "" if self.page is None else self.page.said("PgNb")
        days = ["" if day is None else day.isoformat() for day in period]
        opening, closing = self._first_pair()
        return Statement(
            ordinal=self.ordinal,
            family=self.family,
            identity=identity,
            account=account,
            currency=self._currency(),
            key=keys.digest([self.family, account, identity, sequence, page, *(days if any(days) else [self._made()])]),
            sequence=sequence,
            period=period,
            balances=tuple(self.balances),
            opening=opening,
            closing=closing,
        )

    def _made(self) -> str:
        return self._text("CreDtTm")[:10]

    def _currency(self) -> str:
        account = self.branches.get("Acct")
        named = "" if account is None else account.said("Ccy")
        return named[:3] or next((balance.currency for balance in self.balances), "")

    def _period(self) -> tuple[date | None, date | None]:
        """From-to as stated, else the days of opening and closing balance."""
        node = self.branches.get("FrToDt")
        if node is not None:
            place = self.place.at(f"{self.place.element}/FrToDt", node.line)
            sides = (node.said("FrDtTm") or node.said("FrDt"), node.said("ToDtTm") or node.said("ToDt"))
            first, last = (values.day_of(text, place) if text else None for text in sides)
            return first, last
        opening, closing = self._first_pair()
        return (opening.day if opening else None), (closing.day if closing else None)

    def _first_pair(self) -> Pair:
        return next(iter(self._pairs().values()), (None, None))

    def _pairs(self) -> dict[str, Pair]:
        """Per currency the booked balance it opens and the one it closes with."""
        currencies = dict.fromkeys(b.currency for b in self.balances if b.code in {*_OPENING, *_CLOSING, _INTERIM})
        pairs = {currency: self._pair(currency) for currency in currencies}
        return {currency: pair for currency, pair in pairs.items() if pair != (None, None)}

    def _pair(self, currency: str) -> Pair:
        """Of several, the earliest opening and the latest closing; pages may open and close with interim balances."""
        mine = [balance for balance in self.balances if balance.currency == currency]
        opening = next((found for code in _OPENING if (found := _outermost(mine, code, last=False))), None)
        closing = next((found for code in _CLOSING if (found := _outermost(mine, code, last=True))), None)
        interim = [balance for balance in mine if balance.code == _INTERIM] if self.partial else []
        if opening is None and interim:
            opening = interim.pop(0)
        if closing is None and interim:
            closing = interim.pop()
        return opening, closing

    @property
    def partial(self) -> bool:
        """Whether this is one page of several."""
        if self.page is None:
            return False
        return self.page.said("PgNb").lstrip("0") not in {"", "1"} or self.page.said("LastPgInd") in {"false", "0"}

    def claims(self) -> Claims:
        """What the statement states about itself. Raises Refused."""
        summary = self.branches.get("TxsSummry")
        groups = ("TtlNtries", "TtlCdtNtries", "TtlDbtNtries")
        place = self.place.at(f"{self.place.element}/TxsSummry")
        everything, credits, debits = (_stated(summary, group, place) for group in groups)
        return Claims(
            pairs=self._pairs(),
            all_entries=everything,
            credits=credits,
            debits=debits,
            only_totals=self.family is Family.REPORT,
            partial=self.partial,
        )


def _outermost(balances: list[Balance], code: str, *, last: bool) -> Balance | None:
    found = [balance for balance in balances if balance.code == code]
    if not found:
        return None
    by_day = sorted(found, key=lambda balance: balance.day or date.min)
    return by_day[-1] if last else by_day[0]


def _balance(node: Node, place: Place) -> Balance:
    leaf = values.only(node, "Amt", place, needed=True)
    assert leaf is not None
    minor, currency = values.amount(leaf, place)
    signed = minor if values.is_credit(node, place) else -minor
    kind = node.find("Tp", "CdOrPrtry")
    code = "" if kind is None else (kind.said("Cd") or kind.said("Prtry"))
    code = code or node.said("Tp", "Cd") or node.said("Tp", "Prtry")
    return Balance(code[:35], signed, currency, values.day(node.child("Dt"), place), node.line)


def _stated(summary: Node | None, group: str, place: Place) -> Stated | None:
    node = None if summary is None else summary.child(group)
    if node is None:
        return None
    where = place.at(f"TxsSummry/{group}", node.line)
    count, total = node.said("NbOfNtries"), node.said("Sum")
    if count and not (count.isascii() and count.isdecimal() and len(count) <= 15):
        raise where.refuse(StatementRefusal.VALUE_INVALID, f"NbOfNtries {count[:40]!r} is not a number of entries")
    return Stated(
        element=f"TxsSummry/{group}",
        count=int(count) if count else None,
        control=to_control(total, where) if total else None,
        net_control=_net(node, where),
        line=node.line,
    )


def _net(node: Node, place: Place) -> int | None:
    """The net of all entries: `TtlNetNtry` from version 001.03 on, two loose elements before."""
    holder = node.child("TtlNetNtry")
    text = node.said("TtlNetNtryAmt") if holder is None else holder.said("Amt")
    if not text:
        return None
    size = to_control(text, place)
    return size if values.is_credit(node if holder is None else holder, place) else -size
