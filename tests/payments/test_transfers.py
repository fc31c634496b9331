"""Transfers: who is paid is asked by the server, a held one can be stopped, and strangers learn nothing of anybody."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from accounts.enums import AuthenticatorKind, NoticeKind
from accounts.models import Account, Notice
from accounts.services import holding
from accounts.services.halting import stop_by_code
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from eid_portal.sandbox import data
from eid_portal.sandbox.money import accounts as bank_accounts
from eid_portal.sandbox.money import switch
from payments import events, policy
from payments.enums import AuthorisedBy, OrderState, PaymentState
from payments.models import Payment, PaymentOrder
from payments.rules import vietqr
from payments.rules.assurance import Payee
from payments.services import authorising, needs, ordering, own_qr, payees
from payments.services.bank_links import begin, finish, unlink
from payments.services.ordering import PersonWanted, TransferWanted
from payments.services.payees import By
from tests.documents.wallets import session_of
from tests.factories import make_account, make_authenticator, make_citizen, make_phone, signed_in
from tests.outside_world import OutsideWorld
from tests.payments import world as outside_world
from tests.payments.factories import make_link
from tests.payments.paying import Payer, make_payer
from tests.payments.world import PAYEE_NAME, World, on_a_thread, work

pytestmark = pytest.mark.django_db(transaction=True)
TO = {"bank": "970415", "account": "0100000099"}
BIG = 12_000_000


@pytest.fixture
def world() -> Iterator[World]:
    with outside_world.world() as here:
        yield here


@pytest.fixture
def payer() -> Payer:
    return make_payer()


def _held(payer: Payer) -> PaymentOrder:
    """A large first transfer, agreed to as with a passkey."""
    order = payer.draft(TransferWanted(**TO, amount=BIG)).order
    payments = list(order.payments.all())
    return authorising._authorise(
        order, payments, AuthorisedBy.PASSKEY, actor=payer.actor, now=clock.now()
    )


def _cancel(payer: Payer, order: PaymentOrder) -> PaymentOrder | None:
    return ordering.cancel(
        account=payer.account, order=order.public_id, actor=payer.actor, now=clock.now()
    )


def _take_back(payer: Payer, order: PaymentOrder, _place: int) -> PaymentOrder | None:
    return _cancel(payer, order)


# --- The name -------------------------------------------------------------------------------------
def test_the_name_is_the_banks_not_the_pages(world, payer):
    order = payer.draft(TransferWanted(**TO, amount=50_000)).order
    assert order.payments.get().payee_name == PAYEE_NAME

    with pytest.raises(ordering.NoPayee) as refused:
        payer.draft(TransferWanted(**TO, amount=50_000, name="LE VAN KHAC"))
    assert refused.value.code == "name_changed"


@pytest.mark.parametrize(
    ("word", "code"), [("nobody", "no_such_account"), ("silent", "name_unknown")]
)
def test_nothing_is_sent_where_no_name_is_told(world, payer, word, code):
    world.how["/v1/names"] = [word]
    with pytest.raises(ordering.NoPayee) as refused:
        payer.draft(TransferWanted(**TO, amount=50_000))
    assert refused.value.code == code
    assert not PaymentOrder.objects.exists()


def test_a_bank_we_do_not_know_is_not_asked(world, payer):
    with pytest.raises(ordering.NoPayee) as refused:
        payer.draft(TransferWanted(bank="123456", account="0100000099", amount=50_000))
    assert refused.value.code == "no_such_bank"


def test_ones_own_account_is_refused(world, payer):
    world.how["/v1/names"] = ["DANG THI MAU"]
    with pytest.raises(ordering.NoPayee) as refused:
        payer.draft(TransferWanted(bank="970436", account="1234560099", amount=50_000))
    assert refused.value.code == "own_account"


def test_the_same_key_asks_no_name_again(world, payer):
    key = str(uuid4())
    first = payer.draft(TransferWanted(**TO, amount=50_000), key=key)
    world.how["/v1/names"] = ["silent"]
    again = payer.draft(TransferWanted(**TO, amount=50_000), key=key)
    assert (again.order.pk, again.replayed) == (first.order.pk, True)


def test_without_a_bank_account_no_name_is_asked_and_an_order_made_before_is_the_same(world, payer):
    key = str(uuid4())
    first = payer.draft(TransferWanted(**TO, amount=50_000), key=key)
    unlink(account=payer.account, link=payer.link.public_id, actor=payer.actor, now=clock.now())
    world.how["/v1/names"] = ["silent"]

    again = payer.draft(TransferWanted(**TO, amount=50_000), key=key)
    with pytest.raises(ordering.NoBankAccount):
        payer.draft(TransferWanted(**TO, amount=60_000))

    assert (again.order.pk, again.replayed) == (first.order.pk, True)


@pytest.mark.parametrize("times", [0, 2])
def test_an_order_has_something_to_pay_and_each_once(payer, times):
    with pytest.raises(ordering.NothingWanted):
        payer.draft(*[TransferWanted(**TO, amount=50_000)] * times)


def test_names_are_not_asked_without_end(world, payer, monkeypatch):
    limit = type(policy.NAME_ASKED)(name="payments.name_asked", allowed=1, per=timedelta(hours=1))
    monkeypatch.setattr(policy, "NAME_ASKED", limit)
    payer.draft(TransferWanted(**TO, amount=50_000))
    with pytest.raises(ordering.NoPayee) as refused:
        payer.draft(TransferWanted(**TO, amount=60_000))
    assert refused.value.until is not None


# --- Holding and stopping -------------------------------------------------------------------------
def test_a_held_transfer_is_taken_back_and_never_sent(world, payer):
    order = _held(payer)
    assert order.held_until is not None

    assert _cancel(payer, order) is not None
    assert _cancel(payer, order) is None
    work()

    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert order.payments.get().state == PaymentState.NOT_PAID
    assert not world.sent


def test_one_that_was_sent_is_not_taken_back(world, payer):
    order = _held(payer)
    world.how["/v1/debits"] = ["silent"]
    work(1)
    assert _cancel(payer, order) is None
    work()
    order.refresh_from_db()
    assert order.state == OrderState.DEBITED


def test_taken_back_while_it_is_sent_it_is_one_or_the_other(world, payer):
    for _round in range(4):
        order = _held(payer)
        before = sum(world.sent.values())
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(on_a_thread(partial(_take_back, payer, order)), 0),
                pool.submit(on_a_thread(lambda _place: work(1)), 1),
            ]
            taken_back = both[0].result()
            both[1].result()
        work()
        order.refresh_from_db()
        sent = sum(1 for where, of in world.sent if of == order.reference)
        assert (order.state, sent) in {(OrderState.CANCELLED, 0), (OrderState.DEBITED, 1)}
        assert (taken_back is not None) == (order.state == OrderState.CANCELLED)
        assert sum(world.sent.values()) >= before


def test_one_button_stops_all_that_was_not_sent(world, payer):
    held = _held(payer)
    draft = payer.draft(TransferWanted(**TO, amount=50_000)).order

    for _press in range(2):
        ordering.stop_transfers(account=payer.account, actor=payer.actor, now=clock.now())

    states = set(PaymentOrder.objects.values_list("state", flat=True))
    assert states == {OrderState.CANCELLED}
    assert {held.pk, draft.pk} == set(PaymentOrder.objects.values_list("pk", flat=True))
    payer.account = Account.objects.select_related("citizen").get(pk=payer.account.pk)
    assert payer.account.money_held_until is not None
    with pytest.raises(ordering.Forbidden):
        payer.draft(TransferWanted(**TO, amount=50_000))
    assert AuditEvent.objects.filter(name=events.TransfersStopped.name).count() == 2
    work()
    assert not world.sent


def _told_of_the_stop(channel: str) -> list[str]:
    rows = Notice.objects.filter(kind=NoticeKind.TRANSFERS_STOPPED, channel=channel).order_by("pk")
    return [str(row.text) for row in rows]


def test_a_stop_is_told_with_its_end_and_a_code_that_locks(world, payer):
    make_authenticator(payer.account, AuthenticatorKind.EMAIL, secret="mau@example.vn")
    payer.account.language = "en"
    payer.account.save(update_fields=["language"])
    first = clock.now()
    ordering.stop_transfers(account=payer.account, actor=payer.actor, now=first)

    until = payer.account.money_held_until.astimezone(clock.VIET_NAM)
    assert payer.account.money_held_until == first + policy.TRANSFERS_STOPPED
    ends = f"{until:%H:%M} on {until:%d/%m/%Y}"
    begun = f"{first.astimezone(clock.VIET_NAM):%H:%M} on"
    (inbox,), (sms,), (email,) = map(_told_of_the_stop, ("INBOX", "SMS", "EMAIL"))
    assert ends in inbox
    assert begun in inbox
    assert "nobody can end it sooner" in inbox
    assert ends in sms
    assert ends in email
    assert "/stop/" in sms
    assert "/stop/" in email
    code = re.search(r"type (\w{4} \w{4})", sms)
    assert code is not None
    assert code[1] in email
    assert code[1] not in inbox
    stop_by_code(code=code[1].replace(" ", ""), address="198.51.100.7", now=clock.now())
    assert Account.objects.get(pk=payer.account.pk).state == "LOCKED"


def test_a_second_press_sends_no_second_message_but_says_the_new_end(world, payer):
    first = clock.now()
    for after in (timedelta(), timedelta(minutes=5)):
        ordering.stop_transfers(account=payer.account, actor=payer.actor, now=first + after)
    assert len(_told_of_the_stop("SMS")) == 1
    inbox = _told_of_the_stop("INBOX")
    assert len(inbox) == 2
    until = (first + timedelta(minutes=5) + policy.TRANSFERS_STOPPED).astimezone(clock.VIET_NAM)
    assert f"{until:%H:%M}" in inbox[-1]

    later = first + timedelta(minutes=5) + policy.STOP_TOLD_AGAIN
    ordering.stop_transfers(account=payer.account, actor=payer.actor, now=later)
    assert len(_told_of_the_stop("SMS")) == 2


def test_a_longer_hold_is_the_end_that_is_told(world, payer):
    now = clock.now()
    recovered = now + 2 * policy.TRANSFERS_STOPPED
    with transaction.atomic():
        holding.hold_money(account=payer.account, until=recovered)
    ordering.stop_transfers(account=payer.account, actor=payer.actor, now=now)
    (inbox,) = _told_of_the_stop("INBOX")
    assert f"{recovered.astimezone(clock.VIET_NAM):%d/%m/%Y}" in inbox


# --- Persons --------------------------------------------------------------------------------------
@pytest.fixture
def payee() -> Account:
    account = make_account(make_citizen(88, full_name="Trần Thị Nhận"))
    make_phone(account, "+84912345678")
    return account


def _person(payee: Account, **changes: Any) -> PersonWanted:
    given = {
        "by": By.NUMBER,
        "who": payee.citizen.personal_number,
        "name": "tran thi nhan",
        "amount": 50_000,
    }
    return PersonWanted(**given | changes)


def test_a_person_is_paid_to_the_account_they_linked(world, payer, payee):
    link = make_link(payee, is_default=True, holder_name="TRAN THI NHAN")
    for wanted in (_person(payee), _person(payee, by=By.PHONE, who="+84912345678", amount=60_000)):
        order = payer.draft(wanted).order
        payer.agree(order, payer.send_code(order))
        work()
        row = order.payments.get()
        assert (row.state, row.payee_link_id, row.payee_bank) == (PaymentState.SETTLED, link.pk, "")
        assert row.payee_account is None
    [kind] = {needs._asked(payer.account, row).payee for row in Payment.objects.filter(biller=None)}
    assert kind == Payee.KNOWN


def test_nobody_no_account_and_another_name_look_alike(world, payer, payee):
    answers = set()
    stranger = make_account(make_citizen(89, full_name="Lê Văn Lạ"))
    make_link(stranger, is_default=True)
    for wanted in (
        _person(payee),  # takes no transfers
        _person(stranger),  # another name
        _person(payee, who="001000999999"),
        _person(payee, by=By.PHONE, who="+84900000000"),
    ):
        with pytest.raises(ordering.NoPayee) as refused:
            payer.draft(wanted)
        answers.add((refused.value.code, str(refused.value.message)))
    assert len(answers) == 1

    seen = AuditEvent.objects.filter(name=events.NameCompared.name)
    assert set(seen.values_list("subject_id", flat=True)) == {payee.citizen_id, stranger.citizen_id}
    assert all(row.shown for row in seen)


def test_names_are_compared_ten_times_a_day(world, payer, payee):
    for _time in range(policy.NAME_COMPARED.allowed):
        with pytest.raises(ordering.NoPayee):
            payer.draft(_person(payee, name="Ai Đó"))
    make_link(payee, is_default=True)
    with pytest.raises(ordering.NoPayee) as refused:
        payer.draft(_person(payee))
    assert refused.value.until is not None


def test_nobody_pays_themselves(world, payer):
    with pytest.raises(ordering.NoPayee) as refused:
        payer.draft(_person(payer.account))
    assert refused.value.code == "own_account"


def test_a_payee_who_unlinked_gets_nothing_and_the_payer_all_back(sandbox: OutsideWorld, payer):
    # The sandbox's own books: the payout goes by the consent's token, and a consent that ended takes none.
    person = data.PEOPLE["001085000001"]
    payee = make_account(
        make_citizen(personal_number=person.number, full_name=person.name, birth_date=person.born)
    )
    source, link = _linked(sandbox, payer.account, "079191000030"), _linked(sandbox, payee)
    payer.link = source
    done = payer.draft(_person(payee, name=person.name)).order
    payer.agree(done, payer.send_code(done))
    work()
    assert done.payments.get().state == PaymentState.SETTLED

    back = payer.draft(_person(payee, name=person.name, amount=70_000)).order
    payer.agree(back, payer.send_code(back))
    switch.end(sandbox.world, link.consent_id)
    work()
    row = back.payments.get()
    assert (row.state, row.code) == (PaymentState.REFUNDED, "consent_ended")


def _linked(sandbox: OutsideWorld, account: Account, number: str = "") -> Any:
    """A bank account linked at the sandbox's bank; with a number, that person's name is given to the holder."""
    if number:
        person = data.PEOPLE[number]
        citizen = account.citizen
        citizen.full_name, citizen.personal_number = person.name, person.number
        citizen.save()
        account.refresh_from_db()
    else:
        number = account.citizen.personal_number
    session = session_of(account)
    row = begin(session=session, bank="970436", now=clock.now())
    own = bank_accounts.of(data.PEOPLE[number], "970436")[0].number
    assert switch.give(sandbox.world, row.consent_id or "", own)
    return finish(session=session, consent_id=row.consent_id or "", now=clock.now())


# --- One's own code -------------------------------------------------------------------------------
def test_ones_own_code_is_of_the_account_its_bank_says(world, payer):
    world.how["/v1/names"] = ["DANG THI MAU", "LE VAN KHAC"]
    given = {"account": payer.account, "link": payer.link.public_id, "amount": None, "purpose": ""}
    text = own_qr.make(**given, number="1234560099", now=clock.now())
    assert vietqr.read(text).account == "1234560099"
    for number in ("1234560098", "9994560099"):
        with pytest.raises(own_qr.NotMade):
            own_qr.make(**given, number=number, now=clock.now())


# --- Pages ----------------------------------------------------------------------------------------
@pytest.fixture
def browser(client: Client, payer: Payer) -> Client:
    return signed_in(client, payer.account)


def _post(browser: Client, path: str, fields: dict[str, Any]) -> Any:
    return browser.post(path, fields, secure=True)


def _fields(payer: Payer, **changes: Any) -> dict[str, Any]:
    given = {
        "by": "account", **TO, "amount": "50.000", "message": "tiền nhà",
        "link": payer.link.public_id, "key": str(uuid4()),
    }  # fmt: skip
    return given | changes


def test_the_form_ends_at_the_orders_page_and_twice_is_once(world, payer, browser):
    fields = _fields(payer)
    answers = [_post(browser, "/transfers/", fields) for _press in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    order = PaymentOrder.objects.get()
    assert answers[1]["Location"] == f"/payments/orders/{order.public_id}/"
    assert order.payments.get().amount == 50_000

    changed = _post(browser, "/transfers/", fields | {"amount": "60.000"})
    assert changed.status_code == 409
    assert fields["key"] not in changed.content.decode()


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "0",
        "-5",
        "+5",
        "1,5",
        "1.50",
        "1e6",
        str(2**63),
        "9" * 39,
        "５００００",
        "٥٠٠٠٠",
        "abc",
        "\x00",
    ],
)
def test_amounts_that_are_none(world, payer, browser, amount):
    answer = _post(browser, "/transfers/", _fields(payer, amount=amount))
    assert answer.status_code in {200, 400}
    assert not PaymentOrder.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"bank": "123456"}, {"bank": ""}, {"account": ""}, {"account": "1"}, {"account": "ă" * 30},
        {"link": "another"}, {"key": "none"}, {"message": "x" * 51}, {"by": "nothing", "bank": ""},
        {"by": "number", "who": "12", "name": "A"}, {"by": "phone", "who": "12", "name": ""},
    ],
)  # fmt: skip
def test_fields_that_make_no_sense(world, payer, browser, changes):
    answer = _post(browser, "/transfers/", _fields(payer, **changes))
    assert answer.status_code == 200
    assert not PaymentOrder.objects.exists()


def test_a_code_fills_the_form_in_and_a_wrong_one_says_why(world, payer, browser):
    text = vietqr.make(
        vietqr.Code(
            bank="970415", account="0100000099", amount=75_000, is_dynamic=True, purpose="Tien nha"
        )
    )
    page = _post(browser, "/transfers/", {"read": "1", "code": text})
    shown = page.content.decode()
    assert 'value="0100000099"' in shown
    assert 'value="75000"' in shown

    dollars = text.replace("5303704", "5303840")
    dollars = dollars[:-4] + vietqr.checksum(dollars[:-4])
    for wrong in (text[:-4] + "0000", dollars, "hello", "", "0" * 600, "\U0001f600" * 20):
        page = _post(browser, "/transfers/", {"read": "1", "code": wrong})
        assert page.status_code == 422
        assert "error-summary" in page.content.decode()


def test_every_page_opens(world, payer, browser):
    for path in (
        "/transfers/", "/transfers/?by=number", "/transfers/?by=phone", "/transfers/?by=x",
        "/transfers/qr/", "/transfers/stop/",
    ):  # fmt: skip
        assert browser.get(path, secure=True).status_code == 200, path
    assert browser.get("/transfers/stopped/", secure=True).status_code == 303
    assert _post(browser, "/transfers/stop/", {}).status_code == 303
    assert browser.get("/transfers/stopped/", secure=True).status_code == 200
    refused = _post(browser, "/transfers/", _fields(payer))
    assert refused.status_code == 409
    world.how["/v1/names"] = ["DANG THI MAU"]
    made = _post(
        browser, "/transfers/qr/",
        {"link": payer.link.public_id, "number": "12 3456 0099", "amount": "", "purpose": ""},
    )  # fmt: skip
    assert "<svg" in made.content.decode()


def test_a_person_is_named_on_their_page(world, payer, browser, payee):
    make_link(payee, is_default=True)
    fields = _fields(payer, by="phone", who="0912 345 678", name="Trần Thị Nhận")
    assert _post(browser, "/transfers/", fields).status_code == 303
    wrong = _post(browser, "/transfers/", _fields(payer, by="phone", who="0912345678", name="Ai"))
    assert wrong.status_code == 409
    assert payees.NoMatch.code not in wrong.content.decode()


def test_the_warning_stands_where_somebody_new_is_paid(world, payer, browser):
    for is_new in (True, False):
        order = payer.draft(TransferWanted(**TO, amount=50_000)).order
        page = browser.get(f"/payments/orders/{order.public_id}/", secure=True).content.decode()
        assert ('action="/transfers/stop/"' in page) == is_new
        assert PAYEE_NAME in page
        payer.agree(order, payer.send_code(order))
        work()


def test_a_held_one_is_taken_back_on_its_page(world, payer, browser):
    order = _held(payer)
    place = f"/payments/orders/{order.public_id}/"
    assert f'action="{place}cancel/"' in browser.get(place, secure=True).content.decode()
    assert _post(browser, f"{place}cancel/", {}).status_code == 303
    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
