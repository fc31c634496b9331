"""What both figures of card events share: made-up events, and a plain COPY of the rows they become."""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import psycopg

from benchmarks.ground import Ground
from benchmarks.meter import Figure, cpu_of_tree

# Parents before children.
TABLES = {
    "accounts_citizen": "created_at",
    "accounts_account": "created_at",
    "accounts_idcard": "created_at",
    "accounts_authenticator": "created_at",
    "accounts_notice": "created_at",
    "accounts_cardevent": "received_at",
    "core_auditevent": "recorded_at",
}
COPY_DATABASE = "bench_copy"


def make_events(first: int, count: int) -> list[str]:
    """Cards granted to men whose numbers are outside every real range (province 999), as JSON."""
    return [
        json.dumps(
            {
                "event_id": str(uuid4()),
                "kind": "granted",
                "occurred_at": "2026-01-20T09:00:00+07:00",
                "personal_number": f"999200{serial:06d}",
                "full_name": "Nguyễn Văn Đo Lường",
                "birth_date": "2000-02-29",
                "sex": "M",
                "nationality": "VNM",
                "residence": {"province": "Hà Nội", "commune": "Phường Cửa Nam", "line": "Số 1"},
                "card": {
                    "number": f"999{serial:06d}",
                    "issued_on": "2025-03-03",
                    "expires_on": "2040-02-28",
                },
                "phone": f"+8451{serial:07d}",
                "photo": None,
            },
            ensure_ascii=False,
        )
        for serial in range(first, first + count)
    ]


class Copy:
    """The limit: the rows of a round copied into the same tables of a second database, in one transaction."""

    def __init__(self, here: Ground) -> None:
        here.postgres.make_database(COPY_DATABASE, template="eid")
        self.source = here.postgres.url("postgres")
        self.target = here.postgres.url("postgres", COPY_DATABASE)

    def rows_since(self, began: datetime) -> list[tuple[str, list[bytes]]]:
        """What was written since then, as PostgreSQL sends it."""
        found = []
        with psycopg.connect(self.source) as line, line.cursor() as cursor:
            for table, column in TABLES.items():
                rows = f"SELECT * FROM {table} WHERE {column} >= '{began.isoformat()}'"
                with cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT BINARY)") as copy:
                    found.append((table, [bytes(block) for block in copy]))
        return found

    def write(self, rows: list[tuple[str, list[bytes]]]) -> int:
        """Copy them; gives the number of events."""
        written = {}
        with psycopg.connect(self.target) as line, line.cursor() as cursor:
            for table, blocks in rows:
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                    for block in blocks:
                        copy.write(block)
                written[table] = cursor.rowcount
        return written["accounts_cardevent"]


def measure(
    figure: Figure, here: Ground, take: Callable[[int], int], *, rounds: int, each: int
) -> Figure:
    """``take`` the events of each round, numbered from the given one, and copy what became of them."""
    from eid_portal.core import clock

    copy = Copy(here)
    take(0)  # what runs for the first time is slower
    cpu: list[float] = []
    for place in range(1, rounds + 1):
        began = clock.now()
        ours, ours_cpu = _rates(lambda: take(place * each), each)  # noqa: B023
        rows = copy.rows_since(began)
        limit, limit_cpu = _rates(lambda: copy.write(rows), each)  # noqa: B023
        figure.ours.append(ours)
        figure.limit.append(limit)
        cpu.append(ours_cpu / limit_cpu)
    middle = sorted(cpu)[rounds // 2]
    figure.note = f"by CPU time of everything, PostgreSQL included: {middle:.3f} of the limit"
    return figure


def _rates(work: Callable[[], int], expected: int) -> tuple[float, float]:
    """Events per second of the wall clock and of the CPU of all processes, the stores among them."""
    cpu, wall = cpu_of_tree(os.getpid()), time.perf_counter()
    done = work()
    wall, cpu = time.perf_counter() - wall, cpu_of_tree(os.getpid()) - cpu
    if done != expected:
        raise SystemExit(f"{done} of {expected} events became what they should")
    return done / wall, done / max(cpu, 0.01)
