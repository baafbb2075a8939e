"""Files and lines as they leave the building: currencies in small letters, moments in seconds, days as dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.base import epoch_seconds
from tallystick.statements.model import Charge, Detail
from tallystick.statements.record import FileRecord, StatementRecord, StoredLine


def file(record: FileRecord, statements: Sequence[StatementRecord]) -> dict[str, Any]:
    """A `statement_file` with its statements."""
    return {
        "id": record.id,
        "object": "statement_file",
        "created": epoch_seconds(record.created),
        "format": record.format,
        "format_version": record.format_version,
        "line_count": record.lines,
        "livemode": record.livemode,
        "name": record.name,
        "proof": {"status": record.proof, "missing": record.missing or None},
        "sha256": record.sha256,
        "size": record.size,
        "source": record.source,
        "statements": [statement(one) for one in statements if one.file_id == record.id],
    }


def statement(record: StatementRecord) -> dict[str, Any]:
    """A statement within its file."""
    first, last = record.period
    return {
        "id": record.id,
        "object": "statement",
        "account": record.account,
        "balances": [
            {
                "amount": balance["amount_minor"],
                "code": balance["code"],
                "currency": balance["currency"].lower(),
                "day": balance["day"],
            }
            for balance in record.balances
        ],
        "closing_amount": record.closing_minor,
        "currency": record.currency.lower() or None,
        "family": record.family.value,
        "from_day": first.isoformat() if first else None,
        "identity": record.identity,
        "line_count": record.lines,
        "opening_amount": record.opening_minor,
        "proof": {
            "status": record.proof,
            "missing": record.missing or None,
            "reversals": record.reversals,
            "checks": [
                {"element": check["element"], "found": check["found"], "stated": check["stated"]}
                for check in record.checks
            ],
        },
        "sequence": record.sequence or None,
        "superseded_by": record.superseded_by,
        "to_day": last.isoformat() if last else None,
    }


def line(stored: StoredLine) -> dict[str, Any]:
    """A `statement_line`."""
    told = stored.line
    return {
        "id": stored.id,
        "object": "statement_line",
        "account": stored.account,
        "additional": told.additional or None,
        "amount": told.amount_minor,
        "booked": told.booked.isoformat() if told.booked else None,
        "charges": [_charge(charge) for charge in told.charges],
        "code": told.code or None,
        "currency": told.currency.lower(),
        "details": [_detail(detail) for detail in told.details],
        "family": stored.family.value,
        "fee": told.fee_minor,
        "file": stored.file_id,
        "gross": told.gross_minor,
        "item": stored.item_id,
        "kind": told.kind.value,
        "livemode": stored.livemode,
        "occurred": None if told.occurred is None else epoch_seconds(told.occurred),
        "occurrence": told.occurrence,
        "ordinal": told.ordinal,
        "party": told.party or None,
        "party_account": told.party_account or None,
        "position": {"element": told.element, "line": told.line},
        "references": dict(told.references),
        "return_reason": told.return_reason or None,
        "reversal": told.reversal,
        "state": stored.state.value,
        "statement": stored.statement_id,
        "status": told.status.value,
        "superseded_by": stored.other_id,
        "text": told.text or None,
        "value": told.value.isoformat() if told.value else None,
    }


def _charge(charge: Charge) -> dict[str, Any]:
    return {"amount": charge.amount_minor, "currency": charge.currency.lower(), "included": charge.included}


def _detail(detail: Detail) -> dict[str, Any]:
    return {
        "amount": detail.amount_minor,
        "currency": detail.currency.lower(),
        "fee": detail.fee_minor,
        "party": detail.party or None,
        "party_account": detail.party_account or None,
        "references": dict(detail.references),
        "return_reason": detail.return_reason or None,
        "text": detail.text or None,
    }
