"""A story: who takes part, what happens step by step, and the books it must leave behind.

The steps are of one of two kinds, told apart by their columns: entries put into the ledger, or business with customers,
processors and the bank. README.md has the words of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from tallystick import money
from tallystick.ledger import AccountRef, Transfer, chart, transfer_id
from tallystick.merchants import FeePlan
from tests.books import words
from tests.books.table import Malformed, Page, Place, Row, Section, read

MERCHANT_COLUMNS = ("merchant", "our fee")
ACCOUNT_COLUMNS = ("account", "number", "side", "limit")
ENTRY_COLUMNS = ("day", "id", "do", "of", "debit", "credit", "amount", "for", "answer")
BUSINESS_COLUMNS = ("day", "merchant", "do", "payment", "amount", "how", "answer")
JOURNAL_COLUMNS = ("day", "kind", "debit", "credit", "amount", "for", "about")
TRIAL_COLUMNS = ("account", "debit", "credit")
HELD_COLUMNS = (*TRIAL_COLUMNS, "held debit", "held credit")
STEPS, JOURNAL, TRIAL, MERCHANTS, ACCOUNTS = "Steps", "Journal", "Trial balance", "Merchants", "Accounts"
DITTO = '"'
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Verb:
    """Which cells a step of business must have, and which it may."""

    must: frozenset[str]
    may: frozenset[str] = frozenset()
    how: Mapping[str, str] = field(default_factory=dict)
    begins: bool = False


def _verb(must: str = "", may: str = "", *, how: Mapping[str, str] | None = None, begins: bool = False) -> Verb:
    return Verb(frozenset(must.split()), frozenset(may.split()), how or {}, begins)


_ROUTES = {
    f"{card}, {loss}": f"{token} {lost}" for card, token in words.CARDS.items() for loss, lost in words.WIRE.items()
}
PAYING = MappingProxyType({**words.CARDS, **_ROUTES})
WAITS = MappingProxyType({"20 seconds later": "20", "2 minutes later": "120"})
VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "pay": _verb("merchant payment amount how", how=PAYING, begins=True),
        "authorise": _verb("merchant payment amount how", how=PAYING, begins=True),
        "capture": _verb("merchant payment", "amount how", how=words.WIRE),
        "cancel": _verb("merchant payment", "how", how=words.WIRE),
        "refund": _verb("merchant payment", "amount how", how=words.WIRE),
        "ask again": _verb("payment how", how=WAITS),
        "news": _verb("payment"),
        "dispute": _verb("payment", "amount"),
        "dispute won": _verb("payment"),
        "dispute lost": _verb("payment"),
        "report": _verb(may="how", how=words.REPORTS),
        "statement": _verb(),
        "reconcile": _verb(),
        "write off": _verb("payment"),
        "close": _verb(),
    }
)
_OPTIONAL_CELLS = ("merchant", "payment", "amount", "how")


@dataclass(frozen=True, slots=True)
class Entry:
    """Transfers posted together or not at all; a lock has none."""

    row: Row
    day: date
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """One step of business. `how` is the meaning of the word in its cell."""

    row: Row
    day: date
    do: str
    merchant: str
    payment: str
    amount: money.Money | None
    how: str


@dataclass(frozen=True, slots=True)
class Story:
    """All of a file."""

    heading: str
    merchants: Mapping[str, FeePlan]
    accounts: Mapping[str, tuple[AccountRef, chart.Side]]
    steps: tuple[Entry, ...] | tuple[Deed, ...]
    told: Section
    journal: Section
    trial: Section

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The steps, when they are entries."""
        return tuple(step for step in self.steps if isinstance(step, Entry))

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """The steps, when they are business."""
        return tuple(step for step in self.steps if isinstance(step, Deed))


