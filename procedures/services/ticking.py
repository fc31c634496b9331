"""What time brings: reminders of a clock, letters of delay, decisions by silence, and requests nobody answered.

Rung every minute. Each application is settled in a transaction of its own, locked; one that fails is logged and the
others go on.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.enums import NoticeKind
from eid_portal.core import clock, working_days
from eid_portal.core.events import SYSTEM
from eid_portal.core.transitions import move
from procedures import events, policy, states
from procedures.enums import ApplicationState, Outcome, RequestState, Writer
from procedures.models import Application, CorrectionRequest, Message, OpinionRequest
from procedures.rules.clocks import ALERTS, last_moment
from procedures.rules.documents import Document
from procedures.rules.values import in_language
from procedures.selectors import revisions
from procedures.services import fees, lifecycle, telling
from procedures.services.lifecycle import Verdict

_AT_ONCE: Final = 500
log = structlog.get_logger()


def tick(*, now: datetime) -> int:
    """Settle whatever is due; returns how many things were."""
    return (
        _each(_alerts(now), lambda key: _alert(key, now))
        + _each(_corrections(now), lambda key: _lapse_correction(key, now))
        + _each(_opinions(now), lambda key: _lapse_opinion(key, now))
        + _each(_unpaid(now), lambda key: _take_back(key, now))
    )


def _each(keys: Iterable[UUID], settle: Callable[[UUID], None]) -> int:
    count = 0
    for key in keys:
        try:
            with transaction.atomic():
                settle(key)
            count += 1
        except Exception:  # the others are due too; this one is tried again in a minute
            log.exception("application.tick_failed", key=str(key))
    return count


# --- The clock of an application --------------------------------------------------------------------
def _alerts(now: datetime) -> list[UUID]:
    rows = Application.objects.filter(alert_at__lte=now, ended_at__isnull=True)
    return list(rows.order_by("alert_at", "id").values_list("pk", flat=True)[:_AT_ONCE])


def _alert(key: UUID, now: datetime) -> None:
    row = lifecycle.hold(key)
    if row.ended_at is not None or row.alert_at is None or row.alert_at > now:
        return
    document = revisions.document(row.revision_id)
    if row.alerted < ALERTS[-1]:  # else the day that was promised has passed too
        due = lifecycle.deadline_of(row, document)
        passed = [each.per_cent for each in due.alerts if each.at <= now]
        reached = max(passed, default=row.alerted)
        coming = [each.at for each in due.alerts if each.per_cent > reached]
        Application.objects.filter(pk=key).update(
            alerted=reached,
            alert_at=min(coming, default=None),
            received_on=due.received,
            due_at=due.due_at,
        )
        row.alerted, row.due_at = reached, due.due_at
        if reached < ALERTS[-1]:
            return
    if document.data["silence"] == "granted" and row.state == ApplicationState.IN_REVIEW:
        verdict = Verdict(outcome=Outcome.GRANTED, by_silence=True)
        lifecycle.decide(row, verdict, actor=SYSTEM, now=now)
        return
    _write_letter(row, document, now)


def _write_letter(row: Application, document: Document, now: datetime) -> None:
    """Apologise, and promise another day; if that passes too, the next letter is due."""
    promised = working_days.due(now, working_days=policy.DELAYED_BY)
    was = row.promised_at or row.due_at or now
    with translation.override(row.filer.language):
        text = _letter(row, document, was=was, promised=promised)
    Message.objects.create(application=row, writer=Writer.PORTAL, text=text, sent_at=now)
    Application.objects.filter(pk=row.pk).update(promised_at=promised, alert_at=promised)
    telling.tell(
        row,
        NoticeKind.APPLICATION_DELAYED,
        now=now,
        until_date=f"{clock.today(promised):%d/%m/%Y}",
    )


def _letter(row: Application, document: Document, *, was: datetime, promised: datetime) -> str:
    return _(
        "Letter of apology for a late result\n\n"
        "Application %(reference)s, %(procedure)s, was to be decided by %(was)s. %(office)s has not decided it yet,"
        " and apologises to you.\n\n"
        "The result is promised by %(promised)s. You need not do anything. If it is late again, another letter"
        " follows, and you may complain to: %(appeal)s."
    ) % {
        "reference": row.reference,
        "procedure": in_language(document.name),
        "was": f"{clock.today(was):%d/%m/%Y}",
        "promised": f"{clock.today(promised):%d/%m/%Y}",
        "office": row.desk.office.name,
        "appeal": in_language(document.data["appeal"]["to"]),
    }


# --- What nobody answered -----------------------------------------------------------------------------
def _corrections(now: datetime) -> list[UUID]:
    rows = CorrectionRequest.objects.filter(state=RequestState.OPEN, answer_by__lte=now)
    return list(rows.order_by("answer_by").values_list("pk", flat=True)[:_AT_ONCE])


def _lapse_correction(key: UUID, now: datetime) -> None:
    asked = CorrectionRequest.objects.get(pk=key)
    row = lifecycle.hold(asked.application_id)
    asked.refresh_from_db()
    if asked.state != RequestState.OPEN:
        return
    move(
        asked, states.CORRECTION, to=RequestState.LAPSED,
        event=events.CorrectionLapsed(**lifecycle.of(row)),
        actor=SYSTEM, subject_id=row.citizen_id, now=now, answered_at=now,
    )  # fmt: skip
    lifecycle.refresh(row, actor=SYSTEM, now=now)


def _opinions(now: datetime) -> list[UUID]:
    rows = OpinionRequest.objects.filter(state=RequestState.OPEN, answer_by__lte=now)
    return list(rows.order_by("answer_by").values_list("pk", flat=True)[:_AT_ONCE])


def _lapse_opinion(key: UUID, now: datetime) -> None:
    asked = OpinionRequest.objects.get(pk=key)
    row = lifecycle.hold(asked.application_id)
    asked.refresh_from_db()
    if asked.state != RequestState.OPEN:
        return
    move(
        asked, states.OPINION, to=RequestState.LAPSED,
        event=events.OpinionLapsed(**lifecycle.of(row)),
        actor=SYSTEM, subject_id=row.citizen_id, now=now, answered_at=now,
    )  # fmt: skip
    lifecycle.refresh(row, actor=SYSTEM, now=now)


# --- What nobody paid -----------------------------------------------------------------------------------
def _unpaid(now: datetime) -> list[UUID]:
    rows = Application.objects.filter(
        state=ApplicationState.FILED, filed_at__lte=now - policy.FEE_WAITS
    )
    found = rows.order_by("filed_at").values_list("pk", "filed_at")[:_AT_ONCE]
    return [key for key, at in found if last_moment(at, policy.FEE_WAITS) <= now]


def _take_back(key: UUID, now: datetime) -> None:
    row = lifecycle.hold(key)
    if row.state == ApplicationState.FILED and not fees.is_being_paid(key):
        lifecycle.withdraw(row, actor=SYSTEM, now=now)
