"""Proof that bulk rows are what the platform would have written: real payments, made and indexed, against stencils."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bench.search.orders import Order, Town
from bench.search.shapes import SHAPES, TOKENS, known_suffixes, new_customer, rows_of, tokens_of, values_of
from bench.search.shop import Shop
from bench.search.stencil import Stencil
from tallystick import db

EACH = 4


async def prove(shop: Shop, stencils: list[Stencil], town: Town) -> int:
    """Play `EACH` random payments of every shape and compare all their rows and tokens; how many were compared.

    Raises AssertionError for a row that differs.
    """
    played = []
    for number in range(len(SHAPES) * EACH):
        merchant = number % len(shop.merchants)
        customer = await new_customer(shop, merchant) if number % 3 else ""
        order = town.order(
            number, shop.app.clock.now(), number % len(SHAPES), town.somebody(merchant, number, customer)
        )
        played.append((order, await SHAPES[order.shape].play(shop.clients[merchant], order)))
    await shop.index()
    for order, payment in played:
        await _compare(shop, stencils[order.shape], order, payment)
    return len(played)


async def _compare(shop: Shop, stencil: Stencil, order: Order, payment: str) -> None:
    real = await rows_of(shop, payment)
    merchant = shop.merchants[order.person.merchant]
    ids = known_suffixes(real, order, merchant)
    assert len(ids) == len(stencil.fresh), (SHAPES[order.shape].name, ids, stencil.fresh)
    filled = stencil.filled(values_of(order, merchant, ids, real["payment_intents"][0]["secret"]))
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in real}
    for table, columns, cells in filled:
        made[table].append(dict(zip(columns, cells, strict=True)))
    for name, rows in real.items():
        assert made[name] == rows, f"{SHAPES[order.shape].name}: {name}\n{differences(made[name], rows)}"
    _, columns, cells = filled[0]
    kept_in = db.METADATA.tables[TOKENS]
    kept = await shop.database.fetch(select(kept_in).where(kept_in.c.payment == payment))
    assert set(tokens_of(columns, cells)) == {tuple(row.values()) for row in kept}, SHAPES[order.shape].name


def differences(made: list[dict[str, Any]], real: list[dict[str, Any]]) -> str:
    """The columns in which rows differ."""
    pairs = zip(made, real, strict=True)
    return "\n".join(
        f"{key}: {ours[key]!r} is {row[key]!r}" for ours, row in pairs for key in row if ours[key] != row[key]
    )
