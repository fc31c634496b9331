"""Move a row from one state to another: the only code that writes a ``state`` column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from eid_portal.core import audit, bulk, sealed, statements
from eid_portal.core.events import Actor, Event
from eid_portal.core.models import AuditEvent, StatefulModel

S = TypeVar("S", bound=models.TextChoices)

_tables: Final[dict[str, "Transitions[Any]"]] = {}


class IllegalTransition(Exception):
    """The table is another model's, has no edge between the two states, or another event belongs to it."""


class StaleState(Exception):
    """Another transaction moved the row first."""


@dataclass(frozen=True)
class Transitions(Generic[S]):
    """The edges of one state machine: ``{(from, to): event class}``; ``model`` is ``app.Model``."""

    model: str
    edges: Mapping[tuple[S, S], type[Event]]


def register(table: Transitions[Any]) -> None:
    """Let ``manage.py show_states`` print a table; called in ``apps.ready()``."""
    _tables[table.model] = table


def tables() -> Mapping[str, Transitions[Any]]:
    """All tables by model."""
    return _tables


def move(
    row: StatefulModel,
    table: Transitions[S],
    *,
    to: S,
    event: Event,
    actor: Actor,
    subject_id: UUID | None = None,
    purpose: str = "",
    now: datetime | None = None,
    **values: Any,
) -> AuditEvent:
    """Compare-and-set ``row.state`` with ``values``, sealed for the row, and record the event: one transaction.

    Returns the event as it was written.

    Raises:
        IllegalTransition: see the class.
        StaleState: see the class; nothing was written.
    """
    model = type(row)
    if row._meta.label != table.model:
        raise IllegalTransition(f"{table.model}: not the table of {row._meta.label}")
    old = type(to)(row.state)
    expected = table.edges.get((old, to))
    if expected is None or not isinstance(event, expected):
        raise IllegalTransition(f"{table.model}: {old} -> {to} by {type(event).__name__}")
    ready = sealed.seal_values(row, values)
    with transaction.atomic():
        moved = model._default_manager.filter(pk=row.pk, state=old).update(state=to, **ready)
        if not moved:
            raise StaleState(f"{table.model} is no longer {old}")
        written = audit.record(
            event, actor=actor, subject_id=subject_id, target=row, purpose=purpose, now=now
        )
    row.state = to
    for name, value in values.items():
        setattr(row, name, value)
    return written


def move_many(
    rows: Sequence[StatefulModel],
    table: Transitions[S],
    *,
    to: S,
    event: Event,
    actor: Actor,
    subject_ids: Sequence[UUID | None],
    purpose: str = "",
    now: datetime | None = None,
    **values: Any,
) -> None:
    """Move rows that all stand in one state, all or none: one UPDATE, one event a row, one transaction.

    ``values`` may not be sealed: they are the same for every row.

    Raises:
        IllegalTransition: see the class; also if the rows do not stand in one state.
        StaleState: another transaction moved one of them first; nothing was written.
    """
    if not rows:
        return
    model = type(rows[0])
    states = {row.state for row in rows}
    old = type(to)(states.pop())
    expected = table.edges.get((old, to))
    if states or rows[0]._meta.label != table.model:
        raise IllegalTransition(f"{table.model}: rows in several states, or of another model")
    if expected is None or not isinstance(event, expected):
        raise IllegalTransition(f"{table.model}: {old} -> {to} by {type(event).__name__}")
    with transaction.atomic():
        here = model._default_manager.filter(pk__in=[row.pk for row in rows], state=old)
        if here.update(state=to, **values) != len(rows):
            raise StaleState(f"{table.model}: one is no longer {old}")
        audit.record_many(
            [
                audit.prepare(
                    event, actor=actor, subject_id=subject_id, target=row, purpose=purpose, now=now
                )
                for row, subject_id in zip(rows, subject_ids, strict=True)
            ]
        )
    for row in rows:
        row.state = to
        for name, value in values.items():
            setattr(row, name, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[S]):
    """A row that moves, and what moves with it."""

    row: StatefulModel
    to: S
    event: Event
    subject_id: UUID | None
    values: Mapping[str, Any]


def move_each(
    changes: Sequence[Change[S]],
    table: Transitions[S],
    *,
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """Move rows, each to its own state with its own values, all or none: one UPDATE, one event a row.

    All change the same columns.

    Raises:
        IllegalTransition: see the class.
        StaleState: another transaction moved one of them first; nothing was written.
    """
    if not changes:
        return
    before = [change.row.state for change in changes]
    for change in changes:
        _check(change, table)
    rows = [change.row for change in changes]
    values = [
        sealed.seal_values(change.row, change.values) | {"state": change.to.value}
        for change in changes
    ]
    with transaction.atomic():
        if bulk.update(rows, values, only_if=("state", before)) != len(rows):
            raise StaleState(f"{table.model}: one is no longer what it was")
        audit.record_many(
            [
                audit.prepare(
                    change.event,
                    actor=actor,
                    subject_id=change.subject_id,
                    target=change.row,
                    now=now,
                )
                for change in changes
            ]
        )
    for change in changes:
        change.row.state = change.to
        for name, value in change.values.items():
            setattr(change.row, name, value)


def move_together(
    changes: Sequence[tuple[Change[Any], Transitions[Any]]],
    *more: statements.Step,
    actor: Actor,
    now: datetime | None = None,
) -> list[int]:
    """Move rows of several tables and send ``more``, all by one trip, in the caller's transaction.

    Each row's compare-and-set goes in the order of ``changes``, which is the order of their locks; ``more`` goes last.
    Returns how many rows each of ``more`` met.

    Raises:
        IllegalTransition: see the class; nothing was sent.
        StaleState: another transaction moved one of them first; the caller's must not commit.
    """
    moves, written = [], []
    for change, table in changes:
        _check(change, table)
        moves.append(_compare_and_set(change))
        event = audit.prepare(
            change.event, actor=actor, subject_id=change.subject_id, target=change.row, now=now
        )
        written.append(statements.insertion(event))
    counts = statements.run_together(*moves, *written, *more, prepared=True)
    if not all(counts[: len(moves)]):
        raise StaleState("one of several rows is no longer what it was")
    for change, _table in changes:
        change.row.state = change.to
        for name, value in change.values.items():
            setattr(change.row, name, value)
    return counts[len(moves) + len(written) :]


def _check(change: Change[Any], table: Transitions[Any]) -> None:
    old = type(change.to)(change.row.state)
    expected = table.edges.get((old, change.to))
    if change.row._meta.label != table.model or expected is None:
        raise IllegalTransition(f"{table.model}: {old} -> {change.to}")
    if not isinstance(change.event, expected):
        raise IllegalTransition(f"{table.model}: {old} -> {change.to}")


def _compare_and_set(change: Change[Any]) -> statements.Step:
    row = change.row
    meta, here = row._meta, connections[DEFAULT_DB_ALIAS]
    values = sealed.seal_values(row, change.values) | {"state": change.to.value}
    fields = [cast("models.Field[Any, Any]", meta.get_field(name)) for name in values]
    sets = ", ".join(f'"{field.column}" = %s' for field in fields)
    key = meta.pk
    sql = f'UPDATE "{meta.db_table}" SET {sets} WHERE "{key.column}" = %s AND "state" = %s'  # noqa: S608 - our own names
    ready = [
        field.get_db_prep_save(value, here)
        for field, value in zip(fields, values.values(), strict=True)
    ]
    return sql, [*ready, key.get_db_prep_save(row.pk, here), row.state]
