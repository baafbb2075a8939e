"""What a run leaves: items with their ends, matches with their evidence, breaks, the bridge, and what is carried on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from tallystick.reconciliation import items
from tallystick.reconciliation.arrive import Arrived
from tallystick.reconciliation.evidence import Certificate, certificate_of
from tallystick.reconciliation.items import Carried, Items
from tallystick.reconciliation.model import Break, BridgeLine, Counts, Link, Role, Side, Standing, Verdict, day_number
from tallystick.reconciliation.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The result. Tables are Arrow, ordered, without NULLs; amounts in minor units."""

    spec: Spec
    as_of: date
    items: pa.Table
    """New and carried items with `side`, `state`, `class` and `reason`."""
    groups: pa.Table
    """Matches, each with the evidence its certificate is made of."""
    links: pa.Table
    superseded: pa.Table
    breaks: tuple[Break, ...]
    bridge: tuple[BridgeLine, ...]
    counts: Counts
    verdict: Verdict
    warnings: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]
    engine: str
    digest: str
    """SHA-256 over everything above except the engine's name."""
    known: Arrived
    """Everything the run saw, recently matched items included."""

    def matches(self) -> list[Link]:
        """Every link, as Python rows."""
        columns = ("group_id", "item_id", "side", "allocated_minor")
        values = zip(*(self.links[name].to_pylist() for name in columns), strict=True)
        return [Link(group_id=g, item_id=i, side=Side(s), allocated_minor=a) for g, i, s, a in values]

    def states(self) -> dict[tuple[Side, str], str]:
        """Where each item ended, by side and item id (of a copy: where the row it repeats ended)."""
        names = zip(*(self.items[name].to_pylist() for name in ("side", "item_id", "state")), strict=True)
        found: dict[tuple[Side, str], str] = {}
        for side, item_id, state in names:
            if found.get((Side(side), item_id), "superseded") == "superseded":
                found[(Side(side), item_id)] = state
        return found

    def open_items(self) -> pa.Table:
        """Items that are pending or in a break and belong to no group, and the differences that groups left open.

        Their amounts add up to the closing of the bridge.
        """
        waits = pc.is_in(self.items["state"], value_set=pa.array(["pending", "break"]))
        linked = pc.is_in(self.items["n"], value_set=self.links["n"].combine_chunks())
        alone = self.items.filter(pc.and_(waits, pc.invert(linked)))
        return pa.concat_tables([alone, self._differences(alone.schema)])

    def certificate(self, group_id: str) -> Certificate:
        """The evidence of one match. Raises KeyError for an unknown group."""
        found = self.groups.filter(pc.equal(self.groups["group_id"], group_id)).to_pylist()
        if not found:
            raise KeyError(group_id)
        members = self.links.filter(pc.equal(self.links["group_id"], group_id))
        columns = [members[name].to_pylist() for name in ("side", "item_id", "allocated_minor")]
        return certificate_of(found[0], tuple(zip(*columns, strict=True)))

    def certificates(self) -> list[Certificate]:
        """The evidence of every match, in the order of `groups`."""
        numbers = self.links["g"].to_pylist()
        cuts = [at for at, number in enumerate(numbers) if at == 0 or numbers[at - 1] != number] + [len(numbers)]
        columns = [self.links[name].to_pylist() for name in ("side", "item_id", "allocated_minor")]
        rows = list(zip(*columns, strict=True))
        parts = [tuple(rows[start:end]) for start, end in pairwise(cuts)]
        return [certificate_of(one, part) for one, part in zip(self.groups.to_pylist(), parts, strict=True)]

    def carry(self) -> Carried:
        """What the next run inherits."""
        return Carried(*(self._carry_side(side) for side in Side))

    def _carry_side(self, side: Side) -> Items:
        opened = self.open_items()
        lately = self.items.filter(pc.is_in(self.items["n"], value_set=self.links["n"].combine_chunks()))
        first_day = day_number(self.as_of) - self.spec.guard_days
        before = self.known.rows.filter(pc.equal(self.known.rows["standing"], int(Standing.RECENT)))
        n = pa.array(range(self.known.rows.num_rows), pa.int64())
        before = before.append_column("n", n.filter(pc.equal(self.known.rows["standing"], int(Standing.RECENT))))
        parts = [
            items.restand(opened, self.known.references, side, Standing.CARRIED, self._opened_on(side)),
            items.restand(items.since(lately, first_day), self.known.references, side, Standing.RECENT, {}),
            items.restand(items.since(before, first_day), self.known.references, side, Standing.RECENT, {}),
        ]
        return items.join(*parts)

    def _opened_on(self, side: Side) -> dict[str, int]:
        presence = [one for one in self.breaks if one.side is side and len(one.item_ids) == 1]
        return {one.subject: day_number(one.opened_on) for one in presence}

    def _differences(self, schema: pa.Schema) -> pa.Table:
        """An open item for every amount difference of this run."""
        rows = self.groups.filter(pc.not_equal(self.groups["difference"], 0))
        by_id = {one.subject: one for one in self.breaks if one.facet == "amount"}
        made = []
        for group in rows.to_pylist():
            found = by_id[group["group_id"]]
            made.append(
                {
                    "item_id": found.subject, "source": found.source, "account": found.account,
                    "currency": found.currency, "kind": "difference", "role": int(Role.DIFFERENCE),
                    "amount": found.amount_minor, "stated": 0, "fee": 0, "has_fee": 0, "expected_fee": 0,
                    "has_expected_fee": 0, "day": day_number(found.day), "batch": "", "natural_key": "",
                    "content": "", "label": found.label, "standing": 1, "settled": 0,
                    "opened_on": day_number(found.opened_on), "side": int(found.side), "n": -1,
                    "state": "break", "class": "amount", "reason": found.reason,
                }
            )  # fmt: skip
        return pa.Table.from_pylist(made, schema=schema)
