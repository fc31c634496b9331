"""Guardianships: who can have one, who confirms it, what it opens, and that it ends to the second."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts import policy, states, tasks
from accounts.enums import (
    AccountState,
    CaseTask,
    GuardianshipBasis,
    GuardianshipEnd,
    GuardianshipNews,
    GuardianshipState,
    LockReason,
    NoticeKind,
    RelationKind,
    ScanSource,
)
from accounts.events import (
    ActedForWard,
    GuardianshipClaimed,
    GuardianshipConfirmed,
    GuardianshipEnded,
    GuardianshipRefused,
)
from accounts.models import (
    Account,
    CardCase,
    Citizen,
    DeviceSession,
    FormerPersonalNumber,
    Guardianship,
    GuardianshipReview,
    Notice,
    Relation,
)
from accounts.models.indexes import number_index
from accounts.rules import card_validity
from accounts.rules import guardianship as rules
from accounts.rules.guardianship import Terms
from accounts.services import guardianships, sessions
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM, ActorKind
from eid_portal.core.models import AuditEvent
from eid_portal.core.transitions import move
from eid_portal.sandbox import data
from tests import factories
from tests.accounts.desk import CHILD, OFFICER, PHUC, WARD, at, make_officer, open_case
from tests.outside_world import OutsideWorld

PARENT, COMMUNE, COURT = GuardianshipBasis
NUMBER = "001217000060"  # a boy born in 2017
BIRTHDAY = date(2017, 5, 2)
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=clock.VIET_NAM)
pytestmark = pytest.mark.django_db


# --- People -----------------------------------------------------------------------------------------
def make_guardian(serial: int = 61, **columns: Any) -> Account:
    """Somebody of 26 with a valid card and an account of level 2."""
    account = factories.make_account(
        factories.make_citizen(serial, full_name=f"Nguyễn Thị Mẹ {serial}"), **columns
    )
    factories.make_card(account.citizen)
    return account


def make_ward(born: date = BIRTHDAY, number: str = NUMBER, **columns: Any) -> Citizen:
    values: dict[str, Any] = {
        "full_name": "Nguyễn Bảo Mẫu",
        "birth_date": born,
        "sex": "M",
    } | columns
    return factories.make_citizen(personal_number=number, **values)


def make_guardianship(guardian: Account, ward: Citizen, **columns: Any) -> Guardianship:
    """One that is in force until the child turns 14."""
    until_age = columns.get("until_age", 14)
    terms = Terms(birth_date=ward.birth_date, until_age=until_age, until=columns.get("until"))
    values: dict[str, Any] = {
        "state": GuardianshipState.ACTIVE,
        "ward": ward,
        "guardian": guardian.citizen,
        "basis": PARENT,
        "until_age": until_age,
        "review_month": rules.review_month(terms),
        "claimed_at": NOW,
        "confirmed_at": NOW,
    }
    return Guardianship.objects.create(**values | columns)


def waiting(guardian: Account, ward: Citizen, **columns: Any) -> Guardianship:
    columns = {"state": GuardianshipState.PENDING, "confirmed_at": None} | columns
    return make_guardianship(guardian, ward, **columns)


def session_of(account: Account) -> sessions.Session:
    key, _device, _new = sessions.start(
        account=account, device_token=None, device_label="", amr=("pwd", "otp"),
        address="203.0.113.9", office_id=None, now=clock.now(),
    )  # fmt: skip
    found = sessions.find(key, now=clock.now())
    assert found
    return found


def claim(
    guardian: Account, number: str = NUMBER, born: date = BIRTHDAY, **values: Any
) -> Guardianship:
    values = {"basis": PARENT, "document": "117/2017, Phường Mẫu", "until": None} | values
    return guardianships.claim(
        session=session_of(guardian), number=number, birth_date=born, now=clock.now(), **values
    )


class Counter:
    """An officer, and visits of people to them."""

    def __init__(self, serial: int = 70) -> None:
        self.account = factories.make_staff(serial)
        self.office = factories.make_office(f"HN-{serial}")
        self.actor = factories.actor_of(self.account, self.office)

    def visit(self, citizen: Citizen) -> CardCase:
        return CardCase.objects.create(
            state="OPEN", officer=self.account, office=self.office, task=CaseTask.GUARDIANSHIP,
            source=ScanSource.QR, citizen=citizen, card_reading={}, opened_at=clock.now(),
        )  # fmt: skip

    def confirm(self, row: Guardianship) -> Guardianship:
        return guardianships.confirm(
            guardianship=row, case=self.visit(row.ward), actor=self.actor, now=clock.now()
        )

    def refuse(self, row: Guardianship) -> Guardianship:
        return guardianships.refuse(
            guardianship=row, case=self.visit(row.ward), actor=self.actor, now=clock.now()
        )


def seen(event: type[Any], citizen: Citizen) -> int:
    return AuditEvent.objects.filter(name=event.name, subject_id=citizen.pk, shown=True).count()


def told(account: Account, kind: NoticeKind) -> list[dict[str, Any]]:
    rows = Notice.objects.filter(account=account, kind=kind, channel="INBOX").order_by("pk")
    return [row.values for row in rows]


def night(moment: datetime) -> GuardianshipReview:
    """What a night does."""
    with clock.frozen(moment):
        tasks.begin_guardianship_review()
        while due := [(key, name) for key, name in jobs.due() if name == guardianships.REVIEW]:
            for key, name in due:
                jobs.run_here(key, name)
        return GuardianshipReview.objects.get(day=clock.today())


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.VIET_NAM)


# --- The rules --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("basis", "age", "possible", "until_age"),
    [
        (PARENT, 0, True, 14),
        (PARENT, 13, True, 14),
        (PARENT, 14, False, None),
        (PARENT, 40, False, None),
        (COMMUNE, 9, True, 18),
        (COURT, 14, True, 18),
        (COURT, 17, True, 18),
        (COURT, 18, True, None),
        (COMMUNE, 60, True, None),
    ],
)
def test_who_can_have_a_guardian_until_when(
    basis: GuardianshipBasis, age: int, possible: bool, until_age: int | None
) -> None:
    assert rules.may_have(basis, age=age) is possible
    if possible:
        assert rules.until_age(basis, age=age) == until_age


@pytest.mark.parametrize(
    ("born", "until_age", "until", "ends", "reason"),
    [
        (date(2012, 12, 5), 14, None, date(2026, 12, 5), GuardianshipEnd.AGE_14),
        (date(2012, 2, 29), 14, None, date(2026, 3, 1), GuardianshipEnd.AGE_14),
        (date(2010, 2, 29 - 1), 18, None, date(2028, 2, 28), GuardianshipEnd.AGE_18),
        (date(2008, 2, 29), 18, None, date(2026, 3, 1), GuardianshipEnd.AGE_18),
        (date(2006, 2, 28), 18, None, date(2024, 2, 28), GuardianshipEnd.AGE_18),
        (date(1970, 1, 1), None, date(2026, 11, 30), date(2026, 12, 1), GuardianshipEnd.DATE),
        (date(2012, 12, 5), 18, date(2027, 1, 31), date(2027, 2, 1), GuardianshipEnd.DATE),
        (date(2012, 12, 5), 18, date(2031, 1, 1), date(2030, 12, 5), GuardianshipEnd.AGE_18),
        (date(1970, 1, 1), None, None, None, None),
    ],
)
def test_the_day_it_ends_by_itself(
    born: date, until_age: int | None, until: date | None, ends: date | None, reason: str | None
) -> None:
    terms = Terms(birth_date=born, until_age=until_age, until=until)
    assert rules.ends_on(terms) == ends
    if ends is None:
        assert rules.ended_by(terms, date.max - timedelta(1)) is None
        assert rules.review_month(terms) is None
        return
    assert rules.ended_by(terms, ends - timedelta(days=1)) is None
    assert rules.ended_by(terms, ends) == reason
    assert rules.review_month(terms) == ends.replace(day=1)


DAYS = st.dates(date(1930, 1, 1), date(2060, 12, 31))


@given(born=DAYS, until_age=st.sampled_from([14, 18, None]), until=st.none() | DAYS, today=DAYS)
def test_it_ends_once_and_for_all(
    born: date, until_age: int | None, until: date | None, today: date
) -> None:
    terms = Terms(birth_date=born, until_age=until_age, until=until)
    end = rules.ends_on(terms)
    assert (rules.ended_by(terms, today) is not None) == (end is not None and end <= today)
    if until_age is not None:
        assert end is not None
        assert card_validity.age_on(born, end) <= until_age
        if until is None:
            assert card_validity.age_on(born, end - timedelta(days=1)) == until_age - 1
    if until is not None:
        assert end is not None
        assert end <= until + timedelta(days=1)
    assert not (rules.warning_due(terms, today) and rules.ended_by(terms, today))


@pytest.mark.parametrize(
    ("words", "basis"),
    [("parent", PARENT), ("court decision", COURT), ("Commune 12/2025", COMMUNE), ("?", None)],
)
def test_what_the_register_says_it_rests_on(words: str, basis: str | None) -> None:
    assert rules.basis_of(words) == basis


# --- Claiming ---------------------------------------------------------------------------------------
def test_a_guardian_adds_a_child_and_a_counter_confirms_it() -> None:
    mother, ward = make_guardian(), make_ward()
    child = factories.make_account(ward, level=1)
    with clock.frozen(NOW):
        row = claim(mother)
        assert (row.state, row.until_age, row.review_month) == ("PENDING", 14, date(2031, 5, 1))
        assert claim(mother).pk == row.pk  # pressed twice
        Counter().confirm(row)
    row.refresh_from_db()
    assert (row.state, row.place, row.confirmed_at) == ("ACTIVE", 1, NOW)
    for event in (GuardianshipClaimed, GuardianshipConfirmed):
        assert (seen(event, ward), seen(event, mother.citizen)) == (1, 1)
    assert [each["guardianship_news"] for each in told(child, NoticeKind.GUARDIANSHIP)] == [
        GuardianshipNews.CLAIMED, GuardianshipNews.CONFIRMED,
    ]  # fmt: skip
    assert told(mother, NoticeKind.GUARDIANSHIP)[0]["ward"] == ward.full_name


def test_a_counter_refuses_and_the_guardian_is_not_told_who_the_number_belongs_to() -> None:
    mother, ward = make_guardian(), make_ward()
    row = claim(mother)
    Counter().refuse(row)
    row.refresh_from_db()
    assert row.state == "REFUSED"
    assert (seen(GuardianshipRefused, ward), seen(GuardianshipRefused, mother.citizen)) == (1, 1)
    [notice] = told(mother, NoticeKind.GUARDIANSHIP)
    assert ward.full_name not in notice.values()
    page = (
        factories.signed_in(Client(), mother).get("/account/wards/", secure=True).content.decode()
    )
    assert ward.full_name not in page
    assert "0060" in page
    again = claim(mother)
    assert again.pk != row.pk


@pytest.mark.parametrize(
    "case",
    ["unknown", "birth date", "oneself", "dead", "too old for parents", "two already"],
)
def test_every_failure_has_the_same_words(case: str) -> None:
    mother, born = make_guardian(), date(2010, 5, 2) if case == "too old for parents" else BIRTHDAY
    ward = make_ward(born, alive=case != "dead")
    number, typed = NUMBER, born
    if case == "unknown":
        number = "001217000099"
    if case == "birth date":
        typed = date(2017, 5, 3)
    if case == "oneself":
        number, typed = mother.citizen.personal_number, mother.citizen.birth_date
    if case == "two already":
        make_guardianship(make_guardian(62), ward)
        make_guardianship(make_guardian(63), ward, place=2)
    with clock.frozen(NOW), pytest.raises(guardianships.NoSuchWard) as refused:
        claim(mother, number, typed)
    assert str(refused.value.message) == str(guardianships.NoSuchWard.message)
    assert not Guardianship.objects.filter(guardian=mother.citizen).exists()


def test_numbers_cannot_be_guessed() -> None:
    mother = make_guardian()
    make_ward()
    with clock.frozen(NOW):
        for serial in range(5):
            with pytest.raises(guardianships.NoSuchWard):
                claim(mother, f"0012170000{serial:02d}")
        with pytest.raises(guardianships.TooManyClaims):
            claim(mother)
    with clock.frozen(NOW + timedelta(days=1, seconds=1)):
        assert claim(mother).state == "PENDING"


def _young() -> Account:
    account = factories.make_account(factories.make_citizen(61, birth_date=date(2008, 11, 27)))
    factories.make_card(account.citizen)
    return account


def _under_guardianship() -> Account:
    account = make_guardian()
    make_guardianship(make_guardian(64), account.citizen, basis=COURT, until_age=None)
    return account


UNFIT: dict[str, Callable[[], Account]] = {
    "guardian_level": lambda: make_guardian(level=1),
    "guardian_card": lambda: factories.make_account(factories.make_citizen(61)),
    "guardian_young": _young,
    "guardian_is_ward": _under_guardianship,
}


@pytest.mark.parametrize("code", UNFIT)
def test_who_cannot_be_a_guardian_is_told_why(code: str) -> None:
    make_ward()
    with clock.frozen(NOW):
        guardian = UNFIT[code]()
        with pytest.raises(guardianships.NoGuardian) as refused:
            claim(guardian)
        assert refused.value.code == code
        page = factories.signed_in(Client(), guardian).get("/account/wards/add/", secure=True)
    assert 'name="number"' not in page.content.decode()


def test_a_ward_is_found_by_a_number_they_no_longer_have() -> None:
    mother, ward = make_guardian(), make_ward(number="001217000061")
    FormerPersonalNumber.objects.create(
        citizen=ward, personal_number=NUMBER, personal_number_index=number_index(NUMBER),
        basis="population register", ended_at=NOW,
    )  # fmt: skip
    with clock.frozen(NOW):
        row = claim(mother)
        assert row.ward_id == ward.pk
        Counter().confirm(row)
        assert guardianships.acting(
            session=session_of(mother), public_id=row.public_id, now=clock.now()
        ).citizen.personal_number == "001217000061"  # fmt: skip


def test_a_decision_says_until_when() -> None:
    guardian, ward = make_guardian(), make_ward(date(1996, 5, 2), "001096000060")
    last = date(2027, 3, 31)
    with clock.frozen(NOW):
        row = claim(guardian, "001096000060", date(1996, 5, 2), basis=COURT, until=last)
    assert (row.until_age, row.until, row.review_month) == (None, last, date(2027, 4, 1))
    assert row.ward_id == ward.pk


def test_a_decision_follows_the_birthday_before_any_night_has_passed() -> None:
    mother, ward = make_guardian(), make_ward(date(2012, 12, 5), "001212000060")
    before = make_guardianship(mother, ward)
    with clock.frozen(midnight(date(2026, 12, 5))):
        after = claim(mother, "001212000060", date(2012, 12, 5), basis=COURT)
    before.refresh_from_db()
    assert (before.state, before.end_reason) == ("ENDED", "AGE_14")
    assert (after.state, after.until_age) == ("PENDING", 18)


# --- The register -----------------------------------------------------------------------------------
def test_the_register_names_a_guardian_who_then_waits_for_a_counter(
    sandbox: OutsideWorld,
) -> None:
    desk = a_desk()
    father = make_guardian_of(data.PEOPLE[CHILD].guardians[0])
    case = open_case(desk, CHILD)
    desk.post(at(case, "register/"))
    row = Guardianship.objects.get()
    assert (row.guardian_id, row.basis, row.state) == (father.citizen_id, PARENT, "PENDING")
    assert row.until_age == 14
    assert len(told(father, NoticeKind.GUARDIANSHIP)) == 1
    desk.post(at(case, "leave/"))
    open_case(desk, CHILD)  # asked again, claimed once
    assert Guardianship.objects.count() == 1


def test_the_register_names_the_guardian_of_an_adult(
    sandbox: OutsideWorld,
) -> None:
    desk = a_desk()
    sister = make_guardian_of(data.PEOPLE[WARD].guardians[0])
    desk.post(at(open_case(desk, WARD), "register/"))
    row = Guardianship.objects.get()
    assert (row.guardian_id, row.basis, row.until_age) == (sister.citizen_id, COURT, None)


def test_what_rests_on_the_register_ends_with_its_word() -> None:
    from accounts.services import guardianship_records as records

    mother, ward = make_guardian(), make_ward()
    by_register = make_guardianship(mother, ward)
    by_paper = make_guardianship(make_guardian(62), ward, place=2, document="8/2026, Tòa án Mẫu")
    with transaction.atomic():
        records.take_from_register(ward=ward, named={}, actor=SYSTEM, now=NOW)
    by_register.refresh_from_db()
    by_paper.refresh_from_db()
    assert (by_register.state, by_register.end_reason) == ("ENDED", "DECISION")
    assert by_paper.state == "ACTIVE"


def a_desk() -> Client:
    """A browser at a counter, with an officer signed in."""
    place = factories.make_office()
    return factories.signed_in(Client(), make_officer(OFFICER, place), place)


def make_guardian_of(number: str) -> Account:
    person = data.PEOPLE[number]
    account = factories.make_account(
        factories.make_citizen(
            personal_number=number, full_name=person.name, birth_date=person.born, sex=person.sex
        )
    )
    factories.make_card(account.citizen)
    return account


def claimed_at_home(number: str) -> tuple[Account, Guardianship]:
    """A person of the register claims the child of the register."""
    guardian = make_guardian_of(number)
    child = data.PEOPLE[CHILD]
    ward = factories.make_citizen(
        personal_number=CHILD, full_name=child.name, birth_date=child.born, sex=child.sex
    )
    return guardian, waiting(guardian, ward, document="117/2017, Phường Mẫu")


# --- At the counter ---------------------------------------------------------------------------------
def test_a_third_guardian_is_refused_by_the_service_and_by_the_database() -> None:
    ward, counter = make_ward(), Counter()
    for serial in (61, 62):
        counter.confirm(waiting(make_guardian(serial), ward))
    third = waiting(make_guardian(63), ward)
    with pytest.raises(guardianships.TooManyGuardians):
        counter.confirm(third)
    for place in (1, 2):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_guardianship(make_guardian(64 + place), ward, place=place)


def test_one_that_ended_by_itself_keeps_no_place() -> None:
    ward, counter = make_ward(date(1996, 5, 2), "001096000060"), Counter()
    over = make_guardianship(
        make_guardian(61), ward, basis=COURT, until_age=None, until=date(2026, 11, 25)
    )
    make_guardianship(make_guardian(62), ward, basis=COURT, until_age=None, place=2)
    third = waiting(make_guardian(63), ward, basis=COURT, until_age=None)
    with clock.frozen(NOW):
        assert counter.confirm(third).place == 1
    over.refresh_from_db()
    assert (over.state, over.end_reason) == ("ENDED", "DATE")
    assert over.ended_at == midnight(date(2026, 11, 26))


@pytest.mark.parametrize("relation", ["ward", "guardian", "lives with", "same head", "other way"])
def test_an_officer_who_is_near_cannot_decide(relation: str) -> None:
    mother, ward, counter = make_guardian(), make_ward(), Counter()
    row, me = waiting(mother, ward), counter.account.citizen
    member, head = RelationKind.HOUSEHOLD_MEMBER, RelationKind.HOUSEHOLD_HEAD
    if relation == "ward":
        Citizen.objects.filter(pk=ward.pk).update(alive=True)
        row = waiting(mother, me, until_age=None, basis=COURT)
    if relation == "guardian":
        row = waiting(factories.make_account(me), ward)
    if relation == "lives with":
        Relation.objects.create(citizen=ward, other=me, kind=member)
    if relation == "other way":
        Relation.objects.create(citizen=me, other=mother.citizen, kind=member)
    if relation == "same head":
        grandfather = factories.make_citizen(80)
        for citizen in (me, mother.citizen):
            Relation.objects.create(citizen=citizen, other=grandfather, kind=head)
    for decide in (counter.confirm, counter.refuse):
        with pytest.raises(guardianships.OfficerInvolved):
            decide(row)
    assert Counter(71).refuse(row).state == "REFUSED"


def test_a_visit_of_somebody_else_decides_nothing() -> None:
    counter, row = Counter(), waiting(make_guardian(), make_ward())
    visit = counter.visit(factories.make_citizen(81))
    with pytest.raises(guardianships.AnotherCase):
        guardianships.confirm(guardianship=row, case=visit, actor=counter.actor, now=NOW)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (AccountState.CLOSED, "guardian_closed"),
        (AccountState.LOCKED, "guardian_locked"),
        (AccountState.ISSUED, "guardian_no_account"),
    ],
)
def test_a_guardian_whose_account_is_not_in_use_is_not_confirmed(state: str, code: str) -> None:
    why: dict[str, Any] = {"lock_reason": LockReason.OWNER, "locked_at": NOW}
    why = why if state == AccountState.LOCKED else {}
    guardian = make_guardian(state=state, **why)
    row = waiting(guardian, make_ward())
    with pytest.raises(guardianships.NoGuardian) as refused:
        Counter().confirm(row)
    assert refused.value.code == code
    assert str(refused.value.message)


@pytest.mark.parametrize("case", ["dead", "grown"])
def test_what_would_have_ended_is_not_begun(case: str) -> None:
    row = waiting(make_guardian(), make_ward(alive=case != "dead"))
    moment = NOW if case == "dead" else midnight(date(2031, 5, 2))
    with clock.frozen(moment), pytest.raises(guardianships.OverAlready):
        Counter().confirm(row)


def test_what_was_decided_is_not_decided_again() -> None:
    counter, row = Counter(), waiting(make_guardian(), make_ward())
    counter.refuse(row)
    for decide in (counter.confirm, counter.refuse):
        with pytest.raises(guardianships.NotWaiting):
            decide(row)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Real threads that begin together; what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except guardianships.GuardianshipUnable as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_are_one() -> None:
    row = waiting(make_guardian(), make_ward())
    counters = [Counter(70), Counter(71), Counter(72), Counter(73)]
    visits = [counter.visit(row.ward) for counter in counters]
    answers = at_once(
        *(
            lambda counter=counter, visit=visit: guardianships.confirm(
                guardianship=row, case=visit, actor=counter.actor, now=clock.now()
            )
            for counter, visit in zip(counters, visits, strict=True)
        )
    )
    assert len([answer for answer in answers if isinstance(answer, Guardianship)]) == 1
    assert len([a for a in answers if isinstance(a, guardianships.NotWaiting)]) == 3
    assert seen(GuardianshipConfirmed, row.ward) == 1


@pytest.mark.django_db(transaction=True)
def test_of_four_guardians_confirmed_at_once_two_are() -> None:
    ward, counter = make_ward(), Counter()
    rows = [waiting(make_guardian(serial), ward) for serial in (61, 62, 63, 64)]
    visit = counter.visit(ward)
    answers = at_once(
        *(
            lambda row=row: guardianships.confirm(
                guardianship=row, case=visit, actor=counter.actor, now=clock.now()
            )
            for row in rows
        )
    )
    assert len([a for a in answers if isinstance(a, guardianships.TooManyGuardians)]) == 2
    places = Guardianship.objects.filter(state="ACTIVE").values_list("place", flat=True)
    assert sorted(places) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_the_same_claim_from_two_windows_is_one() -> None:
    mother = make_guardian()
    make_ward()
    session = session_of(mother)

    def send() -> Guardianship:
        return guardianships.claim(
            session=session, number=NUMBER, birth_date=BIRTHDAY, basis=PARENT,
            document="117/2017", until=None, now=clock.now(),
        )  # fmt: skip

    first, second = at_once(send, send)
    assert first.pk == second.pk
    assert Guardianship.objects.count() == 1


# --- Ending before its day --------------------------------------------------------------------------
def test_a_counter_ends_one_by_a_decision_and_both_are_told(sandbox: OutsideWorld) -> None:
    guardian, row, desk = *claimed_at_home(PHUC), a_desk()
    row = Counter().confirm(row)
    child = factories.make_account(row.ward, level=1)
    case = open_case(desk, CHILD)
    at_task = at(case, "task/guardianship/")

    page = desk.get(at_task, headers={"Accept-Language": "en"}).content.decode()
    assert "End by a decision" in page
    assert "Do not confirm" not in page
    looked = AuditEvent.objects.get(
        name="accounts.data_seen", subject_id=guardian.citizen_id, target_id=row.pk
    )
    assert looked.shown
    unseen = desk.post(at_task, {"checks": "face", "choice": f"end:{row.public_id}"})
    assert unseen.status_code == 422  # the paper must be in the officer's hand
    answer = desk.post(at_task, {"checks": ["face", "paper"], "choice": f"end:{row.public_id}"})
    assert answer.status_code == 302

    row.refresh_from_db()
    assert (row.state, row.end_reason) == ("ENDED", "DECISION")
    for account in (guardian, child):
        [notice] = told(account, NoticeKind.GUARDIANSHIP_ENDED)
        assert notice["guardianship_end"] == "DECISION"
    assert open_page(guardian, row).status_code == 404


def test_an_officer_who_is_near_ends_nothing_and_what_is_over_is_over() -> None:
    mother, ward, counter = make_guardian(), make_ward(), Counter()
    row = make_guardianship(mother, ward)
    visit = counter.visit(ward)
    near = factories.actor_of(factories.make_staff(citizen=mother.citizen), counter.office)
    with pytest.raises(guardianships.OfficerInvolved):
        guardianships.end_by_decision(guardianship=row, case=visit, actor=near, now=clock.now())
    with pytest.raises(guardianships.AnotherCase):
        guardianships.end_by_decision(
            guardianship=row, case=counter.visit(make_guardian(62).citizen), actor=counter.actor,
            now=clock.now(),
        )  # fmt: skip
    end: dict[str, Any] = {
        "guardianship": row,
        "case": visit,
        "actor": counter.actor,
        "now": clock.now(),
    }
    guardianships.end_by_decision(**end)
    with pytest.raises(guardianships.NotOpen):
        guardianships.end_by_decision(**end)
    assert seen(GuardianshipEnded, ward) == 1


@pytest.mark.parametrize("state", ["ACTIVE", "PENDING"])
def test_a_guardian_gives_it_up_and_the_ward_is_told(state: str) -> None:
    mother, ward = make_guardian(), make_ward(date(1960, 5, 2))
    own = factories.make_account(ward)
    make = make_guardianship if state == "ACTIVE" else waiting
    row = make(mother, ward, basis=COURT, until_age=None, document="12/2026/QĐ")
    browser = factories.signed_in(Client(), mother)
    assert (
        f"/account/wards/{row.public_id}/give-up/"
        in browser.get("/account/wards/").content.decode()
    )
    for _press in range(2):
        answer = browser.post(f"/account/wards/{row.public_id}/give-up/")
        assert answer.status_code == 303
    row.refresh_from_db()
    assert (row.state, row.end_reason) == ("ENDED", "GIVEN_UP")
    assert len(told(own, NoticeKind.GUARDIANSHIP_ENDED)) == 1
    assert seen(GuardianshipEnded, ward) == 1


def test_nobody_gives_up_for_another() -> None:
    row = make_guardianship(make_guardian(), make_ward())
    stranger = factories.signed_in(Client(), make_guardian(62))
    assert stranger.post(f"/account/wards/{row.public_id}/give-up/").status_code == 404
    assert stranger.post(f"/account/wards/{row.public_id}/object/").status_code == 404
    row.refresh_from_db()
    assert row.state == "ACTIVE"


def test_who_is_claimed_as_a_ward_objects_and_no_counter_confirms_it() -> None:
    mother, ward = make_guardian(), make_ward(date(1960, 5, 2))
    own = factories.signed_in(Client(), factories.make_account(ward))
    row = waiting(mother, ward, basis=COURT, until_age=None, document="12/2026/QĐ")
    at_object = f"/account/wards/{row.public_id}/object/"
    assert at_object in own.get("/account/wards/").content.decode()
    for _press in range(2):
        assert own.post(at_object).status_code == 303
    row.refresh_from_db()
    assert (row.state, row.end_reason) == ("ENDED", "OBJECTED")
    assert told(mother, NoticeKind.GUARDIANSHIP_ENDED)[0]["guardianship_end"] == "OBJECTED"
    with pytest.raises(guardianships.NotWaiting):
        Counter().confirm(row)


@pytest.mark.parametrize("case", ["young", "in force"])
def test_what_a_ward_cannot_object_to(case: str) -> None:
    born = BIRTHDAY if case == "young" else date(1960, 5, 2)
    ward = make_ward(born)
    own = factories.make_account(ward, level=1)
    make = waiting if case == "young" else make_guardianship
    row = make(make_guardian(), ward, basis=COURT, until_age=None, document="12/2026/QĐ")
    browser = factories.signed_in(Client(), own)
    assert "/object/" not in browser.get("/account/wards/").content.decode()
    browser.post(f"/account/wards/{row.public_id}/object/")
    row.refresh_from_db()
    assert row.state in {"PENDING", "ACTIVE"}


@pytest.mark.parametrize(("document", "left"), [("12/2026/QĐ", "ENDED"), (None, "PENDING")])
def test_a_claim_by_paper_that_nobody_confirms_lapses(document: str | None, left: str) -> None:
    """What rests on the register's word ends with its word instead."""
    mother, ward = make_guardian(), make_ward(date(1960, 5, 2))
    row = waiting(mother, ward, basis=COURT, until_age=None, document=document, review_month=None)
    over = NOW + policy.CLAIM_WAITS
    night(over - timedelta(seconds=1))
    row.refresh_from_db()
    assert row.state == "PENDING"
    night(over + timedelta(days=1))
    row.refresh_from_db()
    assert row.state == left
    if document:
        assert (row.end_reason, row.ended_at) == ("LAPSED", over)
        assert seen(GuardianshipEnded, ward) == 1


