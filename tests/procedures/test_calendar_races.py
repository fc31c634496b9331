"""The calendar changes while files are decided: what was decided stays decided."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import Job
from procedures import policy
from procedures.enums import ApplicationState, Outcome
from procedures.services import calendar, lifecycle
from procedures.services.lifecycle import Verdict
from tests.procedures import world
from tests.procedures.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
FRIDAY = datetime(2026, 11, 20, 3, tzinfo=UTC)
LATER = FRIDAY + policy.CALENDAR_SETTLES


def test_a_decision_at_the_same_moment_is_the_last_word() -> None:
    with clock.frozen(FRIDAY):
        row = world.make_filer().file_paid("marital-status")
        calendar.add(
            day=date(2026, 11, 23), works=False, note="Mẫu", source="Thông báo mẫu",
            actor=SYSTEM, now=FRIDAY,
        )  # fmt: skip
    job = Job.objects.get(task=calendar.FOLLOW)

    def decide() -> None:
        with clock.frozen(LATER), transaction.atomic():
            held = lifecycle.hold(row.pk)
            verdict = Verdict(outcome=Outcome.GRANTED, by_silence=True)
            lifecycle.decide(held, verdict, actor=SYSTEM, now=LATER)

    def follow() -> None:
        with clock.frozen(LATER + timedelta(seconds=1)):
            jobs.run_here(job.pk, calendar.FOLLOW)

    at_once([decide, follow])

    row.refresh_from_db()
    job.refresh_from_db()
    assert row.state == ApplicationState.GRANTED
    assert (row.alert_at, row.ended_at) == (None, LATER)
    assert job.done_at is not None
