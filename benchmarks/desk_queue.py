"""A page far down the queue of an office that has very many files, against its first page.

A million applications of a hundred desks stand in the table, 200 thousand of them one office's, half of those under
review. Both pages are read whole as the office's page reads them (``selectors.desk.queue``), by at most three
statements, and the plan of each walks the index of its desks. The peer is the same deep page as lists are usually
written: Django's ``Paginator`` over the same rows, with the same joins.

The note says what narrowings cost that few files meet: those of one procedure, and those that the official holds.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from benchmarks.ground import Ground, columns_of
from benchmarks.meter import Figure, per_wall_second
from benchmarks.people import Person, make_people
from eid_portal.run.stores import SUPERUSER

FILES: Final = 1_000_000
ROUNDS: Final = 9
EACH: Final = 20  # pages of a kind in a round
PEERS: Final = 2  # of the peer's: one takes long
MOST_STATEMENTS: Final = 3
MOST_TIMES: Final = 1.5
_OFFICES: Final = 50
_DESKS: Final = 2  # of each office
_PEOPLE: Final = 200
_SHARE: Final = 5  # every so many-th file is the great office's
_RARE: Final = 50_000  # every so many-th file is of the rare procedure
_MINE: Final = 50_000  # and every so many-th is the official's
_FEW: Final = "marital-status"
_INDEXES: Final = ("application_", "procedures_application_")
_QUEUE: Final = "application_queue"
_DEEP: Final = 0.9  # of the queue lies before
_FILL: Final = """
INSERT INTO procedures_application ({columns})
SELECT {values}
FROM procedures_application one,
    (SELECT array_agg(id ORDER BY id) AS ids FROM accounts_citizen) AS people,
    generate_series(1, %(files)s) AS n,
    LATERAL (SELECT n %% %(share)s = 0 AS great, n / %(share)s AS place,
        now() + make_interval(mins => ((n::bigint * 7919) %% 1000000)::int - 100000) AS due) AS made,
    LATERAL (SELECT CASE place %% 10 WHEN 5 THEN 'WAITING_CITIZEN' WHEN 6 THEN 'PROPOSED'
            WHEN 7 THEN 'GRANTED' WHEN 8 THEN 'GRANTED' WHEN 9 THEN 'REFUSED' ELSE 'IN_REVIEW' END AS state,
        place %% 10 >= 7 AS ended, (n + %(mine)s / 2) %% %(mine)s = 0 AS mine) AS so
