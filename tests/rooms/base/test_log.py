"""The log follows the last setup, also in loggers that have written before."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from tallystick.base import log


@pytest.fixture(autouse=True)
def _as_found() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_logger_that_has_written_follows_a_later_setup(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    logger = log.get("base")
    log.setup(form="text")
    logger.warning("first")
    log.setup(form="json")
    logger.warning("second", number=2)
    first, second = capfdbinary.readouterr().err.splitlines()
    assert b"first" in first
    line = json.loads(second)
    assert (line["event"], line["room"], line["number"]) == ("second", "base", 2)


def test_a_logger_that_has_written_can_be_listened_to() -> None:
    logger = log.get("base")
    log.setup()
    logger.warning("first")
    with structlog.testing.capture_logs() as lines:
        logger.error("second")
    assert [line["event"] for line in lines] == ["second"]
