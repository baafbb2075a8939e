"""Reading a camt.053 of 200 MB: bytes per second, lines per second, peak memory.

`make bench NAME=statements ARGS="--megabytes 50"`. Beside each way of reading stands the floor: expat going through the
same bytes with handlers that do nothing. Each runs in a process of its own, so that peaks do not mix.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.parsers import expat

BALANCE = (
    "<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
    "<Dt><Dt>2026-11-20</Dt></Dt></Bal>"
)
START = (
    "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>"
    "<CreDtTm>2026-11-20T18:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S</Id><CreDtTm>2026-11-20T18:00:00Z</CreDtTm>"
    "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>"
)
ENTRY = """
  <Ntry>
    <NtryRef>{0}</NtryRef>
    <Amt Ccy="EUR">1.00</Amt>
    <CdtDbtInd>CRDT</CdtDbtInd>
    <Sts><Cd>BOOK</Cd></Sts>
    <BookgDt><Dt>2026-11-20</Dt></BookgDt>
    <ValDt><Dt>2026-11-20</Dt></ValDt>
    <AcctSvcrRef>REF{0:012d}</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
    <NtryDtls>
      <TxDtls>
        <Refs><EndToEndId>E2E{0:012d}</EndToEndId><UETR>8a562c67-ca16-48ba-b074-{0:012d}</UETR></Refs>
        <Amt Ccy="EUR">1.00</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <RltdPties>
          <Dbtr><Pty><Nm>Customer {0}</Nm><PstlAdr><TwnNm>Town</TwnNm><Ctry>DE</Ctry></PstlAdr></Pty></Dbtr>
          <DbtrAcct><Id><IBAN>NL56AGDH9619008421</IBAN></Id></DbtrAcct>
        </RltdPties>
        <RmtInf><Ustrd>Invoice {0}, thank you</Ustrd></RmtInf>
      </TxDtls>
    </NtryDtls>
  </Ntry>"""
WAYS = ("floor", "prove", "stream", "read", "csv", "parquet")


def write(path: Path, megabytes: int) -> None:
    """A statement of about that size that closes."""
    count = megabytes * 1_000_000 // len(ENTRY.format(0))
    with path.open("w") as sink:
        sink.write(START + BALANCE.format("OPBD", 0) + BALANCE.format("CLBD", count))
        sink.writelines(map(ENTRY.format, range(count)))
        sink.write("</Stmt></BkToCstmrStmt></Document>")


def floor(path: Path) -> int:
    """Expat alone."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = lambda *_: None
    with path.open("rb") as source:
        parser.ParseFile(source)
    return 0


def go(way: str, path: Path) -> int:
    """Read the file in one way; the number of lines."""
    if way == "floor":
        return floor(path)
    from tallystick import statements

    if way == "prove":
        return sum(statement.line_count for file in statements.prove(path) for statement in file.statements)
    if way == "stream":
        return sum(isinstance(event, statements.Line) for event in statements.stream(path))
    if way == "read":
        return len(statements.read(path).lines)
    target = path.with_suffix(f".{way}")
    return statements.tabulate([path], output=way, target=target).count  # type: ignore[arg-type]  # one of WAYS


def measure(way: str, path: Path) -> None:
    """Print one row of the table."""
    started, cpu = time.perf_counter(), time.process_time()
    lines = go(way, path)
    seconds, busy = time.perf_counter() - started, time.process_time() - cpu
    megabytes = path.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{way:8} {seconds:8.1f} {busy:8.1f} {megabytes / busy:8.1f} {lines / busy:10.0f} {peak:9.0f}")


def main() -> None:
    """Make the file and run every way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        measure(asked.way, asked.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement.xml"
        write(path, asked.megabytes)
        print(f"camt.053, {path.stat().st_size / 1e6:.0f} MB\nway       seconds      cpu   MB/cpu  lines/cpu   peak MB")
        for way in WAYS:
            subprocess.run([sys.executable, "-m", "bench.statements", "--way", way, "--file", str(path)], check=True)


if __name__ == "__main__":
    main()
