"""Real processes, a relay, a worker and a Redis: what happens when one of them dies, freezes or forgets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from accounts.enums import NoticeState
from accounts.models import Notice
from eid_portal.core import jobs
from eid_portal.core.models import AuditEvent, Job
from eid_portal.run.stores import Place, Redis
from tests.core import some_tasks
from tests.factories import make_notice
from tests.stores import ground

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def log_file() -> Path:
    """What the started processes print."""
    return Path(settings.VAR) / "processes.log"


@pytest.fixture
def bell_tower() -> Iterator[Redis]:
    """A Redis of the test's own: it may be frozen and wiped."""
    folder = ground().folder / uuid4().hex[:8]
    folder.mkdir(mode=0o711)
    server = Redis(Place.under(folder), log=folder / "redis.log", durable=False)
    server.start()
    yield server
    assert server.process is not None
    server.process.send_signal(signal.SIGCONT)
    server.stop()


@contextmanager
def started(bell_tower: Redis, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.core.worker_settings",
        "EID_BROKER_URL": bell_tower.broker_url(),
        "REDIS_URL": bell_tower.url(),
        "CELERY_SKIP_CHECKS": "true",
    }
    with log_file().open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *words], env=env, cwd=settings.ROOT, stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def relay(bell_tower: Redis):
    return started(bell_tower, "manage.py", "relay")


def worker(bell_tower: Redis):
    return started(
        bell_tower, "-m", "celery", "-A", "eid_portal.celery", "worker", "--pool=solo",
        "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING",
    )  # fmt: skip


def within(seconds: float, true: Callable[[], bool]) -> float:
    """Wait until it is true, and say how long that took."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < seconds, log_file().read_text()[-2000:]
        time.sleep(0.05)
    return time.monotonic() - begun


def enqueue_sending(count: int, task: str = some_tasks.SEND) -> list[Notice]:
    notices = [make_notice() for _ in range(count)]
    jobs.enqueue_many(task, subject_ids=[notice.pk for notice in notices])
    return notices


def sent() -> int:
    return Notice.objects.filter(state=NoticeState.SENT).count()


def test_a_job_is_done_when_its_worker_is_killed_in_the_middle(bell_tower: Redis) -> None:
    with relay(bell_tower):
        with worker(bell_tower) as first:
            (notice,) = enqueue_sending(1, some_tasks.HANG_ONCE)
            within(20, (Path(settings.VAR) / f"hanging-{notice.pk}").exists)
            first.send_signal(signal.SIGKILL)
        assert sent() == 0

        with worker(bell_tower):
            within(30, lambda: sent() == 1)

    assert Job.objects.get().attempt == 2
    assert AuditEvent.objects.filter(target_id=notice.pk).count() == 1


def test_nothing_is_lost_when_redis_freezes_or_forgets(bell_tower: Redis) -> None:
    assert bell_tower.process is not None
    with relay(bell_tower) as ringer:
        enqueue_sending(1)
        queue = redis.Redis.from_url(bell_tower.url())
        within(20, lambda: bool(queue.llen("celery")))

        # Redis forgets the bell. The relay rings again, but then Redis freezes, with no worker there.
        queue.flushall()
        bell_tower.process.send_signal(signal.SIGSTOP)
        enqueue_sending(20)
        within(25, lambda: sent() == 21)

        # Redis comes back, and so does a worker: bells again.
        bell_tower.process.send_signal(signal.SIGCONT)
        with worker(bell_tower):
            enqueue_sending(20)
            within(25, lambda: sent() == 41)
        assert ringer.poll() is None

    assert Job.objects.filter(done_at__isnull=False).count() == 41
    assert AuditEvent.objects.count() == 41


def test_a_relay_stops_when_it_is_asked_to(bell_tower: Redis) -> None:
    with relay(bell_tower) as ringer:
        enqueue_sending(1, some_tasks.GIVE_UP_SOON)
        within(20, lambda: Job.objects.filter(rung_at__isnull=False).exists())
        ringer.send_signal(signal.SIGTERM)
        assert ringer.wait(5) == 0
