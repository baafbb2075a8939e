"""A request sent twice has one effect, also after a crash: claims on keys, stored answers, take-over."""

from tallystick.idempotency.desk import BEAT_SECONDS, STALE_SECONDS, Desk, Superseded, keep_beating
from tallystick.idempotency.model import KEY_LENGTH, Answered, IdempotencyRefusal, Ticket, fingerprint
from tallystick.idempotency.once import once
from tallystick.idempotency.operation import Operation
from tallystick.idempotency.prune import KEEP_HOURS, prune

__all__ = [
    "BEAT_SECONDS",
    "KEEP_HOURS",
    "KEY_LENGTH",
    "STALE_SECONDS",
    "Answered",
    "Desk",
    "IdempotencyRefusal",
    "Operation",
    "Superseded",
    "Ticket",
    "fingerprint",
    "keep_beating",
    "once",
    "prune",
]
