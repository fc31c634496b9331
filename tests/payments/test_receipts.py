"""Receipts: who sees one, what it says, and what whoever checks its code reads of it."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Account
from eid_portal.core import clock, keys, pdf, verify
from eid_portal.core.errors import Busy
from eid_portal.core.events import ANYONE
from eid_portal.core.models import AuditEvent
from eid_portal.core.passwords import Gate
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why
from payments import events
from payments.enums import OrderState, PaymentState, RefundReason, RefundState
from payments.models import Payment, PaymentOrder
from payments.selectors import receipts as selectors
from payments.services import receipts
from tests import factories
from tests.documents import pdfs
from tests.payments.factories import make_link, make_order, make_refund
from tests.payments.receipts import make_paid, make_transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return factories.make_account()


@pytest.fixture
def link(account: Account) -> Any:
    return make_link(account)


@pytest.fixture
def payer(client: Client, account: Account) -> Client:
    return factories.signed_in(client, account)


def page_of(payer: Client, payment: Payment, *, language: str = "en") -> str:
    answer = payer.get(f"/payments/{payment.public_id}/", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def code_on(html: str) -> str:
    (typed,) = re.findall(r'id="receipt-code">([0-9A-Z-]+)<', html)
    code = verify.read(typed)
    assert code
    return code


def check(code: str) -> Genuine | Nothing:
    viewer = Viewer(actor=ANYONE, press="p", device="", place="")
    with translation.override("en"):
        return verify.open_code(code, viewer=viewer, now=clock.now())


def checks(payment: Payment) -> int:
    return AuditEvent.objects.filter(
        name=events.ReceiptChecked.name, target_id=payment.pk
    ).count()  # fmt: skip


# --- The page -----------------------------------------------------------------------------------------
def test_a_payment_that_arrived_shows_its_receipt(payer: Client, link: Any) -> None:
    payment = make_paid(link, amount=415_000)

    html = page_of(payer, payment)

    for words in (
        "415,000 ₫", "Sample Power", "Electricity, 11/2026", "•••• 3456", "Vietcombank •••• 0099",
        payment.order.reference, "FT26327 8814402", "EVN-1", "The payee", link.account.citizen.full_name,
    ):  # fmt: skip
        assert words in html, words
    assert "PE01000123456" not in html
    assert "The payee’s reference" in html


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PaymentState.IN_FLIGHT, "On its way"),
        (PaymentState.UNKNOWN, "Not certain yet"),
        (PaymentState.REFUNDING, "Your money is going back"),
        (PaymentState.NOT_PAID, "Not paid"),
    ],
)
def test_any_other_payment_says_where_its_money_is(
    payer: Client, link: Any, state: PaymentState, words: str
) -> None:
    payment = make_paid(link, state=state)

    html = page_of(payer, payment)

    assert f"<h1>{words}</h1>" in html
    assert "receipt-code" not in html
    assert payer.get(f"/payments/{payment.public_id}/receipt.pdf").status_code == 404


def test_a_bank_that_does_not_answer_is_no_receipt(payer: Client, link: Any) -> None:
    _order, (payment,) = make_order(link, state=OrderState.UNKNOWN)
    assert "<h1>Not certain yet</h1>" in page_of(payer, payment)
    _order, (payment,) = make_order(link, state=OrderState.AUTHORISED)
    assert "<h1>Your bank is being asked</h1>" in page_of(payer, payment)


def test_what_was_never_agreed_to_has_no_page(payer: Client, link: Any) -> None:
    for state in (OrderState.DRAFTED, OrderState.CANCELLED):
        _order, (payment,) = make_order(link, state=state, authorised_by="")
        assert payer.get(f"/payments/{payment.public_id}/").status_code == 404


def test_nobody_sees_a_payment_of_somebody_else(payer: Client) -> None:
    other = make_paid(make_link(factories.make_account(factories.make_citizen(2))))

    assert payer.get(f"/payments/{other.public_id}/").status_code == 404
    assert payer.get(f"/payments/{other.public_id}/receipt.pdf").status_code == 404


def test_refunds_stand_on_it(payer: Client, link: Any) -> None:
    payment = make_paid(link, amount=500_000)
    make_refund(
        payment, 120_000, state=RefundState.DONE, done_at=clock.now(), reason=RefundReason.OFFICER
    )

    html = page_of(payer, payment)

    assert "Paid, partly refunded" in html
    assert "120,000 ₫" in html
    make_refund(payment, 380_000, state=RefundState.DONE, done_at=clock.now())
    assert '<h1 class="govuk-panel__title">Refunded</h1>' in page_of(payer, payment)


def test_payments_of_one_order_have_numbers_of_their_own(payer: Client, link: Any) -> None:
    order, payments = make_order(
        link, amounts=[100_000, 200_000], payment=PaymentState.SETTLED, state=OrderState.DEBITED
    )
    payments.sort(key=lambda row: row.pk)  # keys of one millisecond have no order of their own
    for place, payment in enumerate(payments, 1):
        html = page_of(payer, payment)
        assert f"Receipt {order.reference}/{place}" in html
        assert payments[place % 2].public_id in html


# --- The document ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "words"), [("vi", "Biên lai"), ("en", "Receipt")])
def test_the_document_is_signed_and_says_the_same(
    payer: Client, link: Any, language: str, words: str
) -> None:
    payment = make_paid(link)
    html = page_of(payer, payment)

    answer = payer.get(
        f"/payments/{payment.public_id}/receipt.pdf", headers={"Accept-Language": language}
    )

    assert answer["Content-Type"] == "application/pdf"
    assert pdfs.verdict(answer.content) == pdfs.Verdict(
        intact=True, valid=True, trusted=True, whole=True
    )
    said = pdfs.words(answer.content)
    assert payment.order.reference in said
    assert words in said or language == "vi"  # its Vietnamese comes with the catalogue
    (typed,) = re.findall(r"R[0-9A-Z]{3}(?:-[0-9A-Z]{3,4}){6}", "".join(said.split()))
    assert verify.read(typed) == code_on(html)


def test_a_name_our_fonts_lack_is_left_out_and_nothing_else(payer: Client, link: Any) -> None:
    payment = make_transfer(link, "TRAN VAN HOA", message="ありがとう")

    answer = payer.get(f"/payments/{payment.public_id}/receipt.pdf")

    assert answer.status_code == 200
    assert "TRAN VAN HOA" in pdfs.words(answer.content)


def test_documents_have_a_limit(
    account: Account, link: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eid_portal.core import limits

    payment = make_paid(link)
    until = clock.now()
    monkeypatch.setattr(limits, "hit", lambda *_args, **_named: limits.LockedUntil(until))
    with pytest.raises(receipts.TooManyReceipts):
        receipts.make_document(account=account, public_id=payment.public_id, now=clock.now())


def test_a_full_gate_sheds(account: Account, link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = make_paid(link)
    monkeypatch.setattr(pdf, "gate", Gate(width=1, queue=0, patience=0.01))
    with pdf.gate.entered(), pytest.raises(Busy):
        receipts.make_document(account=account, public_id=payment.public_id, now=clock.now())


# --- Who checks it ------------------------------------------------------------------------------------------
def test_whoever_checks_reads_what_was_paid_and_no_name(payer: Client, link: Any) -> None:
    payment = make_paid(link)
    code = code_on(page_of(payer, payment))

    with translation.override("en"):
        peek = verify.peek(code, now=clock.now())
    found = check(code)

    assert isinstance(peek, Peek)
    assert peek.about == "The receipt of a payment"
    assert isinstance(found, Genuine)
    assert found.title == "Genuine receipt"
    assert found.values["total"] == 415_000
    assert found.values["payee"] == "Sample Power"
    assert found.values["refunded"] == 0
    name = link.account.citizen.full_name
    assert found.values["payer"] == " ".join(f"{word[0]}•••" for word in name.split())
    assert name not in str(found)


def test_the_page_of_a_check_names_nobody(payer: Client, client: Client, link: Any) -> None:
    payment = make_transfer(link, "TRAN VAN HOA", message="tien nha")
    code = code_on(page_of(payer, payment))
    stranger = Client()

    answer = stranger.post(f"/verify/{code}/", {"press": "x"}, headers={"Accept-Language": "en"})

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Genuine receipt" in html
    assert "T••• V••• H•••" in html
    for secret in (
        "TRAN VAN HOA",
        "tien nha",
        "0000000042",
        link.account.citizen.full_name,
        payment.public_id,
    ):
        assert secret not in html, secret


def test_it_says_now_what_became_of_it(payer: Client, link: Any) -> None:
    payment = make_paid(link, amount=500_000)
    code = code_on(page_of(payer, payment))
    make_refund(payment, 500_000, state=RefundState.DONE, done_at=clock.now())

    found = check(code)

    assert isinstance(found, Genuine)
    assert found.title == "Genuine receipt, refunded"
    assert (found.values["refunded"], found.values["whole"]) == (500_000, True)


def test_its_payer_reads_of_each_check_once(payer: Client, link: Any) -> None:
    payment = make_paid(link)
    code = code_on(page_of(payer, payment))
    assert checks(payment) == 0  # looking at one's own is none
    with translation.override("en"):
        verify.peek(code, now=clock.now())
    assert checks(payment) == 0

    check(code)
    check(code)

    assert checks(payment) == 1


def test_a_code_cannot_be_guessed_from_what_others_know(link: Any) -> None:
    """Billers know the public id, officers the key: neither is the code, and codes of neighbours share nothing."""
    one, two = make_paid(link), make_paid(link)
    codes = [verify.name(receipts.RECEIPTS, receipts.KEYS, each.pk) for each in (one, two)]
    plain = verify.name(_Plain(), receipts.KEYS, one.pk)

    assert len(set(codes)) == 2
    assert codes[0][1:] != plain[1:]
    same = sum(a == b for a, b in zip(*codes, strict=True))
    assert same < 12  # of 27, the letter among them
    for changed in (codes[0][:-1] + other for other in "0Z" if other != codes[0][-1]):
        assert check(changed) == Nothing(why=Why.NOT_OURS)


class _Plain(receipts.Receipts):
    prefix = "Z"


def test_a_payment_without_a_receipt_has_no_code_that_works(link: Any) -> None:
    for state in (PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.NOT_PAID):
        payment = make_paid(link, state=state)
        code = verify.name(receipts.RECEIPTS, receipts.KEYS, payment.pk)
        assert check(code) == Nothing(why=Why.NOT_OURS)


def test_the_selector_of_keys_finds_nothing_for_keys_of_nobody() -> None:
    assert selectors.find_by_keys([uuid4(), UUID(int=0)]) is None
    assert PaymentOrder.objects.count() == 0
    assert keys.current(receipts.KEYS)[0].startswith("receipts-")
