"""Every public camt sample: read with this many lines and this proof, or refused for this reason.

The verdicts were decided by looking at the files, not by running the reader. Why the odd ones are as they are is said
beside them and in `docs/reference/statements.md`.
"""

from pathlib import Path

import pytest

from tallystick import statements
from tallystick.base import Refused
from tests import samples as sample_files

PROVEN, NOT_STATED = "proven", "not_stated"
READ: dict[str, tuple[int, int, str]] = {
    # a balance report: totals (44 credits, 72 debits) in place of entries; its balances agree with the totals
    "ballerina-c_52_1_1-mt941_camt_052_A_B.xml": (1, 0, NOT_STATED),
    "ballerina-c_52_1_1-mt942_camt_052_A_B.xml": (1, 1, NOT_STATED),
    "ballerina-c_52_1_1-mt942_camt_052_C_D.xml": (1, 1, NOT_STATED),
    "ballerina-c_53_1_1-mt940_camt_053_B_D.xml": (1, 1, PROVEN),
    "ballerina-c_53_1_1-mt940_camt_053_C_D.xml": (1, 1, PROVEN),
    "ballerina-c_53_1_1-mt940_camt_053_D_E.xml": (1, 1, PROVEN),
    "ballerina-c_53_1_1-mt950_camt_053_A_B.xml": (1, 9, PROVEN),
    "ballerina-c_54_1_1-mt900_camt_054_A_B.xml": (1, 1, NOT_STATED),
    "ballerina-c_54_1_1-mt910_camt_054_C_D.xml": (1, 1, NOT_STATED),
    "bankstatementparser-camt.053.001.02.xml": (1, 3, PROVEN),
    # the schema wants a balance; two equal coffees without a reference are two lines
    "bankstatementparser-camt053_duplicate_same_day.xml": (1, 2, NOT_STATED),
    "camt053py-business_sample_camt.052.001.04.xml": (1, 2, NOT_STATED),
    # its detail says 0, which version 04 forces on a bank that states none
    "camt053py-business_sample_camt.054.001.04.xml": (1, 1, NOT_STATED),
    # elements out of order, both spellings of the status, and only a closing balance
    "camt053py-statement_ac04.xml": (1, 3, NOT_STATED),
    "genkgo-camt052.v1.xml": (1, 1, NOT_STATED),
    "genkgo-camt052.v4.xml": (1, 1, NOT_STATED),
    "genkgo-camt052.v6.Amt-zero.xml": (1, 1, NOT_STATED),
    "genkgo-camt052.v6.xml": (1, 1, NOT_STATED),
    "genkgo-camt052.v8.xml": (1, 1, NOT_STATED),
    "genkgo-camt053.v2.multi.statement.xml": (2, 2, PROVEN),
    # opens in EUR and closes in SEK: no currency has both
    "genkgo-camt053.v2.with-party-ids.xml": (1, 1, NOT_STATED),
    "genkgo-camt053.v8.xml": (1, 1, NOT_STATED),
    "genkgo-camt054.v2.xml": (1, 1, NOT_STATED),
    # an opening balance with five decimals, all of them zeros beyond the second, and nothing else
    "genkgo-camt53.only-Dt-with-DtTm.xml": (1, 0, NOT_STATED),
    "iso20022js-nordea-example_camt.xml": (1, 6, PROVEN),
    "oca-test-camt053-txdtls.xml": (1, 1, PROVEN),
    "oca-test-camt054.xml": (1, 1, NOT_STATED),
    "ofxstatement-camt052.xml": (1, 5, PROVEN),
    "ofxstatement-camt053.xml": (1, 1, PROVEN),
    "ofxstatement-simple.xml": (1, 4, PROVEN),
    # six reports; those with entries state numbers and sums, which agree, but only an interim available balance
    "pyiso20022-camt052_001_02.xml": (6, 17, NOT_STATED),
    "viafintech-052-valid_example.xml": (1, 2, PROVEN),
    # times of day with a colon before the milliseconds; the days are plain
    "viafintech-052-valid_example_with_dates.xml": (1, 1, NOT_STATED),
    "viafintech-053-valid_example.xml": (1, 4, PROVEN),
    # closes only with reversed debits as debits: the witness for the ISO reading of RvslInd
    "viafintech-053-valid_example_v4.xml": (1, 13, PROVEN),
    "wire20022-AccountBalanceReport_Scenario2_Step1_camt.052_ABAR_MM.xml": (1, 0, NOT_STATED),
    "wire20022-EndpointGapReport_Scenario1_Step1_camt.052_IMAD.xml": (1, 0, NOT_STATED),
    "wire20022-EndpointGapReport_Scenario1_Step1_camt.052_OMAD.xml": (1, 0, NOT_STATED),
}
REFUSED: dict[str, tuple[str, str]] = {
    "bankstatementparser-invalid.xml": ("statement_version_unknown", "line 1, Document: it has no namespace"),
    # 1.01 + 8.85 is 9.86
    "genkgo-camt053.v2.all-balance-types.xml": (
        "statement_balance_disagrees",
        "Stmt[1] CAMT0532015012200001/Bal CLBD EUR: the file states 4.04 EUR but 9.86 EUR was found",
    ),
    # three decimals, exact to the cent (18.150 + 8.850 = 27.000), but 27.050 is stated
    "genkgo-camt053.v2.five.decimals.xml": (
        "statement_balance_disagrees",
        "the file states 27.05 EUR but 27.00 EUR was found",
    ),
    "genkgo-camt053.v2.wrong.xml": ("statement_structure_invalid", "line 8, BkToCstmrStmt: holds no Stmt"),
    # an entry of 8.85 whose only transaction is 105.75 of the same currency
    "genkgo-camt053.v3.xml": (
        "statement_details_disagree",
        "line 110, Stmt[1] 253EURNL26VAYB8060476890/Ntry[1]/Amt: the file states 8.85 EUR but 105.75 EUR in its TxDtls",
    ),
    # a batch of two, 6.3 in all; three are listed, 9.5, one of them twice
    "genkgo-camt054.v4.xml": (
        "statement_details_disagree",
        "Ntry[1]/NtryDtls/Btch/NbOfTxs: the file states 2 but 3 was found",
    ),
    "genkgo-camt054.v8.xml": (
        "statement_details_disagree",
        "Ntry[1]/NtryDtls/Btch/NbOfTxs: the file states 2 but 3 was found",
    ),
    # fifteen entries, one of them in EUR on a USD account, where fourteen are announced
    "iso20022js-goldman_sachs-camt_053_us_v2_sample.xml": (
        "statement_count_disagrees",
        "TxsSummry/TtlNtries/NbOfNtries: the file states 14 but 15 was found",
    ),
    "oca-test-camt053.xml": (
        "statement_balance_disagrees",
        "Stmt[1] 1234Test/1/Bal CLBD EUR: the file states 15121.12 EUR but 15555.28 EUR was found",
    ),
    # two files; the first does not close
    "oca-test-camt053.zip": (
        "statement_balance_disagrees",
        "!test-camt053_02.xml, line 38, Stmt[1] 1234Test/2/Bal CLBD EUR: the file states 15121.12 EUR",
    ),
    "ofxstatement-unsupported.xml": (
        "statement_version_unknown",
        "line 2, Document: its namespace 'urn:weird-namespace' is not one of camt.052, camt.053 and camt.054",
    ),
    # a sample cut down to three of thirty-five entries
    "viafintech-053-valid_example_with_batch.xml": (
        "statement_count_disagrees",
        "TxsSummry/TtlNtries/NbOfNtries: the file states 35 but 3 was found",
    ),
    "viafintech-053-valid_example_with_debit.xml": (
        "statement_balance_disagrees",
        "the file states 23.06 EUR but -43.06 EUR was found",
    ),
    "viafintech-053-valid_example_with_instdamt.xml": (
        "statement_balance_disagrees",
        "the file states 4500.00 CHF but 4600.00 CHF was found",
    ),
    "viafintech-general-invalid_namespace.xml": ("statement_structure_invalid", "line 4, Document: holds no message"),
    # excerpts: 3 of 61 and 2 of 94 entries
    "wire20022-ActivityReport_Scenario1_Step1_camt.052_ACTR.xml": (
        "statement_count_disagrees",
        "Rpt[1] EDAY/TxsSummry/TtlNtries/NbOfNtries: the file states 61 but 3 was found",
    ),
    "wire20022-EndpointDetailsReport_Scenario2_Step2_camt.052_DTLR.xml": (
        "statement_count_disagrees",
        "Rpt[1] IDAY/TxsSummry/TtlCdtNtries/NbOfNtries: the file states 94 but 2 was found",
    ),
}
FILES = sample_files.files("camt/*")


