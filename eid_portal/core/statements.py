"""Statements written once, for the few that every page or every sign-in sends.

Composing the same SQL anew is most of what the ORM costs (a tenth of a millisecond and more each time); here a model
says its columns once. Values pass the model's own fields, so sealed columns open, and are sealed, as everywhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.expressions import DatabaseDefault

M = TypeVar("M", bound=models.Model)
_Field: TypeAlias = "models.Field[Any, Any]"
Step: TypeAlias = tuple[str, Any]  # a statement, and its values
_NAMED: Final = re.compile(r"%\((\w+)\)s")
_PLAIN: Final = {
    models.CharField,
    models.TextField,
    models.UUIDField,
    models.BooleanField,
    models.DateTimeField,
}


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
    return fetch_one(_prepared(sql), values)


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
        _send(cursor, steps)
        changed = [int(cursor.rowcount)]
        while cursor.nextset():
            changed.append(int(cursor.rowcount))
    return changed


def _prepared(sql: str) -> str:
    """What executes a statement by the name it has on this connection, which learns it when it is first sent."""
    connection.ensure_connection()
    here: psycopg.Connection[Any] = connection.connection
    known = _known.setdefault(here, {})
    if sql not in known:
        name, numbered = f"eid_{len(known)}", _numbered(sql)
        with connection.wrap_database_errors:
            psycopg.Cursor(here).execute(f"PREPARE {name} AS {numbered.sql}")
        slots = ", ".join(["%s"] * numbered.places)
        known[sql] = f"EXECUTE {name} ({slots})" if slots else f"EXECUTE {name}"
    return known[sql]


class _Numbered(NamedTuple):
    """A statement with its places numbered as PREPARE wants them."""

    sql: str
    names: tuple[str, ...]  # of its places, if they have names
    places: int


@lru_cache(maxsize=256)
def _numbered(sql: str) -> _Numbered:
    names = tuple(dict.fromkeys(_NAMED.findall(sql)))
    if names:
        text = _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
        return _Numbered(text, names, len(names))
    first, *others = sql.split("%s")
    text = "".join([first, *(f"${place}{text}" for place, text in enumerate(others, 1))])
    return _Numbered(text, (), len(others))


# What each connection has learnt. It keeps it when a transaction is rolled back, and loses it when it is closed.
_known: Final[WeakKeyDictionary[psycopg.Connection[Any], dict[str, str]]] = WeakKeyDictionary()


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
    here = connections[DEFAULT_DB_ALIAS]  # itself, not looked up anew for every value
    given = row.__dict__
    values: list[Any] = []
    left: list[_Field] = []
    for name, field, is_plain in _layout(type(row)):
        if isinstance(given.get(name), DatabaseDefault):
            left.append(field)
        elif is_plain:
            values.append(given[name])
        else:
            values.append(field.get_db_prep_save(field.pre_save(row, True), here))  # noqa: FBT003 - Django's signature
    return (_insert(type(row), tuple(left)), values), left


@lru_cache(maxsize=64)
def _layout(model: type[models.Model]) -> list[tuple[str, _Field, bool]]:
    """Each field with its attribute, and whether its values go to the database as they are."""
    return [(field.attname, field, _is_plain(field)) for field in model._meta.concrete_fields]


def _is_plain(field: Any) -> bool:
    if isinstance(field, models.ForeignKey):
        return _is_plain(field.target_field)
    by_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return type(field) in _PLAIN and not by_itself


def _send(cursor: Any, steps: Sequence[Step]) -> None:
    """Several go as one text, values bound into it as Django binds all; PostgreSQL runs that as one transaction."""
    values: list[Any] = []
    for sql, given in steps:
        values += [given[name] for name in _numbered(sql).names] or given
    cursor.execute(";\n".join([_prepared(sql) for sql, _given in steps]), values)


@lru_cache(maxsize=256)
def _insert(model: type[models.Model], left: tuple[_Field, ...]) -> str:
    names = [f'"{field.column}"' for field in model._meta.concrete_fields if field not in left]
    slots = ", ".join(["%s"] * len(names))
    sql = f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) VALUES ({slots})'  # noqa: S608 - our own names
    return sql + (f" RETURNING {', '.join(_columns(left))}" if left else "")


def _columns(fields: Sequence[_Field]) -> tuple[str, ...]:
    return tuple(f'"{field.column}"' for field in fields)
