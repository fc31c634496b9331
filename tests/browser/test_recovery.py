"""Getting an account back: a recovery code and one other way; two proofs a day apart, the day moved; a counter."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
BOTH = pytest.mark.parametrize(("width", "language"), [(390, "vi"), (1280, "en")])
NEW_PASSWORD = "cơn mưa rào trên mái ngói"
SERIALS = iter(range(60, 80))
SOMEBODY = """
import django; django.setup()
import json
from accounts.enums import AuthenticatorKind
from accounts.services import authenticators
from eid_portal.core import clock
from tests import factories
account = factories.make_account(factories.make_citizen({serial}))
factories.make_card(account.citizen)
factories.make_password(account)
factories.make_totp(account)
factories.make_phone(account, {phone!r})
factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau{serial}@vidu.vn")
sheet, codes = authenticators.new_recovery_codes(account=account, now=clock.now())
actor = factories.actor_of(account)
authenticators.bind(sheet, account=account, actor=actor, now=clock.now())
print(json.dumps({{"number": account.citizen.personal_number, "codes": codes,
    "password": factories.PASSWORD, "secret": factories.TOTP_SECRET, "phone": {phone!r}}}))
"""
A_DAY_LATER = """
import django; django.setup()
from datetime import timedelta
from accounts.models import Recovery
row = Recovery.objects.get(reference={reference!r})
for name in ("opened_at", "ready_at", "expires_at"):
    setattr(row, name, getattr(row, name) - timedelta(hours=25))
row.save()
"""


def somebody(portal: Portal) -> dict[str, Any]:
    """A person of this test's own, with every way there is but a passkey."""
    serial = next(SERIALS)
    program = SOMEBODY.format(serial=serial, phone=f"+845123457{serial}")
    line = next(line for line in portal.python("-c", program).splitlines() if line.startswith("{"))
    found: dict[str, Any] = json.loads(line)
    return found


def begins(eyes: Eyes, portal: Portal, person: dict[str, Any], route: str) -> None:
    """From the sign-in page to the first proof."""
    page = eyes.page
    page.goto(f"{portal.url}/sign-in/")
    page.locator('main a[href="/recover/"]').click()
    steps.at(eyes, "/recover/")
    eyes.look("routes")
    page.locator(f'main a[href="/recover/{route}/"]').click()
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("number-empty")
    page.fill("#id_username", person["number"])
    steps.press(eyes)


def sets_password(eyes: Eyes) -> None:
    """A weak one first; ends at the sign-in page."""
    page = eyes.page
    steps.at(eyes, "/recover/password/")
    page.fill("#id_password", "12345678")
    steps.press(eyes)
    expect(page.locator("#id_password_error")).to_be_visible()
    eyes.look("password-weak")
    page.fill("#id_password", NEW_PASSWORD)
    steps.press(eyes)
    steps.at(eyes, "/sign-in/")
    eyes.look("recovered")


def signs_in(eyes: Eyes, portal: Portal, person: dict[str, Any], password: str) -> None:
    """With a password and the app; ends at the first page."""
    page = eyes.page
    page.goto(f"{portal.url}/sign-in/")
    page.fill("#id_username", person["number"])
    page.fill("#id_password", password)
    steps.press(eyes)
    steps.at(eyes, "/sign-in/code/")
    page.fill("#id_code", portal.app_code(person["secret"]))
    steps.press(eyes)
    steps.at(eyes, "/")


@BOTH
def test_a_recovery_code_and_one_other_way(
    portal: Portal, window: Window, width: int, language: str
) -> None:
    person = somebody(portal)
    old = window(width=width, language=language, name="quick-old-device")
    signs_in(old, portal, person, person["password"])
    eyes = window(width=width, language=language, name="quick")
    page = eyes.page

    begins(eyes, portal, person, "with-code")
    steps.at(eyes, "/recover/code/")
    page.fill("#id_code", "7" * 24)
    steps.press(eyes)
    expect(page.locator("#id_code_error")).to_be_visible()
    eyes.look("code-wrong")
    page.fill("#id_code", person["codes"][0].lower().replace("-", " "))
    steps.press(eyes)
    steps.at(eyes, "/recover/proof/")
    eyes.look("proof-password")
    page.goto(f"{portal.url}/recover/proof/?way=PASSKEY")
    eyes.look("proof-passkey")
    page.locator('main a[href="?way=SMS"]').click()
    eyes.look("proof-phone")
    steps.press(eyes, name="action", value="send")
    code = portal.code(person["phone"])
    eyes.look("proof-phone-sent")
    page.fill("#id_code", code)
    steps.press(eyes)
    sets_password(eyes)

    old.page.goto(f"{portal.url}/")  # every device is signed out
    steps.at(old, "/sign-in/")
    signs_in(eyes, portal, person, NEW_PASSWORD)
    eyes.look("home")


