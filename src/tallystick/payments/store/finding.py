"""Search: walk along the rarest of what is asked for, and look the rest up at each step.

How rare a term is, is counted up to a cap, along its index. A walk looks at no more than `FURTHEST` entries, so that a
search for two frequent words that seldom meet is answered in bounded time with the page's part that was found so far,
and the place to go on from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, exists, func, select

from tallystick import db
from tallystick.payments.store import tables
from tallystick.payments.store.lists import Window, bounds_of, ranges

COUNTED = 1_000
NEAREST, FURTHEST, SHORTEST = 250, 2_500, 100
_TOKEN = "token"
_UNWALKED = frozenset({"amount"})
"""Columns without an index: they are looked at along the walk of something else."""
_P, _T = tables.PAYMENTS, tables.SEARCH_TOKENS


@dataclass(frozen=True, slots=True)
class Effort:
    """What a search may cost: terms are counted up to `counted`, and walks of `reaches` entries are tried in turn."""

    counted: int = COUNTED
    reaches: tuple[int, ...] = (NEAREST, FURTHEST)


def effort(walks: int) -> Effort:
    """The effort for each of so many merchants that are searched for one page: they share what one would have, down to
    a walk that is worth its while."""
    furthest = max(SHORTEST, FURTHEST // max(1, walks))
    return Effort(max(NEAREST, COUNTED // max(1, walks)), tuple(sorted({min(NEAREST, furthest), furthest})))


@dataclass(frozen=True, slots=True)
class Page:
    """Up to `limit` + 1 rows, nearest to the cursor first; `stopped_at` is the key where a long walk was given up."""

    rows: list[dict[str, Any]]
    stopped_at: str | None = None


async def search(
    database: db.Database,
    *,
    merchant: str,
    livemode: bool,
    tokens: Sequence[str],
    equals: Mapping[str, str | int],
    window: Window,
    effort: Effort,
) -> Page:
    """Payments that carry all `tokens` and whose columns in `equals` have these values, until the page is full, the
    walk is at its end, or the effort is spent."""
    values: dict[str, Any] = {"merchant": merchant, "livemode": livemode, "most": window.limit + 1}
    bounds = bounds_of("pi", window)
    terms = [(_TOKEN, token) for token in tokens]
    terms += [(name, str(value)) for name, value in equals.items() if name not in _UNWALKED]
    looked_at = {name: value for name, value in equals.items() if name in _UNWALKED}
    assert terms or not looked_at, "something is walked along"
    first, rest = await _rarest_first(database, terms, values, effort.counted)
    values |= bounds | {"first": first[1] if first else ""}
    others = [value for kind, value in rest if kind == _TOKEN]
    columns = {**{kind: value for kind, value in rest if kind != _TOKEN}, **looked_at}
    values |= {f"token{n}": token for n, token in enumerate(others)}
    values |= {f"is_{name}": value for name, value in columns.items()}
    query = _search(
        first[0] if first else "", len(others), tuple(columns), tuple(bounds), window.newer_than is not None
    )
    more = bool(rest or looked_at)
    for reach in effort.reaches if more else (window.limit + 1,):
        rows = await database.fetch(query, values | {"reach": reach})
        if len(rows) > window.limit or not more:
            return Page(rows)
        last = await database.first(_last(first[0] if first else "", tuple(bounds), window), values | {"reach": reach})
        if last is None:
            return Page(rows)
    assert last is not None, "the walk was not at its end"
    return Page(rows, last["key"])


async def _rarest_first(
    database: db.Database, terms: list[tuple[str, str]], values: dict[str, Any], most: int
) -> tuple[tuple[str, str] | None, list[tuple[str, str]]]:
    """The term that fewest payments have, counted up to `most`, and the others."""
    if len(terms) < 2:
        return (terms[0] if terms else None), []
    asked = values | {"reach": most} | {f"term{n}": value for n, (_, value) in enumerate(terms)}
    counts = await database.first(_counts(tuple(kind for kind, _ in terms)), asked)
    assert counts is not None, "counts are always answered"
    counted = sorted((counts[f"count{n}"], kind, value) for n, (kind, value) in enumerate(terms))
    ordered = [(kind, value) for _, kind, value in counted]
    return ordered[0], ordered[1:]


def _walk(kind: str, term: str = "first") -> tuple[Any, list[Any]]:
    """The key and the conditions of the index along which a term is found; `term` names its parameter."""
    place: Any = _T if kind == _TOKEN else _P
    conditions = [place.c.merchant == bindparam("merchant"), place.c.livemode == bindparam("livemode")]
    if kind:
        conditions.append(place.c[kind] == bindparam(term))
    return (_T.c.payment if kind == _TOKEN else _P.c.id), conditions


@lru_cache(maxsize=128)
def _counts(kinds: tuple[str, ...]) -> db.Query:
    """One row: how often each term comes, up to a cap."""
    columns = []
    for n, kind in enumerate(kinds):
        key, conditions = _walk(kind, f"term{n}")
        capped = select(key.label("key")).where(*conditions).limit(bindparam("reach")).subquery(f"capped{n}")
        columns.append(select(func.count()).select_from(capped).scalar_subquery().label(f"count{n}"))
    return db.Query(select(*columns))


@lru_cache(maxsize=256)
def _reached(kind: str, bounds: tuple[str, ...], ascending: bool) -> Any:
    key, conditions = _walk(kind)
    order = key.asc() if ascending else key.desc()
    chosen = [ranges(key)[name] for name in bounds]
    return select(key.label("key")).where(*conditions, *chosen).order_by(order).limit(bindparam("reach"))


def _last(kind: str, bounds: tuple[str, ...], window: Window) -> db.Query:
    return _last_reached(kind, bounds, window.newer_than is not None)


@lru_cache(maxsize=256)
def _last_reached(kind: str, bounds: tuple[str, ...], ascending: bool) -> db.Query:
    """The last key of a full walk; no row when the walk came to its end before."""
    reached = _reached(kind, bounds, ascending).subquery()
    end = func.max(reached.c.key) if ascending else func.min(reached.c.key)
    full = func.count() == bindparam("reach")
    return db.Query(select(end.label("key")).select_from(reached).having(full))


def _carries(n: int, key: Any) -> Any:
    """The payment with this key has the n-th token."""
    other = _T.alias(f"t{n}")
    return exists().where(
        other.c.merchant == bindparam("merchant"),
        other.c.livemode == bindparam("livemode"),
        other.c.token == bindparam(f"token{n}"),
        other.c.payment == key,
    )


@lru_cache(maxsize=512)
def _search(kind: str, others: int, columns: tuple[str, ...], bounds: tuple[str, ...], ascending: bool) -> db.Query:
    walk = _reached(kind, bounds, ascending).subquery("walk")
    # EXISTS and not a join, which a planner might begin with the frequent word; and the limit, though it takes nothing
    # away where columns are still to be looked at, keeps PostgreSQL from reading the payments of the whole walk first.
    hits = (
        select(walk.c.key)
        .where(*(_carries(n, walk.c.key) for n in range(others)))
        .order_by(walk.c.key.asc() if ascending else walk.c.key.desc())
        .limit(bindparam("reach" if columns else "most"))
        .subquery("hits")
    )
    return db.Query(
        select(_P)
        .select_from(hits.join(_P, _P.c.id == hits.c.key))
        .where(*(_P.c[name] == bindparam(f"is_{name}") for name in columns))
        .order_by(hits.c.key.asc() if ascending else hits.c.key.desc())
        .limit(bindparam("most"))
    )
