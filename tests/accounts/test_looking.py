"""Staff who look at a citizen's data outside a visit leave an event on the citizen's first page."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts import policy
from accounts.enums import AccountKind, DataPage, Role
from accounts.models import Account, CardCase, Citizen, DeviceSession
from accounts.services import looking
from eid_portal.core import clock
from eid_portal.core.models import Approval, AuditEvent
from tests import factories
from tests.accounts.desk import ALL, OFFICER, PHUC, at, make_officer, open_case
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db

SUPERVISOR = "001176000022"
FIND = "/admin/accounts/citizen/find/"
NAME = "LÊ HOÀNG PHÚC"


@pytest.fixture
def office() -> Any:
    return factories.make_office()


@pytest.fixture
def officer(office: Any) -> Account:
    return make_officer(OFFICER, office)


@pytest.fixture
def desk(officer: Account, office: Any, sandbox: OutsideWorld) -> Client:
    return factories.signed_in(Client(), officer, office)


@pytest.fixture
def room(office: Any) -> Client:
    """A supervisor's browser."""
    return factories.signed_in(Client(), make_officer(SUPERVISOR, office, Role.SUPERVISOR), office)


@pytest.fixture
def administrator() -> Account:
    return factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)


def looks() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(name="accounts.data_seen").order_by("pk"))


def first_page(citizen: Citizen, language: str = "en") -> str:
    """What the citizen reads; their account is made for the purpose."""
    account = Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN).first()
    browser = factories.signed_in(Client(), account or factories.make_account(citizen))
    return browser.get("/", headers={"Accept-Language": language}).content.decode()


def wait_for_approval(desk: Client) -> tuple[CardCase, str]:
    case = open_case(desk, PHUC)
    desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    approval = Approval.objects.get(target_id=case.pk)
    return case, f"/counter/approvals/{approval.public_id}/"


def leave(desk: Client, *, ago: timedelta = timedelta()) -> CardCase:
    """A case that the officer left ``ago``."""
    case = open_case(desk, PHUC)
    desk.post(at(case, "leave/"))
    CardCase.objects.filter(pk=case.pk).update(closed_at=clock.now() - ago)
    case.refresh_from_db()
    return case


# --- Approvals ----------------------------------------------------------------------------------
def test_a_supervisor_who_opens_a_proposal_is_seen_by_the_citizen(
    desk: Client, room: Client, office: Any
) -> None:
    case, proposal = wait_for_approval(desk)
    before = AuditEvent.objects.count()

    assert NAME in room.get(proposal).content.decode()

    (look,) = looks()
    assert AuditEvent.objects.count() == before + 1
    assert (look.subject_id, look.target_id, look.shown) == (case.citizen_id, case.pk, True)
    assert (look.office_id, look.purpose, look.data) == (
        office.pk,
        "counter",
        {"page": "proposal"},
    )
    assert case.citizen is not None
    page = first_page(case.citizen)
    assert page.count("Your data was looked at: what a second person decides") == 1
    assert office.name_en in page
    page = first_page(case.citizen, "vi")
    assert "Dữ liệu của bạn đã được xem: việc cần người thứ hai quyết định" in page


def test_the_same_supervisor_is_told_of_once_an_hour_whatever_the_page(
    desk: Client, room: Client
) -> None:
    case, proposal = wait_for_approval(desk)
    for address in (proposal, proposal, at(case, "photo/")):
        assert room.get(address).status_code == 200
    assert room.post(proposal, {"decision": "", "note": ""}).status_code == 422
    assert len(looks()) == 1
    with clock.frozen(clock.now() + policy.SEEN_AGAIN + timedelta(seconds=1)):
        DeviceSession.objects.update(seen_at=clock.now())  # it would have idled out
        assert room.get(proposal).status_code == 200
        assert len(looks()) == 2


def test_a_photo_alone_is_a_look(desk: Client, room: Client) -> None:
    case, _proposal = wait_for_approval(desk)
    assert room.get(at(case, "photo/")).status_code == 200
    assert [look.data for look in looks()] == [{"page": "photo"}]


def test_another_supervisor_is_told_of_separately(desk: Client, room: Client, office: Any) -> None:
    _case, proposal = wait_for_approval(desk)
    second = make_officer("001089000021", office, Role.SUPERVISOR)
    other = factories.signed_in(Client(), second, office)
    room.get(proposal)
    other.get(proposal)
    assert len({look.actor_id for look in looks()}) == 2


def test_an_old_decided_proposal_shows_nobody(desk: Client, room: Client) -> None:
    _case, proposal = wait_for_approval(desk)
    past = clock.now() - policy.CASE_SHOWN - timedelta(minutes=1)
    Approval.objects.update(expires_at=past)
    page = room.get(proposal).content.decode()
    assert NAME not in page
    assert "/photo/" not in page
    assert looks() == []


