"""What camt readers get wrong, each by name."""

from __future__ import annotations

import pytest

from tallystick.statements import ReversalReading, StatementRefusal
from tests.rooms.statements.bank import Entry, balance, document, statement
from tests.rooms.statements.camt_cases import amt, charge, details, one, read, refusal

# batches


def test_batch_entry_keeps_each_transactions_own_amount() -> None:
    """OCA/bank-statement-import#157: both lines of a batch were given the total of 429.56."""
    line = one(Entry(42_956, xml=details(amt(32_956), amt(10_000))))
    assert line.amount_minor == 42_956
    assert [detail.amount_minor for detail in line.details] == [32_956, 10_000]


def test_batch_entry_of_one_has_no_details_but_its_references() -> None:
    line = one(
        Entry(5, xml=details("<Refs><EndToEndId>E</EndToEndId></Refs>", batch="<Btch><NbOfTxs>1</NbOfTxs></Btch>"))
    )
    assert line.details == ()
    assert line.references == {"end_to_end_id": "E"}


def test_batch_that_lists_no_transactions_is_one_line() -> None:
    line = one(Entry(5, xml="<NtryDtls><Btch><PmtInfId>P</PmtInfId><NbOfTxs>20</NbOfTxs></Btch></NtryDtls>"))
    assert line.references == {"payment_information_id": "P"}


@pytest.mark.parametrize(
    ("batch", "stated"),
    [("<Btch><NbOfTxs>3</NbOfTxs></Btch>", "3"), ('<Btch><TtlAmt Ccy="EUR">0.04</TtlAmt></Btch>', "0.04 EUR")],
)
def test_batch_header_must_agree_with_the_transactions_listed(batch: str, stated: str) -> None:
    found = refusal(document(statement([Entry(5, xml=details(amt(3), amt(2), batch=batch))])))
    assert found.code is StatementRefusal.DETAILS_DISAGREE
    assert found.details["stated"] == stated
    assert "Ntry[1]/NtryDtls/Btch" in found.details["element"]


def test_several_batches_in_one_entry_are_added() -> None:
    line = one(Entry(10, xml=details(amt(3), amt(2)) + details(amt(5))))
    assert [detail.amount_minor for detail in line.details] == [3, 2, 5]


def test_a_transaction_against_the_batch_counts_the_other_way() -> None:
    line = one(Entry(700, xml=details(amt(1_000, "CRDT"), amt(300, "DBIT"))))
    assert [detail.amount_minor for detail in line.details] == [1_000, -300]


def test_transactions_all_marked_from_the_other_side_follow_the_entry() -> None:
    line = one(Entry(-700, xml=details(amt(400, "CRDT"), amt(300, "CRDT"))))
    assert [detail.amount_minor for detail in line.details] == [-400, -300]


# charges


def test_charges_on_top_are_not_lost() -> None:
    """OCA/bank-statement-import#976: an entry of 1526 became 1500, the charges of 26 were gone."""
    line = one(Entry(-152_600, xml=details(amt(150_000) + charge(2_600))))
    assert (line.amount_minor, line.gross_minor, line.fee_minor) == (-152_600, -150_000, 2_600)


def test_charges_taken_off_a_credit() -> None:
    line = one(Entry(9_740, xml=charge(260) + details(amt(6_000), amt(4_000))))
    assert (line.amount_minor, line.gross_minor, line.fee_minor) == (9_740, 10_000, 260)


def test_charges_given_back_reduce_what_was_charged() -> None:
    rcrd = "<Chrgs><Rcrd>{}</Rcrd><Rcrd>{}</Rcrd></Chrgs>".format(amt(300, "DBIT"), amt(40, "CRDT"))
    line = one(Entry(9_740, xml=details(amt(10_000) + rcrd)))
    assert line.fee_minor == 260


def test_charges_billed_elsewhere_are_no_fee_of_the_entry() -> None:
    line = one(Entry(10_000, xml=charge(260, included="false") + details(amt(10_000))))
    assert (line.amount_minor, line.fee_minor) == (10_000, 0)
    assert [item.amount_minor for item in line.charges] == [260]


def test_charges_said_to_be_included_make_the_gross() -> None:
    line = one(Entry(9_740, xml=charge(260, included="true")))
    assert (line.gross_minor, line.fee_minor) == (10_000, 260)


def test_details_that_make_no_sum_are_refused() -> None:
    found = refusal(document(statement([Entry(1_000, xml=details(amt(600) + charge(30), amt(300)))])))
    assert found.code is StatementRefusal.DETAILS_DISAGREE
    assert found.message == (
        "bank.xml, line 1, Stmt[1] S-1/Ntry[1]/Amt: the file states 10.00 EUR "
        "but 9.00 EUR in its TxDtls with 0.30 EUR of charges was found"
    )


