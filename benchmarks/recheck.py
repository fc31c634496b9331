"""A night's check of every paper: 100,000 licences of one registry that may be asked so many times a second.

The check is begun as the clock rings for it; worker and relay are the processes of `make run`. The limit is the pace
the registry allows; it counts how often it is asked within any second. In the middle the worker is killed and started
again, and now and then somebody links a paper and waits for it. Each paper must be checked once; the registry may have
been asked again only about what the killed worker was asking. ``EID_BENCH_PAPERS`` says how many papers, if fewer do.
"""

import os
import signal
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks import papers
from benchmarks.ground import Ground
from benchmarks.meter import Figure
from eid_portal.run import programs

PAPERS = int(os.environ.get("EID_BENCH_PAPERS", "100000"))
CALLS_PER_SECOND, IN_FLIGHT, MILLISECONDS = 200, 16, 20
FIRST, FIRST_LINKED = 10**11, 2 * 10**11
LOOKS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98)  # of the papers
KILLED_AT = 0.5
WAIT = 600.0  # seconds beside what the pace needs
LONG = 2.0  # seconds: nobody who links a paper waits longer


def measure(here: Ground) -> Figure:
    """One night."""
    with papers.registry_process(here, milliseconds=MILLISECONDS) as port, ExitStack() as stack:
        os.environ.update(here.env)
        import django

        django.setup()
        night = _Night(here, stack)
        night.prepare()
        night.run()
    asked, most = papers.asked(here, port)  # it says so when it ends
    night.judge(asked, most)
    figure = Figure("recheck", "papers/s", limit_name=f"{CALLS_PER_SECOND} calls a second allowed")
    figure.ours, figure.limit = [PAPERS / night.wall], [float(CALLS_PER_SECOND)]
    figure.note = night.note(most)
    return figure


class _Night:
    """A night's check and what was seen of it."""

    def __init__(self, here: Ground, stack: ExitStack) -> None:
        self.here, self.stack = here, stack
        self.worker = 0
        self.wall = self.gap = 0.0
        self.held = 0  # calls in flight when the worker was killed, and what it had claimed beside
        self.memory: list[tuple[float, int]] = []
        self.rates: list[float] = []
        self.waits: list[float] = []

    def prepare(self) -> None:
        """People whose papers were verified, and the processes."""
        from documents.models import Document, Registry

        Registry.objects.create(
            party=papers.PARTY, calls_per_second=CALLS_PER_SECOND, in_flight=IN_FLIGHT
        )
        self.holders = papers.make_holders(PAPERS)
        papers.make_licences(self.holders, first=FIRST, state="VERIFIED")
        if Document.objects.count() != PAPERS:
            raise SystemExit("not all papers are there")
        self._start("worker")
        self._start("relay")
        time.sleep(10)  # both have started

    def _start(self, name: str) -> None:
        program = next(each for each in programs.background() if each.name == name)
        running = papers.running(self.here, name, *program.python, **program.env)
        pid = self.stack.enter_context(running)
        if name == "worker":
            self.worker = pid

    def run(self) -> None:
        """From the bell until every paper was checked."""
        from celery import current_app

        from documents.models import Recheck
        from eid_portal.core import jobs

        jobs.load_tasks()
        began = time.perf_counter()
        current_app.tasks["documents.begin_recheck"].apply_async()
        looked_at, before = began, 0
        for part in LOOKS:
            self._wait_for(round(part * PAPERS))
            now, done = time.perf_counter(), self._checked()
            self.rates.append((done - before) / (now - looked_at))
            self.memory.append((part, _resident(self.worker)))
            self._link_one()
            if part == KILLED_AT:
                self._kill()
            looked_at, before = time.perf_counter(), self._checked()
        self._wait_for(PAPERS)
        self.wall = time.perf_counter() - began
        self.memory.append((1.0, _resident(self.worker)))
        until = time.monotonic() + WAIT
        while Recheck.objects.filter(done_at__isnull=True).exists() or self._waiting():
            if time.monotonic() > until:
                raise SystemExit("the night does not end")
            time.sleep(0.2)

    def _checked(self) -> int:
        from documents.models import Recheck

        return sum(Recheck.objects.values_list("queued", flat=True)) - self._waiting()

    def _waiting(self) -> int:
        from documents.services.verification import VERIFY
        from eid_portal.core.models import Job

        return Job.objects.filter(
            task=VERIFY, lane=papers.PARTY, done_at__isnull=True, given_up_at__isnull=True
        ).count()

    def _wait_for(self, goal: int) -> None:
        until = time.monotonic() + WAIT + PAPERS / CALLS_PER_SECOND
        while self._checked() < goal:
            if time.monotonic() > until:
                raise SystemExit(f"{self._checked()} of {PAPERS} papers were checked")
            time.sleep(0.2)

    def _link_one(self) -> None:
        """Somebody links a paper, and waits."""
        from django.db import transaction

        from documents.enums import VerificationReason
        from documents.models import Document, Verification
        from documents.services import verification
        from eid_portal.core import clock

        first = FIRST_LINKED + len(self.waits)
        (key,) = papers.make_licences(self.holders[:1], first=first)
        with transaction.atomic():
            asked = verification.request(
                Document.objects.get(pk=key),
                reason=VerificationReason.LINK,
                now=clock.now(),
            )
        began = time.perf_counter()
        while Verification.objects.filter(pk=asked.pk, outcome="PENDING").exists():
            time.sleep(0.01)
        self.waits.append(time.perf_counter() - began)

    def _kill(self) -> None:
        from eid_portal.core.models import Job

        os.killpg(self.worker, signal.SIGKILL)
        killed = time.perf_counter()
        self.held = Job.objects.filter(lease_until__isnull=False, done_at__isnull=True).count()
        self._start("worker")
        done = self._checked()
        self._wait_for(done + 1)
        self.gap = time.perf_counter() - killed

    def judge(self, asked: dict[str, int], most: int) -> None:
        """Whether it was as it must be.

        Raises:
            SystemExit: it was not; the message says what.
        """
        from django.db.models import Count

        from documents.models import Document, Verification

        nightly = Verification.objects.filter(reason="NIGHTLY")
        twice = nightly.values("document").annotate(times=Count("pk")).filter(times__gt=1)
        again = sum(asked.values()) - PAPERS - len(self.waits)
        true = {
            "every paper was checked": nightly.filter(outcome="VERIFIED").count() == PAPERS,
            "each once": not twice.exists(),
            "none is due": Document.objects.filter(state="VERIFIED").count()
            == PAPERS + len(self.waits),
            "asked again only about what was in flight": 0 <= again <= self.held,
            "no faster than allowed": most <= CALLS_PER_SECOND + IN_FLIGHT,
            "nobody waited long": max(self.waits) <= LONG,
        }
        false = [said for said, holds in true.items() if not holds]
        if false:
            raise SystemExit(
                f"not true: {'; '.join(false)}. {self.note(most)} asked again: {again}"
            )

    def note(self, most: int) -> str:
        """What was seen."""
        memory = " ".join(f"{part:.0%}:{held / 2**20:.0f}" for part, held in self.memory)
        length = timedelta(seconds=round(self.wall))
        return (
            f"{PAPERS} papers in {length}, a kill and {self.gap:.0f} s without a worker among them; else"
            f" {median(self.rates):.0f}/s; asked at most {most} times within a second; {self.held} claimed at the kill;"
            f" MiB of the worker {memory}; who linked a paper waited {median(self.waits):.2f} s, at most"
            f" {max(self.waits):.2f} s"
        )


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line)
