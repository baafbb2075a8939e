"""Runs and breaks, from the reconciliation room. What is missing is refused there, with a message that says so."""

from __future__ import annotations

from typing import Any

from tallystick import db, reconciliation
from tallystick.base import Instant, start_of
from tallystick.dashboard import view, words
from tallystick.dashboard.pages.halves import halves_of
from tallystick.dashboard.view import Scope
from tallystick.money import Money

MOST = 300
"""Breaks read for one page."""
OPEN = ("open",)
DONE = ("resolved", "signed_off", "cleared")
BRIDGE = (
    ("Open before", "opening_minor"),
    ("Came in", "incoming_minor"),
    ("Matched", "matched_minor"),
    ("Said again", "superseded_minor"),
    ("Differences left open", "difference_minor"),
    ("Settled or taken back", "adjusted_minor"),
    ("Open after", "closing_minor"),
)
AGAINST = frozenset({"matched_minor", "superseded_minor"})
"""Lines that are taken away from what was open."""


class Reconciliation:
    """Runs and breaks of the scope's mode."""

    def __init__(self, database: db.Database) -> None:
        self._database = database

    async def runs(self, scope: Scope) -> tuple[view.RunRow, ...]:
        """The latest runs, newest first."""
        found = await reconciliation.runs(self._database, livemode=scope.livemode, limit=100)
        return tuple(run_row(one) for one in found)

    async def run(self, scope: Scope, run_id: str) -> view.RunPage | None:
        """One run with its proof. Raises Refused when there is none."""
        found = await reconciliation.run_of(self._database, run_id, livemode=scope.livemode)
        broken = await reconciliation.breaks(self._database, livemode=scope.livemode, run_id=run_id, limit=MOST)
        record = found.record
        return view.RunPage(
            row=run_row(found),
            engine=found.engine,
            tiers=_tiers(record["counts"]["by_rule"]),
            bridges=tuple(_bridge(line) for line in record["bridge"]),
            inputs=(
                *(view.Digest(one["name"], one["sha256"]) for one in record["inputs"]),
                view.Digest("Rules (spec)", record["spec_digest"]),
            ),
            outputs=(view.Digest("Matches, breaks and open items", found.digest),),
            breaks=tuple(break_row(one) for one in broken),
        )

    async def breaks(self, scope: Scope, *, done: bool, kind: str, owner: str) -> view.BreaksPage:
        """Open or finished breaks."""
        open_ones = await self._breaks(scope, OPEN)
        done_ones = await self._breaks(scope, DONE)
        shown = [one for one in (done_ones if done else open_ones) if kind in ("", one.break_class)]
        return view.BreaksPage(
            rows=tuple(break_row(one) for one in shown if owner in ("", one.owner)),
            open_count=len(open_ones),
            done_count=len(done_ones),
            kinds=tuple(sorted({one.break_class for one in open_ones + done_ones})),
            owners=tuple(sorted({one.owner for one in open_ones + done_ones if one.owner})),
        )

    async def _breaks(self, scope: Scope, statuses: tuple[str, ...]) -> list[reconciliation.BreakRecord]:
        return await reconciliation.breaks(self._database, livemode=scope.livemode, statuses=statuses, limit=MOST)

    async def break_(self, scope: Scope, break_id: str) -> view.BreakPage | None:
        """One break with both its halves. Raises Refused when there is none."""
        found = await reconciliation.break_(self._database, break_id, livemode=scope.livemode)
        items = await reconciliation.items_of_break(self._database, found)
        notes = await reconciliation.notes(self._database, break_id)
        left, right = halves_of(found, items, await reconciliation.told_before(self._database, found))
        others = await self._breaks(scope, OPEN)
        return view.BreakPage(
            row=break_row(found),
            left=left,
            right=right,
            advice=words.BREAK_ADVICE.get(found.break_class, ""),
            notes=tuple(_note(one) for one in notes),
            people=tuple(sorted({one.owner for one in others if one.owner} | {scope.visitor.email})),
            run_id=found.run_id,
            payment_id=found.payment_id,
        )

    async def assign(self, scope: Scope, break_id: str, owner: str, *, now: Instant) -> None:
        """Give the break to somebody."""
        await reconciliation.assign(
            self._database, break_id, owner=owner, by=scope.visitor.email, now=now, livemode=scope.livemode
        )

    async def comment(self, scope: Scope, break_id: str, text: str, *, now: Instant) -> None:
        """Say something about it."""
        await reconciliation.comment(
            self._database, break_id, text=text, by=scope.visitor.email, now=now, livemode=scope.livemode
        )

    async def resolve(self, scope: Scope, break_id: str, text: str, *, now: Instant) -> None:
        """The difference is explained and corrected."""
        await reconciliation.resolve(
            self._database, break_id, reason=text, by=scope.visitor.email, now=now, livemode=scope.livemode
        )

    async def sign_off(self, scope: Scope, break_id: str, reason: str, *, now: Instant) -> None:
        """The difference stays; the visitor takes it on."""
        await reconciliation.sign_off(
            self._database, break_id, reason=reason, by=scope.visitor.email, now=now, livemode=scope.livemode
        )


def run_row(found: reconciliation.RunRecord) -> view.RunRow:
    """One run in a list."""
    return view.RunRow(
        id=found.id,
        name=words.reconciliation_name(found.name),
        day=found.day,
        finished=found.created,
        verdict=found.verdict,
        left_count=found.left_items,
        right_count=found.right_items,
        matched_count=found.matched,
        pending_count=found.pending,
        break_count=found.breaks,
    )


def break_row(found: reconciliation.BreakRecord) -> view.BreakRow:
    """One break in a list."""
    return view.BreakRow(
        id=found.id,
        kind=found.break_class,
        amount=Money(found.amount_minor, found.currency),
        opened=start_of(found.opened_on),
        due=found.due_on,
        state=found.status,
        owner=found.owner,
        reference=words.reason(found.reason),
        reconciliation=words.reconciliation_name(found.name),
        summary=found.label[:1].upper() + found.label[1:],
    )


def _note(one: reconciliation.Note) -> view.Note:
    """Runs open breaks with the class as their note."""
    text = words.break_kind(one.note) if one.action == "opened" else one.note
    return view.Note(one.created, one.made_by, one.action, text)


def _tiers(by_rule: dict[str, int]) -> tuple[view.TierCount, ...]:
    return tuple(view.TierCount(words.rule_name(rule), words.RULES.get(rule, ""), n) for rule, n in by_rule.items())


def _bridge(line: dict[str, Any]) -> view.Bridge:
    side = "Ours" if line["side"] == "left" else "Theirs"
    rows = [
        view.BridgeLine(label, None, -line[name] if name in AGAINST else line[name], name == "closing_minor")
        for label, name in BRIDGE
        if line[name] or name in ("opening_minor", "incoming_minor", "matched_minor", "closing_minor")
    ]
    account = f"{side}: {line['source']}" + (f" · {line['account']}" if line["account"] != line["source"] else "")
    return view.Bridge(account, line["currency"], tuple(rows), line["residual_minor"])
