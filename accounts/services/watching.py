"""Officers and administrators are watched: looks that stand out raise an alert, in the transaction of the look.

A look is a look-up, a visit opened at a counter, a search or an opening of data in the administration. Supervisors of
the office decide about an alert, about one of an administrator the administrators; nobody about their own.
"""

import secrets
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import AlertKind, AlertState, InspectionSource, ReviewState
from accounts.models import Account, Alert, CardCase, LookReview, LookUp
from accounts.selectors import look_ups as pages
from accounts.selectors.look_ups import COUNT_LOOKS
from accounts.services import court_orders, inspections
from eid_portal.core import audit, clock, ids, metrics, statements
from eid_portal.core.database import only_one
from eid_portal.core.events import Actor
from eid_portal.core.transitions import StaleState, move

PURPOSE: Final = "supervision"
_JUDGE: Final = f"""
SELECT ({COUNT_LOOKS}),
    EXISTS (SELECT FROM accounts_account a WHERE a.citizen_id = %(citizen)s AND a.kind <> 'citizen'
        AND a.state <> 'CLOSED'),
    EXISTS (SELECT FROM accounts_relation r WHERE r.ended_at IS NULL AND (
        (r.citizen_id = %(me)s AND r.other_id = %(citizen)s)
        OR (r.citizen_id = %(citizen)s AND r.other_id = %(me)s)))
    OR EXISTS (SELECT FROM accounts_relation r
        JOIN accounts_relation o ON o.other_id = r.other_id AND o.citizen_id = %(citizen)s AND o.ended_at IS NULL
        WHERE r.citizen_id = %(me)s AND r.ended_at IS NULL AND r.kind <> 'GUARDIAN' AND o.kind <> 'GUARDIAN'),
    ARRAY(SELECT l.kind FROM accounts_alert l WHERE l.officer_id = %(officer)s AND l.raised_at > %(from)s
        AND (l.kind = 'MANY_LOOKS' OR (l.look_up_id IS NOT DISTINCT FROM %(look_up)s
            AND l.case_id IS NOT DISTINCT FROM %(case)s AND l.citizen_id IS NOT DISTINCT FROM %(citizen)s)))
"""  # noqa: S608 - our own words; values go apart


class AlertRefused(Exception):
    """This cannot be decided; ``code`` says why and ``message`` tells the supervisor."""

    code = "alert_refused"
    message: Any = _("This cannot be decided.")


class OneOfYours(AlertRefused):
    """It is about the one who would decide: they looked, or were looked at."""

    code = "one_of_yours"
    message = _("This is about a look of yours or at you: somebody else must decide.")


class DecidedAlready(AlertRefused):
    """Somebody decided it in the meantime."""

    code = "decided_already"
    message = _("This was decided in the meantime.")


# --- Alerts -------------------------------------------------------------------------------------
def looked(
    *,
    actor: Actor,
    citizen_id: UUID | None,
    look_up: LookUp | None = None,
    case: CardCase | None = None,
    now: datetime,
) -> list[Alert]:
    """Raise what the look just recorded raises, in the caller's transaction, which holds the officer's account.

    ``citizen_id`` is whom the look was at; ``look_up`` or ``case`` is the look, where it has a row of its own.

    At most one alert of many looks an officer and hour; of a colleague or the same household, one a look.
    """
    row = statements.fetch_one(
        _JUDGE,
        pages.counting(actor.account_id, now=now)
        | {
            "me": actor.citizen_id,
            "citizen": citizen_id,
            "look_up": look_up.pk if look_up else None,
            "case": case.pk if case else None,
        },
    )
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    count, colleague, household, raised = row
    found = {
        AlertKind.MANY_LOOKS: count > policy.LOOKS_AN_HOUR,
        AlertKind.COLLEAGUE: colleague,
        AlertKind.HOUSEHOLD: household,
    }
    return [
        _raise(
            kind,
            actor=actor,
            citizen_id=citizen_id,
            look_up=look_up,
            case=case,
            count=count,
            now=now,
        )
        for kind, stands_out in found.items()
        if stands_out and kind not in raised
    ]


def hold(actor: Actor) -> None:
    """One look of an officer at a time until the transaction ends, so that the alert of an hour is raised once."""
    Account.objects.select_for_update().filter(pk__in=[actor.account_id]).first()


def _raise(
    kind: AlertKind,
    *,
    actor: Actor,
    citizen_id: UUID | None,
    look_up: LookUp | None,
    case: CardCase | None,
    count: int,
    now: datetime,
) -> Alert:
    alert = Alert.objects.create(
        state=AlertState.OPEN,
        kind=kind,
        officer=Account.objects.get(pk__in=[actor.account_id]),
        office_id=actor.office_id,
        look_up=look_up,
        citizen_id=citizen_id,
        case=case,
        count=count,
        raised_at=now,
    )
    audit.record(events.AlertRaised(kind=kind.value), actor=actor, target=alert, now=now)
    return alert


