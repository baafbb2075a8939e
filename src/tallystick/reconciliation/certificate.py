"""An independent check of the evidence of automatic matches.

`check` shares no code with the engine: it goes through the items themselves, in plain Python, and asks again every
question a certificate answers (docs/reference/reconciliation.md, "Certificate"):

1. scope: all members agree in every scope column (and, outside batches, in direction);
2. evidence: all members carry the key (in a batch: its name); for a discriminator, the expected number of accidental
   partners is below the policy on both sides;
3. uniqueness: nobody else in the whole universe (new, carried, recently matched) carries it;
4. arithmetic: left = right + named adjustments, in whole minor units.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from tallystick.reconciliation.chance import Chance
from tallystick.reconciliation.evidence import Certificate
from tallystick.reconciliation.result import Run
from tallystick.reconciliation.rules import Batch, CompositeExact, Exchangeable, StrongKey, Tier


class Witness:
    """Knows the universe of a run by heart, so that many certificates can be checked."""

    def __init__(self, run: Run) -> None:
        self._spec = run.spec
        self._tiers = [(tier, one) for tier in run.spec.tiers for one in tier.passes()]
        aside = set(run.superseded["n"].to_pylist())
        rows = run.known.rows.to_pylist()
        self._alive = {
            n: row for n, row in enumerate(rows) if n not in aside and row["role"] < 2 and not row["settled"]
        }
        self._number = {(row["side"], row["item_id"]): n for n, row in self._alive.items() if row["standing"] < 2}
        self._tokens: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
        self._bearers: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        names = ("n", "kind", "token")
        for n, kind, token in zip(*(run.known.references[name].to_pylist() for name in names), strict=True):
            if n in self._alive and self._alive[n]["role"] == 0:
                self._tokens[n].add((kind, token))
                self._bearers[(kind, token)].add(n)
        self._same = Counter(self._likeness(row) for row in self._alive.values() if row["role"] == 0)

    def complaints(self, certificate: Certificate) -> list[str]:
        """What is wrong with it; empty for a good one."""
        tier, one = self._tiers[certificate.tier]
        if one.rule != certificate.rule:
            return [f"tier {certificate.tier} is {one.rule}, not {certificate.rule}"]
        numbers = [self._number.get((side, item_id)) for side, item_id, _ in certificate.members]
        if None in numbers:
            return ["a member is not an item of this run"]
        members = [number for number in numbers if number is not None]
        found = self._scope(certificate, members, tier) + self._arithmetic(certificate, members)
        if isinstance(tier, Batch):
            return found + self._batch(certificate, members, tier)
        return found + self._evidence(certificate, members, tier)

    def _scope(self, certificate: Certificate, members: list[int], tier: Tier) -> list[str]:
        rows = [self._alive[n] for n in members]
        found = [f"members disagree in {name}" for name in self._spec.scope if len({row[name] for row in rows}) != 1]
        if not isinstance(tier, Batch) and len({_sign(row["amount"]) for row in rows}) != 1:
            found.append("members move money in different directions")
        if {row["side"] for row in rows} != {0, 1}:
            found.append("a match needs both sides")
        days = [row["day"] for row in rows]
        return found + ([] if (min(days), max(days)) == certificate.days else ["days differ from the items'"])

    def _arithmetic(self, certificate: Certificate, members: list[int]) -> list[str]:
        sums = [sum(self._alive[n]["amount"] for n in members if self._alive[n]["side"] == side) for side in (0, 1)]
        allocated = sum(amount if side == 0 else -amount for side, _, amount in certificate.members)
        found = [] if tuple(sums) == certificate.sums else ["sums differ from the items'"]
        if allocated != sum(amount for _, amount in certificate.adjustments):
            found.append("left is not right plus the named adjustments")
        return found

    def _bearing(self, certificate: Certificate, like: dict[str, Any], amount: bool) -> set[int]:
        """Everybody in the universe who carries the key in this scope and direction."""
        scope = [like[name] for name in self._spec.scope]
        return {
            n
            for n in self._bearers[(certificate.key_kind, certificate.key_token)]
            for row in (self._alive[n],)
            if [row[name] for name in self._spec.scope] == scope and _sign(row["amount"]) == _sign(like["amount"])
            if not amount or row["amount"] == like["amount"]
        }

    def _evidence(self, certificate: Certificate, members: list[int], tier: Tier) -> list[str]:
        like = self._alive[members[0]]
        bearing = self._bearing(certificate, like, amount=isinstance(tier, Exchangeable))
        found = [] if bearing == set(members) else ["the members are not exactly those who carry the key"]
        sides = Counter(self._alive[n]["side"] for n in members)
        span = certificate.days[1] - certificate.days[0]
        match tier:
            case StrongKey():
                found += ["a leg too many"] if tier.legs == "one" and set(sides.values()) != {1} else []
                found += ["uses of the key lie too far apart"] if span > tier.within_days else []
            case Exchangeable():
                found += ["as many left as right are needed"] if sides[0] != sides[1] else []
                found += ["uses of the key lie too far apart"] if span > tier.within_days else []
                found += ["amounts differ"] if len({self._alive[n]["amount"] for n in members}) != 1 else []
            case CompositeExact():
                found += self._composite(certificate, members, tier)
        return found

    def _composite(self, certificate: Certificate, members: list[int], tier: CompositeExact) -> list[str]:
        if sorted(self._alive[n]["side"] for n in members) != [0, 1]:
            return ["a pair is one left and one right item"]
        left, right = sorted((self._alive[n] for n in members), key=lambda row: int(row["side"]))
        found = [] if left["amount"] == right["amount"] else ["amounts differ"]
        if not tier.from_days <= right["day"] - left["day"] <= tier.until_days:
            found.append("the days lie outside the window")
        key = (certificate.key_kind, certificate.key_token)
        for row in (left, right):
            if sum(self._alive[n]["side"] == row["side"] for n in self._bearers[key]) != 1:
                found.append("the discriminator is used elsewhere")
            candidates = self._same[self._likeness(row)]
            if not self._chance(certificate.key_kind, row["side"]).expected(candidates) < tier.policy():
                found.append("an accident is too likely")
        return found

    def _batch(self, certificate: Certificate, members: list[int], tier: Batch) -> list[str]:
        side = 0 if tier.members == "left" else 1
        like = self._alive[members[0]]
        scope = [like[name] for name in self._spec.scope]
        batch = {
            n
            for n, row in self._alive.items()
            if row["side"] == side and row["batch"] == certificate.key_token
            if [row[name] for name in self._spec.scope] == scope
        }
        lines = {
            n
            for n in self._bearers[(certificate.key_kind, certificate.key_token)]
            if self._alive[n]["side"] != side and [self._alive[n][name] for name in self._spec.scope] == scope
        }
        found = [] if batch | lines == set(members) else ["the members are not exactly the batch and its line"]
        found += [] if len(lines) == 1 else ["a batch is paid by exactly one line"]
        gap = sum(self._alive[n]["day"] for n in lines) - max((self._alive[n]["day"] for n in batch), default=0)
        return found + ([] if tier.arrives_from <= gap <= tier.arrives_until else ["the line lies outside the window"])

    def _chance(self, kind: str, side: int) -> Chance:
        uses = Counter(
            sum(self._alive[n]["side"] == side for n in bearers)
            for (name, _), bearers in self._bearers.items()
            if name == kind
        )
        pairs = sum(many * count * (count - 1) // 2 for count, many in uses.items())
        tokens = sum(many * count for count, many in uses.items())
        return Chance(tokens, uses[1], uses[2], pairs, self._spec.tokens[kind].space)

    def _likeness(self, row: dict[str, Any]) -> tuple[Any, ...]:
        return (row["side"], row["amount"], *(row[name] for name in self._spec.scope))


def check(run: Run, certificates: Iterable[Certificate]) -> list[str]:
    """Every complaint about `certificates` against the items of `run`; empty when all of them hold."""
    witness = Witness(run)
    return [f"{one.group_id}: {complaint}" for one in certificates for complaint in witness.complaints(one)]


def _sign(amount: int) -> int:
    return (amount > 0) - (amount < 0)


__all__ = ["Certificate", "Witness", "check"]
