"""The inbox: by day, filtered, paged, with how each message went out; looking marks nothing as read."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import AccountKind, AuthenticatorKind, NoticeChannel, NoticeKind, NoticeState
from accounts.models import Account, Notice
from accounts.selectors import messages
from accounts.services import notices
from eid_portal.core import clock, jobs
from tests import factories
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
INBOX = NoticeChannel.INBOX
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=clock.VIET_NAM)
AT = "/account/messages/"
DEVICE = {"device": "Firefox", "time": "09:41", "date": "26/11/2026", "helpline": "1900 0000"}
STOP = {"stop_code": "7F4K 9QXM", "stop_link": "http://localhost:8000/stop/abc/"}


@pytest.fixture
def account() -> Account:
    return factories.make_account()


@pytest.fixture
def citizen(client: Client, account: Account) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return factories.signed_in(client, account)


def tell(
    account: Account,
    *channels: NoticeChannel,
    kind: NoticeKind = NoticeKind.NEW_DEVICE,
    at: datetime | None = None,
) -> None:
    values = DEVICE if kind == NoticeKind.NEW_DEVICE else {"date": "26/12/2026", "days": 30}
    moment = at or clock.now()
    with clock.frozen(moment):
        notices.tell(
            account=account, kind=kind, values=values, private=STOP, channels=channels or (INBOX,), now=moment
        )  # fmt: skip


def page(client: Client, query: str = "") -> str:
    answer = client.get(AT + query)
    assert answer.status_code == 200
    return answer.content.decode()


def texts_in(html: str) -> list[str]:
    return re.findall(r'<li id="m-([^"]+)"', html)


def test_strangers_sign_in_and_officers_read_what_they_were_told(client: Client) -> None:
    assert client.get(AT)["Location"] == "/sign-in/?next=%2Faccount%2Fmessages%2F"
    officer = factories.make_staff(51, kind=AccountKind.OFFICER)
    tell(officer)
    factories.signed_in(client, officer)
    assert len(texts_in(page(client))) == 1
    assert client.post(f"{AT}read/").status_code == 303


def test_nothing_yet(citizen: Client) -> None:
    html = page(citizen)

    assert "No messages." in html
    assert "as read" not in html
    assert "No unread messages." in page(citizen, "?show=unread")


def test_messages_stand_by_day_newest_first_with_their_words(
    citizen: Client, account: Account
) -> None:
    for hours in (1, 30):
        tell(account, at=clock.now() - timedelta(hours=hours))
    tell(factories.make_account(factories.make_citizen(16)))

    html = page(citizen)

    assert len(texts_in(html)) == 2
    assert html.count('<section class="card" aria-labelledby="d-') == 2
    assert "Sign-in on a new device (Firefox)" in html
    assert html.count("Unread:") == 2


def test_opening_marks_nothing_and_the_button_what_was_shown(
    citizen: Client, account: Account
) -> None:
    tell(account)
    tell(account)
    other = factories.make_account(factories.make_citizen(16))
    tell(other)
    foreign = Notice.objects.get(account=other).public_id
    shown = texts_in(page(citizen))
    page(citizen)
    assert Notice.objects.filter(read_at__isnull=True).count() == 3

    answer = citizen.post(
        f"{AT}read/", {"message": [shown[0], foreign, "nonsense"], "next": f"{AT}?show=unread"}
    )

    assert (answer.status_code, answer["Location"]) == (303, f"{AT}?show=unread")
    assert texts_in(page(citizen, "?show=unread")) == [shown[1]]
    first = Notice.objects.get(public_id=shown[0]).read_at
    citizen.post(f"{AT}read/", {"message": shown})
    assert Notice.objects.get(public_id=shown[0]).read_at == first
    assert Notice.objects.get(account=other).read_at is None


def test_the_way_back_leads_nowhere_else(citizen: Client) -> None:
    answer = citizen.post(f"{AT}read/", {"next": "https://elsewhere.example/"})

    assert answer["Location"] == AT


def test_filters(citizen: Client, account: Account) -> None:
    tell(account)
    tell(account, kind=NoticeKind.CARD_EXPIRES)

    assert len(texts_in(page(citizen))) == 2
    assert "new device" in page(citizen, "?show=security")
    assert "ID card expires" not in page(citizen, "?show=security")
    assert "ID card expires" in page(citizen, "?show=other")
    assert len(texts_in(page(citizen, "?show=nonsense"))) == 2


def test_a_long_history_is_paged_without_a_gap_or_a_double(
    citizen: Client, account: Account
) -> None:
    now = clock.now()
    for number in range(2 * messages.ON_A_PAGE + 3):
        tell(account, at=now - timedelta(minutes=number // 3))

    seen, query = [], ""
    for _page in range(3):
        html = page(citizen, query)
        seen += texts_in(html)
        older = re.search(r'href="/account/messages/(\?[^"]+)" rel="next"', html)
        query = older[1].replace("&amp;", "&") if older else ""

    assert query == ""
    assert len(seen) == len(set(seen)) == 2 * messages.ON_A_PAGE + 3
    assert len(texts_in(page(citizen, "?before=nonsense"))) == messages.ON_A_PAGE


def test_the_number_of_queries_does_not_grow(citizen: Client, account: Account) -> None:
    tell(account)
    page(citizen)
    with CaptureQueriesContext(connection) as few:
        page(citizen)
    for _each in range(15):
        tell(account)
    with CaptureQueriesContext(connection) as many:
        page(citizen)

    assert len(many) == len(few) <= 5


def test_each_message_says_how_it_went_out(
    citizen: Client, account: Account, sandbox: OutsideWorld
) -> None:
    factories.make_phone(account, "+84912000097")
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau@example.com")
    tell(account, INBOX, NoticeChannel.SMS, at=NOON)
    assert "Text message to the number ending in 097: being sent" in page(citizen)
    for second in (0, 2, 30, 31, 33):
        with clock.frozen(NOON + timedelta(seconds=second)):
            while jobs.run_due():
                pass
        if second == 2:
            assert "sent 12:00, not confirmed yet" in page(citizen)

    html = page(citizen)

    assert "Text message to the number ending in 097: sent 12:00, did not arrive" in html
    assert (
        "Sent another way instead: E-mail to m•••@example.com: sent 12:00, delivered 12:00" in html
    )
    assert "mau@" not in html


def test_what_was_kept_for_the_morning_says_so(citizen: Client, account: Account) -> None:
    factories.make_phone(account, "+84912000001")
    night = NOON.replace(hour=2, minute=10)
    tell(account, INBOX, NoticeChannel.SMS, kind=NoticeKind.CARD_EXPIRES, at=night)

    assert "kept for the morning since 02:10, goes out at 06:00" in page(citizen)


def test_what_could_not_be_sent_says_so_and_another_day_is_named(
    citizen: Client, account: Account
) -> None:
    factories.make_phone(account, "+84912000001")
    tell(account, INBOX, NoticeChannel.SMS, at=NOON)
    row = Notice.objects.get(channel=NoticeChannel.SMS)
    Notice.objects.filter(pk=row.pk).update(state=NoticeState.FAILED)
    assert "could not be sent" in page(citizen)
    late = NOON + timedelta(days=1)
    Notice.objects.filter(pk=row.pk).update(
        state=NoticeState.DELIVERED, sent_at=late, delivered_at=late
    )
    assert "delivered 12:00 on 27/11/2026" in page(citizen)


@pytest.mark.parametrize("path", [AT, "/"])
def test_a_message_without_template_keeps_its_words_and_says_their_language(
    citizen: Client, account: Account, path: str
) -> None:
    notice = factories.make_notice(
        account=account, channel=INBOX, kind=NoticeKind.ACCOUNT_ACTIVATED, to=None,
        state=NoticeState.SENT, text="Tài khoản đã được mở.",
    )  # fmt: skip
    html = citizen.get(path).content.decode()
    assert re.search(r'lang="vi">Tài khoản đã được mở\.<', html)

    citizen.defaults["HTTP_ACCEPT_LANGUAGE"] = "vi"
    html = citizen.get(path).content.decode()
    assert "Tài khoản đã được mở." in html
    assert 'lang="vi">Tài khoản' not in html
    assert notice.public_id in html


def test_a_message_is_read_in_the_readers_language_and_text_is_never_markup(
    citizen: Client, account: Account
) -> None:
    with clock.frozen(NOON):
        notices.tell(
            account=account, kind=NoticeKind.NEW_DEVICE, channels=(INBOX,), private=STOP,
            values=DEVICE | {"device": "<b>x</b>"}, now=NOON,
        )  # fmt: skip

    html = page(citizen)

    assert "Sign-in on a new device (&lt;b&gt;x&lt;/b&gt;)" in html
    assert "7F4K" not in html
    assert "/stop/abc" not in html


# --- The language of what goes out ------------------------------------------------------------------
def test_what_is_sent_is_written_in_the_language_of_the_last_sign_in(account: Account) -> None:
    from django.utils import translation

    for language in ("en", "vi"):
        with translation.override(language):
            factories.signed_in(Client(), account)
        account.refresh_from_db()
        assert account.language == language


def test_the_same_language_costs_no_statement(account: Account) -> None:
    with CaptureQueriesContext(connection) as queries:
        factories.signed_in(Client(), account)

    assert not [q for q in queries if "UPDATE" in q["sql"] and "accounts_account" in q["sql"]]
