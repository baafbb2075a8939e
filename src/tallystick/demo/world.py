"""Who takes part in the demo, where they listen, and what each is set up with."""

from __future__ import annotations

import datetime
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tallystick import sandbox
from tallystick.base import MICROSECONDS_PER_SECOND, Clock, Instant, ProcessorSettings, after, day, iso, start_of

HOST = "127.0.0.1"
OPENS_AT_HOUR = 9
RESOLVE_AFTER_SECONDS = 6
"""Longer than a killed server is away: whoever asked comes back first and goes on with its own request."""
PROCESSOR_TIMEOUT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Processor:
    """A sandbox, with what distinguishes it."""

    name: str
    approval_basis_points: int
    fee: sandbox.Fee
    immune: tuple[str, ...] = ()


PROCESSORS = (
    Processor("meridian", 9_550, sandbox.Fee(240, 25)),
    Processor("harbour", 9_100, sandbox.Fee(310, 10), immune=("unavailable",)),
)
"""The second one does not act on the card that makes a processor unavailable, so that payments cascade to it."""
HARBOUR_FIRST = ("JPY", "KWD")
STARTING_MONEY = {"EUR": 1_250_000, "USD": 2_000_000, "GBP": 480_000, "JPY": 9_000_000, "KWD": 350_000}


class ShiftedBy:
    """The machine's clock moved by a fixed number of microseconds, the same in every process of a demo."""

    def __init__(self, clock: Clock, shift_us: int) -> None:
        self.shift_us = shift_us
        self._clock = clock

    def now(self) -> Instant:
        return Instant(self._clock.now() + self.shift_us)

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


def business_clock(machine: Clock) -> ShiftedBy:
    """A clock that reads nine o'clock of today now: no demo, however long, gets near midnight."""
    now = machine.now()
    opens = start_of(day(now)) + OPENS_AT_HOUR * 3600 * MICROSECONDS_PER_SECOND
    return ShiftedBy(machine, opens - now)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everybody listens."""

    server: int
    processors: Mapping[str, int]


def free_ports(wanted: int) -> Ports:
    """Ports that nobody listens on at this moment; the server gets `wanted` when it is free."""
    held = [_bound(wanted) or _bound(0), *(_bound(0) for _ in PROCESSORS)]
    numbers = [each.getsockname()[1] for each in held if each is not None]
    for each in held:
        if each is not None:
            each.close()
    return Ports(numbers[0], dict(zip((one.name for one in PROCESSORS), numbers[1:], strict=True)))


def _bound(port: int) -> socket.socket | None:
    made = socket.socket()
    try:
        made.bind((HOST, port))
    except OSError:
        made.close()
        return None
    return made


@dataclass(slots=True)
class World:
    """One demo's folder, clock, addresses and secrets."""

    folder: Path
    seed: int
    clock: ShiftedBy
    ports: Ports
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def day(self) -> datetime.date:
        """The business day."""
        return day(self.clock.now())

    def day_after(self) -> Instant:
        """Just after the business day, when it may be closed; the demo does not wait for midnight."""
        return after(start_of(self.day), days=1, seconds=60)

    @property
    def url(self) -> str:
        """The platform's base address."""
        return f"http://{HOST}:{self.ports.server}"

    @property
    def database_url(self) -> str:
        """The file with the books."""
        return f"sqlite:///{self.folder / 'tallystick.sqlite'}"

    @property
    def inbox(self) -> Path:
        """Where files of processors and bank arrive."""
        return self.folder / "inbox"

    @property
    def settings_file(self) -> Path:
        """The server's settings."""
        return self.folder / "tallystick.toml"

    def processor_url(self, name: str) -> str:
        """A sandbox's base address."""
        return f"http://{HOST}:{self.ports.processors[name]}"

    def processors(self) -> dict[str, ProcessorSettings]:
        """The processors as the server's settings have them."""
        return {
            one.name: ProcessorSettings.model_validate(
                {
                    "url": self.processor_url(one.name),
                    "api_key": self.key_of(one.name),
                    "notification_secret": self._derived(one.name, "news"),
                    "fee_basis_points": one.fee.basis_points,
                    "fee_fixed_minor": one.fee.fixed_minor,
                    "timeout_seconds": PROCESSOR_TIMEOUT_SECONDS,
                }
            )
            for one in PROCESSORS
        }

    def key_of(self, name: str) -> str:
        """The key a sandbox knows the platform by."""
        return self._derived(name, "key")

    def _derived(self, name: str, purpose: str) -> str:
        return f"{name}-{purpose}-{self.secret[:12]}"

    def write_settings(self) -> None:
        """Write what each process is started with; the server's file also serves `tallystick serve` later on."""
        self.settings_file.write_text(self._toml(), encoding="utf-8")
        for one in PROCESSORS:
            self.sandbox_file(one.name).write_bytes(msgspec.json.format(msgspec.json.encode(self._sandbox(one))))

    def sandbox_file(self, name: str) -> Path:
        """A sandbox's settings."""
        return self.folder / f"{name}.json"

    def _sandbox(self, one: Processor) -> sandbox.SandboxSettings:
        return sandbox.SandboxSettings(
            name=one.name,
            host=HOST,
            port=self.ports.processors[one.name],
            api_key=self.key_of(one.name),
            file=str(self.folder / f"{one.name}.sqlite"),
            seed=self.seed,
            approval_basis_points=one.approval_basis_points,
            fee=one.fee,
            dispute_fee_minor=500,
            immune=one.immune,
            notify_url=f"{self.url}/v1/notifications/{one.name}",
            notification_secret=self._derived(one.name, "news"),
            opening_balances=STARTING_MONEY,
        )

    def _toml(self) -> str:
        lines = [
            f'database_url = "{self.database_url}"',
            f'host = "{HOST}"',
            f"port = {self.ports.server}",
            f'secret_key = "{self.secret}"',
            f"resolve_after_seconds = {RESOLVE_AFTER_SECONDS}",
            "webhook_timeout_seconds = 3",
            'log_level = "warning"',
        ]
        for name, one in self.processors().items():
            lines += [
                f"\n[processors.{name}]",
                f'url = "{one.url}"',
                f'api_key = "{one.api_key.get_secret_value()}"',
                f'notification_secret = "{one.notification_secret.get_secret_value()}"',
                f"fee_basis_points = {one.fee_basis_points}",
                f"fee_fixed_minor = {one.fee_fixed_minor}",
                f"timeout_seconds = {one.timeout_seconds}",
            ]
        for currency in HARBOUR_FIRST:
            lines += [
                f"\n[routing_rules.{currency.lower()}]",
                f'currency = "{currency}"',
                'processors = ["harbour", "meridian"]',
            ]
        return "\n".join(lines) + "\n"

    def environment(self) -> dict[str, str]:
        """The environment of the processes: this one's, without settings meant for another platform."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
        if plain.pop("PYTHONDONTWRITEBYTECODE", ""):
            # Without compiled modules each start takes seconds, and a killed server starts often.
            plain["PYTHONPYCACHEPREFIX"] = str(self.folder.parent / "bytecode")
        return plain | {"TALLYSTICK_SETTINGS": str(self.settings_file)}

    def told(self) -> str:
        """The business day and hour, for people."""
        return iso(self.clock.now())[:16].replace("T", " ") + " UTC"
