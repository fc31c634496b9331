"""The check of every paper, each night and when an operator asks: begun once, queued as there is room, never lost."""

import time
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Account, Notice
from documents import policy
from documents.enums import DocumentState, VerificationReason
from documents.models import Document, Recheck, Registry, Verification
from documents.services import rechecks, verification
from documents.services.verification import VERIFY
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.outside import Accepted, Unknown
from tests.documents.registry import KIND, PARTY, FakeRegistry, fast, make_document, paper
from tests.factories import make_account

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)  # 02:00 of the 24th in Viet Nam
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def owner() -> Account:
    return make_account()


def make_papers(owner: Account, count: int, **columns: Any) -> list[Document]:
    """Papers that were verified the day before."""
    with clock.frozen(NIGHT - DAY):
        values = {
            "state": DocumentState.VERIFIED,
            "verified_at": NIGHT - DAY,
            "checked_at": NIGHT - DAY,
            "next_check_at": NIGHT,
        }
        return [
            make_document(number, account=owner, paper=paper(number).as_json(), **values | columns)
            for number in (f"T{place:04d}" for place in range(count))
        ]


def wait_until_somebody_waits() -> None:
    """Until a statement waits for another's lock."""
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
            assert time.monotonic() < until
            time.sleep(0.01)


def begin(at: datetime) -> bool:
    with clock.frozen(at):
        return rechecks.begin(now=at)


def recheck_kind(at: datetime, kind: str = KIND) -> int:
    with clock.frozen(at):
        return rechecks.recheck_kind(kind, actor=SYSTEM, now=at)


def queue_some(at: datetime) -> None:
    """What the job of the day's check does once."""
    with clock.frozen(at):
        job = Job.objects.get(task=rechecks.RECHECK, done_at__isnull=True)
        claim = jobs.claim(job.pk)
        assert claim is not None
        rechecks.queue_some(claim)


def work(at: datetime) -> None:
    """Everything that is due then is done."""
    with clock.frozen(at):
        Job.objects.update(rung_at=None)
        while jobs.run_due():
            pass


def night(at: datetime = NIGHT) -> datetime:
    """Work each second until the check is over; gives when it was."""
    begin(at)
    while Recheck.objects.filter(done_at__isnull=True).exists():
        work(at)
        at += SECOND
    return at


# --- Beginning --------------------------------------------------------------------------------------
def test_a_night_begins_once_however_often_it_is_rung_for() -> None:
    assert begin(NIGHT - MINUTE)  # last night's was missed
    work(NIGHT - MINUTE)
    assert [begin(NIGHT + minutes * MINUTE) for minutes in (0, 0, 5, 1439)] == [True, *[False] * 3]
    assert begin(NIGHT + DAY)

    days = Recheck.objects.order_by("day").values_list("day", flat=True)
    assert [day.day for day in days] == [23, 24, 25]
    assert Job.objects.filter(task=rechecks.RECHECK).count() == 3


def test_a_night_that_is_over_is_not_begun_again() -> None:
    night()

    assert not begin(NIGHT + HOUR)
    assert not Job.objects.filter(done_at__isnull=True).exists()


# --- A night ----------------------------------------------------------------------------------------
def test_every_paper_in_a_wallet_is_checked_once_a_night(
    registry: FakeRegistry, owner: Account
) -> None:
    fast()
    states = [DocumentState.VERIFIED] * 3 + [
        DocumentState.MISMATCH, DocumentState.NOT_FOUND, DocumentState.UNAVAILABLE,
        DocumentState.EXPIRED, DocumentState.REVOKED,
    ]  # fmt: skip
    papers = make_papers(owner, len(states))
    for each, state in zip(papers, states, strict=True):
        Document.objects.filter(pk=each.pk).update(state=state)
    gone = make_document(
        "T0099", account=owner, state=DocumentState.UNLINKED, unlinked_at=NIGHT - DAY,
        next_check_at=NIGHT,
    )  # fmt: skip
    later = make_document("T0100", account=owner, next_check_at=NIGHT + 5 * DAY)

    over = night()

    assert registry.asked == {each.number: 1 for each in papers}
    rows = Verification.objects.all()
    assert set(rows.values_list("reason", "outcome")) == {("NIGHTLY", "VERIFIED")}
    assert {row.document_id for row in rows} == {each.pk for each in papers}
    assert not rows.filter(document__in=[gone, later]).exists()
    checked = Document.objects.filter(pk__in=[each.pk for each in papers])
    assert set(checked.values_list("state", "next_check_at")) == {("VERIFIED", NIGHT + DAY)}
    check = Recheck.objects.get()
    assert (check.queued, check.begun_at) == (len(papers), NIGHT)
    assert night(over + HOUR) == over + HOUR
    assert registry.calls == len(papers)


