"""Staff see a citizen's data: each look is an event the citizen reads, and a search has a limit.

Opening a case is itself an event, so an officer's work on their own open case leaves no second one.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from accounts import events, policy
from accounts.enums import CaseTask, DataPage
from accounts.models import (
    Account,
    Alert,
    CardCase,
    Citizen,
    DataRequest,
    Inspection,
    LockOrder,
    LookUp,
)
from accounts.selectors.counter import open_guardianships
from accounts.services import court_orders, register, watching
from eid_portal.core import audit, clock, ids, limits, readonly
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, AuditEvent

COUNTER: Final = "counter"
ADMINISTRATION: Final = "administration"
ALERTING: Final = (DataPage.SEARCH, DataPage.ACCOUNT)  # looks of administrators


class TooManySearches(Exception):
    """So many numbers were searched that the next must wait ``until``; ``message`` tells the administrator."""

    code = "too_many_searches"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _("You searched too many numbers. Search again after %(time)s.") % {
            "time": f"{local:%H:%M}"
        }


def see_case(*, case: CardCase, page: DataPage, actor: Actor, now: datetime) -> None:
    """Record that the data of a case is shown, unless it is the viewer's own open one."""
    if case.officer_id == actor.account_id and case.closed_at is None:
        return
    _record(page, target=case, subject_id=case.citizen_id, actor=actor, purpose=COUNTER, now=now)


def see_task(*, case: CardCase, task: CaseTask, actor: Actor, now: datetime) -> None:
    """Record that the page of a task is shown; of guardianships it names the other one, who reads that too."""
    see_case(case=case, page=DataPage.CASE, actor=actor, now=now)
    if task != CaseTask.GUARDIANSHIP or case.citizen_id is None:
        return
    for row in open_guardianships(case.citizen_id):
        other = row.guardian_id if row.ward_id == case.citizen_id else row.ward_id
        _record(DataPage.CASE, target=row, subject_id=other, actor=actor, purpose=COUNTER, now=now)


def see_proposal(*, approval: Approval, case: CardCase | None, actor: Actor, now: datetime) -> None:
    """Record that a proposal is shown with the data of its case, or of the citizen it is about."""
    _record(
        DataPage.PROPOSAL,
        target=case or approval,
        subject_id=case.citizen_id if case else approval.subject_citizen_id,
        actor=actor,
        purpose=COUNTER,
        now=now,
        hidden_with=approval if approval.kind == court_orders.KIND else None,
    )


def see_account(*, account: Account, actor: Actor, now: datetime) -> None:
    """Record that the administration shows the account of somebody's, who is told."""
    _record(
        DataPage.ACCOUNT,
        target=account,
        subject_id=account.citizen_id,
        actor=actor,
        purpose=ADMINISTRATION,
        now=now,
    )


def see_citizen(*, citizen: Citizen, actor: Actor, now: datetime) -> None:
    """Record that the administration shows a citizen, masked."""
    _record(
        DataPage.ACCOUNT,
        target=citizen,
        subject_id=citizen.pk,
        actor=actor,
        purpose=ADMINISTRATION,
        now=now,
    )


def see_request(*, request: DataRequest, actor: Actor, now: datetime) -> None:
    """Record that what somebody wrote about their data is shown."""
    _record(
        DataPage.ACCOUNT,
        target=request,
        subject_id=request.citizen_id,
        actor=actor,
        purpose=ADMINISTRATION,
        now=now,
    )


def see_lock_order(
    *, order: LockOrder, actor: Actor, now: datetime, at_counter: bool = False
) -> None:
    """Record that an authority's request about somebody is shown, in the administration or at a counter."""
    _record(
        DataPage.LOCK_ORDER,
        target=order,
        subject_id=order.account.citizen_id,
        actor=actor,
        purpose=COUNTER if at_counter else ADMINISTRATION,
        now=now,
    )


def see_payment(
    *, target: models.Model, citizen_id: UUID | None, actor: Actor, now: datetime
) -> None:
    """Record that the administration shows a payment of somebody's, or what was decided about it."""
    _record(
        DataPage.PAYMENT,
        target=target,
        subject_id=citizen_id,
        actor=actor,
        purpose=ADMINISTRATION,
        now=now,
    )


