"""Bills are found at their billers, kept as these say, and shown to whoever has their code."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Account, Notice
from eid_portal.core import clock, jobs
from eid_portal.core.models import Job
from eid_portal.core.outside import Unknown
from payments.enums import BillState, PaymentState
from payments.gateways import billers
from payments.models import Bill, Biller, CustomerCode, Payment
from payments.rules import health_premium
from payments.selectors import bills as selectors
from payments.selectors import tariffs
from payments.services import bills, reminders
from tests import factories
from tests.outside_world import OutsideWorld
from tests.payments.factories import make_link, make_order

CODE = "PE01000123456"
SILENT = "PE09000000105"  # the amount in the code chooses what the biller does when it is paid


@pytest.fixture
def account(db: None) -> Account:
    return factories.make_account(factories.make_citizen(21))


@pytest.fixture
def browser(account: Account) -> Client:
    return factories.signed_in(Client(), account)


def find(
    account: Account, written: str = CODE, biller: str = "evn-hcmc", label: str = "Nhà"
) -> bills.Found:
    return bills.find(account=account, biller=biller, written=written, label=label, now=clock.now())


# --- Finding --------------------------------------------------------------------------------------
def test_a_code_as_it_is_typed_is_found_saved_and_shown(
    sandbox: OutsideWorld, account: Account
) -> None:
    found = find(account, " pe01 0001-23456 ")

    assert found.to_pay == 1
    page = selectors.open_due(account, now=clock.now())
    [line] = page.bills
    assert (line.amount, line.label, line.code) == (486_200, "Nhà", "PE0100 0123 456")
    [code] = page.codes
    assert code.fetched_at is not None


def test_found_again_it_is_one_code_and_the_same_bills(
    sandbox: OutsideWorld, account: Account
) -> None:
    find(account)
    count = Bill.objects.count()
    find(account, label="Nhà mới")
    assert CustomerCode.objects.get().label == "Nhà mới"
    assert Bill.objects.count() == count


@pytest.mark.parametrize(
    ("biller", "written", "refused"),
    [
        ("evn-hcmc", "", bills.BadCode),
        ("evn-hcmc", "PE0100", bills.BadCode),
        ("evn-hcmc", "ＰＥ０１０００１２３４５６", bills.BadCode),
        ("evn-hcmc", "PD01000123456", bills.BadCode),
        ("evn-hcmc", "PE01999999999", bills.UnknownCode),
        ("nobody", CODE, bills.NoSuchBiller),
    ],
)
def test_what_is_no_code_is_refused(
    sandbox: OutsideWorld, account: Account, biller: str, written: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        find(account, written, biller)
    assert not CustomerCode.objects.exists()


def test_codes_are_not_tried_one_after_another(sandbox: OutsideWorld, account: Account) -> None:
    for place in range(20):
        with pytest.raises(bills.UnknownCode):
            find(account, f"PE019999999{place:02}")
    with pytest.raises(bills.AskedTooOften):
        find(account)


def test_a_silent_biller_is_asked_again_by_a_job(
    sandbox: OutsideWorld, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as silent:
        silent.setattr(billers, "find", lambda **_asked: Unknown("timeout"))
        assert find(account).to_pay is None
    job = Job.objects.get(task=bills.FETCH)
    claim = jobs.claim(job.pk)
    assert claim is not None
    bills.fetch(claim)
    assert CustomerCode.objects.get().fetched_at is not None
    assert [line.amount for line in selectors.open_due(account, now=clock.now()).bills] == [486_200]


def test_the_whole_households_premium_is_found_by_its_persons_number(
    sandbox: OutsideWorld, account: Account
) -> None:
    found = bills.find_mine(account=account, now=clock.now())

    assert found.to_pay == 2
    page = selectors.open_due(account, now=clock.now())
    bill = next(line for line in page.bills if line.kind == "HEALTH_INSURANCE")
    opened = selectors.open_bill(account, bill.public_id, now=clock.now())
    assert opened is not None
    today = clock.today(clock.now())
    premium = health_premium.premium(
        opened.details["members"],
        12,
        base_salary=tariffs.base_salary(today),
        terms=tariffs.health_terms(today),
    )
    assert [line["amount"] for line in opened.details["lines"]] == [
        member.amount for member in premium.members
    ]
    assert bill.amount == premium.total


def test_an_administrators_biller_needs_no_code(sandbox: OutsideWorld, account: Account) -> None:
    Biller.objects.create(
        code="truyen-hinh", kind="DEFINED", party="bill-hub", name="Truyền hình", name_en="Television",
        short_name="Truyen hinh", code_pattern=r"TV[0-9]{10}", code_hint="TV, 10 chữ số", code_hint_en="TV, 10 digits",
    )  # fmt: skip
    assert find(account, "TV0900200000", "truyen-hinh").to_pay == 1


# --- What the biller says -------------------------------------------------------------------------
def test_a_changed_amount_is_taken_and_a_paid_bill_stays_paid(
    sandbox: OutsideWorld, account: Account
) -> None:
    find(account)
    bill = Bill.objects.get(state=BillState.OPEN)
    Bill.objects.filter(pk=bill.pk).update(amount=1)
    find(account)
    bill.refresh_from_db()
    assert bill.amount == 486_200
    Bill.objects.filter(pk=bill.pk).update(state=BillState.PAID)
    find(account)
    bill.refresh_from_db()
    assert bill.state == BillState.PAID


def test_an_answer_on_its_way_for_long_does_not_overwrite_a_newer_one(
    sandbox: OutsideWorld, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(account)
    assert bills.ask_again(account=account, now=clock.now()) == 1
    claim = jobs.claim(Job.objects.get(task=bills.FETCH).pk)
    assert claim is not None
    ask = billers.find

    def overtaken(**asked: str) -> object:
        said = ask(**asked)
        Bill.objects.filter(state=BillState.OPEN).update(amount=500_000, fetched_at=clock.now())
        return said

    monkeypatch.setattr(billers, "find", overtaken)
    bills.fetch(claim)
    assert Bill.objects.get(state=BillState.OPEN).amount == 500_000


@pytest.mark.django_db(transaction=True)
def test_two_who_look_at_once_find_each_bill_once(sandbox: OutsideWorld) -> None:
    people = [factories.make_account(factories.make_citizen(place)) for place in (21, 22)]

    def look(account: Account) -> int | None:
        try:
            return find(account).to_pay
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(look, people * 2)) == {1}
    assert Bill.objects.filter(state=BillState.OPEN).count() == 1
    assert CustomerCode.objects.count() == 2


# --- Every day, and before the last ---------------------------------------------------------------
def test_what_was_asked_long_ago_is_asked_once_a_day(
    sandbox: OutsideWorld, account: Account
) -> None:
    find(account)
    now = clock.now()
    assert bills.begin_daily(now=now) == 0
    later = now + timedelta(hours=25)
    assert [bills.begin_daily(now=later), bills.begin_daily(now=later)] == [1, 0]


def test_a_bill_is_reminded_of_once_for_a_day_and_not_while_it_is_paid(
    sandbox: OutsideWorld, account: Account
) -> None:
    find(account)
    bill = Bill.objects.get(state=BillState.OPEN)
    now = clock.now()
    Bill.objects.filter(pk=bill.pk).update(due_on=clock.today(now) + timedelta(days=3))
    for _time in range(2):
        reminders.remind(now=now)
    assert Notice.objects.filter(kind="BILL_DUE", channel="INBOX").count() == 1

    Bill.objects.filter(pk=bill.pk).update(due_on=clock.today(now) + timedelta(days=1))
    _order, payments = make_order(make_link(account), payment=PaymentState.IN_FLIGHT)
    Payment.objects.filter(pk=payments[0].pk).update(bill=bill)
    assert reminders.remind(now=now) == 0


# --- Pages ----------------------------------------------------------------------------------------
def test_pages_show_what_is_due_and_the_bill_in_full(
    sandbox: OutsideWorld, account: Account, browser: Client
) -> None:
    empty = browser.get("/bills/", headers={"accept-language": "en"}, secure=True)
    assert "No bills yet" in empty.content.decode()
    sent = {"biller": "evn-hcmc", "code": CODE, "label": "Nhà"}
    assert browser.post("/bills/find/", sent, secure=True)["Location"] == "/bills/"
    page = browser.get("/bills/", secure=True).content.decode()
    assert "486.200" in page
    bill = Bill.objects.get(state=BillState.OPEN)
    shown = browser.get(f"/bills/{bill.public_id}/", secure=True).content.decode()
    assert "kWh" in shown
    assert "463.900" in shown  # the month before
    Bill.objects.filter(pk=bill.pk).update(due_on=clock.today(clock.now()) + timedelta(days=2))
    assert "486.200" in browser.get("/", secure=True).content.decode()


def test_a_stranger_does_not_see_a_bill(sandbox: OutsideWorld, account: Account) -> None:
    find(account)
    bill = Bill.objects.get(state=BillState.OPEN)
    other = factories.signed_in(Client(), factories.make_account(factories.make_citizen(22)))
    assert other.get(f"/bills/{bill.public_id}/", secure=True).status_code == 404
    code = CustomerCode.objects.get()
    assert other.get(f"/bills/codes/{code.public_id}/", secure=True).status_code == 404
    assert (
        other.post(f"/bills/codes/{code.public_id}/", {"action": "forget"}, secure=True).status_code
        == 404
    )


def test_a_code_is_renamed_removed_and_kept_after_all(
    sandbox: OutsideWorld, account: Account, browser: Client
) -> None:
    find(account)
    at = f"/bills/codes/{CustomerCode.objects.get().public_id}/"
    browser.post(at, {"label": "Nhà mẹ"}, secure=True)
    assert "Nhà mẹ" in browser.get("/bills/", secure=True).content.decode()
    browser.post(at, {"action": "forget"}, secure=True)
    assert "Nhà mẹ" not in browser.get("/bills/", secure=True).content.decode()
    browser.post(at, {"action": "keep"}, secure=True)
    assert "Nhà mẹ" in browser.get("/bills/", secure=True).content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"biller": "evn-hcmc"},
        {"biller": "x", "code": CODE},
        {"biller": "evn-hcmc", "code": "\x00"},
    ],
)
def test_bad_input_is_refused_in_words(
    sandbox: OutsideWorld, browser: Client, sent: dict[str, str]
) -> None:
    answer = browser.post("/bills/find/", sent, secure=True)
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.content.decode()
