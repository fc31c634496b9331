"""“Did you send me this?”: real messages are known again however they were copied; nothing gives a code away."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import policy
from accounts.enums import AuthenticatorKind, CodePurpose, NoticeChannel, NoticeKind
from accounts.models import Account, Notice
from accounts.services import codes, message_check, notices
from accounts.services.message_check import MayBeLive, NotOurs, Ours, OursToMany, Sign
from eid_portal.core import clock, jobs, limits
from tests import factories
from tests.alarm import Alarm
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
AT = "/messages/check/"
PHONE = "+84912000482"
DAY = datetime(2026, 11, 26, 9, 41, 2, tzinfo=clock.VIET_NAM)
SCAM = "Tai khoan dinh danh cua ban se bi khoa. Cap nhat tai http://dinhdanh-gov.example ngay."


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own count."""
    name = f"message.check.{uuid4()}"
    limit = limits.Limit(name=name, allowed=30, per=timedelta(minutes=10), store="redis")
    monkeypatch.setattr(policy, "MESSAGE_CHECK", limit)


@pytest.fixture
def account() -> Account:
    made = factories.make_account()
    factories.make_phone(made, PHONE)
    factories.make_authenticator(made, AuthenticatorKind.EMAIL, secret="mau@example.com")
    return made


def send_code(account: Account, at: datetime = DAY) -> tuple[str, Any]:
    """The text on the phone, and its code's request."""
    request_id = uuid4()
    with clock.frozen(at):
        codes.send(
            purpose=CodePurpose.SIGN_IN, request_id=request_id, account=account, to=PHONE,
            action_text="SIGN IN to the e-ID portal", now=at,
        )  # fmt: skip
    return str(Notice.objects.latest("created_at").text), request_id


def deliver(at: datetime = DAY) -> None:
    for second in (0, 2):
        with clock.frozen(at + timedelta(seconds=second)):
            jobs.run_due()


def check(text: str, *, account: Account | None = None, minutes: float = 30) -> Any:
    now = DAY + timedelta(minutes=minutes)
    return message_check.check(text, account=account, address="203.0.113.9", now=now)


# --- What is ours ---------------------------------------------------------------------------------
def test_a_real_message_is_known_with_when_where_and_what_became_of_it(
    account: Account, sandbox: OutsideWorld
) -> None:
    text, request_id = send_code(account)
    deliver()
    code = re.findall(r"\d{6}", text)[0]
    used = DAY + timedelta(seconds=38)
    codes.check(purpose=CodePurpose.SIGN_IN, request_id=request_id, to=PHONE, code=code, now=used)

    found = check(text)

    assert isinstance(found, Ours)
    assert (found.place, found.channel, found.sent_at) == ("482", "SMS", DAY)
    assert found.delivered_at == DAY.replace(microsecond=0)
    assert found.code
    assert (found.code.purpose, found.code.used_at, found.code.void) == ("SIGN_IN", used, False)


@pytest.mark.parametrize(
    "copied",
    [
        str.upper,
        lambda text: "  " + text.replace(" ", "\n ") + "\t",
        lambda text: f"\u2068{text}\u2069\u200b",
        lambda text: text.replace(" ", "\u00a0"),
    ],
)
def test_however_it_was_copied(account: Account, client: Client, copied: Any) -> None:
    text, _request = send_code(account, DAY)
    with clock.frozen(DAY + timedelta(minutes=30)):
        html = post(client, copied(text))

    assert "Yes, we sent it" in html


def test_an_email_and_words_with_a_stop_code_are_known(account: Account) -> None:
    notices.tell(
        account=account, kind=NoticeKind.NEW_DEVICE, now=DAY,
        values={"device": "Firefox", "time": "09:41", "date": "26/11/2026", "helpline": "1900 0000"},
        private={"stop_code": "7F4K 9QXM", "stop_link": "http://localhost/stop/abc/"},
    )  # fmt: skip
    sent = {row.channel: row for row in Notice.objects.all()}

    mail = check(sent[NoticeChannel.EMAIL].text)
    text = check(sent[NoticeChannel.SMS].text)

    assert isinstance(mail, Ours)
    assert mail.place == "m•••@example.com"
    assert isinstance(text, Ours)
    assert (text.kind, text.code) == (NoticeKind.NEW_DEVICE, None)
    assert isinstance(check(sent[NoticeChannel.INBOX].text), NotOurs)  # it was never sent anywhere


def test_words_that_go_to_many_say_nothing_about_one_of_them(account: Account) -> None:
    values = {"date": "26/12/2026", "days": 30}
    notices.tell(account=account, kind=NoticeKind.CARD_EXPIRES, values=values, now=DAY)
    text = str(Notice.objects.get(channel=NoticeChannel.SMS).text)

    assert isinstance(check(text), OursToMany)
    assert isinstance(check(text, account=factories.make_staff(51)), OursToMany)
    assert isinstance(check(text, account=account), Ours)


# --- What is not ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "signs"),
    [
        (SCAM, (Sign.LINK,)),
        ("Goi ngay 0912 345 678 de mo khoa", (Sign.PHONE,)),
        ("Vao vneid-gov.com hoac goi +84912345678", (Sign.LINK, Sign.PHONE)),
        ("Tai khoan cua ban bi khoa.Hay den quay", ()),
    ],
)
def test_what_is_not_ours_and_what_gives_it_away(text: str, signs: tuple[Sign, ...]) -> None:
    found = check(text)

    assert isinstance(found, NotOurs)
    assert found.signs == signs


