"""Statements written once, for the few that every page or every sign-in sends.

Composing the same SQL anew is most of what the ORM costs (a tenth of a millisecond and more each time); here a model
says its columns once. Values pass the model's own fields, so sealed columns open, and are sealed, as everywhere.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Generic, TypeAlias, TypeVar

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

M = TypeVar("M", bound=models.Model)
_Field: TypeAlias = "models.Field[Any, Any]"


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


def run(sql: str, values: Any) -> int:
    """How many rows a statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def insert(row: models.Model) -> None:
    """Write a new row, its key already chosen, and read back what it leaves to the database.

    Raises:
        IntegrityError: a constraint refuses it.
    """
    fields: list[_Field] = []
    left: list[_Field] = []
    for field in row._meta.concrete_fields:
        by_database = isinstance(row.__dict__.get(field.attname), DatabaseDefault)
        (left if by_database else fields).append(field)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]  # noqa: FBT003 - Django's signature
    sql = _insert(row._meta.db_table, _columns(fields), _columns(left))
    if left:
        for field, value in zip(left, fetch_one(sql, values) or (), strict=True):
            read = getattr(field, "from_db_value", None)
            setattr(row, field.attname, read(value, None, connection) if read else value)
    else:
        run(sql, values)
    row._state.adding = False
    row._state.db = connection.alias


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...], returned: tuple[str, ...]) -> str:
    names, slots = ", ".join(columns), ", ".join(["%s"] * len(columns))
    sql = f'INSERT INTO "{table}" ({names}) VALUES ({slots})'  # noqa: S608 - our own names
    return sql + (f" RETURNING {', '.join(returned)}" if returned else "")


def _columns(fields: Sequence[_Field]) -> tuple[str, ...]:
    return tuple(f'"{field.column}"' for field in fields)
