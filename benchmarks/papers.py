"""Driver licences to measure with, and the registry that holds them."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from benchmarks import registry
from benchmarks.ground import ROOT, Ground
from eid_portal.run.processes import end, spawn

PARTY = "traffic-police"


@contextmanager
def registry_process(here: Ground, *, milliseconds: float) -> Iterator[int]:
    """A registry on the loopback; the environment of this process and of later ones leads to it. Yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    private, public = here.var / "registry.key", here.var / "registry-keys.json"
    registry.new_key(private, public)
    address = f"http://127.0.0.1:{port}"
    here.env |= {
        "EID_SANDBOX_URL": address,
        "EID_OUTSIDE_KEYS_FILE": str(public),
    }
    process = spawn(
        [sys.executable, "-m", "benchmarks.registry", str(port), str(milliseconds), private],
        log=here.var / "log" / f"registry-{port}.log",
        env=here.env,
        cwd=ROOT,
    )
    try:
        _wait(port, process)
        yield port
    finally:
        end(process, by=signal.SIGTERM, within=10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"the registry ended with {process.returncode}") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the registry does not answer")


@contextmanager
def running(here: Ground, name: str, *words: str, **env: str) -> Iterator[int]:
    """A program of the portal. Yields its process id."""
    process = spawn(
        [sys.executable, *words], log=here.var / "log" / f"{name}.log", env=here.env | env, cwd=ROOT
    )
    try:
        yield process.pid
    finally:
        end(process, by=signal.SIGTERM, within=15)


def asked(here: Ground, port: int) -> tuple[dict[str, int], int]:
    """What the registry on a port said last: how often it was asked about each number, and within a second at most."""
    path = here.var / "log" / f"registry-{port}.log"
    said = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    return said["asked"], said["most"]


def make_holders(count: int) -> list[Any]:
    """People with an account and nothing else: their accounts."""
    from django.db import transaction

    from accounts.models import Account, Citizen
    from eid_portal.core import bulk, clock, sealed

    now = clock.now()
    accounts = []
    with transaction.atomic():
        for first in range(0, count, 2000):
            citizens, some = [], []
            for place in range(first, min(count, first + 2000)):
                number = f"999200{place:06d}"
                citizen = Citizen(
                    personal_number=number,
                    personal_number_index=sealed.blind_index("personal_number", number),
                    full_name=registry.NAME,
                    birth_date=date.fromisoformat(registry.BORN),
                    sex="F",
                    residence=None,
                    created_at=now,
                )
                citizens.append(citizen)
                some.append(
                    Account(
                        state="ACTIVE", kind="citizen", citizen=citizen, level=2, activated_at=now, created_at=now
                    )
                )  # fmt: skip
            bulk.insert(citizens)
            bulk.insert(some)
            accounts += [(account.pk, account.citizen_id) for account in some]
    return accounts


def make_licences(
    holders: Sequence[tuple[UUID, UUID]], *, first: int, state: str = "VERIFYING"
) -> list[UUID]:
    """A licence a holder, numbered from ``first``; VERIFIED ones as their registry has them."""
    from django.db import transaction

    from documents import kinds
    from documents.gateways import traffic_police
    from documents.models import Document
    from documents.models.papers import NUMBER
    from documents.rules.papers import Holder
    from eid_portal.core import bulk, clock, sealed
    from eid_portal.core.outside import Accepted

    now = clock.now()
    keys: list[UUID] = []
    with transaction.atomic():
        for begin in range(0, len(holders), 2000):
            rows = []
            for place, (account_id, citizen_id) in enumerate(holders[begin : begin + 2000]):
                number, person = f"{first + begin + place:012d}", f"999200{begin + place:06d}"
                row = Document(
                    state=state, citizen_id=citizen_id, kind=traffic_police.LICENCE, registry=PARTY, number=number,
                    number_index=sealed.blind_index(NUMBER, number), since=now, linked_at=now,
                    linked_by_id=account_id, next_check_at=now,
                )  # fmt: skip
                if state == "VERIFIED":
                    answer = Accepted(
                        {
                            "licence": registry.licence_of(  # what it will say
                                {"licence_no": number, "personal_number": person}
                            )
                        }
                    )
                    read: Any = traffic_police.read_look_up(traffic_police.LICENCE, number, answer)
                    row.paper, row.verified_at, row.checked_at = read.paper.as_json(), now, now
                    row.differing = kinds.find(row.kind).compare(
                        Holder(
                            personal_number=person,
                            former_numbers=(),
                            full_name=registry.NAME,
                            birth_date=date.fromisoformat(registry.BORN),
                        ),
                        read.paper,
                    )
                rows.append(row)
            bulk.insert(rows)
            keys += [row.pk for row in rows]
    return keys
