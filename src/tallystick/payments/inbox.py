"""Notifications from processors: taken once, in any order, and never believed without asking.

A notification decides nothing about an attempt. Where it tells of an attempt whose outcome is not known here, or
contradicts what is known, the processor is asked by the attempt's key, and its answer counts. What a dispute did is
only ever told by notification, and is believed because it is signed.
"""

from __future__ import annotations

from collections.abc import Mapping

from tallystick.base import Instant, Refused, log
from tallystick.connectors import Notification, NotificationKind, NotSent, Unknown
from tallystick.payments import states
from tallystick.payments.ask import find_out
from tallystick.payments.carry import carry_on
from tallystick.payments.dispute import note
from tallystick.payments.model import Attempt, AttemptState, PaymentRefusal
from tallystick.payments.rules import missing, to_text
from tallystick.payments.settle import situation_of
from tallystick.payments.store import reads, writes
from tallystick.payments.till import Till

_log = log.get("payments")
_DISPUTES = frozenset(
    {
        NotificationKind.DISPUTE_OPENED,
        NotificationKind.DISPUTE_WON,
        NotificationKind.DISPUTE_LOST,
        NotificationKind.INQUIRY,
    }
)
_DONE = frozenset({NotificationKind.AUTHORIZED, NotificationKind.CAPTURED})
_GIVEN_UP = frozenset({AttemptState.NOT_SENT, AttemptState.DECLINED})


async def receive(
    till: Till, processor: str, headers: Mapping[str, str], body: bytes, *, now: Instant
) -> tuple[Notification, ...]:
    """Take what a processor posts; answers the notifications that were new.

    Raises Refused: RESOURCE_MISSING for a processor nobody set up, the connector's when it was not signed, or
    PROCESSOR_UNAVAILABLE when the processor has to post it again.
    """
    connector = till.processors.get(processor)
    if connector is None:
        raise missing("processor", processor, param="processor")
    return tuple(
        [
            news
            for news in connector.read_notifications(headers, body, now=now)
            if await _take(till, processor, news, now=now)
        ]
    )


async def _take(till: Till, processor: str, news: Notification, *, now: Instant) -> bool:
    """Act on one notification, then note that it was taken: a crash between the two lets it come again."""
    identifier = f"{processor[:58]}:{news.event_id[:200]}"
    if await reads.notified(till.database, identifier):
        return False
    attempt = await reads.attempt(till.database, news.key) if news.key else None
    if attempt is None or attempt.processor != processor:
        _log.warning("notification_unknown", processor=processor, event_id=news.event_id, kind=str(news.kind))
        attempt = None
    elif news.kind in _DISPUTES:
        await note(till, processor, news, attempt, now=now)
    elif _worth_asking(news, attempt):
        await look_again(till, attempt, now=now)
    async with till.database.unit() as unit:
        unit.insert(
            writes.ADD_NOTIFICATION,
            {
                "id": identifier,
                "processor": processor[:64],
                "event_id": news.event_id[:200],
                "received": now,
                "kind": str(news.kind),
                "attempt": attempt.id if attempt else "",
                "payload": _text(news),
            },
        )
    return True


def _worth_asking(news: Notification, attempt: Attempt) -> bool:
    """Whether the outcome is not known here, or the news says that money moved where we hold that none did."""
    if attempt.state in states.OPEN_ATTEMPTS:
        return True
    return news.kind in _DONE and attempt.state in _GIVEN_UP and not attempt.reference


async def look_again(till: Till, attempt: Attempt, *, now: Instant) -> None:
    """Ask the processor what became of an attempt, and go on from what it answers.

    Raises Refused(PROCESSOR_UNAVAILABLE) where it could not be asked about an attempt that was given up: nobody else
    looks at that one again, so the processor has to post its news once more.
    """
    now_is = await situation_of(till.database, attempt.id)
    outcome = await find_out(till, now_is, now=now)
    given_up = now_is.attempt.state in _GIVEN_UP
    if given_up and isinstance(outcome, Unknown):
        raise Refused(
            PaymentRefusal.PROCESSOR_UNAVAILABLE,
            f"The processor could not be asked about this news ({outcome.reason[:300]}). Post it again later.",
        )
    if isinstance(outcome, Unknown) or (given_up and isinstance(outcome, NotSent)):
        return  # nothing new; the request that sent it, or `resolve`, goes on by itself
    await carry_on(till, now_is, outcome, now=now)


def _text(news: Notification) -> str:
    return to_text(
        {
            "reference": news.reference,
            "amount": news.amount,
            "currency": news.currency,
            "occurred": news.occurred,
            "details": dict(news.details),
        }
    )
