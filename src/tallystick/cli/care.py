"""Commands for whoever keeps it running: tables up to date, and is all well."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import click

from tallystick import db, ledger
from tallystick.base import Settings
from tallystick.cli.root import Terminal, found, opened, run

Level = Literal["ok", "warning", "bad"]
_MARKS: dict[Level, str] = {"ok": "✓", "warning": "!", "bad": "✗"}


@click.command()
@click.pass_obj
def migrate(terminal: Terminal) -> None:
    """Bring the database to today's tables; running it again is harmless."""
    settings = terminal.settings()
    before = run(db.revision(settings.database_url))
    run(db.migrate(settings.database_url))
    after = run(db.revision(settings.database_url))
    text = f"the tables are at revision {after}" + ("" if before == after else f" (before: {before or 'none'})")
    terminal.say({"before": before, "after": after}, text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    text: str


@click.command()
@click.pass_obj
def doctor(terminal: Terminal) -> None:
    """Look at settings, database, books and processors; leaves with 3 when something is bad."""
    settings = terminal.settings()
    findings = [_secret(settings), *run(_database(terminal, settings))]
    for finding in findings:
        terminal.say(asdict(finding), f"{_MARKS[finding.level]} {finding.check}: {finding.text}")
    if any(finding.level == "bad" for finding in findings):
        found()


def _secret(settings: Settings) -> Finding:
    default = Settings.model_fields["secret_key"].default.get_secret_value()
    if settings.secret_key.get_secret_value() == default:
        return Finding("secret key", "warning", "the built-in one; set TALLYSTICK_SECRET_KEY before going live")
    return Finding("secret key", "ok", "set")


async def _database(terminal: Terminal, settings: Settings) -> list[Finding]:
    try:
        at = await db.revision(settings.database_url)
    except Exception as error:  # whatever the driver raises, the finding is that it cannot be reached
        return [Finding("database", "bad", f"cannot be reached: {error}")]
    if at != db.head_revision():
        return [Finding("database", "bad", f"is at revision {at or 'none'}; run `tallystick migrate`")]
    async with opened(terminal) as (_, database):
        return [Finding("database", "ok", f"revision {at}"), *await _books(database)]


async def _books(database: db.Database) -> list[Finding]:
    findings = []
    for livemode in (False, True):
        mode = "live" if livemode else "test"
        sums: dict[str, int] = {}
        rows = await ledger.trial_balance(database, livemode=livemode)
        for row in rows:
            sums[row.account.currency] = sums.get(row.account.currency, 0) + row.balance.net_debit
        wrong = {currency: amount for currency, amount in sums.items() if amount}
        text = f"off by {wrong}" if wrong else f"{len(rows)} accounts in {len(sums)} currencies sum to zero"
        findings.append(Finding(f"books ({mode})", "bad" if wrong else "ok", text))
    return findings
