"""Merchants, keys and people from the command line."""

from __future__ import annotations

from tallystick import db, merchants
from tests.clocks import START
from tests.rooms.cli.conftest import Line

PASSWORD = "correct horse battery"


def shop(line: Line) -> None:
    line("merchants", "add", "--name", "Shop", "--email", "shop@example.com", "--id", "acct_shop")


def test_a_merchant_is_added_once(line: Line) -> None:
    shop(line)
    shop(line)
    assert [one["id"] for one in line.json("merchants", "list")] == ["acct_shop"]


def test_fees_are_set_and_shown(line: Line) -> None:
    shop(line)
    line("merchants", "fee", "acct_shop", "--basis-points", 150, "--fixed", "eur=25", "--fixed", "JPY=30")
    assert line.json("merchants", "list")[0]["fee_basis_points"] == 150
    line("merchants", "fee", "acct_none", "--basis-points", 1, expect=1)
    for wrong in ("25", "EUR=", "EUR=2.5"):
        line("merchants", "fee", "acct_shop", "--basis-points", 1, "--fixed", wrong, expect=2)


def test_a_key_is_shown_once_and_revoked(line: Line) -> None:
    shop(line)
    (issued,) = line.json("keys", "issue", "--merchant", "acct_shop", "--mode", "live", "--name", "till")
    assert issued["secret"].startswith("sk_live_")
    told = line("keys", "list", "--merchant", "acct_shop", "--mode", "live").stdout
    assert issued["secret"] not in told
    assert "active" in told
    line("keys", "revoke", issued["id"], "--merchant", "acct_shop")
    assert line.json("keys", "list", "--merchant", "acct_shop", "--mode", "live")[0]["state"] == "revoked"
    assert line.json("keys", "list", "--merchant", "acct_shop") == []


def test_keys_of_nobody(line: Line) -> None:
    line("keys", "issue", "--merchant", "acct_none", expect=1)
    line("keys", "list", "--merchant", "acct_none", expect=1)


def test_a_person_signs_in_with_the_password_from_standard_input(line: Line) -> None:
    line(
        "users", "add", "--email", "ines@example.com", "--name", "Ines", "--role", "finance", "--password-stdin",
        typed=f"{PASSWORD}\n",
    )  # fmt: skip
    line("users", "grant", "--email", "ines@example.com", "--role", "owner")

    async def role(database: db.Database) -> object:
        user = await merchants.user_by_email(database, "ines@example.com")
        assert user is not None
        return user.roles

    assert line.within(role) == {merchants.PLATFORM: merchants.Role.OWNER}
    line("users", "password", "--email", "ines@example.com", "--password-stdin", typed=f"{PASSWORD} staple\n")
    line.within(
        lambda database: merchants.sign_in(
            database, email="ines@example.com", password=f"{PASSWORD} staple", address="::1", now=START
        )
    )


def test_nobody_there_to_be_asked(line: Line) -> None:
    told = line("users", "add", "--email", "a@example.com", "--name", "A", expect=2)
    assert "--password-stdin" in told.stderr


def test_nobody_is_added_for_a_merchant_that_is_not_there(line: Line) -> None:
    words = ("users", "add", "--email", "a@example.com", "--name", "A", "--password-stdin")
    line(*words, "--merchant", "acct_none", typed=PASSWORD, expect=1)
    line(*words, typed=PASSWORD)


def test_people_nobody_knows(line: Line) -> None:
    assert "users add" in line("users", "grant", "--email", "x@example.com", expect=1).stderr
    line("users", "add", "--email", "a@example.com", "--name", "A", "--password-stdin", typed="short", expect=1)
