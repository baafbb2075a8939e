"""The database: units of work that are group-committed, compiled reads, and one schema on three stores."""

from tallystick.db.append_only import append_only
from tallystick.db.columns import (
    METADATA,
    big_integer,
    blob,
    currency,
    flag,
    instant,
    integer,
    long_text,
    minor,
    sequence,
    text,
    text_id,
)
from tallystick.db.commit import SEQUENCE_BITS
from tallystick.db.contract import Backend, ConnectionLost, Transaction
from tallystick.db.engine import Database, DatabaseRefusal, backend_of
from tallystick.db.engine import open_database as open
from tallystick.db.schema import create, head_revision, migrate, revision
from tallystick.db.statements import Compiled, Delete, Insert, Query, Row, Statement, Update
from tallystick.db.unit import CommitUnknown, LostRace, Stage, Unit

__all__ = [
    "METADATA",
    "SEQUENCE_BITS",
    "Backend",
    "CommitUnknown",
    "Compiled",
    "ConnectionLost",
    "Database",
    "DatabaseRefusal",
    "Delete",
    "Insert",
    "LostRace",
    "Query",
    "Row",
    "Stage",
    "Statement",
    "Transaction",
    "Unit",
    "Update",
    "append_only",
    "backend_of",
    "big_integer",
    "blob",
    "create",
    "currency",
    "flag",
    "head_revision",
    "instant",
    "integer",
    "long_text",
    "migrate",
    "minor",
    "open",
    "revision",
    "sequence",
    "text",
    "text_id",
]