def test_one_changed_letter_or_an_added_link_is_another_text(account: Account) -> None:
    text, _request = send_code(account)

    assert isinstance(check(text), Ours)
    assert isinstance(check(text.replace("portal", "porta1")), NotOurs)
    assert isinstance(check(text + " http://x.example"), NotOurs)


def test_it_looks_ninety_days_back(account: Account) -> None:
    text, _request = send_code(account)

    assert isinstance(check(text, minutes=89 * 24 * 60 + 30), Ours)
    assert isinstance(check(text, minutes=91 * 24 * 60 + 30), NotOurs)


# --- Codes stay secret ----------------------------------------------------------------------------
def test_a_code_cannot_be_found_out_while_it_lives(account: Account) -> None:
    text, _request = send_code(account)
    code = re.findall(r"\d{6}", text)[0]
    other = text.replace(code, f"{(int(code) + 1) % 10**6:06d}")
    without_time = re.sub(r"\d\d:\d\d", "later", text)
    strangers = factories.make_account(factories.make_citizen(16))

    for minutes in (0, 1, 5, 9.9):
        for who in (None, strangers):
            assert check(text, account=who, minutes=minutes) == check(other, account=who, minutes=minutes)  # fmt: skip
        assert isinstance(check(text, minutes=minutes), MayBeLive)
    assert isinstance(check(without_time, minutes=1), NotOurs)
    assert isinstance(check(other, minutes=30), NotOurs)


def test_a_used_code_is_not_confirmed_sooner(account: Account) -> None:
    text, request_id = send_code(account)
    code = re.findall(r"\d{6}", text)[0]
    codes.check(purpose=CodePurpose.SIGN_IN, request_id=request_id, to=PHONE, code=code, now=DAY)

    assert isinstance(check(text, minutes=1), MayBeLive)


def test_a_code_whose_words_name_no_time_is_not_confirmed_while_it_may_live(
    account: Account,
) -> None:
    text = "482913 is your code."
    notices.send_code(channel=NoticeChannel.SMS, to=PHONE, text=text, account=account, now=DAY)

    assert isinstance(check(text, minutes=5), NotOurs)
    assert isinstance(check(text, minutes=30), Ours)


def test_its_holder_is_told_at_once(account: Account) -> None:
    text, _request = send_code(account)

    found = check(text, account=account, minutes=1)

    assert isinstance(found, Ours)
    assert found.code
    assert found.code.used_at is None


def test_before_midnight(account: Account) -> None:
    late = DAY.replace(hour=23, minute=55)
    text, _request = send_code(account, late)

    assert "00:05" in text
    now = late + timedelta(minutes=1)
    assert isinstance(message_check.check(text, account=None, address="", now=now), MayBeLive)


# --- The page -------------------------------------------------------------------------------------
def post(client: Client, text: str, **headers: str) -> str:
    answer = client.post(AT, {"text": text}, headers={"Accept-Language": "en", **headers})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_answers_everybody(client: Client, account: Account) -> None:
    empty = client.get(AT, headers={"Accept-Language": "en"}).content.decode()
    assert "Paste the whole text" in empty
    assert "h-answer" not in empty

    html = post(client, SCAM)
    assert "No, we did not send it" in html
    assert 'href="/account/lock/"' in html
    assert 'href="/stop/"' in html
    assert "1900 0000" in html


def test_the_page_of_each_answer(client: Client, account: Account, sandbox: OutsideWorld) -> None:
    text, _request = send_code(account)
    deliver()
    with clock.frozen(DAY + timedelta(minutes=1)):
        assert "A code that may still be valid" in post(client, text)
    with clock.frozen(DAY + timedelta(minutes=30)):
        html = post(client, text)
    assert "to the number ending in 482" in html
    assert "09:41:02" in html
    assert "it was not used" in html
    with clock.frozen(DAY + timedelta(minutes=31)):
        send_code(account, DAY + timedelta(minutes=31))

    with clock.frozen(DAY + timedelta(minutes=1)):
        factories.signed_in(client, account)
        assert "The code is valid until 09:51" in post(client, text)


def test_what_must_be_put_right(client: Client) -> None:
    assert "Paste the text of the message" in post(client, " \u200b ")
    assert "at most 5,000" in post(client, "x" * 5001)
    assert "&lt;script&gt;" in post(client, "<script>alert(1)</script>")


def test_a_network_can_ask_only_so_often(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    until = clock.now() + timedelta(minutes=5)
    asked = []

    def full(limit: Any, key: str, *, now: datetime) -> Any:
        asked.append((limit, key))
        return limits.LockedUntil(until)

    monkeypatch.setattr(limits, "hit", full)

    answer = client.post(AT, {"text": SCAM}, headers={"Accept-Language": "en"})

    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert "dinhdanh-gov.example" in answer.content.decode()  # nothing typed is lost
    assert asked == [(policy.MESSAGE_CHECK, "127.0.0.0/24")]


def test_what_is_pasted_is_neither_kept_nor_logged(
    client: Client, personal_data_alarm: Alarm, caplog: pytest.LogCaptureFixture
) -> None:
    canary = "canary-text-7731"
    with CaptureQueriesContext(connection) as queries:
        post(client, f"{canary} {factories.NAME}")

    assert not [query for query in queries if canary in query["sql"].casefold()]
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]
    assert canary not in caplog.text
