"""Secrets are readable with the server's key and for their own row only."""

from __future__ import annotations

import pytest

from tallystick import webhooks


def test_what_was_sealed_is_read_again() -> None:
    seal = webhooks.Seal("server key")
    sealed = seal.close("whsec_abc", name="we_1")
    assert "abc" not in sealed
    assert seal.open(sealed, name="we_1") == "whsec_abc"
    assert webhooks.Seal("server key").open(sealed, name="we_1") == "whsec_abc"


def test_different_secrets_and_rows_share_nothing() -> None:
    seal = webhooks.Seal("server key")
    sealed = {seal.close(text, name=name) for text in ("a", "b") for name in ("we_1", "we_2")}
    assert len({text[:18] for text in sealed}) == 4


@pytest.mark.parametrize("spoilt", ["other key", "other row", "bit", "version", "short", "garbage"])
def test_anything_else_is_unreadable(spoilt: str) -> None:
    seal = webhooks.Seal("server key")
    sealed = seal.close("whsec_abc", name="we_1")
    middle = len(sealed) // 2
    flipped = "A" if sealed[middle] != "A" else "B"
    changed = {
        "bit": sealed[:middle] + flipped + sealed[middle + 1 :],
        "version": "9" + sealed[1:],
        "short": sealed[:8],
        "garbage": "1.ä",
    }.get(spoilt, sealed)
    opener = webhooks.Seal("another key") if spoilt == "other key" else seal
    with pytest.raises(webhooks.Unreadable):
        opener.open(changed, name="we_2" if spoilt == "other row" else "we_1")
