"""How long a wallet takes while the registry of its papers takes calls and never answers, and once it is dead.

Everybody has a paper being verified there, so the worker asks all the time. The unit is milliseconds at the 95th
percentile, once for a silent and once for a dead registry.
"""

import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from benchmarks import papers, wallet_page
from benchmarks.client import Browser
from benchmarks.first_page import Cookies
from benchmarks.ground import Ground, web
from benchmarks.meter import Figure
from benchmarks.people import make_people

PEOPLE, PAGES, APART = 40, 300, 0.05  # seconds between two pages
WORKER = (
    "-m",
    "celery",
    "--app",
    "eid_portal.celery",
    "worker",
    "--pool",
    "threads",
    "--loglevel",
    "WARNING",
)


@dataclass
class Silent:
    """A registry that takes every call and answers none."""

    server: socket.socket
    calls: list[socket.socket] = field(default_factory=list)


def measure(here: Ground) -> Figure:
    """Silent first, then dead."""
    figure = Figure("wallet_silent_registry", "ms")
    with _silent_registry() as registry:
        here.env["EID_SANDBOX_URL"] = f"http://127.0.0.1:{registry.server.getsockname()[1]}"
        import os

        os.environ.update(here.env)
        import django

        django.setup()
        people = make_people(PEOPLE)
        relay = papers.running(here, "relay", "manage.py", "relay")
        with web(here) as (port, _pid), relay, papers.running(here, "worker", *WORKER):
            cookies = [
                wallet_page.sign_in_with_papers(port, place, person)
                for place, person in enumerate(people)
            ]
            _queue()
            silent = _pages(port, cookies)
            calls = len(registry.calls)
            _close(registry)
            dead = _pages(port, cookies)
    figure.ours += [_worst(silent), _worst(dead)]
    figure.note = (
        f"goal: at most 1000 at the 95th percentile; silent {_worst(silent):.0f} (median"
        f" {statistics.median(silent):.0f}), dead {_worst(dead):.0f} (median {statistics.median(dead):.0f});"
        f" {calls} calls reached it in {PAGES * APART:.0f} s"
    )
    return figure


def _queue() -> None:
    """What is being verified waits for the registry."""
    from django.db import transaction

    from documents.models import Verification
    from documents.services.verification import VERIFY
    from eid_portal.core import jobs

    rows = Verification.objects.filter(outcome="PENDING").values_list("pk", "registry")
    with transaction.atomic():
        for pk, party in rows:
            jobs.enqueue(VERIFY, subject_id=pk, lane=party)


def _pages(port: int, cookies: Sequence[Cookies]) -> list[float]:
    """Milliseconds of each of many wallets."""
    browser, took = Browser(port), []
    for place in range(PAGES):
        browser.cookies = dict(cookies[place % len(cookies)])
        began = time.perf_counter()
        status, text = browser.get("/papers/")
        took.append((time.perf_counter() - began) * 1000)
        if status != 200 or 'class="docitem"' not in text:
            raise SystemExit(f"not the wallet: {status}")
        time.sleep(APART)
    return took


def _worst(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


@contextmanager
def _silent_registry() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        registry = Silent(server)

        def take() -> None:
            with suppress(OSError):  # the end
                while True:
                    registry.calls.append(server.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        try:
            yield registry
        finally:
            _close(registry)


def _close(registry: Silent) -> None:
    """From now on nobody is there."""
    with suppress(OSError):
        registry.server.shutdown(
            socket.SHUT_RDWR
        )  # ends the waiting accept, which close alone does not
    registry.server.close()
    for call in registry.calls:
        call.close()