def test_a_lapsed_claim_is_not_confirmed_before_the_night_has_passed() -> None:
    row = waiting(
        make_guardian(), make_ward(date(1960, 5, 2)), basis=COURT, until_age=None, document="12",
        claimed_at=clock.now() - policy.CLAIM_WAITS,
    )  # fmt: skip
    with pytest.raises(guardianships.OverAlready):
        Counter().confirm(row)


# --- Acting -----------------------------------------------------------------------------------------
def open_page(guardian: Account, row: Guardianship) -> Any:
    client = factories.signed_in(Client(), guardian)
    return client.get(f"/account/wards/{row.public_id}/", secure=True)


def test_a_page_is_opened_as_a_for_b_and_both_read_it() -> None:
    mother, ward = make_guardian(), make_ward()
    father = make_guardian(62)
    row, other = make_guardianship(mother, ward), make_guardianship(father, ward, place=2)
    with clock.frozen(NOW):
        page = open_page(mother, row).content.decode()
        assert f"<b>{mother.citizen.full_name}</b> for <b>{ward.full_name}</b>" in page or (
            f"<b>{mother.citizen.full_name}</b> làm thay <b>{ward.full_name}</b>" in page
        )
        assert "acting" in page
        open_page(mother, row)  # again within the hour
        assert seen(ActedForWard, ward) == 1
        event = AuditEvent.objects.get(name=ActedForWard.name)
        assert (event.subject_id, event.actor_citizen_id) == (ward.pk, mother.citizen_id)
        theirs = open_page(father, other).content.decode()
    assert theirs.count(mother.citizen.full_name) == 2  # in the log, and as the other guardian
    assert ward.personal_number not in page


