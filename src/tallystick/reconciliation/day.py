"""The platform's own reconciliation of a day: what was booked against what the processors say, and what they say
against the bank.

A run goes on where the one before stopped, so a day may be run again when a late file has come. Everything a run
changes, its postings included, becomes durable in one unit; losing the race to another server means starting from what
that one left. A closed day is not run again: what comes later belongs to a later day.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import partial

from tallystick import db, ledger
from tallystick.base import Instant, ProcessorSettings, Refused, after, log, start_of
from tallystick.base import day as day_of
from tallystick.reconciliation import gather, items, keep, postings, store, terms
from tallystick.reconciliation.gather import Gathered
from tallystick.reconciliation.keep import Kept
from tallystick.reconciliation.look import RunRecord, run_record
from tallystick.reconciliation.match import run as match
from tallystick.reconciliation.model import ReconciliationRefusal, day_number
from tallystick.reconciliation.spec import Spec

_log = log.get("reconciliation")


async def day(
    database: db.Database,
    business_day: date,
    *,
    livemode: bool,
    processors: Mapping[str, ProcessorSettings],
    now: Instant,
    by: str = "tallystick",
) -> list[RunRecord]:
    """Reconcile everything up to the end of `business_day`; the runs that are its result, books first, bank last.

    Raises Refused(DAY_NOT_BEGUN) for a day in the future, DAY_CLOSED for one that is closed or that a later run has
    passed.
    """
    _must_have_begun(business_day, now)
    made = []
    for name, terms_of in sorted(processors.items()):
        spec = terms.books_spec(name, terms_of)
        made.append(await _run(database, spec, name, business_day, livemode=livemode, lags={}, now=now, by=by))
    lags = terms.lags(processors)
    spec = terms.bank_spec()
    made.append(await _run(database, spec, "", business_day, livemode=livemode, lags=lags, now=now, by=by))
    await database.retry(partial(_bank, database, made[-1].id, business_day, livemode=livemode, now=now))
    return made


async def waiting(
    database: db.Database, business_day: date, *, livemode: bool, processors: Mapping[str, ProcessorSettings]
) -> dict[str, int]:
    """How much each reconciliation has not looked at yet up to the end of `business_day`; -1 where it never ran for
    that day. One that ran for a later day has looked at all of it."""
    lags = terms.lags(processors)
    names = [(terms.books_name(name), name) for name in sorted(processors)] + [(terms.BANK, "")]
    found = {}
    for name, processor in names:
        head = await store.head(database, terms.head_id(name, livemode=livemode))
        if head is None or head["day"] < day_number(business_day):
            found[name] = -1
            continue
        left = await gather.gather(database, name, processor, livemode=livemode, lags=lags, head=head, day=business_day)
        found[name] = len(left.new) + sum(one.settled for one in left.carried)
    return found


def _must_have_begun(business_day: date, now: Instant) -> None:
    if business_day > day_of(now):
        message = f"{business_day.isoformat()} has not begun, it is {day_of(now).isoformat()} UTC. Run a day that has."
        raise Refused(ReconciliationRefusal.DAY_NOT_BEGUN, message)


async def _must_be_open(database: db.Database, business_day: date, *, livemode: bool) -> None:
    locked = await ledger.locked_until(database, livemode=livemode)
    if locked is not None and business_day <= locked:
        message = f"{business_day.isoformat()} is closed (up to {locked.isoformat()}). Run a later day instead."
        raise Refused(ReconciliationRefusal.DAY_CLOSED, message)


async def _run(
    database: db.Database,
    spec: Spec,
    processor: str,
    business_day: date,
    *,
    livemode: bool,
    lags: Mapping[str, int],
    now: Instant,
    by: str,
) -> RunRecord:
    async def step() -> str:
        head = await store.head(database, terms.head_id(spec.name, livemode=livemode))
        # After the head: a close moves it, so that a run which saw the day open cannot be written once it is closed.
        await _must_be_open(database, business_day, livemode=livemode)
        if head is not None and head["day"] > day_number(business_day):
            message = f"{spec.name} was run for a later day than {business_day.isoformat()} already; run that day."
            raise Refused(ReconciliationRefusal.DAY_CLOSED, message)
        gathered = await gather.gather(
            database, spec.name, processor, livemode=livemode, lags=lags, head=head, day=business_day
        )
        if head is not None and head["day"] == day_number(business_day) and not _anything(gathered):
            return str(head["run_id"])
        kept = Kept(
            run_id=database.ids.new("rcn"),
            livemode=livemode,
            made_by=by,
            previous=head,
            now=now,
            movements_until=min(now, after(start_of(business_day), days=1)),
        )
        await _reconcile(database, spec, gathered, kept, business_day)
        return kept.run_id

    return run_record(await _stored(database, await database.retry(step)))


def _anything(gathered: Gathered) -> bool:
    """Whether a run of the same day again could find anything else."""
    return bool(gathered.new) or any(one.settled for one in gathered.carried)


async def _reconcile(database: db.Database, spec: Spec, gathered: Gathered, kept: Kept, business_day: date) -> None:
    sides = [items.of((one.item for one in gathered.new if one.side == side), gathered.inputs) for side in (0, 1)]
    carried = items.carried(gathered.carried, gathered.recent)
    result = await asyncio.to_thread(match, spec, sides[0], sides[1], carried, as_of=business_day)
    standing = await store.breaks_by_id(database, (one.break_id for one in result.breaks))
    opened = await store.breaks_of(database, spec.name, livemode=kept.livemode)
    async with database.unit() as unit:
        keep.write(unit, result, gathered, kept, standing, opened)
    _log.info(
        "reconciled", run=kept.run_id, name=spec.name, day=business_day.isoformat(), verdict=result.verdict.value,
        matches=result.counts.groups, breaks=result.counts.breaks,
    )  # fmt: skip


async def _stored(database: db.Database, run_id: str) -> store.Row:
    row = await store.run(database, run_id)
    assert row is not None, f"{run_id} is durable"
    return row


async def _bank(database: db.Database, run_id: str, business_day: date, *, livemode: bool, now: Instant) -> None:
    """Post to the bank account what arrived there: the matched lines of paid payouts, per payout and merchant.

    A line that is matched only after its payout was paid is posted by the run that matches it.
    """
    waiting = await store.not_banked(database, livemode=livemode)
    paid = await store.matched_with(database, terms.BANK, (row["batch"] for row in waiting), livemode=livemode)
    arrived = {(row["token"], row["account"]) for row in paid if row["side"] == 0}
    lines = [row for row in waiting if (row["batch"], row["account"]) in arrived]
    if not lines:
        return
    nets: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for row in lines:
        nets[row["batch"], row["merchant_id"], row["source"], row["currency"]] += row["amount_minor"] - (
            row["fee_minor"] or 0
        )
    async with database.unit() as unit:
        for row in lines:
            unit.update(store.BANK_ITEM, {"id": row["id"], "version": row["version"], "banked_by": run_id})
        for (payout, merchant, processor, currency), net in sorted(nets.items()):
            transfers = postings.paid_out(
                run=run_id, payout=payout, merchant=merchant, livemode=livemode, processor=processor,
                currency=currency, net_minor=net,
            )  # fmt: skip
            ledger.post(unit, transfers, now=now, day=business_day)
