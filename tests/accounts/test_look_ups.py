"""Looking a person up: never without a reason, little at first, more for words the person reads, and not for long."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts import events
from accounts.models import SealedLook
from accounts.selectors import home, sealed_looks
from eid_portal.core import audit, clock
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db


# --- Hidden by a court order ----------------------------------------------------------------------
def test_what_a_court_order_hides_appears_on_its_day() -> None:
    account = factories.make_account()
    seen, hidden = (
        audit.record(
            events.DataSeen(page=page), actor=factories.actor(), subject_id=account.citizen_id
        )
        for page in ("case", "look_up")
    )
    now = clock.now()
    SealedLook.objects.create(
        event_id=hidden.pk, order_number="12/2026/QĐ", hidden_until=now + timedelta(days=30),
        approval_id=uuid4(), sealed_at=now,
    )  # fmt: skip

    def listed() -> list[Any]:
        return [line.data["page"] for line in home.list_events(account)]

    assert listed() == ["case"]
    by_orm = AuditEvent.objects.filter(subject_id=account.citizen_id)
    assert list(by_orm.filter(sealed_looks.not_hidden(now))) == [seen]
    with clock.frozen(now + timedelta(days=30)):
        assert listed() == ["look_up", "case"]
        assert by_orm.filter(sealed_looks.not_hidden(clock.now())).count() == 2
