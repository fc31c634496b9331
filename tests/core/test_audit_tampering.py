"""Whoever owns the database changes the audit: both verifiers find it, every time."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from eid_portal.core import (
    audit,
    audit_anchors,
    audit_export,
    audit_reading,
    audit_sealing,
    clock,
    keys,
    outside,
    timestamping,
)
from eid_portal.core.audit_proofs import Block, Keys
from eid_portal.core.audit_reading import EventRow, Member, ReceiptRow
from eid_portal.core.audit_verification import Verifier
from eid_portal.core.events import SYSTEM
from eid_portal.env import ROOT
from tests.core.happenings import Happened, Told
from tests.outside_world import OutsideWorld
from tests.stores import ground

SCRIPT = ROOT / "deploy" / "verify_audit.py"


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("stand_alone", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stand_alone = load_script()


@dataclass
class Log:
    """A small log: what was read, and what both verifiers say of any version of it."""

    blocks: list[Block]
    members: list[Member]
    unsealed: list[EventRow]
    receipts: list[ReceiptRow]
    anchors: list[str]

    def found(self) -> list[str]:
        """By the portal's own verifier."""
        verifier = Verifier(
            signing=Keys.read(keys.public_keys("audit_signing")),
            mac_keys=keys.every("audit_mac"),
            genuine=timestamping.is_genuine,
            now=clock.now(),
        )
        findings = [
            *verifier.blocks(audit_reading.grouped(self.blocks, self.members)),
            *verifier.unsealed(self.unsealed),
            *verifier.receipts_of(self.receipts),
            *verifier.anchors_of(self.anchors),
        ]
        return [str(finding) for finding in findings]

    def exported(self) -> list[str]:
        return list(
            audit_export.lines(
                groups=audit_reading.grouped(self.blocks, self.members),
                unsealed=self.unsealed,
                receipts=self.receipts,
                now=clock.now(),
            )
        )

    def found_alone(self) -> list[str]:
        """By the stand-alone verifier."""
        return found_in(self.exported(), self.anchors)


def found_in(export: list[str], anchors: list[str]) -> list[str]:
    verifier = stand_alone.Verifier(keys.public_keys("audit_signing"), witness_keys())
    return [*verifier.export(export), *verifier.anchors(anchors)]


def witness_keys() -> dict[str, str]:
    import base64

    known = outside.public_keys(timestamping.PARTY)
    return {key_id: base64.b64encode(key).decode() for key_id, key in known.items()}


def write_log() -> None:
    """Blocks of three, one and two events, two receipts, all anchored; one event waits."""
    subject = uuid4()
    for batch in (("một", "hai", "ba"), ("bốn",), ("năm", "sáu")):
        for words in batch[:-1]:
            audit.record(Happened(what=words), actor=SYSTEM, purpose="counter")
        audit.record(Told(words=batch[-1]), actor=SYSTEM, subject_id=subject)
        audit_sealing.seal()
        audit_anchors.write_missing()
        audit_anchors.fetch_receipts()
    audit.record(Happened(what="waits"), actor=SYSTEM)


def read_log(line: psycopg.Connection[Any]) -> Log:
    groups = list(audit_reading.groups(line))
    return Log(
        blocks=[group.block for group in groups if group.block],
        members=[member for group in groups for member in group.members],
        unsealed=list(audit_reading.unsealed(line)),
        receipts=list(audit_reading.receipts(line)),
        anchors=audit_anchors.file().read_text().splitlines(),
    )


