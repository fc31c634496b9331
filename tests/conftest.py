"""What every test may use."""

import io
import logging
from collections.abc import Iterator
from typing import Any, Final

import pytest
import structlog
from django.db.models.sql.compiler import SQLUpdateCompiler
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests import chromium
from tests.stores import ground

_TOGETHER: Final = ("tests/browser/", "tests/hostile/portal/")

pytest_plugins = ["tests.alarm", "tests.outside_world"]
# How long an example takes is the machine's business; under CI Hypothesis says so by itself.
hypothesis_settings.register_profile("untimed", hypothesis_settings.default, deadline=None)
hypothesis_settings.load_profile("untimed")


class _Groups(LoadScopeScheduling):  # type: ignore[misc]
    """What starts the whole portal is done by one process, so that it is started once; the rest by whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Groups:
    """How tests are dealt out to processes. Marks do not get this far: pytest-xdist's groups need an older pytest."""
    return _Groups(config, log)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A database of this process's own, copied from the migrated one; the code meets it as ``eid_app``.

    A test with real transactions leaves rows behind that ``eid_app`` may neither delete nor
    truncate, so after each such test the database is dropped and copied again.
    """
    from django.db import connections
    from django.test import TransactionTestCase

    from eid_portal.core import sealed

    def renew(_case: TransactionTestCase) -> None:
        with django_db_blocker.unblock():
            connections.close_all()
            ground().renew_database()
        sealed.forget_keys()

    ground().make_template()
    ground().renew_database()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew)
        yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(scope="session", autouse=True)
def updates_are_of_one_table() -> Iterator[None]:
    """An UPDATE with a condition on a joined table is no compare-and-set.

    Django puts all its conditions into a sub-query, and PostgreSQL does not look at that again after waiting for a row.
    """
    prepare = SQLUpdateCompiler.pre_sql_setup

    def refuse_joins(compiler: SQLUpdateCompiler) -> None:
        compiler.query.get_initial_alias()
        joined = compiler.query.count_active_tables() > 1
        assert not joined, f"update of {compiler.query.base_table} over a join: use Exists()"
        prepare(compiler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLUpdateCompiler, "pre_sql_setup", refuse_joins)
        yield


@pytest.fixture(autouse=True)
def fresh_definitions() -> None:
    """Kinds of papers that one test defined are not remembered in the next."""
    from documents.gateways import definitions

    definitions.forget()


@pytest.fixture(autouse=True)
def fresh_redis() -> None:
    """Counters of one test do not reach the next; nothing else is lost with what Redis holds."""
    from contextlib import suppress

    from redis.exceptions import RedisError

    from eid_portal.core import bell

    client = bell.redis_client()
    with suppress(RedisError):
        if client is not None:
            client.flushdb()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser where there is none, and say why; on CI that is a failure."""
    if item.get_closest_marker("browser"):
        chromium.require()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log as it is written."""
    text = io.StringIO()
    ear = logging.StreamHandler(text)
    ear.setFormatter(
        next(
            handler.formatter
            for handler in logging.root.handlers
            if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
        )
    )
    logging.root.addHandler(ear)
    yield text
    logging.root.removeHandler(ear)
