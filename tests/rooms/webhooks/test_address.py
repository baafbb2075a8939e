"""Webhooks go to public addresses; in test mode also to the developer's own machine, where that is allowed."""

from __future__ import annotations

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import webhooks
from tallystick.base import Refused

PUBLIC = ["https://example.com/hook", "https://example.com:8443/a/b?c=d", "https://grüße.example/x", "https://8.8.8.8/"]
LAPTOP = ["http://localhost:3000/hook", "http://127.0.0.1/hook", "http://[::1]:4242/", "http://192.168.1.7/x"]
NEVER = [
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/",
    "http://0.0.0.0:80/",
    "http://[::]/",
    "http://224.0.0.1/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
]


def check(url: str, *, live: bool = False, private: bool = True) -> str:
    return webhooks.check_url(url, livemode=live, allow_private=private)


@pytest.mark.parametrize("url", PUBLIC)
@pytest.mark.parametrize("live", [True, False])
def test_a_public_https_address_is_taken_as_it_is(url: str, live: bool) -> None:
    assert check(url, live=live, private=False) == url


@pytest.mark.parametrize("url", LAPTOP)
def test_a_private_address_is_taken_in_test_mode_where_allowed(url: str) -> None:
    assert check(url) == url
    with pytest.raises(Refused, match="private network"):
        check(url, private=False)
    with pytest.raises(Refused, match="private network"):
        check(url.replace("http://", "https://"), live=True)


@pytest.mark.parametrize("url", NEVER)
def test_some_addresses_are_never_taken(url: str) -> None:
    with pytest.raises(Refused, match="no public host"):
        check(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.com/", None),
        ("ftp://example.com/", "must begin with https://"),
        ("example.com/hook", "needs a host"),
        ("https://", "needs a host"),
        ("https://:443/", "needs a host"),
        ("https://user:secret@example.com/", "user name or password"),
        ("https://example.com/#part", "fragment"),
        ("https://example.com:99999/", "cannot be read"),
        ("https://example.com:0/", "needs a host"),
        ("https://[::1/", "cannot be read"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/\n", "spaces"),
        ("https://example.com\\@evil.example/", "backslashes"),
        ("https://example.com/" + "x" * 2000, "longer than"),
    ],
)
def test_what_is_wrong_with_a_url_is_said(url: str, message: str | None) -> None:
    if message is None:
        assert check(url) == url
        return
    with pytest.raises(Refused, match=message) as refused:
        check(url)
    assert refused.value.param == "url"


def test_live_mode_takes_https_alone() -> None:
    with pytest.raises(Refused, match="in live mode"):
        check("http://example.com/", live=True)


@given(st.ip_addresses())
def test_without_permission_only_global_addresses_remain(address: ipaddress.IPv4Address) -> None:
    if webhooks.refusal(str(address), allow_private=False) is None:
        assert address.is_global
        assert not address.is_multicast


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused(url: str) -> None:
    with contextlib.suppress(Refused):
        assert check(url) == url
