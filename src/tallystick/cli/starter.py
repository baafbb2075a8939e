"""The spec that `tallystick reconcile --init` writes: small, complete, explained, and it runs."""

STARTER = """\
# What is ours (left) against what the other party says (right).
#   tallystick reconcile --spec reconcile.yaml ours.csv theirs.csv
# All a spec may say: docs/reference/reconciliation.md
name: ours_vs_theirs
scope: [currency]                      # items match only within one currency

tokens:                                # kinds of reference, and what one of them names
  order: {identifies: payment}

left:
  name: ours
  columns:                             # the names in the header line of your file
    key: [id]                          # names a row for good
    amount: {column: amount}           # decimal text, such as 49.90; {column: amount_minor, form: minor} for cents
    currency: {column: currency}       # or {value: EUR} for all rows
    day: {column: date}                # 2026-11-21; a time after it is ignored
    references:
      order: {column: order}
    label: [order]                     # how people recognise a row
  expected: {days: 1, missing_after_days: 3}

right:
  name: theirs
  columns:
    key: [reference]
    amount: {column: amount}
    currency: {column: currency}
    day: {column: date}
    references:
      order: {column: order}
    label: [reference, order]
  expected: {days: 1, missing_after_days: 3}

tiers:                                 # tried in this order; each match keeps its evidence
  - {rule: strong_key, keys: [order]}

owners:                                # who settles which breaks, and within how many days
  - {owner: finance, class: amount, due_days: 2}
  - {owner: operations, due_days: 1}
"""