@pytest.mark.parametrize("other", ["", amt(0), '<Amt Ccy="USD">3.10</Amt>'])
def test_details_of_which_one_states_no_amount_leave_the_sum_open(other: str) -> None:
    line = one(Entry(1_000, xml=details(amt(600), other)))
    assert line.amount_minor == 1_000


def test_the_transaction_amount_in_the_currency_of_the_entry_is_believed() -> None:
    both = '<Amt Ccy="USD">33.10</Amt><AmtDtls><TxAmt><Amt Ccy="EUR">30.00</Amt></TxAmt></AmtDtls>'
    line = one(Entry(5_000, xml=details(both, amt(2_000))))
    assert [(detail.amount_minor, detail.currency) for detail in line.details] == [(3_000, "EUR"), (2_000, "EUR")]


# directions


def test_reversal_tells_of_the_entry_itself() -> None:
    """OCA/bank-statement-import#375, as ISO 20022 has it: CRDT and reversed is money in; it undoes a debit."""
    line = one(Entry(3_000, reversal=True))
    assert (line.amount_minor, line.reversal) == (3_000, True)


def test_reversal_marked_as_its_original_is_read_so_when_the_balances_prove_it() -> None:
    """OCA/bank-statement-import#375, the other dialect: DBIT and reversed is a debit given back."""
    entries = [Entry(-3_000), Entry(-3_000, reversal=True), Entry(500)]
    file = read(document(statement(entries, balances=balance("OPBD", 10_000) + balance("CLBD", 10_500))))
    assert [line.amount_minor for line in file.lines] == [-3_000, 3_000, 500]
    assert file.statements[0].proof.reversals is ReversalReading.OF_ORIGINAL
    assert file.lines[1].gross_minor == 3_000


def test_reversal_is_never_turned_without_proof() -> None:
    entries = [Entry(-3_000), Entry(-3_000, reversal=True)]
    assert [line.amount_minor for line in read(document(statement(entries))).lines] == [-3_000, -3_000]
    found = refusal(document(statement(entries, balances=balance("OPBD", 10_000) + balance("CLBD", 9_999))))
    assert found.details["found"] == "40.00 EUR"


def test_credit_is_money_in_and_debit_money_out() -> None:
    """firefly-iii#10498: a credit was taken for a withdrawal."""
    assert one(Entry(5)).amount_minor == 5
    assert one(Entry(-5)).amount_minor == -5


@pytest.mark.parametrize("mark", ["", "<CdtDbtInd>C</CdtDbtInd>", "<CdtDbtInd>CRDT</CdtDbtInd>" * 2])
def test_an_entry_without_one_clear_direction_is_refused(mark: str) -> None:
    data = document(statement([Entry(5)])).replace(b"<CdtDbtInd>CRDT</CdtDbtInd>", mark.encode())
    assert refusal(data).code in {StatementRefusal.STRUCTURE_INVALID, StatementRefusal.VALUE_INVALID}


# versions


@pytest.mark.parametrize("kind", ["052", "053", "054"])
@pytest.mark.parametrize("version", ["01", "02", "04", "08", "13", "99"])
def test_every_version_is_read(kind: str, version: str) -> None:
    """firefly-iii#8408, #7607: camt.053.001.08 failed."""
    data = document(statement([Entry(5, end_to_end="E")], kind=kind, version=version), kind=kind, version=version)
    file = read(data)
    assert file.version == f"camt.{kind}.001.{version}"
    assert file.lines[0].references == {"end_to_end_id": "E"}


@pytest.mark.parametrize("namespace", [b"urn:swift:xsd:$camt.053.001.02", b"http://bank.example/xsd/camt.053.001.04"])
def test_other_spellings_of_the_namespace_are_read(namespace: bytes) -> None:
    data = document(statement([Entry(5)])).replace(b"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", namespace)
    assert len(read(data).lines) == 1


def test_a_message_that_is_not_what_its_namespace_says_is_refused() -> None:
    data = document(statement([Entry(5)])).replace(b"camt.053", b"camt.052")
    assert refusal(data).message == "bank.xml, line 1, BkToCstmrStmt: is not the message of camt.052.001.08"


def test_another_iso_message_is_named() -> None:
    data = document(statement([Entry(5)])).replace(b"camt.053.001.08", b"pain.001.001.09")
    assert "pain.001.001.09" in refusal(data).message


def test_the_suffix_of_the_first_versions_is_understood() -> None:
    data = document(statement([Entry(5)]), version="01").replace(b"BkToCstmrStmt>", b"BkToCstmrStmtV01>")
    assert len(read(data).lines) == 1
