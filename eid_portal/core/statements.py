"""Statements written once, for the few that every page or every sign-in sends.

Composing the same SQL anew is most of what the ORM costs (a tenth of a millisecond and more each time); here a model
says its columns once. Values pass the model's own fields, so sealed columns open, and are sealed, as everywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.expressions import DatabaseDefault

M = TypeVar("M", bound=models.Model)
_Field: TypeAlias = "models.Field[Any, Any]"
Step: TypeAlias = tuple[str, Any]  # a statement, and its values
# Their values need nothing done to them.
_PLAIN: Final[Mapping[type, type]] = MappingProxyType(
    {
        models.CharField: str,
        models.TextField: str,
        models.UUIDField: UUID,
        models.BooleanField: bool,
        models.DateTimeField: datetime,
    }
)


class Columns(Generic[M]):
    """The columns of one table in a SELECT of one's own: ``sql`` goes into the text, :meth:`row` reads the answer.

    With ``only`` the row has these fields, and fetches others when they are asked for.
    """

    def __init__(self, model: type[M], alias: str, only: Sequence[str] = ()) -> None:
        fields: Sequence[_Field] = [
            field for field in model._meta.concrete_fields if not only or field.attname in only
        ]
        self.model = model
        self.sql: Final = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.names: Final = [field.attname for field in fields]
        self.key: Final = next(place for place, field in enumerate(fields) if field.primary_key)
        self.readers: Final = [
            (place, field.from_db_value)
            for place, field in enumerate(fields)
            if hasattr(field, "from_db_value")
        ]

    def __len__(self) -> int:
        return len(self.names)

    def row(self, values: Sequence[Any]) -> M:
        """The row, as the ORM would have read it."""
        read = list(values)
        for place, from_db_value in self.readers:
            read[place] = from_db_value(read[place], None, connection)
        return self.model.from_db(connection.alias, self.names, read)


def read_rows(values: Sequence[Any], *tables: Columns[Any]) -> list[Any]:
    """The row of each of these tables, whose columns stand in this order; None where an outer join found none."""
    rows, place = [], 0
    for columns in tables:
        here = values[place : place + len(columns)]
        place += len(columns)
        rows.append(None if here[columns.key] is None else columns.row(here))
    return rows


def fetch_one(sql: str, values: Any) -> Sequence[Any] | None:
    """The first row of a statement's answer; None if it has none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: Sequence[Any] | None = cursor.fetchone()
    return row


def fetch_one_prepared(sql: str, values: Sequence[Any]) -> Sequence[Any] | None:
    """As :func:`fetch_one`; the server keeps the statement prepared, which pays for joins of many tables."""
    with connection.cursor() as cursor:  # first: it is here that a lost connection is made anew
        _send_prepared(cursor, [(sql, values)])
        row: Sequence[Any] | None = cursor.fetchone()
    return row


