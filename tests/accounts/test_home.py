"""The citizen's first page."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import events
from accounts.enums import AccountKind, NoticeChannel, NoticeKind
from accounts.models import Authenticator, Notice
from accounts.services import notices, sessions
from eid_portal.core import audit, clock
from eid_portal.core.events import SYSTEM, Event
from tests import factories

pytestmark = pytest.mark.django_db


def enter(client: Client, account: Any, **values: Any) -> str:
    """A session without the pages of signing in; returns the device's token."""
    key, token, _new = sessions.start(
        account=account,
        device_token=None,
        device_label="Firefox, Linux",
        amr=("pwd", "otp"),
        address="192.0.2.7",
        office_id=values.get("office_id"),
        now=values.get("now") or clock.now(),
    )
    client.cookies["__Host-session"] = key
    client.cookies["__Host-device"] = token
    return token


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_card(account.citizen)
    factories.make_phone(account)
    return account


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2F")


def test_a_citizen_sees_card_events_and_messages_by_four_queries(
    client: Client, account: Any
) -> None:
    enter(client, account)
    notices.tell(
        account=account,
        kind=NoticeKind.ACCOUNT_ACTIVATED,
        channels=(NoticeChannel.INBOX,),
        values={"time": "09:41", "date": "26/11/2026", "helpline": "1900 0000"},
        now=clock.now(),
    )
    client.get("/?warm")

    with CaptureQueriesContext(connection) as queries:
        page = client.get("/", headers={"Accept-Language": "en"})

    html = page.content.decode()
    assert page.status_code == 200
    assert len(queries) <= 4
    assert "ĐẶNG THỊ MẪU" in html
    assert "•••• •••• 0015" in html
    assert account.citizen.personal_number not in html
    assert "Signed in on a new device" in html
    assert "09:41 on 26/11/2026" in html or "09:41 ngày 26/11/2026" in html
    assert "Add an authenticator app" in html


def test_failed_sign_ins_push_nothing_else_off_the_page(client: Client, account: Any) -> None:
    def happens(event: Event) -> None:
        audit.record(event, actor=SYSTEM, subject_id=account.citizen_id, now=clock.now())

    happens(events.DataUnmasked(fields=[], reason="a reason long enough"))
    for _ in range(12):
        happens(events.SignInFailed(factor="password", known_device=False))
    enter(client, account)

    page = client.get("/", headers={"Accept-Language": "en"}).content.decode()

    assert page.count("Somebody tried to sign in and failed") == 1
    assert "An administrator opened your data" in page


def test_officers_have_a_first_page_of_their_own(client: Client) -> None:
    enter(client, factories.make_staff(51))
    assert client.get("/")["Location"] == "/counter/"
    enter(client, factories.make_staff(52, kind=AccountKind.ADMINISTRATOR))
    assert client.get("/")["Location"] == "/admin/"


def test_every_event_a_citizen_sees_has_words() -> None:
    from accounts.home import words

    shown = {
        event.name
        for event in vars(events).values()
        if isinstance(event, type)
        and issubclass(event, Event)
        and event is not Event
        and event.shown
    }

    assert shown <= set(words.WORDS)


# --- An authenticator app -------------------------------------------------------------------------
def test_an_app_is_added_by_its_first_code_and_told_of(client: Client, account: Any) -> None:
    enter(client, account)
    assert "secret" not in client.get("/account/security/app/add/").content.decode()
    assert client.post("/account/security/app/add/", {"action": "begin"}).status_code == 303
    page = client.get("/account/security/app/add/").content.decode()
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found
    secret = found[1].replace(" ", "")
    assert "<svg" in page
    assert client.post("/account/security/app/add/", {"code": "000000"}).status_code == 200

    answer = client.post("/account/security/app/add/", {"code": factories.totp_code(secret=secret)})

    assert answer["Location"] == "/account/security/"
    assert Authenticator.objects.get(kind="TOTP").state == "ACTIVE"
    assert Notice.objects.filter(kind="AUTHENTICATOR_ADDED").count() == 2
    assert "/account/security/app/add/" not in client.get("/").content.decode()


def test_who_signed_in_a_while_ago_proves_it_again_first(client: Client, account: Any) -> None:
    now = clock.now()
    enter(client, account, now=now)
    with clock.frozen(now + timedelta(minutes=10)):
        client.get("/")
    with clock.frozen(now + timedelta(minutes=16)):
        for answer in (
            client.get("/account/security/app/add/"),
            client.post("/account/security/app/add/", {"action": "begin"}),
        ):
            assert answer["Location"] == (
                "/sign-in/again/?next=%2Faccount%2Fsecurity%2Fapp%2Fadd%2F&for=add_authenticator"
            )
