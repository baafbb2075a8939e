"""Webhook deliveries, API keys, and how the system is."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick import db, idempotency, ledger, merchants, outbox, webhooks
from tallystick.base import MICROSECONDS_PER_DAY, Instant, day
from tallystick.dashboard import view, words
from tallystick.dashboard.pages.deliveries import PAGE, STATUSES, row_of, urls_of
from tallystick.dashboard.view import Scope
from tallystick.merchants import KeyKind, Permission

SLOW_SECONDS = 30
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL or MariaDB"}


class Developers:
    """What developers look at."""

    def __init__(self, database: db.Database, pepper: bytes, consumers: Sequence[str]) -> None:
        self._database = database
        self._pepper = pepper
        self._consumers = consumers

    async def deliveries(self, scope: Scope, *, state: str, before: str) -> view.DeliveriesPage:
        """Deliveries of the scope's merchants, newest first."""
        found: list[webhooks.Delivery] = []
        ends: list[webhooks.Endpoint] = []
        for merchant in scope.merchant_ids:
            found += await self._deliveries(merchant, scope, state, before)
            ends += await self._endpoints(merchant, scope)
        newest = sorted(found, key=lambda one: one.id, reverse=True)
        shown = newest[:PAGE]
        urls = urls_of(ends)
        return view.DeliveriesPage(
            rows=tuple(row_of(one, urls) for one in shown),
            endpoints=tuple(_endpoint(one) for one in ends),
            older=shown[-1].id if len(newest) > PAGE else None,
        )

    async def _deliveries(self, merchant: str, scope: Scope, state: str, before: str) -> list[webhooks.Delivery]:
        return await webhooks.page_of_deliveries(
            self._database,
            merchant,
            scope.livemode,
            event_id=None,
            endpoint_id=None,
            status=STATUSES.get(state),
            cursor=before or None,
            backwards=False,
            limit=PAGE + 1,
        )

    async def _endpoints(self, merchant: str, scope: Scope) -> list[webhooks.Endpoint]:
        return await webhooks.page_of_endpoints(
            self._database, merchant, scope.livemode, cursor=None, backwards=False, limit=100
        )

    async def delivery(self, scope: Scope, delivery_id: str) -> view.DeliveryRow | None:
        """One delivery of the scope's merchants."""
        for merchant in scope.merchant_ids:
            page = await self._deliveries(merchant, scope, "", delivery_id + "\x7f")
            if page and page[0].id == delivery_id:
                return row_of(page[0], urls_of(await self._endpoints(merchant, scope)))
        return None

    async def resend(self, scope: Scope, delivery_id: str, *, now: Instant) -> None:
        """Send it again. Raises Refused when it is not theirs, or their role does not allow it."""
        merchant = await self._owner(scope, delivery_id)
        merchants.require(scope.visitor.user, Permission.PAY, merchant)
        operation = idempotency.Operation(self._database.ids.new("op"))
        await webhooks.resend(
            self._database, operation, delivery_id, merchant_id=merchant, livemode=scope.livemode, now=now
        )

    async def _owner(self, scope: Scope, delivery_id: str) -> str:
        for merchant in scope.merchant_ids:
            page = await self._deliveries(merchant, scope, "", delivery_id + "\x7f")
            if page and page[0].id == delivery_id:
                return merchant
        return scope.merchant_ids[0] if scope.merchant_ids else ""

    async def keys(self, scope: Scope) -> tuple[view.KeyRow, ...]:
        """Keys of the scope's merchants and mode, newest first."""
        found: list[merchants.ApiKey] = []
        for merchant in scope.merchant_ids:
            found += await merchants.list_keys(self._database, merchant_id=merchant, livemode=scope.livemode)
        return tuple(_key(scope, key) for key in sorted(found, key=lambda key: key.id, reverse=True))

    async def issue_key(self, scope: Scope, merchant_id: str, kind: str, name: str, *, now: Instant) -> view.IssuedKey:
        """A new key, shown once. Raises Refused when their role does not allow it."""
        merchants.require(scope.visitor.user, Permission.MANAGE, merchant_id)
        issued = await merchants.issue_key(
            self._database,
            self._pepper,
            merchant_id=merchant_id,
            kind=KeyKind(kind),
            livemode=scope.livemode,
            name=name,
            now=now,
        )
        return view.IssuedKey(_key(scope, issued.key), issued.secret)

    async def revoke_key(self, scope: Scope, key_id: str, *, now: Instant) -> None:
        """End a key. Raises Refused when it is not theirs, or their role does not allow it."""
        owner = ""
        for merchant in scope.merchant_ids:
            held = await merchants.list_keys(self._database, merchant_id=merchant, livemode=scope.livemode)
            owner = merchant if any(key.id == key_id for key in held) else owner
        merchants.require(scope.visitor.user, Permission.MANAGE, owner)
        await merchants.revoke_key(self._database, key_id=key_id, merchant_id=owner, now=now)

    async def findings(self, scope: Scope, *, now: Instant) -> tuple[view.Finding, ...]:
        """The database, the books, and how far news is behind."""
        rows = await ledger.trial_balance(self._database, livemode=scope.livemode)
        relayed = [await self._relay(consumer, now) for consumer in self._consumers]
        return (_database(self._database), _books(rows), *relayed)

    async def _relay(self, consumer: str, now: Instant) -> view.Finding:
        lag = await outbox.lag(self._database, consumer, now)
        name = f"News to {consumer}"
        if not lag.events:
            return view.Finding(name, "good", "Nothing waits.")
        slow = lag.age_us > SLOW_SECONDS * 1_000_000
        waiting, oldest = words.counted(lag.events, "event"), words.lasting(lag.age_us // 1_000_000)
        detail = f"{waiting} waiting, the oldest for {oldest}."
        return view.Finding(name, "wait" if slow else "good", detail, "Is a worker running?" if slow else "")


def _database(database: db.Database) -> view.Finding:
    return view.Finding("Database", "good", f"{DATABASES.get(database.dialect, database.dialect)} answers.")


def _books(rows: Sequence[ledger.AccountBalance]) -> view.Finding:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.account.currency] = sums.get(row.account.currency, 0) + row.balance.net_debit
    off = [currency for currency, minor in sorted(sums.items()) if minor]
    if off:
        return view.Finding("Books", "bad", f"Debits and credits differ in {', '.join(off)}.", "Stop and look: law 1.")
    accounts, currencies = words.counted(len(rows), "account"), words.counted(len(sums), "currency", "currencies")
    return view.Finding("Books", "good", f"{accounts} in {currencies} sum to zero.")


def _endpoint(one: webhooks.Endpoint) -> view.EndpointRow:
    enabled = one.status is webhooks.EndpointStatus.ENABLED
    return view.EndpointRow(one.id, one.url, enabled, one.enabled_events, one.description or "")


def _key(scope: Scope, key: merchants.ApiKey) -> view.KeyRow:
    used = key.last_used_day
    return view.KeyRow(
        id=key.id,
        merchant=scope.merchant_name(key.merchant_id),
        kind=key.kind.value,
        hint=key.hint,
        name=key.name,
        created=key.created,
        last_used=None if used is None else day(Instant(used * MICROSECONDS_PER_DAY)),
        revoked=key.revoked,
    )
