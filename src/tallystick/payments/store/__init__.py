"""The room's tables and every SQL statement it runs: `tables`, `writes`, `reads`, `lists`, `finding`, `sums`."""

from tallystick.payments.store import finding, lists, reads, sums, tables, writes

__all__ = ["finding", "lists", "reads", "sums", "tables", "writes"]
