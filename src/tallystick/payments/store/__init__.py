"""The room's tables and all SQL that it runs: `tables`, `writes`, `reads`, `lists`, `finding`, `sums`, `kept`."""

from tallystick.payments.store import finding, kept, lists, reads, sums, tables, writes

__all__ = ["finding", "kept", "lists", "reads", "sums", "tables", "writes"]
