"""The inbox as it fills, and the page that says whether a message was ours, on a phone and on a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
CITIZEN = "citizen, active"
SCAM = "Tai khoan dinh danh cua ban se bi khoa trong 2 gio. Cap nhat tai http://dinhdanh-gov.example ngay."
# A warning of last night that waited for the morning, a long device name, and more than fits on a page.
TELL = """
from datetime import timedelta
from accounts.enums import NoticeChannel, NoticeKind, NoticeState
from accounts.models import Account, Notice
from accounts.models.indexes import number_index
from accounts.services import notices
from eid_portal.core import clock
account = Account.objects.get(citizen__personal_number_index=number_index({number!r}), kind="citizen")
now = clock.now()
night = now.astimezone(clock.VIET_NAM).replace(hour=2, minute=10) - timedelta(days=1)
notices.tell(account=account, kind=NoticeKind.CARD_EXPIRES, values={{"date": "26/12/2026", "days": 30}}, now=night)
for number in range(22):
    values = {{"device": "Chrome " * 8, "time": "09:41", "date": "24/11/2026", "helpline": "1900 0000"}}
    notices.tell(account=account, kind=NoticeKind.NEW_DEVICE, values=values, channels=(NoticeChannel.INBOX,),
        now=now - timedelta(days=2, minutes=number))
Notice.objects.create(account=account, citizen=account.citizen, channel=NoticeChannel.INBOX, state=NoticeState.SENT,
    kind=NoticeKind.ACCOUNT_ACTIVATED, text="Tài khoản của bạn đã được kích hoạt.", created_at=now - timedelta(days=1))
"""


def asks(eyes: Eyes, text: str) -> None:
    """Paste a text and press the button."""
    eyes.page.fill("#id_text", text)
    steps.press(eyes)
    expect(eyes.page.locator("#h-answer")).to_be_visible()


def unread_here(eyes: Eyes) -> list[str | None]:
    """The unread messages that the page shows."""
    return [field.get_attribute("value") for field in eyes.page.locator('input[name="message"]').all()]  # fmt: skip


@pytest.mark.parametrize(("width", "language"), [(390, "vi"), (1280, "en")])
def test_a_message_arrives_is_read_and_can_be_asked_about(
    portal: Portal, window: Window, width: int, language: str
) -> None:
    eyes = window(width=width, language=language, name="messages")
    page, person = eyes.page, portal.person(CITIZEN)
    # --- a stranger asks about what is not ours
    page.goto(f"{portal.url}/messages/check/")
    eyes.look("check")
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    eyes.look("check-empty")
    asks(eyes, SCAM)
    expect(page.locator(".card--bad")).to_be_visible()
    eyes.look("check-not-ours")

    # --- signing in on a new device is told, and shown as delivered
    steps.signs_in(eyes, portal, portal.person(CITIZEN))
    text = portal.message(person["phone"], saying="/stop/")
    portal.python(
        "manage.py", "shell", "-v", "0", "-c", TELL.format(number=person["personal_number"])
    )
    page.locator('main a[href="/account/messages/"]').click()
    steps.at(eyes, "/account/messages/")
    first = page.locator(".log > li").first
    for _second in range(30):
        if first.locator(".sent .ok").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(first.locator(".sent .ok")).to_have_count(1)
    expect(first.locator(".unread")).to_be_visible()
    eyes.look("inbox")
    page.locator(".govuk-pagination a").click()
    eyes.look("inbox-older")
    page.goto(f"{portal.url}/account/messages/?show=unread")
    unread = unread_here(eyes)
    assert unread
    steps.press(eyes, "/read/")
    expect(page.locator(f'input[name="message"][value="{unread[0]}"]')).to_have_count(0)
    assert not set(unread) & set(unread_here(eyes))
    while page.locator('main form[action$="/read/"]').count():
        steps.press(eyes, "/read/")
    eyes.look("inbox-all-read")

    # --- the same text, asked about by its holder and by whoever has it
    page.goto(f"{portal.url}/messages/check/")
    asks(eyes, text)
    expect(page.locator(".card--ok .kv")).to_be_visible()
    eyes.look("check-ours")
    page.context.clear_cookies()
    page.goto(f"{portal.url}/messages/check/")
    asks(eyes, text.upper().replace(" ", "  "))
    expect(page.locator(".card--ok .kv")).to_be_visible()
    eyes.look("check-ours-signed-out")
    late = steps.local(person["phone"])
    asks(eyes, f"482913 la ma OTP de DANG NHAP. Het han {page.evaluate(IN_FIVE_MINUTES)}. {late}")
    expect(page.locator(".card--ok, .card--bad")).to_have_count(0)
    eyes.look("check-may-be-live")


IN_FIVE_MINUTES = """() => new Date(Date.now() + 300000).toLocaleTimeString('vi-VN',
    {hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'Asia/Ho_Chi_Minh'})"""
