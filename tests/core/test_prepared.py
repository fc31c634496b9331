"""Statements that the server keeps prepared: a name is its connection's own, and behind a pooler there is none."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections

from eid_portal.core import statements
from tests.stores import ground

connection: Any = connections["default"]
pytestmark = pytest.mark.django_db(transaction=True)
TWICE = "SELECT %s::int * 2"


@pytest.fixture
def checked() -> Iterator[None]:
    """A connection that is looked at before it is used again, as between two requests."""
    connection.ensure_connection()
    connection.health_check_enabled = True
    yield
    connection.health_check_enabled = False


def kept() -> int:
    """How many statements the server keeps for this connection under our names."""
    rows = statements.fetch_one(
        "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'eid%%'", []
    )
    assert rows is not None
    return int(rows[0])


def twice(number: int) -> int:
    row = statements.fetch_one_prepared(TWICE, [number])
    assert row is not None
    return int(row[0])


def test_a_statement_is_prepared_once_for_a_connection() -> None:
    before = kept()

    assert [twice(1), twice(2), twice(3)] == [2, 4, 6]

    assert kept() == before + 1


def test_a_connection_that_takes_the_place_of_a_lost_one_learns_it_again(checked: None) -> None:
    assert twice(1) == 2
    backend = connection.connection.info.backend_pid
    with psycopg.connect(ground().postgres.url("postgres", ground().database)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    connection.health_check_done = False

    assert twice(2) == 4
    assert statements.run_together((TWICE, [3]), prepared=True) == [1]
    assert connection.connection.info.backend_pid != backend


def test_behind_a_pooler_nothing_is_prepared(settings: Any) -> None:
    connection.close()
    settings.PREPARED_STATEMENTS = False

    assert twice(4) == 8
    assert statements.run_together((TWICE, [1]), (TWICE, [2]), prepared=True) == [1, 1]

    assert kept() == 0
