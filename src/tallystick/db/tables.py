"""The one table of this room: the order of commits, a single row that every sequenced commit moves on."""

from __future__ import annotations

from sqlalchemy import Table

from tallystick.db.columns import METADATA, integer, sequence

COMMIT_ORDER = Table("commit_order", METADATA, integer("id", primary_key=True), sequence("seq"))
