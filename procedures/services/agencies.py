"""Agencies with a system of their own are told whenever an application of their desk moves.

A report is written in the transaction of the move, and a job sends it; until the agency has said that it has it, the
same event goes again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from eid_portal.core import clock, jobs, tidying
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown
from procedures import policy
from procedures.gateways import agencies as gateway
from procedures.models import Application, StatusReport

TELL: Final = "procedures.tell_agency"
_NEXT: Final = timedelta(microseconds=1)


def report(row: Application, moved: AuditEvent) -> None:
    """Have the agency of its desk, if it has a system of its own, told of a move; in the transaction of the move.

    The caller holds the application, so the moments of one application grow, and never repeat.
    """
    if not row.desk.party:
        return
    at = moved.recorded_at
    last = row.status_reports.order_by("-at").values_list("at", flat=True).first()
    if last is not None and at <= last:
        at = last + _NEXT
    made = StatusReport.objects.create(
        pk=moved.pk, application=row, party=row.desk.party, state=row.state, at=at
    )
    jobs.enqueue(TELL, subject_id=made.pk)


def tell(claim: jobs.Claim) -> None:
    """Send one report; a job, which is tried again until the agency answers.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    rows = StatusReport.objects.select_related("application__procedure")
    made = rows.get(pk=claim.subject_id)
    outcome = gateway.tell(
        made.party,
        {
            "event_id": str(made.pk),
            "reference": made.application.reference,
            "procedure": made.application.procedure.code,
            "state": made.state,
            "at": made.at.astimezone(UTC).isoformat(timespec="microseconds"),
        },
    )
    match outcome:
        case Accepted():
            with transaction.atomic():
                StatusReport.objects.filter(pk=made.pk).update(told_at=clock.now())
                claim.finish()
        case Refused(code):
            claim.give_up(error=code)
        case Unavailable(reason, retry_after):
            at = clock.now() + retry_after if retry_after else None
            claim.retry(at=at, error=reason[:80])
        case Unknown(reason):  # perhaps it has it: the same event is told twice, and kept once
            claim.retry(error=reason[:80])


def tell_again(row: StatusReport, *, now: datetime) -> bool:
    """Have a report that was put aside sent again; whether it was aside. The caller holds its application."""
    if (
        StatusReport.objects.filter(pk=row.pk, told_at__isnull=False).exists()
        or jobs.unfinished(TELL, subject_id=row.pk).exists()
    ):
        return False
    jobs.enqueue(TELL, subject_id=row.pk, at=now)
    return True


def with_trying(rows: QuerySet[StatusReport]) -> QuerySet[Any]:
    """The rows, each with ``is_tried``, whether a job sends it or will, and ``code``, why the last try failed."""
    last = Job.objects.filter(task=TELL, subject_id=OuterRef("pk")).order_by("-pk")
    return rows.annotate(
        is_tried=Exists(jobs.unfinished(TELL, subject_id=OuterRef("pk"))),
        code=Subquery(last.values("last_error")[:1]),
    )


def old(now: datetime) -> QuerySet[StatusReport]:
    """Reports that their agencies had ``policy.REPORTS_KEPT`` ago; what was not told stays."""
    before = now - policy.REPORTS_KEPT
    return StatusReport.objects.filter(pk__lt=tidying.first_id(before), told_at__lt=before)


def register() -> None:
    """Have old reports deleted; called in ``apps.ready()``."""
    tidying.register("status_reports", old)
