"""A look by court order: another human agrees first, and the person sees it on the day the order names.

Everything recorded about it is hidden until then by an append-only row beside each event: the proposal, the decision,
the look, and whatever supervisors do about it later. Nothing is left out of the audit.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy
from accounts.enums import LookReason
from accounts.models import Citizen, LookUp, SealedLook
from accounts.selectors.look_ups import COURT_ORDER
from eid_portal.core import approvals, audit, clock, ids
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import Approval, AuditEvent

KIND: Final = COURT_ORDER


class DayRefused(Exception):
    """The day does not do; ``message`` tells the officer."""

    code = "day_refused"
    message: Any = _("The person must see this look within a year: choose a day from tomorrow on")


@transaction.atomic
def propose(
    *, citizen: Citizen, order_number: str, hidden_until: date, actor: Actor, now: datetime
) -> Approval:
    """Ask a supervisor to agree to a look that the person sees from a day on only.

    Raises:
        DayRefused: see the class.
        approvals.AlreadyOpen: the same waits.
    """
    until = datetime.combine(hidden_until, datetime.min.time(), tzinfo=clock.VIET_NAM)
    if not now < until <= now + policy.LOOK_SEALED_LONGEST:
        raise DayRefused
    approval = approvals.propose(
        kind=KIND,
        target_id=uuid5(citizen.pk, f"{KIND}:{actor.account_id}"),
        reason=LookReason.COURT_ORDER.value,
        maker=actor,
        subject_citizen_id=citizen.pk,
        lasts=policy.APPROVAL_LASTS,
        now=now,
    )
    for event in _events_of(approval):
        _hide(event, approval=approval, order_number=order_number, until=until, now=now)
    return approval


class CourtOrderHandler:
    """A look by court order; the subject is whom it is about."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The officer who proposed it may look, once."""
        _hide_decision(approval, now=now)

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Nobody looks; that somebody asked is seen on the day of the order."""
        _hide_decision(approval, now=now)


def register() -> None:
    """Tell the core what these approvals do; called in ``apps.ready()``."""
    approvals.register(KIND, CourtOrderHandler())


def order_of(approval: Approval) -> SealedLook:
    """The order's number and day, as they were written down when it was proposed."""
    return SealedLook.objects.filter(approval_id=approval.pk).earliest("sealed_at", "pk")


def approval_of(look_up: LookUp) -> Approval | None:
    """The approval of a look by court order: both have one key, so that the look is taken once."""
    if look_up.reason != LookReason.COURT_ORDER:
        return None
    return Approval.objects.get(pk=look_up.pk)


def hide(event: AuditEvent, *, look_up: LookUp | None, now: datetime) -> None:
    """Hide an event about a look by court order as the look itself is, in the caller's transaction."""
    approval = approval_of(look_up) if look_up else None
    if approval is not None:
        hide_with(event, approval=approval, now=now)


def hide_with(event: AuditEvent, *, approval: Approval, now: datetime) -> None:
    """Hide an event about a proposed look by court order, in the caller's transaction."""
    order = order_of(approval)
    _hide(
        event, approval=approval, order_number=order.order_number, until=order.hidden_until, now=now
    )


def is_hidden(look_up: LookUp | None, *, now: datetime) -> bool:
    """Whether the person does not see a look yet."""
    if look_up is None or look_up.reason != LookReason.COURT_ORDER:
        return False
    return SealedLook.objects.filter(approval_id=look_up.pk, hidden_until__gt=now).exists()


def _hide_decision(approval: Approval, *, now: datetime) -> None:
    rows = SealedLook.objects.filter(approval_id=approval.pk)
    hidden = set(rows.values_list("event_id", flat=True))
    for event in _events_of(approval):
        if event.pk not in hidden:
            hide_with(event, approval=approval, now=now)


def _events_of(approval: Approval) -> list[AuditEvent]:
    """What its person would see of a proposal; keys grow with time, so that the index of subjects leads to it."""
    rows = AuditEvent.objects.filter(
        subject_id=approval.subject_citizen_id, shown=True, pk__gt=ids.uuid7_since(approval.pk)
    )
    return list(rows.filter(target_id=approval.pk))


def _hide(
    event: AuditEvent, *, approval: Approval, order_number: str, until: datetime, now: datetime
) -> None:
    SealedLook.objects.create(
        event_id=event.pk,
        order_number=order_number,
        hidden_until=until,
        approval_id=approval.pk,
        sealed_at=now,
    )
    who = Actor(
        kind=ActorKind(event.actor_kind),
        account_id=event.actor_id,
        citizen_id=event.actor_citizen_id,
        office_id=event.office_id,
    )
    audit.record(
        events.LookSealed(), actor=who, subject_id=event.subject_id, target=approval, now=now
    )
