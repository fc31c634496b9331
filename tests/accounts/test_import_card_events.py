"""Card events from a file: every line is taken or told, once, whatever the file holds and whatever stops the import."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.db.models import Model

from accounts import policy
from accounts.models import Account, Authenticator, CardEvent, Citizen, IdCard, Notice
from accounts.services import card_events
from eid_portal.core.models import AuditEvent
from eid_portal.env import ROOT
from tests.alarm import Alarm
from tests.card_production import answers, card_production, event, people

__all__ = ["card_production"]
COLUMNS = [
    *("event_id", "kind", "occurred_at", "personal_number", "full_name", "birth_date", "sex"),
    *("nationality", "residence.province", "residence.commune", "residence.line"),
    *("card.number", "card.issued_on", "card.expires_on", "phone", "photo"),
]
REFUSED = 3


class Run:
    """What an import said and listed."""

    def __init__(self, file: Path, **options: Any) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.code, self.message = 0, ""
        try:
            call_command("import_card_events", str(file), stdout=out, stderr=err, **options)
        except CommandError as refused:
            self.code, self.message = refused.returncode, str(refused)
        self.said, self.progress = out.getvalue(), err.getvalue()
        report = Path(options.get("errors") or f"{file}.errors")
        self.report = report.read_text(encoding="utf-8") if report.exists() else ""
        self.refusals = [
            (int(row["line"]), row["code"], row["field"])
            for row in csv.DictReader(io.StringIO(self.report))
        ]


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of lines; text lines end as told, bytes stand as they are."""

    def write(name: str, *lines: str | bytes, end: bytes = b"\n") -> Path:
        path = tmp_path / name
        path.write_bytes(
            b"".join((line.encode() if isinstance(line, str) else line) + end for line in lines)
        )
        return path

    return write


def line(**parts: Any) -> str:
    """An event as a line of JSON."""
    return json.dumps(event(**parts), ensure_ascii=False)


def row(given: dict[str, Any], columns: list[str] = COLUMNS) -> str:
    """An event as a line of CSV."""
    flat = given | {
        f"{part}.{name}": value
        for part in ("residence", "card")
        for name, value in (given[part] or {}).items()
    }
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(
        ["" if flat.get(name) is None else flat[name] for name in columns]
    )
    return text.getvalue()[:-1]


HEADER = ",".join(COLUMNS)


# --- What is taken --------------------------------------------------------------------------------
def test_json_lines_issue_accounts(db, written):
    run = Run(written("events.jsonl", line(serial=1), line(serial=2, phone=None)))

    assert (run.code, run.report) == (0, "")
    assert run.said == "2 events: 2 accounts issued, 0 refreshed, 0 taken before, 0 refused\n"
    assert Citizen.objects.count() == Account.objects.count() == CardEvent.objects.count() == 2
    assert set(AuditEvent.objects.values_list("actor_kind", "party")) == {
        ("party", "card-production")
    }


@pytest.mark.usefixtures("card_production")
@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"residence": None, "phone": None},
        {"card": {"number": "300000015", "issued_on": "2025-03-03", "expires_on": "2031-01-02"}},
        {"full_name": 'Đặng "Mẫu", Thị'},
        {"birth_date": "1999-02-27"},
    ],
)
def test_csv_says_the_same_as_the_api(db, written, parts):
    sent = event(**parts)

    run = Run(written("events.csv", HEADER, row(sent)))
    [answer] = answers(sent)

    assert answer["outcome"] != "conflict"
    assert run.refusals == ([(2, answer["code"], answer["field"])] if "code" in answer else [])
    assert CardEvent.objects.count() == 1
    if "code" not in answer:
        citizen = Citizen.objects.get()
        assert (citizen.full_name, citizen.residence) == (sent["full_name"], sent["residence"])


def test_columns_may_stand_in_any_order_and_optional_ones_be_absent(db, written):
    columns = [name for name in COLUMNS[::-1] if "residence" not in name and name != "phone"]
    run = Run(written("events.csv", ",".join(columns), row(event(), columns)))

    assert run.code == 0
    assert Citizen.objects.get().residence is None
    assert not Authenticator.objects.exists()


