"""Many jobs in a lane: one bell for all, claimed a few at a time, settled in one statement, each by one worker."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from eid_portal.core import clock, jobs
from eid_portal.core.models import Job
from tests.core import some_tasks
from tests.core.test_jobs import race

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LANE = ("tests.drain", "north")


def enqueue(count: int = 1, lane: str = "north") -> list[UUID]:
    subjects = [uuid4() for _ in range(count)]
    jobs.enqueue_many(some_tasks.DRAIN, subject_ids=subjects, lane=lane)
    return subjects


def enqueue_routine(count: int) -> list[UUID]:
    subjects = [uuid4() for _ in range(count)]
    jobs.enqueue_many(some_tasks.DRAIN, subject_ids=subjects, lane="north", routine=True)
    return subjects


def lane(*, lease: timedelta = jobs.LEASE, until: float = 1e18) -> jobs.Lane:
    return jobs.Lane(some_tasks.DRAIN, "north", lease, until)


@pytest.fixture(autouse=True)
def nothing_drained() -> None:
    some_tasks.drained.clear()


# --- Bells ------------------------------------------------------------------------------------------
def test_one_bell_rings_for_a_whole_lane(db: None) -> None:
    enqueue(50)
    enqueue(50, "south")
    jobs.enqueue(some_tasks.SEND, subject_id=uuid4())

    assert sorted(jobs.due_lanes()) == [LANE, ("tests.drain", "south")]
    assert jobs.due_lanes() == []
    assert [name for _job, name in jobs.due()] == [some_tasks.SEND]


def test_a_lane_that_nobody_works_at_is_rung_for_again(db: None) -> None:
    with clock.frozen(NOW):
        enqueue(3)
        assert jobs.due_lanes() == [LANE]
    with clock.frozen(NOW + jobs.RING_LANE_AGAIN):
        assert jobs.due_lanes() == []
    with clock.frozen(NOW + jobs.RING_LANE_AGAIN + SECOND):
        assert jobs.due_lanes() == [LANE]


def test_no_bell_rings_while_somebody_works_at_it_and_one_does_when_that_one_died(db: None) -> None:
    with clock.frozen(NOW):
        enqueue(3)
        jobs.due_lanes()
        lane().claim(1)
    with clock.frozen(NOW + jobs.LEASE):
        assert jobs.due_lanes() == []
        assert jobs.run_lane_here(*LANE) == 0
    with clock.frozen(NOW + jobs.LEASE + SECOND):
        assert jobs.due_lanes() == [LANE]
        assert jobs.run_lane_here(*LANE) == 3


def test_what_is_not_due_rings_nothing(db: None) -> None:
    with clock.frozen(NOW):
        jobs.enqueue(some_tasks.DRAIN, subject_id=uuid4(), lane="north", at=NOW + SECOND)
        assert jobs.due_lanes() == []
        assert lane().claim(1) == []
    with clock.frozen(NOW + SECOND):
        assert jobs.due_lanes() == [LANE]


@pytest.mark.django_db(transaction=True)
def test_two_relays_never_ring_for_the_same_lane() -> None:
    for number in range(20):
        enqueue(5, f"lane {number}")

    rung = race(4, lambda _n: jobs.due_lanes())

    assert Counter(name for names in rung for _task, name in names) == Counter(
        f"lane {number}" for number in range(20)
    )


# --- Draining ---------------------------------------------------------------------------------------
def test_a_drain_works_until_nothing_is_due(db: None) -> None:
    subjects = enqueue(25)

    assert jobs.run_due() == 25
    assert Counter(some_tasks.drained) == Counter(subjects)
    assert Job.objects.filter(done_at__isnull=False).count() == 25
    assert jobs.run_due() == 0


def test_celery_rings_a_drain_by_its_lane(db: None) -> None:
    subjects = enqueue(3)
    enqueue(1, "south")

    jobs.ring_lane(*LANE)

    assert set(some_tasks.drained) == set(subjects)


def test_what_nobody_waits_for_is_done_last(db: None) -> None:
    with clock.frozen(NOW):
        routine = enqueue_routine(3)
    with clock.frozen(NOW + SECOND):
        waited_for = enqueue(2)
        jobs.hurry(some_tasks.DRAIN, subject_id=routine[2], at=NOW + 2 * SECOND)
        taken = [claim.subject_id for _each in range(5) for claim in lane().claim(1)]

    assert taken[0] == routine[2]
    assert set(taken[1:3]) == set(waited_for)
    assert set(taken[3:]) == set(routine[:2])


def test_when_its_time_is_up_a_drain_claims_no_more(db: None) -> None:
    enqueue(3)

    assert lane(until=0.0).claim(3) == []


def test_an_unknown_drain_is_refused(db: None) -> None:
    for act in (jobs.ring_lane, jobs.run_lane_here):
        with pytest.raises(jobs.NoSuchTask):
            act("tests.of_tomorrow", "north")


def test_a_drain_that_fails_gives_its_claims_back_and_in_the_end_puts_them_aside(db: None) -> None:
    some_tasks.drained.append(some_tasks.BREAK)
    with clock.frozen(NOW):
        enqueue(2)
        jobs.run_lane_here(*LANE)
    job = Job.objects.first()
    assert job is not None
    assert (job.attempt, job.last_error, job.lease_until) == (1, "ZeroDivisionError", None)
    assert job.next_attempt_at > NOW

    Job.objects.update(attempt=9)
    with clock.frozen(NOW + timedelta(hours=1)):
        jobs.run_lane_here(*LANE)
    assert Job.objects.filter(given_up_at__isnull=False).count() == 2


# --- Claiming and settling ----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_eight_workers_claim_each_job_once() -> None:
    enqueue(200)

    def take(_number: int) -> list[UUID]:
        mine, work = [], lane()
        while claims := work.claim(7):
            mine += [claim.job_id for claim in claims]
        return mine

    taken = [job for part in race(8, take) for job in part]
    assert len(taken) == len(set(taken)) == 200


def test_many_claims_are_settled_in_one_statement(db: None, django_assert_num_queries: Any) -> None:
    with clock.frozen(NOW):
        enqueue(4)
        work = lane()
        one, two, three, four = work.claim(10)
        with django_assert_num_queries(1):
            ours = work.settle(
                done=[one, two],
                again=[(three, NOW + SECOND, "status_500")],
                given_up=[(four, "hopeless")],
            )

    assert ours == {claim.job_id for claim in (one, two, three, four)}
    rows = {row.pk: row for row in Job.objects.all()}
    assert rows[one.job_id].done_at == rows[two.job_id].done_at == NOW
    waiting, aside = rows[three.job_id], rows[four.job_id]
    assert (waiting.next_attempt_at, waiting.last_error) == (NOW + SECOND, "status_500")
    assert (waiting.done_at, waiting.lease_until) == (None, None)
    assert (aside.given_up_at, aside.last_error) == (NOW, "hopeless")


def test_a_slow_worker_settles_only_what_nobody_took(db: None) -> None:
    with clock.frozen(NOW):
        enqueue(3)
        slow = lane()
        claims = slow.claim(3)
    with clock.frozen(NOW + jobs.LEASE + SECOND):
        (taken,) = lane().claim(1)
        assert slow.settle(done=claims) == {claim.job_id for claim in claims} - {taken.job_id}
        assert slow.settle(done=claims) == set()


@pytest.mark.django_db(transaction=True)
def test_the_same_claims_settled_by_eight_at_once_are_settled_once() -> None:
    enqueue(20)
    claims = lane().claim(20)

    settled = race(8, lambda _n: lane().settle(done=claims))

    assert sum(map(len, settled)) == 20


@pytest.mark.django_db(transaction=True)
def test_what_was_settled_in_a_transaction_that_failed_is_done_again() -> None:
    enqueue(2)
    work = lane(lease=timedelta(0))

    def fail_after_it() -> None:
        with transaction.atomic():
            work.settle(done=work.claim(2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_it()
    assert [claim.attempt for claim in lane().claim(2)] in ([1, 1], [2, 2])


# --- Hurrying ---------------------------------------------------------------------------------------
def test_a_waiting_job_is_hurried_and_never_slowed(db: None) -> None:
    subject = uuid4()
    with clock.frozen(NOW):
        job = jobs.enqueue(some_tasks.DRAIN, subject_id=subject, lane="north", at=NOW + 60 * SECOND)
        for at, expected in ((NOW + 90 * SECOND, 60), (NOW + SECOND, 1), (NOW + 9 * SECOND, 1)):
            assert jobs.hurry(some_tasks.DRAIN, subject_id=subject, at=at)
            job.refresh_from_db()
            assert job.next_attempt_at == NOW + expected * SECOND


def test_hurrying_says_when_a_job_is_being_done(db: None) -> None:
    (subject,) = enqueue(1)
    lane().claim(1)

    assert not jobs.hurry(some_tasks.DRAIN, subject_id=subject, at=clock.now())


def test_what_failed_in_a_lane_is_hurried_together(db: None) -> None:
    with clock.frozen(NOW):
        enqueue(3)
        work = lane()
        claims = work.claim(3)
        work.settle(again=[(claim, NOW + 60 * SECOND, "no_connection") for claim in claims[:2]])
        planned = jobs.enqueue(
            some_tasks.DRAIN, subject_id=uuid4(), lane="north", at=NOW + 60 * SECOND
        )

        assert jobs.hurry_lane(some_tasks.DRAIN, lane="north") == 2
    planned.refresh_from_db()
    assert planned.next_attempt_at == NOW + 60 * SECOND
