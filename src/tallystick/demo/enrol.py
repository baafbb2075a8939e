"""Before the shops open: tables, merchants with fees and keys, and the people who will look at the day."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tallystick import db, merchants
from tallystick.demo.day import SHOPS, Shop
from tallystick.demo.world import World

EMAIL = "operator@tallystick.example"
"""Signs in to the dashboard, with a password made for each demo."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to get into the dashboard."""

    email: str
    password: str


async def enrol(world: World, database: db.Database) -> tuple[dict[str, str], SignIn]:
    """The secret test key of each shop, and the sign-in."""
    keys = {shop.id: await _shop(world, database, shop) for shop in SHOPS}
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    user = await merchants.create_user(
        database, email=EMAIL, name="Olga Operator", password=password, now=world.clock.now()
    )
    await merchants.grant(database, user_id=user.id, role=merchants.Role.OWNER)
    return keys, SignIn(EMAIL, password)


async def _shop(world: World, database: db.Database, shop: Shop) -> str:
    await merchants.create_merchant(
        database,
        name=shop.name,
        email=shop.email,
        country=shop.country,
        default_currency=shop.currency,
        now=world.clock.now(),
        merchant_id=shop.id,
    )
    await merchants.set_fee_plan(
        database, merchant_id=shop.id, basis_points=shop.basis_points, fixed_minor=shop.fixed_minor
    )
    issued = await merchants.issue_key(
        database,
        merchants.pepper_of(world.secret),
        merchant_id=shop.id,
        kind=merchants.KeyKind.SECRET,
        livemode=False,
        name="demo",
        now=world.clock.now(),
    )
    return issued.secret