def test_byte_order_mark_line_ends_and_empty_lines(db, written):
    marked = "\ufeff"
    runs = [
        Run(written("a.jsonl", marked + line(serial=1), "", "  ", line(serial=2), end=b"\r\n")),
        Run(written("b.csv", marked + HEADER, "", row(event(3)), row(event(4)), end=b"\r\n")),
        Run(written("c.jsonl", line(serial=5) + "\n" + line(serial=6), end=b"")),
        Run(written("d.jsonl", marked, line(serial=7))),
        Run(written("e.json", marked.encode(), end=b"")),
    ]

    assert [run.code for run in runs] == [0] * 5
    assert [run.said.split()[0] for run in runs] == ["2", "2", "2", "1", "0"]
    assert Account.objects.count() == 7


def test_renewals_follow_grants_in_the_order_of_the_file(db, written):
    newer = {"number": "300000099", "issued_on": "2026-10-01", "expires_on": None}
    run = Run(
        written("events.jsonl", line(serial=1), line(serial=1, kind="renewed", card=newer)),
    )

    assert run.said.startswith("2 events: 1 accounts issued, 1 refreshed")
    assert IdCard.objects.get(state="VALID").kind == "renewed"


# --- What is refused ------------------------------------------------------------------------------
def test_every_bad_line_is_listed_and_no_other_is_lost(db, written):
    good = iter(range(100))
    bad: list[tuple[str | bytes, str, str]] = [
        ("{", "not_json", ""),
        ("[]", "malformed", ""),
        (b'{"event_id": "\xff"}', "not_utf8", ""),
        (line(serial=50).encode("utf-16-le"), "not_utf8", ""),
        (b"\x00", "not_json", ""),
        (line(full_name="An\x00"), "unreadable_text", ""),
        (line(full_name="An\u202eh"), "unreadable_text", "full_name"),
        (line(full_name="A" * 121), "too_long", "full_name"),
        (line(full_name="x" * 10_000_000), "line_too_long", ""),
        ("[" * 60_000, "too_deep", ""),
        ('{"a":' * 12_000, "too_deep", ""),
        (line()[:-40], "not_json", ""),
        (line()[:-1] + ', "kind": "renewed"}', "duplicate_name", ""),
        ('{"event_id": 1e999}', "number", ""),
        (line(note="?"), "unexpected", ""),
        (line(personal_number=None), "missing", "personal_number"),
        (line(personal_number="00１30000001５"), "malformed", "personal_number"),
        (line(card=None), "missing", "card"),
        (line(event_id="one"), "malformed", "event_id"),
        (line(birth_date="1999-02-27"), "birth_year_number", "birth_date"),
    ]
    lines = [item for text, _code, _field in bad for item in (line(serial=next(good)), text)]

    run = Run(written("events.jsonl", *lines))

    assert run.refusals == [(2 * n, code, field) for n, (_, code, field) in enumerate(bad, 1)]
    assert run.code == REFUSED
    assert run.message.startswith(f"{len(bad)} lines were refused")
    assert run.said.startswith(f"{len(lines)} events: {len(bad)} accounts issued")
    assert Account.objects.count() == len(bad)


