"""The one place from which webhooks leave: a POST that follows no redirect, to no address inside our network.

The connection is made to the addresses that were checked, so a name that resolves differently a moment later (DNS
rebinding) gains nothing. No proxy, no cookies, no decompression, and only the first bytes of the answer are read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from tallystick.webhooks.address import refusal
from tallystick.webhooks.model import RESPONSE_BYTES, Answer, Reply, Trouble

_CONNECTIONS = 256


class Send(Protocol):
    """Posts a body; simulations and tests have their own."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes, *, livemode: bool) -> Answer:
        """The receiver's answer, or why there is none. Never raises for what the receiver or the network does."""


class AddressForbidden(OSError):
    """Every address of the host is one we do not connect to."""


class _CheckingResolver(AbstractResolver):
    """Resolves as the system does, and keeps only addresses we may connect to."""

    def __init__(self, *, allow_private: bool) -> None:
        self._system = aiohttp.ThreadedResolver()
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses that remain. Raises AddressForbidden when none does."""
        found = await self._system.resolve(host, port, family)
        allowed = [each for each in found if refusal(each["host"], allow_private=self._allow_private) is None]
        if found and not allowed:
            raise AddressForbidden(f"{host} leads to addresses where webhooks are not sent")
        return allowed

    async def close(self) -> None:
        """Nothing is held."""


class Sender:
    """Sends over aiohttp; open one per process and close it. `timeout_seconds` bounds the whole exchange."""

    def __init__(self, *, timeout_seconds: float, allow_private: bool) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._allow_private = allow_private
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes, *, livemode: bool) -> Answer:
        """Send once; see `Send`."""
        private = self._allow_private and not livemode
        if _forbidden_literal(url, allow_private=private):
            return Trouble.FORBIDDEN
        try:
            session = self._session(allow_private=private)
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return Reply(status=response.status, body=await _beginning(response))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return trouble(error)

    def _session(self, *, allow_private: bool) -> aiohttp.ClientSession:
        if allow_private not in self._sessions:
            connector = aiohttp.TCPConnector(
                resolver=_CheckingResolver(allow_private=allow_private), limit=_CONNECTIONS, use_dns_cache=False
            )
            self._sessions[allow_private] = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._sessions[allow_private]

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()


def _forbidden_literal(url: str, *, allow_private: bool) -> bool:
    """An address written as a number is never resolved, so it is checked here."""
    try:
        return refusal(urlsplit(url).hostname or "", allow_private=allow_private) is not None
    except ValueError:
        return False


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of the answer. The status has come, so trouble while reading on changes nothing."""
    parts = bytearray()
    try:
        while len(parts) < RESPONSE_BYTES:
            part = await response.content.read(RESPONSE_BYTES - len(parts))
            if not part:
                break
            parts += part
    except (aiohttp.ClientError, OSError):
        return bytes(parts)
    finally:
        if not response.content.at_eof():
            response.close()
    return bytes(parts)


def trouble(error: Exception) -> Trouble:
    """What kind of trouble an exception of the client is."""
    chain = [error, getattr(error, "os_error", None), error.__cause__]
    if any(isinstance(each, AddressForbidden) for each in chain):
        return Trouble.FORBIDDEN
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return Trouble.TIMEOUT
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Trouble.UNRESOLVED
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return Trouble.TLS
    if isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError | OSError):
        return Trouble.UNREACHABLE
    return Trouble.PROTOCOL