def test_a_proposal_to_activate_is_told_to_the_citizen_it_is_about(
    room: Client, office: Any
) -> None:
    citizen = factories.make_citizen(18)
    approval = Approval.objects.create(
        kind="accounts.activation", target_id=citizen.pk, reason="counter_network", state="PROPOSED",
        office_id=office.pk, subject_citizen_id=citizen.pk, proposed_at=clock.now(),
        expires_at=clock.now() + policy.APPROVAL_LASTS,
    )  # fmt: skip
    for _again in range(2):
        page = room.get(f"/counter/approvals/{approval.public_id}/").content.decode()
        assert factories.NAME.upper() in page
    (look,) = looks()
    assert (look.subject_id, look.target_id) == (citizen.pk, approval.pk)
    assert "what a second person decides" in first_page(citizen)


# --- Cases --------------------------------------------------------------------------------------
def test_an_open_case_leaves_no_second_event(desk: Client) -> None:
    case = open_case(desk, PHUC)
    before = AuditEvent.objects.count()
    for address in (at(case), at(case, "photo/")):
        assert desk.get(address).status_code == 200
    assert AuditEvent.objects.count() == before


def test_a_case_opened_again_after_its_end_is_seen_by_the_citizen(desk: Client) -> None:
    case = leave(desk)
    for address in (at(case), at(case), at(case, "photo/")):
        assert desk.get(address).status_code == 200
    (look,) = looks()
    assert (look.subject_id, look.data) == (case.citizen_id, {"page": "case"})
    assert case.citizen is not None
    page = first_page(case.citizen)
    assert page.count("Your data was looked at: a visit to the counter that ended") == 1


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_case_that_ended_long_ago_shows_its_state_only(desk: Client, language: str) -> None:
    case = leave(desk, ago=policy.CASE_SHOWN + timedelta(minutes=1))
    closed: datetime | None = case.closed_at
    assert closed is not None
    day = f"{closed.astimezone(clock.VIET_NAM):%d/%m/%Y}"
    words = {"en": f"This case ended on {day}.", "vi": f"Lượt này đã kết thúc ngày {day}."}
    headers = {"Accept-Language": language}

    page = desk.get(at(case), headers=headers).content.decode()

    assert words[language] in page
    for secret in (NAME, PHUC, PHUC[-4:], "/photo/"):
        assert secret not in page
    assert desk.get(at(case, "photo/")).status_code == 404
    for action, form in (("issue/", {"checks": "x"}), ("phone/", {"phone": "x"}), ("slip/", {})):
        answer = desk.post(at(case, action), form, headers=headers, follow=True)
        assert NAME not in answer.content.decode()
    assert looks() == []


# --- The administrators' search -----------------------------------------------------------------
def test_a_citizen_whom_an_administrator_finds_sees_it(administrator: Account) -> None:
    window = factories.signed_in(Client(), administrator)
    citizen = factories.make_citizen(18)
    window.post(FIND, {"number": factories.personal_number(19)})
    assert looks() == []

    for _again in range(2):
        window.post(FIND, {"number": citizen.personal_number})

    (look,) = looks()
    assert (look.subject_id, look.actor_id) == (citizen.pk, administrator.pk)
    assert (look.purpose, look.data) == ("administration", {"page": "search"})
    page = first_page(citizen)
    assert page.count("Your data was looked at: a search by your personal number") == 1
    assert "an administrator, for administration" in page


def test_numbers_are_not_guessed_by_searching(administrator: Account) -> None:
    window = factories.signed_in(Client(), administrator)
    citizen = factories.make_citizen(18)
    for serial in range(policy.CITIZEN_SEARCH.allowed):
        window.post(FIND, {"number": factories.personal_number(serial, province="079")})

    answer = window.post(
        FIND, {"number": citizen.personal_number}, headers={"Accept-Language": "en"}, follow=True
    )

    assert answer.redirect_chain[-1][0] == "/admin/accounts/citizen/"
    assert "You searched too many numbers. Search again after" in answer.content.decode()
    assert looks() == []
    other = factories.signed_in(Client(), factories.make_staff(61, kind=AccountKind.ADMINISTRATOR))
    answer = other.post(FIND, {"number": citizen.personal_number})
    assert answer["Location"] == f"/admin/accounts/citizen/{citizen.pk}/change/"
    later = clock.now() + policy.CITIZEN_SEARCH.per + timedelta(seconds=1)
    found = looking.find_citizen(
        number=citizen.personal_number, actor=factories.actor_of(administrator), now=later
    )
    assert found == citizen


# --- Side by side -------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_pages_opened_side_by_side_are_one_event(officer: Account, office: Any) -> None:
    colleague = make_officer("001089000021", office)
    cases = [
        CardCase.objects.create(
            office=office, officer=colleague, source="QR", state="OPEN", card_reading={"number": PHUC},
            opened_at=clock.now(), register_status="NOT_ASKED",
        )
        for _each in range(10)
    ]  # fmt: skip
    actor, now, together = factories.actor_of(officer, office), clock.now(), threading.Barrier(4)

    def look(_each: int) -> None:
        try:
            for case in cases:
                together.wait(timeout=20)
                looking.see_case(case=case, page=DataPage.CASE, actor=actor, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    assert sorted(str(seen.target_id) for seen in looks()) == sorted(str(case.pk) for case in cases)
