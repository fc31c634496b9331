"""Drafts and what becomes of them: begun once, kept page by page, filed once, received when the fee is there."""

import pytest

from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from procedures.enums import ApplicationState, Outcome
from procedures.models import Draft
from procedures.rules import documents
from procedures.selectors import filed
from procedures.services import lifecycle
from procedures.services.lifecycle import Verdict
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
CODES = sorted(documents.shipped())


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


@pytest.mark.parametrize("code", CODES)
def test_every_shipped_procedure_is_filed_and_decided(filer: Filer, code: str) -> None:
    application = filer.file(code)

    assert not Draft.objects.exists()
    form = filed.read(application)
    assert form.is_whole
    assert form.settle().is_complete
    if application.fee:
        assert application.state == ApplicationState.FILED
        assert lifecycle.receive(application, now=clock.now())
    row = lifecycle.hold(application.pk)
    for asked in row.consent_requests.all():
        asked.delete()
    lifecycle.refresh(row, actor=SYSTEM, now=clock.now())
    if row.state != ApplicationState.GRANTED:
        assert row.state == ApplicationState.IN_REVIEW
        assert row.due_at is not None
        lifecycle.decide(row, Verdict(outcome=Outcome.GRANTED), actor=SYSTEM, now=clock.now())
    row.refresh_from_db()
    assert (row.state, row.decision.outcome) == (ApplicationState.GRANTED, Outcome.GRANTED)
    assert row.result.says["vi"]["body"]
    said = row.result.says
    assert not [
        text
        for lang in ("vi", "en")
        for text in said[lang]["body"]
        if "{" in text or "None" in text
    ]
    assert [each.do for each in row.effects.order_by("number")] == [
        each.do for each in form.document.effects if each.when.holds(form.facts)
    ]
