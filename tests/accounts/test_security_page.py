"""The page of the ways into an account: what it shows, and each of its buttons, without JavaScript."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import AccountKind, AuthenticatorKind, AuthenticatorState, NoticeChannel
from accounts.models import Account, Authenticator, ContactChange, DeviceSession, Notice
from accounts.selectors import security
from accounts.services import authenticators
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from tests import factories
from tests.accounts.test_contacts import session_of

K = AuthenticatorKind
HOME = "/account/security/"
NEW_PHONE = "0501 234 561"
LONGEST = "Đ" * 40
RUBBISH = "\u202eỶ<b>'; --\t🐟"


@pytest.fixture
def account(db: None) -> Account:
    """A citizen with a password, a named app, a phone, an address and recovery codes."""
    made = factories.make_account(language="en")
    factories.make_card(made.citizen)
    factories.make_password(made)
    factories.make_totp(made, label="Tablet")
    factories.make_phone(made)
    factories.make_authenticator(made, K.EMAIL, secret="minh.anh@vidu.vn")
    sheet, _plain = authenticators.new_recovery_codes(account=made, now=clock.now())
    authenticators.bind(sheet, account=made, actor=SYSTEM, now=clock.now())
    return made


@pytest.fixture
def here(client: Client, account: Account) -> Client:
    """Their browser, signed in just now, in English."""
    factories.signed_in(client, account)
    client.defaults["wsgi.url_scheme"] = "https"
    client.cookies["__Host-language"] = "en"
    return client


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def app_of(account: Account) -> Authenticator:
    return Authenticator.objects.get(account=account, kind=K.TOTP, state="ACTIVE")


# --- What it shows ------------------------------------------------------------------------------
def test_every_way_stands_there_with_when_it_was_added_and_last_used(
    here: Client, account: Account
) -> None:
    now = clock.now()
    app = app_of(account)
    Authenticator.objects.filter(pk=app.pk).update(last_used_at=now)
    session = session_of(account)
    DeviceSession.objects.filter(pk=session.id).update(authenticator=app)
    factories.make_authenticator(account, K.PASSKEY, label=LONGEST)
    factories.make_totp(account, state=AuthenticatorState.REMOVED, ended_at=now, label="Old phone")

    page = text_of(here.get(HOME))

    for shown in ("Authenticator app “Tablet”", "0912 ••• 099", "m•••@vidu.vn", "8 of 8 left",
                  f"Passkey “{LONGEST}”", "Firefox, Linux", "Old phone", "passkeys/add/"):  # fmt: skip
        assert shown in page, shown
    for hidden in (factories.PHONE, "minh.anh@vidu.vn", account.citizen.personal_number):
        assert hidden not in page


def test_the_password_names_the_browser_that_last_gave_it(account: Account) -> None:
    Authenticator.objects.filter(kind=K.PASSWORD).update(last_used_at=clock.now())
    session_of(account)
    session_of(account, passkey=True)

    ways = security.ways_of(account, now=clock.now())

    assert ways.password is not None
    assert ways.password.device == "Firefox, Linux"


def test_the_number_of_queries_does_not_grow(account: Account) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            security.ways_of(account, now=clock.now())
        return len(seen)

    few = count()
    for place in range(10):
        factories.make_authenticator(account, K.PASSKEY, label=str(place))
    assert count() == few <= 4


def test_it_shows_nothing_of_another_account(account: Account) -> None:
    other = factories.make_account(factories.make_citizen(16))

    ways = security.ways_of(other, now=clock.now())

    assert not ways.apps
    assert ways.password is ways.phone is ways.codes is ways.email is None
    assert ways.removed == []


def test_without_anything_it_says_what_could_be_added(client: Client, db: None) -> None:
    bare = factories.make_account()
    factories.signed_in(client, bare)
    client.cookies["__Host-language"] = "en"

    page = text_of(client.get(HOME, secure=True))

    assert all(word in page for word in ("No phone", "No recovery codes", "No e-mail address"))


@pytest.mark.parametrize("kind", [AccountKind.OFFICER, AccountKind.ADMINISTRATOR])
def test_staff_have_the_page_without_phone_and_recovery(
    client: Client, db: None, kind: AccountKind
) -> None:
    staff = factories.make_staff(kind=kind)
    factories.make_password(staff)
    factories.make_totp(staff)
    factories.signed_in(client, staff)
    client.cookies["__Host-language"] = "en"

    page = text_of(client.get(HOME, secure=True))

    assert "/account/security/password/" in page
    assert "/account/security/phone/" not in page
    for path in ("phone/", "email/", "recovery-codes/", "take-back/"):
        assert client.get(HOME + path, secure=True).status_code == 403


def test_a_phone_whose_sim_was_changed_and_what_is_disabled_say_so(
    here: Client, account: Account
) -> None:
    later = clock.now() + timedelta(hours=5)
    Authenticator.objects.filter(kind=K.SMS).update(blocked_until=later)
    Authenticator.objects.filter(kind__in=[K.TOTP, K.PASSWORD, K.EMAIL, K.RECOVERY_CODES]).update(
        state=AuthenticatorState.DISABLED
    )

    page = text_of(here.get(HOME))

    assert "the SIM was changed" in page
    assert page.count("Disabled after 100 failures") == 4


# --- The password -------------------------------------------------------------------------------
def test_the_password_is_changed_by_its_form(here: Client, account: Account) -> None:
    Authenticator.objects.filter(kind=K.PASSWORD).update(bound_at=factories.ago(days=9))
    for weak in ("", "short", factories.NAME, factories.PASSWORD):
        page = text_of(here.post(HOME + "password/", {"password": weak}))
        assert "id_password_error" in page

    answer = here.post(HOME + "password/", {"password": "a sentence that I alone know"})

    assert (answer.status_code, answer["Location"]) == (303, HOME)
    assert "Your password was changed" in text_of(here.get(HOME))


# --- Names and removal ----------------------------------------------------------------------------
def test_an_app_is_named_and_an_odd_name_is_asked_again(here: Client, account: Account) -> None:
    app = app_of(account)
    page = text_of(here.post(HOME + "name/", {"id": app.pk}))
    assert 'value="Tablet"' in page
    for wrong in (RUBBISH, "x" * 41):
        assert "id_label_error" in text_of(
            here.post(HOME + "name/", {"id": app.pk, "label": wrong})
        )

    answer = here.post(HOME + "name/", {"id": app.pk, "label": " Điện thoại <b> "})

    assert answer.status_code == 303
    assert "Điện thoại &lt;b&gt;" in text_of(here.get(HOME))


def test_a_removal_is_asked_once_more_and_the_last_way_is_kept(
    here: Client, account: Account
) -> None:
    app = app_of(account)
    page = text_of(here.post(HOME + "remove/", {"id": app.pk}))
    assert "Remove it" in page
    assert app_of(account).pk == app.pk

    answer = here.post(HOME + "remove/", {"id": app.pk, "action": "remove"})
    again = here.post(HOME + "remove/", {"id": app.pk, "action": "remove"})

    assert [answer["Location"], again["Location"]] == [HOME, HOME]
    page = text_of(here.get(HOME))
    assert "no longer used (1)" in page
    Authenticator.objects.filter(kind=K.SMS).update(state="REMOVED")
    last = factories.make_totp(account)
    here.post(HOME + "remove/", {"id": last.pk, "action": "remove"})
    assert "the last way into your account" in text_of(here.get(HOME))


@pytest.mark.parametrize(
    "id_", ["", "x", "0192f0c1-2e4a-7b3c-8d5e-6f708192a3b4", "0" * 5000, RUBBISH, "\x00"]
)
@pytest.mark.parametrize("path", ["remove/", "name/"])
def test_a_button_about_nothing_leads_back(here: Client, path: str, id_: str) -> None:
    for more in ({}, {"action": "remove", "label": "x"}):
        answer = here.post(HOME + path, {"id": id_} | more)
        assert (answer.status_code, answer["Location"]) == (303, HOME)


def test_who_has_to_prove_themselves_comes_back_and_is_told_to_press_again(
    here: Client, account: Account
) -> None:
    DeviceSession.objects.update(authenticated_at=clock.now() - timedelta(hours=1))
    answer = here.post(HOME + "remove/", {"id": app_of(account).pk})
    assert answer["Location"].startswith("/sign-in/again/?next=%2Faccount%2Fsecurity%2Fremove%2F")

    DeviceSession.objects.update(authenticated_at=clock.now())
    assert here.get(HOME + "remove/")["Location"] == HOME
    assert "Now press “Remove” again" in text_of(here.get(HOME))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("password/", {"password": "a sentence that I alone know"}),
        ("app/add/", {"action": "begin"}),
        ("recovery-codes/", {"action": "make"}),
        ("phone/", {"contact": NEW_PHONE}),
        ("email/", {"contact": "an@vidu.vn"}),
    ],
)
def test_everything_that_opens_a_door_wants_a_fresh_proof(
    here: Client, path: str, data: dict[str, str]
) -> None:
    DeviceSession.objects.update(authenticated_at=clock.now() - timedelta(hours=1))
    before = Authenticator.objects.count(), Notice.objects.count()

    for answer in (here.get(HOME + path), here.post(HOME + path, data)):
        assert answer.status_code == 303
        assert answer["Location"].startswith("/sign-in/again/")
    assert (Authenticator.objects.count(), Notice.objects.count()) == before


@pytest.mark.parametrize("path", ["password/", "app/add/", "recovery-codes/", "phone/", "email/"])
def test_looking_writes_nothing(here: Client, path: str) -> None:
    before = Authenticator.objects.count(), Notice.objects.count()
    text_of(here.get(HOME + path))
    assert (Authenticator.objects.count(), Notice.objects.count()) == before


# --- Recovery codes -----------------------------------------------------------------------------
def test_a_new_sheet_is_shown_once_and_put_in_force_by_a_second_button(
    here: Client, account: Account
) -> None:
    path = HOME + "recovery-codes/"
    page = text_of(here.post(path, {"action": "make"}))
    assert page.count("<li>") >= 8
    sheet = re.search(r'name="id" value="([0-9a-f-]{36})"', page)
    assert sheet
    text_of(here.post(path, {"action": "make"}))  # in another window

    old = here.post(path, {"action": "keep", "id": sheet[1]})
    assert old["Location"] == path
    assert "newer ones were made since" in text_of(here.get(path))
    current = Authenticator.objects.get(kind=K.RECOVERY_CODES, state="PENDING")
    for _press in range(2):
        answer = here.post(path, {"action": "keep", "id": current.pk})
        assert answer["Location"] == HOME

    assert Authenticator.objects.get(kind=K.RECOVERY_CODES, state="ACTIVE").pk == current.pk
    assert here.post(path, {"action": "keep", "id": "x"})["Location"] == HOME


# --- Phone and e-mail address -------------------------------------------------------------------
def test_the_phone_is_changed_and_taken_back_by_the_pages(here: Client, account: Account) -> None:
    path = HOME + "phone/"
    assert here.post(path, {"action": "send", "contact": NEW_PHONE})["Location"] == path
    code = factories.sent_code()
    page = text_of(here.get(path))
    assert "0501 234 561" in page
    wrong = "000000" if code != "000000" else "111111"
    assert "id_code_error" in text_of(here.post(path, {"action": "check", "code": wrong}))

    answer = here.post(path, {"action": "check", "code": code})

    assert answer["Location"] == HOME
    page = text_of(here.get(HOME))
    assert "The phone was changed" in page
    assert "0501 ••• 561" in page
    assert "taken back" in text_of(here.get(path))  # a second change waits

    answer = here.post(HOME + "take-back/", {"kind": "SMS"})
    assert answer["Location"] == "/sign-in/"
    assert here.get(HOME)["Location"].startswith("/sign-in/")
    phone = Authenticator.objects.get(kind=K.SMS, state="ACTIVE")
    assert phone.secret == factories.PHONE
    assert ContactChange.objects.get().state == "REVERTED"


def test_an_address_is_changed_by_a_code_to_it(here: Client, account: Account) -> None:
    path = HOME + "email/"
    here.post(path, {"action": "send", "contact": " An@ViDu.VN "})
    mail = Notice.objects.get(kind="CODE")
    assert (mail.channel, mail.to) == (NoticeChannel.EMAIL, "An@vidu.vn")

    here.post(path, {"action": "check", "code": factories.sent_code()})

    assert Authenticator.objects.get(kind=K.EMAIL, state="ACTIVE").secret == "An@vidu.vn"
    page = text_of(here.get(HOME))
    assert "The e-mail address was changed" in page
    assert "An@vidu.vn" not in page


def test_another_number_may_be_named_after_all(here: Client, account: Account) -> None:
    path = HOME + "phone/"
    here.post(path, {"action": "send", "contact": NEW_PHONE})
    assert here.post(path, {"action": "other"})["Location"] == path
    assert 'name="contact"' in text_of(here.get(path))


@pytest.mark.parametrize(
    ("path", "contact"),
    [
        ("phone/", ""), ("phone/", "0243 123 456"), ("phone/", "abc"), ("phone/", RUBBISH),
        ("phone/", "0912 000 099"), ("phone/", "9" * 5000), ("phone/", "\x00"),
        ("email/", ""), ("email/", "an"), ("email/", "an@vidu.vn\r\nBcc: x@vidu.vn"),
        ("email/", "a\u200bn@vidu.vn"), ("email/", "x" * 300 + "@vidu.vn"), ("email/", "\x00"),
        ("email/", "minh.anh@vidu.vn"),
    ],
)  # fmt: skip
def test_what_is_no_new_phone_or_address_is_asked_again(
    here: Client, path: str, contact: str
) -> None:
    page = text_of(here.post(HOME + path, {"action": "send", "contact": contact}))

    assert "id_contact_error" in page
    assert not Notice.objects.exists()


def test_a_phone_of_somebody_else_says_what_to_do(here: Client, account: Account) -> None:
    factories.make_phone(factories.make_account(factories.make_citizen(16)), "+84501234561")
    path = HOME + "phone/"
    here.post(path, {"action": "send", "contact": NEW_PHONE})

    here.post(path, {"action": "check", "code": factories.sent_code()})

    assert "Use a SIM in your own name" in text_of(here.get(path))


def test_taking_back_nothing_says_so(here: Client) -> None:
    assert here.get(HOME + "take-back/")["Location"] == HOME
    for kind in ("SMS", "EMAIL", "x", ""):
        assert here.post(HOME + "take-back/", {"kind": kind})["Location"] == HOME
    assert "can no longer be taken back" in text_of(here.get(HOME))


# --- Apps ---------------------------------------------------------------------------------------
def test_a_second_app_is_added_with_a_name_and_a_wrong_clock_is_told(
    here: Client, account: Account
) -> None:
    path = HOME + "app/add/"
    here.post(path, {"action": "begin"})
    secret = Authenticator.objects.get(kind=K.TOTP, state="PENDING").secret
    late = factories.totp_code(clock.now() - timedelta(minutes=10), secret)
    page = text_of(here.post(path, {"code": late, "label": "Work phone"}))
    assert "minutes slow" in page
    assert "Work phone" in page

    answer = here.post(path, {"code": factories.totp_code(secret=secret), "label": "Work phone"})

    assert answer["Location"] == HOME
    page = text_of(here.get(HOME))
    assert "Authenticator app “Work phone”" in page
    assert "Authenticator app “Tablet”" in page
