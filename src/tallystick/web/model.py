"""Words of the HTTP shell: who calls, what may be refused before a verb is reached.

The dialect is Stripe's (docs.stripe.com/api); codes that Stripe publishes keep its spelling
(docs.stripe.com/error-codes), and docs/reference/refusals.md lists them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from tallystick.base import Kind, RefusalCode

VERSION = "2026-06-24.dahlia"
"""The version of Stripe's API whose shapes are served; answered in `Stripe-Version`."""


class WebRefusal(RefusalCode):
    """Why a request is refused before a verb sees it."""

    URL_UNKNOWN = "url_unknown", Kind.MISSING
    METHOD_NOT_ALLOWED = "method_not_allowed", Kind.INVALID
    SECRET_KEY_REQUIRED = "secret_key_required", Kind.FORBIDDEN
    ACCOUNT_INVALID = "account_invalid", Kind.FORBIDDEN
    API_VERSION_INVALID = "api_version_invalid", Kind.INVALID
    BODY_TOO_LARGE = "request_too_large", Kind.TOO_LARGE
    CONTENT_TYPE_UNSUPPORTED = "content_type_unsupported", Kind.INVALID
    BODY_MALFORMED = "request_malformed", Kind.INVALID
    PARAMETER_UNKNOWN = "parameter_unknown", Kind.INVALID
    PARAMETER_MISSING = "parameter_missing", Kind.INVALID
    PARAMETER_DUPLICATE = "parameter_duplicate", Kind.INVALID
    PARAMETERS_EXCLUSIVE = "parameters_exclusive", Kind.INVALID
    PARAMETER_INVALID_EMPTY = "parameter_invalid_empty", Kind.INVALID
    PARAMETER_INVALID_INTEGER = "parameter_invalid_integer", Kind.INVALID
    PARAMETER_INVALID_BOOLEAN = "parameter_invalid_boolean", Kind.INVALID
    PARAMETER_INVALID_STRING = "parameter_invalid_string", Kind.INVALID
    PARAMETER_INVALID_STRING_EMPTY = "parameter_invalid_string_empty", Kind.INVALID
    PARAMETER_INVALID_STRING_LENGTH = "parameter_invalid_string_length", Kind.INVALID
    PARAMETER_INVALID_CHOICE = "parameter_invalid_choice", Kind.INVALID
    PARAMETER_INVALID_OBJECT = "parameter_invalid_object", Kind.INVALID
    PARAMETER_INVALID_ARRAY = "parameter_invalid_array", Kind.INVALID
    PARAMETER_INVALID_EXPAND = "parameter_invalid_expand", Kind.INVALID
    PARAMETER_INVALID = "parameter_invalid", Kind.INVALID
    RESOURCE_MISSING = "resource_missing", Kind.MISSING
    LOCK_TIMEOUT = "lock_timeout", Kind.CONFLICT
    UNAVAILABLE = "service_unavailable", Kind.LATER


class KeyKind(StrEnum):
    """What an API key may be used for."""

    SECRET = "secret"
    PUBLISHABLE = "publishable"


class Auth(Enum):
    """Which callers an endpoint serves."""

    SECRET = "secret"
    """A secret key: the merchant's own servers."""
    PUBLISHABLE = "publishable"
    """Either kind of key: browsers and apps as well."""
    OPEN = "open"
    """Anyone; the handler checks what it needs, such as a signature."""


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request is made. Objects of other merchants and of the other mode do not exist for it."""

    merchant_id: str
    livemode: bool
    key_kind: KeyKind
    key_id: str


NOBODY = Principal(merchant_id="", livemode=False, key_kind=KeyKind.PUBLISHABLE, key_id="")
"""The caller of an open endpoint."""
