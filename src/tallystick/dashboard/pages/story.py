"""All that is known of one payment, put together from every room that knows something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tallystick import db, ledger, payments, reconciliation, statements, webhooks
from tallystick.dashboard import view, words
from tallystick.dashboard.pages import deliveries
from tallystick.dashboard.pages.evidence import matches_of, states_of
from tallystick.dashboard.pages.lines import line_of, moment_of
from tallystick.dashboard.pages.moments import account_in_words, booked_together, reason_of, told_together
from tallystick.dashboard.pages.rows import customer_of, read, row_of
from tallystick.dashboard.view import Scope
from tallystick.money import Money
from tallystick.statements import LineKind

PAID = frozenset({LineKind.PAYOUT, LineKind.ENTRY})
"""Of a payout, the announcement and the bank line are shown, not the other movements in it."""
NOT_SHOWN = frozenset({"secret", "version"})


class Stories:
    """A payment with its timeline, postings, news and statement lines."""

    def __init__(self, database: db.Database) -> None:
        self._database = database

    async def of(self, scope: Scope, payment: payments.Payment) -> view.PaymentPage:
        """The page of a payment the scope may show."""
        entries = await payments.timeline(self._database, payment.id)
        postings = await ledger.transfers_of(self._database, payment.id)
        sent = await self._deliveries(payment, entries)
        items = await reconciliation.of_payment(self._database, payment.id)
        found = await matches_of(self._database, items, livemode=payment.livemode)
        states = states_of(items)
        lines = await self._lines(payment, items)
        files = await self._files(lines)
        moments = [_moment(entry) for entry in entries if entry.kind not in ("posting", "event")]
        moments += booked_together(postings) + told_together(entries, sent)
        moments += [moment_of(line, states, files) for line in lines]
        moments += [moment for _, moment in found]
        booked = await payments.transactions_of(self._database, payment.id)
        return view.PaymentPage(
            row=row_of(scope, payment),
            captured=Money(payment.captured, payment.currency),
            fee=_sum(booked, "fee", payment.currency),
            net=_sum(booked, "net", payment.currency),
            capture_method=payment.capture_method,
            customer_email=customer_of(payment),
            statement_descriptor=payment.statement_descriptor,
            last_error=str(read(payment.last_error).get("message", "")),
            metadata={name: str(value) for name, value in read(payment.metadata).items()},
            timeline=tuple(sorted(moments, key=lambda moment: moment.at)),
            postings=_postings(postings),
            events=tuple(view.PaymentEvent(e.id, e.title, e.at) for e in entries if e.kind == "event"),
            deliveries=sent,
            lines=tuple(line_of(line, states, files) for line in lines),
            matches=tuple(match for match, _ in found),
            raw=_raw(payment),
        )

    async def _deliveries(
        self, payment: payments.Payment, entries: Sequence[payments.Entry]
    ) -> tuple[view.DeliveryRow, ...]:
        endpoints = await webhooks.page_of_endpoints(
            self._database, payment.merchant, payment.livemode, cursor=None, backwards=False, limit=100
        )
        urls = deliveries.urls_of(endpoints)
        found: list[webhooks.Delivery] = []
        for entry in entries:
            if entry.kind == "event":
                found += await self._deliveries_of(payment, entry.id)
        return tuple(deliveries.row_of(delivery, urls) for delivery in found)

    async def _deliveries_of(self, payment: payments.Payment, event_id: str) -> list[webhooks.Delivery]:
        return await webhooks.page_of_deliveries(
            self._database,
            payment.merchant,
            payment.livemode,
            event_id=event_id,
            endpoint_id=None,
            status=None,
            cursor=None,
            backwards=False,
            limit=deliveries.PAGE,
        )

    async def _files(self, lines: Sequence[statements.StoredLine]) -> dict[str, statements.FileRecord]:
        ids = dict.fromkeys(line.file_id for line in lines)
        return {one: await statements.retrieve(self._database, one) for one in ids}

    async def _lines(
        self, payment: payments.Payment, items: Sequence[reconciliation.ItemRecord]
    ) -> list[statements.StoredLine]:
        """Lines that name the payment or one of its attempts, and those of the payouts it was part of."""
        attempts = [attempt.id for attempt in await payments.attempts_of(self._database, payment.id)]
        payouts = {item.batch for item in items if item.batch}
        found: dict[str, statements.StoredLine] = {}
        for token in dict.fromkeys((payment.id, *attempts, *sorted(payouts))):
            for line in await statements.find(self._database, token, livemode=payment.livemode):
                if token not in payouts or line.line.kind in PAID:
                    found[line.id] = line
        return sorted(found.values(), key=lambda line: (str(line.line.day), line.line.ordinal))


def _moment(entry: payments.Entry) -> view.Moment:
    facts = tuple((words.plain(name), value) for name, value in entry.facts)
    return view.Moment(entry.at, entry.kind, entry.title, entry.detail, entry.state, facts)


def _postings(found: Sequence[ledger.Posting]) -> tuple[view.Posting, ...]:
    """Transfers in order. A hold that was captured or released later is settled: it does not count twice."""
    settled = {posting.pending_id for posting in found if posting.pending_id}
    return tuple(
        view.Posting(
            id=posting.id,
            at=posting.created,
            debit=account_in_words(posting.debit),
            credit=account_in_words(posting.credit),
            amount=Money(posting.amount, posting.currency),
            reason=reason_of(posting),
            state=_state(posting, settled),
        )
        for posting in found
    )


def _state(posting: ledger.Posting, settled: set[str]) -> str:
    if posting.flags & ledger.PENDING:
        return "settled" if posting.id in settled else "pending"
    return "voided" if posting.flags & ledger.VOID else "posted"


def _sum(booked: Sequence[payments.BalanceTransaction], name: str, currency: str) -> Money | None:
    mine = [getattr(one, name) for one in booked if one.currency == currency]
    return Money(sum(mine), currency) if mine else None


def _raw(payment: payments.Payment) -> dict[str, Any]:
    shown = {name: value for name, value in msgspec.to_builtins(payment).items() if name not in NOT_SHOWN}
    return shown | {name: read(shown[name]) for name in ("card", "metadata", "options", "last_error")}
