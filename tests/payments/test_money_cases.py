"""Differences are worked off: taken by one, noted, adjusted in the books by two, resolved with words."""

import pytest

from accounts.enums import AccountKind
from eid_portal.core import approvals, clock
from eid_portal.core.events import Actor
from eid_portal.core.models import AuditEvent
from payments.enums import CaseState, CaseStep, Difference, EntryKind, ReportKind
from payments.models import CaseNote, JournalEntry, LedgerAccount, MoneyCase
from payments.selectors import ledger as books
from payments.services import money_cases
from tests import factories
from tests.payments.factories import make_biller, make_order
from tests.payments.staff import actor_of, approve, refuse

pytestmark = pytest.mark.django_db
WORDS = "Ngân hàng xác nhận đã ghi có hai lần."


def make_case(**columns: object) -> MoneyCase:
    now = clock.now()
    values = {
        "state": CaseState.OPEN, "party": "evn", "day": clock.today(now), "kind": ReportKind.PAYMENT,
        "reference": "a1", "difference": Difference.DUPLICATE, "ours": 1000, "theirs": 2000,
        "opened_at": now, "since": now,
    }  # fmt: skip
    return MoneyCase.objects.create(**values | columns)


@pytest.fixture
def case(db: None) -> MoneyCase:
    make_biller()
    LedgerAccount.objects.bulk_create(
        [
            LedgerAccount(code="biller:evn-mau", kind="BILLER"),
            LedgerAccount(code="transit", kind="TRANSIT"),
        ]
    )
    return make_case()


def steps(case: MoneyCase) -> list[tuple[str, str]]:
    return [(row.step, row.words) for row in CaseNote.objects.filter(case=case).order_by("pk")]


def held() -> dict[str, int]:
    return {each.account: each.amount for each in books.find_balances() if each.amount}


def test_a_difference_is_taken_noted_and_resolved(case: MoneyCase, maker: Actor) -> None:
    money_cases.take(case_id=case.pk, actor=maker, now=clock.now())
    money_cases.note(case_id=case.pk, words=WORDS, actor=maker, now=clock.now())
    money_cases.resolve(case_id=case.pk, words="Xong.", actor=maker, now=clock.now())
    case.refresh_from_db()
    assert (case.state, case.taken_by_id) == (CaseState.RESOLVED, maker.account_id)
    assert steps(case) == [
        (CaseStep.TAKEN, ""), (CaseStep.NOTE, WORDS), (CaseStep.RESOLVED, "Xong."),
    ]  # fmt: skip
    written = AuditEvent.objects.filter(name__startswith="payments.difference").order_by("pk")
    assert [row.name.rpartition("_")[2] for row in written] == ["taken", "noted", "resolved"]
    assert all("Ngân" not in str(row.data) for row in written)
    with pytest.raises(money_cases.CaseOver):
        money_cases.note(case_id=case.pk, words=WORDS, actor=maker, now=clock.now())


def test_one_looks_into_it(case: MoneyCase, maker: Actor, checker: Actor) -> None:
    for _press in range(2):
        money_cases.take(case_id=case.pk, actor=maker, now=clock.now())
    with pytest.raises(money_cases.TakenBefore):
        money_cases.take(case_id=case.pk, actor=checker, now=clock.now())
    assert len(steps(case)) == 1


def propose(case: MoneyCase, maker: Actor, amount: int = -1000, account: str = "biller:evn-mau"):
    return money_cases.propose_adjustment(
        case_id=case.pk, account=account, amount=amount, words=WORDS, actor=maker, now=clock.now()
    )


def test_two_have_the_books_adjusted(case: MoneyCase, maker: Actor, checker: Actor) -> None:
    approval = propose(case, maker)
    assert held() == {}
    with pytest.raises(approvals.SamePerson):
        approve(approval, maker)
    with pytest.raises(money_cases.AdjustmentWaits):
        money_cases.resolve(case_id=case.pk, words=WORDS, actor=maker, now=clock.now())

    approve(approval, checker)

    assert held() == {"biller:evn-mau": -1000, "difference": 1000}
    assert JournalEntry.objects.get().kind == EntryKind.ADJUSTMENT
    assert steps(case)[-1] == (CaseStep.ADJUSTED, "biller:evn-mau -1000")
    assert books.find_faults() == []
    with pytest.raises(approvals.TooLate):
        approve(approval, checker)
    assert JournalEntry.objects.count() == 1
    money_cases.resolve(case_id=case.pk, words=WORDS, actor=maker, now=clock.now())


def test_a_refused_adjustment_books_nothing(case: MoneyCase, maker: Actor, checker: Actor) -> None:
    refuse(propose(case, maker), checker)
    assert held() == {}
    assert money_cases.find_open(case) is None
    propose(case, checker, 5)


@pytest.mark.parametrize(
    ("account", "amount"),
    [("transit", 1), ("difference", 1), ("biller:other", 1), ("biller:evn-mau", 0), ("biller:evn-mau", 2**63)],
)  # fmt: skip
def test_what_is_in_flight_and_no_amount_are_not_adjusted(
    case: MoneyCase, maker: Actor, account: str, amount: int
) -> None:
    with pytest.raises(money_cases.NotAdjusted):
        propose(case, maker, amount, account)


def test_nobody_adjusts_for_their_own_payment(case: MoneyCase) -> None:
    order, (payment,) = make_order()
    own = make_case(reference="own", order=order, payment=payment)
    citizen = order.account.citizen
    holder = actor_of(factories.make_staff(62, kind=AccountKind.ADMINISTRATOR, citizen=citizen))
    with pytest.raises(approvals.SamePerson):
        propose(own, holder)
