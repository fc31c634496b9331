"""Write many rows in one statement: by COPY where they are new, by one UPDATE where they are not.

What ``bulk_create`` and ``bulk_update`` do, at a fraction of the work, and sealed columns are sealed for their rows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from psycopg import sql


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
        sql.SQL(", ").join(sql.Identifier(field.column) for field in fields),
    )
    with _cursor(statement) as cursor, cursor.copy(statement) as copy:
        copy.set_types([_type(field).partition("(")[0] for field in fields])
        for row in rows:
            copy.write_row([_value(field, row, add=True) for field in fields])
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write these columns of rows of one model, each row its own values, in the caller's transaction."""
    if not rows:
        return
    meta = rows[0]._meta
    key = meta.pk
    fields = [key, *(meta.get_field(name) for name in names)]
    statement = sql.SQL(
        "UPDATE {table} SET {values} FROM unnest({arrays}) AS new ({columns})"
        " WHERE {table}.{key} = new.{key}"
    ).format(
        table=sql.Identifier(meta.db_table),
        values=sql.SQL(", ").join(
            sql.SQL("{0} = new.{0}").format(sql.Identifier(field.column)) for field in fields[1:]
        ),
        arrays=sql.SQL(", ").join(sql.SQL(f"%s::{_type(field)}[]") for field in fields),
        columns=sql.SQL(", ").join(sql.Identifier(field.column) for field in fields),
        key=sql.Identifier(key.column),
    )
    columns = [[_value(field, row, add=False) for row in rows] for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, columns)


@contextmanager
def _cursor(statement: sql.Composable) -> Iterator[Any]:
    """A cursor for a statement that Django does not know: its guards are asked, and errors are Django's."""
    connection.validate_no_broken_transaction()
    with connection.cursor() as cursor, connection.wrap_database_errors:
        context = {"connection": connection, "cursor": cursor}
        for guard in connection.execute_wrappers:
            guard(_nothing, statement, None, False, context)  # noqa: FBT003 - Django's signature
        yield cursor


def _nothing(*_statement: Any) -> None:
    """A guard lets the statement pass."""


def _is_left(row: models.Model, field: "models.Field[Any, Any]") -> bool:
    return isinstance(row.__dict__.get(field.attname), DatabaseDefault)


def _type(field: "models.Field[Any, Any]") -> str:
    return str(field.db_type(connection))


def _value(field: "models.Field[Any, Any]", row: models.Model, *, add: bool) -> Any:
    value = field.pre_save(row, add)
    if isinstance(value, DatabaseDefault):
        raise ValueError(f"{field.name}: left to the database in one row and not in another")
    return field.get_db_prep_save(value, connection)
