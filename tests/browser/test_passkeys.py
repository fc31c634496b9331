"""A passkey in Chromium's virtual authenticator: added, used with one tap, used to prove again; nothing elsewhere."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from playwright.sync_api import CDPSession, Page, Route, expect

from payments.rules import vietqr
from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
PLATFORM = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def _forgotten(portal: Portal) -> Iterator[None]:
    """The other walks know this person without a passkey: who has one is asked for it before changes."""
    yield
    portal.sql(
        "UPDATE accounts_authenticator SET state = 'REMOVED', ended_at = now()"
        " WHERE kind = 'PASSKEY' AND state = 'ACTIVE'"
    )


class Device:
    """What the browser window unlocks passkeys with."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": PLATFORM})
        self.id = made["authenticatorId"]

    def passkeys(self) -> list[dict[str, Any]]:
        """Those it holds."""
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    def loses(self, passkey: dict[str, Any]) -> None:
        """One is no longer in it."""
        name = passkey["credentialId"]
        self.cdp.send(
            "WebAuthn.removeCredential", {"authenticatorId": self.id, "credentialId": name}
        )

    def finds(self, passkey: dict[str, Any]) -> None:
        """One is in it again."""
        self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": passkey})

    def asks(self, *, yes: bool) -> None:
        """Whether it answers by itself; else it waits, as for a finger."""
        self.cdp.send(
            "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self.id, "enabled": yes}
        )


def signed_in(eyes: Eyes, portal: Portal, person: dict[str, Any] | None = None) -> str:
    """A demonstration citizen by password and app; their number."""
    person = person or portal.person("citizen, active")
    eyes.page.goto(f"{portal.url}/sign-in/")
    eyes.page.fill("#id_username", person["personal_number"])
    eyes.page.fill("#id_password", person["password"])
    steps.press(eyes)
    steps.at(eyes, "/sign-in/code/")
    eyes.page.fill("#id_code", portal.app_code(person["totp_secret"]))
    steps.press(eyes)
    expect(eyes.page).to_have_url(f"{portal.url}/")
    return str(person["personal_number"])


def add(eyes: Eyes, portal: Portal, name: str) -> None:
    """From the settings."""
    eyes.page.goto(f"{portal.url}/account/security/passkeys/add/")
    eyes.look("add-passkey")
    eyes.page.fill("#id_label", name)
    eyes.page.locator('form[data-passkey="create"] button').click()
    steps.at(eyes, "/account/security/")


@pytest.mark.parametrize(("width", "language"), [(390, "vi"), (1280, "en")])
def test_one_tap_and_nothing_typed(
    portal: Portal, window: Window, width: int, language: str
) -> None:
    eyes = window(width=width, language=language, name="passkey")
    page = eyes.page
    device = Device(page)
    device.asks(yes=False)  # the list at the first field would be answered before it is looked at
    signed_in(eyes, portal)
    device.asks(yes=True)

    add(eyes, portal, "Điện thoại của tôi")
    [made] = device.passkeys()
    assert (made["rpId"], made["isResidentCredential"]) == ("localhost", True)

    # A day later nothing else will do. Proving again: the page says what for, and one tap is enough.
    portal.sql(
        "UPDATE accounts_authenticator SET bound_at = bound_at - interval '2 days' WHERE kind = 'PASSKEY'"
    )
    page.goto(f"{portal.url}/sign-in/again/?next=/account/lock/&for=export")
    expect(page.locator("#id_password")).to_have_count(0)
    eyes.look("again")
    page.locator('form[data-passkey="get"] button').click()
    steps.at(eyes, "/account/lock/")

    # The passkey is on another device: it says so, and there is a way on.
    [made] = device.passkeys()
    device.loses(made)
    steps.citizen_signs_out(eyes)
    page.locator('form[data-passkey="get"] button').click()
    expect(page.locator('[data-passkey-says="stopped"]')).to_be_visible(timeout=30_000)
    eyes.look("stopped")
    expect(page.locator("#id_password")).to_be_visible()

    device.finds(made)
    page.locator('form[data-passkey="get"] button').click()
    expect(page).to_have_url(f"{portal.url}/")
    eyes.look("home")
    assert device.passkeys()[0]["signCount"] > made["signCount"]

    # Its owner, who proved it just now, may remove it, and is asked once more.
    page.goto(f"{portal.url}/account/security/")
    row = page.locator(".todo li", has_text="Điện thoại của tôi")
    row.locator('form[action$="/remove/"] button').click()
    eyes.look("remove")
    steps.press(eyes, name="action", value="remove")
    steps.at(eyes, "/account/security/")
    expect(page.locator(".todo li", has_text="Điện thoại của tôi")).to_have_count(0)
    eyes.look("removed")


