"""What the platform reconciles every day, as specs: the same kind of spec a user writes for two files.

`books_vs_processor:NAME` sets our succeeded attempts against the settlement lines of one processor, by the attempt's
id, which the processor echoes. `processor_vs_bank` sets the payouts that all processors announce against all bank
lines, by the payout's id; it is one for all, because a bank line does not say which processor it is of.
"""

from __future__ import annotations

from collections.abc import Mapping

from tallystick.base import ProcessorSettings
from tallystick.reconciliation.rules import StrongKey
from tallystick.reconciliation.spec import Expected, Fee, Owner, Source, Spec, TokenKind

BANK = "processor_vs_bank"
BOOKS = "books_vs_processor"
ATTEMPT, PAYOUT = "attempt", "payout"
LOST_AFTER_DAYS = 5
"""A payout is late for this long and missing thereafter."""
ISSUED_IDS = 2**80
"""Our ids carry 80 random bits."""
OWNERS = (
    Owner(owner="finance", break_class="fee", due_days=3),
    Owner(owner="finance", break_class="amount", due_days=2),
    Owner(owner="treasury", break_class="late", due_days=1),
    Owner(owner="treasury", break_class="orphan", due_days=2),
    Owner(owner="operations", due_days=1),
)


def books_name(processor: str) -> str:
    """The name of a processor's reconciliation with our books."""
    return f"{BOOKS}:{processor}"


def books_spec(processor: str, terms: ProcessorSettings) -> Spec:
    """Our books against the processor's report. A refund costs nothing; a dispute's fee is not agreed in advance."""
    return Spec(
        name=books_name(processor),
        left=Source(name="books"),
        right=Source(name=processor),
        tokens={ATTEMPT: TokenKind(identifies="payment", space=ISSUED_IDS)},
        tiers=(StrongKey(keys=(ATTEMPT,), within_days=180),),
        fees=(
            Fee(kind="charge", basis_points=terms.fee_basis_points, fixed_minor=terms.fee_fixed_minor),
            Fee(kind="refund"),
            Fee(kind="dispute_reversal"),
        ),
        owners=OWNERS,
    )


def bank_spec() -> Spec:
    """Announced payouts against the bank. A payout is dated on the day on which it should arrive."""
    return Spec(
        name=BANK,
        left=Source(name="payouts", expected=Expected(days=0, missing_after_days=LOST_AFTER_DAYS)),
        right=Source(name="bank"),
        tokens={PAYOUT: TokenKind(identifies="batch")},
        tiers=(StrongKey(keys=(PAYOUT,), within_days=60),),
        owners=OWNERS,
    )


def lags(processors: Mapping[str, ProcessorSettings]) -> dict[str, int]:
    """Days from report to bank line, by processor."""
    return {name: terms.payout_lag_days for name, terms in processors.items()}


def head_id(name: str, *, livemode: bool) -> str:
    """Where a reconciliation's head stands."""
    return f"{'live' if livemode else 'test'}:{name}"
