"""What answers of banks and billers are taken for: every outcome of the wire, and nothing half understood."""

from datetime import timedelta
from typing import Any

import pytest

from eid_portal.core import clock, outside
from eid_portal.core.outside import Accepted, Call, Outcome, Refused, Unavailable, Unknown
from eid_portal.sandbox import data
from eid_portal.sandbox.money import accounts, switch
from payments.enums import BillState
from payments.gateways import base, billers, napas
from payments.gateways.base import PROCESSING, Done, NotDone, NotFound, Slice

AN = "001085000001"
BANK = "970436"
PAID_AT = "2026-11-26T10:00:00+07:00"
SILENT = Unknown("read_timeout")
DONE = "done"


def ask(asked: Call) -> Outcome:
    return outside.send(napas.PARTY, asked)


def opened() -> napas.ConsentOpened:
    said = napas.read_consent(
        ask(
            napas.consent_call(
                reference="L-1",
                bank=BANK,
                return_url="http://localhost:8000/payments/banks/return/",
                full_name="Nguyễn Văn An",
                personal_number=AN,
            )
        )
    )
    assert isinstance(said, napas.ConsentOpened)
    return said


def consent_status(consent_id: str, bank: str = BANK) -> Any:
    return napas.read_consent_status(ask(napas.consent_status_call(consent_id)), consent_id, bank)


def token(sandbox: Any) -> str:
    consent = opened().consent_id
    switch.give(sandbox.world, consent, accounts.of(data.PEOPLE[AN], BANK)[0].number)
    given = consent_status(consent)
    assert isinstance(given, napas.ConsentGiven)
    return given.token


def debit(of: str, amount: int, reference: str = "TT-1") -> Any:
    asked = napas.debit_call(
        reference=reference, token=of, amount=amount, text="Tiền điện", payees=["EVN"]
    )
    return napas.read_debit(ask(asked), reference, amount)


def debit_status(amount: int, reference: str = "TT-1") -> Any:
    return napas.read_debit_status(ask(napas.debit_status_call(reference)), reference, amount)


def pay(bill: str, amount: int, party: str = "evn", reference: str = "P-1") -> Any:
    asked = billers.payment_call(
        party, reference=reference, bill=bill, amount=amount, paid_at=PAID_AT
    )
    return billers.read_payment(outside.send(party, asked), reference, amount)


def bills(code: str, party: str = "evn") -> Any:
    return billers.read_bills(outside.send(party, billers.bills_call(party, code)), code)


# --- Every outcome of the wire --------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ending", "answer", "status"),
    [
        (0, DONE, DONE),
        (101, NotDone("no_money"), NotDone("no_money")),
        (102, NotDone("account_closed"), NotDone("account_closed")),
        (103, DONE, DONE),
        (104, SILENT, DONE),
        (105, SILENT, NotFound()),
        (106, Unknown("ConnectionResetError"), DONE),
        (107, DONE, DONE),
        (108, DONE, DONE),
        (109, Unknown("answer_wrong_signature"), DONE),
        (110, PROCESSING, PROCESSING),
        (111, Unknown("malformed_answer"), DONE),
        (112, NotDone("limit"), NotDone("limit")),
        (113, Unknown("other_reference"), DONE),
    ],
)
def test_a_debit(sandbox, ending, answer, status):
    said = debit(token(sandbox), 500_000 + ending)
    after = debit_status(500_000 + ending)

    assert isinstance(said, Done) if answer == DONE else said == answer
    assert isinstance(after, Done) if status == DONE else after == status
    if answer == status == DONE:
        assert said == after


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ending", "answer", "status"),
    [
        (0, DONE, DONE),
        (201, NotDone("already_paid"), NotDone("already_paid")),
        (202, NotDone("withdrawn"), NotDone("withdrawn")),
        (203, NotDone("amount_changed"), NotDone("amount_changed")),
        (204, SILENT, DONE),
        (205, SILENT, NotFound()),
        (206, Unknown("ConnectionResetError"), DONE),
        (207, DONE, DONE),
        (208, DONE, DONE),
        (209, Unknown("answer_wrong_signature"), DONE),
        (210, PROCESSING, PROCESSING),
        (211, Unknown("malformed_answer"), DONE),
        (212, NotDone("not_found"), NotDone("not_found")),
        (213, DONE, DONE),
        (214, Unknown("other_reference"), DONE),
    ],
)
def test_a_payment_of_a_bill(sandbox, ending, answer, status):
    amount = 500_000 + ending
    (bill,) = bills(f"PE09{amount:09d}").bills

    said = pay(bill.reference, amount)
    after = billers.read_payment_status(
        outside.send("evn", billers.payment_status_call("evn", "P-1")), "P-1", amount
    )

    assert isinstance(said, Done) if answer == DONE else said == answer
    assert isinstance(after, Done) if status == DONE else after == status


