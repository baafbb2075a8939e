"""The payments list with live search, and the payment page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from tallystick.dashboard.desk import Desk
from tallystick.dashboard.view import PaymentFilter

STATUSES: Final = (
    ("", "All"),
    ("succeeded", "Succeeded"),
    ("requires_capture", "Uncaptured"),
    ("processing", "Processing"),
    ("requires_payment_method", "Failed or waiting"),
    ("canceled", "Canceled"),
)


async def index(desk: Desk, _: Mapping[str, str]) -> Response:
    """One page of payments."""
    wanted = PaymentFilter(
        query=desk.asked("q").strip(),
        status=desk.asked("status"),
        processor=desk.asked("processor"),
        currency=desk.asked("currency").upper(),
        before=desk.asked("before"),
        after=desk.asked("after"),
    )
    page = await desk.doors.payments.payments(desk.scope, wanted, now=desk.now)
    template = "payments_rows.html" if desk.partial else "payments.html"
    return await desk.page(template, wanted=wanted, page=page, statuses=STATUSES)


async def one(desk: Desk, _: Mapping[str, str]) -> Response:
    """All that is known of one payment."""
    page = await desk.doors.payments.payment(desk.scope, desk.request.path_params["id"], now=desk.now)
    if page is None:
        return await desk.missing("Payment")
    return await desk.page("payment.html", page=page, row=page.row)
