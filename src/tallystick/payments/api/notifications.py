"""/v1/notifications/{processor}: where processors post their news."""

from __future__ import annotations

from tallystick import web
from tallystick.payments.api.sealing import Room
from tallystick.payments.inbox import receive

URL = "/v1/notifications/{processor}"


class Notifications(Room):
    """The handler."""

    async def take(self, call: web.Call) -> web.Answer:
        news = await receive(self.till, call.path["processor"], call.headers, call.body, now=call.now)
        return web.Answer({"received": True, "new": len(news)})


def endpoints(room: Notifications) -> tuple[web.Endpoint, ...]:
    """The operation. Anyone may call it; what is not signed by the processor is refused."""
    return (web.Endpoint("POST", URL, room.take, auth=web.OPEN, raw=True, summary="Take a processor's notification"),)
