"""Short words for tests of the pure core: a spec, items, and what a run says of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import tallystick.reconciliation as recon
from tallystick.reconciliation import Item, Run, Side, Spec

DAY = date(2026, 11, 20)
EVERYTHING = """
name: shop_vs_processor
tokens:
  order: {identifies: payment}
  payout: {identifies: batch}
  auth: {identifies: payment, space: 4294967296}
left: {name: shop, expected: {days: 1, missing_after_days: 3}}
right: {name: processor}
tiers:
  - {rule: strong_key, keys: [order]}
  - {rule: batch, key: payout}
  - {rule: composite_exact, discriminators: [auth], until_days: 5}
  - {rule: exchangeable, keys: [order]}
owners:
  - {class: fee, owner: finance, due_days: 3}
  - {owner: operations}
"""


def spec(text: str = EVERYTHING) -> Spec:
    """A spec from YAML."""
    return recon.spec.parse(text)


def item(item_id: str, amount_minor: int, references: str = "", *, day: date = DAY, **more: Any) -> Item:
    """One item; `references` such as `order=o1 auth=9f`."""
    side = "shop" if item_id[0] == "l" else "processor"
    pairs = tuple((kind, token) for kind, _, token in (pair.partition("=") for pair in references.split()))
    known = {"account": "main", "currency": "EUR", **more}
    return Item(item_id=item_id, source=side, amount_minor=amount_minor, day=day, references=pairs, **known)


def run(left: Sequence[Item], right: Sequence[Item], *, as_of: date = DAY, **more: Any) -> Run:
    """A run of the spec with everything in it, its certificates checked."""
    wanted = more.pop("spec", None) or spec()
    result = recon.run(wanted, recon.items_of(left), recon.items_of(right), as_of=as_of, **more)
    assert recon.certificate.check(result, result.certificates()) == []
    assert all(line.residual_minor == 0 for line in result.bridge)
    assert result.verdict != "incomplete"
    return result


def groups(result: Run) -> list[tuple[str, set[str]]]:
    """Rule and members of every match."""
    members: dict[str, set[str]] = {}
    for link in result.matches():
        members.setdefault(link.group_id, set()).add(link.item_id)
    rules = dict(zip(result.groups["group_id"].to_pylist(), result.groups["rule"].to_pylist(), strict=True))
    return sorted(((rules[name], found) for name, found in members.items()), key=lambda one: sorted(one[1]))


def classes(result: Run) -> list[tuple[str, str]]:
    """Class and first item of every break."""
    return sorted((one.break_class.value, one.item_ids[0]) for one in result.breaks)


def state(result: Run, item_id: str) -> str:
    """Where an item ended."""
    side = Side.LEFT if item_id[0] == "l" else Side.RIGHT
    return result.states()[(side, item_id)]
