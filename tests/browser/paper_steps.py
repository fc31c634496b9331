"""What a holder, a reader and an officer do with papers in a browser, with or without JavaScript."""

import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from eid_portal.core.drawing import qr_code
from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

# Walks share a portal: each of these opens a wallet of its own, so that none takes another's papers away.
WALLETS = ("story", "story without JavaScript", "showing", "corrections")
ANSWERED = 60_000  # milliseconds for the worker to have asked a registry
CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4})+")
_PAGE = re.compile(r"/papers/[A-Za-z0-9_-]{22}/$")
_DRAWN = re.compile(r' d="([^"]+)"')


def holder(portal: Portal, walk: str) -> dict[str, Any]:
    """The person whose wallet a walk opens; nothing was in it."""
    return portal.person("citizen with an empty wallet", WALLETS.index(walk))


# --- Waiting --------------------------------------------------------------------------------------
def comes(eyes: Eyes, selector: str) -> None:
    """The page changes by itself until this stands on it; without JavaScript its link is followed."""
    if eyes.javascript:
        expect(eyes.page.locator(selector).first).to_be_visible(timeout=ANSWERED)
    else:
        _again_until(eyes, selector, eyes.page.locator("#again").click)


def again_until(eyes: Eyes, selector: str) -> None:
    """Load a page that does not change by itself again, until this stands on it."""
    _again_until(eyes, selector, eyes.page.reload)


def _again_until(eyes: Eyes, selector: str, load: Callable[[], object]) -> None:
    for _time in range(ANSWERED // 500):
        if eyes.page.locator(selector).count():
            return
        eyes.page.wait_for_timeout(500)
        load()
    raise AssertionError(f"{selector} did not come")


# --- Into the wallet ------------------------------------------------------------------------------
def asks_every_registry(eyes: Eyes, portal: Portal) -> None:
    """From the wallet to the page of what was found."""
    eyes.page.goto(f"{portal.url}/papers/")
    eyes.look("empty-wallet")
    eyes.page.locator(".doc-add").click()
    steps.at(eyes, "/papers/add/")
    eyes.look("ask")
    steps.press(eyes, name="all", value="1")
    expect(eyes.page).to_have_url(re.compile("/papers/searches/"))


def links_found(eyes: Eyes, button: Locator) -> None:
    """One press beside a paper that was found."""
    buttons = eyes.page.locator('button[name="paper"]')
    waiting = buttons.count()
    button.first.click()
    expect(buttons).to_have_count(waiting - 1)


def links_by_number(eyes: Eyes, portal: Portal, kind: str, number: str) -> str:
    """Type a number, which links the paper; ends at its page, whose address it is. Linked already, it is the same."""
    eyes.page.goto(f"{portal.url}/papers/number/?kind={kind}")
    eyes.page.fill("#id_number", number)
    steps.press(eyes, "/number/")
    expect(eyes.page).to_have_url(_PAGE)
    return eyes.page.url


# --- Corrections ----------------------------------------------------------------------------------
def asked_of_the_sandbox(portal: Portal, path: str, **fields: str) -> None:
    """Press a button of the sandbox."""
    body = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(portal.sandbox + path, body) as answer:  # noqa: S310 - our own sandbox
        assert answer.status == 200


def asks_for_correction(eyes: Eyes, right: str) -> str:
    """From the page of a paper that does not agree to its request; the reference."""
    eyes.page.check(f'input[name="side"][value="{right}"]')
    steps.press(eyes, "/correction/")
    expect(eyes.page).to_have_url(re.compile(r"/papers/corrections/[A-Za-z0-9_-]{22}/$"))
    again_until(eyes, 'li.now use[href$="#clock"]')  # the registry has it
    return reference(eyes)


def reference(eyes: Eyes) -> str:
    """Of the request on the page."""
    found = eyes.page.locator(".lead b").inner_text()
    assert re.fullmatch(r"YC-\d{6}-[2-9A-Z]{4}", found)
    return found


# --- Showing and reading --------------------------------------------------------------------------
def shows(eyes: Eyes, portal: Portal, what: str) -> str:
    """One press in the wallet; the address that the QR code on the screen says."""
    steps.press(eyes, "/show/")
    code = eyes.page.locator("#code")
    expect(code).to_be_visible()
    eyes.look(what)
    found = CODE.fullmatch(code.inner_text().strip())
    assert found
    address = f"{portal.url}/verify/{found[0].replace('-', '')}/"
    # No reader of QR codes is at hand: the squares on the page are those of this address.
    drawn = eyes.page.locator(".qr path[stroke]").first.get_attribute("d")
    assert drawn in _DRAWN.findall(qr_code(address))
    return address


def reads(eyes: Eyes) -> None:
    """The one button of a code's page, whose POST uses the code up."""
    expect(eyes.page.locator('input[name="press"]')).to_have_count(1)
    eyes.look("verify-code")
    steps.press(eyes)
    expect(eyes.page.locator(".verdict")).to_be_visible()


def officer_on_the_road(eyes: Eyes, portal: Portal) -> None:
    """A traffic officer signs in; ends where drivers are checked."""
    eyes.page.goto(f"{portal.url}/counter/")
    steps.officer_signs_in_here(eyes, portal, portal.person("traffic officer"))
    steps.at(eyes, "/roadside/")
    eyes.look("roadside")


def officer_checks_licence(eyes: Eyes, typed: str) -> None:
    """At a stop, the code that the driver shows or the licence's number; ends at what may be driven."""
    eyes.page.check('input[name="reason"][value="STOP"]')
    eyes.page.fill("#id_typed", typed)
    steps.press(eyes)
    expect(eyes.page.locator(".verdict")).to_contain_text(re.compile("Được lái|May drive"))
    eyes.look("roadside-licence")


def both_looks_stand_in_the_data_log(eyes: Eyes, portal: Portal) -> None:
    """Who read what was shown, and the officer with the reference of the look."""
    eyes.page.goto(f"{portal.url}/account/data-log/?details=1")
    log = eyes.page.locator("main")
    expect(log).to_contain_text(
        re.compile("Giấy tờ bạn xuất trình đã được xem|A paper you showed was read")
    )
    expect(log).to_contain_text(re.compile(r"KT-\d{6}-[0-9A-Z]{4}"))
    expect(log).to_contain_text(
        re.compile("Phòng Cảnh sát giao thông Hà Nội|Ha Noi Traffic Police")
    )
    eyes.look("data-log")
