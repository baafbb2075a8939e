"""The books as they are: every transfer in the order of posting, and what stands on each account.

The journal is added up here once more, without the ledger's own sums, and must come to the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import date, timedelta

from tallystick import db, ledger
from tallystick.ledger import AccountBalance, Posting, chart
from tests.books import words
from tests.books.story import HELD_COLUMNS, TRIAL_COLUMNS

Cells = list[tuple[str, ...]]
EPOCH = date(1970, 1, 1)


async def transfers(database: db.Database) -> list[Posting]:
    """All of them, oldest first."""
    found: dict[str, Posting] = {}
    for one in await ledger.balances(database):
        after = -1
        while page := await ledger.transfers_of_account(database, one.account, after_seq=after):
            found |= {posting.id: posting for posting in page}
            after = page[-1].seq
    return sorted(found.values(), key=lambda posting: posting.seq)


def journal(postings: Sequence[Posting], names: Mapping[str, str]) -> Cells:
    """A row for each transfer. What `names` does not know is a payout, numbered as it comes."""
    known = dict(names)
    rows: Cells = []
    for one in postings:
        if one.reference not in known:
            known[one.reference] = f"payout {len(known) - len(names) + 1}"
        rows.append(
            (
                (EPOCH + timedelta(days=one.day)).isoformat(),
                words.KIND_WORDS[one.flags],
                one.debit,
                one.credit,
                words.text_of(one.amount, one.currency),
                words.PURPOSE_WORDS[chart.TransferCode(one.code)],
                known[one.reference],
            )
        )
    return rows


def trial(balances: Sequence[AccountBalance], sides: Mapping[str, chart.Side]) -> tuple[tuple[str, ...], Cells]:
    """Columns and rows: what each account holds, on the side where it stands, and the totals per currency."""
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    rows: Cells = []
    for one in balances:
        account, sums = one.account, one.balance
        net = sums.net_debit
        debit_side = net > 0 or (net == 0 and _side(one, sides) is chart.Side.DEBIT)
        figures = (max(net, 0), max(-net, 0), sums.debits_pending, sums.credits_pending)
        shown = (debit_side, not debit_side, figures[2] > 0, figures[3] > 0)
        rows.append((account.path, *_texts(figures, shown, account.currency)))
        totals[account.currency] = [
            before + more for before, more in zip(totals[account.currency], figures, strict=True)
        ]
    held = any(total[2] or total[3] for total in totals.values())
    for currency, total in sorted(totals.items()):
        rows.append((f"total {currency}", *_texts(total, (True, True, held, held), currency)))
    columns = HELD_COLUMNS if held else TRIAL_COLUMNS
    return columns, [row[: len(columns)] for row in rows]


def _side(one: AccountBalance, sides: Mapping[str, chart.Side]) -> chart.Side:
    kind = chart.BY_NAME.get(one.account.name)
    return sides[one.account.path] if kind is None else kind.side


def _texts(figures: Sequence[int], shown: Sequence[bool], currency: str) -> list[str]:
    return [words.text_of(minor, currency) if show else "" for minor, show in zip(figures, shown, strict=True)]


def must_add_up(postings: Sequence[Posting], balances: Sequence[AccountBalance]) -> None:
    """The four sums of every account follow from the journal, and each currency's debits are its credits."""
    holds = {one.id: one.amount for one in postings}
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in postings:
        released = holds[one.pending_id] if one.pending_id else 0
        pending = one.amount if one.flags == ledger.PENDING else -released
        posted = 0 if one.flags in (ledger.PENDING, ledger.VOID) else one.amount
        for path, place in ((one.debit, 0), (one.credit, 2)):
            sums[path][place] += pending
            sums[path][place + 1] += posted
    assert {one.account.path: list(astuple(one.balance)) for one in balances} == dict(sums)
    net: defaultdict[str, int] = defaultdict(int)
    for each in balances:
        net[each.account.currency] += each.balance.net_debit
    assert set(net.values()) <= {0}, f"the books do not sum to zero: {dict(net)}"
