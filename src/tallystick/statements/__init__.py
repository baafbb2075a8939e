"""Bank and processor files in: read exactly, proven by their own numbers, kept whole or refused whole."""

from tallystick.statements.api import endpoints
from tallystick.statements.contract import Format, Reading, Source
from tallystick.statements.intake import Intake, intake, intake_all
from tallystick.statements.look import active_lines, files, find, lines_of, retrieve, statements_of
from tallystick.statements.model import (
    Balance,
    Begun,
    Charge,
    Check,
    Detail,
    Ended,
    Event,
    Family,
    Line,
    LineKind,
    LineStatus,
    Place,
    Proof,
    ProofStatus,
    Reference,
    ReversalReading,
    Statement,
    StatementFile,
    StatementRefusal,
)
from tallystick.statements.reading import prove, read, read_all, sniff, stream
from tallystick.statements.record import FileRecord, LineState, StatementRecord, StoredLine
from tallystick.statements.registry import FORMATS
from tallystick.statements.table import COLUMNS, Table, tabulate

__all__ = [
    "COLUMNS",
    "FORMATS",
    "Balance",
    "Begun",
    "Charge",
    "Check",
    "Detail",
    "Ended",
    "Event",
    "Family",
    "FileRecord",
    "Format",
    "Intake",
    "Line",
    "LineKind",
    "LineState",
    "LineStatus",
    "Place",
    "Proof",
    "ProofStatus",
    "Reading",
    "Reference",
    "ReversalReading",
    "Source",
    "Statement",
    "StatementFile",
    "StatementRecord",
    "StatementRefusal",
    "StoredLine",
    "Table",
    "active_lines",
    "endpoints",
    "files",
    "find",
    "intake",
    "intake_all",
    "lines_of",
    "prove",
    "read",
    "read_all",
    "retrieve",
    "sniff",
    "statements_of",
    "stream",
    "tabulate",
]