@pytest.fixture(autouse=True)
def quick_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same signature is checked thousands of times here."""
    known: dict[int, Any] = {}
    slow = stand_alone.signed

    @lru_cache(maxsize=100_000)
    def once(number: int, *rest: str) -> bool:
        return bool(slow(known[number], *rest))

    def signed(public: Any, *rest: str) -> bool:
        number = hash(json.dumps(public, sort_keys=True))
        known[number] = public
        return once(number, *rest)

    monkeypatch.setattr(stand_alone, "signed", signed)


@pytest.fixture
def folder(tmp_path: Path, settings: Any, sandbox: OutsideWorld) -> Path:
    settings.AUDIT_ANCHORS = tmp_path / "anchors"
    return tmp_path


@pytest.fixture
def log(db: None, folder: Path) -> Log:
    write_log()
    connection.ensure_connection()
    return read_log(connection.connection)


def test_an_untouched_log_passes(log: Log) -> None:
    assert log.found() == []
    assert log.found_alone() == []
    assert [len(log.blocks), len(log.members), len(log.unsealed), len(log.receipts)] == [3, 6, 1, 3]
    assert len(log.anchors) == 6


def changed(value: Any) -> Iterator[Any]:
    """Every value that differs in one byte, or in one character."""
    if isinstance(value, bytes):
        for place in range(len(value)):
            yield value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        yield value[:-1]
        yield value + b"\0"
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        for place, letter in enumerate(value):
            yield value[:place] + ("1" if letter == "0" else "0") + value[place + 1 :]
        yield value + "0"


def test_every_byte_of_every_block_matters(log: Log) -> None:
    count = 0
    for place, block in enumerate(log.blocks):
        for name in (field.name for field in fields(Block)):
            for value in changed(getattr(block, name)):
                blocks = [*log.blocks]
                blocks[place] = replace(block, **{name: value})
                tampered = replace(log, blocks=sorted(blocks, key=lambda block: block.number))
                assert tampered.found(), (block.number, name, value)
                assert tampered.found_alone(), (block.number, name, value)
                count += 1
    assert count > 600


def test_every_byte_of_every_membership_and_receipt_matters(log: Log) -> None:
    for place, member in enumerate(log.members):
        for name in ("block", "position", "leaf"):
            for value in changed(getattr(member, name)):
                members = [*log.members]
                members[place] = member._replace(**{name: value})
                members.sort(key=lambda member: (member.block, member.position))
                tampered = replace(log, members=members)
                assert tampered.found(), (member, name, value)
                assert tampered.found_alone(), (member, name, value)
    for place, receipt in enumerate(log.receipts):
        for name in receipt._fields:
            for value in changed(getattr(receipt, name)):
                receipts = [*log.receipts]
                receipts[place] = receipt._replace(**{name: value})
                tampered = replace(log, receipts=sorted(receipts))
                assert tampered.found(), (receipt, name, value)
                assert tampered.found_alone(), (receipt, name, value)


def test_every_character_of_every_sealed_event_matters(log: Log) -> None:
    for place, member in enumerate(log.members):
        event = member.event
        assert event is not None
        for name in ("text", "xid", "mac"):
            for value in changed(getattr(event, name)):
                if name == "text" and value[:-1] == event.text[:-1]:
                    continue  # the bracket that the leaf continues behind
                members = [*log.members]
                members[place] = member._replace(event=event._replace(**{name: value}))
                tampered = replace(log, members=members)
                assert any(event.event_id in finding for finding in tampered.found())
                assert tampered.found_alone()


def test_an_event_changed_before_it_is_sealed_is_named(log: Log) -> None:
    (event,) = log.unsealed
    for name in ("text", "mac", "mac_key"):
        for value in changed(getattr(event, name)):
            tampered = replace(log, unsealed=[event._replace(**{name: value})])
            assert any(event.event_id in finding for finding in tampered.found())


def test_every_byte_of_an_export_matters(log: Log) -> None:
    export = log.exported()
    for number, line in enumerate(export[1:-1], start=1):  # the last one waits for its seal
        raw = line.encode()
        for place in range(len(raw)):
            flipped = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            tampered = [*export]
            tampered[number] = flipped.decode(errors="replace")
            assert found_in(tampered, log.anchors), (number, place, flipped)
        assert found_in(export[:number] + export[number + 1 :], log.anchors), number
        assert found_in([*export[:number], line, *export[number:]], log.anchors), number


def test_every_byte_of_the_anchors_matters(log: Log) -> None:
    export = log.exported()
    for number, line in enumerate(log.anchors):
        for place, letter in enumerate(line):
            tampered = [*log.anchors]
            tampered[number] = line[:place] + chr(ord(letter) ^ 1) + line[place + 1 :]
            assert replace(log, anchors=tampered).found(), (number, place)
            assert found_in(export, tampered), (number, place)


def test_an_anchor_taken_out_is_missed(log: Log) -> None:
    first = log.anchors[1:]

    assert replace(log, anchors=first).found() == ["block 1: has no anchor in the file"]
    assert found_in(log.exported(), first) == ["block 1: has no anchor"]


# --- The same in the database, as a superuser -------------------------------------------------------
NEW_VALUES = {
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "{} + interval '1 microsecond'",
    "character varying": "left({}, -1) || 'x'",
    "boolean": "NOT {}",
    "jsonb": """'{{"what": "x"}}'""",
    "bytea": "CASE WHEN {0} IS NULL THEN '\\x00' ELSE set_byte({0}, 3, get_byte({0}, 3) # 64) END",
    "integer": "{} + 1",
    "bigint": "{} + 1",
    "xid8": "(({}::text)::bigint + 1)::text::xid8",
}
FOURTH = "SELECT event_id FROM core_auditmembership WHERE block_id = 2"
STRUCTURE = {
    "event removed": f"DELETE FROM core_auditevent WHERE id = ({FOURTH})",
    "event removed with its membership": f"""
        DELETE FROM core_auditevent WHERE id = ({FOURTH}); DELETE FROM core_auditmembership WHERE block_id = 2""",
    "membership removed": "DELETE FROM core_auditmembership WHERE block_id = 2",
    # Below the last horizon; above it, it waits for its seal, and only its MAC tells (see the tests of sealing).
    "event added": f"""INSERT INTO core_auditevent SELECT (jsonb_populate_record(e,
        jsonb_build_object('id', gen_random_uuid(), 'xid', (SELECT (max(horizon::text::bigint) - 1)::text
        FROM core_auditblock)))).* FROM core_auditevent e WHERE id = ({FOURTH})""",
    "event added with a membership": f"""WITH new AS (INSERT INTO core_auditevent
            SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).*
            FROM core_auditevent e WHERE id = ({FOURTH}) RETURNING id)
        INSERT INTO core_auditmembership (event_id, block_id, position, leaf) SELECT id, 2, 1, '\\x00' FROM new;
        UPDATE core_auditblock SET event_count = 2 WHERE number = 2""",
    "two events swapped": """ALTER TABLE core_auditmembership DROP CONSTRAINT audit_membership_place;
        UPDATE core_auditmembership SET position = 1 - position WHERE block_id = 3""",
    "two events' words swapped": f"""UPDATE core_auditevent e SET data = o.data
        FROM core_auditevent o, core_auditmembership m
        WHERE e.id = ({FOURTH}) AND o.id = m.event_id AND m.block_id = 1 AND m.position = 0""",
    "event moved to another block": "UPDATE core_auditmembership SET block_id = 3, position = 2 WHERE block_id = 2",
    "event sealed twice": """ALTER TABLE core_auditmembership DROP CONSTRAINT core_auditmembership_pkey;
        INSERT INTO core_auditmembership (event_id, block_id, position, leaf)
        SELECT event_id, 3, 2, leaf FROM core_auditmembership WHERE block_id = 2;
        UPDATE core_auditblock SET event_count = 3 WHERE number = 3""",
    "middle block removed": "DELETE FROM core_auditblock WHERE number = 2",
    "middle block removed with all it holds": """
        DELETE FROM core_auditevent WHERE id IN (SELECT event_id FROM core_auditmembership WHERE block_id = 2);
        DELETE FROM core_auditmembership WHERE block_id = 2; DELETE FROM core_auditblock WHERE number = 2;
        DELETE FROM core_auditanchor WHERE block_id = 2""",
    "last event of the last block removed": """
        DELETE FROM core_auditevent WHERE id =
            (SELECT event_id FROM core_auditmembership WHERE block_id = 3 AND position = 1);
        DELETE FROM core_auditmembership WHERE block_id = 3 AND position = 1;
        UPDATE core_auditblock SET event_count = 1, root = (SELECT leaf FROM core_auditmembership WHERE block_id = 3)
        WHERE number = 3""",
    "tail cut": """
        DELETE FROM core_auditevent WHERE id IN (SELECT event_id FROM core_auditmembership WHERE block_id = 3);
        DELETE FROM core_auditevent e WHERE NOT EXISTS
            (SELECT FROM core_auditmembership m WHERE m.event_id = e.id);
        DELETE FROM core_auditmembership WHERE block_id = 3; DELETE FROM core_auditblock WHERE number = 3;
        DELETE FROM core_auditanchor WHERE block_id = 3""",
    "everything cut": "TRUNCATE core_auditevent, core_auditmembership, core_auditblock, core_auditanchor",
    "receipt removed": "DELETE FROM core_auditanchor WHERE block_id = 2",
    "last receipt removed": "DELETE FROM core_auditanchor WHERE block_id = 3",
}  # fmt: skip


def column_changes(line: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
    """An UPDATE for each column of each row of the audit, without the event that waits."""
    for table, key in (
        ("core_auditevent", "id"),
        ("core_auditblock", "number"),
        ("core_auditmembership", "event_id"),
        ("core_auditanchor", "block_id"),
    ):
        columns = line.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s",
            [table],
        ).fetchall()
        sealed = "WHERE id IN (SELECT event_id FROM core_auditmembership)" if key == "id" else ""
        rows = line.execute(f"SELECT {key}::text FROM {table} {sealed}".encode()).fetchall()
        for (row,) in rows:
            for column, kind in columns:
                value = NEW_VALUES[kind].format(column)
                if table == "core_auditblock" and column == "number":
                    value = "number + 10"
                if table == "core_auditanchor" and column == "block_id":
                    value = "block_id + 10"
                if column == "position":
                    value = "position + 10"
                if column == "block_id" and table == "core_auditmembership":
                    value = "block_id + 10"
                yield (
                    f"{table}.{column} of {row}",
                    f"UPDATE {table} SET {column} = {value} WHERE {key} = '{row}'",
                )


@pytest.mark.django_db(transaction=True)
def test_whatever_a_superuser_changes_both_verifiers_find(folder: Path) -> None:
    write_log()
    address = ground().postgres.url("postgres", ground().database)
    with psycopg.connect(address) as line:
        line.execute("SET session_replication_role = replica")
        assert read_log(line).found() == []
        changes = {**dict(column_changes(line)), **STRUCTURE}
        for name, statement in changes.items():
            with line.transaction(force_rollback=True):
                line.execute(statement.encode())
                tampered = read_log(line)
                assert tampered.found(), name
                assert tampered.found_alone(), name
        assert len(changes) > 150
        assert read_log(line).found() == []


@pytest.mark.django_db(transaction=True)
def test_the_commands_say_so_and_exit_with_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log()
    assert run_alone(folder).returncode == 0

    with psycopg.connect(ground().postgres.url("postgres", ground().database)) as line:
        line.execute("ALTER TABLE core_auditevent DISABLE TRIGGER ALL")
        (changed_id,) = line.execute(
            f"UPDATE core_auditevent SET purpose = 'other' WHERE id = ({FOURTH}) RETURNING id::text".encode()
        ).fetchone() or ("",)

    with pytest.raises(SystemExit) as caught:
        run_command("verify_audit")
    done = run_alone(folder)

    assert caught.value.code == 1
    assert (
        f"event {changed_id} (block 2, place 0): is not as it was sealed" in capsys.readouterr().out
    )
    assert done.returncode == 1
    assert f"{changed_id} is not as it was sealed" in done.stdout


def run_command(name: str) -> None:
    """As from the command line."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", name])


def run_alone(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The script, in a folder and an interpreter that know nothing of the project."""
    out = StringIO()
    call_command("export_audit", stdout=out)
    (folder / "export.jsonl").write_text(out.getvalue())
    (folder / "keys.json").write_text(json.dumps(keys.public_keys("audit_signing")))
    (folder / "witness.json").write_text(json.dumps(witness_keys()))
    return subprocess.run(
        [
            sys.executable,
            "-I",
            SCRIPT,
            "export.jsonl",
            "--keys",
            "keys.json",
            "--anchors",
            "anchors/anchors.jsonl",
            "--timestamp-keys",
            "witness.json",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