WHERE one.reference = 'B0'"""
_SPOTS: Final = """
SELECT a.due_at, a.public_id FROM procedures_application a JOIN procedures_desk d ON d.id = a.desk_id
WHERE d.office_id = %s AND a.state = 'IN_REVIEW' ORDER BY a.due_at, a.id OFFSET %s LIMIT %s"""


def measure(here: Ground) -> Figure:
    """All kinds of pages in turn."""
    import django

    django.setup()
    from django.utils import translation

    from accounts.models import Account
    from eid_portal.core import clock
    from procedures.selectors.desk import Filters

    translation.activate("vi")
    people = make_people(_PEOPLE)
    account = Account.objects.get(pk=people[0].account_id)
    office_id, procedures = _prepare(people)
    began = time.perf_counter()
    _fill(here, account, procedures)
    filled = time.perf_counter() - began
    reviewed = FILES // _SHARE // 2
    spots = _spots(here, office_id, int(reviewed * _DEEP))
    deep, now = itertools.cycle(spots), clock.now()
    review, rare, mine = Filters(), Filters(procedure=_FEW), Filters(mine=True)

    def pages(filters: Filters, after: Callable[[], str], rows: int) -> Callable[[], int]:
        return lambda: _read(account, office_id, filters, after, rows=rows, now=now)

    full = _page()
    kinds = (
        pages(review, lambda: "", full),
        pages(review, lambda: next(deep), full),
        pages(rare, lambda: "", FILES // _RARE),
        pages(mine, lambda: "", FILES // _MINE),
    )
    kinds[0]()  # the procedures' documents are read once in a process's life
    plans = [
        _look(account, office_id, filters, after, now)
        for filters, after in ((review, ""), (review, spots[0]), (rare, ""), (mine, ""))
    ]
    if not all(_QUEUE in plan for plan in plans[:2]):
        raise SystemExit(f"the queue is not read by its index: {plans}")
    if plans[2] == _QUEUE:
        raise SystemExit("those of one procedure are looked for in the whole queue")
    figure = Figure(
        "desk_queue",
        "pages/s",
        limit_name="the first page",
        peer_name="the same deep page by Django's Paginator, OFFSET and count",
    )
    few: list[tuple[float, float]] = []
    for place in range(ROUNDS + 1):
        rates = [per_wall_second(each) for each in kinds]
        usual = per_wall_second(lambda: _usual(office_id, int(reviewed * _DEEP) // full))
        if place:  # what runs for the first time is slower
            figure.limit.append(rates[0])
            figure.ours.append(rates[1])
            figure.peer.append(usual)
            few.append((rates[2], rates[3]))
    times = statistics.median(
        first / far for first, far in zip(figure.limit, figure.ours, strict=True)
    )
    by_procedure, held = (1000 / statistics.median(each) for each in zip(*few, strict=True))
    figure.note = (
        f"far down takes {times:.2f} × the first page (goal: at most {MOST_TIMES} ×), at most {MOST_STATEMENTS} "
        f"statements each; {FILES // _RARE} files of one procedure among {reviewed:,} {by_procedure:.1f} ms "
        f"({plans[2]}), {FILES // _MINE} files that one holds {held:.1f} ms ({plans[3]}); filled in {filled:.0f} s"
    )
    return figure


def _page() -> int:
    from procedures import policy

    return policy.QUEUE_PAGE


def _read(
    account: Any,
    office_id: Any,
    filters: Any,
    after: Callable[[], str],
    *,
    rows: int,
    now: datetime,
) -> int:
    from procedures.selectors import desk

    for _ in range(EACH):
        found = desk.queue(account, office_id=office_id, filters=filters, after=after(), now=now)
        if len(found.lines) != rows:
            raise SystemExit(f"not a page of files: {len(found.lines)} for {rows}")
    return EACH


def _look(account: Any, office_id: Any, filters: Any, after: str, now: datetime) -> str:
    """Count the statements of a page, and name the indexes of applications by which its rows are found."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from procedures.selectors import desk

    with CaptureQueriesContext(connection) as seen:
        desk.queue(account, office_id=office_id, filters=filters, after=after, now=now)
    if len(seen) > MOST_STATEMENTS:
        raise SystemExit(f"{len(seen)} statements for a page of the queue: {seen.captured_queries}")
    text = next(each["sql"] for each in seen if "LATERAL" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {text}")
        plan = [row[0] for row in cursor.fetchall()]
    if any("Seq Scan on procedures_application" in line for line in plan):
        raise SystemExit("the whole table is read: " + "\n".join(plan))
    used = {word for line in plan for word in line.split() if word.startswith(_INDEXES)}
    return " and ".join(sorted(used))


def _usual(office_id: Any, number: int) -> int:
    from django.core.paginator import Paginator

    from procedures.models import Application

    rows = (
        Application.objects.select_related("citizen", "claimed_by__citizen")
        .filter(desk__office_id=office_id, state="IN_REVIEW")
        .order_by("due_at", "id")
    )
    for _ in range(PEERS):
        found = Paginator(rows, _page()).page(number)
        if len([row.citizen.full_name for row in found]) != _page():
            raise SystemExit("not a page of files")
    return PEERS


def _prepare(people: Sequence[Person]) -> tuple[Any, dict[str, Any]]:
    """Offices, desks and procedures; and one application. Gives the great office, and procedures by code."""
    from accounts.models import Account, Office, Province
    from eid_portal.core import clock
    from eid_portal.core.events import SYSTEM
    from procedures.models import Application, Desk, Procedure, Revision
    from procedures.services import publishing

    now = clock.now()
    publishing.publish_shipped(actor=SYSTEM, now=now)
    province = Province.objects.get(name="Hà Nội")
    offices = Office.objects.bulk_create(
        Office(
            code=f"DL-{place:02d}", name="Đo lường", name_en="Measured", province=province,
            valid_from=date(2025, 7, 1),
        )
        for place in range(_OFFICES)
    )  # fmt: skip
    desks = Desk.objects.bulk_create(
        Desk(
            office=offices[place // _DESKS], agency="commune_police", province=province,
            commune=f"Đo lường {place}", valid_from=date(2025, 7, 1),
        )
        for place in range(_OFFICES * _DESKS)
    )  # fmt: skip
    procedures = {each.code: each for each in Procedure.objects.all()}
    common = procedures["temporary-residence"]
    account = Account.objects.get(pk=people[1].account_id)
    Application.objects.create(
        state="IN_REVIEW", public_id="B0", reference="B0", draft_id=account.pk, procedure=common,
        revision=Revision.objects.get(procedure=common), filer=account, citizen_id=account.citizen_id,
        capacity="self", desk=desks[-1], fee=0, filed_at=now, received_at=now, received_on=clock.today(now),
        due_at=now + timedelta(days=3), since=now,
    )  # fmt: skip
    return offices[0].pk, procedures


def _fill(here: Ground, account: Any, procedures: dict[str, Any]) -> None:
    import psycopg

    from procedures.models import Application, Desk

    desks = list(
        Desk.objects.filter(commune__startswith="Đo lường")
        .order_by("office__code", "pk")
        .values_list("pk", flat=True)
    )
    uuid = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
    changed = {
        "id": uuid,
        "draft_id": uuid,
        "public_id": "'b' || n",
        "reference": "'B' || n",
        "state": "so.state",
        "procedure_id": "CASE WHEN n %% %(rare)s = 0 THEN %(few)s::uuid ELSE one.procedure_id END",
        "citizen_id": "people.ids[1 + n %% array_length(people.ids, 1)]",
        "desk_id": "(%(desks)s::uuid[])[CASE WHEN great THEN 1 + (place / 10) %% %(of_great)s"
        " ELSE 1 + %(of_great)s + place %% (array_length(%(desks)s::uuid[], 1) - %(of_great)s) END]",
        "received_at": "due - interval '3 days'",
        "filed_at": "due - interval '3 days'",
        "due_at": "due",
        "since": "due - interval '2 days'",
        "ended_at": "CASE WHEN so.ended THEN due - interval '1 day' END",
        "claimed_by_id": "CASE WHEN so.mine THEN %(account)s::uuid END",
        "claimed_at": "CASE WHEN so.mine THEN now() END",
        "claimed_until": "CASE WHEN so.mine THEN now() + interval '1 day' END",
    }
    columns = columns_of(Application)
    text: Any = _FILL.format(
        columns=", ".join(f'"{column}"' for column in columns),
        values=", ".join(changed.get(column, f'one."{column}"') for column in columns),
    )
    values = {
        "files": FILES, "share": _SHARE, "rare": _RARE, "mine": _MINE, "few": procedures[_FEW].pk,
        "desks": desks, "of_great": _DESKS, "account": account.pk,
    }  # fmt: skip
    with psycopg.connect(here.postgres.url(SUPERUSER), autocommit=True) as filler:
        filler.execute("SET session_replication_role = replica")  # nothing to check row by row
        filler.execute(text, values)
        filler.execute("VACUUM ANALYZE procedures_application")


def _spots(here: Ground, office_id: Any, first: int) -> list[str]:
    """Marks far down the queue: a page begins after each."""
    import psycopg

    from procedures.selectors import desk

    with psycopg.connect(here.postgres.url(SUPERUSER)) as reader:
        rows = reader.execute(_SPOTS, [office_id, first, EACH * 5]).fetchall()
    return [desk.mark(due_at, public_id) for due_at, public_id in rows]
