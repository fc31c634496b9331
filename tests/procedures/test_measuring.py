"""Real times: half of an office's files, and nine of ten; nothing is said of a few."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from eid_portal.core import clock
from procedures.enums import ApplicationState, Outcome
from procedures.models import Application, Decision, OfficeTime
from procedures.services import measuring
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
CODE = "marital-status"


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


def decided(
    filer: Filer, hours: int, *, ended_ago: timedelta = timedelta(days=1), **values: Any
) -> Application:
    row = filer.file(CODE)
    ended = clock.now() - ended_ago
    Application.objects.filter(pk=row.pk).update(
        state=ApplicationState.GRANTED, received_at=ended - timedelta(hours=hours), ended_at=ended,
        alert_at=None,
    )  # fmt: skip
    Decision.objects.create(application=row, outcome=Outcome.GRANTED, proposed_at=ended, **values)
    return row


def test_half_and_nine_of_ten_are_worked_out(filer: Filer) -> None:
    for hours in range(10, 120, 10):
        decided(filer, hours)
    assert measuring.measure(now=clock.now()) == 1

    row = OfficeTime.objects.get()
    assert (row.files, row.median, row.ninth) == (11, timedelta(hours=60), timedelta(hours=100))
    page = Client().get(f"/procedures/{CODE}/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Sample Ward Police" in page
    assert "3 days" in page
    assert "5 days" in page


def test_nothing_is_said_of_a_few_nor_of_what_nobody_decided_nor_of_long_ago(filer: Filer) -> None:
    for _file in range(4):
        decided(filer, 5)
    decided(filer, 5, by_silence=True)
    decided(filer, 5, ended_ago=timedelta(days=91))
    assert measuring.measure(now=clock.now()) == 0
    page = Client().get(f"/procedures/{CODE}/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "How long it really took" not in page
    decided(filer, 5)
    assert measuring.measure(now=clock.now()) == 1


def test_old_times_go(filer: Filer) -> None:
    for _file in range(5):
        decided(filer, 5)
    measuring.measure(now=clock.now())
    assert measuring.measure(now=clock.now() + timedelta(days=100)) == 0
    assert not OfficeTime.objects.exists()