@pytest.mark.parametrize(
    ("born", "until_age", "columns"),
    [
        (date(2012, 12, 5), 14, {}),
        (date(2012, 2, 29), 14, {}),
        (date(2009, 6, 30), 18, {"basis": COURT}),
        (date(2008, 2, 29), 18, {"basis": COMMUNE}),
        (date(1980, 1, 1), None, {"basis": COURT, "until": date(2026, 12, 31)}),
    ],
)
def test_it_opens_until_the_last_moment_and_not_after(
    born: date, until_age: int | None, columns: dict[str, Any]
) -> None:
    mother, ward = (
        make_guardian(),
        make_ward(born, f"001{'0' if born.year < 2000 else '2'}{born:%y}000060"),
    )
    row = make_guardianship(mother, ward, until_age=until_age, **columns)
    end = row.ends_at()
    assert end
    with clock.frozen(end - timedelta(seconds=1)):
        assert guardianships.acting(
            session=session_of(mother), public_id=row.public_id, now=clock.now()
        ).citizen.pk == ward.pk  # fmt: skip
    expected = guardianships.WardGrown if until_age else guardianships.NoSuchWard
    for later in (timedelta(0), timedelta(days=40)):
        with clock.frozen(end + later), pytest.raises(expected):
            guardianships.acting(
                session=session_of(mother), public_id=row.public_id, now=clock.now()
            )
    row.refresh_from_db()
    assert row.state == "ACTIVE"  # no job has run: the day alone decides


