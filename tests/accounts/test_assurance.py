"""What holds for every way in: fresh proofs, masked passwords, random secrets, no e-mail, no secret questions."""

import math
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from accounts.enums import AccountKind, Action, AuthenticatorKind, Strength
from accounts.models import Account, Authenticator
from accounts.services import assurance, authenticators, second_factor, sessions
from eid_portal.core import clock
from eid_portal.env import ROOT
from tests import factories

pytestmark = pytest.mark.django_db
TEMPLATES = ROOT / "templates"


@pytest.fixture
def account() -> Account:
    account = factories.make_account()
    factories.make_card(account.citizen)
    return account


def session_of(account: Account, *, amr: tuple[str, ...] = ("pwd", "otp")) -> sessions.Session:
    key, _device, _new = sessions.start(
        account=account, device_token=None, device_label="", amr=amr, address="203.0.113.9",
        office_id=None, now=clock.now(),
    )  # fmt: skip
    found = sessions.find(key, now=clock.now())
    assert found is not None
    return found


# --- Step-up ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("action", Action)
def test_an_old_proof_is_asked_for_again(account: Account, action: Action) -> None:
    session = session_of(account)
    needed = policy.ASSURANCE[action]
    proved = session.authenticated_at

    assurance.require(session, action, now=proved + needed.max_age)
    with pytest.raises(assurance.StepUpNeeded) as asked:
        assurance.require(session, action, now=proved + needed.max_age + timedelta(seconds=1))

    assert (asked.value.action, asked.value.passkey) == (action, False)


@pytest.mark.parametrize("action", [a for a in Action if policy.ASSURANCE[a].strength == Strength.BEST])  # fmt: skip
def test_who_has_a_passkey_proves_what_matters_most_with_it(
    account: Account, action: Action
) -> None:
    factories.make_authenticator(account, AuthenticatorKind.PASSKEY)
    by_code, by_passkey = session_of(account), session_of(account, amr=assurance.PASSKEY_AMR)

    assurance.require(by_passkey, action, now=clock.now())
    with pytest.raises(assurance.StepUpNeeded) as asked:
        assurance.require(by_code, action, now=clock.now())

    assert asked.value.passkey


def test_who_phished_password_and_code_adds_and_removes_nothing(account: Account) -> None:
    """Else they would step up with a passkey of their own, or by code again once the owner's is gone."""
    factories.make_password(account)
    factories.make_totp(account)
    owners = factories.make_authenticator(account, AuthenticatorKind.PASSKEY)
    thief = factories.signed_in(Client(HTTP_ACCEPT_LANGUAGE="en"), account)
    pages = (
        "/account/security/passkeys/add/",
        "/account/security/app/add/",
        "/account/security/password/",
        "/account/security/remove/",
    )

    for page in pages:
        asked = {"action": "begin", "id": str(owners.pk), "password": "một mật khẩu khác hẳn"}
        assert thief.post(page, asked)["Location"].startswith("/sign-in/again/"), page
    again = thief.get("/sign-in/again/?for=add_authenticator").content.decode()
    assert 'name="password"' not in again
    assert "ask for the passkey to be removed" in again

    # A disabled one counts too: a hundred wrong answers open nothing.
    Authenticator.objects.filter(pk=owners.pk).update(state="DISABLED")
    with pytest.raises(assurance.StepUpNeeded) as refused:
        assurance.require(session_of(account), Action.ADD_AUTHENTICATOR, now=clock.now())
    assert refused.value.passkey
    again = thief.get("/sign-in/again/?for=add_authenticator").content.decode()
    assert "the one of this account was disabled" in again


def test_a_first_passkey_of_somebody_else_can_still_be_removed(account: Account) -> None:
    now = clock.now()
    factories.make_authenticator(account, AuthenticatorKind.PASSKEY, bound_at=now)
    session = session_of(account)

    assurance.require(session, Action.REMOVE_AUTHENTICATOR, now=now)
    later = now + policy.PASSKEY_ASKED_AFTER
    fresh = replace(session, authenticated_at=later)
    with pytest.raises(assurance.StepUpNeeded):
        assurance.require(fresh, Action.REMOVE_AUTHENTICATOR, now=later)


def test_a_known_device_never_replaces_the_second_factor(account: Account) -> None:
    factories.make_password(account)
    factories.make_totp(account)
    browser = factories.signed_in(Client(), account)
    del browser.cookies["__Host-session"]

    answer = browser.post(
        "/sign-in/",
        {"username": account.citizen.personal_number, "password": factories.PASSWORD},
    )

    assert answer["Location"] == "/sign-in/code/"
    assert browser.get("/")["Location"].startswith("/sign-in/")


