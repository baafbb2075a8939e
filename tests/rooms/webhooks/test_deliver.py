"""What goes over the wire, and what trouble is called; the receiver is a real server on loopback."""

from __future__ import annotations

import socket

import aiohttp
import pytest
import stripe

from tallystick import webhooks
from tallystick.base import epoch_seconds
from tallystick.webhooks import deliver
from tests.rooms.webhooks.receiver import serve
from tests.rooms.webhooks.stage import RULES, Stage

HEADERS = {"Content-Type": "application/json"}


def sender(*, timeout: float = 5.0, private: bool = True) -> webhooks.Sender:
    return webhooks.Sender(timeout_seconds=timeout, allow_private=private)


async def send(url: str, *, live: bool = False, private: bool = True, timeout: float = 5.0) -> webhooks.Answer:
    sending = sender(private=private, timeout=timeout)
    try:
        return await sending(url, HEADERS, b"{}", livemode=live)
    finally:
        await sending.close()


async def test_stripes_sdk_accepts_the_signature(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: event, relay, courier, HTTP, and the receiver that every Stripe user has."""
    async with serve() as receiver:
        made, secret = await stage.endpoint(url=receiver.url)
        event = await stage.tell(id="ch_1", description="grüße")
        _, new = await webhooks.rotate(
            stage.database,
            stage.operation(),
            RULES,
            made.id,
            expires_in_seconds=60,
            now=stage.clock.now(),
            **stage.whose,
        )
        sending = sender()
        await stage.carry(sending)
        await sending.close()
    (got,) = receiver.got
    assert got.body == event.payload
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    signed = got.headers["Stripe-Signature"]
    assert signed.startswith(f"t={epoch_seconds(stage.clock.now())},v1=")
    monkeypatch.setattr("time.time", lambda: epoch_seconds(stage.clock.now()))
    for valid in (secret, new):
        parsed = stripe.Webhook.construct_event(got.body, signed, valid)  # type: ignore[no-untyped-call]  # the SDK has no annotation
        assert (parsed.id, parsed.type) == (event.id, "charge.succeeded")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body, signed, "whsec_other")  # type: ignore[no-untyped-call]  # likewise
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body + b" ", signed, secret)  # type: ignore[no-untyped-call]  # likewise


@pytest.mark.parametrize("status", [200, 201, 204, 299, 301, 400, 404, 410, 500, 503])
async def test_the_status_decides(status: int) -> None:
    async with serve(status, body=b"") as receiver:
        answer = await send(receiver.url)
    assert isinstance(answer, webhooks.Reply)
    assert answer.status == status
    assert answer.well is (200 <= status < 300)


async def test_a_redirect_is_not_followed() -> None:
    async with serve() as inside, serve(302, headers={"Location": inside.url}) as receiver:
        answer = await send(receiver.url)
    assert isinstance(answer, webhooks.Reply)
    assert not answer.well
    assert inside.got == []


async def test_only_the_beginning_of_an_answer_is_read() -> None:
    async with serve(body=b"x" * 5_000_000) as receiver:
        answer = await send(receiver.url)
    assert isinstance(answer, webhooks.Reply)
    assert answer.body == b"x" * 500


async def test_loopback_is_reached_only_where_allowed() -> None:
    async with serve() as receiver:
        named = receiver.url.replace("127.0.0.1", "localhost")
        assert await send(receiver.url, private=False) is webhooks.Trouble.FORBIDDEN
        assert await send(named, private=False) is webhooks.Trouble.FORBIDDEN
        assert await send(receiver.url, live=True) is webhooks.Trouble.FORBIDDEN
        assert await send(named, live=True) is webhooks.Trouble.FORBIDDEN
        assert receiver.got == []
        assert isinstance(await send(named), webhooks.Reply)


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert await send(f"http://127.0.0.1:{port}/") is webhooks.Trouble.UNREACHABLE


async def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        assert await send(address, timeout=0.05) is webhooks.Trouble.TIMEOUT


async def test_a_server_without_tls() -> None:
    async with serve() as receiver:
        answer = await send(receiver.url.replace("http://", "https://"))
    assert answer in {webhooks.Trouble.TLS, webhooks.Trouble.UNREACHABLE}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), webhooks.Trouble.TIMEOUT),
        (deliver.AddressForbidden("x"), webhooks.Trouble.FORBIDDEN),
        (ConnectionResetError(), webhooks.Trouble.UNREACHABLE),
        (aiohttp.ServerDisconnectedError(), webhooks.Trouble.UNREACHABLE),
        (aiohttp.InvalidURL("x"), webhooks.Trouble.PROTOCOL),
        (ValueError("x"), webhooks.Trouble.PROTOCOL),
        (aiohttp.ClientPayloadError(), webhooks.Trouble.PROTOCOL),
    ],
)
def test_every_trouble_has_a_name(error: Exception, kind: webhooks.Trouble) -> None:
    assert deliver.trouble(error) is kind