def test_the_page_of_a_grown_child_says_so() -> None:
    mother, ward = make_guardian(), make_ward(date(2012, 12, 5), "001212000060")
    child = factories.make_account(ward, level=1)
    row = make_guardianship(mother, ward)
    with clock.frozen(midnight(date(2026, 12, 5))):
        before = open_page(mother, row)
        assert (before.status_code, "acting__in" in before.content.decode()) == (410, False)
        assert "05/12/2026" in before.content.decode()
        night(midnight(date(2026, 12, 5)) + timedelta(hours=2))
        assert open_page(mother, row).status_code == 410
        assert factories.signed_in(Client(), child).get("/", secure=True).status_code == 200
    child.refresh_from_db()
    assert (child.state, child.level) == ("ACTIVE", 1)


@pytest.mark.parametrize(
    "case", ["missing", "foreign", "pending", "refused", "dead", "by decision"]
)
def test_what_is_not_mine_to_open_is_not_there(case: str) -> None:
    mother, ward = make_guardian(), make_ward(alive=case != "dead")
    row = make_guardianship(mother, ward)
    asker, public_id = mother, row.public_id
    if case == "missing":
        public_id = "x" * 22
    if case == "foreign":
        asker = make_guardian(62)
    if case in {"pending", "refused"}:
        Guardianship.objects.filter(pk=row.pk).delete()
        public_id = waiting(mother, ward, state=case.upper()).public_id
    if case == "by decision":
        Guardianship.objects.filter(pk=row.pk).delete()
        public_id = make_guardianship(
            mother, ward, state="ENDED", end_reason="DECISION", ended_at=NOW
        ).public_id
    client = factories.signed_in(Client(), asker)
    answers = [client.get(f"/account/wards/{each}/", secure=True) for each in (public_id, "y" * 22)]
    assert [answer.status_code for answer in answers] == [404, 404]
    texts = [
        re.sub(r"[0-9a-f]{32}", "", answer.content.decode().replace(each, ""))  # request ids
        for answer, each in zip(answers, (public_id, "y" * 22), strict=True)
    ]
    assert texts[0] == texts[1]
    assert not AuditEvent.objects.filter(name=ActedForWard.name).exists()


