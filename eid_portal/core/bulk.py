"""Write many rows in one statement: new ones by COPY, changed ones each with its own values.

What ``bulk_create`` and ``bulk_update`` do, at a fraction of the work, and with sealed columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import DatabaseDefault
from psycopg import sql

_Field: TypeAlias = "models.Field[Any, Any]"


def insert(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model, keys already chosen, in the caller's transaction.

    A column left to the database must be left to it in every row.

    Raises:
        IntegrityError: a constraint refuses one of them; none is written.
        ValueError: the rows leave different columns to the database.
    """
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not _is_left(rows[0], field)]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(rows[0]._meta.db_table),
        sql.SQL(", ").join([sql.Identifier(_column(field)) for field in fields]),
    )
    # Before the COPY begins: sealing may have to read its key over the same connection.
    here = connections[
        DEFAULT_DB_ALIAS
    ]  # itself: looked up anew for every value, it costs more than the value
    values = [[_value(field, row, here) for field in fields] for row in rows]
    with _cursor(statement) as cursor, cursor.copy(statement) as copy:
        copy.set_types([_type(field).partition("(")[0] for field in fields])
        for row_values in values:
            copy.write_row(row_values)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def update(
    rows: Sequence[models.Model],
    values: Sequence[Mapping[str, Any]],
    *,
    only_if: tuple[str, Sequence[Any]] | None = None,
) -> int:
    """Give rows of one model new values, sealed ones sealed already, each its own; all change the same columns.

    ``only_if`` names a column and what each row must hold there still. Returns how many were changed.
    """
    if not rows:
        return 0
    model = type(rows[0])._meta
    names = list(values[0])
    fields = [_field(model, name) for name in names]
    here = connections[DEFAULT_DB_ALIAS]
    columns = [
        (field, [field.get_db_prep_save(each[name], here) for each in values])
        for name, field in zip(names, fields, strict=True)
    ]
    key = (model.pk, [row.pk for row in rows])
    guard = [] if only_if is None else [(_field(model, only_if[0]), list(only_if[1]))]
    sources = [key, *guard, *columns]
    types = [_type(field).partition("(")[0] for field, _values in sources]
    slots = ", ".join(f"%s::{kind}[]" for kind in types)
    places = ", ".join(f"c{place}" for place in range(len(sources)))
    first = 1 + len(guard)
    changes = ", ".join(
        f'"{_column(field)}" = new.c{first + place}' for place, field in enumerate(fields)
    )
    same = "".join(f' AND old."{_column(field)}" = new.c1' for field, _values in guard)
    text = (
        f'UPDATE "{model.db_table}" AS old SET {changes} FROM unnest({slots}) AS new({places})'  # noqa: S608 - our own names
        f' WHERE old."{_column(model.pk)}" = new.c0{same}'
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [list(each) for _field, each in sources])
        return int(cursor.rowcount)


@contextmanager
def _cursor(statement: sql.Composable) -> Iterator[Any]:
    """A cursor for a statement that Django does not know: its guards are asked, and errors are Django's."""
    connection.validate_no_broken_transaction()
    with connection.cursor() as cursor, connection.wrap_database_errors:
        context = {"connection": connection, "cursor": cursor}
        for guard in connection.execute_wrappers:
            guard(_nothing, statement.as_string(), None, False, context)  # noqa: FBT003 - Django's signature
        yield cursor


def _nothing(*_statement: Any) -> None:
    """A guard lets the statement pass."""


def _field(model: Any, name: str) -> _Field:
    field: _Field = model.get_field(name)
    return field


def _column(field: _Field) -> str:
    return str(field.column)  # typed as maybe None; a concrete field has one


def _is_left(row: models.Model, field: _Field) -> bool:
    return field.generated or isinstance(row.__dict__.get(field.attname), DatabaseDefault)


def _type(field: _Field) -> str:
    return str(field.db_type(connection))


def _value(field: _Field, row: models.Model, here: BaseDatabaseWrapper) -> Any:
    value = field.pre_save(row, add=True)
    if isinstance(value, DatabaseDefault):
        raise ValueError(  # noqa: TRY004 - a wrong value, not a wrong type
            f"{field.name}: left to the database in one row and not in another"
        )
    return field.get_db_prep_save(value, here)
