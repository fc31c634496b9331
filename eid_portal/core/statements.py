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
    """The columns of one table in a SELECT of one's own: ``sql`` goes into the text, :meth:`row` reads the answer."""

    def __init__(self, model: type[M], alias: str) -> None:
        fields: Sequence[_Field] = model._meta.concrete_fields
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
    """Write a new row, its key already chosen; what it leaves to the database is not read back.

    Raises:
        IntegrityError: a constraint refuses it.
    """
    fields = [
        field
        for field in row._meta.concrete_fields
        if not isinstance(row.__dict__.get(field.attname), DatabaseDefault)
    ]
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]  # noqa: FBT003 - Django's signature
    run(_insert(type(row), tuple(field.column for field in fields)), values)
    row._state.adding = False
    row._state.db = connection.alias


@lru_cache(maxsize=64)
def _insert(model: type[models.Model], columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({", ".join(["%s"] * len(columns))})'  # noqa: S608 - our own names