def test_a_guardian_whose_account_was_closed_meanwhile_is_told() -> None:
    mother, ward = make_guardian(), make_ward()
    row = make_guardianship(mother, ward)
    session = session_of(mother)
    close(mother)
    with pytest.raises(guardianships.NoGuardian) as refused:
        guardianships.acting(session=session, public_id=row.public_id, now=clock.now())
    assert refused.value.code == "guardian_closed"
    # The ward and the other guardian read it, before any job has run.
    child, father = factories.make_account(ward, level=1), make_guardian(62)
    other = make_guardianship(father, ward, place=2)
    mine = factories.signed_in(Client(), child).get("/account/wards/", secure=True)
    assert "closed" in mine.content.decode() or "đã đóng" in mine.content.decode()
    theirs = open_page(father, other).content.decode()
    assert "closed" in theirs or "đã đóng" in theirs


def close(account: Account) -> None:
    from accounts.events import AccountClosed

    move(
        account, states.ACCOUNT, to=AccountState.CLOSED,
        event=AccountClosed(reason="DEATH"), actor=SYSTEM,
        subject_id=account.citizen_id, closed_at=clock.now(),
    )  # fmt: skip


def test_a_guardian_locks_the_account_of_the_child_once() -> None:
    mother, ward = make_guardian(), make_ward()
    child, row = factories.make_account(ward, level=1), make_guardianship(mother, ward)
    theirs = session_of(child)
    client = factories.signed_in(Client(), mother)
    place = f"/account/wards/{row.public_id}/"
    for _press in range(2):
        answer = client.post(f"{place}lock/", secure=True)
        assert (answer.status_code, answer["Location"]) == (303, place)
    child.refresh_from_db()
    assert (child.state, child.lock_reason) == ("LOCKED", "OWNER")
    assert child.owner_locked_why == "GUARDIAN"
    assert not DeviceSession.objects.filter(pk=theirs.id, ended_at__isnull=True).exists()
    [event] = AuditEvent.objects.filter(name=ActedForWard.name, data__what="LOCKED")
    assert (event.subject_id, event.actor_citizen_id) == (ward.pk, mother.citizen_id)
    assert "lock/" not in client.get(place, secure=True).content.decode()  # no dead button


