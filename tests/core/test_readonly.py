"""A GET cannot write, however it tries; recording that somebody looked is the one exception."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from accounts.models import Citizen, Notice
from eid_portal.core import audit, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, Job, LimitCounter
from eid_portal.core.readonly import GetMayNotWrite, ReadOnlyMiddleware, access_record
from tests.core.happenings import Happened
from tests.factories import make_account, make_citizen, make_notice

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def run(method: str, act: Callable[[], Any]) -> Any:
    """``act`` as the view of a request."""
    kept: list[Any] = []

    def view(_request: HttpRequest) -> HttpResponse:
        kept.append(act())
        return HttpResponse()

    with transaction.atomic():
        ReadOnlyMiddleware(view)(RequestFactory().generic(method, "/"))
    return kept[0]


def execute(sql: str) -> Callable[[], None]:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return act


@pytest.mark.parametrize("method", SAFE)
def test_a_safe_request_may_not_write(db: None, method: str) -> None:
    with pytest.raises(GetMayNotWrite):
        run(method, make_notice)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("method", UNSAFE)
def test_other_requests_may(db: None, method: str) -> None:
    run(method, make_notice)

    assert Notice.objects.exists()


def test_every_way_the_orm_writes_is_caught(db: None) -> None:
    citizen = make_citizen()
    for write in (
        citizen.save,
        citizen.delete,
        lambda: Citizen.objects.update(alive=False),
        lambda: Citizen.objects.all().delete(),
        lambda: LimitCounter.objects.bulk_create([LimitCounter(name="x")]),
        lambda: LimitCounter.objects.get_or_create(name="x", key=citizen.pk),
        lambda: Citizen.objects.select_for_update().get(),
        lambda: audit.record(Happened(what="x"), actor=SYSTEM),
        lambda: jobs.enqueue("x", subject_id=citizen.pk),
    ):
        with pytest.raises(GetMayNotWrite):
            run("GET", write)
    assert Citizen.objects.get().alive
    assert not AuditEvent.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO core_circuit (party, failures) VALUES ('x', 0)",
        "  \n\tupdate core_circuit set failures = 1",
        "/* SELECT */ DELETE FROM core_circuit",
        "-- SELECT\nDELETE FROM core_circuit",
        "WITH gone AS (DELETE FROM core_circuit RETURNING party) SELECT * FROM gone",
        "with x as (select 1) update core_circuit set failures = 1",
        "WITH x AS (INSERT INTO core_circuit (party, failures) VALUES ('y', 0) RETURNING 1) SELECT * FROM x",
        "WITH x AS (SELECT 1) MERGE INTO core_circuit USING x ON true WHEN MATCHED THEN DELETE",
        "MERGE INTO core_circuit USING core_job ON true WHEN MATCHED THEN DELETE",
        "SELECT * INTO x FROM core_circuit",
        "SELECT * FROM core_circuit FOR UPDATE",
        "SELECT * FROM core_circuit FOR NO KEY UPDATE SKIP LOCKED",
        "SELECT * FROM core_circuit FOR SHARE",
        "SELECT * FROM core_circuit FOR KEY SHARE",
        "SELECT pg_notify('jobs', '')",
        "SELECT nextval('core_datakey_id_seq')",
        "SELECT setval('core_datakey_id_seq', 1)",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT 1; DELETE FROM core_circuit",
        "SELECT ';'; SELECT 2;\nDELETE FROM core_circuit",
        "SELECT 1; /* SELECT */ DELETE FROM core_circuit",
        "SELECT 1; SELECT * FROM core_circuit FOR UPDATE",
        "SELECT 1; SET ROLE eid_owner; SELECT 2",
        "NOTIFY jobs",
        "TRUNCATE core_circuit",
        "COPY core_circuit FROM STDIN",
        "CREATE TEMP TABLE x (y int)",
        "LOCK TABLE core_circuit",
        "DO $$ BEGIN DELETE FROM core_circuit; END $$",
        "CALL anything()",
        "EXPLAIN ANALYZE DELETE FROM core_circuit",
        "SET ROLE eid_owner",
    ],
)
def test_writes_in_every_dress_are_caught(db: None, sql: str) -> None:
    with pytest.raises(GetMayNotWrite):
        run("GET", execute(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        " \n select count(*) from core_circuit;",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT 'INSERT INTO; UPDATE core_circuit'",
        """SELECT 1 AS "update", 2 AS "delete" """,
        "SELECT failures AS updated, 'x' AS insert_at FROM core_circuit",
        "SHOW server_version",
        "SELECT 1;\nWITH x AS (SELECT 1) SELECT * FROM x;\n",
    ],
)
def test_reading_is_reading(db: None, sql: str) -> None:
    run("GET", execute(sql))


def test_a_page_may_read_in_a_transaction_and_a_savepoint(db: None) -> None:
    make_account()

    def act() -> int:
        with transaction.atomic(), transaction.atomic():
            return sum(1 for _ in Citizen.objects.iterator())

    assert run("GET", act) == 1


def test_recording_that_somebody_looked_is_allowed_and_nothing_after_it(db: None) -> None:
    def act() -> None:
        with access_record():
            audit.record(Happened(what="looked"), actor=SYSTEM)
        assert AuditEvent.objects.count() == 1
        make_notice()

    with pytest.raises(GetMayNotWrite):
        run("GET", act)


def test_the_exception_ends_when_its_block_fails(db: None) -> None:
    def act() -> None:
        with suppress(ZeroDivisionError), access_record():
            raise ZeroDivisionError
        make_notice()

    with pytest.raises(GetMayNotWrite):
        run("GET", act)


def test_the_guard_goes_with_the_request(db: None) -> None:
    with pytest.raises(ZeroDivisionError):
        run("GET", lambda: 1 // 0)

    make_notice()
    assert Notice.objects.exists()


def test_the_message_says_what_and_not_whom(db: None) -> None:
    with pytest.raises(GetMayNotWrite) as caught:
        run("GET", execute("DELETE FROM core_circuit WHERE party = 'Đặng Thị Mẫu'"))

    assert str(caught.value) == "DELETE"


# --- In the portal's own stack of middleware ----------------------------------------------------------
def writing_page(_request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        make_notice()
    return HttpResponse("written")


def looking_page(_request: HttpRequest) -> HttpResponse:
    with access_record():
        audit.record(Happened(what="looked"), actor=SYSTEM)
    return HttpResponse("looked")


urlpatterns = [path("write", writing_page), path("look", looking_page)]


@pytest.fixture
def browser(settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.core.test_readonly"
    return Client(headers={"host": "localhost"})


def test_a_page_that_writes_on_get_fails_and_works_on_post(db: None, browser: Client) -> None:
    with pytest.raises(GetMayNotWrite):
        browser.get("/write", secure=True)
    assert not Notice.objects.exists()

    assert browser.post("/write", secure=True).content == b"written"
    assert browser.get("/look", secure=True).content == b"looked"
