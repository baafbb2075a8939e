"""The stored proof of a closed day, as the page shows it."""

from __future__ import annotations

from typing import Any

from tallystick import close
from tallystick.dashboard import view, words
from tallystick.dashboard.view import Scope


def proof_of(scope: Scope, closed: close.Closed) -> view.Proof:
    """What the close wrote down, with names for people."""
    found = close.proof.decoded(closed)
    return view.Proof(
        day=closed.day,
        closed_at=closed.created,
        closed_by=closed.closed_by,
        lines=tuple(_line(scope, one) for one in found["lines"]),
        clearing=tuple(_clearing(scope, one) for one in found["clearing"]),
        signed_off=tuple(_signed(one) for one in found["signed_off"]),
        runs=tuple(_run(one) for one in found["runs"]),
        inputs=tuple(view.Digest(one["name"], one["sha256"]) for one in found["inputs"]),
        digest=closed.digest,
        previous_digest=closed.previous_digest,
    )


def _line(scope: Scope, one: dict[str, Any]) -> view.ProofLine:
    return view.ProofLine(
        account=_name(one["name"], one["processor"]),
        merchant=scope.merchant_name(one["merchant"]),
        currency=one["currency"],
        opening_minor=one["opening_minor"],
        debits_minor=one["debits_minor"],
        credits_minor=one["credits_minor"],
        closing_minor=one["closing_minor"],
    )


def _clearing(scope: Scope, one: dict[str, Any]) -> view.ProofClearing:
    _, merchant, name, *processor, _ = one["account"].split(":")
    return view.ProofClearing(
        account=_name(name, *processor),
        merchant=scope.merchant_name(merchant),
        currency=one["currency"],
        balance_minor=one["balance_minor"],
        open_minor=one["open_minor"],
        difference_minor=one["difference_minor"],
        in_flight_minor=one["in_flight_minor"],
        residual_minor=one["residual_minor"],
    )


def _signed(one: dict[str, Any]) -> view.SignedOff:
    amount = f"{words.minor(one['amount_minor'], one['currency'])} {one['currency']}"
    return view.SignedOff(one["break_id"], one["break_class"], amount, one["by"], one["reason"])


def _run(one: dict[str, Any]) -> view.ProofRun:
    return view.ProofRun(one["id"], words.reconciliation_name(one["name"]), one["verdict"], one["digest"])


def _name(name: str, processor: str = "") -> str:
    return words.plain(name) + (f" · {processor}" if processor else "")