def test_a_stranger_and_a_former_guardian_lock_nothing() -> None:
    mother, ward = make_guardian(), make_ward(date(2012, 12, 5), "001212000060")
    child, row = factories.make_account(ward, level=1), make_guardianship(mother, ward)
    place = f"/account/wards/{row.public_id}/lock/"
    stranger = factories.signed_in(Client(), make_guardian(62))
    assert stranger.post(place, secure=True).status_code == 404
    with clock.frozen(midnight(date(2026, 12, 5))):
        assert factories.signed_in(Client(), mother).post(place, secure=True).status_code == 410
    child.refresh_from_db()
    assert child.state == "ACTIVE"


def test_without_an_account_there_is_nothing_to_lock() -> None:
    mother, ward = make_guardian(), make_ward()
    row = make_guardianship(mother, ward)
    with pytest.raises(guardianships.NothingToLock):
        guardianships.lock_account(
            session=session_of(mother), public_id=row.public_id, now=clock.now()
        )


@pytest.mark.parametrize("case", ["level", "card"])
def test_a_guardian_without_level_2_or_card_reads_what_to_do(case: str) -> None:
    mother = make_guardian(level=1) if case == "level" else factories.make_account()
    row = make_guardianship(mother, make_ward())
    answer = open_page(mother, row)
    assert answer.status_code == 403
    assert "/account/wards/" in answer.content.decode()


