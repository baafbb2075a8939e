"""The evidence of one automatic match, as it is stored with it (docs/reference/reconciliation.md, "Certificate")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What was found; amounts in minor units, chances as exact fractions in text (`1/4294967296`)."""

    group_id: str
    rule: str
    tier: int
    scope: str
    key_kind: str
    key_token: str
    members: tuple[tuple[int, str, int], ...]
    """(side, item id, allocated)."""
    seen: tuple[int, int]
    """How many items of the universe carry the key on each side."""
    sums: tuple[int, int]
    adjustments: tuple[tuple[str, int], ...]
    """Named parts of the difference: fee, rounding, difference (the last one is a break)."""
    candidates: tuple[int, int]
    """Items of the universe with the same scope, direction and amount; zeros where chance plays no part."""
    chance: tuple[str, str]
    days: tuple[int, int]


def certificate_of(group: dict[str, Any], members: tuple[tuple[int, str, int], ...]) -> Certificate:
    """From a row of `Run.groups` and its links."""
    named = (("fee", "fee_adjustment"), ("rounding", "rounding"), ("difference", "difference"))
    return Certificate(
        group_id=group["group_id"],
        rule=group["rule"],
        tier=group["tier"],
        scope=group["scope"],
        key_kind=group["key_kind"],
        key_token=group["key_token"],
        members=members,
        seen=(group["left_seen"], group["right_seen"]),
        sums=(group["left_sum"], group["right_sum"]),
        adjustments=tuple((name, group[column]) for name, column in named if group[column]),
        candidates=(group["left_candidates"], group["right_candidates"]),
        chance=(group["chance_left"], group["chance_right"]),
        days=(group["first_day"], group["last_day"]),
    )