def fetch_all(sql: str, values: Any) -> list[Any]:
    """All rows of a statement's answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
    return rows


def read_all(columns: Columns[M], tail: str, values: Any) -> list[M]:
    """The rows of one table that ``tail``, what follows the columns of a SELECT, finds."""
    return [columns.row(row) for row in fetch_all(f"SELECT {columns.sql} {tail}", values)]


def fetch_together(sqls: Iterable[str], values: Mapping[str, Any]) -> list[list[Any]]:
    """All rows of each of several statements, which need nothing of each other, by one trip."""
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(sqls), values)
        answers = [cursor.fetchall()]
        while cursor.nextset():
            answers.append(cursor.fetchall())
    return answers


def run(sql: str, values: Any) -> int:
    """How many rows a statement changed."""
    return run_together((sql, values))[0]


def run_together(*steps: Step, prepared: bool = False) -> list[int]:
    """Send statements that need nothing of each other in one trip, all or none; how many rows each changed.

    With ``prepared`` the server keeps each: reading and planning it anew is most of what a short one costs. The type of
    each of its values must then be plain from where it stands (a column, or a cast), and the values be a sequence.
    """
    with connection.cursor() as cursor:
        (_send_prepared if prepared else _send)(cursor, steps)
        changed = [int(cursor.rowcount)]
        while cursor.nextset():
            changed.append(int(cursor.rowcount))
    return changed


def _prepared(sql: str) -> str:
    """What executes a statement by the name it has on this connection, which learns it when it is first sent.

    Call it with a cursor open: opening one may put another connection in the place of a lost one.
    """
    connection.ensure_connection()
    here: psycopg.Connection[Any] = connection.connection
    known = _known.setdefault(here, {})
    if sql not in known:
        name, (first, *others) = f"eid_{len(known)}", sql.split("%s")
        numbered = "".join([first, *(f"${place}{text}" for place, text in enumerate(others, 1))])
        with connection.wrap_database_errors:
            psycopg.Cursor(here).execute(f"PREPARE {name} AS {numbered}")
        slots = ", ".join(["%s"] * len(others))
        known[sql] = f"EXECUTE {name} ({slots})" if slots else f"EXECUTE {name}"
    return known[sql]


# What each connection has learnt. It keeps it when a transaction is rolled back, and loses it when it is closed.
_known: Final[WeakKeyDictionary[psycopg.Connection[Any], dict[str, str]]] = WeakKeyDictionary()


def insert(*rows: models.Model) -> None:
    """Write new rows in one trip, their keys already chosen, and read back what they leave to the database.

    Raises:
        IntegrityError: a constraint refuses one.
    """
    plans = [_plan(row) for row in rows]
    with connection.cursor() as cursor:
        _send_prepared(cursor, [step for step, _left in plans])
        for row, (_step, left) in zip(rows, plans, strict=True):
            for field, value in zip(left, cursor.fetchone() if left else (), strict=True):
                read = getattr(field, "from_db_value", None)
                setattr(row, field.attname, read(value, None, connection) if read else value)
            cursor.nextset()
            row._state.adding = False
            row._state.db = connection.alias


def insertion(row: models.Model) -> Step:
    """What :func:`insert` sends for a row that leaves nothing to the database."""
    return _plan(row)[0]


def _plan(row: models.Model) -> tuple[Step, list[_Field]]:
    here = connections[DEFAULT_DB_ALIAS]  # itself, not looked up anew for every value
    given = row.__dict__
    values: list[Any] = []
    left: list[_Field] = []
    for name, field, plain in _layout(type(row)):
        value = given.get(name)
        if field.generated or isinstance(value, DatabaseDefault):
            left.append(field)
        elif plain is not None and (value is None or isinstance(value, plain)):
            values.append(value)
        else:
            values.append(field.get_db_prep_save(field.pre_save(row, add=True), here))
    return (_insert(type(row), tuple(left)), values), left


@lru_cache(maxsize=64)
def _layout(model: type[models.Model]) -> list[tuple[str, _Field, type | None]]:
    """Each field with its attribute, and the class of values that go to the database as they are."""
    return [(field.attname, field, _plain(field)) for field in model._meta.concrete_fields]


def _plain(field: Any) -> type | None:
    if isinstance(field, models.ForeignKey):
        return _plain(field.target_field)
    by_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return None if by_itself else _PLAIN.get(type(field))


def _send(cursor: Any, steps: Sequence[Step]) -> None:
    """Several go as one text, values bound here as Django binds all; PostgreSQL runs that as one transaction."""
    if len(steps) == 1:
        cursor.execute(*steps[0])
    else:
        cursor.execute(";\n".join(cursor.mogrify(sql, values) for sql, values in steps))


def _send_prepared(cursor: Any, steps: Sequence[Step]) -> None:
    """As :func:`_send`, of statements that the server knows; behind a pooler it knows none (docs/operations.md)."""
    if not settings.PREPARED_STATEMENTS:
        _send(cursor, steps)
        return
    text = ";\n".join([_prepared(sql) for sql, _values in steps])
    cursor.execute(text, [value for _sql, values in steps for value in values])


@lru_cache(maxsize=256)
def _insert(model: type[models.Model], left: tuple[_Field, ...]) -> str:
    names = [f'"{field.column}"' for field in model._meta.concrete_fields if field not in left]
    slots = ", ".join(["%s"] * len(names))
    sql = f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) VALUES ({slots})'  # noqa: S608 - our own names
    return sql + (f" RETURNING {', '.join(_columns(left))}" if left else "")


def _columns(fields: Sequence[_Field]) -> tuple[str, ...]:
    return tuple(f'"{field.column}"' for field in fields)
