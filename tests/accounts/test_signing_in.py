"""Number and password, then a code."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import DeviceSession
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_password(account)
    factories.make_totp(account)
    return account


def first_step(client: Client, account: Any, password: str = factories.PASSWORD) -> Any:
    number = account.citizen.personal_number
    return client.post("/sign-in/", {"username": number, "password": password})


def test_number_password_and_code_open_the_account(client: Client, account: Any) -> None:
    answer = first_step(client, account)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/code/")
    page = client.get("/sign-in/code/")
    assert page.status_code == 200

    answer = client.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code()})

    assert (answer.status_code, answer["Location"]) == (303, "/")
    session = DeviceSession.objects.get()
    assert (session.account, session.aal, session.amr) == (account, 2, ["pwd", "otp"])
