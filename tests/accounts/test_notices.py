"""How notices go out: handed over once, followed until they arrived, said elsewhere when they did not, not at night."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts import policy, texts
from accounts.enums import (
    AuthenticatorKind,
    CaseTask,
    CodePurpose,
    NoticeChannel,
    NoticeKind,
    NoticeState,
)
from accounts.gateways import sms
from accounts.gateways.delivery import Fate, Report
from accounts.models import Account, Notice, StopCode
from accounts.services import codes, halting, notices
from eid_portal.core import clock, jobs
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.outside import Unavailable
from tests import factories
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
INBOX, SMS, EMAIL = NoticeChannel.INBOX, NoticeChannel.SMS, NoticeChannel.EMAIL
PHONE, DEAD_PHONE, LATE_PHONE = "+84912000001", "+84912000097", "+84912000096"
ADDRESS = "mau@example.com"
DAY = datetime(2026, 11, 26, 9, 41, tzinfo=clock.VIET_NAM)
# Security, with words for every channel, and values that are not kept for the inbox.
KIND = NoticeKind.NEW_DEVICE
VALUES = {"device": "Firefox", "time": "09:41", "date": "26/11/2026", "helpline": "1900 0000"}
PRIVATE = {"stop_code": "7F4K 9QXM", "stop_link": "http://localhost:8000/stop/abc/"}


def holder(*, phone: str | None = PHONE, address: str | None = ADDRESS) -> Account:
    account = factories.make_account()
    if phone:
        factories.make_phone(account, phone)
    if address:
        factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret=address)
    return account


def tell(account: Account, *channels: NoticeChannel, at: datetime = DAY, **given: Any) -> None:
    with clock.frozen(at):
        notices.tell(
            account=account, kind=KIND, values=VALUES, private=PRIVATE, channels=channels, now=at, **given
        )  # fmt: skip


def work(at: datetime = DAY) -> None:
    """Do what is due by then, and nothing later."""
    with clock.frozen(at):
        while jobs.run_due():
            pass


def work_through(until: timedelta) -> None:
    for second in range(int(until.total_seconds()) + 1):
        work(DAY + timedelta(seconds=second))


def states() -> dict[str, str]:
    return {row.channel: row.state for row in Notice.objects.exclude(channel=INBOX)}


def names() -> list[str]:
    rows = AuditEvent.objects.filter(name__startswith="accounts.notice").order_by("id")
    return [row.name.removeprefix("accounts.notice_") for row in rows]


# --- Delivery -----------------------------------------------------------------------------------
def test_a_message_is_sent_and_soon_shown_as_delivered(sandbox: OutsideWorld) -> None:
    tell(holder(), SMS)

    work()
    assert states() == {SMS: "SENT"}
    work(DAY + policy.DELIVERY_LOOKS[0])

    notice = Notice.objects.get()
    assert (notice.state, notice.sent_at, notice.delivered_at) == ("DELIVERED", DAY, DAY)
    assert names() == ["sent", "delivered"]
    assert not Job.objects.filter(done_at__isnull=True).exists()


def test_what_does_not_arrive_in_half_a_minute_goes_by_email_once(sandbox: OutsideWorld) -> None:
    tell(holder(phone=DEAD_PHONE), SMS)

    work_through(timedelta(seconds=29))
    assert states() == {SMS: "SENT"}
    work_through(timedelta(seconds=40))
    assert states() == {SMS: "UNDELIVERED", EMAIL: "DELIVERED"}
    work_through(timedelta(minutes=3))

    first, second = Notice.objects.order_by("created_at")
    assert (second.instead_of, second.event_key) == (first, first.event_key)
    [mail] = sandbox.mails(ADDRESS)
    assert PRIVATE["stop_link"] in mail.text
    assert names() == ["sent", "undelivered", "sent", "delivered"]


def test_an_email_that_does_not_arrive_goes_by_text_message(sandbox: OutsideWorld) -> None:
    tell(holder(address="bounced@example.com"), EMAIL)

    work_through(timedelta(seconds=6))

    assert states() == {EMAIL: "UNDELIVERED", SMS: "DELIVERED"}
    [message] = sandbox.messages(PHONE)
    assert "7F4K 9QXM" in message.text
    assert "http" not in message.text


def test_a_phone_that_does_not_exist_is_made_up_for_by_email(sandbox: OutsideWorld) -> None:
    tell(holder(phone="+84912000000"), SMS)

    work_through(timedelta(seconds=3))

    assert states() == {SMS: "FAILED", EMAIL: "DELIVERED"}


def test_neither_arrives_and_nobody_goes_round_in_circles(sandbox: OutsideWorld) -> None:
    tell(holder(phone=DEAD_PHONE, address="lost@example.com"), SMS)

    work_through(timedelta(seconds=100))
    work(DAY + timedelta(days=2))

    assert states() == {SMS: "UNDELIVERED", EMAIL: "UNDELIVERED"}
    assert Notice.objects.count() == 2
    assert not Job.objects.filter(done_at__isnull=True).exists()


def test_what_was_told_on_both_channels_is_not_told_again(sandbox: OutsideWorld) -> None:
    tell(holder(phone=DEAD_PHONE))

    work_through(timedelta(seconds=40))

    assert states() == {SMS: "UNDELIVERED", EMAIL: "DELIVERED"}
    assert len(sandbox.mails(ADDRESS)) == 1


@pytest.mark.parametrize("phone", [DEAD_PHONE, "+84912000095", "+84912000000"])
def test_a_code_goes_nowhere_else(sandbox: OutsideWorld, phone: str) -> None:
    account = holder(phone=phone)
    with clock.frozen(DAY):
        codes.send(
            purpose=CodePurpose.SIGN_IN, request_id=uuid4(), account=account, to=phone,
            action_text="SIGN IN", now=DAY,
        )  # fmt: skip

    work_through(timedelta(seconds=45))

    assert set(states()) == {SMS}
    assert states()[SMS] in {"UNDELIVERED", "FAILED"}
    assert not sandbox.mails(ADDRESS)


def test_what_was_told_at_an_old_phone_goes_nowhere_else(sandbox: OutsideWorld) -> None:
    account = holder()
    with clock.frozen(DAY):
        notices.tell_at(
            account=account, kind=KIND, channel=SMS, to=DEAD_PHONE, values=VALUES, private=PRIVATE, now=DAY
        )  # fmt: skip

    work_through(timedelta(seconds=45))

    assert states() == {SMS: "UNDELIVERED"}


def test_who_has_no_other_address_is_told_in_the_inbox_alone(sandbox: OutsideWorld) -> None:
    tell(holder(phone=DEAD_PHONE, address=None))

    work_through(timedelta(seconds=45))

    assert {row.channel: row.state for row in Notice.objects.all()} == {
        INBOX: "SENT",
        SMS: "UNDELIVERED",
    }


def test_what_arrives_late_is_shown_as_delivered_after_all(sandbox: OutsideWorld) -> None:
    tell(holder(phone=LATE_PHONE), SMS)

    work_through(timedelta(seconds=59))
    assert states()[SMS] == "UNDELIVERED"
    work(DAY + timedelta(seconds=60))

    notice = Notice.objects.get(channel=SMS)
    assert (notice.state, notice.delivered_at) == ("DELIVERED", DAY + timedelta(seconds=60))
    assert states()[EMAIL] == "DELIVERED"


# --- Failures -----------------------------------------------------------------------------------
def test_a_gateway_that_takes_nothing_is_tried_again_and_got_round(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "send", lambda **_given: Unavailable("status_503"))
    tell(holder(), SMS)

    work_through(timedelta(seconds=29))
    assert states() == {SMS: "PENDING"}
    work_through(timedelta(seconds=40))
    assert states() == {SMS: "PENDING", EMAIL: "DELIVERED"}
    monkeypatch.undo()
    work_through(timedelta(seconds=120))

    assert states() == {SMS: "DELIVERED", EMAIL: "DELIVERED"}
    assert (len(sandbox.messages(PHONE)), len(sandbox.mails(ADDRESS))) == (1, 1)


@pytest.mark.parametrize("ending", ["98", "99"])
def test_a_busy_and_a_silent_gateway_send_once(sandbox: OutsideWorld, ending: str) -> None:
    phone = f"+849120000{ending}"
    tell(holder(phone=phone), SMS)

    work_through(timedelta(seconds=20))

    assert states() == {SMS: "DELIVERED"}
    assert len(sandbox.messages(phone)) == 1


@pytest.mark.parametrize(
    "report",
    [None, Report(Fate.TAKEN, DAY)],
    ids=["no answer", "no news"],
)
def test_no_word_about_delivery_is_no_delivery(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch, report: Report | None
) -> None:
    monkeypatch.setattr(sms, "report", lambda _id: report)
    tell(holder(), SMS)

    work_through(timedelta(seconds=40))

    assert states() == {SMS: "UNDELIVERED", EMAIL: "DELIVERED"}


@pytest.mark.parametrize(
    "data",
    [{}, {"state": "eaten", "at": "2026-11-26T02:41:00+00:00"}, {"state": "delivered", "at": 3},
     {"state": "delivered", "at": "yesterday"}, {"state": "delivered", "at": "2026-11-26T02:41:00"}],
)  # fmt: skip
def test_a_report_that_cannot_be_read_is_no_news(
    monkeypatch: pytest.MonkeyPatch, data: dict[str, Any]
) -> None:
    from eid_portal.core import outside

    monkeypatch.setattr(outside, "call", lambda *_a, **_k: outside.Accepted(data))

    assert sms.report(uuid4()) is None


def test_nothing_arrives_before_it_was_sent_or_tomorrow(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment, shown in (
        (DAY - timedelta(days=1), DAY),
        (DAY + timedelta(days=1), DAY + policy.DELIVERY_LOOKS[0]),
    ):
        at = moment
        monkeypatch.setattr(sms, "report", lambda _id, at=at: Report(Fate.DELIVERED, at))
        Notice.objects.all().delete()
        account = Account.objects.first() or holder()
        tell(account, SMS)
        work()
        work(DAY + policy.DELIVERY_LOOKS[0])
        assert Notice.objects.get().delivered_at == shown


def test_a_worker_that_dies_after_the_call_loses_and_doubles_nothing(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(holder(phone=DEAD_PHONE), SMS)
    work()
    elsewhere = notices._say_elsewhere

    def die(notice: Notice, *, now: datetime) -> None:
        elsewhere(notice, now=now)
        raise MemoryError

    monkeypatch.setattr(notices, "_say_elsewhere", die)
    work(DAY + timedelta(seconds=30))
    assert states() == {SMS: "SENT"}  # nothing of it stands
    monkeypatch.undo()
    work_through(timedelta(seconds=45))

    assert states() == {SMS: "UNDELIVERED", EMAIL: "DELIVERED"}
    assert len(sandbox.mails(ADDRESS)) == 1


def test_jobs_that_are_there_twice_tell_once(sandbox: OutsideWorld) -> None:
    tell(holder(phone=DEAD_PHONE), SMS)
    notice = Notice.objects.get()
    with clock.frozen(DAY):
        jobs.enqueue(notices.SEND, subject_id=notice.pk)
        for _again in range(3):
            jobs.enqueue(notices.FOLLOW, subject_id=notice.pk, at=DAY + timedelta(seconds=30))

    work_through(timedelta(seconds=45))

    assert states() == {SMS: "UNDELIVERED", EMAIL: "DELIVERED"}
    assert len(sandbox.mails(ADDRESS)) == 1
    assert names().count("undelivered") == 1


def test_a_slower_worker_that_lost_its_claim_writes_nothing(sandbox: OutsideWorld) -> None:
    tell(holder(phone=DEAD_PHONE), SMS)
    work()
    late = DAY + timedelta(seconds=30)
    with clock.frozen(late):
        slow = jobs.claim(Job.objects.get(task=notices.FOLLOW).pk)
    assert slow is not None
    work(late + timedelta(minutes=1))
    written = Notice.objects.count()

    with clock.frozen(late + timedelta(minutes=1)), pytest.raises(jobs.LostClaim):
        notices.follow(slow)

    assert Notice.objects.count() == written == 2


# --- One event, one notice ------------------------------------------------------------------------
def test_an_event_is_told_once_however_often_it_is_told() -> None:
    account = holder()
    for _again in range(3):
        tell(account, event_key="recovery.7")
    tell(account, SMS, event_key="recovery.8")

    assert sorted(Notice.objects.values_list("event_key", "channel")) == [
        ("recovery.7", "EMAIL"), ("recovery.7", "INBOX"), ("recovery.7", "SMS"), ("recovery.8", "SMS"),
    ]  # fmt: skip
    assert Job.objects.filter(task=notices.SEND).count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_event_is_told_once_by_many_workers_at_the_same_moment() -> None:
    account = holder()

    def one(_number: int) -> int:
        try:
            with transaction.atomic():
                return len(
                    notices.tell(
                        account=account, kind=KIND, values=VALUES, private=PRIVATE, event_key="k", now=DAY
                    )
                )  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        written = list(pool.map(one, range(12)))

    assert sum(written) == Notice.objects.count() == 3
    assert Job.objects.count() == 2


# --- Quiet hours ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "sent"),
    [("21:59", "2026-11-26T21:59"), ("22:00", "2026-11-27T06:00"), ("05:59", "2026-11-26T06:00")],
)
def test_what_can_wait_goes_out_after_the_quiet_hours_and_the_inbox_has_it_at_once(
    at: str, sent: str
) -> None:
    now = datetime.combine(
        DAY.date(), datetime.fromisoformat(f"2026-11-26T{at}").time(), clock.VIET_NAM
    )
    with clock.frozen(now):
        notices.tell(
            account=holder(), kind=NoticeKind.CARD_EXPIRES,
            values={"date": "26/12/2026", "days": 30}, now=now,
        )  # fmt: skip

    assert Notice.objects.get(channel=INBOX).sent_at == now
    due = datetime.fromisoformat(sent).replace(tzinfo=clock.VIET_NAM)
    rows = Job.objects.filter(task=notices.SEND)
    assert [row.next_attempt_at for row in rows] == [due, due]


def test_security_does_not_wait_and_a_chosen_time_is_kept() -> None:
    night = DAY.replace(hour=2)
    tell(holder(), SMS, at=night)
    assert Job.objects.get().next_attempt_at == night

    later = DAY + timedelta(days=1)
    with clock.frozen(DAY):
        notices.tell(
            account=Account.objects.get(), kind=NoticeKind.CARD_EXPIRES, channels=(SMS,), at=later,
            values={"date": "26/12/2026", "days": 30}, now=DAY,
        )  # fmt: skip
    assert Job.objects.order_by("next_attempt_at").last().next_attempt_at == later  # type: ignore[union-attr]


# --- What is kept ---------------------------------------------------------------------------------
def test_a_stop_code_is_not_kept_for_the_inbox_and_links_go_by_email_only() -> None:
    tell(holder())

    rows = {row.channel: row for row in Notice.objects.all()}
    assert rows[INBOX].values == VALUES
    assert "7F4K" not in rows[INBOX].text
    assert "http" not in rows[SMS].text
    assert PRIVATE["stop_link"] in rows[EMAIL].text
    assert (rows[INBOX].text_index, rows[INBOX].state) == (None, NoticeState.SENT)
    assert rows[SMS].text_index != rows[EMAIL].text_index


def test_the_language_is_the_accounts() -> None:
    account = holder()
    account.language = "en"
    tell(account)

    assert "new device" in Notice.objects.get(channel=SMS).text
    assert set(Notice.objects.values_list("language", flat=True)) == {"en"}


def test_the_words_of_one_version_stay() -> None:
    version, template = texts.newest(KIND)
    tell(holder(), INBOX)

    notice = Notice.objects.get()
    assert notice.version == version
    assert texts.words(notice.kind, notice.version, notice.values or {}) == notice.text
    assert template is texts.TEMPLATES[KIND][version - 1]


# --- What was not its holder's can be stopped ------------------------------------------------------
@pytest.mark.parametrize(
    "kind",
    [
        NoticeKind.ACCOUNT_ACTIVATED,
        NoticeKind.AUTHENTICATOR_ADDED,
        NoticeKind.AUTHENTICATOR_REMOVED,
        NoticeKind.PHONE_CHANGED,
        NoticeKind.CASE_DONE,
        NoticeKind.CHANGE_REVERTED,
    ],
)
def test_what_somebody_else_may_have_done_is_told_with_what_locks(kind: NoticeKind) -> None:
    account = holder()
    given = {"kind": "TOTP", "task": CaseTask.RECOVERY.value, "by": "owner"}

    written = notices.tell(account=account, kind=kind, values=given, now=clock.now())
    old = notices.tell_at(
        account=account, kind=kind, channel=SMS, to="+84912000098", values=given,
        now=clock.now(),
    )  # fmt: skip

    told = {row.channel: row.text for row in written}
    mine, theirs = (
        re.search(r"/stop/, nhap ([2-9A-Z]{4} [2-9A-Z]{4})", text)
        for text in (told["SMS"], old.text)
    )
    assert mine
    assert theirs
    assert mine[1] in told["EMAIL"]
    assert mine[1] not in told["INBOX"]
    assert f"{settings.PORTAL_URL}/stop/" in told["EMAIL"]
    for code in (mine[1], theirs[1]):
        halting.stop_by_code(code=code.replace(" ", ""), address="203.0.113.9", now=clock.now())
    assert StopCode.objects.filter(used_at=None).count() == 0
    account.refresh_from_db()
    assert account.state == "LOCKED"


def test_a_stop_code_is_made_only_where_words_name_it_and_somebody_reads_them() -> None:
    account = holder()
    notices.tell(account=account, kind=NoticeKind.STRANGERS_TRY, now=clock.now())
    notices.tell(
        account=account, kind=NoticeKind.AUTHENTICATOR_ADDED, values={"kind": "TOTP"},
        channels=(INBOX,), now=clock.now(),
    )  # fmt: skip
    assert not StopCode.objects.exists()
