"""Events get a MAC, are sealed whatever order they commit in, and leave anchors outside the database."""

import json
import re
import threading
import time
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from structlog.testing import capture_logs

from eid_portal.core import (
    audit,
    audit_anchors,
    audit_reading,
    audit_sealing,
    clock,
    ids,
    keys,
    outside,
    tasks,
    tidying,
    timestamping,
)
from eid_portal.core.database import only_one
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import (
    AuditAnchor,
    AuditBlock,
    AuditEvent,
    AuditMembership,
    Job,
    LimitCounter,
)
from eid_portal.core.sealed import DoesNotOpen
from eid_portal.core.timestamping import Receipt
from tests.core.happenings import Happened, Told
from tests.outside_world import OutsideWorld
from tests.stores import ground


def happen(what: str = "it") -> AuditEvent:
    return audit.record(Happened(what=what), actor=SYSTEM)


def superuser() -> psycopg.Connection[Any]:
    """Somebody who may do anything: no trigger and no foreign key holds them back."""
    line = psycopg.connect(ground().postgres.url("postgres", ground().database))
    line.execute("SET session_replication_role = replica")
    return line


def verified() -> str:
    out = StringIO()
    call_command("verify_audit", stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def anchors(tmp_path: Any, settings: Any) -> Any:
    settings.AUDIT_ANCHORS = tmp_path / "anchors"
    return settings.AUDIT_ANCHORS / "anchors.jsonl"


# --- Events ---------------------------------------------------------------------------------------
def test_an_event_comes_back_as_its_mac_says(db: None) -> None:
    subject = uuid4()
    event = audit.record(
        Told(words="Đặng Thị Mẫu"), actor=SYSTEM, subject_id=subject, purpose="counter"
    )

    again = AuditEvent.objects.get(pk=event.pk)

    assert audit.mac_holds(again)
    assert audit.personal_data(again) == {"words": "Đặng Thị Mẫu"}
    assert "Mẫu".encode() not in bytes(again.sealed or b"")


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
WHOLE_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@given(data=WHOLE_JSON)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_json_an_event_holds_model_and_reader_see_the_same_text(
    db: None, data: Any
) -> None:
    event = happen(what=data)

    again = AuditEvent.objects.get(pk=event.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {audit_reading.EVENT} FROM core_auditevent e WHERE id = %s", [event.pk]
        )
        row = audit_reading.event_row(cursor.fetchone())

    assert audit.canonical(event) == audit.canonical(again) == row.text
    assert audit.mac_holds(again)


@pytest.mark.parametrize("what", [1.5, {"a": [0.1]}, float("nan")])
def test_fractions_are_refused(db: None, what: Any) -> None:
    with pytest.raises(ValueError, match="fraction"):
        happen(what=what)


def test_personal_data_needs_its_person(db: None) -> None:
    with pytest.raises(ValueError, match="person"):
        audit.record(Told(words="secret"), actor=SYSTEM)


def test_erasure_destroys_the_words_and_leaves_the_proof(db: None) -> None:
    subject = uuid4()
    event = audit.record(Told(words="forget me"), actor=SYSTEM, subject_id=subject)
    audit_sealing.seal()
    audit_anchors.write_missing()

    audit.destroy_subject_key(subject, now=clock.now())

    with pytest.raises(audit.KeyDestroyed):
        audit.personal_data(AuditEvent.objects.get(pk=event.pk))
    assert "as it was written" in verified()


def test_sealed_words_do_not_open_as_another_event(db: None) -> None:
    subject = uuid4()
    one, other = (
        audit.record(Told(words=words), actor=SYSTEM, subject_id=subject) for words in ("a", "b")
    )
    one.sealed = other.sealed

    with pytest.raises(DoesNotOpen):
        audit.personal_data(one)


# --- Sealing --------------------------------------------------------------------------------------
def test_every_event_is_sealed_once_in_blocks_of_at_most_a_thousand(db: None) -> None:
    audit.record_many([audit.prepare(Happened(what=str(n)), actor=SYSTEM) for n in range(2345)])

    assert audit_sealing.seal() == 2345
    assert audit_sealing.seal() == 0

    counts = AuditBlock.objects.order_by("number").values_list("number", "event_count")
    assert list(counts) == [(1, 1000), (2, 1000), (3, 345)]
    assert AuditMembership.objects.count() == 2345
    audit_anchors.write_missing()
    assert "3 blocks, 2345 sealed events, 0 waiting" in verified()


def test_one_large_transaction_is_sealed_in_portions(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealing, "AT_ONCE", 50)
    audit.record_many([audit.prepare(Happened(what=str(n)), actor=SYSTEM) for n in range(230)])

    assert audit_sealing.seal() == 230
    assert AuditMembership.objects.count() == 230


def in_thread(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_events_that_commit_out_of_order_are_all_sealed() -> None:
    begun, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            happen("slow")
            begun.set()
            may_commit.wait(20)

    thread = in_thread(slow)
    begun.wait(20)
    happen("quick")  # a later transaction, committed before the earlier one

    assert audit_sealing.seal() == 1  # a transaction that runs long holds up nobody else's events
    happen("later")
    assert audit_sealing.seal() == 1
    may_commit.set()
    thread.join()
    assert audit_sealing.seal() == 1
    assert audit_sealing.seal() == 0

    audit_anchors.write_missing()
    assert "3 blocks, 3 sealed events, 0 waiting" in verified()


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sealers_at_once_lose_and_double_nothing() -> None:
    writing = threading.Event()
    writing.set()

    def write(number: int) -> None:
        pause = threading.Event()
        for turn in range(25):
            with transaction.atomic():
                happen(f"{number}/{turn}")
                pause.wait((number * 7 + turn * 3) % 5 / 500)
                happen(f"{number}/{turn} again")
                if turn % 10 == 9:
                    transaction.set_rollback(True)

    def keep_sealing() -> None:
        while writing.is_set():
            audit_sealing.seal()

    writers = [in_thread(lambda number=number: write(number)) for number in range(6)]
    sealers = [in_thread(keep_sealing) for _ in range(2)]
    for thread in writers:
        thread.join()
    writing.clear()
    for thread in sealers:
        thread.join()
    audit_sealing.seal()

    written = 6 * 23 * 2
    assert AuditEvent.objects.count() == AuditMembership.objects.count() == written
    audit_anchors.write_missing()
    assert f"{written} sealed events, 0 waiting" in verified()


@pytest.mark.django_db(transaction=True)
def test_one_process_seals_at_a_time() -> None:
    happen()
    with transaction.atomic():
        assert only_one("audit.seal")
        counts: list[int] = []
        in_thread(lambda: counts.append(audit_sealing.seal())).join()
        assert counts == [0]

    assert audit_sealing.seal() == 1


@pytest.mark.django_db(transaction=True)
def test_an_event_changed_or_added_before_sealing_gets_no_seal_and_is_named() -> None:
    changed, good = happen("true"), happen("good")
    with superuser() as line:
        line.execute(
            """UPDATE core_auditevent SET data = '{"what": "false"}' WHERE id = %s""", [changed.pk]
        )
        line.execute(
            "INSERT INTO core_auditevent SELECT (jsonb_populate_record(e, jsonb_build_object('id', %s::text))).*"
            " FROM core_auditevent e WHERE id = %s",
            [added := str(ids.uuid7()), good.pk],
        )  # fmt: skip

    with capture_logs() as logs:
        assert audit_sealing.seal() == 1

    assert [entry["event_id"] for entry in logs if entry["log_level"] == "error"] == [
        str(changed.pk),
        added,
    ]
    audit_anchors.write_missing()
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        findings = found()
    # The horizon stands still while any transaction of the server runs; then the time tells.
    late = "(later events were sealed without it|is older than 10 minutes)"
    for event_id in (str(changed.pk), added):
        assert f"event {event_id} (not sealed): its MAC does not hold" in findings
        assert re.search(rf"event {event_id} \(not sealed\): {late}", findings)
    assert str(good.pk) not in findings


def found() -> str:
    """What verify_audit finds, which must be something."""
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", stdout=out)
    return out.getvalue()


def test_sealing_waits_for_a_key_that_is_not_here_yet(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen("with a known key")
    time.sleep(0.002)  # ids of one millisecond are in no order
    monkeypatch.setattr(keys, "current", lambda _purpose: ("audit_mac-77", bytes(32)))
    late = happen("with a key of tomorrow")
    monkeypatch.undo()

    assert audit_sealing.seal() == 1
    assert audit_sealing.seal() == 0

    real = keys.get
    monkeypatch.setattr(
        keys,
        "get",
        lambda purpose, key_id: bytes(32) if key_id == "audit_mac-77" else real(purpose, key_id),
    )
    assert audit_sealing.seal() == 1
    assert AuditMembership.objects.filter(event=late).exists()


@pytest.mark.django_db(transaction=True)
def test_after_a_restore_into_a_younger_database_everything_is_sealed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_sealing, "AT_ONCE", 2)
    happen("sealed before the dump")
    audit_sealing.seal()
    waited = [happen(f"waited {n}") for n in range(5)]
    with superuser() as line:  # as a dump of a database with larger transaction ids would look
        line.execute("UPDATE core_auditblock SET horizon = '99999999'")
        line.execute(
            "UPDATE core_auditevent SET xid = '99999999' WHERE id = ANY(%s)",
            [[e.pk for e in waited]],
        )
    new = happen("after the restore")

    assert audit_sealing.seal() == 6
    happen("and on")
    assert audit_sealing.seal() == 1

    assert AuditMembership.objects.filter(event=new).exists()
    assert AuditMembership.objects.count() == AuditEvent.objects.count()
    assert int(AuditBlock.objects.latest("number").horizon) < 99999999


def test_old_events_without_a_seal_are_reported(db: None) -> None:
    event = happen()

    assert "1 waiting" in verified()
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert f"event {event.pk} (not sealed): is older than 10 minutes" in found()


# --- Anchors --------------------------------------------------------------------------------------
def seal_one(what: str = "it") -> None:
    happen(what)
    audit_sealing.seal()


def test_the_file_of_anchors_catches_up_and_repairs_a_torn_line(db: None, anchors: Any) -> None:
    seal_one()
    seal_one()
    assert audit_anchors.write_missing() == 2
    seal_one()
    with anchors.open("ab") as file:
        file.write(b'{"block":3,"ha')

    assert audit_anchors.write_missing() == 1
    assert audit_anchors.write_missing() == 0

    blocks = AuditBlock.objects.order_by("number").values_list("number", "hash")
    lines = [json.loads(line) for line in anchors.read_text().splitlines()]
    assert lines == [{"block": number, "hash": bytes(digest).hex()} for number, digest in blocks]


def test_a_log_shorter_than_its_anchors_raises_an_alarm(db: None, anchors: Any) -> None:
    seal_one()
    anchors.parent.mkdir()
    anchors.write_text(audit_anchors.line_of(7, bytes(32)) + "\n")

    with capture_logs() as logs:
        assert audit_anchors.write_missing() == 0

    assert [entry["event"] for entry in logs] == ["audit.anchors_know_later_block"]
    assert "block 7 was anchored and is not there: the log was cut" in found()


def test_the_last_anchor_is_found_behind_many_receipts(db: None, anchors: Any) -> None:
    receipt = Receipt(1, "00" * 32, "2026-01-01T00:00:00.000+00:00", "k", "A" * 88)
    lines = [audit_anchors.line_of(5, bytes(32))]
    lines += [audit_anchors.line_of(1, bytes(32), receipt)] * 400
    anchors.parent.mkdir()
    anchors.write_text("\n".join(lines) + "\n")
    seal_one()

    assert audit_anchors.write_missing() == 0


def test_receipts_come_when_the_witness_is_back(
    db: None, sandbox: OutsideWorld, settings: Any
) -> None:
    for _ in range(3):
        seal_one()
    audit_anchors.write_missing()
    there = settings.OUTSIDE
    settings.OUTSIDE = {**there, "timestamp": "http://localhost:9/timestamp"}
    with outside.transport(Away()):
        assert audit_anchors.fetch_receipts() == 0
    settings.OUTSIDE = there

    assert audit_anchors.fetch_receipts() == 3
    assert audit_anchors.fetch_receipts() == 0

    assert AuditAnchor.objects.count() == 3
    assert "3 anchors, 3 receipts" in verified()
    out = StringIO()
    call_command("verify_audit", "--ask-witness", stdout=out)


class Away(BaseAdapter):
    """Nobody answers."""

    def send(self, *_args: Any, **_kwargs: Any) -> Any:
        raise requests.ConnectionError

    def close(self) -> None:
        """Nothing is open."""


def test_a_witness_that_holds_another_hash_is_an_alarm(db: None, sandbox: OutsideWorld) -> None:
    seal_one()
    timestamping.anchor(1, "ab" * 32)

    with capture_logs() as logs:
        assert audit_anchors.fetch_receipts() == 0

    assert "audit.witness_holds_another_hash" in [entry["event"] for entry in logs]


def test_the_witness_knows_of_a_tail_that_was_cut(db: None, sandbox: OutsideWorld) -> None:
    seal_one()
    audit_anchors.write_missing()
    audit_anchors.fetch_receipts()
    timestamping.anchor(2, "ab" * 32)

    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", "--ask-witness", stdout=out)

    assert "knows block 2: the log was cut" in out.getvalue()


# --- Periodic work --------------------------------------------------------------------------------
def test_sealing_and_witnessing_are_rung_every_15_seconds() -> None:
    plan = django_settings.CELERY_BEAT_SCHEDULE
    assert plan["core.seal_audit"]["schedule"] == plan["core.witness_audit"]["schedule"] == 15


def test_the_periodic_tasks_do_their_work(db: None, sandbox: OutsideWorld) -> None:
    happen()

    tasks.seal_audit()
    tasks.witness_audit()
    tasks.expire_approvals()
    tasks.tidy()

    assert (
        "1 blocks, 1 sealed events, 0 waiting for the next block, 1 anchors, 1 receipts"
        in verified()
    )


def test_tidying_deletes_what_no_longer_counts_and_nothing_else(db: None) -> None:
    now = clock.now()
    hour, week = timedelta(hours=1), timedelta(days=8)
    for name, ends, locked in [
        ("over", -hour, None),
        ("locked", -hour, hour),
        ("running", hour, None),
    ]:
        LimitCounter.objects.create(
            name=name, key=uuid4(), count=1, window_ends_at=now + ends, locked_until=now + locked if locked else None
        )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "eid_portal.core.ids.time.time_ns", lambda: int((now - week).timestamp() * 1e9)
        )
        for task, done in [("old", now), ("old, not done", None)]:
            Job.objects.create(
                id=ids.uuid7(), task=task, subject_id=uuid4(), created_at=now, next_attempt_at=now, done_at=done
            )  # fmt: skip
    Job.objects.create(
        task="new", subject_id=uuid4(), created_at=now, next_attempt_at=now, done_at=now
    )

    deleted = tidying.delete_old(now=now)

    assert {name: count for name, count in deleted.items() if count} == {
        "limit_counters": 1, "jobs": 1,
    }  # fmt: skip

    assert set(LimitCounter.objects.values_list("name", flat=True)) == {"locked", "running"}
    assert set(Job.objects.values_list("task", flat=True)) == {"old, not done", "new"}


# --- What the portal's own role may do ------------------------------------------------------------
@pytest.mark.parametrize(
    "table", ["core_auditevent", "core_auditblock", "core_auditmembership", "core_auditanchor"]
)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET {} = {}",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}",
    ],
)
def test_the_portals_role_cannot_change_the_audit(db: None, table: str, statement: str) -> None:
    column = {
        "core_auditevent": "xid",
        "core_auditblock": "hash",
        "core_auditmembership": "leaf",
        "core_auditanchor": "signature",
    }[table]
    with pytest.raises(Exception, match=r"permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(statement.format(table, column, column))
