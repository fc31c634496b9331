"""A state has one writer: of many who move a row, one does, and the audit knows it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts import events, states
from accounts.enums import NoticeState
from accounts.models import Account, Authenticator, CardCase, IdCard, Notice
from eid_portal.core import approvals, transitions
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import Approval, AuditEvent, StatefulModel
from eid_portal.core.transitions import IllegalTransition, StaleState, Transitions, move
from eid_portal.env import ROOT
from tests.core.happenings import Happened
from tests.factories import make_account, make_citizen, make_notice

SENT = events.NoticeSent(kind="CODE", channel="SMS")
STATEFUL = sorted(StatefulModel.__subclasses__(), key=lambda model: model.__name__)


def send(notice: Notice, **values: Any) -> None:
    move(notice, states.NOTICE, to=NoticeState.SENT, event=SENT, actor=SYSTEM, **values)


@pytest.mark.django_db(transaction=True)
def test_of_160_racing_moves_of_40_rows_40_happen() -> None:
    notices = [make_notice() for _ in range(40)]
    together = threading.Barrier(4)

    def race(_thread: int) -> tuple[int, int]:
        moved = stale = 0
        copies = [Notice.objects.get(pk=notice.pk) for notice in notices]
        for copy in copies:
            together.wait(timeout=20)
            try:
                send(copy)
            except StaleState:
                stale += 1
                assert copy.state == NoticeState.PENDING
            else:
                moved += 1
        connection.close()
        return moved, stale

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(race, range(4)))

    assert (sum(moved for moved, _ in counts), sum(stale for _, stale in counts)) == (40, 120)
    assert Notice.objects.filter(state=NoticeState.SENT).count() == 40
    moves = AuditEvent.objects.filter(name="accounts.notice_sent")
    assert moves.count() == 40
    assert set(moves.values_list("target_id", flat=True)) == {notice.pk for notice in notices}


def test_a_move_writes_the_row_and_the_event(db: None) -> None:
    citizen = make_citizen()
    notice = make_notice(citizen)

    send(notice, subject_id=citizen.pk, purpose="sign_in", text="gone")

    assert (notice.state, notice.text) == (NoticeState.SENT, "gone")
    event = AuditEvent.objects.get()
    assert (event.name, event.target_type, event.target_id) == (
        "accounts.notice_sent",
        "accounts.notice",
        notice.pk,
    )
    assert (event.subject_id, event.purpose) == (citizen.pk, "sign_in")


def test_a_move_is_undone_with_its_event(db: None) -> None:
    notice = make_notice()

    def fail_after_it() -> None:
        with transaction.atomic():
            send(notice)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_it()

    assert Notice.objects.get().state == NoticeState.PENDING
    assert not AuditEvent.objects.exists()


def test_nothing_is_written_when_the_event_cannot_be(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = make_notice()

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("eid_portal.core.audit.record", fail)
    with pytest.raises(ZeroDivisionError):
        send(notice)

    assert notice.state == NoticeState.PENDING
    assert Notice.objects.get().state == NoticeState.PENDING


def test_a_row_somebody_moved_first_is_stale(db: None) -> None:
    notice = make_notice()
    send(Notice.objects.get())

    with pytest.raises(StaleState):
        send(notice)
    assert AuditEvent.objects.count() == 1


def test_a_row_that_is_gone_is_stale(db: None) -> None:
    notice = make_notice()
    Notice.objects.all().delete()

    with pytest.raises(StaleState):
        send(notice)


@pytest.mark.parametrize("table", states.ALL, ids=lambda table: table.model)
def test_moves_the_table_does_not_have_are_refused(db: None, table: Transitions[Any]) -> None:
    values = list(next(iter(table.edges))[0].__class__)
    model = next(model for model in STATEFUL if model._meta.label == table.model)
    for old in values:
        for new in values:
            if (old, new) not in table.edges:
                with pytest.raises(IllegalTransition):
                    move(model(state=old), table, to=new, event=SENT, actor=SYSTEM)


def test_an_edge_has_its_own_event(db: None) -> None:
    with pytest.raises(IllegalTransition):
        move(
            make_notice(),
            states.NOTICE,
            to=NoticeState.SENT,
            event=Happened(what="x"),
            actor=SYSTEM,
        )


def test_a_table_moves_only_its_own_model(db: None) -> None:
    account = make_account()
    account.state = "PENDING"

    with pytest.raises(IllegalTransition):
        move(account, states.NOTICE, to=NoticeState.SENT, event=SENT, actor=SYSTEM)


@pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model.__name__)
def test_the_database_refuses_a_state_nobody_named(db: None, model: type[StatefulModel]) -> None:
    column = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'c' AND conname LIKE '%%state'",
            [column],
        )
        rows = cursor.fetchall()
    assert len(rows) == 1
    assert "state" in rows[0][0]


def test_the_database_refuses_garbage(db: None) -> None:
    make_notice()

    for garbage in ("", "sent", "SENT ", "GONE"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.update(state=garbage)


def test_the_models_above_are_all() -> None:
    assert {Account, Approval, Authenticator, CardCase, IdCard, Notice} < set(STATEFUL)
    assert {model._meta.label for model in STATEFUL} == set(transitions.tables())


@pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model.__name__)
def test_every_stateful_model_has_a_table(model: type[StatefulModel]) -> None:
    assert model._meta.label in transitions.tables()


@pytest.mark.parametrize("table", [*states.ALL, approvals.TABLE], ids=lambda table: table.model)
def test_every_state_can_be_reached(table: Transitions[Any]) -> None:
    values = set(next(iter(table.edges))[0].__class__)
    entered = {new for _, new in table.edges}
    beginnings = {old for old, _ in table.edges} - entered
    assert len(beginnings) == 1, "rows are made in one state"

    reached = set(beginnings)
    while more := {new for old, new in table.edges if old in reached} - reached:
        reached |= more
    assert reached == values


def test_the_documentation_is_what_show_states_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("show_states")
    printed = capsys.readouterr().out

    assert (ROOT / "docs/states.md").read_text(encoding="utf-8") == printed
    for table in transitions.tables().values():
        assert f"## {table.model}" in printed
    assert "\n    PENDING --> SENT: accounts.notice_sent\n" in printed

    other = Transitions(states.NOTICE.model, dict(list(states.NOTICE.edges.items())[:1]))
    monkeypatch.setitem(transitions._tables, other.model, other)
    call_command("show_states")
    assert capsys.readouterr().out != printed
