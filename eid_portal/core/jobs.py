"""Background work: the row is the queue, Celery only rings the bell.

A request writes a job and ``pg_notify`` in its own transaction. The relay rings the Celery task by name, again when the
bell was lost. A task claims its job with a fencing attempt number and commits its effect together with "done". When a
worker dies or is slow a job may be begun again; its effect in the database is committed once.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final
from uuid import UUID

import structlog
from celery import current_app, shared_task
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from eid_portal.core import clock
from eid_portal.core.models import Job

CHANNEL: Final = "jobs"
RING_AGAIN: Final = timedelta(seconds=10)
# A worker that dies is noticed when its lease runs out; longer than one call to an outside party takes.
LEASE: Final = timedelta(seconds=20)
FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=10)

log = structlog.get_logger()
Run = Callable[["Claim"], None]


@dataclass(frozen=True, slots=True)
class _Task:
    run: Run
    tries: int
    lease: timedelta


_tasks: Final[dict[str, _Task]] = {}
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

    def retry(self, *, at: datetime | None = None, error: str = "") -> None:
        """Give the job back, to be tried at ``at`` or after a wait that doubles; ``error`` is a code.

        Raises:
            LostClaim: see the class.
        """
        wait = min(FIRST_WAIT * 2 ** min(self.attempt - 1, 16), LONGEST_WAIT)
        self._settle(
            next_attempt_at=at or clock.now() + wait,
            lease_until=None,
            rung_at=None,
            last_error=error,
        )

    def give_up(self, *, error: str) -> None:
        """Put the job aside for a person to look at; ``error`` is a code.

        Raises:
            LostClaim: see the class.
        """
        self._settle(given_up_at=clock.now(), lease_until=None, last_error=error)
        log.error("job.given_up", job_id=str(self.job_id), error=error)

    def _settle(self, **values: Any) -> None:
        mine = Job.objects.filter(
            pk=self.job_id,
            attempt=self.attempt,
            lease_until__isnull=False,
            done_at__isnull=True,
            given_up_at__isnull=True,
        )
        if not mine.update(**values):
            raise LostClaim


def enqueue(task: str, *, subject_id: UUID, at: datetime | None = None) -> Job:
    """Write a job in the caller's transaction. ``task`` is ``app.function``; ``subject_id`` the row it is about."""
    now = clock.now()
    job = Job.objects.create(
        task=task, subject_id=subject_id, created_at=now, next_attempt_at=at or now
    )
    notify()
    return job


def enqueue_many(task: str, *, subject_ids: list[UUID]) -> None:
    """Write a job a subject, in the caller's transaction."""
    now = clock.now()
    Job.objects.bulk_create(
        [
            Job(task=task, subject_id=subject, created_at=now, next_attempt_at=now)
            for subject in subject_ids
        ],
        batch_size=1000,
    )
    notify()


def notify() -> None:
    """Wake the relay when the caller's transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def claim(job_id: UUID, *, lease: timedelta = LEASE) -> Claim | None:
    """Take a job that is due and not leased, or None."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_job SET attempt = attempt + 1, lease_until = %s"
            " WHERE id = %s AND done_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= %s"
            " AND (lease_until IS NULL OR lease_until < %s) RETURNING subject_id, attempt",
            [now + lease, job_id, now, now],
        )
        row = cursor.fetchone()
    return None if row is None else Claim(job_id=job_id, subject_id=row[0], attempt=row[1])


def task(name: str, *, tries: int = 10, lease: timedelta = LEASE) -> Callable[[Run], Run]:
    """Make a function the Celery task ``name``. It gets the claim and settles it; an exception means a later try."""

    def decorate(function: Run) -> Run:
        def work(job_id: str, **_later: Any) -> None:
            run_job(UUID(job_id), function, tries=tries, lease=lease)

        _tasks[name] = _Task(function, tries, lease)
        shared_task(name=name)(work)
        return function

    return decorate


def run_job(job_id: UUID, function: Run, *, tries: int = 10, lease: timedelta = LEASE) -> None:
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
            if claimed.attempt >= tries:
                claimed.give_up(error=code)
            else:
                claimed.retry(error=code)
    except LostClaim:
        log.warning("job.lost_claim", job_id=str(job_id), attempt=claimed.attempt)


def due(*, limit: int = 500) -> list[tuple[UUID, str]]:
    """Mark up to ``limit`` due jobs as rung and return their ids and tasks, the longest waiting first."""
    now = clock.now()
    with transaction.atomic():
        rows = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(done_at__isnull=True, given_up_at__isnull=True, next_attempt_at__lte=now)
            .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
            .filter(Q(rung_at__isnull=True) | Q(rung_at__lt=now - RING_AGAIN))
            .order_by("next_attempt_at")
            .values_list("pk", "task")[:limit]
        )
        Job.objects.filter(pk__in=[pk for pk, _ in rows]).update(rung_at=now)
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


def run_here(job_id: UUID, name: str) -> None:
    """Do one job in this process: the relay's way when the broker does not answer.

    Raises:
        NoSuchTask: see the class.
    """
    load_tasks()
    if name not in _tasks:
        raise NoSuchTask(name)
    known = _tasks[name]
    run_job(job_id, known.run, tries=known.tries, lease=known.lease)


def run_due() -> int:
    """Do every due job in this process, without Celery. Returns how many were tried.

    Raises:
        NoSuchTask: see the class.
    """
    rows = due()
    for job_id, name in rows:
        run_here(job_id, name)
    return len(rows)


def load_tasks() -> None:
    """Import every app's ``tasks`` module, once."""
    if not _loaded.is_set():
        import_module(settings.CELERY_APP)
        current_app.loader.import_default_modules()
        _loaded.set()


def task_names() -> frozenset[str]:
    """All names given to :func:`task` in the apps' ``tasks`` modules."""
    load_tasks()
    return frozenset(_tasks)
