"""Endpoints are made, changed and deleted by their merchant alone; secrets are shown once and rotate without a gap."""

from __future__ import annotations

import msgspec
import pytest

from tallystick import webhooks
from tallystick.base import Refused
from tallystick.idempotency import Operation
from tests.rooms.webhooks.stage import RULES, SEAL, Stage


async def test_an_endpoint_is_found_as_it_was_made(stage: Stage) -> None:
    made, secret = await stage.endpoint("charge.succeeded", "payment_intent.*", "charge.succeeded")
    assert made.id.startswith("we_")
    assert secret.startswith("whsec_")
    assert len(secret) == 38
    found = await webhooks.find(stage.database, made.id, **stage.whose)
    assert found == made
    assert found.enabled_events == ("charge.succeeded", "payment_intent.*")
    assert secret not in msgspec.json.encode(found).decode()
    assert SEAL.open(found.secret, name=found.id) == secret


async def test_the_same_operation_makes_one_endpoint_with_one_secret(stage: Stage) -> None:
    made, secret = await stage.endpoint()
    resumed = Operation("op" + made.id[made.id.index("_") :], resumed_version=1)
    again = await webhooks.create(
        stage.database,
        resumed,
        RULES,
        url=made.url,
        enabled_events=["*"],
        description=None,
        metadata={},
        api_version=None,
        now=stage.clock.now(),
        **stage.whose,
    )
    assert again == (made, secret)


@pytest.mark.parametrize(
    "events", [[], ["*"] * 301, ["charge succeeded"], ["Charge.Succeeded"], ["charge."], [".charge"], ["a*"], ["*.x"]]
)
async def test_event_types_are_checked(stage: Stage, events: list[str]) -> None:
    made, _ = await stage.endpoint()
    with pytest.raises(Refused, match="enabled_events") as refused:
        await webhooks.update(
            stage.database, stage.operation(), RULES, made.id, webhooks.Wish(enabled_events=events), **stage.whose
        )
    assert refused.value.param is not None
    assert refused.value.param.startswith("enabled_events")
    assert await webhooks.find(stage.database, made.id, **stage.whose) == made


async def test_an_update_changes_what_is_wished_and_nothing_else(stage: Stage) -> None:
    made, _ = await stage.endpoint("charge.succeeded")

    async def change(wish: webhooks.Wish) -> webhooks.Endpoint:
        return await webhooks.update(stage.database, stage.operation(), RULES, made.id, wish, **stage.whose)

    changed = await change(webhooks.Wish(description="till", metadata={"a": "1", "b": "2"}))
    assert (changed.description, changed.url, changed.enabled_events) == ("till", made.url, made.enabled_events)
    changed = await change(webhooks.Wish(metadata={"a": "", "c": "3"}, url="https://example.org/"))
    assert (dict(changed.metadata), changed.url) == ({"b": "2", "c": "3"}, "https://example.org/")
    changed = await change(webhooks.Wish(disabled=True, metadata=None, description=None))
    assert (changed.status, dict(changed.metadata), changed.description) == ("disabled", {}, None)
    changed = await change(webhooks.Wish(disabled=False))
    assert changed.status is webhooks.EndpointStatus.ENABLED
    assert changed == await webhooks.find(stage.database, made.id, **stage.whose)


async def test_metadata_stays_within_its_cap(stage: Stage) -> None:
    made, _ = await stage.endpoint()
    first = webhooks.Wish(metadata={f"k{number}": "x" for number in range(50)})
    await webhooks.update(stage.database, stage.operation(), RULES, made.id, first, **stage.whose)
    with pytest.raises(Refused, match="51 keys"):
        await webhooks.update(
            stage.database, stage.operation(), RULES, made.id, webhooks.Wish(metadata={"more": "x"}), **stage.whose
        )


async def test_another_merchants_endpoint_does_not_exist(stage: Stage) -> None:
    made, _ = await stage.endpoint()
    for whose in ({"merchant_id": "acct_2", "livemode": False}, {"merchant_id": "acct_1", "livemode": True}):
        for attempt in (
            webhooks.find(stage.database, made.id, **whose),
            webhooks.update(stage.database, stage.operation(), RULES, made.id, webhooks.Wish(disabled=True), **whose),
            webhooks.delete(stage.database, stage.operation(), made.id, **whose),
        ):
            with pytest.raises(Refused, match="No such webhook endpoint"):
                await attempt
    assert await webhooks.find(stage.database, made.id, **stage.whose) == made


async def test_a_deleted_endpoint_is_gone(stage: Stage) -> None:
    made, _ = await stage.endpoint()
    await webhooks.delete(stage.database, stage.operation(), made.id, **stage.whose)
    with pytest.raises(Refused, match="No such webhook endpoint"):
        await webhooks.find(stage.database, made.id, **stage.whose)


async def test_there_is_room_for_sixteen(stage: Stage) -> None:
    for _ in range(16):
        await stage.endpoint()
    with pytest.raises(Refused, match="Delete one"):
        await stage.endpoint()
    assert (await stage.as_live().endpoint())[0].livemode


async def test_both_secrets_sign_until_the_former_expires(stage: Stage) -> None:
    made, secret = await stage.endpoint()
    rotated, new = await webhooks.rotate(
        stage.database,
        stage.operation(),
        RULES,
        made.id,
        expires_in_seconds=3600,
        now=stage.clock.now(),
        **stage.whose,
    )
    assert new != secret

    def signing() -> list[str]:
        return [SEAL.open(sealed, name=made.id) for sealed in rotated.sealed_secrets(stage.clock.now())]

    assert signing() == [new, secret]
    stage.clock.advance(3599)
    assert signing() == [new, secret]
    stage.clock.advance(1)
    assert signing() == [new]


async def test_a_secret_that_leaked_can_be_replaced_at_once(stage: Stage) -> None:
    made, _ = await stage.endpoint()
    rotated, _ = await webhooks.rotate(
        stage.database, stage.operation(), RULES, made.id, expires_in_seconds=0, now=stage.clock.now(), **stage.whose
    )
    assert len(rotated.sealed_secrets(stage.clock.now())) == 1