@pytest.mark.django_db
def test_a_refund_and_a_payout(sandbox):
    debit(token(sandbox), 10_000)
    account = accounts.of(data.PEOPLE[AN], BANK)[0].number

    back = napas.read_refund(
        ask(napas.refund_call(reference="R-1", debit_reference="TT-1", amount=4_000)), "R-1", 4_000
    )
    out = napas.read_payout(
        ask(
            napas.payout_call(
                reference="P-1", to=napas.AccountAt(BANK, account), amount=5_000, message="",
                payer_name="An",
            )
        ),
        "P-1",
        5_000,
    )  # fmt: skip

    assert isinstance(back, Done)
    assert isinstance(out, Done)
    assert napas.read_refund_status(ask(napas.refund_status_call("R-1")), "R-1", 4_000) == back
    assert napas.read_payout_status(ask(napas.payout_status_call("P-1")), "P-1", 5_000) == out
    assert napas.read_payout_status(ask(napas.payout_status_call("P-2")), "P-2", 1) == NotFound()


@pytest.mark.django_db
def test_a_consent_is_awaited_given_refused_and_ended(sandbox):
    consent = opened().consent_id
    assert consent_status(consent) == napas.ConsentWaits()
    assert consent_status(consent, "970418") == Unknown("other_consent")
    assert consent_status("nobody") == NotFound()

    account = accounts.of(data.PEOPLE[AN], BANK)[0]
    switch.give(sandbox.world, consent, account.number)
    given = consent_status(consent)
    assert (given.holder_name, given.ending) == ("NGUYEN VAN AN", account.number[-4:])
    assert given.token not in repr(given)

    switch.end(sandbox.world, consent)
    assert consent_status(consent) == napas.ConsentEnded()


@pytest.mark.django_db
def test_a_refused_consent(sandbox):
    consent = opened().consent_id
    switch.refuse(sandbox.world, consent)

    assert consent_status(consent) == NotDone("refused")


@pytest.mark.django_db
def test_a_name(sandbox):
    account = accounts.of(data.PEOPLE[AN], BANK)[0].number

    assert napas.read_name(ask(napas.name_call(BANK, account)), BANK, account) == napas.Named(
        "NGUYEN VAN AN"
    )
    assert napas.read_name(ask(napas.name_call(BANK, "12")), BANK, "12") == NotFound()
    other = Accepted({"bank": BANK, "account": "1", "name": "AN"})
    assert napas.read_name(other, BANK, account) == Unknown("other_account")


@pytest.mark.django_db
def test_bills_are_read_with_what_the_paper_bill_says(sandbox):
    found = bills("PE01000123456")
    premiums = billers.read_bills_of_person(
        outside.send("health-premiums", billers.bills_of_person_call("health-premiums", AN))
    )
    social = billers.read_bills_of_person(
        outside.send("social-premiums", billers.bills_of_person_call("social-premiums", AN))
    )

    assert found.unread == ()
    assert (found.bills[0].amount, found.bills[0].state) == (486_200, BillState.OPEN)
    assert found.bills[0].details["meter_no"]
    assert isinstance(premiums, billers.Bills)
    assert premiums.bills[0].details["members"] == 5
    assert isinstance(social, billers.Bills)
    assert [line["amount"] for line in social.bills[0].details["lines"]] == [330_000, -66_000]
    assert bills("PE00000000000") == billers.Bills(())


@pytest.mark.django_db
def test_the_files_of_a_day(sandbox):
    debit(token(sandbox), 10_000)
    today = clock.today(clock.now())

    bank = napas.read_statement(ask(napas.statement_call(today, 0)), today, 0)
    power = billers.read_statement(
        outside.send("evn", billers.statement_call("evn", today, 0)), today, 0
    )

    assert isinstance(bank, Slice)
    assert (bank.format, bank.following, "TT-1" in bank.content) == ("camt.053", None, True)
    assert isinstance(power, Slice)
    assert power.content.startswith("reference,bill,")
    said = ask(napas.statement_call(today, 0))
    assert napas.read_statement(said, today, 5) == Unknown("other_slice")
    yesterday = today - timedelta(days=1)
    assert napas.read_statement(said, yesterday, 0) == Unknown("other_slice")
    assert billers.read_statement(said, today, 0) == Unknown("malformed_format")


