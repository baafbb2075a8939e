"""Payments: the lifecycle from intent to refund and dispute, exact about what is known and what is not."""

from tallystick.payments.api import endpoints, expansions
from tallystick.payments.begin import Owner
from tallystick.payments.cancel import cancel
from tallystick.payments.capture import capture
from tallystick.payments.confirm import confirm
from tallystick.payments.create import NewPayment, create
from tallystick.payments.inbox import receive
from tallystick.payments.look import (
    Funds,
    Movement,
    attempts_of,
    balance,
    days_moved,
    disputes_of,
    movements,
    payment,
    refunds_of,
    transactions_of,
)
from tallystick.payments.methods import Offered, offered
from tallystick.payments.model import (
    Attempt,
    AttemptKind,
    AttemptState,
    BalanceTransaction,
    Dispute,
    DisputeStatus,
    MovementKind,
    Payment,
    PaymentRefusal,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from tallystick.payments.refund import refund
from tallystick.payments.resolve import Resolved, Unsettled, resolve, unsettled
from tallystick.payments.rules import charge_id
from tallystick.payments.search import Found, Wanted, find, typed
from tallystick.payments.store.lists import Window
from tallystick.payments.sum_up import sum_up
from tallystick.payments.tasks import RESOLVE_SECONDS, consumers, timers
from tallystick.payments.till import Till
from tallystick.payments.timeline import Entry, timeline
from tallystick.payments.totals import Approvals, Step, approval_by_processor, volume
from tallystick.payments.update import update

__all__ = [
    "RESOLVE_SECONDS",
    "Approvals",
    "Attempt",
    "AttemptKind",
    "AttemptState",
    "BalanceTransaction",
    "Dispute",
    "DisputeStatus",
    "Entry",
    "Found",
    "Funds",
    "Movement",
    "MovementKind",
    "NewPayment",
    "Offered",
    "Owner",
    "Payment",
    "PaymentRefusal",
    "PaymentStatus",
    "Refund",
    "RefundStatus",
    "Resolved",
    "Step",
    "Till",
    "Unsettled",
    "Wanted",
    "Window",
    "approval_by_processor",
    "attempts_of",
    "balance",
    "cancel",
    "capture",
    "charge_id",
    "confirm",
    "consumers",
    "create",
    "days_moved",
    "disputes_of",
    "endpoints",
    "expansions",
    "find",
    "movements",
    "offered",
    "payment",
    "receive",
    "refund",
    "refunds_of",
    "resolve",
    "sum_up",
    "timeline",
    "timers",
    "transactions_of",
    "typed",
    "unsettled",
    "update",
    "volume",
]
