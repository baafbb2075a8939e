"""A bank of the tests' own: writes camt messages from plain values, independently of the code that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

EXPONENTS = {"EUR": 2, "JPY": 0, "KWD": 3, "CHF": 2, "CLF": 4}
MESSAGES = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def amount(minor: int, currency: str) -> str:
    """Unsigned decimal text."""
    exponent = EXPONENTS[currency]
    whole, part = divmod(abs(minor), 10**exponent)
    return f"{whole}.{part:0{exponent}d}" if exponent else str(whole)


def mark(minor: int) -> str:
    """Credit or debit."""
    return "DBIT" if minor < 0 else "CRDT"


@dataclass(frozen=True)
class Entry:
    """One entry; `minor` is signed, `xml` goes at its end."""

    minor: int
    currency: str = "EUR"
    status: str = "BOOK"
    booked: str = "2026-11-20"
    value: str = "2026-11-20"
    servicer: str = ""
    end_to_end: str = ""
    text: str = ""
    reversal: bool = False
    xml: str = ""

    def written(self, version: str) -> str:
        """The `Ntry` element."""
        status = f"<Cd>{self.status}</Cd>" if version >= "04" else self.status
        refs = f"<Refs><EndToEndId>{escape(self.end_to_end)}</EndToEndId></Refs>" if self.end_to_end else ""
        remittance = f"<RmtInf><Ustrd>{escape(self.text)}</Ustrd></RmtInf>" if self.text else ""
        details = f"<NtryDtls><TxDtls>{refs}{remittance}</TxDtls></NtryDtls>" if refs or remittance else ""
        return (
            f'<Ntry><Amt Ccy="{self.currency}">{amount(self.minor, self.currency)}</Amt>'
            f"<CdtDbtInd>{mark(self.minor)}</CdtDbtInd>{'<RvslInd>true</RvslInd>' if self.reversal else ''}"
            f"<Sts>{status}</Sts><BookgDt><Dt>{self.booked}</Dt></BookgDt><ValDt><Dt>{self.value}</Dt></ValDt>"
            f"{f'<AcctSvcrRef>{escape(self.servicer)}</AcctSvcrRef>' if self.servicer else ''}"
            f"<BkTxCd/>{details}{self.xml}</Ntry>"
        )


def balance(code: str, minor: int, currency: str = "EUR", day: str = "2026-11-20") -> str:
    """A `Bal` element."""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount(minor, currency)}</Amt><CdtDbtInd>{mark(minor)}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def summary(entries: Sequence[Entry], **changed: str) -> str:
    """A `TxsSummry` element that is true, but for what is `changed`, such as `TtlNtries="<Sum>1</Sum>"`."""
    groups = {
        "TtlNtries": list(entries),
        "TtlCdtNtries": [entry for entry in entries if entry.minor >= 0],
        "TtlDbtNtries": [entry for entry in entries if entry.minor < 0],
    }
    parts = []
    for name, group in groups.items():
        total = sum(abs(entry.minor) * 10 ** (5 - EXPONENTS[entry.currency]) for entry in group)
        true = f"<NbOfNtries>{len(group)}</NbOfNtries><Sum>{total // 100_000}.{total % 100_000:05d}</Sum>"
        parts.append(f"<{name}>{changed.get(name, true)}</{name}>")
    return f"<TxsSummry>{''.join(parts)}</TxsSummry>"


def statement(
    entries: Iterable[Entry],
    *,
    balances: str = "",
    extra: str = "",
    identity: str = "S-1",
    account: str = "DE89370400440532013000",
    kind: str = "053",
    version: str = "08",
) -> str:
    """A `Stmt`, `Rpt` or `Ntfctn` element."""
    tag = MESSAGES[kind][1]
    return (
        f"<{tag}><Id>{identity}</Id><ElctrncSeqNb>7</ElctrncSeqNb><CreDtTm>2026-11-20T18:00:00Z</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id></Acct>{balances}{extra}"
        f"{''.join(entry.written(version) for entry in entries)}</{tag}>"
    )


def document(*statements: str, kind: str = "053", version: str = "08", declaration: str = "") -> bytes:
    """A whole message."""
    message = MESSAGES[kind][0]
    return (
        f'{declaration}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"><{message}>'
        f"<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-11-20T18:00:00Z</CreDtTm></GrpHdr>"
        f"{''.join(statements)}</{message}></Document>"
    ).encode()


def closed(entries: Sequence[Entry], *, opening: int = 100_000, **options: str) -> bytes:
    """A message with one EUR statement that closes."""
    moved = sum(entry.minor for entry in entries if entry.status == "BOOK")
    balances = balance("OPBD", opening) + balance("CLBD", opening + moved)
    version = options.get("version", "08")
    return document(statement(entries, balances=balances, **options), version=version)
