"""What the portal's own database role may not do, tried as that role; every table of facts is guarded twice."""

from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.utils import ProgrammingError
from psycopg import sql

from eid_portal.core import audit
from eid_portal.core.database import AppendOnlyModel, public_models
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from tests.core.happenings import Happened
from tests.stores import ground

FACTS = sorted(
    model._meta.db_table for model in public_models() if issubclass(model, AppendOnlyModel)
)


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection]:
    """A connection of the tables' owner, whom only the triggers hold back."""
    address = ground().postgres.url("eid_owner", ground().database)
    with psycopg.connect(address) as line:
        yield line
        line.rollback()


def refused_to_app(statement: str) -> None:
    with pytest.raises(ProgrammingError) as caught, transaction.atomic():
        connection.cursor().execute(statement)
    assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_the_tests_run_as_the_portals_own_role(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("eid_app", False, False, False, False)


@pytest.mark.parametrize("model", public_models(), ids=lambda model: model._meta.db_table)
def test_every_constraint_and_index_a_model_names_is_there(
    model: type[models.Model], db: None
) -> None:
    """A step of a migration can take away more than it says: an index of the same column, with its promise."""
    named = {one.name for one in (*model._meta.constraints, *model._meta.indexes)}
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
    assert named <= set(there)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (y int)",
        "CREATE TEMPORARY TABLE x (y int)",
        "CREATE SCHEMA x",
        "DROP TABLE core_job",
        "ALTER TABLE core_job ADD COLUMN x int",
        "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "TRUNCATE core_job",
        "SET session_replication_role = replica",
        "SET ROLE eid_owner",
        "COPY core_job TO PROGRAM 'cat'",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
    ],
)
def test_the_portal_may_not(db: None, statement: str) -> None:
    refused_to_app(statement)


def test_the_portal_gains_nothing_by_granting_to_itself(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT DELETE ON core_auditevent TO eid_app")  # PostgreSQL only warns

    refused_to_app("DELETE FROM core_auditevent")


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TRIGGER {table}_append_only ON {table}",
        "SELECT 1 FROM {table} FOR UPDATE",
    ],
)
def test_the_portal_may_only_add_to_facts(db: None, table: str, statement: str) -> None:
    refused_to_app(statement.format(table=table))


@pytest.mark.parametrize("table", FACTS)
def test_the_portal_may_not_change_a_column_of_a_fact(db: None, table: str) -> None:
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    for field in model._meta.concrete_fields:
        refused_to_app(f'UPDATE {table} SET "{field.column}" = "{field.column}"')


@pytest.mark.parametrize("table", FACTS)
def test_facts_have_both_triggers(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
            " ORDER BY tgname",
            [table],
        )
        found = set(cursor.fetchall())
    assert found >= {(f"{table}_append_only", "O"), (f"{table}_no_truncate", "O")}


def test_there_are_the_facts_we_know() -> None:
    assert {"core_auditevent", "core_auditblock", "core_auditmembership", "core_auditanchor"} < set(
        FACTS
    )
    assert "accounts_cardevent" in FACTS


@pytest.mark.parametrize("change", ["UPDATE {table} SET name = 'x'", "DELETE FROM {table}"])
@pytest.mark.django_db(transaction=True)
def test_even_the_owner_is_refused_by_the_trigger(owner: psycopg.Connection, change: str) -> None:
    audit.record(Happened(what="first"), actor=SYSTEM)

    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        owner.execute(sql.SQL(change).format(table=sql.Identifier("core_auditevent")))
    owner.rollback()
    assert AuditEvent.objects.count() == 1


def test_even_the_owner_may_not_truncate(owner: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        owner.execute("TRUNCATE core_auditevent CASCADE")


def test_no_table_was_forgotten_by_the_grants(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND NOT has_table_privilege('eid_app', oid, 'INSERT')"
        )
        assert cursor.fetchall() == [("django_migrations",)]
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND has_table_privilege('eid_app', oid, 'TRUNCATE, REFERENCES, TRIGGER')"
        )
        assert cursor.fetchall() == []


def test_an_events_transaction_id_comes_from_the_database(db: None) -> None:
    audit.record(Happened(what="first"), actor=SYSTEM)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        row = cursor.fetchone()
    assert row is not None
    assert AuditEvent.objects.get().xid == row[0]
