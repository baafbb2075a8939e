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

# One list for good: a logger that has written keeps the list it was given, so a later setup must change this very one.
_processors: list[Any] = []
_encode = msgspec.json.Encoder(enc_hook=str).encode


def _dumps(event: dict[str, Any], **_: Any) -> bytes:
    return _encode(event)


def _encoded(_logger: Any, _level: str, line: str) -> bytes:
    return line.encode(errors="backslashreplace")


def setup(level: str = "info", form: str = "json") -> None:
    """Send log lines of at least `level` to standard error, as `json` or `text`."""
    threshold = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[Any] = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, stamp]
    if form == "text":
        last: list[Any] = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()), _encoded]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]
    _processors[:] = shared + last
    structlog.configure(
        processors=_processors,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def get(room: str) -> FilteringBoundLogger:
    """The logger of a room."""
    return cast(FilteringBoundLogger, structlog.get_logger(room=room))
