"""Papers verified with a registry that takes 50 ms, at 16 calls in flight, signed both ways, each answer durable.

The limit is what 16 threads get from the same registry that send bare requests over kept connections and throw the
answers away. The peer is Celery as it is usually used: a task a verification, on as many threads, that loads the row,
makes the same signed call by the same client and saves the same rows one by one. All work on the same papers: first
verifications, each with its event and its notice. By wall clock ours is held against the limit; by CPU time of the
worker's processes (PostgreSQL and Redis left out on both sides) against the peer.
"""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from benchmarks import papers
from benchmarks.ground import Ground
from benchmarks.meter import Figure, cpu_of_tree

ROUNDS, EACH, IN_FLIGHT, MILLISECONDS = 5, 640, 16, 50
WAIT = 120.0  # seconds
CELERY = ("-m", "celery", "--app", "eid_portal.celery", "worker", "--pool", "threads")
LEAN = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat")
PEER = "benchmarks.peer.worker_settings"


def measure(here: Ground) -> Figure:
    """Limit, peer and portal in turn."""
    with papers.registry_process(here, milliseconds=MILLISECONDS) as port:
        return _measure(here, port)


def _measure(here: Ground, port: int) -> Figure:
    import os

    os.environ.update(here.env)
    import django

    django.setup()
    from documents.models import Registry

    Registry.objects.create(party=papers.PARTY, calls_per_second=1_000_000, in_flight=IN_FLIGHT)
    figure = Figure(
        "verification",
        "verifications/s",
        limit_name=f"{IN_FLIGHT} bare requests in flight",
        peer_name="a Celery task each, on threads",
    )
    holders = papers.make_holders(EACH)
    numbers = iter(range(10**11, 10**12, 10**6))

    def fresh() -> list[UUID]:
        return papers.make_licences(holders, first=next(numbers))

    cpu: list[float] = []
    settings = {"DJANGO_SETTINGS_MODULE": PEER}
    ours = papers.running(here, "worker", *CELERY, "--concurrency", "4", *LEAN)
    relay = papers.running(here, "relay", "manage.py", "relay")
    theirs = papers.running(
        here, "peer", *CELERY, "--queues", "peer", "--concurrency", str(IN_FLIGHT), *LEAN, **settings
    )  # fmt: skip
    with ours as worker_pid, relay as relay_pid, theirs as peer_pid:
        _timed(
            lambda: _ours(fresh()), worker_pid, relay_pid
        )  # what runs for the first time is slower
        _timed(lambda: _peers(fresh()), peer_pid)
        for _ in range(ROUNDS):
            limit = _limit(port)
            peer, peer_cpu = _timed(lambda: _peers(fresh()), peer_pid)
            mine, my_cpu = _timed(lambda: _ours(fresh()), worker_pid, relay_pid)
            figure.limit.append(limit)
            figure.peer.append(peer)
            figure.ours.append(mine)
            cpu.append(my_cpu / peer_cpu)
    middle = sorted(cpu)[ROUNDS // 2]
    figure.note = f"goals: 0.75 of the limit, 1.5 × the peer by CPU time; by CPU time: {middle:.2f} × the peer"
    return figure


def _timed(work: Callable[[], Callable[[], None]], *pids: int) -> tuple[float, float]:
    """Verifications per second of the clock and of the processes' CPU; ``work`` prepares and gives what is timed."""
    run = work()
    cpu, began = sum(map(cpu_of_tree, pids)), time.perf_counter()
    run()
    wall, cpu = time.perf_counter() - began, sum(map(cpu_of_tree, pids)) - cpu
    return EACH / wall, EACH / max(cpu, 0.01)


def _ours(documents: Sequence[UUID]) -> Callable[[], None]:
    from django.db import transaction

    from documents.services.verification import VERIFY
    from eid_portal.core import jobs

    rows = _verifications(documents)

    def run() -> None:
        with transaction.atomic():
            jobs.enqueue_many(VERIFY, subject_ids=rows, lane=papers.PARTY)
        _wait_for(rows)

    return run


def _peers(documents: Sequence[UUID]) -> Callable[[], None]:
    from benchmarks.peer.verifying import verify
    from eid_portal.core import jobs

    jobs.load_tasks()
    rows = _verifications(documents)

    def run() -> None:
        for row in rows:
            verify.apply_async(kwargs={"verification_id": str(row)}, queue="peer")
        _wait_for(rows)

    return run


def _verifications(documents: Sequence[UUID]) -> list[UUID]:
    from documents.models import Verification
    from eid_portal.core import bulk, clock

    rows = [
        Verification(document_id=pk, registry=papers.PARTY, reason="LINK", requested_at=clock.now())
        for pk in documents
    ]
    from django.db import transaction

    with transaction.atomic():
        bulk.insert(rows)
    return [row.pk for row in rows]


def _wait_for(rows: Sequence[UUID]) -> None:
    from documents.models import Verification

    mine = Verification.objects.filter(pk__gte=min(rows), pk__lte=max(rows))
    until = time.monotonic() + WAIT
    while mine.filter(outcome="PENDING").exists():
        if time.monotonic() > until:
            raise SystemExit(f"{mine.filter(outcome='PENDING').count()} are not verified")
        time.sleep(0.02)
    good = mine.filter(outcome="VERIFIED", document__state="VERIFIED").count()
    if good != len(rows):
        raise SystemExit(f"{good} of {len(rows)} were verified")


def _limit(port: int) -> float:
    body = json.dumps({"licence_no": "100000000000", "personal_number": "999200000000"})

    def ask(count: int) -> int:
        line = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(count):
            line.request("POST", "/v1/licences/lookup", body=body)
            answer: Any = line.getresponse()
            answer.read()
        line.close()
        return count

    began = time.perf_counter()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        done = sum(pool.map(ask, [EACH // IN_FLIGHT] * IN_FLIGHT))
    return done / (time.perf_counter() - began)
