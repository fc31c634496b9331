"""Orders and their authorisation: one for a key, one for a bill, a code for one order alone."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Notice
from accounts.services import codes
from eid_portal.core.models import AuditEvent, Job
from payments.enums import OrderState, PaymentState, ReportOutcome
from payments.models import JournalEntry, Payment, PaymentOrder, PaymentReport
from payments.services import authorising, ordering
from payments.services.ordering import BillWanted, TransferWanted
from tests import factories
from tests.payments import test_paying as paying
from tests.payments.paying import make_bill, make_payer
from tests.payments.world import World, on_a_thread, work

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 16


def together(function: Any, times: int) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(on_a_thread(function), range(times)))


def test_64_equal_keys_at_once_are_one_order_and_64_equal_replies() -> None:
    payer, bill, key = make_payer(), make_bill(), str(uuid4())
    wanted = BillWanted(bill=bill.public_id)

    drafted = together(lambda _place: payer.draft(wanted, key=key), 64)

    assert PaymentOrder.objects.count() == 1
    replies = {(each.order.pk, each.order.reference, each.order.amount) for each in drafted}
    assert len(replies) == 1
    assert [each.replayed for each in drafted].count(False) == 1
    with pytest.raises(ordering.KeyReused):
        payer.draft(BillWanted(bill=make_bill().public_id), key=key)


def test_200_tries_to_pay_one_bill_pay_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payers, bill = [make_payer(), make_payer(16, phone="+84912000098")], make_bill()
    monkeypatch.setattr(codes, "check", lambda **_given: None)  # not what is tried here

    def attempt(place: int) -> str:
        payer = payers[place % 2]
        try:
            order = payer.draft(BillWanted(bill=bill.public_id)).order
            return payer.agree(order, "000000").state
        except (ordering.OrderRefused, authorising.NotAuthorised) as refused:
            return refused.code

    said = together(attempt, 200)
    work()

    assert said.count(OrderState.AUTHORISED) == 1, set(said)
    assert Payment.objects.filter(state=PaymentState.SETTLED).count() == 1
    assert len(world.done) == 2  # a debit and the biller told
    paying.check(world)


def test_100_equal_codes_at_once_authorise_once(world: World) -> None:
    payer = make_payer()
    order = payer.order(make_bill())
    code = payer.send_code(order)

    def attempt(_place: int) -> str:
        try:
            return payer.agree(order, code).state
        except codes.CodeRefused as refused:
            return refused.code

    said = together(attempt, 100)
    work()

    assert OrderState.AUTHORISED in said
    assert set(said) <= {OrderState.AUTHORISED, "no_code"}
    assert AuditEvent.objects.filter(name="payments.order_authorised").count() == 1
    assert Job.objects.filter(task="payments.debit").count() == 1
    paying.check(world)


def test_a_code_opens_its_own_order_alone() -> None:
    payer = make_payer()
    first, other = payer.order(make_bill(415_000)), payer.order(make_bill(415_001))
    code = payer.send_code(first)
    payer.send_code(other)
    own = factories.sent_code()
    if own == code:
        pytest.skip("two drawn codes are equal, one time in a million")

    with pytest.raises(codes.WrongCode):
        payer.agree(other, code)
    assert payer.agree(first, code).state == OrderState.AUTHORISED
    assert payer.agree(other, own).state == OrderState.AUTHORISED


def test_no_code_was_sent_for_another_amount() -> None:
    payer, bill = make_payer(), make_bill(415_000)
    before = payer.order(bill)
    code = payer.send_code(before)
    bill.amount = 600_000
    bill.save()

    with pytest.raises(authorising.Changed):
        payer.agree(before, code)
    now = payer.order(bill)
    with pytest.raises(codes.NoCode):
        payer.agree(now, code)
    with pytest.raises(authorising.DraftOver):
        payer.agree(before, code)


def test_a_code_of_an_authenticator_app_never_authorises() -> None:
    payer = make_payer()
    factories.make_totp(payer.account)
    order = payer.order(make_bill())
    payer.send_code(order)

    with pytest.raises(codes.WrongCode):
        payer.agree(order, factories.totp_code())


def test_the_message_names_payee_and_amount() -> None:
    payer = make_payer()

    payer.send_code(payer.order(make_bill(1_263_600)))

    text = str(Notice.objects.filter(kind="CODE").latest("created_at").text)
    assert "1.263.600" in text
    assert "DIEN LUC MAU" in text
    assert len(text) <= 160
    assert text.isascii()


def test_a_transfer_of_much_money_needs_a_passkey_and_no_code_is_sent(world: World) -> None:
    payer = make_payer()
    wanted = TransferWanted(
        bank="970415", account="0100000099", name="TRAN VAN MAU", amount=10_000_000
    )
    order = payer.draft(wanted).order

    with pytest.raises(authorising.StrongerNeeded):
        payer.send_code(order)
    assert order.held_until is not None


def test_a_passkeys_challenge_is_bound_to_order_payee_and_amount(world: World) -> None:
    payer = make_payer()
    order = payer.draft(
        TransferWanted(bank="970415", account="0100000099", name="TRAN VAN MAU", amount=10_000_000)
    ).order
    payments = list(order.payments.all())
    bound = {authorising.binding_of(order, payments)}
    for name, value in {
        "amount": 10_000_001,
        "payee_account": "0100000098",
        "payee_name": "LE VAN MAU",
        "payee_bank": "970436",
    }.items():
        [changed] = order.payments.all()
        setattr(changed, name, value)
        bound.add(authorising.binding_of(order, [changed]))
    bound.add(authorising.binding_of(payer.order(make_bill()), payments))

    assert len(bound) == 6


def test_a_bill_of_a_code_that_is_not_theirs_is_none() -> None:
    payer = make_payer()
    foreign = make_bill()
    foreign.customer_code = "PE01000999999"
    foreign.save()

    with pytest.raises(ordering.NoSuchBill):
        payer.order(foreign)


@pytest.mark.parametrize("amount", [0, -1, 2**63])
def test_an_amount_that_is_none_is_refused(amount: int) -> None:
    with pytest.raises(ordering.OrderRefused):
        make_payer().draft(
            TransferWanted(bank="970415", account="0100000099", name="A", amount=amount)
        )


def test_ten_reports_at_once_are_taken_once(world: World) -> None:
    payer = make_payer()
    order = payer.pay(make_bill())
    Job.objects.filter(task="payments.debit").update(lease_until=None)
    same = paying.report(order)

    first = together(lambda _place: paying.take(same), 10)
    others = together(lambda _place: paying.take(paying.report(order)), 10)

    assert set(first) == {ReportOutcome.APPLIED}
    assert set(others) == {ReportOutcome.KNOWN}
    assert PaymentReport.objects.count() == 11
    assert JournalEntry.objects.count() == 1


def test_ten_different_reports_at_once_book_one_debit(world: World) -> None:
    order = make_payer().pay(make_bill())

    said = together(lambda _place: paying.take(paying.report(order)), 10)

    assert said.count(ReportOutcome.APPLIED) == 1
    assert said.count(ReportOutcome.KNOWN) == 9
    assert JournalEntry.objects.count() == 1
