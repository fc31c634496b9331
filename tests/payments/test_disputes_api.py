"""Disputes through a citizen's own application: asked, followed until its day, taken back, for its payer alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from eid_portal.core import clock, ids
from payments import policy
from payments.enums import DisputeState, OrderState, PaymentState, RefundState
from payments.models import Dispute, Payment
from payments.selectors import disputes as selectors
from payments.services import disputes
from tests import factories
from tests.accounts.application import App, neutral, signed_in
from tests.payments.factories import make_dispute, make_link, make_order, make_refund
from tests.payments.paying import Payer, make_bill
from tests.payments.receipts import make_paid
from tests.payments.staff import actor_of, make_administrator

pytestmark = pytest.mark.django_db
AT = "/api/v1/payments"
WORDS = "Tôi đã trả ở bưu điện <b>hôm kia</b>."


@pytest.fixture
def app(payer: Payer) -> App:
    return signed_in(payer.account)


@pytest.fixture
def payment(payer: Payer) -> Payment:
    return make_paid(payer.link, amount=415_000)


def place(payment: Payment) -> str:
    return f"{AT}/{payment.public_id}/dispute"


def ask(app: App, payment: Payment, **body: Any) -> Any:
    return app.post(place(payment), **{"what": "TWICE", "words": WORDS} | body)


def test_asked_followed_and_answered(app: App, payment: Payment) -> None:
    assert app.get(place(payment)).json() == {"dispute": None, "can_ask": True, "why_not": ""}

    asked = ask(app, payment)

    assert asked.status_code == 201
    row, told = Dispute.objects.get(), asked.json()["dispute"]
    assert (told["state"], told["what"], told["words"]) == ("ASKED", "TWICE", WORDS)
    assert (told["payment"], told["late"], told["answer"]) == (payment.public_id, False, None)
    assert datetime.fromisoformat(told["due_at"]) == row.due_at
    assert asked.json()["can_ask"] is False
    assert app.get(place(payment)).json() == asked.json()
    assert app.get(AT).json()["payments"][0]["dispute"]["state"] == "ASKED"
    Dispute.objects.update(due_at=clock.now())
    assert app.get(place(payment)).json()["dispute"]["late"] is True
    disputes.reject(
        dispute_id=row.pk,
        words="Điện lực chỉ nhận một lần.",
        actor=actor_of(make_administrator(60)),
        now=clock.now(),
    )
    ended = app.get(place(payment)).json()
    assert (ended["dispute"]["state"], ended["can_ask"]) == ("REJECTED", True)
    assert (ended["dispute"]["answer"], ended["dispute"]["late"]) == (
        "Điện lực chỉ nhận một lần.", False,
    )  # fmt: skip
    assert ended["dispute"]["ended_at"]


def test_sent_twice_it_is_one(app: App, payment: Payment) -> None:
    first = ask(app, payment)
    assert ask(app, payment, what="AMOUNT", words="").content == first.content
    assert Dispute.objects.count() == 1


def test_taken_back_and_asked_anew(app: App, payment: Payment) -> None:
    ask(app, payment)
    back = app.post(f"{place(payment)}/withdraw")
    assert (back.status_code, back.json()["dispute"]["state"]) == (200, "WITHDRAWN")
    assert back.json()["can_ask"] is True
    again = app.post(f"{place(payment)}/withdraw")
    assert (again.status_code, again.json()["code"]) == (409, "none_open")
    assert ask(app, payment).json()["dispute"]["state"] == "ASKED"
    assert Dispute.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field", "flaw"),
    [
        ({"what": ""}, "what", "invalid_choice"),
        ({"what": "X"}, "what", "invalid_choice"),
        ({"what": "OTHER", "words": " "}, "words", "invalid"),
        ({"words": "a" * 1001}, "words", "max_length"),
        ({"words": "a\u202eb"}, "words", "unreadable"),
        ({"words": 1}, "words", "invalid"),
        ({"state": "UPHELD"}, "", "unknown"),
    ],
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_missing_or_unreadable_is_named(
    body: dict[str, Any], field: str, flaw: str, language: str, app: App, payment: Payment
) -> None:
    app.language = language
    answer = ask(app, payment, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][field][0]["code"] == flaw
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("why", ["no_money_moved", "back_already", "too_old"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_cannot_be_disputed_says_why(
    why: str, language: str, app: App, payer: Payer, payment: Payment
) -> None:
    app.language = language
    match why:
        case "no_money_moved":
            _order, [payment] = make_order(
                payer.link, state=OrderState.REFUSED, payment=PaymentState.NOT_PAID
            )
        case "back_already":
            make_refund(payment, state=RefundState.DONE, done_at=clock.now())
        case _:
            long_ago = clock.now() - policy.DISPUTABLE - timedelta(days=1)
            payment = make_paid(payer.link, at=long_ago)
    answer = ask(app, payment)
    assert (answer.status_code, answer.json()["code"]) == (409, why)
    standing = app.get(place(payment)).json()
    assert (standing["can_ask"], standing["why_not"]) == (False, answer.json()["detail"])
    assert not Dispute.objects.exists()


def test_a_day_has_so_many(app: App, payer: Payer, payment: Payment) -> None:
    for _time in range(policy.DISPUTE.allowed):
        assert ask(app, make_paid(payer.link)).status_code == 201
    answer = ask(app, payment)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_disputes")
    assert int(answer["Retry-After"]) > 0


def test_the_list_is_ones_own_page_by_page(
    app: App, payer: Payer, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "ON_A_PAGE", 2)
    now = clock.now()
    first_id, second_id = (ids.uuid7_at(now - timedelta(seconds=ago)) for ago in (2, 1))
    rows = [
        make_dispute(payment, id=first_id, state=DisputeState.WITHDRAWN, ended_at=now),
        make_dispute(payment, id=second_id, due_at=now),
        make_dispute(make_paid(payer.link)),
    ]
    stranger = factories.make_account(factories.make_citizen(17))
    make_dispute(make_paid(make_link(stranger)))
    first = app.get(f"{AT}/disputes").json()
    assert [one["id"] for one in first["disputes"]] == [rows[2].public_id, rows[1].public_id]
    assert [one["late"] for one in first["disputes"]] == [False, True]
    rest = app.get(f"{AT}/disputes", before=first["next"]).json()
    assert [one["id"] for one in rest["disputes"]] == [rows[0].public_id]
    assert rest["next"] is None


def test_payments_of_others_are_none(app: App, payment: Payment) -> None:
    stranger = signed_in(factories.make_account(factories.make_citizen(17)))
    make_dispute(payment)
    missing = f"{AT}/{'B' * 22}/dispute"
    for method, end, body in (
        ("get", "", None),
        ("post", "", {"what": "TWICE"}),
        ("post", "/withdraw", None),
    ):
        theirs = stranger.ask(method, place(payment) + end, body)
        assert theirs.status_code == 404
        assert neutral(theirs) == neutral(stranger.ask(method, missing + end, body))
    assert stranger.get(f"{AT}/disputes").json() == {"disputes": [], "next": None}
    assert Dispute.objects.get().state == DisputeState.ASKED
    assert App().get(f"{AT}/disputes").status_code == 401


def test_what_was_never_agreed_to_has_no_dispute(app: App, payer: Payer) -> None:
    drafted = payer.order(make_bill()).payments.get()
    assert ask(app, drafted).status_code == 404