# --- Nothing half understood ----------------------------------------------------------------------
MOVED = {
    "reference": "TT-1",
    "amount": 10_000,
    "state": "done",
    "bank_reference": "B1",
    "code": None,
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reference": "TT-2"}, "other_reference"),
        ({"reference": None}, "malformed_reference"),
        ({"amount": 10_001}, "other_amount"),
        ({"amount": "10000"}, "malformed_amount"),
        ({"amount": 10_000.0}, "malformed_amount"),
        ({"amount": True}, "malformed_amount"),
        ({"amount": 2**63}, "malformed_amount"),
        ({"state": "fine"}, "malformed_state"),
        ({"state": None}, "malformed_state"),
        ({"bank_reference": ""}, "malformed_bank_reference"),
        ({"bank_reference": "x" * 65}, "malformed_bank_reference"),
        ({"bank_reference": 7}, "malformed_bank_reference"),
        ({"code": "no_money"}, "malformed_code"),
        ({"state": "refused", "code": "because"}, "malformed_code"),
        ({"state": "refused", "code": None}, "malformed_code"),
    ],
)
def test_an_answer_that_is_not_as_the_wire_says_is_unknown(change, why):
    said = Accepted(MOVED | change)

    assert napas.read_debit(said, "TT-1", 10_000) == Unknown(why)
    assert napas.read_debit_status(said, "TT-1", 10_000) == Unknown(why)


@pytest.mark.parametrize("name", MOVED)
def test_an_answer_without_a_field_is_unknown(name):
    said = Accepted({key: value for key, value in MOVED.items() if key != name})

    assert napas.read_debit(said, "TT-1", 10_000) == Unknown(f"malformed_{name}")


def test_what_a_party_will_not_even_read_is_for_the_inquiry_to_settle():
    for code, why in {
        "reference_used": "refused_reference_used",
        "<b>": "refused",
    }.items():
        assert napas.read_debit(Refused(code), "TT-1", 1) == Unknown(why)
    assert napas.read_debit_status(Refused("not_found"), "TT-1", 1) == NotFound()
    away = Unavailable("no_connection")
    assert napas.read_debit(away, "TT-1", 1) == napas.read_debit_status(away, "TT-1", 1) == away


@pytest.mark.parametrize(
    "page", ["javascript:alert(1)", "ftp://bank", "http://b ank", "", None, "http://" + "x" * 501]
)
def test_a_bank_page_that_is_no_address_is_not_followed(page):
    said = Accepted({"consent_id": "c", "page": page})

    assert napas.read_consent(said) == Unknown("malformed_page")


BILL: dict[str, Any] = {
    "reference": "B-1", "customer_code": "PE1", "period": "2026-11", "amount": 108_000, "due_on": "2026-11-30",
    "customer_name": "NG*** A*", "state": "open",
    "details": {"lines": [{"text": "Điện", "quantity": 40, "unit_price": 2500, "amount": 100_000}], "net": 100_000,
                "vat": 8_000},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"customer_code": "PE2"}, "malformed_customer_code"),
        ({"reference": "a b"}, "malformed_reference"),
        ({"amount": 0}, "malformed_amount"),
        ({"amount": 108_001}, "malformed_lines"),
        ({"period": "November"}, "malformed_period"),
        ({"due_on": "30/11/2026"}, "malformed_due_on"),
        ({"due_on": 5}, "malformed_due_on"),
        ({"customer_name": "a\x00b"}, "malformed_customer_name"),
        ({"state": "lost"}, "malformed_state"),
        ({"details": None}, "malformed_details"),
        ({"details": {"lines": [{}], "net": 0, "vat": 0}}, "malformed_text"),
        ({"details": BILL["details"] | {"old_index": "1"}}, "malformed_old_index"),
    ],
)
def test_a_bill_that_cannot_be_read_hides_no_other(change, why):
    wrong, right = BILL | change, BILL | {"reference": "B-2"}

    assert billers.read_bills(Accepted({"bills": [wrong]}), "PE1") == Unknown(why)
    both = billers.read_bills(Accepted({"bills": [wrong, right]}), "PE1")
    assert isinstance(both, billers.Bills)
    assert [bill.reference for bill in both.bills] == ["B-2"]
    assert both.unread == (why,)


def test_the_same_bill_twice_is_read_once_and_a_flood_not_at_all():
    twice = billers.read_bills(Accepted({"bills": [BILL, BILL]}), "PE1")
    flood = billers.read_bills(Accepted({"bills": [BILL] * (billers.MOST_BILLS + 1)}), "PE1")

    assert isinstance(twice, billers.Bills)
    assert (len(twice.bills), twice.unread) == (1, ("two_answers",))
    assert flood == Unknown("malformed_bills")


def test_requests_that_move_money_carry_their_reference_as_key_and_inquiries_none():
    moves = napas.debit_call(reference="TT-1", token="t", amount=1, text="x", payees=["y"])
    asks = napas.debit_status_call("TT-1")

    assert (moves.idempotency_key, asks.idempotency_key) == ("TT-1", None)
    assert moves.tag == base.post("napas", "x", {}).tag == "eid-napas"
    assert "payload" not in repr(moves)
    hub = billers.payment_call(
        "bill-hub", reference="P-1", bill="B", amount=1, paid_at=PAID_AT, biller="net"
    )
    assert hub.payload is not None
    assert hub.payload["biller"] == "net"
