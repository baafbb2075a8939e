"""What every room stands on: time, ids, refusals, settings, log."""

from tallystick.base import log
from tallystick.base.clock import (
    MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_SECOND,
    Clock,
    Instant,
    ShiftedClock,
    SystemClock,
    after,
    day,
    epoch_seconds,
    from_seconds,
    instant_of,
    iso,
    start_of,
)
from tallystick.base.ids import SUFFIX_LENGTH, IdSource, first_suffix_at
from tallystick.base.refusal import Kind, RefusalCode, Refused
from tallystick.base.settings import ProcessorSettings, RoutingRule, Settings

__all__ = [
    "MICROSECONDS_PER_DAY",
    "MICROSECONDS_PER_SECOND",
    "SUFFIX_LENGTH",
    "Clock",
    "IdSource",
    "Instant",
    "Kind",
    "ProcessorSettings",
    "RefusalCode",
    "Refused",
    "RoutingRule",
    "Settings",
    "ShiftedClock",
    "SystemClock",
    "after",
    "day",
    "epoch_seconds",
    "first_suffix_at",
    "from_seconds",
    "instant_of",
    "iso",
    "log",
    "start_of",
]
