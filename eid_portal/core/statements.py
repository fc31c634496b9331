"""Statements written once, for the few that every page or every sign-in sends.

Composing the same SQL anew is most of what the ORM costs (a tenth of a millisecond and more each time); here a model
says its columns once. Values pass the model's own fields, so sealed columns open, and are sealed, as everywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final, Generic, TypeAlias, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.expressions import DatabaseDefault

M = TypeVar("M", bound=models.Model)
_Field: TypeAlias = "models.Field[Any, Any]"
Step: TypeAlias = tuple[str, Any]  # a statement, and its values


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


def fetch_one(sql: str, values: Any) -> Sequence[Any] | None:
    """The first row of a statement's answer; None if it has none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: Sequence[Any] | None = cursor.fetchone()
    return row


def fetch_all(sql: str, values: Any) -> list[Any]:
    """All rows of a statement's answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
    return rows


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


def run_together(*steps: Step) -> list[int]:
    """Send statements that need nothing of each other in one trip, all or none; how many rows each changed.

    The server keeps them prepared: reading and planning them anew is most of what such short ones cost it.
    """
    with connection.cursor() as cursor:
        trip = cursor.cursor = _Trip(cursor.cursor, steps)
        cursor.execute(";\n".join(sql for sql, _values in steps), trip.values)
    return trip.changed


class _Trip:
    """What stands in for a cursor's inside: prepared statements, sent as a pipeline and answered together.

    Django's own cursor binds values into the text. It stays around this, so errors, logs and guards are as everywhere.
    """

    def __init__(self, inside: Any, steps: Sequence[Step]) -> None:
        self._inside = inside
        self._steps = steps
        self.values = [value for _sql, values in steps for value in values]
        self.changed: list[int] = []
        self._query = SimpleNamespace(query=b"")  # where Django looks for what was sent

    def execute(self, text: str, _values: Any) -> None:
        """Send the steps; the text and values are those of all of them, for who listens."""
        self._query.query = text.encode()
        here: psycopg.Connection[Any] = self._inside.connection
        with here.pipeline():
            sent = [
                psycopg.Cursor(here).execute(sql, values, prepare=True)
                for sql, values in self._steps
            ]
        self.changed = [cursor.rowcount for cursor in sent]

    def close(self) -> None:
        """Let go of the cursor it stands in for."""
        self._inside.close()


def insert(*rows: models.Model) -> None:
    """Write new rows in one trip, their keys already chosen, and read back what they leave to the database.

    Raises:
        IntegrityError: a constraint refuses one.
    """
    plans = [_plan(row) for row in rows]
    with connection.cursor() as cursor:
        _send(cursor, [step for step, _left in plans])
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
    fields: list[_Field] = []
    left: list[_Field] = []
    for field in row._meta.concrete_fields:
        by_database = isinstance(row.__dict__.get(field.attname), DatabaseDefault)
        (left if by_database else fields).append(field)
    here = connections[DEFAULT_DB_ALIAS]  # itself, not looked up anew for every value
    values = [field.get_db_prep_save(field.pre_save(row, True), here) for field in fields]  # noqa: FBT003 - Django's signature
    return (_insert(row._meta.db_table, _columns(fields), _columns(left)), values), left


def _send(cursor: Any, steps: Sequence[Step]) -> None:
    """Several go as one text, values bound here as Django binds all; PostgreSQL runs that as one transaction."""
    if len(steps) == 1:
        cursor.execute(*steps[0])
    else:
        cursor.execute(";\n".join(cursor.mogrify(sql, values) for sql, values in steps))


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...], returned: tuple[str, ...]) -> str:
    names, slots = ", ".join(columns), ", ".join(["%s"] * len(columns))
    sql = f'INSERT INTO "{table}" ({names}) VALUES ({slots})'  # noqa: S608 - our own names
    return sql + (f" RETURNING {', '.join(returned)}" if returned else "")


def _columns(fields: Sequence[_Field]) -> tuple[str, ...]:
    return tuple(f'"{field.column}"' for field in fields)