# --- Nights -----------------------------------------------------------------------------------------
def test_the_night_of_the_birthday_ends_it_and_tells_both_once() -> None:
    mother, ward = make_guardian(), make_ward(date(2012, 12, 5), "001212000060")
    child = factories.make_account(ward, level=1)
    row = make_guardianship(mother, ward)
    end = midnight(date(2026, 12, 5))
    review = night(end - timedelta(hours=1))
    assert (review.ended, review.done_at is not None) == (0, True)
    for hours in (1, 3):
        night(end + timedelta(hours=hours))
    row.refresh_from_db()
    assert (row.state, row.end_reason, row.ended_at) == ("ENDED", "AGE_14", end)
    for account in (mother, child):
        [notice] = told(account, NoticeKind.GUARDIANSHIP_ENDED)
        assert (notice["date"], notice["guardianship_end"]) == ("05/12/2026", "AGE_14")
        assert seen(GuardianshipEnded, account.citizen) == 1


def test_thirty_days_before_a_card_is_asked_for_once() -> None:
    mother, ward = make_guardian(), make_ward(date(2012, 12, 5), "001212000060")
    make_guardianship(mother, ward)
    day = date(2026, 11, 5)
    assert night(midnight(day - timedelta(days=1))).warned == 0
    assert [night(midnight(day + timedelta(days=n))).warned for n in range(3)] == [1, 0, 0]
    [notice] = told(mother, NoticeKind.GUARDIANSHIP)
    assert notice["guardianship_news"] == GuardianshipNews.CARD