@BOTH
def test_two_proofs_a_day_apart(portal: Portal, window: Window, width: int, language: str) -> None:
    person = somebody(portal)
    eyes = window(width=width, language=language, name="delayed")
    page = eyes.page

    begins(eyes, portal, person, "with-wait")
    steps.at(eyes, "/recover/proof/")
    steps.press(eyes, name="action", value="send")
    page.fill("#id_code", portal.code(person["phone"]))
    steps.press(eyes)
    steps.at(eyes, "/recover/waiting/")
    eyes.look("waiting")
    reference = page.locator(".card--act b.num").first.inner_text()
    portal.python("-c", A_DAY_LATER.format(reference=reference))

    later = window(width=width, language=language, name="delayed-later")
    page = later.page
    page.goto(f"{portal.url}/recover/")
    page.locator('main a[href="/recover/return/"]').click()
    page.fill("#id_username", person["number"])
    page.fill("#id_reference", "DL-261126-222222")
    steps.press(later)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    later.look("return-wrong")
    page.fill("#id_reference", reference.lower())
    steps.press(later)
    steps.at(later, "/recover/waiting/")
    later.look("ready")
    steps.press(later, name="action", value="continue")
    steps.at(later, "/recover/proof/")
    page.goto(f"{portal.url}/recover/proof/?way=TOTP")
    later.look("second-proof")
    page.fill("#id_code", portal.app_code(person["secret"]))
    steps.press(later)
    sets_password(later)
    signs_in(later, portal, person, NEW_PASSWORD)
    later.look("home")

    eyes.page.goto(f"{portal.url}/recover/waiting/")  # the first browser learns of it
    eyes.look("finished-elsewhere")


@BOTH
def test_the_owner_cancels_what_somebody_else_began(
    portal: Portal, window: Window, width: int, language: str
) -> None:
    person = somebody(portal)
    thief = window(width=width, language=language, name="delayed-thief")
    begins(thief, portal, person, "with-wait")
    steps.press(thief, name="action", value="send")
    thief.page.fill("#id_code", portal.code(person["phone"]))
    steps.press(thief)
    steps.at(thief, "/recover/waiting/")

    owner = window(width=width, language=language, name="delayed-owner")
    signs_in(owner, portal, person, person["password"])
    owner.look("home")
    owner.page.locator('main a[href="/account/security/recovery/"]').first.click()
    owner.look("somebody-began")
    steps.press(owner, name="action", value="cancel")
    steps.at(owner, "/account/security/recovery/")
    owner.look("cancelled")

    thief.page.reload()
    thief.look("thief-sees")
    expect(thief.page.locator('main [name="action"]')).to_have_count(0)

    owner.page.goto(f"{portal.url}/account/security/check/")
    owner.look("check")
    owner.page.fill("#id_code", person["codes"][0])
    steps.press(owner)
    steps.at(owner, "/account/security/recovery/")
    owner.look("checked")


def test_the_counters_and_a_recovery_without_javascript(portal: Portal, window: Window) -> None:
    person = somebody(portal)
    eyes = window(width=390, language="vi", name="recovery-plain", javascript=False)
    page = eyes.page
    page.goto(f"{portal.url}/recover/counters/")
    eyes.look("counters")
    begins(eyes, portal, person, "with-code")
    page.fill("#id_code", person["codes"][0])
    steps.press(eyes)
    page.fill("#id_code", person["password"])
    steps.press(eyes)
    sets_password(eyes)
