"""What camt readers get wrong, each by name; and the rules of the proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tallystick import statements
from tallystick.base import Refused
from tallystick.statements import Line, ReversalReading, StatementFile, StatementRefusal
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry, balance, document, statement, summary


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


# proof


def test_opening_and_movements_must_make_closing() -> None:
    entries = [Entry(500), Entry(-200)]
    good = statement(entries, balances=balance("OPBD", 1_000) + balance("CLBD", 1_300))
    assert read(document(good)).proof.status == "proven"
    found = refusal(document(statement(entries, balances=balance("OPBD", 1_000) + balance("CLBD", 1_301))))
    assert found.code is StatementRefusal.BALANCE_DISAGREES
    assert (found.details["stated"], found.details["found"]) == ("13.01 EUR", "13.00 EUR")


def test_only_booked_entries_move_the_balance() -> None:
    entries = [Entry(500), Entry(7, status="PDNG"), Entry(9, status="INFO"), Entry(11, status="FUTR")]
    data = document(statement(entries, balances=balance("OPBD", 0) + balance("CLBD", 500)))
    assert [line.status for line in read(data).lines] == ["booked", "pending", "information", "pending"]


def test_an_unknown_status_is_refused() -> None:
    found = refusal(document(statement([Entry(5, status="XXXX")])))
    assert (found.code, found.details["element"]) == (StatementRefusal.VALUE_INVALID, "Stmt[1]/Ntry[1]/Sts")


def test_each_currency_is_proven_by_itself() -> None:
    entries = [Entry(500), Entry(70, currency="JPY")]
    euros = balance("OPBD", 0) + balance("CLBD", 500)
    yen = balance("OPBD", 5, "JPY") + balance("CLBD", 75, "JPY")
    assert read(document(statement(entries, balances=euros + yen))).proof.status == "proven"
    half = read(document(statement(entries, balances=euros)))
    assert half.proof.status == "not_stated"
    assert half.proof.missing == "S-1: states no opening and no closing booked balance in JPY"
    wrong = statement(entries, balances=euros + yen.replace(">75<", ">76<"))
    assert refusal(document(wrong)).details["element"] == "Stmt[1] S-1/Bal CLBD JPY"


def test_of_several_balances_the_first_and_the_last_day_count() -> None:
    days = [("OPBD", 0, 18), ("CLBD", 5, 18), ("OPBD", 5, 19), ("CLBD", 15, 19)]
    balances = "".join(balance(code, minor, day=f"2026-11-{day}") for code, minor, day in days)
    file = read(document(statement([Entry(5), Entry(10)], balances=balances)))
    assert file.proof.status == "proven"


def test_the_closing_of_the_day_before_opens_where_nothing_else_does() -> None:
    data = statement([Entry(5)], balances=balance("PRCD", 10) + balance("CLBD", 15))
    assert read(document(data)).proof.status == "proven"


@pytest.mark.parametrize("missing", ["OPBD", "CLBD"])
def test_half_a_proof_is_none(missing: str) -> None:
    present = {"OPBD": "CLBD", "CLBD": "OPBD"}[missing]
    proof = read(document(statement([Entry(5)], balances=balance(present, 10)))).proof
    assert (proof.status, proof.checks) == ("not_stated", ())


@pytest.mark.parametrize(
    ("group", "wrong", "element"),
    [
        ("TtlNtries", "<NbOfNtries>4</NbOfNtries>", "TtlNtries/NbOfNtries"),
        ("TtlCdtNtries", "<NbOfNtries>1</NbOfNtries>", "TtlCdtNtries/NbOfNtries"),
        ("TtlDbtNtries", "<NbOfNtries>0</NbOfNtries>", "TtlDbtNtries/NbOfNtries"),
        ("TtlNtries", "<Sum>8.01</Sum>", "TtlNtries/Sum"),
        ("TtlCdtNtries", "<Sum>6.01</Sum>", "TtlCdtNtries/Sum"),
        ("TtlDbtNtries", "<Sum>1.99</Sum>", "TtlDbtNtries/Sum"),
        ("TtlNtries", "<TtlNetNtryAmt>4.00</TtlNetNtryAmt><CdtDbtInd>DBIT</CdtDbtInd>", "TtlNtries/TtlNetNtry"),
        ("TtlNtries", "<TtlNetNtry><Amt>4.01</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry>", "TtlNtries/TtlNetNtry"),
    ],
)
def test_numbers_and_sums_of_the_summary_must_agree(group: str, wrong: str, element: str) -> None:
    entries = [Entry(500), Entry(100), Entry(-200)]
    assert len(read(document(statement(entries, extra=summary(entries)))).proof.checks) == 6
    found = refusal(document(statement(entries, extra=summary(entries, **{group: wrong}))))
    assert found.details["element"] == f"Stmt[1] S-1/TxsSummry/{element}"


def test_a_summary_may_count_pending_entries_or_not() -> None:
    booked = [Entry(500), Entry(-200)]
    entries = [*booked, Entry(7, status="PDNG")]
    for counted in (booked, entries):
        assert read(document(statement(entries, extra=summary(counted)))).lines
    assert refusal(document(statement(entries, extra=summary(booked * 2)))).code is StatementRefusal.COUNT_DISAGREES


def test_every_disagreement_is_listed_and_the_gravest_named() -> None:
    entries = [Entry(500, xml=details(amt(400)))]
    balances = balance("OPBD", 0) + balance("CLBD", 501)
    found = refusal(document(statement(entries, balances=balances, extra=summary([Entry(500), Entry(1)]))))
    assert found.code is StatementRefusal.COUNT_DISAGREES
    elements = [item["element"] for item in found.details["disagreements"]]
    assert "Bal CLBD EUR" in elements
    assert "Ntry[1]/Amt" in elements


def test_a_page_of_several_is_proven_by_its_interim_balances() -> None:
    page = "<StmtPgntn><PgNb>{}</PgNb><LastPgInd>{}</LastPgInd></StmtPgntn>"
    whole = summary([Entry(5), Entry(10)])
    first = statement(
        [Entry(5)], balances=balance("OPBD", 0) + balance("ITBD", 5), extra=page.format(1, "false") + whole
    )
    last = statement(
        [Entry(10)], balances=balance("ITBD", 5) + balance("CLBD", 15), extra=page.format(2, "true") + whole
    )
    for data in (first, last):
        assert read(document(data)).proof.status == "proven"
    short = first.replace('<Ntry><Amt Ccy="EUR">0.05', '<Ntry><Amt Ccy="EUR">0.06')
    assert refusal(document(short)).code is StatementRefusal.BALANCE_DISAGREES


def test_an_interim_balance_is_no_closing_of_a_whole_statement() -> None:
    data = statement([Entry(5)], balances=balance("OPBD", 0) + balance("ITBD", 7))
    assert read(document(data)).proof.status == "not_stated"


def test_a_report_may_give_totals_in_place_of_entries_but_proves_no_entries() -> None:
    totals = summary([Entry(500), Entry(-200)])
    balances = balance("OPBD", 0) + balance("CLBD", 300)
    report = read(document(statement([], balances=balances, extra=totals, kind="052"), kind="052"))
    assert (report.proof.status, report.lines) == ("not_stated", ())
    assert report.proof.missing == "S-1: gives totals in place of entries"
    wrong = statement([], balances=balance("OPBD", 0) + balance("CLBD", 301), extra=totals, kind="052")
    assert refusal(document(wrong, kind="052")).code is StatementRefusal.BALANCE_DISAGREES
    assert refusal(document(statement([], extra=totals))).code is StatementRefusal.COUNT_DISAGREES


def test_a_statement_that_stands_twice_is_refused() -> None:
    same = statement([Entry(5)])
    assert "stands in the file twice" in refusal(document(same, same)).message
    assert len(read(document(same, statement([Entry(5)], identity="S-2"))).statements) == 2


# amounts


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1.5", "EUR", 150),
        ("1.50000", "EUR", 150),
        ("1", "EUR", 100),
        ("1.", "EUR", 100),
        (".5", "EUR", 50),
        ("+1.00", "EUR", 100),
        ("0000000000001.05", "EUR", 105),
        (" 1.05\n", "EUR", 105),
        ("5", "JPY", 5),
        ("5.000", "JPY", 5),
        ("0.005", "KWD", 5),
        ("0.0005", "CLF", 5),
        ("92233720368547758.07", "EUR", 2**63 - 1),
    ],
)
def test_amounts_are_exact(text: str, currency: str, minor: int) -> None:
    assert amount_of(text, currency) == minor


def amount_of(text: str, currency: str) -> int:
    data = document(statement([Entry(5)])).replace(b'Ccy="EUR">0.05', f'Ccy="{currency}">{text}'.encode())
    return read(data).lines[0].amount_minor


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("1.005", "EUR", StatementRefusal.AMOUNT_NOT_EXACT),
        ("1.00001", "EUR", StatementRefusal.AMOUNT_NOT_EXACT),
        ("0.5", "JPY", StatementRefusal.AMOUNT_NOT_EXACT),
        ("0.0005", "KWD", StatementRefusal.AMOUNT_NOT_EXACT),
        ("-1.00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1,00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1 000.00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1e3", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("NaN", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("", "EUR", StatementRefusal.AMOUNT_INVALID),
        (".", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("+-1", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1.2.3", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("٣.00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1" * 41, "EUR", StatementRefusal.AMOUNT_INVALID),
        ("92233720368547758.08", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1.00", "eur", StatementRefusal.CURRENCY_UNKNOWN),
        ("1.00", "XAU", StatementRefusal.CURRENCY_UNKNOWN),
        ("1.00", "", StatementRefusal.CURRENCY_UNKNOWN),
    ],
)
def test_amounts_that_cannot_be_exact_are_refused(text: str, currency: str, code: StatementRefusal) -> None:
    with pytest.raises(Refused) as caught:
        amount_of(text, currency)
    assert caught.value.code is code
    assert caught.value.details["element"] == "Stmt[1]/Ntry[1]/Amt"


# values


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("<Dt>2026-11-20</Dt>", "2026-11-20"),
        ("<Dt>2026-11-20Z</Dt>", "2026-11-20"),
        ("<Dt>2026-11-20+14:00</Dt>", "2026-11-20"),
        ("<DtTm>2026-11-20T23:59:59.999-11:00</DtTm>", "2026-11-20"),
        ("<DtTm>2026-11-20T24:00:00</DtTm>", "2026-11-20"),
    ],
)
def test_the_day_is_the_one_that_is_written(written: str, day: str) -> None:
    data = document(statement([Entry(5)])).replace(b"<BookgDt><Dt>2026-11-20</Dt>", f"<BookgDt>{written}".encode())
    booked = read(data).lines[0].booked
    assert booked is not None
    assert booked.isoformat() == day


@pytest.mark.parametrize("written", ["2026-02-30", "20.11.2026", "2026-11-20x", "0000-01-01", "tomorrow"])
def test_a_day_that_is_none_is_refused(written: str) -> None:
    data = document(statement([Entry(5)])).replace(b"<BookgDt><Dt>2026-11-20", f"<BookgDt><Dt>{written}".encode())
    found = refusal(data)
    assert (found.code, found.details["element"]) == (StatementRefusal.VALUE_INVALID, "Stmt[1]/Ntry[1]/BookgDt")


@pytest.mark.parametrize("placeholder", ["NOTPROVIDED", "notprovided", "NONREF", "NOT PROVIDED", " "])
def test_placeholders_are_no_references(placeholder: str) -> None:
    line = one(Entry(5, servicer=placeholder, end_to_end=placeholder))
    assert line.references == {}


def test_lines_without_any_reference_do_not_share_a_key_over_statements() -> None:
    twins = [statement([Entry(5), Entry(5)], identity=name) for name in ("S-1", "S-2")]
    lines = read(document(*twins)).lines
    assert [line.occurrence for line in lines] == [1, 2, 1, 2]
    assert len({line.natural_key for line in lines}) == 2


def test_the_banks_reference_names_the_line_in_every_statement() -> None:
    entry = Entry(5, servicer="A")
    first, other = (read(document(statement([entry], identity=name))).lines[0] for name in ("S-1", "S-2"))
    assert (first.natural_key, first.digest) == (other.natural_key, other.digest)
    changed = read(document(statement([replace(entry, text="more")]))).lines[0]
    assert changed.natural_key == first.natural_key
    assert changed.digest != first.digest
    for different in (replace(entry, booked="2026-11-21"), replace(entry, currency="CHF")):
        assert read(document(statement([different]))).lines[0].natural_key != first.natural_key


def test_card_numbers_are_never_read() -> None:
    card = "<CardTx><Card><PlainCardData><PAN>4242424242424242</PAN></PlainCardData></Card></CardTx>"
    file = read(document(statement([Entry(5, xml=card + details(card + "<AddtlTxInf>shop</AddtlTxInf>"))])))
    assert "4242424242424242" not in repr(file)
    assert file.lines[0].additional == "shop"


@pytest.mark.parametrize("gone", ["<Id>S-1</Id>", "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>"])
def test_a_statement_of_nobody_is_refused(gone: str) -> None:
    assert (
        refusal(document(statement([Entry(5)])).replace(gone.encode(), b"")).code is StatementRefusal.STRUCTURE_INVALID
    )
