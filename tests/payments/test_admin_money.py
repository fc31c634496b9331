"""The windows on money: found by reference, read only, each look seen; refunds, settlements and adjustments by two."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Account
from eid_portal.core import clock, metrics
from eid_portal.core.models import Approval, AuditEvent
from payments.enums import CaseState, OrderState, PaymentState, RefundState, SettlementState
from payments.models import (
    JournalEntry,
    MoneyCase,
    Payment,
    PaymentReport,
    Refund,
    RefundProposal,
    Settlement,
    StatementFile,
)
from payments.selectors import ledger as balances
from payments.selectors import money
from payments.services import settlements
from tests import factories
from tests.payments import booking
from tests.payments.factories import BANK, make_biller, make_link, make_order, make_refund
from tests.payments.paying import make_bill
from tests.payments.staff import make_administrator

pytestmark = pytest.mark.django_db
AT = "/admin/payments/"
YESTERDAY = clock.today(clock.now()) - timedelta(days=1)
WORDS = "Công ty điện lực xác nhận đã thu hai lần."


def window_of(account: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), account)


@pytest.fixture
def window(db: None) -> Client:
    return window_of(make_administrator(60))


def colleague() -> Client:
    """Another administrator, who has just signed in."""
    return window_of(make_administrator(61))


@pytest.fixture
def payment(db: None) -> Payment:
    """A settled payment that is in the books."""
    make_biller(bank=BANK, bank_account="0000000077")
    now = clock.now()
    order, (payment,) = make_order(
        make_link(factories.make_account()),
        amounts=[415_000],
        payment=PaymentState.SETTLED,
        state=OrderState.DEBITED,
        debited_at=now,
        reference="TT-261126-23456789",
    )
    Payment.objects.filter(pk=payment.pk).update(settled_at=now)
    booking.book_debit(order=order, payments=[payment], now=now)
    booking.book_settle(payment=payment, now=now)
    return payment


def text_of(window: Client, address: str, status: int = 200) -> str:
    answer = window.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    body = answer.content.decode().partition('id="content-start"')[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


# --- Windows ------------------------------------------------------------------------------------------
def test_every_list_opens_and_is_read_only(window: Client, payment: Payment) -> None:
    make_refund(payment, 1)
    make_bill()
    PaymentReport.objects.create(
        event_id=uuid4(), party="evn", body_hash=bytes(32), kind="payment", reference="x",
        outcome="KNOWN", received_at=clock.now(),
    )  # fmt: skip
    for model in (
        "bill", "journalentry", "ledgeraccount", "moneycase", "payment", "paymentorder", "paymentreport", "posting",
        "refund", "settlement", "statementfile",
    ):  # fmt: skip
        page = text_of(window, f"{AT}{model}/")
        assert factories.NAME not in page
        for action in ("delete/", "change/"):
            answer = window.post(f"{AT}{model}/{payment.pk}/{action}", {"state": "REFUNDED"})
            assert answer.status_code in {302, 403, 404}, (model, action)
    payment.refresh_from_db()
    assert payment.state == PaymentState.SETTLED


def test_a_list_is_paged_by_key(window: Client, payment: Payment) -> None:
    link = payment.order.link
    for _each in range(60):
        make_order(link, state=OrderState.DRAFTED)
    first = window.get(f"{AT}paymentorder/").content.decode()
    following = re.search(r'href="(\?after=[^"]+)" rel="next"', first)
    assert following is not None
    second = window.get(f"{AT}paymentorder/{following[1]}").content.decode()
    seen = [set(re.findall(r">(TT-[0-9a-f-]+)</a>", page)) for page in (first, second)]
    assert not seen[0] & seen[1]
    assert len(seen[0] | seen[1]) == 61


def test_a_list_has_no_more_queries_the_longer_it_is(
    window: Client, payment: Payment, django_assert_max_num_queries: Any
) -> None:
    for _each in range(20):
        make_order(payment.order.link)
    with django_assert_max_num_queries(12):
        window.get(f"{AT}payment/")


@pytest.mark.parametrize(
    ("typed", "found"), [("TT-261126-23456789", 1), (" tt 261126 23456789 ", 0), ("TT-2611", 0), ("%", 0)]
)  # fmt: skip
def test_rows_are_found_by_a_whole_reference_alone(
    window: Client, payment: Payment, typed: str, found: int
) -> None:
    for model in ("paymentorder", "payment"):
        answer = window.get(f"{AT}{model}/", {"q": typed})
        assert answer.content.decode().count("415.000 ₫") == found, model


@pytest.mark.parametrize("column", ["order__account__citizen__family_name", "payee_name", "amount"])
def test_no_other_column_can_be_asked_for(window: Client, payment: Payment, column: str) -> None:
    answer = window.get(f"{AT}payment/", {f"{column}__startswith": "A"})
    assert answer.status_code in {302, 400}


def test_a_look_at_a_payment_is_seen_by_its_payer(window: Client, payment: Payment) -> None:
    page = text_of(window, f"{AT}payment/{payment.pk}/change/")
    assert "415.000 ₫" in page
    assert "biller:evn-mau" in page  # its postings
    event = AuditEvent.objects.get(name="accounts.data_seen")
    assert (event.subject_id, event.data["page"]) == (payment.order.account.citizen_id, "payment")
    assert event.target_id == payment.pk


def test_a_person_who_is_paid_is_not_shown(window: Client, payment: Payment) -> None:
    _order, (transfer,) = make_order(payment.order.link, billers=[None])
    page = text_of(window, f"{AT}payment/{transfer.pk}/change/")
    assert "A person, at bank 970436" in page
    assert "0000000042" not in page


# --- Refunds ------------------------------------------------------------------------------------------
def refund_by(window: Client, payment: Payment, **values: str) -> Any:
    data = {"amount": "15.000", "words": WORDS} | values
    return window.post(f"{AT}payment/{payment.pk}/refund/", data)


def decide(window: Client, model: str, pk: Any, decision: str = "approve") -> Any:
    return window.post(f"{AT}{model}/{pk}/decide/", {"decision": decision, "note": "Đúng"})


def test_two_administrators_refund(window: Client, payment: Payment) -> None:
    page = f"{AT}payment/{payment.pk}/change/"
    assert "Propose a refund" in text_of(window, page)
    assert refund_by(window, payment).status_code == 302
    assert "Proposed. Another administrator decides." in text_of(window, page)

    second = colleague()
    shown = text_of(second, f"{AT}payment/{payment.pk}/decide/")
    assert "15.000 ₫" in shown
    assert WORDS in shown
    assert decide(second, "payment", payment.pk).status_code == 302
    refund = Refund.objects.get()
    assert (refund.state, refund.amount) == (RefundState.SENDING, 15_000)
    assert decide(second, "payment", payment.pk).status_code == 302  # pressed again
    assert Refund.objects.count() == 1


def test_who_proposed_does_not_decide(window: Client, payment: Payment) -> None:
    refund_by(window, payment)
    answer = window.get(f"{AT}payment/{payment.pk}/decide/")
    assert answer["Location"].startswith("/sign-in/again/")
    maker = RefundProposal.objects.get().approval.maker_account_id
    account = Account.objects.filter(pk=maker).get() if maker else None
    assert account is not None
    again = window_of(account)  # and signing in afresh does not help
    decide(again, "payment", payment.pk)
    assert not Refund.objects.exists()
    assert Approval.objects.get().state == "PROPOSED"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amount": "415.001"}, "more than was paid"),
        ({"amount": "-5"}, "above zero"),
        ({"amount": "10,5"}, "whole đồng"),
        ({"amount": "１０００"}, "ordinary keyboard"),
        ({"amount": ""}, "required"),
        ({"words": "a"}, "at least 10"),
        ({"words": ""}, "required"),
    ],
)
def test_what_is_wrong_with_a_proposal_is_said(
    window: Client, payment: Payment, values: dict[str, str], said: str
) -> None:
    answer = refund_by(window, payment, **values)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not RefundProposal.objects.exists()


# --- Settlements --------------------------------------------------------------------------------------
def test_two_administrators_settle(window: Client, payment: Payment) -> None:
    form = text_of(window, f"{AT}settlement/add/")
    assert "evn-mau · 415.000 ₫" in form
    assert window.post(f"{AT}settlement/add/", {"biller": "evn-mau"}).status_code == 302
    row = Settlement.objects.get()
    second = colleague()
    shown = text_of(second, f"{AT}settlement/{row.pk}/decide/")
    assert "0000000077" in shown
    decide(second, "settlement", row.pk)
    row.refresh_from_db()
    assert row.state == SettlementState.SENDING
    assert "The switch is being asked" in text_of(second, f"{AT}settlement/{row.pk}/change/")


def test_a_biller_who_is_owed_nothing_cannot_be_chosen(window: Client, payment: Payment) -> None:
    make_biller("nuoc-mau", bank=BANK, bank_account="0000000078")
    answer = window.post(f"{AT}settlement/add/", {"biller": "nuoc-mau"})
    assert answer.status_code == 200
    window.post(f"{AT}settlement/add/", {"biller": "evn-mau"})
    again = window.post(f"{AT}settlement/add/", {"biller": "evn-mau"})
    assert "under way" in again.content.decode()
    assert Settlement.objects.count() == 1
    assert settlements.owed("evn-mau") == 415_000


# --- Files and differences ----------------------------------------------------------------------------
def upload(window: Client, content: bytes, party: str = "evn", **values: Any) -> Any:
    file = SimpleUploadedFile("day.csv", content)
    data = {"party": party, "day": YESTERDAY.isoformat(), "file": file} | values
    return window.post(f"{AT}statementfile/add/", data)


HEAD = b"reference,bill,customer_code,amount,paid_at,receipt\r\n"


def test_an_uploaded_file_is_compared_and_its_differences_are_worked_off(
    window: Client, payment: Payment
) -> None:
    line = f"{payment.public_id},HD-1,PE01,1000,{YESTERDAY}T10:00:00+07:00,R1\r\nbad\r\n"
    answer = upload(window, HEAD + line.encode())
    assert answer.status_code == 302
    page = text_of(window, answer["Location"])
    assert "1 lines were compared, 1 could not be read." in page
    assert "3: line" in page
    assert StatementFile.objects.get().uploaded_by is not None
    case = MoneyCase.objects.get()
    at = f"{AT}moneycase/{case.pk}/"
    assert "Another amount" in text_of(window, f"{AT}moneycase/")

    window.post(f"{at}take/")
    window.post(f"{at}step/note/", {"words": "Đã gọi điện lực."})
    window.post(
        f"{at}adjust/",
        {"account": "biller:evn-mau", "side": "debit", "amount": "414.000", "words": WORDS},
    )
    second = colleague()
    shown = text_of(second, f"{at}decide/")
    assert "414.000 ₫" in shown
    assert WORDS in shown
    decide(second, "moneycase", case.pk)
    assert JournalEntry.objects.filter(kind="ADJUSTMENT").count() == 1
    assert balances.balance("difference") == -414_000
    window.post(f"{at}step/resolve/", {"words": "Điện lực sửa sổ."})
    case.refresh_from_db()
    assert case.state == CaseState.RESOLVED
    done = text_of(window, f"{at}change/")
    for words in ("Đã gọi điện lực.", WORDS, "Điện lực sửa sổ.", "biller:evn-mau +414000"):
        assert words in done


@pytest.mark.parametrize(
    ("content", "values", "said"),
    [
        (b"a,b\r\n", {}, "not such a file"),
        (b"", {}, "not such a file"),
        (HEAD, {"party": "napas"}, "not such a file"),
        (HEAD, {"party": "nobody"}, "Select a valid choice"),
        (HEAD, {"day": "2099-01-01"}, "a day that is over"),
    ],
)
def test_a_file_that_is_refused_says_why(
    window: Client, payment: Payment, content: bytes, values: dict[str, Any], said: str
) -> None:
    answer = upload(window, content, **values)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not StatementFile.objects.exists()


# --- How it all stands --------------------------------------------------------------------------------
def test_a_page_says_how_all_money_stands(window: Client, payment: Payment) -> None:
    since = clock.now() - timedelta(hours=3, minutes=1)
    _order, (flying,) = make_order(payment.order.link, payment=PaymentState.UNKNOWN)
    Payment.objects.filter(pk=flying.pk).update(since=since)
    page = text_of(window, f"{AT}ledgeraccount/")
    assert re.search(r"The payee has not answered 1 500.000 ₫ 3 h", page)
    assert re.search(r"bank:970436 415.000 ₫", page)
    assert re.search(r"evn-mau 415.000 ₫", page)
    assert "The books are off by 500.000 ₫" in page  # this one was never booked
    html = window.get(f"{AT}ledgeraccount/").content.decode()
    assert '<rect width="100" height="10"' in html
    assert "style=" not in html.partition('id="content-main"')[2]


def test_alarms_see_what_waits(payment: Payment) -> None:
    now = clock.now()
    since = now - timedelta(seconds=90)
    _order, (flying,) = make_order(payment.order.link, payment=PaymentState.UNKNOWN)
    Payment.objects.filter(pk=flying.pk).update(since=since)
    said = metrics.exposition(now=now).decode()
    assert 'eid_money_waiting_dong{what="unknown"} 500000.0' in said
    assert 'eid_money_waiting_count{what="unknown"} 1.0' in said
    assert re.search(r'eid_money_waiting_oldest_seconds\{what="unknown"\} 90(\.\d)?', said)
    assert 'eid_money_waiting_dong{what="in_flight"} 0.0' in said
    for name, *_rest in money.GAUGES:
        assert f"# TYPE {name} gauge" in said