def test_no_more_wait_than_the_registry_answers_in_some_seconds(
    registry: FakeRegistry, owner: Account
) -> None:
    most = max(policy.BATCH, 5 * policy.WAITING_SECONDS)
    Registry.objects.create(party=PARTY, calls_per_second=5)
    make_papers(owner, most + 7)
    begin(NIGHT)

    for at in (NIGHT, NIGHT + SECOND):
        queue_some(at)
        assert Job.objects.filter(task=VERIFY, done_at__isnull=True).count() == most
        assert Recheck.objects.get().done_at is None
    Job.objects.filter(task=VERIFY).update(done_at=NIGHT)
    queue_some(NIGHT + 2 * SECOND)

    check = Recheck.objects.get()
    assert (check.queued, check.done_at) == (most + 7, NIGHT + 2 * SECOND)
    assert registry.calls == 0


def test_a_registry_that_does_not_answer_holds_up_nobody_else(
    registry: FakeRegistry, owner: Account
) -> None:
    Registry.objects.create(party=PARTY, calls_per_second=1)
    make_papers(owner, policy.BATCH + 1)
    elsewhere = make_papers(owner, 1, registry="traffic-police", kind="DRIVER_LICENCE")
    registry.default = lambda _number: Unknown("read_timeout")
    begin(NIGHT)
    queue_some(NIGHT)

    assert Verification.objects.filter(document__in=elsewhere).exists()
    assert Recheck.objects.get().done_at is None


def test_a_killed_night_goes_on_where_it_was(registry: FakeRegistry, owner: Account) -> None:
    fast()
    papers = make_papers(owner, 30)
    begin(NIGHT)
    enqueue = jobs.enqueue_many

    def killed_later(*given: Any, **named: Any) -> None:
        if Job.objects.filter(task=VERIFY).exists():
            raise KeyboardInterrupt
        enqueue(*given, **named)

    with (
        patch.object(policy, "RECHECKED_AT_ONCE", 10),
        patch.object(jobs, "enqueue_many", killed_later),
        pytest.raises(KeyboardInterrupt),
    ):
        queue_some(NIGHT)
    assert Verification.objects.count() == Recheck.objects.get().queued == 10
    work(NIGHT + jobs.LEASE)
    assert registry.calls == 10
    work(NIGHT + jobs.LEASE + SECOND)

    assert registry.asked == {each.number: 1 for each in papers}
    assert Recheck.objects.get().done_at is not None


def test_a_paper_that_is_being_verified_is_not_asked_about_twice(
    registry: FakeRegistry, owner: Account
) -> None:
    fast()
    (mine,) = make_papers(owner, 1)
    with clock.frozen(NIGHT):
        verification.request(mine, reason=VerificationReason.HOLDER, now=NIGHT)
    night()

    assert registry.calls == 1
    assert Verification.objects.get().reason == VerificationReason.HOLDER
    assert Job.objects.filter(task=VERIFY).count() == 1