def test_a_broken_csv_line_costs_no_other(db, written):
    upper, lower = row(event(50, full_name="An\nh")).split("\n")
    bad: list[tuple[str | bytes, str, str]] = [
        (row(event(50)).replace("Đặng", '"Đặng'), "not_csv", ""),
        (row(event(50)).replace("Đặng", '"Đặng"'), "not_csv", ""),
        (row(event(50)) + ",more", "cells", ""),
        (row(event(50)).rsplit(",", 3)[0], "cells", ""),
        (upper, "not_csv", ""),
        (lower, "cells", ""),
        (row(event(50)).replace("Đặng", "Đặng\r"), "not_csv", ""),
        (row(event(50, full_name="A\x00n")), "unreadable_text", "full_name"),
        (row(event(50)).encode("utf-16"), "not_utf8", ""),
        (row(event(50)).encode("cp1258", "replace"), "not_utf8", ""),
        (row(event(50, full_name="x" * 10_000_000)), "line_too_long", ""),
    ]
    lines = [item for serial, (text, *_) in enumerate(bad) for item in (row(event(serial)), text)]

    run = Run(written("events.csv", HEADER, *lines))

    assert run.refusals == [(2 * n + 1, code, field) for n, (_, code, field) in enumerate(bad, 1)]
    assert Account.objects.count() == len(bad)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"", "lacks the columns birth_date, card.issued_on, card.number, event_id"),
        ("a.csv", HEADER.replace(",sex", "").encode(), "lacks the columns sex"),
        ("a.csv", HEADER.replace(",", ";").encode(), "lacks the columns birth_date"),
        ("a.csv", f"{HEADER},Đặng Thị Mẫu".encode(), "column 17 has a name"),
        ("a.csv", f"{HEADER},phone".encode(), "has a column twice"),
        ("a.csv", f'"{HEADER}'.encode(), "not a header"),
        ("a.csv", b"\xff" + HEADER.encode(), "not a header"),
        ("a.csv", b"x" * 10_000_000, "lacks the columns"),
        ("a.csv", HEADER.encode("utf-16"), "UTF-16"),
        ("a.jsonl", line().encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_is_something_else(db, written, name, content, why):
    run = Run(written(name, content))

    assert run.code == 1
    assert why in run.message
    assert "Mẫu" not in run.message
    assert not CardEvent.objects.exists()


def test_files_that_cannot_be_used(db, written, tmp_path):
    file = written("events.jsonl", line())

    for path, options, why in (
        (tmp_path / "none.csv", {}, "No such file"),
        (tmp_path, {"form": "csv"}, "Is a directory"),
        (written("events", line()), {}, "say --format"),
        (file, {"errors": file}, "the file of events itself"),
        (file, {"errors": tmp_path / "none" / "errors"}, "No such file"),
    ):
        run = Run(path, **options)
        assert (run.code, why in run.message) == (1, True), run.message
    assert not CardEvent.objects.exists()
    assert Run(file, errors=tmp_path / "else").code == 0


def test_an_id_twice_in_one_file(db, written):
    one, two = event(1), event(2)
    lines = [json.dumps(given) for given in (one, one, two, two | {"full_name": "Lê Thị Khác"})]

    run = Run(written("events.jsonl", *lines))

    assert run.said == "4 events: 2 accounts issued, 0 refreshed, 1 taken before, 1 refused\n"
    assert run.refusals == [(4, "conflict", "event_id")]
    assert run.report.splitlines()[1].split(",")[1] == two["event_id"]
    assert {citizen.full_name for citizen in Citizen.objects.all()} == {"Đặng Thị Mẫu"}


def test_a_corrected_file_is_taken_in_full(db, written):
    lines = [line(serial=1), line(serial=2, sex="X")]
    assert Run(written("events.jsonl", *lines)).refusals == [(2, "malformed", "sex")]

    lines[1] = lines[1].replace('"X"', '"F"')
    run = Run(written("events.jsonl", *lines))

    assert (run.code, run.report) == (0, "")
    assert run.said == "2 events: 1 accounts issued, 0 refreshed, 1 taken before, 0 refused\n"
    assert Account.objects.count() == 2


def test_every_reason_has_words(db, written):
    run = Run(written("a.jsonl", "{", "[]", line(sex="M"), line(phone="0912"), line(event_id=None)))

    words = [row["reason"] for row in csv.DictReader(io.StringIO(run.report))]
    assert len(words) == 5
    assert all(word.endswith(".") for word in words)


# --- What stops it --------------------------------------------------------------------------------
def counts() -> list[int]:
    models: tuple[type[Model], ...] = (CardEvent, Account, Citizen, IdCard, Notice)
    return [
        *(model._default_manager.count() for model in models),
        AuditEvent.objects.filter(name="accounts.account_issued").count(),
        Authenticator.objects.filter(state="ACTIVE").count(),
    ]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_import_goes_on_and_issues_nothing_twice(written):
    events = people(3000)
    lines = [json.dumps(given, ensure_ascii=False) for given in events]
    lines[1] = "{"  # told by both runs
    file = written("events.jsonl", *lines)
    command = [sys.executable, "manage.py", "import_card_events", str(file)]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "eid_portal.settings.test"}

    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as first:
        while first.poll() is None and not CardEvent.objects.exists():
            time.sleep(0.01)
        os.kill(first.pid, signal.SIGKILL)
    done = CardEvent.objects.count()
    assert 0 < done < len(events) - 1
    assert counts() == [done] * 7

    second = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert second.returncode == REFUSED
    assert f"{done} taken before, 1 refused" in second.stdout
    assert counts() == [len(events) - 1] * 7
    assert {str(id_) for id_ in CardEvent.objects.values_list("pk", flat=True)} == {
        given["event_id"] for place, given in enumerate(events) if place != 1
    }
    report = Path(f"{file}.errors").read_text(encoding="utf-8").splitlines()
    assert report[1:] == ["2,,not_json,,The line is not JSON."]