@transaction.atomic
def decide_alert(*, alert: Alert, inspect: bool, actor: Actor, now: datetime) -> None:
    """Find the looks reasonable, or open an inspection.

    Raises:
        OneOfYours, DecidedAlready: see there.
    """
    _refuse_own(alert.officer, alert.citizen_id, actor)
    if alert.state != AlertState.OPEN:
        raise DecidedAlready
    to = AlertState.INSPECTED if inspect else AlertState.CLOSED
    event = events.AlertInspected() if inspect else events.AlertClosed()
    try:
        move(
            alert,
            states.ALERT,
            to=to,
            event=event,
            actor=actor,
            now=now,
            closed_at=now,
            closed_by_id=actor.account_id,
        )
    except StaleState:
        raise DecidedAlready from None
    if inspect:
        inspections.open_from(
            source=InspectionSource.ALERT,
            officer=alert.officer,
            office_id=alert.office_id,
            look_up=alert.look_up,
            citizen_id=alert.citizen_id,
            actor=actor,
            now=now,
        )


def _refuse_own(officer: Account, citizen_id: UUID | None, actor: Actor) -> None:
    if actor.citizen_id in {officer.citizen_id, citizen_id}:
        raise OneOfYours


# --- The random sample --------------------------------------------------------------------------
def draw_samples(*, now: datetime) -> int:
    """Draw the samples of the last days that were not drawn; for a periodic task. Returns how many looks were drawn."""
    today = clock.today(now)
    drawn = LookReview.objects.filter(office_id=OuterRef("office_id"), day=OuterRef("day"))
    waiting = (
        _between(today - timedelta(days=policy.SAMPLE_DAYS), today)
        .annotate(day=TruncDate("looked_at", tzinfo=clock.VIET_NAM))
        .filter(~Exists(drawn))
        .values_list("office_id", "day")
        .distinct()
    )
    return sum(_draw(office_id, day) for office_id, day in waiting)


@transaction.atomic
def _draw(office_id: UUID, day: date) -> int:
    """A share of an office's look-ups of a day, and at least one where there were any."""
    mine = only_one(f"accounts.sample:{office_id}:{day}")
    if not mine or LookReview.objects.filter(office_id=office_id, day=day).exists():
        return 0
    rows = _between(day, day + timedelta(days=1)).filter(office_id=office_id)
    looks = list(rows.values_list("pk", flat=True))
    count = max(1, -(-len(looks) * policy.SAMPLE_PERCENT // 100))
    drawn = secrets.SystemRandom().sample(looks, count)
    LookReview.objects.bulk_create(
        LookReview(state=ReviewState.TO_REVIEW, look_up_id=pk, office_id=office_id, day=day)
        for pk in drawn
    )
    return count


def _between(first: date, last: date) -> QuerySet[LookUp]:
    """The look-ups from a day to the one before another; an index of keys, which grow with time, leads to them.

    The key of a look by court order is that of its approval, which is older by days.
    """
    since, until = (
        datetime.combine(day, datetime.min.time(), tzinfo=clock.VIET_NAM) for day in (first, last)
    )
    key = ids.uuid7_before(timedelta(days=policy.SAMPLE_DAYS + 1) + 2 * policy.APPROVAL_LASTS)
    return LookUp.objects.filter(pk__gt=key, looked_at__gte=since, looked_at__lt=until)


@transaction.atomic
def decide_review(*, review: LookReview, inspect: bool, actor: Actor, now: datetime) -> None:
    """Find a look that was drawn reasonable, or open an inspection.

    Raises:
        OneOfYours, DecidedAlready: see there.
    """
    look = review.look_up
    _refuse_own(look.officer, look.citizen_id, actor)
    if review.state != ReviewState.TO_REVIEW:
        raise DecidedAlready
    to = ReviewState.INSPECTED if inspect else ReviewState.REASONABLE
    try:
        event = move(
            review,
            states.REVIEW,
            to=to,
            event=events.LookReviewed(verdict=to.value),
            actor=actor,
            subject_id=look.citizen_id,
            purpose=PURPOSE,
            now=now,
            reviewed_by_id=actor.account_id,
            reviewed_at=now,
        )
    except StaleState:
        raise DecidedAlready from None
    court_orders.hide(event, look_up=look, now=now)
    if inspect:
        inspections.open_from(
            source=InspectionSource.SAMPLE,
            officer=look.officer,
            office_id=look.office_id,
            look_up=look,
            citizen_id=look.citizen_id,
            actor=actor,
            now=now,
        )


def register() -> None:
    """Let operators' alarms see what waits; called in ``apps.ready()``."""
    metrics.register(
        "eid_alerts_open",
        "Alerts about looks that nobody has decided",
        "SELECT count(*) FROM accounts_alert WHERE state = 'OPEN'",
    )
    metrics.register(
        "eid_inspections_overdue",
        "Inspections of looks that were to be answered by now",
        "SELECT count(*) FROM accounts_inspection WHERE state = 'OPEN' AND answer_by <= %(now)s",
    )
