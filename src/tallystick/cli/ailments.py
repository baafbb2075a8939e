"""What the doctor looks at inside the database, each in a function that answers with a finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Iterator
from datetime import date

from tallystick import close, db, jobs, ledger, merchants, outbox, payments, webhooks
from tallystick.base import MICROSECONDS_PER_SECOND, Clock, Instant, Settings, iso
from tallystick.cli.finding import Finding

PATIENCE_SECONDS = 60
"""How long outcomes and news may wait before somebody should look."""
AHEAD_SECONDS = 5
"""How far records may be ahead of this machine's clock."""
LISTED = 5
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9999, 12, 31)


async def books(database: db.Database, mode: str, *, livemode: bool) -> Finding:
    """Debits equal credits per currency, and every account is what its transfers add up to."""
    check = f"books ({mode})"
    accounts = await ledger.trial_balance(database, livemode=livemode)
    moved = await ledger.movements(database, livemode=livemode, first=FIRST_DAY, last=LAST_DAY)
    summed = {one.account.path: (one.debits, one.credits) for one in moved}
    net: Counter[str] = Counter()
    wrong = []
    for one in accounts:
        kept = (one.balance.debits_posted, one.balance.credits_posted)
        net[one.account.currency] += kept[0] - kept[1]
        added = summed.pop(one.account.path, (0, 0))
        if kept != added:
            wrong.append(f"{one.account.path} says debits {kept[0]}, credits {kept[1]}; its transfers {added}")
    wrong += [f"{path} has transfers and is no account" for path in summed]
    wrong += [f"{currency} is off by {amount}" for currency, amount in net.items() if amount]
    if wrong:
        return Finding(check, "bad", "do not agree with their transfers; stop and ask for help", tuple(wrong[:LISTED]))
    text = f"{len(accounts)} accounts in {len(net)} currencies, recomputed from their transfers, sum to zero"
    return Finding(check, "ok", text)


async def unknown(database: db.Database, mode: str, clock: Clock, *, livemode: bool) -> Finding:
    """Attempts whose outcome is not known."""
    check = f"unknown outcomes ({mode})"
    left = await payments.unsettled(database, livemode=livemode)
    if left.oldest is None:
        return Finding(check, "ok", "none")
    seconds = _seconds_since(left.oldest, clock)
    text = f"{left.count}, the oldest since {seconds} s"
    if seconds <= PATIENCE_SECONDS:
        return Finding(check, "ok", text)
    return Finding(check, "warning", f"{text}; is a worker running, and does its processor answer?")


async def proof(database: db.Database, mode: str, *, livemode: bool) -> Finding:
    """The last closed day still is what its proof says."""
    check = f"last close ({mode})"
    last = await close.closes(database, livemode=livemode, limit=1)
    if not last:
        return Finding(check, "ok", "no day is closed yet")
    wrong = await close.verify(database, last[0])
    day = last[0].day.isoformat()
    if wrong:
        return Finding(check, "bad", f"{day} is not what its proof says", tuple(wrong[:LISTED]))
    return Finding(check, "ok", f"{day}, its proof holds")


def waiting(database: db.Database, settings: Settings, clock: Clock) -> Iterator[tuple[str, Awaitable[Finding]]]:
    """For each consumer of the outbox, the question how far it is behind."""
    names = [webhooks.FanOut.name, *(each.name for each in payments.consumers(database))]
    for name in names:
        yield f"news for {name}", _behind(database, name, clock)
    for address in settings.event_brokers:
        yield f"news for {address}", _broker_behind(database, address, clock)


async def _broker_behind(database: db.Database, address: str, clock: Clock) -> Finding:
    broker = outbox.broker(address)
    try:
        return await _behind(database, outbox.Publisher(database, broker).name, clock)
    finally:
        await broker.close()


async def _behind(database: db.Database, consumer: str, clock: Clock) -> Finding:
    lag = await outbox.lag(database, consumer, clock.now())
    check, seconds = f"news for {consumer}", lag.age_us // MICROSECONDS_PER_SECOND
    if not lag.events:
        return Finding(check, "ok", "nothing waits")
    text = f"{lag.events} events wait, the oldest since {seconds} s"
    if seconds <= PATIENCE_SECONDS:
        return Finding(check, "ok", text)
    return Finding(check, "warning", f"{text}; is a worker running?")


async def jobs_given_up(database: db.Database) -> Finding:
    """Jobs that were tried as often as allowed."""
    dead = await jobs.dead(database)
    if not dead:
        return Finding("jobs", "ok", "none was given up")
    listed = tuple(f"{job.id}  {job.kind}  {job.last_error}" for job in dead[:LISTED])
    text = f"{len(dead)} given up; `tallystick jobs again ID` runs one again, `tallystick jobs dead` lists all"
    return Finding("jobs", "warning", text, listed)


async def clock_ahead(database: db.Database, clock: Clock) -> Finding:
    """Records from the future say that this machine's clock, or another's, is wrong."""
    newest = Instant(0)
    for merchant in await merchants.list_merchants(database):
        newest = max(newest, merchant.created)
        for livemode in (False, True):
            for event in await outbox.events(database, merchant_id=merchant.id, livemode=livemode, limit=1):
                newest = max(newest, event.created)
    now = clock.now()
    if newest > now + AHEAD_SECONDS * MICROSECONDS_PER_SECOND:
        text = f"it is {iso(now)} here, and the newest record is of {iso(newest)}; set the clock by a time server"
        return Finding("clock", "warning", text)
    return Finding("clock", "ok", iso(now))


def _seconds_since(moment: Instant, clock: Clock) -> int:
    return max(0, clock.now() - moment) // MICROSECONDS_PER_SECOND