def test_a_database_that_fails_is_told_without_its_words(db, written, monkeypatch):
    def failing(**_given: Any) -> None:
        raise OperationalError("Key (phone)=(+84510000001) already exists")

    file = written("events.jsonl", line())
    monkeypatch.setattr(card_events, "take", failing)

    run = Run(file)

    assert run.code == 1
    assert run.message == (
        "the database failed (OperationalError) after line 0; run this again to go on"
    )


def test_ctrl_c_says_how_to_go_on(db, written, monkeypatch):
    real = card_events.take
    taken: list[UUID] = []

    def interrupted(**given: Any) -> Any:
        if taken:
            raise KeyboardInterrupt
        done = real(**given)
        taken.extend(answer.event_id for answer in done if answer.event_id)
        return done

    monkeypatch.setattr(card_events, "take", interrupted)
    monkeypatch.setattr(policy, "CARD_EVENTS_AT_ONCE", 2)
    file = written("events.jsonl", *(line(serial=serial) for serial in range(5)))

    run = Run(file)

    assert (run.code, run.message) == (130, "stopped after line 2; run this again to go on")
    assert CardEvent.objects.count() == 2
    monkeypatch.undo()
    assert Run(file).said.startswith("5 events: 3 accounts issued, 0 refreshed, 2 taken before")


# --- What is seen ---------------------------------------------------------------------------------
class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_and_a_log_is_left_alone(db, written):
    file = written("events.jsonl", line(serial=1), line(serial=2))
    terminal, log = Terminal(), io.StringIO()

    call_command("import_card_events", str(file), stderr=terminal, stdout=io.StringIO())
    call_command("import_card_events", str(file), stderr=log, stdout=io.StringIO())

    assert "[##############################] 100% 2 events" in terminal.getvalue()
    assert terminal.getvalue()[0] == "\r"
    assert terminal.getvalue()[-1] == "\n"
    assert log.getvalue() == ""


def test_a_pipe_can_be_read(db, tmp_path):
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    terminal = Terminal()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(pipe.write_text, line() + "\n", encoding="utf-8")
        call_command("import_card_events", str(pipe), stderr=terminal, stdout=io.StringIO())
        writing.result()

    assert "1 events" in terminal.getvalue()
    assert Account.objects.count() == 1


def test_nothing_personal_is_said(written, personal_data_alarm: Alarm):
    sent = [
        event(1),
        event(2, sex="X"),
        event(3, full_name="Đặng Thị Mẫu\u202e"),
        event(4, phone="0912000099"),
        event(5, **{"Đặng Thị Mẫu": 1}),
    ]
    personal_data_alarm.watch(*(given["phone"] for given in sent), "300000001", "Số 1")

    for file in (
        written("a.jsonl", *(json.dumps(given, ensure_ascii=False) for given in sent)),
        written("b.csv", HEADER, *(row(given) for given in sent), row(sent[0])[:-30]),
    ):
        run = Run(file)
        assert len(run.refusals) >= 4
        for text in (run.said, run.progress, run.message, run.report):
            personal_data_alarm.refuse("what was said", text)