def test_a_code_of_a_bank_account_is_paid_with_one_tap(portal: Portal, window: Window) -> None:
    """What is signed is the payment itself: payee and amount; a code by text message is not enough on a new device."""
    eyes = window(width=390, language="en", name="passkey-pays")
    page = eyes.page
    device = Device(page)
    device.asks(yes=False)
    # Somebody whose app no other passkey asks, and a payee whom no other walk needs unknown to them.
    signed_in(eyes, portal, portal.person("citizen with an empty wallet", 2))
    device.asks(yes=True)
    add(eyes, portal, "")
    other = portal.person("citizen with an empty wallet", 1)
    account = other["bank_accounts"][0]
    code = vietqr.make(
        vietqr.Code(
            bank=account["bank"], account=account["account"], amount=75_000, is_dynamic=True
        )
    )

    page.goto(f"{portal.url}/transfers/")
    page.locator(".qrscan summary").click()
    page.fill("#id_code", code)
    page.locator('button[name="read"]').click()
    expect(page.locator("#id_account")).to_have_value(account["account"])
    page.locator('form:has(#id_account) button[type="submit"]').click()
    expect(page.locator("main")).to_contain_text(account["name"])
    page.locator('form[data-passkey="get"] button').click()

    expect(page.locator(steps.RECEIPTS)).to_have_count(1, timeout=30_000)
    eyes.look("paid")
    paid = portal.sql(
        "SELECT purpose, state, amount FROM payments_payment ORDER BY id DESC LIMIT 1"
    )
    assert paid == "TRANSFER|SETTLED|75000"


def test_the_browser_offers_it_at_the_first_field(portal: Portal, window: Window) -> None:
    eyes = window(width=1280, language="vi", name="passkey-conditional")
    device = Device(eyes.page)
    device.asks(yes=False)
    signed_in(eyes, portal)
    device.asks(yes=True)
    add(eyes, portal, "")

    eyes.page.locator('form[action="/sign-out/"] button').click()

    expect(eyes.page).to_have_url(
        f"{portal.url}/"
    )  # the virtual authenticator chooses from the list by itself


def test_an_answer_made_for_another_address_is_refused_in_words(
    portal: Portal, window: Window
) -> None:
    eyes = window(width=390, language="en", name="passkey-refused")
    page = eyes.page
    device = Device(page)
    device.asks(yes=False)
    signed_in(eyes, portal)
    device.asks(yes=True)
    add(eyes, portal, "")
    device.asks(yes=False)
    steps.citizen_signs_out(eyes)

    def altered(route: Route) -> None:
        device.asks(yes=False)  # or it would answer the next page too
        made_elsewhere(route)

    page.route("**/sign-in/passkey/", altered)
    device.asks(yes=True)
    page.locator('form[data-passkey="get"] button').click()
    steps.at(eyes, "/sign-in/passkey/")
    expect(page.locator(".govuk-error-summary")).to_contain_text("asked for by another address")
    eyes.look("refused")


def made_elsewhere(route: Route) -> None:
    """Send the answer as another page would have had it made."""
    fields = dict(parse_qsl(route.request.post_data or ""))
    answer = json.loads(fields["answer"])
    said = json.loads(base64.urlsafe_b64decode(answer["response"]["clientDataJSON"] + "=="))
    moved = json.dumps(said | {"origin": "https://dinhdanh.example"}).encode()
    answer["response"]["clientDataJSON"] = base64.urlsafe_b64encode(moved).rstrip(b"=").decode()
    route.continue_(post_data=urlencode(fields | {"answer": json.dumps(answer)}))


def test_at_another_address_it_is_not_offered_and_says_why(portal: Portal, window: Window) -> None:
    eyes = window(width=390, language="vi", name="passkey-elsewhere")
    page = eyes.page
    page.goto(f"http://127.0.0.1:{portal.port}/sign-in/")

    expect(page.locator("form[data-passkey]")).to_be_hidden()
    expect(page.locator('[data-passkey-says="elsewhere"] a')).to_have_attribute(
        "href", f"{portal.url}/sign-in/"
    )
    eyes.look("elsewhere")


def test_a_browser_without_passkeys_says_why(portal: Portal, window: Window) -> None:
    eyes = window(width=390, language="vi", name="passkey-unsupported")
    eyes.page.add_init_script("delete window.PublicKeyCredential")
    eyes.page.goto(f"{portal.url}/sign-in/")

    expect(eyes.page.locator("form[data-passkey]")).to_be_hidden()
    expect(eyes.page.locator('[data-passkey-says="unsupported"]')).to_be_visible()
    eyes.look("unsupported")