def test_every_sample_has_a_verdict(samples: Path) -> None:
    present = {path.name for path in (samples / "camt").iterdir()}
    assert present == READ.keys() | REFUSED.keys()
    assert not READ.keys() & REFUSED.keys()


@pytest.mark.parametrize("path", [path for path in FILES if path.name in READ], ids=lambda path: path.name)
def test_sample_is_read(path: Path) -> None:
    (file,) = statements.read_all(path)
    assert (len(file.statements), len(file.lines), file.proof.status.value) == READ[path.name]
    assert all(check.agrees for check in file.proof.checks)
    for line in file.lines:
        assert line.gross_minor - line.fee_minor == line.amount_minor


@pytest.mark.parametrize("path", [path for path in FILES if path.name in REFUSED], ids=lambda path: path.name)
def test_sample_is_refused_with_the_reason(path: Path) -> None:
    code, reason = REFUSED[path.name]
    with pytest.raises(Refused) as caught:
        list(statements.read_all(path))
    assert caught.value.code == code
    assert caught.value.message.startswith(path.name)
    assert reason in caught.value.message
    assert caught.value.details["line"] > 0
    assert caught.value.details["element"]


def test_the_zip_holds_two_files_and_says_so(samples: Path) -> None:
    with pytest.raises(Refused) as caught:
        statements.read(samples / "camt" / "oca-test-camt053.zip")
    assert caught.value.code is statements.StatementRefusal.ARCHIVE_HOLDS_SEVERAL
    assert "test-camt053_02.xml, test-camt053_03.xml" in caught.value.message


def test_five_decimals_were_read_exactly_before_the_balance_was_refused(samples: Path) -> None:
    with pytest.raises(Refused) as caught:
        statements.read(samples / "camt" / "genkgo-camt053.v2.five.decimals.xml")
    assert (caught.value.details["stated"], caught.value.details["found"]) == ("27.05 EUR", "27.00 EUR")
