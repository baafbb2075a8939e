"""One line per fact, as JSON for machines or text for people, through structlog.

Never log card data, keys, secrets or whole bodies: events carry ids and numbers.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

_encode = msgspec.json.Encoder(enc_hook=str).encode


def _dumps(event: dict[str, Any], **_: Any) -> bytes:
    return _encode(event)


def setup(level: str = "info", form: str = "json") -> None:
    """Send log lines of at least `level` to standard error, as `json` or `text`."""
    threshold = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[Any] = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, stamp]
    if form == "text":
        last: list[Any] = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        factory: Any = structlog.PrintLoggerFactory(sys.stderr)
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=shared + last,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def get(room: str) -> FilteringBoundLogger:
    """The logger of a room."""
    return cast(FilteringBoundLogger, structlog.get_logger(room=room))
