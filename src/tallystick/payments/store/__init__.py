"""The room's tables and every SQL statement it runs: `tables`, `writes`, `reads`, `lists`, `sums`."""

from tallystick.payments.store import lists, reads, sums, tables, writes

__all__ = ["lists", "reads", "sums", "tables", "writes"]