def story(text: str, file: str) -> Story:
    """The story that `text` tells. Raises Malformed."""
    page = read(text, file)
    _must_be_known(page)
    accounts = _accounts(page.sections.get(ACCOUNTS))
    merchants = _merchants(page.sections.get(MERCHANTS))
    refs = {path: ref for path, (ref, _) in accounts.items()}
    told, journal, trial = (page.sections[name] for name in (STEPS, JOURNAL, TRIAL))
    if not told.rows:
        raise told.place.malformed("nothing happens")
    steps: tuple[Entry, ...] | tuple[Deed, ...]
    if told.columns == ENTRY_COLUMNS:
        _must_be_absent(page, MERCHANTS)
        steps = _entries(told, refs)
        abouts = {row.cells["id"] for row in told.rows}
    else:
        _must_have(told, BUSINESS_COLUMNS)
        _must_be_absent(page, ACCOUNTS)
        steps = _deeds(told, merchants)
        abouts = {step.payment for step in steps}
    _check_journal(journal, refs, abouts)
    _check_trial(trial, refs)
    return Story(page.heading, merchants, accounts, steps, told, journal, trial)


def _must_be_known(page: Page) -> None:
    needed = (STEPS, JOURNAL, TRIAL)
    for name, section in page.sections.items():
        if name not in (*needed, MERCHANTS, ACCOUNTS):
            raise section.place.malformed(f"{name!r} is no section of a story")
    missing = [name for name in needed if name not in page.sections]
    if missing:
        raise page.place.malformed(f"the story has no {missing[0]!r}")


def _must_be_absent(page: Page, name: str) -> None:
    if name in page.sections:
        raise page.sections[name].place.malformed(f"{name!r} does not belong to steps of this kind")


def _must_have(section: Section, *allowed: tuple[str, ...]) -> None:
    if section.columns not in allowed:
        wanted = " or ".join(" | ".join(columns) for columns in allowed)
        raise Place(section.place.file, section.place.line + 2).malformed(f"the columns must be {wanted}")


def _accounts(section: Section | None) -> dict[str, tuple[AccountRef, chart.Side]]:
    """Accounts beside the chart: number, normal side and limit."""
    if section is None:
        return {}
    _must_have(section, ACCOUNT_COLUMNS)
    found = {}
    for row in section.rows:
        mode, merchant, name, currency = _four_parts(row)
        if not row.cells["number"].isdecimal():
            raise row.place.malformed(f"{row.cells['number']!r} is no account number")
        ref = AccountRef(
            livemode=mode == "live",
            merchant=merchant,
            name=name,
            currency=currency,
            code=int(row.cells["number"]),
            flags=words.word(row, "limit", words.LIMITS),
        )
        if ref.path != row.cells["account"] or name in chart.BY_NAME or ref.path in found:
            raise row.place.malformed(f"{row.cells['account']!r} cannot be declared")
        found[ref.path] = (ref, words.word(row, "side", {side.value: side for side in chart.Side}))
    return found


def _four_parts(row: Row) -> list[str]:
    parts = row.cells["account"].split(":")
    if len(parts) != 4 or not all(parts):
        raise row.place.malformed("an account is mode:merchant:name:currency")
    return parts


def _merchants(section: Section | None) -> dict[str, FeePlan]:
    if section is None:
        return {}
    _must_have(section, MERCHANT_COLUMNS)
    found: dict[str, FeePlan] = {}
    for row in section.rows:
        name = row.cells["merchant"]
        if not name or name in found:
            raise row.place.malformed(f"the merchant {name!r} is unnamed or here twice")
        found[name] = words.fee(row, "our fee")
    return found


# --- entries ---------------------------------------------------------------------------------------------------------


def _entries(section: Section, refs: Mapping[str, AccountRef]) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for row in section.rows:
        if row.cells["day"] == DITTO:
            if not found or not found[-1].transfers or row.cells["answer"]:
                raise row.place.malformed("this belongs to the entry above, which has the answer; there is none")
            last = found.pop()
            found.append(Entry(last.row, last.day, (*last.transfers, _transfer(row, refs))))
            continue
        _must_be_answered(row)
        locks = row.cells["do"] == LOCK
        if locks and any(row.cells[column] for column in ENTRY_COLUMNS if column not in ("day", "do", "answer")):
            raise row.place.malformed("a lock has a day and an answer, nothing else")
        found.append(Entry(row, words.day(row), () if locks else (_transfer(row, refs),)))
    return tuple(found)


