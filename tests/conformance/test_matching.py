"""Labelled data of others: how much is matched automatically, and that none of it is wrong.

`splink-transactions` are 27,196 payments seen from both ends, with cut memos, later days and (three in four) other
amounts. One memo in twelve carries eight random hexadecimal digits; those prove something, names do not. The other sets
hold people, not money, and are refused for want of an amount. Truth is joined by the row, never shown to the matcher.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

import tallystick.reconciliation as recon
from tallystick.base import Refused
from tallystick.reconciliation import ReconciliationRefusal, Run, Spec

AS_OF = date(2022, 6, 30)
PAIRS = 27_196
SOURCE = """
  columns:
    amount: {{column: amount, form: shortest_decimal}}
    currency: {{value: GBP}}
    day: {{column: transaction_date}}
    references: {{token: {token}}}
"""
HEX = "{column: memo, pieces: hex, at_least: 8, at_most: 8}"
MEMO = "{column: memo}"
WORDS = "{column: memo, pieces: alphanumeric, at_least: 2}"
RANDOM, PLAIN, BOAST = "space: 4294967296", "space: 0", "space: 1000000000000"


def spec(token: str, space: str, *tiers: str) -> Spec:
    source = SOURCE.format(token=token)
    text = f"name: splink\ntokens: {{token: {{identifies: payment, {space}}}}}\n"
    text += f"left:\n  name: origin{source}right:\n  name: destination{source}tiers:\n"
    return recon.spec.parse(text + "".join(f"  - {{{tier}}}\n" for tier in tiers))


STRONG = "rule: strong_key, keys: [token]"
SUMMED = "rule: strong_key, keys: [token], legs: sum"
EXACT = "rule: composite_exact, discriminators: [token], until_days: 21"
LOOSE = "rule: composite_exact, discriminators: [token], until_days: 21, chance_below: [1, 101]"
BLOCK = "rule: exchangeable, keys: [token], within_days: 21"


def reconcile(samples: Path, wanted: Spec) -> tuple[Run, dict[str, tuple[int, int]]]:
    """The run, and right and wrong matches by rule."""
    paths = [samples / f"matching/splink-transactions_{name}.parquet" for name in ("origin", "destination")]
    sides = [
        recon.files.read(wanted, source, path) for source, path in zip((wanted.left, wanted.right), paths, strict=True)
    ]
    run = recon.run(wanted, *sides, as_of=AS_OF)
    truth = [
        dict(zip(side.rows["item_id"].to_pylist(), parquet.read_table(path)["ground_truth"].to_pylist(), strict=True))
        for side, path in zip(sides, paths, strict=True)
    ]
    members: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for link in run.matches():
        members[link.group_id][link.side].append(truth[link.side][link.item_id])
    rules = dict(zip(run.groups["group_id"].to_pylist(), run.groups["rule"].to_pylist(), strict=True))
    right = Counter(rules[name] for name, (left, other) in members.items() if sorted(left) == sorted(other))
    wrong = Counter(rules[name] for name, (left, other) in members.items() if sorted(left) != sorted(other))
    return run, {rule: (right[rule], wrong[rule]) for rule in right | wrong}


@pytest.mark.slow
def test_a_sensible_spec_matches_what_is_provable_and_nothing_else(samples: Path) -> None:
    run, found = reconcile(samples, spec(HEX, RANDOM, EXACT, STRONG))
    assert found == {"composite_exact": (376, 0), "strong_key": (1012, 0)}
    assert run.counts.by_class["amount"] == 1012, "a match of other amounts is a break, not a silent write-off"
    assert recon.certificate.check(run, run.certificates()[::20]) == []
    assert sum(good for good, _ in found.values()) * 10_000 // PAIRS == 510, "recall in hundredths of a percent"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("token", "space", "tiers"),
    [
        (MEMO, PLAIN, (STRONG,)),
        (MEMO, PLAIN, (SUMMED,)),
        (MEMO, PLAIN, (EXACT,)),
        (MEMO, PLAIN, (LOOSE,)),
        (MEMO, PLAIN, (BLOCK,)),
        (MEMO, BOAST, (EXACT, STRONG, BLOCK)),
        (WORDS, PLAIN, (LOOSE, SUMMED, BLOCK)),
        (WORDS, BOAST, (EXACT, STRONG)),
    ],
)
def test_no_spec_makes_it_match_strangers(samples: Path, token: str, space: str, tiers: tuple[str, ...]) -> None:
    """Specs that call names and memos an identity, or claim more randomness than there is."""
    _, found = reconcile(samples, spec(token, space, *tiers))
    assert sum(wrong for _, wrong in found.values()) == 0, found


@pytest.mark.parametrize("name", ["febrl-dataset1.csv", "febrl-dataset3.csv", "splink-fake_1000.csv"])
def test_people_are_refused_for_want_of_an_amount(samples: Path, name: str) -> None:
    wanted = recon.spec.parse(
        """
name: people
tokens: {person: {identifies: payment}}
left: &side {name: left, columns: {amount: {column: amount}, currency: {value: EUR}, day: {column: dob}, references: {person: {column: surname}}}}
right: {name: right, columns: {amount: {column: amount}, currency: {value: EUR}, day: {column: dob}, references: {person: {column: surname}}}}
tiers: [{rule: strong_key, keys: [person]}]
"""  # noqa: E501  # one line per side reads better than YAML folded for width
    )
    with pytest.raises(Refused) as refused:
        recon.files.read(wanted, wanted.left, samples / "matching" / name)
    assert refused.value.code is ReconciliationRefusal.COLUMN_MISSING
    assert "'amount'" in refused.value.message
