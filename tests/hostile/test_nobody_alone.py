"""Nobody alone issues an exception, grants a role or changes a phone: not by two accounts of theirs either."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import AccountKind, Role
from accounts.models import Account, DeviceSession, OfficeRole
from eid_portal.core import clock
from eid_portal.core.models import Approval
from tests import factories
from tests.accounts.desk import (
    ALL,
    COLLEAGUE,
    PHUC,
    at,
    confirm_phone,
    hold_phone,
    make_officer,
    open_case,
    phones_of,
)
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
EN = {"Accept-Language": "en"}
YES = {"decision": "approve", "note": ""}


def fresh(account: Account, office: Any = None) -> Client:
    """The browser of somebody who has just proved that it is them."""
    browser = factories.signed_in(Client(), account, office)
    DeviceSession.objects.filter(account=account).update(
        authenticated_at=clock.now() + timedelta(milliseconds=1)
    )
    return browser


@pytest.fixture
def office() -> Any:
    return factories.make_office()


@pytest.fixture
def alone(office: Any) -> Account:
    """An officer who is the counter's supervisor as well, and sits there alone."""
    account = make_officer(COLLEAGUE, office, Role.SUPERVISOR)
    factories.make_role(account, office, Role.COUNTER)
    return account


def tries_to_decide(browser: Client, approval: Approval) -> None:
    address = f"/counter/approvals/{approval.public_id}/"
    assert browser.get(address).status_code == 404
    assert browser.post(address, YES).status_code == 404
    approval.refresh_from_db()
    assert approval.state == "PROPOSED"


def test_an_exception_takes_two_people(alone: Account, office: Any, sandbox: OutsideWorld) -> None:
    case = open_case(fresh(alone, office), PHUC)
    fresh(alone, office).post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})
    approval = Approval.objects.get(target_id=case.pk)

    tries_to_decide(fresh(alone, office), approval)
    fresh(alone, office).post(at(case, "issue/"), {"checks": ALL, "no_phone": "1"})

    assert not Account.objects.filter(citizen=case.citizen, kind="citizen").exists()
    case.refresh_from_db()
    assert case.state == "WAITING"


def test_another_phone_takes_two_people(alone: Account, office: Any, sandbox: OutsideWorld) -> None:
    account = hold_phone()
    desk = fresh(alone, office)
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)
    desk.post(at(case, "issue/"), {"checks": ALL})
    before = phones_of(account)

    tries_to_decide(fresh(alone, office), Approval.objects.get(target_id=case.pk))
    fresh(alone, office).post(at(case, "issue/"), {"checks": ALL})

    assert phones_of(account) == before


def test_a_role_takes_two_people_and_two_accounts_of_one_are_one(office: Any) -> None:
    human = factories.make_citizen(70)
    first = factories.make_staff(
        citizen=human, kind=AccountKind.ADMINISTRATOR, sign_in_name="qt-old"
    )
    officer = factories.make_staff(51)
    window = fresh(first)
    window.post(
        "/admin/accounts/officerole/add/",
        {"account": officer.sign_in_name, "office": office.pk, "role": "COUNTER"},
    )
    approval = Approval.objects.get()
    decide = f"/admin/core/approval/{approval.pk}/decide/"

    refused = fresh(first).post(decide, YES, headers=EN, follow=True).content.decode()
    assert "You proposed this, or it is about you" in refused
    close(first)
    second = factories.make_staff(
        citizen=human, kind=AccountKind.ADMINISTRATOR, sign_in_name="qt-new"
    )
    refused = fresh(second).post(decide, YES, headers=EN, follow=True).content.decode()
    assert "You proposed this, or it is about you" in refused
    assert not OfficeRole.objects.exists()

    subject = factories.make_staff(
        citizen=officer.citizen, kind=AccountKind.ADMINISTRATOR, sign_in_name="qt-self"
    )
    refused = fresh(subject).post(decide, YES, headers=EN, follow=True).content.decode()
    assert "You proposed this, or it is about you" in refused
    assert not OfficeRole.objects.exists()

    other = factories.make_staff(61, kind=AccountKind.ADMINISTRATOR)
    fresh(other).post(decide, YES)
    assert OfficeRole.objects.get().account == officer


def close(account: Account) -> None:
    """As a colleague would, so that the person may get another account."""
    from accounts.services import officers

    colleague = factories.make_staff(62, kind=AccountKind.ADMINISTRATOR)
    officers.close_account(account=account, actor=factories.actor_of(colleague), now=clock.now())
