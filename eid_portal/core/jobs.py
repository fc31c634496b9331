"""Background work: the row is the queue, Celery only rings the bell.

A request writes a job in its own transaction, and wakes the relay when that is committed. The relay rings the Celery
task by name, again when the bell was lost. A task claims its job with a fencing attempt number and commits its effect
together with "done". When a worker dies or is slow a job may be begun again; its effect in the database is committed
once.

Many small jobs of one sort can stand in a lane (of one outside party, say). A lane is rung for as a whole, and a drain
claims its due jobs a few at a time until none is left, with the same fencing: routine ones after what people wait for.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final
from uuid import UUID

import structlog
from celery import current_app, shared_task
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Least

from eid_portal.core import clock, statements
from eid_portal.core.models import Job

CHANNEL: Final = "jobs"
RING_AGAIN: Final = timedelta(seconds=10)
RING_LANE_AGAIN: Final = timedelta(seconds=5)
_BELL_LASTS: Final = 60  # seconds; a lane whose bell nobody hears is rung for again anyway
DRAINS_FOR: Final = 20.0  # seconds; then the lane is rung for anew, so that a worker can be stopped
# A worker that dies is noticed when its lease runs out; longer than one call to an outside party takes.
LEASE: Final = timedelta(seconds=20)
FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=10)

log = structlog.get_logger()
Run = Callable[["Claim"], None]
Drain = Callable[["Lane"], None]


@dataclass(frozen=True, slots=True)
class _Task:
    run: Run
    tries: int
    lease: timedelta
    longest_wait: timedelta


@dataclass(frozen=True, slots=True)
class _Drain:
    run: Drain
    tries: int
    lease: timedelta


_tasks: Final[dict[str, _Task]] = {}
_drains: Final[dict[str, _Drain]] = {}
_loaded = threading.Event()


class LostClaim(Exception):
    """The lease ran out and another worker took the job, or it is settled already; roll back."""


class NoSuchTask(LookupError):
    """No app has a task of that name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do a job once. ``attempt`` counts from 1 and fences off slower workers."""

    job_id: UUID
    subject_id: UUID
    attempt: int

    def finish(self) -> None:
        """Say the job is done; call it in the transaction of the effect.

        Raises:
            LostClaim: see the class.
        """
        self._settle(done_at=clock.now(), lease_until=None)

    def finishing(self) -> statements.Step:
        """What :meth:`finish` sends, for who sends more in the same trip; if it meets no row the claim is lost."""
        return _FINISH, [clock.now(), self.job_id, self.attempt]

    def retry(self, *, at: datetime | None = None, error: str = "") -> None:
        """Give the job back, to be tried at ``at`` or after a wait that doubles; ``error`` is a code.

        Raises:
            LostClaim: see the class.
        """
        self._settle(
            next_attempt_at=at or clock.now() + self.wait(),
            lease_until=None,
            rung_at=None,
            last_error=error,
        )

    def wait(self) -> timedelta:
        """How long to wait before the next attempt."""
        doubled: timedelta = FIRST_WAIT * 2 ** min(self.attempt - 1, 16)
        return min(doubled, LONGEST_WAIT)

    def give_up(self, *, error: str) -> None:
        """Put the job aside for a person to look at; ``error`` is a code.

        Raises:
            LostClaim: see the class.
        """
        self._settle(given_up_at=clock.now(), lease_until=None, last_error=error)
        log.error("job.given_up", job_id=str(self.job_id), error=error)

    def _settle(self, **values: Any) -> None:
        mine = Job.objects.filter(pk=self.job_id, attempt=self.attempt, lease_until__isnull=False)
        if not mine.update(**values):
            raise LostClaim


@dataclass(slots=True)
class Lane:
    """The due jobs of one lane, for the one who drains it: claimed a few at a time, settled many in one statement."""

    task: str
    name: str
    lease: timedelta
    until: float  # by the monotonic clock: from then on nothing more is claimed
    claimed: int = 0
    _held: dict[UUID, Claim] = field(default_factory=dict)

    def claim(self, limit: int) -> list[Claim]:
        """Take up to ``limit`` jobs that are due and not leased; none when time is up.

        Those that somebody waits for come before routine ones, and the longest waiting first.
        """
        if time.monotonic() >= self.until:
            return []
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM_SOME, [self.task, self.name, now, now, limit, now + self.lease])
            rows = cursor.fetchall()
        claims = [Claim(job_id=pk, subject_id=about, attempt=tried) for pk, about, tried in rows]
        self._held |= {claim.job_id: claim for claim in claims}
        self.claimed += len(claims)
        return claims

    def settle(
        self,
        *,
        done: Sequence[Claim] = (),
        again: Sequence[tuple[Claim, datetime, str]] = (),
        given_up: Sequence[tuple[Claim, str]] = (),
    ) -> set[UUID]:
        """Settle claims in the caller's transaction: done, tried again at a time, or put aside; errors are codes.

        Returns the jobs that were still this worker's; whatever belongs to the others must not be written.
        """
        now = clock.now()
        settled = (
            *((claim, now, None, None, None) for claim in done),
            *((claim, None, None, at, error) for claim, at, error in again),
            *((claim, None, now, None, error) for claim, error in given_up),
        )
        if not settled:
            return set()
        claims, *columns = zip(*settled, strict=True)
        for claim in claims:
            self._held.pop(claim.job_id, None)
        with connection.cursor() as cursor:
            cursor.execute(
                _SETTLE_SOME,
                [
                    [claim.job_id for claim in claims],
                    [claim.attempt for claim in claims],
                    *map(list, columns),
                ],
            )
            ours = {row[0] for row in cursor.fetchall()}
        for claim in claims:
            if claim.job_id not in ours:
                log.warning("job.lost_claim", job_id=str(claim.job_id), attempt=claim.attempt)
        for claim, error in given_up:
            if claim.job_id in ours:
                log.error("job.given_up", job_id=str(claim.job_id), error=error)
        return ours

    def fail(self, *, tries: int, error: str) -> None:
        """Give every claim that was not settled back, to be tried after its wait, or put it aside in the end."""
        now = clock.now()
        left = list(self._held.values())
        self.settle(
            again=[(claim, now + claim.wait(), error) for claim in left if claim.attempt < tries],
            given_up=[(claim, error) for claim in left if claim.attempt >= tries],
        )


_NOTIFY: Final = "SELECT pg_notify(%s, '')"
# A job that has ended has no lease (a constraint), so these need not ask for it. Who looks for a job by its own number
# must not: the planner may then take the index of what waits and read all of it, when its figures are of a quiet hour.
_FINISH: Final = """
UPDATE core_job SET done_at = %s, lease_until = NULL
WHERE id = %s AND attempt = %s AND lease_until IS NOT NULL"""
_CLAIM_SOME: Final = """
WITH taken AS (
    SELECT id FROM core_job
    WHERE task = %s AND lane = %s AND done_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= %s
    AND (lease_until IS NULL OR lease_until < %s)
    ORDER BY routine, next_attempt_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE core_job SET attempt = attempt + 1, lease_until = %s FROM taken WHERE core_job.id = taken.id
RETURNING core_job.id, subject_id, attempt"""
_SETTLE_SOME: Final = """
UPDATE core_job AS job SET lease_until = NULL, done_at = new.done_at, given_up_at = new.given_up_at,
    next_attempt_at = COALESCE(new.next_attempt_at, job.next_attempt_at),
    last_error = COALESCE(new.error, job.last_error),
    rung_at = CASE WHEN new.next_attempt_at IS NULL THEN job.rung_at END
FROM unnest(%s::uuid[], %s::integer[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS new(id, attempt, done_at, given_up_at, next_attempt_at, error)
WHERE job.id = new.id AND job.attempt = new.attempt AND job.lease_until IS NOT NULL
RETURNING job.id"""
# The lanes with due jobs that nobody works at. Their longest waiting job bears the mark that it was rung for.
_RING_LANES: Final = """
WITH waiting AS (
    SELECT task, lane, bool_or(lease_until >= %(now)s) AS worked_at,
        (array_agg(id ORDER BY next_attempt_at, id)
            FILTER (WHERE lease_until IS NULL OR lease_until < %(now)s))[1] AS id
    FROM core_job
    WHERE lane <> '' AND done_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= %(now)s
    GROUP BY task, lane)
UPDATE core_job AS job SET rung_at = %(now)s FROM waiting
WHERE job.id = waiting.id AND worked_at IS NOT TRUE AND (rung_at IS NULL OR rung_at < %(before)s)
RETURNING job.task, job.lane"""


def enqueue(task: str, *, subject_id: UUID, at: datetime | None = None, lane: str = "") -> Job:
    """Write a job in the caller's transaction.

    ``task`` is ``app.function``; ``subject_id`` the row it is about; ``lane`` where it stands, if its task is a drain.
    """
    now = clock.now()
    job = Job.objects.create(
        task=task, subject_id=subject_id, created_at=now, next_attempt_at=at or now, lane=lane
    )
    notify()
    return job


def enqueueing(
    task: str, *, subject_ids: Sequence[UUID], at: datetime | None = None
) -> list[statements.Step]:
    """What writes a job a subject, for who sends more in the same trip."""
    now = clock.now()
    rows = [
        Job(task=task, subject_id=subject, created_at=now, next_attempt_at=at or now)
        for subject in subject_ids
    ]
    return [*map(statements.insertion, rows), (_NOTIFY, [CHANNEL])]


def enqueue_many(
    task: str, *, subject_ids: list[UUID], lane: str = "", routine: bool = False
) -> None:
    """Write a job a subject, in the caller's transaction; ``routine``: nobody waits for them."""
    now = clock.now()
    Job.objects.bulk_create(
        [
            Job(
                task=task,
                subject_id=subject,
                created_at=now,
                next_attempt_at=now,
                lane=lane,
                routine=routine,
            )
            for subject in subject_ids
        ],
        batch_size=1000,
    )
    notify()


def unfinished(task: str, *, subject_id: Any) -> QuerySet[Job]:
    """The jobs about a subject (its id, or an ``OuterRef`` to it) that are neither done nor put aside."""
    rows = Job.objects.filter(task=task, subject_id=subject_id)
    return rows.alias(ended_at=Coalesce("done_at", "given_up_at")).filter(ended_at__isnull=True)


def next_attempt(subject_ids: Sequence[UUID]) -> datetime | None:
    """When the first unfinished job about any subject is due: in the past while it is done; None if there is none."""
    rows = Job.objects.filter(subject_id__in=subject_ids)
    waiting = rows.alias(ended_at=Coalesce("done_at", "given_up_at")).filter(ended_at__isnull=True)
    found: datetime | None = waiting.aggregate(first=Min("next_attempt_at"))["first"]
    return found


def hurry(task: str, *, subject_id: UUID, at: datetime) -> bool:
    """Have a subject's waiting jobs done at ``at`` if that is sooner, since somebody waits for them now.

    Returns whether none is being done right now.
    """
    waiting = unfinished(task, subject_id=subject_id)
    waiting.filter(Q(next_attempt_at__gt=at) | Q(routine=True)).update(
        next_attempt_at=Least("next_attempt_at", Value(at)), routine=False, rung_at=None
    )
    notify()
    return not waiting.filter(lease_until__gte=clock.now()).exists()


def postpone(task: str, *, subject_id: UUID, at: datetime) -> bool:
    """Have a subject's job that waits done at ``at`` instead; False if none does, or it is being done.

    It is not begun before the caller's transaction is committed, so that it sees what the caller wrote.
    """
    waiting = unfinished(task, subject_id=subject_id).filter(lease_until__isnull=True)
    return bool(waiting.update(next_attempt_at=at, rung_at=None))


def hurry_lane(task: str, *, lane: str) -> int:
    """Have what failed in a lane and waits for a later try done now. Returns how many."""
    now = clock.now()
    return (
        Job.objects.filter(
            task=task,
            lane=lane,
            done_at__isnull=True,
            given_up_at__isnull=True,
            next_attempt_at__gt=now,
        )
        .exclude(last_error="")
        .update(next_attempt_at=now, rung_at=None)
    )


def notify() -> None:
    """Wake the relay once the caller's transaction is committed, if it is; the relay looks by itself every few seconds.

    Not inside it: PostgreSQL has transactions that notify wait for each other from before their commit until it is on
    the disk.
    """
    if all(call[1] is not _wake for call in connection.run_on_commit):
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY, [CHANNEL])


def claim(job_id: UUID, *, lease: timedelta = LEASE) -> Claim | None:
    """Take a job that is due and not leased, or None."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_job SET attempt = attempt + 1, lease_until = %s"
            " WHERE id = %s AND COALESCE(done_at, given_up_at) IS NULL AND next_attempt_at <= %s"
            " AND (lease_until IS NULL OR lease_until < %s) RETURNING subject_id, attempt",
            [now + lease, job_id, now, now],
        )
        row = cursor.fetchone()
    return None if row is None else Claim(job_id=job_id, subject_id=row[0], attempt=row[1])


def task(
    name: str, *, tries: int = 10, lease: timedelta = LEASE, longest_wait: timedelta = LONGEST_WAIT
) -> Callable[[Run], Run]:
    """Make a function the Celery task ``name``. It gets the claim and settles it; an exception means a later try.

    That try waits longer the more there were, ``longest_wait`` at most: a job that asks again and again by itself has
    had many when something else fails.
    """

    def decorate(function: Run) -> Run:
        def work(job_id: str, **_later: Any) -> None:
            run_job(UUID(job_id), function, tries=tries, lease=lease, longest_wait=longest_wait)

        _tasks[name] = _Task(function, tries, lease, longest_wait)
        shared_task(name=name)(work)
        return function

    return decorate


def run_job(
    job_id: UUID,
    function: Run,
    *,
    tries: int = 10,
    lease: timedelta = LEASE,
    longest_wait: timedelta = LONGEST_WAIT,
) -> None:
    """Claim and do one job here and now; nothing happens if somebody else has it."""
    claimed = claim(job_id, lease=lease)
    if claimed is None:
        return
    try:
        try:
            function(claimed)
        except LostClaim:
            raise
        except Exception as error:
            log.exception("job.failed", job_id=str(job_id), attempt=claimed.attempt)
            code = type(error).__name__[:80]
            if (
                not connection.in_atomic_block
            ):  # the server may have left: the job is given back all the same
                connection.close_if_unusable_or_obsolete()
            if claimed.attempt >= tries:
                claimed.give_up(error=code)
            else:
                claimed.retry(at=clock.now() + min(claimed.wait(), longest_wait), error=code)
    except LostClaim:
        log.warning("job.lost_claim", job_id=str(job_id), attempt=claimed.attempt)


def drain(name: str, *, tries: int = 10, lease: timedelta = LEASE) -> Callable[[Drain], Drain]:
    """Make a function the Celery task ``name`` that drains a lane: it claims and settles until nothing is due.

    Jobs are written for it with a ``lane``. An exception means a later try for what it had claimed and not settled.
    """

    def decorate(function: Drain) -> Drain:
        def work(lane_id: str, **_later: Any) -> None:
            run_lane_here(name, lane_id)

        _drains[name] = _Drain(function, tries, lease)
        shared_task(name=name)(work)
        return function

    return decorate


def due(*, limit: int = 500) -> list[tuple[UUID, str]]:
    """Mark up to ``limit`` due jobs of no lane as rung and return their ids and tasks, the longest waiting first."""
    now = clock.now()
    with transaction.atomic():
        rows = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(done_at__isnull=True, given_up_at__isnull=True, next_attempt_at__lte=now)
            .filter(lane="")
            .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
            .filter(Q(rung_at__isnull=True) | Q(rung_at__lt=now - RING_AGAIN))
            .order_by("next_attempt_at")
            .values_list("pk", "task")[:limit]
        )
        Job.objects.filter(pk__in=[pk for pk, _ in rows]).update(rung_at=now)
    return rows


def due_lanes() -> list[tuple[str, str]]:
    """The lanes, by task and name, with due jobs that nobody works at; marked as rung, so each is named once."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_RING_LANES, {"now": now, "before": now - RING_LANE_AGAIN})
        rows: list[tuple[str, str]] = cursor.fetchall()
    return rows


def ring(job_id: UUID, name: str) -> None:
    """Tell Celery's workers that a job is due: the relay's way, one try and no answer awaited.

    Raises:
        NoSuchTask: see the class.
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    load_tasks()
    if name not in current_app.tasks:
        raise NoSuchTask(name)
    current_app.tasks[name].apply_async(
        kwargs={"job_id": str(job_id)}, retry=False, ignore_result=True
    )


def ring_lane(name: str, lane: str) -> None:
    """Tell Celery's workers that a lane has due jobs; as :func:`ring`.

    Raises:
        NoSuchTask: see the class.
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    load_tasks()
    if name not in _drains:
        raise NoSuchTask(name)
    current_app.tasks[name].apply_async(
        kwargs={"lane_id": lane}, retry=False, ignore_result=True, expires=_BELL_LASTS
    )


def run_here(job_id: UUID, name: str) -> None:
    """Do one job in this process: the relay's way when the broker does not answer.

    Raises:
        NoSuchTask: see the class.
    """
    load_tasks()
    if name not in _tasks:
        raise NoSuchTask(name)
    known = _tasks[name]
    run_job(
        job_id,
        known.run,
        tries=known.tries,
        lease=known.lease,
        longest_wait=known.longest_wait,
    )


def run_lane_here(name: str, lane: str, *, seconds: float = DRAINS_FOR) -> int:
    """Drain a lane in this process, unless somebody does already. Returns how many jobs were claimed.

    After so many ``seconds`` nothing more is claimed; what is left is rung for anew.

    Raises:
        NoSuchTask: see the class.
    """
    load_tasks()
    if name not in _drains:
        raise NoSuchTask(name)
    known = _drains[name]
    if _is_worked_at(name, lane):
        return 0
    work = Lane(name, lane, known.lease, time.monotonic() + seconds)
    try:
        known.run(work)
    except Exception as error:
        log.exception("job.drain_failed", task=name, lane=lane)
        work.fail(tries=known.tries, error=type(error).__name__[:80])
    notify()  # what came meanwhile, or was left because time was up
    return work.claimed


def _is_worked_at(task: str, lane: str) -> bool:
    unfinished = Job.objects.filter(
        task=task, lane=lane, done_at__isnull=True, given_up_at__isnull=True
    )
    return unfinished.filter(lease_until__gte=clock.now()).exists()


def run_due() -> int:
    """Do every due job in this process, without Celery. Returns how many were tried.

    Raises:
        NoSuchTask: see the class.
    """
    rows, lanes = due(), due_lanes()
    for job_id, name in rows:
        run_here(job_id, name)
    return len(rows) + sum(run_lane_here(name, lane) for name, lane in lanes)


def load_tasks() -> None:
    """Import every app's ``tasks`` module, once."""
    if not _loaded.is_set():
        import_module(settings.CELERY_APP)
        current_app.loader.import_default_modules()
        _loaded.set()


def task_names() -> frozenset[str]:
    """All names given to :func:`task` and :func:`drain` in the apps' ``tasks`` modules."""
    load_tasks()
    return frozenset({*_tasks, *_drains})
