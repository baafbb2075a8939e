"""Which processor first, and which next if it fails. Pure: the same question always gets the same answer.

The cascade has one rule that is about money and not about success: after `Unknown` nobody else is asked. The payment
may have been taken, and a second processor would take it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, assert_never

from tallystick.base import Refused
from tallystick.connectors import Approved, Declined, NotSent, Outcome, Unknown
from tallystick.routing.model import Decision, Routes, RoutingRefusal, Rule


class RuleSettings(Protocol):
    """One entry of the setting `routing_rules`."""

    @property
    def merchant(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def processors(self) -> Sequence[str]: ...


def routes(processors: Collection[str], order: Iterable[str] = (), rules: Iterable[RuleSettings] = ()) -> Routes:
    """Routes from the settings `processors`, `routing_order` (empty: the order of `processors`) and `routing_rules`.

    Raises Refused(UNKNOWN_PROCESSOR) when an order names a processor that is not set up, and Refused(NO_PROCESSOR)
    when one is empty: better at start than at the first payment.
    """
    read = tuple(Rule(tuple(rule.processors), rule.merchant, rule.currency) for rule in rules)
    made = Routes(tuple(order) or tuple(processors), read)
    for names in (made.order, *(rule.processors for rule in read)):
        _check(names, processors)
    return made


def _check(names: Sequence[str], processors: Collection[str]) -> None:
    strangers = [name for name in names if name not in processors]
    if strangers:
        raise Refused(
            RoutingRefusal.UNKNOWN_PROCESSOR,
            f"Routing names {', '.join(strangers)}: the setting `processors` lacks it; add it or leave it out.",
        )
    if not names:
        raise Refused(RoutingRefusal.NO_PROCESSOR, "An order of processors is empty; name at least one.")


def choose(routes: Routes, *, merchant_id: str, currency: str) -> Decision:
    """The first processor for a payment, and all that may follow.

    The most special fitting rule decides (merchant and currency, merchant, currency); among equals the earlier one.
    """
    fitting = [rule for rule in routes.rules if rule.fits(merchant_id=merchant_id, currency=currency)]
    rule = max(fitting, key=lambda rule: rule.weight, default=None)
    names = rule.processors if rule else routes.order
    candidates = tuple(dict.fromkeys(names))
    why = f"first of the rule for merchant {rule.merchant}, currency {rule.currency}" if rule else "first of the order"
    return Decision(candidates, candidates[0], why)


def next_after(decision: Decision, outcome: Outcome, *, tried: Collection[str]) -> Decision:
    """Whether the payment goes on to another processor after `outcome`, and to which.

    `tried` holds every processor that was asked, the last one too.
    """
    may, why = _may_go_on(outcome)
    left = [name for name in decision.candidates if name not in tried] if may else []
    if may and not left:
        why = f"{why}, but no processor is left"
    return Decision(decision.candidates, left[0] if left else None, why, decision.position + 1)


def _may_go_on(outcome: Outcome) -> tuple[bool, str]:
    match outcome:
        case Approved():
            return False, "approved"
        case Unknown(reason):
            return False, f"the outcome is unknown ({reason}): asking elsewhere could take the money twice"
        case NotSent(reason):
            return True, f"the processor was not reached ({reason})"
        case Declined(code, decline_code, _, True):
            return True, f"declined ({decline_code or code}), which another processor may not do"
        case Declined(code, decline_code, _, _):
            return False, f"declined ({decline_code or code}), which no other processor would change"
        case _:
            assert_never(outcome)
