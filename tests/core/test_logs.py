"""Logs say what happened and where, and never repeat a value; and the alarm that proves it goes off."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from celery.app import trace
from django.db import IntegrityError, connection, transaction

from eid_portal.core import audit, bell, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import Job
from tests.alarm import Alarm, PersonalDataInClear
from tests.core import some_tasks
from tests.core.happenings import Happened, Told
from tests.factories import BIRTH_DATE, NAME, PHONE, make_account, make_citizen, make_notice

log = structlog.get_logger()
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(written: io.StringIO) -> Iterator[Lines]:
    """The log lines so far, as they are written."""
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    for line in written.getvalue().splitlines():
        for value in (NAME, "Mẫu", PHONE):
            assert value not in line


def fail() -> None:
    raise ValueError(f"no such person: {NAME} {PHONE}")


def test_every_line_carries_the_request(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        log.info("thing.happened", count=3)
        logging.getLogger("anyone").warning("old %s", "style")  # noqa: TID251 - a library would

    ours, theirs = lines()
    assert (ours["event"], ours["level"], ours["count"], ours["request_id"]) == (
        *("thing.happened", "info", 3, "r-1"),
    )
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"], theirs["request_id"]) == (
        "old style",
        "warning",
        "r-1",
    )


@pytest.mark.parametrize("how", ["exception", "exc_info=True", "exc_info=error", "exc_info=tuple"])
def test_an_exception_is_told_by_its_kind_and_place(lines: Lines, how: str) -> None:
    try:
        fail()
    except ValueError as error:
        match how:
            case "exception":
                log.exception("it.failed")
            case "exc_info=True":
                log.error("it.failed", exc_info=True)  # noqa: G201 - one of the ways
            case "exc_info=error":
                log.error("it.failed", exc_info=error)  # noqa: TRY400 - one of the ways
            case _:
                found = type(error), error, error.__traceback__
                log.error("it.failed", exc_info=found)  # noqa: TRY400 - one of the ways

    (line,) = lines()
    assert (line["event"], line["exception"]) == ("it.failed", "ValueError")
    assert line["where"][-1].split(":")[0::2] == ["test_logs.py", "fail"]
    assert "exc_info" not in line


def test_an_exception_with_a_cause_tells_neither_message(lines: Lines) -> None:
    try:
        try:
            fail()
        except ValueError as error:
            raise RuntimeError(NAME) from error
    except RuntimeError:
        log.exception("it.failed", stack_info=True)

    (line,) = lines()
    assert line["exception"] == "RuntimeError"
    assert "stack" not in line


def test_an_old_exception_is_told_without_one_in_hand(lines: Lines) -> None:
    log.error("it.failed", exc_info=True)  # noqa: LOG014 - what is tested

    assert "exception" not in lines()[0]


def test_a_librarys_line_about_an_exception_keeps_only_its_wording(lines: Lines) -> None:
    library = logging.getLogger("some.library")  # noqa: TID251 - a library would
    try:
        fail()
    except ValueError as error:
        library.exception("could not do %s: %r", PHONE, error)
        library.error("failed", exc_info=error)

    first, second = lines()
    assert first["event"] == "some.library: could not do %s: %r"
    assert first["exception"] == second["exception"] == "ValueError"


def test_celerys_line_about_a_failed_task_repeats_no_message(lines: Lines) -> None:
    try:
        fail()
    except ValueError as error:
        trace.logger.error(
            "Task %(name)s[%(id)s] %(description)s: %(exc)s",
            {"name": "x", "id": "1", "description": "raised unexpected", "exc": repr(error)},
            exc_info=(type(error), error, error.__traceback__),
        )

    assert lines()[0]["exception"] == "ValueError"


def test_a_database_error_repeats_no_row(db: None, lines: Lines) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [NAME])
    except Exception:
        log.exception("database.refused")
    account = make_account()
    try:
        with transaction.atomic():
            make_account(account.citizen)
    except IntegrityError:
        log.exception("row.refused")

    assert [line["exception"] for line in lines()] == ["DataError", "IntegrityError"]


def test_a_failed_job_repeats_no_message(db: None, lines: Lines) -> None:
    job = jobs.enqueue(some_tasks.FAIL, subject_id=make_citizen().pk)

    for _ in range(3):
        Job.objects.update(next_attempt_at=job.created_at)
        jobs.run_here(job.pk, some_tasks.FAIL)

    assert [line["event"] for line in lines()] == [*["job.failed"] * 3, "job.given_up"]
    assert lines()[-1]["error"] == "ValueError"


def test_sql_with_its_values_is_not_logged(db: None, lines: Lines, settings: Any) -> None:
    settings.DEBUG = True
    make_citizen()

    assert lines() == []


# --- The alarm ----------------------------------------------------------------------------------
def test_the_alarm_is_silent_when_all_is_sealed(personal_data_alarm: Alarm) -> None:
    citizen = make_citizen()
    make_account(citizen)
    make_notice(citizen)
    audit.record(Told(words=f"{NAME} {PHONE}"), actor=SYSTEM, subject_id=citizen.pk)
    log.info("citizen.seen", citizen_id=str(citizen.pk))


def leak_in_log() -> None:
    log.info("leak", phone=PHONE)


def leak_in_folded_log() -> None:
    log.info("leak of dang thi mau")


def leak_in_upper_case() -> None:
    log.info("leak", name=NAME.upper())


def leak_in_audit() -> None:
    audit.record(Happened(what=f"told {NAME}"), actor=SYSTEM)


def leak_in_a_column() -> None:
    make_account(
        sign_in_name=None, citizen=make_citizen(nationality="VNM"), lock_reason="29/02/2000"
    )


def leak_in_a_job() -> None:
    jobs.enqueue(f"tests.{PHONE}", subject_id=make_citizen().pk)


def leak_in_redis() -> None:
    client = bell.redis_client()
    assert client is not None
    client.set("tests:leak", "0912000099", px=5_000)


def leak_of_a_birth_date() -> None:
    log.info("leak", born=f"{BIRTH_DATE:%d/%m/%Y}")


@pytest.mark.parametrize(
    "leak",
    [
        *(leak_in_log, leak_in_folded_log, leak_in_upper_case, leak_in_audit),
        *(leak_in_a_column, leak_in_a_job, leak_in_redis, leak_of_a_birth_date),
    ],
    ids=lambda leak: leak.__name__,
)
def test_the_alarm_goes_off(personal_data_alarm: Alarm, leak: Callable[[], None]) -> None:
    leak()

    with pytest.raises(PersonalDataInClear) as caught:
        personal_data_alarm.check()
    personal_data_alarm.values.clear()  # it has done its duty
    if client := bell.redis_client():
        client.delete("tests:leak")
    for value in (NAME, PHONE):
        assert value not in str(caught.value)


def test_the_alarm_watches_for_more(personal_data_alarm: Alarm) -> None:
    personal_data_alarm.watch("482913-secret")
    log.info("leak", code="482913-SECRET")

    with pytest.raises(PersonalDataInClear):
        personal_data_alarm.check()
    personal_data_alarm.values.clear()
