"""Which addresses we are willing to send to: never ones that a stranger could use to reach inside our network.

A merchant chooses the address and we make the call, so without this a webhook could read a cloud's metadata service
(server-side request forgery, OWASP). What counts is where the name leads when we connect, not when it was entered:
deliver.py asks `refusal` about every address a name resolves to and connects to those very addresses.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from tallystick.base import Refused
from tallystick.webhooks.model import WebhookRefusal

LONGEST_URL = 2_000
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IP = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str, *, livemode: bool, allow_private: bool) -> str:
    """The URL as it will be called. Raises Refused(URL_INVALID) that says what to send instead.

    Live mode takes https alone. Private addresses are taken in test mode where the setting allows them.
    """
    parts = _split(url)
    if parts.scheme not in {"http", "https"}:
        raise _refused("must begin with https:// (or, in test mode, http://)")
    if livemode and parts.scheme != "https":
        raise _refused("must begin with https:// in live mode")
    if parts.username is not None or parts.password is not None:
        raise _refused("must not hold a user name or password; check the signature instead")
    if parts.fragment:
        raise _refused("must not have a fragment (#…); it would never be sent")
    _check_host(parts.hostname or "", allow_private=allow_private and not livemode)
    return url


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise _refused(f"is longer than {LONGEST_URL} characters")
    if any(character.isspace() or not character.isprintable() for character in url) or "\\" in url:
        raise _refused("must not contain spaces, backslashes or control characters; write them percent-encoded")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("cannot be read as a URL") from None
    if not parts.hostname or port == 0:
        raise _refused("needs a host, such as https://example.com/webhooks")
    return parts


def _check_host(host: str, *, allow_private: bool) -> None:
    bare = host.rstrip(".")
    if bare == "localhost" or bare.endswith(".localhost"):
        bare = "127.0.0.1"
    try:
        why = refusal(bare, allow_private=allow_private)
    except ValueError:
        return  # A name: where it leads is looked at each time it is called.
    if why is not None:
        raise _refused(f"leads to {why}, where webhooks are not sent; use an address on the public internet")


def refusal(address: str, *, allow_private: bool) -> str | None:
    """Why we do not connect to this IP address, or None. Raises ValueError when it is not one."""
    ip = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    if ip.is_unspecified or ip.is_multicast or ip.is_link_local:
        return "an address that is no public host's"
    if ip.is_loopback or ip.is_private or not ip.is_global:
        return None if allow_private and not _reserved(ip) else "a private network"
    return None


def _unwrapped(ip: _IP) -> _IP:
    """An IPv4 address in an IPv6 coat is judged without it."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour
    if inner is None and ip in _NAT64:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return inner or ip


def _reserved(ip: _IP) -> bool:
    """Loopback of IPv6 lies in a reserved block; it is as good as 127.0.0.1."""
    return ip.is_reserved and not ip.is_loopback


def _refused(what: str) -> Refused:
    return Refused(WebhookRefusal.URL_INVALID, f"The url {what}.", param="url")
