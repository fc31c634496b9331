"""The citizen's phone at the counter: whose it may be, what confirms it, and what it takes to change it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import AuthenticatorState, Role
from accounts.models import Account, Authenticator
from accounts.services import counter_phone
from eid_portal.core import approvals, clock, jobs
from eid_portal.core.models import Approval, AuditEvent
from tests import factories
from tests.accounts.desk import (
    ALL,
    COLLEAGUE,
    OLD_PHONE,
    PHONE,
    PHUC,
    at,
    confirm_phone,
    desk,
    hold_phone,
    make_officer,
    office,
    officer,
    open_case,
    phones_of,
    the_code,
)
from tests.outside_world import OutsideWorld

__all__ = ["desk", "office", "officer"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("whose", "refusal"),
    [("own", counter_phone.OwnPhone), ("own_private", counter_phone.OwnPhone), ("colleague", counter_phone.StaffPhone),
     ("colleague_private", counter_phone.StaffPhone), ("citizen", counter_phone.UsedPhone)],
)  # fmt: skip
def test_other_peoples_phones_are_refused(
    desk: Client, officer: Account, office: Any, whose: str, refusal: type[Any]
) -> None:
    colleague = make_officer(COLLEAGUE, office)
    owner = {
        "own": lambda: officer,
        "own_private": lambda: factories.make_account(officer.citizen),
        "colleague": lambda: colleague,
        "colleague_private": lambda: factories.make_account(colleague.citizen),
        "citizen": lambda: factories.make_account(factories.make_citizen(16)),
    }[whose]()
    factories.make_phone(owner, "+84501234567")
    case = open_case(desk, PHUC)
    answer = desk.post(at(case, "phone/"), {"phone": PHONE})
    assert answer.status_code == 422
    assert str(refusal.message).replace("'", "&#39;") in answer.content.decode()
    case.refresh_from_db()
    assert case.phone is None
    asked = AuditEvent.objects.filter(name="accounts.phone_refused_at_counter", shown=True)
    told = {owner.citizen_id} - {officer.citizen_id}
    assert set(asked.values_list("subject_id", flat=True)) == told


def test_whose_a_phone_is_cannot_be_found_out_by_asking(
    desk: Client, sandbox: OutsideWorld
) -> None:
    """Phones of nobody count, too."""
    case = open_case(desk, PHUC)
    factories.make_phone(factories.make_account(factories.make_citizen(16)), "+84501234567")
    for number in range(policy.COUNTER_PHONE.allowed):
        desk.post(at(case, "phone/"), {"phone": f"05022{number:05}"})
    answer = desk.post(at(case, "phone/"), {"phone": PHONE}, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "You entered too many phones within an hour" in answer.content.decode()
    assert not AuditEvent.objects.filter(name="accounts.phone_refused_at_counter").exists()


@pytest.mark.parametrize("phone", ["", "12345", "02438222222", "0501234567890", "abc", "٠٥"])
def test_what_is_no_mobile_number_is_refused(desk: Client, phone: str) -> None:
    case = open_case(desk, PHUC)
    assert desk.post(at(case, "phone/"), {"phone": phone}).status_code == 422


def test_a_wrong_code_confirms_nothing(desk: Client, sandbox: OutsideWorld) -> None:
    case = open_case(desk, PHUC)
    desk.post(at(case, "phone/"), {"phone": PHONE})
    wrong = f"{(int(the_code(sandbox)) + 1) % 1_000_000:06d}"
    assert desk.post(at(case, "phone/code/"), {"code": wrong}).status_code == 422
    case.refresh_from_db()
    assert case.phone_verified_at is None
    assert desk.post(at(case, "issue/"), {"checks": ALL}).status_code == 422


def test_asking_too_often_leaves_the_last_code_alive(desk: Client, sandbox: OutsideWorld) -> None:
    case = open_case(desk, PHUC)
    answers = [desk.post(at(case, "phone/"), {"phone": PHONE}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [422]
    assert desk.post(at(case, "phone/code/"), {"code": the_code(sandbox)}).status_code == 302


def test_a_code_for_one_phone_does_not_confirm_another(desk: Client, sandbox: OutsideWorld) -> None:
    case = open_case(desk, PHUC)
    desk.post(at(case, "phone/"), {"phone": PHONE})
    code = the_code(sandbox)
    desk.post(at(case, "phone/change/"))
    desk.post(at(case, "phone/"), {"phone": "0507654321"})
    assert desk.post(at(case, "phone/code/"), {"code": code}).status_code == 422


@pytest.mark.parametrize("state", ["ISSUED", "ACTIVE"])
def test_a_phone_nobody_confirmed_takes_no_other_phones_place(desk: Client, state: str) -> None:
    account = hold_phone(state=state)
    case = open_case(desk, PHUC)
    desk.post(at(case, "phone/"), {"phone": PHONE})

    assert desk.post(at(case, "issue/"), {"checks": ALL}).status_code == 422
    assert phones_of(account) == {OLD_PHONE: "ACTIVE"}

    desk.post(at(case, "phone/change/"))  # the one on file is kept
    assert desk.post(at(case, "issue/"), {"checks": ALL}).status_code in {200, 302}
    case.refresh_from_db()
    assert case.state == "ISSUED"
    assert phones_of(account) == {OLD_PHONE: "ACTIVE"}


def test_a_phone_that_a_thief_replaced_is_bound_again_at_a_counter(
    desk: Client, sandbox: OutsideWorld, office: Any
) -> None:
    account = hold_phone()
    factories.make_phone(account, "+84501234567", state=AuthenticatorState.REPLACED)
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    desk.post(at(case, "issue/"), {"checks": ALL})
    now = clock.now() + timedelta(seconds=1)
    approver = factories.actor_of(make_officer(COLLEAGUE, office, Role.SUPERVISOR), office)
    approvals.approve(approval=Approval.objects.get(), approver=approver, signed_in_at=now, now=now)

    answer = desk.post(at(case, "issue/"), {"checks": ALL})

    assert answer.status_code in {200, 302}
    states = Authenticator.objects.filter(account=account, kind="SMS").values_list(
        "state", flat=True
    )
    assert sorted(states) == ["ACTIVE", "REMOVED", "REMOVED"]
    assert Authenticator.objects.get(account=account, state="ACTIVE").secret == "+84501234567"


def test_a_phone_that_its_owner_can_still_bring_back_is_refused_to_others(desk: Client) -> None:
    owner = factories.make_account(factories.make_citizen(16))
    factories.make_phone(owner, "+84501234567", state=AuthenticatorState.REPLACED)
    case = open_case(desk, PHUC)

    assert desk.post(at(case, "phone/"), {"phone": PHONE}).status_code == 422


@pytest.mark.parametrize("state", ["ISSUED", "ACTIVE"])
def test_another_phone_than_the_one_on_file_takes_two_officers_and_the_old_one_is_told(
    desk: Client, sandbox: OutsideWorld, office: Any, state: str
) -> None:
    account = hold_phone(state=state)
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    desk.post(at(case, "issue/"), {"checks": ALL})
    case.refresh_from_db()
    assert (case.state, case.exceptions) == ("WAITING", ["PHONE_CHANGE"])
    assert phones_of(account) == {OLD_PHONE: "ACTIVE"}

    now = clock.now() + timedelta(seconds=1)
    approver = factories.actor_of(make_officer(COLLEAGUE, office, Role.SUPERVISOR), office)
    approvals.approve(approval=Approval.objects.get(), approver=approver, signed_in_at=now, now=now)
    desk.post(at(case, "issue/"), {"checks": ALL})

    assert phones_of(account) == {OLD_PHONE: "REMOVED", "+84501234567": "ACTIVE"}
    jobs.run_due()
    assert "/stop/" in sandbox.messages(OLD_PHONE)[0].text
    new = Authenticator.objects.get(account=account, kind="SMS", state="ACTIVE")
    assert new.is_trusted(clock.now()) is (state == "ISSUED")
