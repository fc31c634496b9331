"""The nightly life of cards and accounts: each warning once, each lock once, whatever happens to those who work."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from accounts import policy, tasks
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    CardEventKind,
    CardState,
    FlowKind,
    LockReason,
    NoticeChannel,
    NoticeKind,
    SessionEnd,
    Sex,
)
from accounts.models import Account, CardReview, DeviceSession, IdCard, Notice
from accounts.rules import card_validity, quiet_hours
from accounts.services import (
    activation_end,
    flows,
    grants,
    issuing,
    lifecycle,
    notices,
    unlocking,
)
from accounts.services.signing_in import Visitor
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM, ActorKind
from eid_portal.core.models import Approval, AuditEvent, Job
from tests import factories
from tests.alarm import Alarm

LAST_DAY = date(2027, 3, 18)
WARNING, LOCK = NoticeKind.CARD_EXPIRES, NoticeKind.ACCOUNT_LOCKED


# --- Nights -----------------------------------------------------------------------------------------
def night(day: date, hour: int = 2, minute: int = 10) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=clock.VIET_NAM)


def work_reviews() -> int:
    """Do the due jobs of reviews until there is none, as the relay and a worker would. Returns how many."""
    done = 0
    while batch := [(key, name) for key, name in jobs.due() if name == lifecycle.REVIEW]:
        for key, name in batch:
            jobs.run_here(key, name)
            done += 1
    return done


def pass_night(day: date) -> CardReview:
    """What a night does."""
    with clock.frozen(night(day)):
        tasks.begin_card_review()
        work_reviews()
        return CardReview.objects.get(day=day)


def before(days: int) -> date:
    return LAST_DAY - timedelta(days)


def make_holder(
    serial: int = 15, *, expires_on: date | None = LAST_DAY, state: str = "ACTIVE", **columns: Any
) -> Account:
    """Somebody with a card and an account."""
    account = factories.make_account(factories.make_citizen(serial), state=state, **columns)
    factories.make_card(
        account.citizen,
        expires_on=expires_on,
        review_month=card_validity.review_month(expires_on),
    )
    return account


def told(kind: NoticeKind, channel: NoticeChannel = NoticeChannel.INBOX) -> list[str]:
    rows = Notice.objects.filter(kind=kind, channel=channel).order_by("created_at", "pk")
    return [row.text for row in rows]


def states() -> tuple[str, str]:
    """Of the only card and the only e-ID account."""
    return IdCard.objects.get().state, Account.objects.get(kind=AccountKind.CITIZEN).state


@pytest.fixture
def english() -> Iterator[None]:
    """Notices in English, as their message ids say it."""
    override = translation.override
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translation, "override", lambda _language: override("en"))
        yield


# --- Warnings ---------------------------------------------------------------------------------------
def test_every_night_of_a_cards_last_months(db: None) -> None:
    account = make_holder()
    factories.make_phone(account)
    warned: list[int] = []

    for days in range(100, -3, -1):
        pass_night(before(days))
        warned += [days] * (len(told(WARNING)) - len(warned))

    assert warned == [90, 30, 7]
    assert len(told(WARNING, NoticeChannel.SMS)) == 3
    assert len(told(LOCK)) == len(told(LOCK, NoticeChannel.SMS)) == 1
    assert states() == (CardState.EXPIRED, AccountState.LOCKED)


@pytest.mark.parametrize(
    ("born", "issued", "last_day"),
    [
        (date(2002, 2, 28), date(2022, 6, 1), date(2027, 2, 28)),
        (date(2002, 3, 31), date(2022, 6, 1), date(2027, 3, 31)),
        (date(2004, 2, 29), date(2025, 6, 1), date(2029, 3, 1)),
        (date(1988, 2, 29), date(2024, 7, 1), date(2028, 2, 29)),
        (date(2012, 12, 31), date(2024, 7, 1), date(2026, 12, 31)),
        (date(2013, 1, 1), date(2024, 7, 1), date(2027, 1, 1)),
    ],
)
def test_the_night_after_the_last_day_locks(
    db: None, born: date, issued: date, last_day: date
) -> None:
    assert card_validity.expiry(born, issued) == last_day
    make_holder(expires_on=last_day)
    given = []

    for days in (91, 90, 31, 30, 8, 7, 1, 0):
        pass_night(last_day - timedelta(days))
        given.append(len(told(WARNING)))

    assert given == [0, 1, 1, 2, 2, 3, 3, 3]
    assert states() == (CardState.VALID, AccountState.ACTIVE)
    pass_night(last_day + timedelta(1))
    assert states() == (CardState.EXPIRED, AccountState.LOCKED)


@pytest.mark.parametrize(
    ("nights", "warnings", "locks"),
    [
        ([45], 1, 0),
        ([45, 29], 2, 0),
        ([3], 1, 0),
        ([91, 3, 2], 1, 0),
        ([90, 0], 2, 0),
        ([-1], 0, 1),
        ([-400], 0, 1),
        ([60, -20, -21], 1, 1),
    ],
)
def test_missed_nights_are_made_up_for_by_the_nearest_warning(
    db: None, nights: list[int], warnings: int, locks: int
) -> None:
    make_holder()

    for days in nights:
        pass_night(before(days))

    assert (len(told(WARNING)), len(told(LOCK))) == (warnings, locks)


def test_cards_without_expiry_and_cards_that_last_are_left_alone(db: None) -> None:
    make_holder(15, expires_on=None)
    make_holder(16, expires_on=LAST_DAY + timedelta(days=400))

    review = pass_night(LAST_DAY)

    assert (review.looked_at, Notice.objects.count()) == (0, 0)
    assert set(IdCard.objects.values_list("state", flat=True)) == {CardState.VALID}


def test_a_card_that_was_warned_is_not_opened_before_the_next_warning_can_come(db: None) -> None:
    make_holder()
    looked_at = {days: pass_night(before(days)).looked_at for days in (91, 90, 60, 48, 47, 31, 30)}

    # Its month begins seventeen days before its last day, and that is all that stands in clear.
    assert looked_at == {91: 1, 90: 1, 60: 0, 48: 0, 47: 1, 31: 1, 30: 1}


# --- Locks ------------------------------------------------------------------------------------------
def test_a_locked_account_has_an_event_with_its_reason_and_no_session(
    db: None, client: Client
) -> None:
    account = make_holder()
    with clock.frozen(night(before(-1), 2, 5)):
        factories.signed_in(client, account)
        assert client.get("/").status_code == 200

    pass_night(before(-1))

    account.refresh_from_db()
    assert (account.lock_reason, account.locked_at) == (LockReason.CARD_EXPIRED, night(before(-1)))
    locked, expired = (
        AuditEvent.objects.get(name=name)
        for name in ("accounts.account_locked", "accounts.card_expired")
    )
    assert locked.data["reason"] == "CARD_EXPIRED"
    for event in (locked, expired):
        assert (event.actor_kind, event.subject_id) == (ActorKind.SYSTEM, account.citizen_id)
        assert event.shown
    assert DeviceSession.objects.get().end_reason == SessionEnd.LOCKED
    with clock.frozen(night(before(-1), 2, 11)):
        assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "ISSUED", "activated_at": None},
        {"state": "LOCKED", "lock_reason": LockReason.OWNER, "locked_at": night(before(5))},
        {"state": "LOCKED", "lock_reason": LockReason.AUTHORITY, "locked_at": night(before(5))},
        {"state": "LOCKED", "lock_reason": LockReason.CARD_LOST, "locked_at": night(before(5))},
        {"state": "CLOSED", "closed_at": night(before(5))},
    ],
)
def test_what_is_not_active_stays_as_it_is(db: None, columns: dict[str, Any]) -> None:
    make_holder(**columns)

    pass_night(before(-1))

    account = Account.objects.get()
    assert {name: getattr(account, name) for name in columns} == columns
    assert IdCard.objects.get().state == CardState.EXPIRED
    assert not Notice.objects.exists()


@pytest.mark.parametrize("state", [CardState.LOST, CardState.REVOKED, CardState.REPLACED])
def test_only_valid_cards_expire(db: None, state: CardState) -> None:
    make_holder()
    IdCard.objects.update(state=state)

    pass_night(before(-1))

    assert states() == (state, AccountState.ACTIVE)


def test_an_officers_account_hangs_on_no_card(db: None, client: Client) -> None:
    own = make_holder()
    officer = factories.make_staff(citizen=own.citizen)
    with clock.frozen(night(before(-1), 2, 8)):
        factories.signed_in(client, officer)

    pass_night(before(7))
    pass_night(before(-1))

    own.refresh_from_db()
    officer.refresh_from_db()
    assert (own.state, officer.state) == (AccountState.LOCKED, AccountState.ACTIVE)
    assert DeviceSession.objects.get().ended_at is None
    assert set(Notice.objects.values_list("account_id", flat=True)) == {own.pk}


def test_the_dead_and_those_without_an_account_are_not_written_to(db: None) -> None:
    dead = make_holder(15)
    dead.citizen.alive = False
    dead.citizen.save(update_fields=["alive"])
    factories.make_card(
        factories.make_citizen(16), expires_on=LAST_DAY, review_month=LAST_DAY.replace(day=1)
    )

    for days in (90, 30, 7, -1):
        pass_night(before(days))

    assert set(IdCard.objects.values_list("state", flat=True)) == {CardState.EXPIRED}
    assert Account.objects.get().state == AccountState.LOCKED
    assert not Notice.objects.exists()


# --- A new card -------------------------------------------------------------------------------------
def renew(account: Account, *, on: date) -> None:
    issuing.issue_account(
        grant=grants.Grant(
            person=grants.Person(
                personal_number=account.citizen.personal_number,
                full_name=factories.NAME,
                birth_date=factories.BIRTH_DATE,
                sex=Sex.FEMALE,
            ),
            card=grants.Card(number="300000099", issued_on=on),
            kind=CardEventKind.RENEWED,
        ),
        by="counter",
        actor=SYSTEM,
        now=night(on, 9),
    )


def test_a_new_card_opens_the_account_and_is_warned_about_for_itself(db: None) -> None:
    account = make_holder()
    for days in (90, 30, 7, -1):
        pass_night(before(days))

    renew(account, on=before(-1))
    for days in (-2, -3):
        pass_night(before(days))

    account.refresh_from_db()
    assert (account.state, account.lock_reason, account.locked_at) == ("ACTIVE", "", None)
    new = IdCard.objects.get(state=CardState.VALID)
    assert (new.expires_on, new.warned_days) == (date(2040, 2, 29), None)
    assert (len(told(WARNING)), len(told(LOCK))) == (3, 1)


def test_a_card_renewed_in_time_is_the_end_of_its_warnings(db: None) -> None:
    account = make_holder()
    pass_night(before(90))

    renew(account, on=before(40))
    for days in (30, 7, 0, -1):
        pass_night(before(days))

    account.refresh_from_db()
    assert (account.state, len(told(WARNING)), len(told(LOCK))) == ("ACTIVE", 1, 0)


@pytest.mark.parametrize("waits", [True, False])
def test_no_account_stays_active_that_is_activated_after_its_card_expired(
    db: None, waits: bool
) -> None:
    account = make_holder(state="ISSUED", activated_at=None)
    slip = factories.make_slip(account)
    password, sheet = (
        factories.make_authenticator(account, kind, state="PENDING", password_hash=hashed)
        for kind, hashed in (
            (AuthenticatorKind.PASSWORD, "argon2"),
            (AuthenticatorKind.RECOVERY_CODES, ""),
        )
    )
    flow, _token = flows.begin(
        kind=FlowKind.ACTIVATION,
        account_id=account.pk,
        data={
            "slip": str(slip.pk),
            "password": str(password.pk),
            "recovery": str(sheet.pk),
            "totp": str(sheet.pk),
            "factor": "SMS",
            "routes": ["RECOVERY_CODE", "COUNTER"],
            "tried": "RECOVERY_CODE",
            "step": "recovery",
            "waits": waits,
            "office": None,
        },
        now=clock.now(),
    )
    if waits:
        activation_end.wait(flow, office_id=factories.make_office().pk, now=clock.now())
    pass_night(before(-1))
    assert states() == (CardState.EXPIRED, AccountState.ISSUED)

    morning = night(before(-1), 9)
    if waits:
        with pytest.raises(activation_end.CardGone):
            activation_end.ActivationHandler().approved(
                Approval.objects.get(), actor=SYSTEM, now=morning
            )
        account.refresh_from_db()
        assert account.state == "ISSUED"
        return
    # The review came between the last look at the card and the end.
    visitor = Visitor(device_token=None, device_label="", address="203.0.113.9")
    with pytest.raises(unlocking.AccountLocked):  # all is set up, and nobody is signed in
        activation_end.activate_and_enter(flow, visitor=visitor, now=morning)
    account.refresh_from_db()
    assert (account.state, account.lock_reason) == ("LOCKED", LockReason.CARD_EXPIRED)
    assert len(told(LOCK)) == 1


# --- Once -------------------------------------------------------------------------------------------
def test_a_day_has_one_review_however_often_it_is_rung_for(db: None) -> None:
    make_holder()
    with clock.frozen(night(before(90), 0, 20)):
        assert lifecycle.begin_review(now=clock.now())
        work_reviews()
    for hour in range(1, 24):
        with clock.frozen(night(before(90), hour)):
            assert not lifecycle.begin_review(now=clock.now())
            assert work_reviews() == 0
    assert len(told(WARNING)) == 1


def test_the_day_is_viet_nams(db: None) -> None:
    with clock.frozen(datetime.fromisoformat("2027-03-18T17:00:00+00:00")):
        lifecycle.begin_review(now=clock.now())

    assert CardReview.objects.get().day == date(2027, 3, 19)


def test_a_review_begun_again_by_hand_warns_nobody_twice(db: None) -> None:
    for serial in range(5):
        make_holder(serial)
    for days in (90, -1):
        pass_night(before(days))
        CardReview.objects.all().delete()
        pass_night(before(days))

    assert (len(told(WARNING)), len(told(LOCK))) == (5, 5)


def race(act: Callable[[int], Any], threads: int = 2) -> list[Any]:
    """What ``act`` gives in so many threads, let go at once."""
    together = threading.Barrier(threads)

    def run(place: int) -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            together.wait(timeout=20)
            return act(place)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@pytest.mark.django_db(transaction=True)
def test_racing_rings_begin_one_review() -> None:
    began = race(lambda _n: lifecycle.begin_review(now=night(LAST_DAY)), 8)

    assert sorted(began) == [False] * 7 + [True]
    assert Job.objects.filter(task=lifecycle.REVIEW).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("days", [90, -1])
def test_two_reviews_at_once_tell_everybody_once(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CARDS_AT_ONCE", 7)
    for serial in range(30):
        make_holder(serial)
    reviews = []
    for day in (before(days), before(days) + timedelta(1)):
        review = CardReview.objects.create(day=day, begun_at=clock.now())
        jobs.enqueue(lifecycle.REVIEW, subject_id=review.pk, at=night(before(days)))
        reviews.append(review)

    def act(place: int) -> None:
        waiting = Job.objects.filter(subject_id=reviews[place].pk, done_at__isnull=True)
        with clock.frozen(night(before(days))):
            while (job := waiting.first()) is not None:
                jobs.run_here(job.pk, job.task)

    race(act)

    assert (len(told(WARNING)), len(told(LOCK))) == ((30, 0) if days > 0 else (0, 30))
    assert CardReview.objects.filter(done_at__isnull=False).count() == 2
    assert sum(CardReview.objects.values_list("warned" if days > 0 else "locked", flat=True)) == 30


@pytest.mark.django_db(transaction=True)
def test_the_counter_and_the_night_at_the_same_moment_agree() -> None:
    holders = [make_holder(serial) for serial in range(12)]

    def act(place: int) -> None:
        if place:
            pass_night(before(-1))
            return
        for account in holders:
            renew(account, on=before(-1))

    race(act)

    assert set(Account.objects.values_list("state", flat=True)) == {AccountState.ACTIVE}
    assert IdCard.objects.filter(state=CardState.VALID).count() == 12
    assert IdCard.objects.filter(state=CardState.REPLACED).count() == 12


# --- Portions and crashes ---------------------------------------------------------------------------
def test_a_review_goes_in_portions_through_the_months(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CARDS_AT_ONCE", 3)
    for serial in range(11):
        make_holder(serial, expires_on=LAST_DAY + timedelta(days=20 * (serial % 4)))

    review = pass_night(LAST_DAY + timedelta(1))

    assert (review.looked_at, review.locked, review.warned) == (11, 3, 8)
    assert review.done_at is not None
    assert Account.objects.filter(state=AccountState.LOCKED).count() == 3
    assert Job.objects.filter(task=lifecycle.REVIEW, done_at__isnull=False).count() >= 5


def test_a_crash_in_the_middle_goes_on_where_it_was(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CARDS_AT_ONCE", 4)
    for serial in range(12):
        make_holder(serial)
    tell = notices.tell
    calls = []

    def crash(**given: Any) -> Any:
        calls.append(given)
        if len(calls) == 7:
            raise MemoryError
        return tell(**given)

    monkeypatch.setattr(notices, "tell", crash)
    start = night(before(90))
    with clock.frozen(start):
        lifecycle.begin_review(now=start)
        work_reviews()
        review = CardReview.objects.get()
        assert (review.looked_at, review.warned, len(told(WARNING))) == (4, 4, 4)
        assert IdCard.objects.filter(warned_days=90).count() == 4
    with clock.frozen(start + timedelta(seconds=30)):
        work_reviews()

    review.refresh_from_db()
    assert (review.looked_at, review.warned, len(told(WARNING))) == (12, 12, 12)
    assert Notice.objects.values("account").distinct().count() == 12


def test_a_worker_that_lost_its_claim_writes_nothing(db: None) -> None:
    make_holder()
    with clock.frozen(night(before(-1))):
        lifecycle.begin_review(now=clock.now())
        slow = jobs.claim(Job.objects.get().pk)
        assert slow is not None
    with clock.frozen(night(before(-1)) + timedelta(minutes=1)):
        assert jobs.claim(slow.job_id) is not None
        with pytest.raises(jobs.LostClaim):
            lifecycle.review_some(slow)

    assert states() == (CardState.VALID, AccountState.ACTIVE)
    assert not Notice.objects.exists()


def test_a_card_that_does_not_open_holds_up_no_other(db: None) -> None:
    accounts = [make_holder(serial) for serial in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_idcard SET expires_on = %s WHERE citizen_id = %s",
            [b"\x01" + bytes(40), accounts[1].citizen_id],
        )

    review = pass_night(before(-1))

    assert (review.looked_at, review.locked, review.unreadable) == (3, 2, 1)
    accounts[1].refresh_from_db()
    assert accounts[1].state == AccountState.ACTIVE


def test_the_place_of_a_review_is_found_by_the_index(db: None) -> None:
    place = CardReview(last_month=LAST_DAY.replace(day=1), last_card_id=uuid4())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    rows = lifecycle._in_question(LAST_DAY).order_by("review_month", "pk")
    rows = rows.filter(review_month=place.last_month, pk__gt=place.last_card_id)

    plan = rows[:200].explain()

    assert "id_card_to_review" in plan
    assert "Sort" not in plan


# --- Words ------------------------------------------------------------------------------------------
def test_notices_say_who_why_and_what_to_do(db: None, english: None) -> None:
    factories.make_phone(make_holder())

    for days in (28, -1):
        pass_night(before(days))

    [warning] = told(WARNING)
    assert warning == (
        "Your ID card expires on 18/03/2027. Ask for a new one at any ID-card counter."
        " After that day your e-ID account is locked until you have the new card."
    )
    [lock] = told(LOCK)
    for words in (
        "by the portal",
        "19/03/2027",
        "has expired",
        "It opens again by itself with a new card",
        "1900 0000",
    ):
        assert words in lock
    for kind in (WARNING, LOCK):
        [text] = told(kind, NoticeChannel.SMS)
        assert text.isascii()
        assert "ID-card counter" in text
        assert len(text) < notices.SMS_LONGEST
    assert "within 30 days" in told(WARNING, NoticeChannel.SMS)[0]


def test_a_text_message_does_not_give_away_the_birthday(db: None, english: None) -> None:
    factories.make_phone(make_holder())

    for days in (90, 30, 7, -1):
        pass_night(before(days))

    texts = told(WARNING, NoticeChannel.SMS) + told(LOCK, NoticeChannel.SMS)
    assert len(texts) == 4
    assert not any("/2027" in text or "18" in text for text in texts)


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        ("02:10", "2027-03-18T06:00"),
        ("05:59", "2027-03-18T06:00"),
        ("06:00", "2027-03-18T06:00"),
        ("13:30", "2027-03-18T13:30"),
        ("21:59", "2027-03-18T21:59"),
        ("22:00", "2027-03-19T06:00"),
        ("23:50", "2027-03-19T06:00"),
    ],
)
def test_texts_wake_nobody(at: str, sent: str) -> None:
    now = datetime.combine(LAST_DAY, time.fromisoformat(at), tzinfo=clock.VIET_NAM)

    assert quiet_hours.end(now) == datetime.fromisoformat(sent).replace(tzinfo=clock.VIET_NAM)


def test_the_text_of_the_night_goes_out_in_the_morning(db: None) -> None:
    factories.make_phone(make_holder())
    pass_night(before(90))

    job = Job.objects.get(task=notices.SEND)
    assert job.next_attempt_at == night(before(90), 6, 0)
    with clock.frozen(night(before(90), 5, 59)):
        assert jobs.claim(job.pk) is None


def test_the_day_itself_is_written_nowhere(db: None, personal_data_alarm: Alarm) -> None:
    factories.make_phone(make_holder())
    personal_data_alarm.watch(LAST_DAY)

    for days in (25, 5, -4):
        pass_night(before(days))

    assert (len(told(WARNING)), len(told(LOCK))) == (2, 1)
