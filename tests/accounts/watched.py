"""An office whose looks are watched: an officer's desk, a supervisor's console, a person who was looked at."""

from typing import Any

import pytest
from django.test import Client

from accounts.enums import AuthenticatorKind, Role
from accounts.models import Account, Citizen, LookUp
from tests import factories
from tests.accounts.desk import COLLEAGUE, OFFICER, make_officer
from tests.outside_world import OutsideWorld

LOOK_UP, CONSOLE = "/counter/look-up/", "/counter/supervision/"
SUPERVISOR = "001176000022"
EN = {"Accept-Language": "en"}


@pytest.fixture
def office() -> Any:
    return factories.make_office()


@pytest.fixture
def officer(office: Any) -> Account:
    return make_officer(OFFICER, office)


@pytest.fixture
def colleague(office: Any) -> Account:
    return make_officer(COLLEAGUE, office)


@pytest.fixture
def supervisor(office: Any) -> Account:
    return make_officer(SUPERVISOR, office, Role.SUPERVISOR)


@pytest.fixture
def desk(officer: Account, office: Any, sandbox: OutsideWorld) -> Client:
    return factories.signed_in(Client(), officer, office)


@pytest.fixture
def room(supervisor: Account, office: Any) -> Client:
    """A supervisor's browser."""
    return factories.signed_in(Client(), supervisor, office)


@pytest.fixture
def person() -> Citizen:
    """A citizen with an account, a phone and an e-mail address."""
    account = factories.make_account(factories.make_citizen(18))
    factories.make_phone(account)
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau@vidu.vn")
    return account.citizen


def ask(desk: Client, citizen: Citizen | str, **values: str) -> Any:
    number = citizen if isinstance(citizen, str) else citizen.personal_number
    values = {"reason": "AT_COUNTER"} | values
    return desk.post(LOOK_UP, {"number": number} | values, headers=EN)


def look_at(desk: Client, citizen: Citizen, **values: str) -> LookUp:
    answer = ask(desk, citizen, **values)
    assert answer.status_code == 303, answer.content.decode()
    return LookUp.objects.get(public_id=answer["Location"].split("/")[3])


def browser_of(citizen: Citizen) -> Client:
    account = Account.objects.get(citizen=citizen, kind="citizen")
    return factories.signed_in(Client(), account)


def first_page(citizen: Citizen) -> str:
    return browser_of(citizen).get("/", headers=EN).content.decode()
