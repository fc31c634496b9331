"""A connection is looked at without asking the server, and one the server has left is replaced."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import Client

from tests.stores import ground

connection: Any = connections["default"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[int]:
    """The process id of the server's end of a connection that was used before."""
    connection.ensure_connection()
    connection.health_check_enabled = True
    yield backend()
    connection.health_check_enabled = False


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def next_request() -> None:
    connection.health_check_done = False


def test_an_idle_connection_is_kept_and_the_server_is_not_asked(
    kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> bool:
        raise AssertionError("asked")

    monkeypatch.setattr(connection, "is_usable", ask)
    next_request()

    assert backend() == kept


def test_a_connection_the_server_has_left_is_replaced(kept: int) -> None:
    with psycopg.connect(ground().postgres.url("postgres", ground().database)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [kept])
    next_request()

    assert backend() != kept


def test_after_an_error_the_server_is_asked(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask() -> bool:
        asked.append(True)
        return True

    monkeypatch.setattr(connection, "is_usable", ask)
    connection.errors_occurred = True
    next_request()

    assert backend() == kept
    assert asked == [True]
    connection.errors_occurred = False


def test_a_page_is_answered_after_the_server_let_go(kept: int, client: Client) -> None:
    with psycopg.connect(ground().postgres.url("postgres", ground().database)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [kept])
    next_request()

    assert client.get("/readyz").status_code == 200
