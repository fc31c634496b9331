"""How many statements the pages that people wait for send: each costs them, and every one more must be meant."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from eid_portal.sandbox import data
from tests import factories
from tests.outside_world import OutsideWorld
from tests.passkey import SoftPasskey

pytestmark = pytest.mark.django_db

PHUC, OFFICER = "079090000006", "001192000020"


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """Fail if the block sends more; the savepoints that stand for transactions in tests are counted too."""
    with CaptureQueriesContext(connection) as sent:
        yield
    told = "\n".join(one["sql"][:160] for one in sent.captured_queries)
    assert len(sent) <= count, f"{len(sent)} statements:\n{told}"


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_card(account.citizen)
    factories.make_password(account)
    factories.make_totp(account)
    return account


def test_signing_in_on_a_known_device(client: Client, account: Any) -> None:
    factories.signed_in(client, account)  # the device is known from now on
    del client.cookies["__Host-session"]
    first = {"username": account.citizen.personal_number, "password": factories.PASSWORD}
    second = {"way": "TOTP", "code": factories.totp_code()}

    with at_most(4):
        assert client.post("/sign-in/", first).status_code == 303
    with at_most(9):
        assert client.post("/sign-in/code/", second)["Location"] == "/"


def test_signing_in_with_a_passkey_on_a_known_device(client: Client, account: Any) -> None:
    factories.signed_in(client, account)
    del client.cookies["__Host-session"]
    passkey = SoftPasskey()
    passkey.belongs_to(account)

    with at_most(0):
        options = client.get("/sign-in/passkey/options/").json()
    answer = passkey.get(options)
    with at_most(5):
        assert client.post("/sign-in/passkey/", {"answer": answer})["Location"] == "/"


def test_a_wrong_password(client: Client, account: Any) -> None:
    wrong = {"username": account.citizen.personal_number, "password": "sai mật khẩu rồi"}

    with at_most(4):
        assert client.post("/sign-in/", wrong).status_code == 200


def test_the_first_page(client: Client, account: Any) -> None:
    factories.signed_in(client, account)

    with at_most(4):
        assert client.get("/").status_code == 200


def test_the_scan_at_the_counter(client: Client, sandbox: OutsideWorld) -> None:
    office = factories.make_office()
    officer = factories.make_staff(
        citizen=factories.make_citizen(
            personal_number=OFFICER,
            full_name=data.PEOPLE[OFFICER].name,
            birth_date=data.PEOPLE[OFFICER].born,
            sex=data.PEOPLE[OFFICER].sex,
        ),
        sign_in_name="cb000020",
    )
    factories.make_role(officer, office, Role.COUNTER)
    factories.signed_in(client, officer, office)

    with at_most(34):
        answer = client.post("/counter/", {"card": data.PEOPLE[PHUC].qr})
        assert answer.status_code == 302
    with at_most(10):
        assert client.get(answer["Location"]).status_code == 200