@pytest.mark.parametrize("case", ["ward died", "guardian died", "guardian closed", "late claim"])
def test_other_ends_are_found_at_night(case: str) -> None:
    mother = make_guardian()
    ward = make_ward(
        date(2012, 12, 5) if case == "late claim" else BIRTHDAY, alive=case != "ward died"
    )
    make = waiting if case == "late claim" else make_guardianship
    row = make(mother, ward)
    if case == "guardian died":
        Citizen.objects.filter(pk=mother.citizen_id).update(alive=False)
    if case == "guardian closed":
        close(mother)
    night(NOW if case != "late claim" else midnight(date(2026, 12, 5)))
    row.refresh_from_db()
    reasons = {"guardian closed": "GUARDIAN_CLOSED", "late claim": "AGE_14"}
    assert (row.state, row.end_reason) == ("ENDED", reasons.get(case, "DEATH"))


def test_a_review_goes_by_pages_and_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accounts.policy.WARDS_AT_ONCE", 2)
    ward = make_ward(date(1996, 5, 2), "001096000060")
    last = date(2026, 11, 25)
    rows = [
        make_guardianship(
            make_guardian(serial), ward, basis=COURT, until_age=None, until=last, place=1 + serial % 2,
            state="PENDING",
        )
        for serial in range(61, 66)
    ]  # fmt: skip
    for_good = make_guardianship(make_guardian(70), ward, basis=COURT, until_age=None)
    review = night(NOW)
    assert (review.looked_at, review.ended) == (5, 5)
    assert {Guardianship.objects.get(pk=row.pk).end_reason for row in rows} == {"DATE"}
    for_good.refresh_from_db()
    assert for_good.state == "ACTIVE"


def test_the_first_page_says_what_to_do_for_wards() -> None:
    mother, ward = make_guardian(), make_ward(date(2012, 12, 5), "001212000060")
    make_guardianship(mother, ward)

    def todos() -> int:
        page = factories.signed_in(Client(), mother).get("/", secure=True).content.decode()
        return page.count('href="/account/wards/"')

    with clock.frozen(NOW):
        assert todos() == 0
        night(NOW)
        assert todos() == 1
        waiting(mother, make_ward())
        assert todos() == 2


# --- The pages --------------------------------------------------------------------------------------
def test_the_list_says_how_each_stands() -> None:
    mother = make_guardian()
    born = (BIRTHDAY, date(2012, 12, 5), date(1996, 5, 2), date(2012, 11, 26), date(2015, 1, 1))
    wards = [
        make_ward(day, f"001{'0' if day.year < 2000 else '2'}{day:%y}00006{place}", full_name=f"Mẫu {place}")
        for place, day in enumerate(born)
    ]  # fmt: skip
    child, soon, adult, grown, unsure = wards
    active = make_guardianship(mother, child, document="117/2017, Phường Mẫu")
    make_guardianship(make_guardian(62), child, place=2)
    make_guardianship(mother, soon)
    make_guardianship(mother, adult, until_age=None, basis=COURT)
    gone = make_guardianship(mother, grown)
    waiting(mother, unsure)
    with clock.frozen(NOW):
        client = factories.signed_in(Client(), mother)
        client.cookies["__Host-language"] = "en"
        page = client.get("/account/wards/", secure=True).content.decode()
    for words in (
        "Your child, aged 9", "117/2017, Phường Mẫu", "00:00 on 02/05/2031", "Nguyễn Thị Mẹ 62",
        "9 days left", "Not by itself", "The child turned 14", "26/11/2026", "Waits for a counter",
    ):  # fmt: skip
        assert words in page, words
    assert f'href="/account/wards/{active.public_id}/"' in page
    assert f'href="/account/wards/{gone.public_id}/"' not in page


def test_strangers_and_officers_have_no_wards() -> None:
    assert Client().get("/account/wards/", secure=True).status_code == 302
    staff = factories.signed_in(Client(), factories.make_staff(70), None)
    assert staff.get("/account/wards/", secure=True).status_code == 403


def test_the_form_claims_and_says_what_is_wrong() -> None:
    mother = make_guardian()
    make_ward()
    client = factories.signed_in(Client(), mother)
    good = {
        "number": "001 217 000 060", "birth_date_0": "2", "birth_date_1": "5", "birth_date_2": "2017",
        "basis": "PARENT", "document": "117/2017, Phường Mẫu",
    }  # fmt: skip
    bad = client.post("/account/wards/add/", good | {"basis": "", "number": "12"}, secure=True)
    assert (bad.status_code, "id_number_error" in bad.content.decode()) == (200, True)
    past = {"until_0": "1", "until_1": "1", "until_2": "2020"}
    old = client.post("/account/wards/add/", good | past, secure=True)
    assert "id_until_error" in old.content.decode()
    answer = client.post("/account/wards/add/", good, secure=True)
    assert (answer.status_code, answer["Location"]) == (303, "/account/wards/")
    assert Guardianship.objects.get().document == "117/2017, Phường Mẫu"
    page = client.get("/account/wards/", secure=True).content.decode()
    assert "117/2017, Phường Mẫu" in page


def test_the_actor_kinds_of_the_log_have_words() -> None:
    from accounts.views import wards

    assert len({wards._who(kind) for kind in ActorKind}) == len(ActorKind)
