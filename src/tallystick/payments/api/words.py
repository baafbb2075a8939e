"""Parameters that several operations share. What Stripe's SDKs commonly send is taken, and anything
else is refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from tallystick import web
from tallystick.payments.methods import CardWords
from tallystick.payments.rules import MOST_MINOR

Text = Annotated[str, msgspec.Meta(max_length=5000)]
Short = Annotated[str, msgspec.Meta(max_length=255)]
Email = Annotated[str, msgspec.Meta(max_length=512, pattern=web.EMAIL)]
Descriptor = Annotated[str, msgspec.Meta(max_length=22)]
Amount = Annotated[int, msgspec.Meta(ge=1, le=MOST_MINOR)]
Currency = Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
CaptureMethod = Literal["automatic", "automatic_async", "manual"]
ConfirmationMethod = Literal["automatic", "manual"]
FutureUsage = Literal["off_session", "on_session"]
MethodTypes = Annotated[list[Literal["card"]], msgspec.Meta(min_length=1, max_length=10)]
Unset = msgspec.UnsetType
UNSET = msgspec.UNSET


class Address(web.Params):
    """A postal address."""

    city: Short | None = None
    country: Short | None = None
    line1: Short | None = None
    line2: Short | None = None
    postal_code: Short | None = None
    state: Short | None = None


class Billing(web.Params):
    """Who the card belongs to."""

    address: Address | None = None
    email: Email | None = None
    name: Short | None = None
    phone: Short | None = None


class Shipping(web.Params):
    """Where the goods go."""

    address: Address
    name: Short
    carrier: Short | None = None
    phone: Short | None = None
    tracking_number: Short | None = None


class Card(web.Params):
    """A token, or the number of a published test card with its expiry."""

    token: Short | None = None
    number: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    exp_month: Annotated[int, msgspec.Meta(ge=0, le=99)] | None = None
    exp_year: Annotated[int, msgspec.Meta(ge=0, le=9999)] | None = None
    cvc: Annotated[str, msgspec.Meta(max_length=4)] | None = None

    def words(self) -> CardWords:
        """As the verb takes it."""
        return CardWords(
            token=self.token, number=self.number, exp_month=self.exp_month, exp_year=self.exp_year, cvc=self.cvc
        )


class MethodData(web.Params):
    """A payment method to be made on the way."""

    type: Literal["card"]
    card: Card
    billing_details: Billing | None = None
    metadata: web.Metadata | None = None
    allow_redisplay: Literal["always", "limited", "unspecified"] | None = None


class AutomaticMethods(web.Params):
    """Whether the platform chooses which kinds of payment method are offered."""

    enabled: bool
    allow_redirects: Literal["always", "never"] | None = None


def given(params: msgspec.Struct, *names: str) -> dict[str, Any]:
    """The parameters among `names` that were sent, those sent empty as None, Structs as plain objects."""
    found = {name: getattr(params, name) for name in names}
    return {name: plain(value) for name, value in found.items() if value is not UNSET}


def plain(value: Any) -> Any:
    """A parameter as it is stored."""
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