def _transfer(row: Row, refs: Mapping[str, AccountRef]) -> Transfer:
    flags = words.word(row, "do", words.KINDS)
    name, hold = row.cells["id"], row.cells["of"]
    if not name:
        raise row.place.malformed("the transfer has no id")
    voids = row.cells["do"] == "void hold"
    debit, credit = words.account(row, "debit", refs), words.account(row, "credit", refs)
    amount = money.Money(0, debit.currency) if voids and not row.cells["amount"] else words.amount(row)
    if amount.currency != debit.currency:
        raise row.place.malformed(f"{amount} debits an account in {debit.currency}")
    return Transfer(
        transfer_number(name),
        debit,
        credit,
        amount.minor,
        words.word(row, "for", words.PURPOSES),
        flags=flags,
        pending_id=transfer_number(hold) if hold else 0,
        reference=name,
    )


def transfer_number(name: str) -> int:
    """The number of the transfer that a story calls by this name."""
    return transfer_id(name, "story")


def _must_be_answered(row: Row) -> None:
    if not row.cells["answer"]:
        raise row.place.malformed("say what the answer is")


# --- business --------------------------------------------------------------------------------------------------------


def _deeds(section: Section, merchants: Mapping[str, FeePlan]) -> tuple[Deed, ...]:
    found: list[Deed] = []
    owners: dict[str, str] = {}
    for row in section.rows:
        deed = _deed(row)
        if found and deed.day < found[-1].day:
            raise row.place.malformed("business never goes back to an earlier day")
        if deed.merchant and deed.merchant not in merchants:
            raise row.place.malformed(f"{deed.merchant!r} is not among the merchants")
        if VERBS[deed.do].begins:
            if deed.payment in owners:
                raise row.place.malformed(f"the payment {deed.payment} is there already")
            owners[deed.payment] = deed.merchant
        elif deed.payment and owners.get(deed.payment) != (deed.merchant or owners.get(deed.payment, "")):
            raise row.place.malformed(f"{deed.merchant or 'nobody'} has no payment {deed.payment}")
        found.append(deed)
    return tuple(found)


def _deed(row: Row) -> Deed:
    verb = words.word(row, "do", VERBS)
    filled = {column for column in _OPTIONAL_CELLS if row.cells[column]}
    if verb.must - filled:
        raise row.place.malformed(f"{row.cells['do']!r} needs: {', '.join(sorted(verb.must - filled))}")
    if filled - verb.must - verb.may:
        raise row.place.malformed(f"{row.cells['do']!r} takes no: {', '.join(sorted(filled - verb.must - verb.may))}")
    _must_be_answered(row)
    return Deed(
        row,
        words.day(row),
        row.cells["do"],
        row.cells["merchant"],
        row.cells["payment"],
        words.amount(row) if "amount" in filled else None,
        words.word(row, "how", verb.how) if "how" in filled else "",
    )


# --- what must be in the books ---------------------------------------------------------------------------------------


def _check_journal(section: Section, refs: Mapping[str, AccountRef], abouts: set[str]) -> None:
    _must_have(section, JOURNAL_COLUMNS)
    for row in section.rows:
        words.day(row)
        words.word(row, "kind", words.KINDS)
        words.word(row, "for", words.PURPOSES)
        debit, credit = words.account(row, "debit", refs), words.account(row, "credit", refs)
        if {debit.currency, credit.currency} != {words.amount(row).currency}:
            raise row.place.malformed("both accounts and the amount must be of one currency")
        about = row.cells["about"]
        if about not in abouts and not (about.startswith("payout ") and about[7:].isdecimal()):
            raise row.place.malformed(f"the story knows no {about!r}")


def _check_trial(section: Section, refs: Mapping[str, AccountRef]) -> None:
    _must_have(section, TRIAL_COLUMNS, HELD_COLUMNS)
    for row in section.rows:
        total = row.cells["account"].startswith("total ")
        currency = row.cells["account"][6:] if total else words.account(row, "account", refs).currency
        for column in section.columns[1:]:
            if row.cells[column] and words.amount(row, column).currency != currency:
                raise row.place.malformed(f"{row.cells[column]} does not belong to {currency}")


__all__ = ["Deed", "Entry", "Malformed", "Story", "story", "transfer_number"]
