"""Short ways to write a camt file, read it, and write the parts of an entry."""

from __future__ import annotations

import pytest

from tallystick import statements
from tallystick.base import Refused
from tallystick.statements import Line, StatementFile
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry, document, statement


def read(data: bytes) -> StatementFile:
    return statements.read(data, "bank.xml")


def refusal(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        read(data)
    return caught.value


def one(entry: Entry, **options: str) -> Line:
    (line,) = read(document(statement([entry]), **options)).lines
    return line


def details(*transactions: str, batch: str = "") -> str:
    inner = "".join(f"<TxDtls>{transaction}</TxDtls>" for transaction in transactions)
    return f"<NtryDtls>{batch}{inner}</NtryDtls>"


def amt(minor: int, mark: str = "") -> str:
    marked = f"<CdtDbtInd>{mark}</CdtDbtInd>" if mark else ""
    return f'<Amt Ccy="EUR">{bank.amount(minor, "EUR")}</Amt>{marked}'


def charge(minor: int, mark: str = "DBIT", included: str = "") -> str:
    flag = f"<ChrgInclInd>{included}</ChrgInclInd>" if included else ""
    return f"<Chrgs><Rcrd>{amt(minor, mark)}{flag}</Rcrd></Chrgs>"
