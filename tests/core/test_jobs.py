"""The row is the queue: no job is lost, none is done twice, whatever happens to those who work."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.enums import NoticeState
from accounts.models import Notice
from eid_portal.core import clock, jobs
from eid_portal.core.models import AuditEvent, Job
from tests.core import some_tasks
from tests.factories import make_notice

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def enqueue(task: str = some_tasks.SEND, subject_id: UUID | None = None, **options: Any) -> Job:
    return jobs.enqueue(task, subject_id=subject_id or uuid4(), **options)


def claim(job: Job, **options: Any) -> jobs.Claim:
    claimed = jobs.claim(job.pk, **options)
    assert claimed is not None
    return claimed


def race(threads: int, act: Callable[[int], Any]) -> list[Any]:
    """What ``act`` gives in so many threads, let go at once."""
    together = threading.Barrier(threads)

    def run(number: int) -> Any:
        together.wait(timeout=20)
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


# --- Writing jobs -----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_failed_never_was() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN jobs")

    def fail_after_it() -> None:
        with transaction.atomic():
            enqueue()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_it()

    assert not Job.objects.exists()
    assert list(connection.connection.notifies(timeout=0.1)) == []

    with transaction.atomic():
        enqueue()
    assert [note.channel for note in connection.connection.notifies(timeout=1, stop_after=1)] == [
        "jobs"
    ]


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_once_a_transaction_when_it_is_committed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN jobs")

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        with transaction.atomic():
            enqueue()
            transaction.set_rollback(True)
        enqueue()
        enqueue()

    texts = [query["sql"] for query in queries]
    assert [text for text in texts if "pg_notify" in text] == texts[-1:]
    assert len(list(connection.connection.notifies(timeout=1, stop_after=1))) == 1


def test_a_job_says_only_a_task_and_a_row(db: None) -> None:
    with clock.frozen(NOW):
        job = enqueue(at=NOW + SECOND)

    job.refresh_from_db()
    assert (job.created_at, job.next_attempt_at, job.attempt) == (NOW, NOW + SECOND, 0)
    assert {field.name for field in Job._meta.concrete_fields} == {
        *("id", "task", "subject_id", "created_at", "next_attempt_at", "attempt"),
        *("lane", "routine", "lease_until", "rung_at", "done_at", "given_up_at", "last_error"),
    }


def test_many_jobs_are_written_at_once(db: None) -> None:
    subjects = [uuid4() for _ in range(1_001)]

    jobs.enqueue_many(some_tasks.SEND, subject_ids=subjects)

    assert set(Job.objects.values_list("subject_id", flat=True)) == set(subjects)


# --- Claims -----------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_claim_a_job_one_gets_it() -> None:
    waiting = [enqueue() for _ in range(10)]

    got = race(8, lambda _n: [jobs.claim(job.pk) for job in waiting])

    for place in range(10):
        claims = [claims[place] for claims in got if claims[place]]
        assert [one.attempt for one in claims] == [1]


@pytest.mark.django_db(transaction=True)
def test_two_relays_never_ring_for_the_same_job() -> None:
    jobs.enqueue_many(some_tasks.SEND, subject_ids=[uuid4() for _ in range(200)])

    rung = race(4, lambda _n: jobs.due(limit=100))

    ids = [job_id for batch in rung for job_id, _ in batch]
    assert len(ids) == len(set(ids)) == 200


def test_a_job_is_claimed_when_it_is_due_and_not_before(db: None) -> None:
    with clock.frozen(NOW):
        job = enqueue(at=NOW + 5 * SECOND)
        assert jobs.claim(job.pk) is None
    with clock.frozen(NOW + 5 * SECOND):
        assert claim(job).attempt == 1


@pytest.mark.parametrize("settle", ["finish", "give_up"])
def test_a_settled_job_is_not_claimed_again(db: None, settle: str) -> None:
    job = enqueue()
    claimed = claim(job)
    if settle == "finish":
        claimed.finish()
    else:
        claimed.give_up(error="x")

    with clock.frozen(clock.now() + timedelta(days=1)):
        assert jobs.claim(job.pk) is None
        assert jobs.due() == []


def test_a_job_that_is_not_there_is_not_claimed(db: None) -> None:
    assert jobs.claim(uuid4()) is None


def test_a_slow_worker_whose_lease_ran_out_cannot_finish(db: None) -> None:
    notice = make_notice()
    with clock.frozen(NOW):
        job = enqueue(subject_id=notice.pk)
        slow = claim(job)
    with clock.frozen(NOW + jobs.LEASE):
        assert jobs.claim(job.pk) is None
    with clock.frozen(NOW + jobs.LEASE + SECOND):
        quick = claim(job)
        assert quick.attempt == 2

        for settle in (slow.finish, slow.retry, lambda: slow.give_up(error="x")):
            with pytest.raises(jobs.LostClaim):
                settle()
        with pytest.raises(jobs.LostClaim):
            some_tasks.send_notice(slow)
        assert Notice.objects.get().state == NoticeState.PENDING
        assert not AuditEvent.objects.exists()

        some_tasks.send_notice(quick)
    assert Notice.objects.get().state == NoticeState.SENT


def test_a_slow_worker_may_finish_what_nobody_took(db: None) -> None:
    with clock.frozen(NOW):
        claimed = claim(enqueue())
    with clock.frozen(NOW + timedelta(hours=1)):
        claimed.finish()

    assert Job.objects.get().done_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("first", ["finish", "retry", "give_up"])
@pytest.mark.parametrize("second", ["finish", "retry", "give_up"])
def test_a_claim_is_settled_once(db: None, first: str, second: str) -> None:
    claimed = claim(enqueue())
    words = {"finish": {}, "retry": {"error": "x"}, "give_up": {"error": "x"}}
    getattr(claimed, first)(**words[first])

    with pytest.raises(jobs.LostClaim):
        getattr(claimed, second)(**words[second])


@pytest.mark.django_db(transaction=True)
def test_the_effect_happens_once_when_the_same_job_runs_in_eight_threads() -> None:
    notice = make_notice()
    job = enqueue(subject_id=notice.pk)

    race(8, lambda _n: jobs.run_here(job.pk, some_tasks.SEND))

    assert Notice.objects.get().state == NoticeState.SENT
    assert AuditEvent.objects.count() == 1


# --- Failing and trying again -------------------------------------------------------------------
def test_waits_double_up_to_ten_minutes(db: None) -> None:
    job = enqueue()
    waits = []
    with clock.frozen(NOW):
        for attempt in range(15):
            Job.objects.update(attempt=attempt, next_attempt_at=NOW)
            claim(job).retry(error="Unavailable")
            job.refresh_from_db()
            waits.append((job.next_attempt_at - NOW).total_seconds())

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, *[600] * 6]
    assert (job.last_error, job.lease_until, job.rung_at) == ("Unavailable", None, None)


def test_the_last_of_a_hundred_attempts_still_has_a_wait(db: None) -> None:
    job = enqueue()
    Job.objects.update(attempt=10_000)
    claim(job).retry()

    assert Job.objects.get().next_attempt_at > clock.now()


def test_an_exception_means_a_later_try_and_in_the_end_none(db: None) -> None:
    moment = NOW
    with clock.frozen(NOW):
        job = enqueue(some_tasks.FAIL)
    for attempt in (1, 2, 3):
        with clock.frozen(moment):
            jobs.run_here(job.pk, some_tasks.FAIL)
        job.refresh_from_db()
        assert (job.attempt, job.last_error) == (attempt, "ValueError")
        moment = job.next_attempt_at + SECOND

    assert job.given_up_at is not None
    assert job.done_at is None


def test_the_wait_after_a_failure_is_as_long_as_its_task_says(db: None) -> None:
    def fail(_claim: jobs.Claim) -> None:
        raise RuntimeError

    job = jobs.enqueue(some_tasks.SEND, subject_id=uuid4())
    Job.objects.update(attempt=9)
    now = clock.now()
    with clock.frozen(now):
        jobs.run_job(job.pk, fail, tries=100, longest_wait=timedelta(seconds=15))
    job.refresh_from_db()
    assert job.next_attempt_at == now + timedelta(seconds=15)


def test_run_due_minds_each_tasks_own_number_of_tries(db: None) -> None:
    enqueue(some_tasks.GIVE_UP_SOON)

    assert jobs.run_due() == 1
    assert Job.objects.get().given_up_at is not None


def test_a_task_that_never_settles_is_done_again_after_its_lease(db: None) -> None:
    with clock.frozen(NOW):
        job = enqueue()
        jobs.run_job(job.pk, lambda _claim: None)
        assert jobs.claim(job.pk) is None
    with clock.frozen(NOW + jobs.LEASE + SECOND):
        assert claim(job).attempt == 2


def test_losing_a_claim_is_no_failure(db: None) -> None:
    job = enqueue()

    def lose(claimed: jobs.Claim) -> None:
        Job.objects.update(attempt=2)
        claimed.finish()

    jobs.run_job(job.pk, lose)
    assert Job.objects.get().last_error == ""

    def lose_by_failing(_claim: jobs.Claim) -> None:
        Job.objects.update(attempt=7)
        raise ZeroDivisionError

    Job.objects.update(lease_until=None)
    jobs.run_job(job.pk, lose_by_failing)
    assert Job.objects.get().last_error == ""


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_connection_is_lost_is_given_back_at_once() -> None:
    job = enqueue()

    def lose_the_server(_claim: jobs.Claim) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    jobs.run_job(job.pk, lose_the_server)

    job = Job.objects.get()
    assert job.lease_until is None
    assert job.last_error


# --- Bells --------------------------------------------------------------------------------------
def test_a_bell_rings_once_and_again_when_it_was_lost(db: None) -> None:
    with clock.frozen(NOW):
        job = enqueue()
        assert jobs.due() == [(job.pk, some_tasks.SEND)]
        assert jobs.due() == []
    with clock.frozen(NOW + jobs.RING_AGAIN):
        assert jobs.due() == []
    with clock.frozen(NOW + jobs.RING_AGAIN + SECOND):
        assert jobs.due() == [(job.pk, some_tasks.SEND)]


def test_no_bell_rings_for_work_in_hand_and_one_does_when_the_worker_died(db: None) -> None:
    with clock.frozen(NOW):
        job = enqueue()
        jobs.due()
        claim(job)
    with clock.frozen(NOW + jobs.LEASE):
        assert jobs.due() == []
    with clock.frozen(NOW + jobs.LEASE + SECOND):
        assert jobs.due() == [(job.pk, some_tasks.SEND)]
    noticed_after = (jobs.LEASE + 3 * SECOND).total_seconds()
    assert noticed_after < 30, "a dead worker is replaced within 30 s"


def test_a_retry_rings_when_its_time_comes(db: None) -> None:
    with clock.frozen(NOW):
        job = enqueue()
        jobs.due()
        claim(job).retry(at=NOW + 3 * SECOND)
        assert jobs.due() == []
    with clock.frozen(NOW + 3 * SECOND):
        assert jobs.due() == [(job.pk, some_tasks.SEND)]


def test_the_longest_waiting_are_rung_first(db: None) -> None:
    with clock.frozen(NOW):
        later = enqueue(at=NOW - SECOND)
        sooner = enqueue(at=NOW - 2 * SECOND)

        assert [job_id for job_id, _ in jobs.due(limit=1)] == [sooner.pk]
        assert [job_id for job_id, _ in jobs.due()] == [later.pk]


def test_an_unknown_task_is_refused(db: None) -> None:
    job = enqueue("tests.of_tomorrow")

    for act in (jobs.ring, jobs.run_here):
        with pytest.raises(jobs.NoSuchTask):
            act(job.pk, "tests.of_tomorrow")
    assert Job.objects.get().attempt == 0


def test_the_apps_tasks_are_known_by_name() -> None:
    assert {"accounts.send_notice", some_tasks.SEND} <= jobs.task_names()


# --- One round of the relay -------------------------------------------------------------------------
@pytest.mark.parametrize("words", [["--inline"], []])
def test_one_round_does_all_that_is_due(db: None, words: list[str]) -> None:
    notices = [make_notice() for _ in range(3)]
    for notice in notices:
        enqueue(subject_id=notice.pk)
    enqueue("tests.of_tomorrow")
    enqueue(at=clock.now() + timedelta(hours=1))

    call_command("relay", "--once", *words, stdout=StringIO())

    assert Notice.objects.filter(state=NoticeState.SENT).count() == 3
    assert Job.objects.filter(done_at__isnull=False).count() == 3


def test_a_lane_drained_by_the_relay_leaves_others_their_turn(db: None) -> None:
    jobs.enqueue_many(some_tasks.DRAIN, subject_ids=[uuid4()], lane="north")
    until: list[float] = []
    known = replace(jobs._drains[some_tasks.DRAIN], run=lambda lane: until.append(lane.until))

    began = time.monotonic()
    with patch.dict(jobs._drains, {some_tasks.DRAIN: known}):
        call_command("relay", "--once", "--inline", stdout=StringIO())

    assert [lasts - began < jobs.DRAINS_FOR / 2 for lasts in until] == [True]


def test_a_job_is_found_by_its_number_however_many_wait(db: None) -> None:
    """The planner must not read all that waits instead, as it would with figures of a quiet hour (here: none)."""
    job = jobs.enqueue(some_tasks.SEND, subject_id=uuid4())
    with CaptureQueriesContext(connection) as asked:
        for settle in ("finish", "retry"):
            claimed = jobs.claim(job.pk)
            assert claimed is not None
            with transaction.atomic():
                getattr(claimed, settle)(**({"error": "again"} if settle == "retry" else {}))
                transaction.set_rollback(True)
            Job.objects.update(lease_until=None)
        jobs.hurry(some_tasks.SEND, subject_id=job.subject_id, at=clock.now())
    about = [one["sql"] for one in asked if "core_job" in one["sql"] and "WHERE" in one["sql"]]
    assert len(about) >= 5
    with connection.cursor() as cursor:
        for statement in about:
            cursor.execute(f"EXPLAIN {statement}")
            plan = " ".join(row[0] for row in cursor.fetchall())
            assert "job_waiting" not in plan
            assert "Seq Scan" not in plan
