"""An alarm that goes off when a synthetic person's data stands in clear: in a log line, a table, or Redis."""

import io
import logging
from collections.abc import Iterator
from datetime import date

import pytest
import structlog
from django.apps import apps
from django.db import connection

from eid_portal.core import bell
from eid_portal.core.text import fold
from tests import factories

_REFERENCE = {"accounts_province", "accounts_registrationcode"}


class PersonalDataInClear(AssertionError):
    """Says where, not what."""


class Alarm:
    """Watches for values; ``check`` looks everywhere and is called when the test ends."""

    def __init__(self, lines: io.StringIO) -> None:
        self.lines = lines
        self.values: set[str] = set()
        self.watch(factories.NAME, factories.BIRTH_DATE, factories.PHONE)
        self.watch(*(factories.personal_number(serial) for serial in range(100)))

    def watch(self, *values: str | date) -> None:
        """Watch for these as well, and for the ways they are written: folded, upper case, without country code."""
        for value in values:
            if isinstance(value, date):
                forms = {
                    value.isoformat(),
                    f"{value:%d/%m/%Y}",
                    f"{value:%d%m%Y}",
                    f"{value:%Y%m%d}",
                }
            else:
                forms = {value, fold(value), value.upper(), fold(value).upper()}
                if value.startswith("+84"):
                    forms |= {"0" + value[3:], value[1:]}
            self.values |= forms

    def check(self) -> None:
        """Look at the log lines so far, every column of every table, and Redis.

        Raises:
            PersonalDataInClear: one of the values stands there.
        """
        self.refuse("a log line", self.lines.getvalue())
        with connection.cursor() as cursor:
            for model in apps.get_models(include_auto_created=True):
                table = model._meta.db_table
                if table not in _REFERENCE:
                    cursor.execute(f'SELECT t::text FROM "{table}" t')
                    for row in cursor.fetchall():
                        self.refuse(f"table {table}", row[0])
        client = bell.redis_client()
        assert client is not None  # a Redis that is away would hide what it holds
        for key in client.scan_iter():
            self.refuse("a name in Redis", key.decode("utf-8", "replace"))
            self.refuse("a value in Redis", str(client.dump(key)))

    def refuse(self, place: str, text: str) -> None:
        """Go off if one of the values is part of the text, in whatever case."""
        folded = text.casefold()
        for value in self.values:
            for form in (value.casefold(), value.encode().hex(), ascii(value)[1:-1].casefold()):
                if form in folded:
                    raise PersonalDataInClear(place)


@pytest.fixture
def personal_data_alarm(db: None) -> Iterator[Alarm]:
    """An :class:`Alarm` that looks at the end of the test; ``watch`` adds the test's own values."""
    root = logging.root
    formatter = next(
        handler.formatter
        for handler in root.handlers
        if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
    )
    lines = io.StringIO()
    ear = logging.StreamHandler(lines)
    ear.setFormatter(formatter)
    root.addHandler(ear)
    alarm = Alarm(lines)
    try:
        yield alarm
        alarm.check()
    finally:
        root.removeHandler(ear)