def test_who_links_a_paper_at_night_comes_first(registry: FakeRegistry, owner: Account) -> None:
    fast()
    asked: list[str] = []

    def answer(number: str) -> Accepted:
        asked.append(number)
        return Accepted({})

    registry.default = answer
    papers = make_papers(owner, 40)
    begin(NIGHT)
    queue_some(NIGHT)
    with clock.frozen(NIGHT + SECOND):
        linked = make_document("T9999", account=owner)
        verification.request(linked, reason=VerificationReason.LINK, now=NIGHT + SECOND)
        verification.request(papers[-1], reason=VerificationReason.HOLDER, now=NIGHT + SECOND)
    work(NIGHT + SECOND)

    first = Registry.objects.get(party=PARTY).in_flight
    assert {linked.number, papers[-1].number} <= set(asked[:first])
    assert len(asked) == len(set(asked)) == 41


def test_an_unchanged_night_tells_nobody(registry: FakeRegistry, owner: Account) -> None:
    fast()
    make_papers(owner, 3)
    night()
    told = Notice.objects.count()
    recorded = AuditEvent.objects.count()
    night(NIGHT + DAY)

    assert registry.calls == 6
    assert (Notice.objects.count(), AuditEvent.objects.count()) == (told, recorded)


# --- A kind, when an operator wants it ----------------------------------------------------------------
def test_a_kind_is_checked_anew_at_once(registry: FakeRegistry, owner: Account) -> None:
    fast()
    papers = make_papers(owner, 3)
    other = make_papers(owner, 1, registry="traffic-police", kind="DRIVER_LICENCE")[0]
    noon = NIGHT + 10 * HOUR
    Document.objects.update(next_check_at=NIGHT + DAY)

    assert recheck_kind(noon) == 3
    work(noon)

    assert registry.asked == {each.number: 1 for each in papers}
    other.refresh_from_db()
    assert other.next_check_at == NIGHT + DAY
    event = AuditEvent.objects.get(name="documents.papers_rechecked")
    assert event.data == {"kind": KIND, "papers": 3}


def test_a_kind_can_be_checked_after_the_night_and_again(
    registry: FakeRegistry, owner: Account
) -> None:
    fast()
    make_papers(owner, 2)
    over = night()
    for times in (2, 3):
        over += HOUR
        recheck_kind(over)
        work(over)
        assert registry.calls == 2 * times
    assert Recheck.objects.filter(done_at__isnull=False).count() == 1


def test_a_night_begins_although_a_kind_was_checked_shortly_before(
    registry: FakeRegistry, owner: Account
) -> None:
    fast()
    make_papers(owner, 2, next_check_at=NIGHT + DAY)
    early = NIGHT - HOUR  # of the same day in Viet Nam
    recheck_kind(early)
    work(early)
    Document.objects.update(next_check_at=NIGHT)
    night()

    assert registry.calls == 4


def test_what_is_asked_for_while_a_check_ends_is_not_forgotten(
    registry: FakeRegistry, owner: Account
) -> None:
    fast()
    papers = make_papers(owner, 2, next_check_at=NIGHT + DAY)
    begin(NIGHT)
    finish = jobs.Claim.finish

    def asked_first(claim: jobs.Claim) -> None:
        with patch.object(jobs.Claim, "finish", finish):
            assert recheck_kind(NIGHT) == 2
            finish(claim)

    with patch.object(jobs.Claim, "finish", asked_first):
        queue_some(NIGHT)
    work(NIGHT + MINUTE)

    assert registry.asked == {each.number: 1 for each in papers}


@pytest.mark.django_db(transaction=True)
def test_a_kind_is_checked_anew_while_answers_are_written_down(owner: Account) -> None:
    with clock.frozen(NIGHT):
        newer, older = (
            make_document(number, account=owner, pk=pk)  # as they lie in the table
            for number, pk in (("T0002", UUID(int=2)), ("T0001", UUID(int=1)))
        )
    papers = Document.objects.select_for_update(of=("self",))
    found: list[int] = []

    def ask() -> None:
        found.append(recheck_kind(NIGHT))
        connection.close()

    asking = Thread(target=ask)
    with transaction.atomic():
        papers.get(pk=older.pk)
        asking.start()
        wait_until_somebody_waits()
        papers.get(pk=newer.pk)
    asking.join(20)

    assert found == [2]
