"""Staff end sessions: those of one account, or everybody's (ASVS V7.4.5). Devices stay known; nothing else changes."""

from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.enums import SessionEnd
from accounts.models import Account, Citizen, DeviceSession
from accounts.selectors import counter as counter_pages
from accounts.services import sessions
from eid_portal.core import audit
from eid_portal.core.events import SYSTEM, Actor


@transaction.atomic
def end_of(*, account: Account, actor: Actor, now: datetime) -> int:
    """End every session of an account; its holder reads who did it. Returns how many ended."""
    ended = sessions.end_all(account_ids=[account.pk], reason=SessionEnd.STAFF, now=now)
    audit.record(
        events.SignedOut(reason=SessionEnd.STAFF),
        actor=actor,
        subject_id=account.citizen_id,
        target=account,
        now=now,
    )
    return ended


def end_of_citizen(*, citizen: Citizen, actor: Actor, now: datetime) -> int:
    """End every session of a citizen's e-ID account. Returns how many ended."""
    account = counter_pages.citizen_account(citizen)
    return end_of(account=account, actor=actor, now=now) if account else 0


@transaction.atomic
def end_everybodys(*, now: datetime) -> int:
    """End every session there is, after an incident. Returns how many ended."""
    ended = DeviceSession.objects.filter(ended_at__isnull=True).update(
        ended_at=now, end_reason=SessionEnd.STAFF
    )
    audit.record(events.EverybodySignedOut(sessions=ended), actor=SYSTEM, now=now)
    return ended
