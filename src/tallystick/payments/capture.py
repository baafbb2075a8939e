"""Capture a held payment: all of it, or a part, whereupon the rest is released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallystick.base import Instant
from tallystick.idempotency import Operation
from tallystick.payments.begin import Owner
from tallystick.payments.follow import follow
from tallystick.payments.model import AttemptKind, Payment
from tallystick.payments.rules import check_capture
from tallystick.payments.settle import Finish, unfinished
from tallystick.payments.till import Till
from tallystick.payments.update import changed


async def capture(
    till: Till,
    owner: Owner,
    payment_id: str,
    *,
    amount: int | None = None,
    fields: Mapping[str, Any] | None = None,
    operation: Operation,
    now: Instant,
    finish: Finish = unfinished,
) -> Payment:
    """The payment after the processor was asked to capture `amount` minor units, or all that is held.

    `fields` are words to change with it, as `update.changed` takes them. With an unknown outcome the status is
    `processing` until `resolve` knows. Raises Refused: LOCK_TIMEOUT, UNEXPECTED_STATE, an amount above the hold,
    CAPTURE_DECLINED or PROCESSOR_UNAVAILABLE (nothing was captured).
    """

    def wanted(payment: Payment) -> tuple[Payment, int]:
        return changed(payment, fields or {}), check_capture(payment, amount)

    return await follow(
        till, owner, payment_id, AttemptKind.CAPTURE, wanted, operation=operation, now=now, finish=finish
    )
