"""Supervisors decide exceptions: another human, signed in afresh, at their own office."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import Role
from accounts.models import Account, CardCase, DeviceSession
from accounts.services import approving
from eid_portal.core import approvals, clock
from eid_portal.core.models import Approval
from tests import factories
from tests.accounts.desk import ALL, PHUC, at, make_officer, open_case, scan_card
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db

OFFICER, COLLEAGUE, SUPERVISOR = "001192000020", "001089000021", "001176000022"


@pytest.fixture
def office() -> Any:
    return factories.make_office()


@pytest.fixture
def desk(office: Any, sandbox: OutsideWorld) -> Client:
    return factories.signed_in(Client(), make_officer(OFFICER, office), office)


@pytest.fixture
def boss(office: Any) -> Account:
    return make_officer(SUPERVISOR, office, Role.SUPERVISOR)


def wait_for_approval(desk: Client, number: str = PHUC) -> tuple[CardCase, Approval]:
    case = open_case(desk, number)
    desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    return case, Approval.objects.get(target_id=case.pk)


def address(approval: Approval) -> str:
    return f"/counter/approvals/{approval.public_id}/"


def sign_in_afresh(boss: Account) -> None:
    DeviceSession.objects.filter(account=boss).update(authenticated_at=clock.now())


def test_an_approved_exception_is_issued_by_the_officer(desk: Client, boss: Account, office: Any) -> None:  # fmt: skip
    case, approval = wait_for_approval(desk)
    room = factories.signed_in(Client(), boss, office)
    assert approval.public_id in room.get("/counter/approvals/").content.decode()
    page = room.get(address(approval)).content.decode()
    assert "LÊ HOÀNG PHÚC" in page
    assert room.get(at(case, "photo/")).status_code == 200

    answer = room.post(address(approval), {"decision": "approve"})

    assert (answer.status_code, answer["Location"]) == (302, "/counter/approvals/")
    case.refresh_from_db()
    assert case.state == "APPROVED"
    page = desk.get(at(case)).content.decode()
    assert "no_phone" in page
    answer = desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.state == "ISSUED"


def test_what_was_not_approved_is_not_issued(desk: Client, boss: Account, office: Any) -> None:
    case, approval = wait_for_approval(desk)
    factories.signed_in(Client(), boss, office).post(address(approval), {"decision": "approve"})
    CardCase.objects.filter(pk=case.pk).update(findings=["name_differs"])
    assert desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "APPROVED"


def test_a_refusal_needs_a_reason_and_ends_the_case(desk: Client, boss: Account, office: Any) -> None:  # fmt: skip
    case, approval = wait_for_approval(desk)
    room = factories.signed_in(Client(), boss, office)
    assert room.post(address(approval), {"decision": "refuse"}).status_code == 422
    assert room.post(address(approval), {"decision": "refuse", "note": "a\x00b"}).status_code == 422
    assert room.post(address(approval), {"decision": "", "note": ""}).status_code == 422
    room.post(address(approval), {"decision": "refuse", "note": "Come back with the card"})
    case.refresh_from_db()
    assert case.state == "REFUSED"
    page = desk.get(at(case)).content.decode()
    assert "Come back with the card" in page
    assert room.post(address(approval), {"decision": "approve"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "REFUSED"


def test_a_decision_needs_a_fresh_sign_in(desk: Client, boss: Account, office: Any) -> None:
    room = factories.signed_in(Client(), boss, office)
    case, approval = wait_for_approval(desk)  # after the sign-in: not fresh for this proposal
    page = room.get(address(approval)).content.decode()
    assert "/sign-in/again/?next=" in page
    assert 'value="approve"' not in page
    answer = room.post(address(approval), {"decision": "approve"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/again/?next=%2Fcounter%2Fapprovals%2F")
    case.refresh_from_db()
    assert case.state == "WAITING"
    sign_in_afresh(boss)
    assert 'value="approve"' in room.get(address(approval)).content.decode()
    DeviceSession.objects.filter(account=boss).update(
        authenticated_at=clock.now() - approvals.FRESH - timedelta(seconds=1)
    )
    answer = room.post(address(approval), {"decision": "approve"})
    assert answer["Location"].startswith("/sign-in/again/")


def test_who_proposed_it_does_not_see_it(office: Any, sandbox: OutsideWorld, boss: Account) -> None:
    own = factories.signed_in(Client(), boss, office)
    case, approval = wait_for_approval(own)
    sign_in_afresh(boss)
    assert approval.public_id not in own.get("/counter/approvals/").content.decode()
    assert own.get(address(approval)).status_code == 404
    assert own.post(address(approval), {"decision": "approve"}).status_code == 404
    with pytest.raises(approvals.SamePerson):
        approving.decide(
            approval=approval, approve=True, note="", actor=factories.actor_of(boss, office),
            signed_in_at=clock.now(), now=clock.now(),
        )  # fmt: skip
    case.refresh_from_db()
    assert case.state == "WAITING"


def test_nobody_decides_about_themselves(desk: Client, boss: Account, office: Any) -> None:
    scan_card(desk, SUPERVISOR)
    case = CardCase.objects.get()
    desk.post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    approval = Approval.objects.get()
    room = factories.signed_in(Client(), boss, office)
    assert room.get(address(approval)).status_code == 404
    assert approval.public_id not in room.get("/counter/approvals/").content.decode()


def test_other_offices_and_officers_without_the_role_see_nothing(desk: Client, office: Any) -> None:
    _case, approval = wait_for_approval(desk)
    elsewhere = factories.make_office("HN-02")
    stranger = factories.signed_in(
        Client(), make_officer(COLLEAGUE, elsewhere, Role.SUPERVISOR), elsewhere
    )
    assert stranger.get(address(approval)).status_code == 404
    assert approval.public_id not in stranger.get("/counter/approvals/").content.decode()
    assert desk.get("/counter/approvals/").status_code == 403
    assert desk.get(address(approval)).status_code == 403


def test_a_proposal_nobody_decides_ends_the_case(desk: Client) -> None:
    case, _approval = wait_for_approval(desk)
    later = clock.now() + policy.APPROVAL_LASTS + timedelta(minutes=1)
    assert approvals.expire_old(now=later) == 1
    case.refresh_from_db()
    assert case.state == "REFUSED"
    assert desk.get(at(case)).status_code == 200