def see_application(*, target: models.Model, citizen_id: UUID, actor: Actor, now: datetime) -> None:
    """Record that the administration shows how an application of somebody's goes, or a part of it."""
    _record(
        DataPage.APPLICATION,
        target=target,
        subject_id=citizen_id,
        actor=actor,
        purpose=ADMINISTRATION,
        now=now,
    )


def see_look(*, look: LookUp, target: models.Model, actor: Actor, now: datetime) -> None:
    """Record that a look is shown to who checks looks, masked; one by court order stays hidden."""
    _record(
        DataPage.CONSOLE,
        target=target,
        subject_id=look.citizen_id,
        actor=actor,
        purpose=watching.PURPOSE,
        now=now,
        hidden_with=court_orders.approval_of(look),
    )


def see_alert(*, alert: Alert, actor: Actor, now: datetime) -> None:
    """Record that an alert is shown with whom the look was at, masked; one of nobody leaves nothing."""
    if alert.look_up is not None:
        see_look(look=alert.look_up, target=alert, actor=actor, now=now)
    elif alert.citizen_id is not None:
        _record(
            DataPage.CONSOLE,
            target=alert,
            subject_id=alert.citizen_id,
            actor=actor,
            purpose=watching.PURPOSE,
            now=now,
        )


def see_inspection(*, inspection: Inspection, actor: Actor, now: datetime) -> None:
    """Record that an inspection is shown to who answers it."""
    look = inspection.look_up
    _record(
        DataPage.CONSOLE,
        target=inspection,
        subject_id=inspection.citizen_id,
        actor=actor,
        purpose=watching.PURPOSE,
        now=now,
        hidden_with=court_orders.approval_of(look) if look else None,
    )


def find_citizen(*, number: str, actor: Actor, now: datetime) -> Citizen | None:
    """The citizen with a whole personal number, for an administrator; who is found is told.

    Every number counts, found or not: a number may not be guessed by asking.

    Raises:
        TooManySearches: see the class.
    """
    answer = limits.hit(policy.CITIZEN_SEARCH, str(actor.account_id), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManySearches(answer.until)
    citizen = register.find_citizen(number)
    if citizen is not None:
        _record(
            DataPage.SEARCH,
            target=citizen,
            subject_id=citizen.pk,
            actor=actor,
            purpose=ADMINISTRATION,
            now=now,
        )
    return citizen


def _record(
    page: DataPage,
    *,
    target: models.Model,
    subject_id: UUID | None,
    actor: Actor,
    purpose: str,
    now: datetime,
    hidden_with: Approval | None = None,
) -> None:
    """At most once per viewer, target and ``policy.SEEN_AGAIN``, also when pages are opened side by side."""
    with readonly.access_record():
        if _is_recorded(target, actor, now):
            return
        with transaction.atomic():
            _lock(target, actor)
            if _is_recorded(target, actor, now):
                return
            event = audit.record(
                events.DataSeen(page=page.value),
                actor=actor,
                subject_id=subject_id,
                target=target,
                purpose=purpose,
                now=now,
            )
            if hidden_with is not None:
                court_orders.hide_with(event, approval=hidden_with, now=now)
            if page in ALERTING:
                watching.hold(actor)
                watching.looked(actor=actor, citizen_id=subject_id, now=now)


def _is_recorded(target: models.Model, actor: Actor, now: datetime) -> bool:
    """Keys grow with time, so the index of actors leads to the viewer's last events alone."""
    return AuditEvent.objects.filter(
        actor_id=actor.account_id,
        pk__gt=ids.uuid7_before(policy.SEEN_AGAIN + timedelta(minutes=1)),  # clocks differ a little
        recorded_at__gt=now - policy.SEEN_AGAIN,
        name=events.DataSeen.name,
        target_id=target.pk,
    ).exists()


def _lock(target: models.Model, actor: Actor) -> None:
    key = f"{events.DataSeen.name}:{actor.account_id}:{target.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