# --- Passwords --------------------------------------------------------------------------------------
def test_passwords_are_masked_and_may_be_pasted(client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    (field,) = re.findall(r"<input[^>]*name=\"password\"[^>]*>", page)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    scripts = [path.read_text(encoding="utf-8") for path in (ROOT / "static/eid").glob("*.js")]
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")]
    assert not any(re.search(r"onpaste|['\"]paste['\"]", text) for text in (*scripts, *texts))


def test_no_password_runs_out(account: Account) -> None:
    row = factories.make_password(account)
    factories.make_totp(account)
    later = clock.now() + timedelta(days=3650)
    with clock.frozen(later):
        browser = Client()
        answer = browser.post(
            "/sign-in/",
            {"username": account.citizen.personal_number, "password": factories.PASSWORD},
        )
    assert answer["Location"] == "/sign-in/code/"
    row.refresh_from_db()
    assert row.state == "ACTIVE"


def test_there_are_no_secret_questions() -> None:
    """Every field that is asked for on the way in or back in is known by name."""
    from accounts.forms import activation, recovery, sign_in

    asked = {
        name
        for module in (sign_in, activation, recovery)
        for form in vars(module).values()
        if isinstance(form, type) and hasattr(form, "base_fields")
        for name in form.base_fields
    }
    assert asked
    assert not {name for name in asked if re.search(r"question|hint|mother|school|pet", name)}


# --- Secrets ----------------------------------------------------------------------------------------
def test_recovery_codes_have_120_bits(account: Account) -> None:
    _sheet, codes = authenticators.new_recovery_codes(account=account, now=clock.now())
    assert len(set(codes)) == policy.RECOVERY_CODES
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in codes)


def test_codes_have_20_bits() -> None:
    # As NIST rounds: six random digits are enough (19.9 bits).
    assert policy.CODE_DIGITS >= 6
    assert math.log2(len(policy.SLIP_ALPHABET)) * policy.SLIP_CODE_LENGTH > 39
    assert math.log2(len(policy.SLIP_ALPHABET)) * policy.STOP_CODE_LENGTH > 39


def test_secrets_come_from_the_systems_random_numbers() -> None:
    """`random` is banned by the linter; nothing of ours draws a secret by another way than `secrets`."""
    ours = [*ROOT.glob("accounts/**/*.py"), *ROOT.glob("eid_portal/core/**/*.py")]
    drawing = re.compile(r"^\s*(import random|from random)|uuid\.uuid[14]\(", re.MULTILINE)
    assert len(ours) > 100
    assert [path.name for path in ours if drawing.search(path.read_text(encoding="utf-8"))] == []


# --- Ways in ----------------------------------------------------------------------------------------
def test_no_way_in_goes_by_e_mail(account: Account) -> None:
    factories.make_password(account)
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="holder@example.com")

    assert second_factor.ways_of(account) == ()
    assert AuthenticatorKind.EMAIL not in second_factor.AMR


def test_stronger_ways_than_text_messages_are_offered(account: Account) -> None:
    factories.make_phone(account)
    browser = factories.signed_in(Client(), account)
    page = browser.get("/account/security/").content.decode()
    assert "/account/security/passkeys/add/" in page
    assert "/account/security/app/add/" in page


def test_a_fresh_installation_has_no_account() -> None:
    assert not Account.objects.exists()
    assert not Authenticator.objects.exists()


# --- Sessions ---------------------------------------------------------------------------------------
def test_cookies_are_the_hosts_alone(account: Account) -> None:
    factories.make_password(account)
    factories.make_totp(account)
    browser = Client()
    number = account.citizen.personal_number
    browser.post("/sign-in/", {"username": number, "password": factories.PASSWORD})
    entered = browser.post("/sign-in/code/", {"way": "TOTP", "code": factories.totp_code()})

    for name in ("__Host-session", "__Host-device"):
        cookie = entered.cookies[name]
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert len(cookie.value) >= 43


def test_signing_out_is_on_every_page(account: Account) -> None:
    browser = factories.signed_in(Client(), account)
    sections: list[Any] = re.findall(
        r'"(/account/[a-z-]+/)"', (TEMPLATES / "accounts/account/base.html").read_text()
    )
    assert len(sections) >= 8
    for address in ("/", *sections):
        page = browser.get(address).content.decode()
        assert 'action="/sign-out/"' in page, address


def test_staff_have_it_too() -> None:
    officer = factories.make_staff(51, kind=AccountKind.OFFICER)
    office = factories.make_office()
    factories.make_role(officer, office)
    desk = factories.signed_in(Client(), officer, office)
    assert 'action="/sign-out/"' in desk.get("/counter/").content.decode()
