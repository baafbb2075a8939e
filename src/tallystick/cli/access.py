"""Commands for who is paid and with which keys: merchants, their fees, API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tallystick.cli.root import Terminal, opened, run
from tallystick.cli.terminal import in_mode

if TYPE_CHECKING:
    from tallystick import merchants as room


@click.group("merchants")
def merchants() -> None:
    """Those who are paid through the platform."""


@merchants.command("add")
@click.option("--name", required=True, help="As customers know them.")
@click.option("--email", required=True, help="Where they are reached.")
@click.option("--country", default="DE", show_default=True, help="Two letters of ISO 3166.")
@click.option("--currency", default="EUR", show_default=True, help="Three letters of ISO 4217.")
@click.option("--id", "merchant_id", help="An id of your own (acct_…); adding it twice is harmless.")
@click.pass_obj
def add_merchant(
    terminal: Terminal, name: str, email: str, country: str, currency: str, merchant_id: str | None
) -> None:
    """Enrol a merchant.

    \b
    Example:
        tallystick merchants add --name "Corner Shop" --email shop@example.com
    """
    from tallystick import merchants as room

    async def work() -> room.Merchant:
        async with opened(terminal) as (_, database):
            return await room.create_merchant(
                database,
                name=name,
                email=email,
                country=country.upper(),
                default_currency=currency.upper(),
                now=terminal.clock.now(),
                merchant_id=merchant_id,
            )

    merchant = run(work())
    terminal.say({"id": merchant.id, "name": merchant.name}, f"{merchant.id}  {merchant.name}")


@merchants.command("list")
@click.pass_obj
def list_merchants(terminal: Terminal) -> None:
    """List all merchants, the oldest first."""
    from tallystick import merchants as room

    async def work() -> list[tuple[room.Merchant, room.FeePlan]]:
        async with opened(terminal) as (_, database):
            return [(one, await room.fee_plan(database, one.id)) for one in await room.list_merchants(database)]

    rows = [
        {
            "id": one.id,
            "name": one.name,
            "email": one.email,
            "country": one.country,
            "currency": one.default_currency,
            "fee_basis_points": plan.basis_points,
        }
        for one, plan in run(work())
    ]
    columns = ("id", "name", "email", "country", "currency", "fee_basis_points")
    terminal.table(
        rows, columns, right=("fee_basis_points",), none="no merchants yet: add one with `tallystick merchants add`"
    )


@merchants.command("fee")
@click.argument("merchant_id")
@click.option("--basis-points", type=click.IntRange(0, 10_000), required=True, help="Hundredths of a percent.")
@click.option("--fixed", multiple=True, help="Fixed part in minor units, such as EUR=25; several times.")
@click.pass_obj
def set_fee(terminal: Terminal, merchant_id: str, basis_points: int, fixed: tuple[str, ...]) -> None:
    """Set what the platform charges a merchant, from now on.

    \b
    Example:
        tallystick merchants fee acct_… --basis-points 150 --fixed EUR=25 --fixed JPY=30
    """
    from tallystick import merchants as room

    parts = dict(one.upper().split("=", 1) for one in fixed if "=" in one)
    if len(parts) != len(fixed) or not all(part.isascii() and part.isdigit() for part in parts.values()):
        raise click.BadParameter("give each currency once, as EUR=25", param_hint="--fixed")
    amounts = {currency: int(part) for currency, part in parts.items()}

    async def work() -> None:
        async with opened(terminal) as (_, database):
            await room.set_fee_plan(database, merchant_id=merchant_id, basis_points=basis_points, fixed_minor=amounts)

    run(work())
    text = " + ".join([f"{basis_points} basis points", *(f"{part} {currency}" for currency, part in amounts.items())])
    terminal.say({"id": merchant_id, "basis_points": basis_points, "fixed_minor": amounts}, f"{merchant_id}  {text}")


@click.group()
def keys() -> None:
    """API keys: shown once, kept as digests, revocable."""


_PLATFORM = {"name": "Platform", "email": "platform@localhost.invalid", "country": "DE", "default_currency": "EUR"}
"""Who a platform key belongs to; it sees every merchant's books, and takes no payments of its own."""


@keys.command("issue")
@click.option("--merchant", required=True, help="Whose key it is (acct_…), or `platform` for reconciliation and close.")
@in_mode
@click.option(
    "--kind",
    type=click.Choice(["secret", "publishable"]),
    default="secret",
    show_default=True,
    help="Secret keys are for servers, publishable ones for pages and apps.",
)
@click.option("--name", default="", help="What it is for.")
@click.pass_obj
def issue_key(terminal: Terminal, merchant: str, livemode: bool, kind: str, name: str) -> None:
    """Issue a key. Its secret is printed now and never again.

    \b
    Example:
        tallystick keys issue --merchant acct_… --name "web shop"
    """
    from tallystick import merchants as room

    async def work() -> room.IssuedKey:
        async with opened(terminal) as (settings, database):
            if merchant == room.PLATFORM:
                await room.create_merchant(database, **_PLATFORM, now=terminal.clock.now(), merchant_id=merchant)
            return await room.issue_key(
                database,
                room.pepper_of(settings.secret_key.get_secret_value()),
                merchant_id=merchant,
                kind=room.KeyKind(kind),
                livemode=livemode,
                name=name,
                now=terminal.clock.now(),
            )

    issued = run(work())
    terminal.say({"id": issued.key.id, "secret": issued.secret}, f"{issued.key.id}  {issued.secret}")


@keys.command("list")
@click.option("--merchant", required=True, help="Whose keys (acct_…).")
@in_mode
@click.pass_obj
def list_keys(terminal: Terminal, merchant: str, livemode: bool) -> None:
    """List a merchant's keys, revoked ones too, the newest first."""
    from tallystick import merchants as room

    async def work() -> list[room.ApiKey]:
        async with opened(terminal) as (_, database):
            await room.merchant_of(database, merchant)
            return await room.list_keys(database, merchant_id=merchant, livemode=livemode)

    rows = [
        {
            "id": key.id,
            "kind": key.kind.value,
            "key": key.hint,
            "state": "active" if key.revoked is None else "revoked",
            "name": key.name,
        }
        for key in run(work())
    ]
    terminal.table(rows, ("id", "kind", "key", "state", "name"), none="no keys in this mode")


@keys.command("revoke")
@click.argument("key_id")
@click.option("--merchant", required=True, help="Whose key it is (acct_…).")
@click.pass_obj
def revoke_key(terminal: Terminal, key_id: str, merchant: str) -> None:
    """Revoke a key; servers stop taking it within two seconds."""
    from tallystick import merchants as room

    async def work() -> room.ApiKey:
        async with opened(terminal) as (_, database):
            return await room.revoke_key(database, key_id=key_id, merchant_id=merchant, now=terminal.clock.now())

    key = run(work())
    terminal.say({"id": key.id, "state": "revoked"}, f"{key.id}  revoked")
