"""Staff end sessions: of one account, or everybody's."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.enums import AccountKind
from accounts.models import Account, Device, DeviceSession
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    return factories.signed_in(Client(), factories.make_staff(60, kind=AccountKind.ADMINISTRATOR))


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_card(account.citizen)
    return account


def is_in(browser: Client) -> bool:
    return browser.get("/").status_code == 200


def test_an_administrator_ends_the_sessions_of_one(administrator: Client, account: Account) -> None:
    phone, desk = (factories.signed_in(Client(), account) for _each in range(2))
    other = factories.signed_in(Client(), factories.make_account(factories.make_citizen(16)))
    address = f"/admin/accounts/citizen/{account.citizen_id}/sessions/"

    assert administrator.get(address).status_code == 302
    assert is_in(phone)
    administrator.post(address)

    assert not is_in(phone)
    assert not is_in(desk)
    assert other.get("/").status_code == 200
    assert Device.objects.filter(account=account, forgotten_at__isnull=True).count() == 2
    event = AuditEvent.objects.filter(
        name="accounts.signed_out", subject_id=account.citizen_id
    ).get()
    assert (event.actor_kind, event.data) == ("administrator", {"reason": "STAFF"})


def test_an_officers_sessions_too(administrator: Client) -> None:
    officer = factories.make_staff(51)
    office = factories.make_office()
    factories.make_role(officer, office)
    desk = factories.signed_in(Client(), officer, office)

    administrator.post(f"/admin/accounts/account/{officer.pk}/sessions/")

    assert desk.get("/counter/")["Location"].startswith("/counter/sign-in/")


def test_only_administrators_do(account: Account) -> None:
    browser = factories.signed_in(Client(), account)
    answer: Any = browser.post(f"/admin/accounts/citizen/{account.citizen_id}/sessions/")
    assert answer.status_code in {302, 403}
    assert is_in(browser)


def test_the_operator_ends_the_sessions_of_all(account: Account) -> None:
    browser = factories.signed_in(Client(), account)
    with pytest.raises(CommandError):
        call_command("end_sessions")
    assert is_in(browser)

    call_command("end_sessions", "--everybody")

    assert not is_in(browser)
    assert not DeviceSession.objects.filter(ended_at__isnull=True).exists()
    assert AuditEvent.objects.filter(name="accounts.everybody_signed_out").get().data == {
        "sessions": 1
    }
