"""What models need of PostgreSQL beyond Django: append-only tables, ``xid8``, and grants."""

import hashlib
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, migrations, models

# The function raises for every role; the grant in `manage.py grant_app` refuses earlier, for the portal's own role.
CREATE_REFUSAL: Final = """
CREATE OR REPLACE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
DROP_REFUSAL: Final = "DROP FUNCTION IF EXISTS core_append_only()"


if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class XidField(_Field):
    """A transaction id that never wraps round (``xid8``); PostgreSQL fills it in."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "xid8"

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> str | None:
        """The id in decimal digits."""
        return None if value is None else str(value)


class AppendOnlyModel(models.Model):
    """A record of fact: rows are added, never changed or removed (trigger in the migration, and grant)."""

    class Meta:
        abstract = True


def append_only(table: str) -> migrations.RunSQL:
    """The migration step that makes a table append-only."""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION core_append_only();"
        f" CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();",
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};",
    )


def public_models() -> list[type[models.Model]]:
    """Every model with a table of its own."""
    from django.apps import apps  # noqa: PLC0415 - the registry is ready only now

    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def only_one(work: str) -> bool:
    """Whether this transaction may do a piece of periodic work: until it ends nobody else gets the same answer."""
    number = int.from_bytes(hashlib.sha256(work.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
