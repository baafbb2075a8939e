"""The formats that files are tried with, in this order; a new format is one file in `formats/` and one name here."""

from __future__ import annotations

from tallystick.statements.contract import Format
from tallystick.statements.formats.camt import Camt
from tallystick.statements.formats.sandbox_csv import SandboxCsv

FORMATS: tuple[Format, ...] = (Camt(), SandboxCsv())


def recognise(head: bytes) -> Format | None:
    """The first format that knows such a beginning."""
    return next((format for format in FORMATS if format.recognises(head)), None)
