"""Have papers verified by their registries: ask for it, ask again, and settle what was given up.

A verification is a row; its job stands in the lane of the registry, where ``asking`` takes it up.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from documents import events
from documents.enums import VerificationOutcome, VerificationReason
from documents.models import Document, Verification
from eid_portal.core import audit, jobs
from eid_portal.core.events import Actor

VERIFY: Final = "documents.verify"


class NotGivenUp(Exception):
    """The verification waits, runs or is done: there is nothing to take up."""

    code = "not_given_up"
    message = _("This verification has not been given up.")


# --- Asking for one -----------------------------------------------------------------------------
def request(
    document: Document,
    *,
    reason: VerificationReason,
    now: datetime,
    at: datetime | None = None,
) -> Verification:
    """Have a paper verified ``at`` then or at once, in the caller's transaction; one open verification a paper.

    Asked again while one waits, that one is hurried; while its registry is being asked, it is asked once more after.
    """
    while True:
        mine = Verification(
            document=document, registry=document.registry, reason=reason, requested_at=now
        )
        Verification.objects.bulk_create([mine], ignore_conflicts=True)
        found = Verification.objects.filter(
            document=document, outcome=VerificationOutcome.PENDING
        ).first()
        if found is None:
            continue  # the one in our way was answered at this moment
        if found.pk == mine.pk:
            jobs.enqueue(VERIFY, subject_id=mine.pk, at=at, lane=document.registry)
            return mine
        if jobs.hurry(VERIFY, subject_id=found.pk, at=at or now) or _ask_again(found, reason):
            return found


def _ask_again(running: Verification, reason: VerificationReason) -> bool:
    still = Verification.objects.filter(pk=running.pk, outcome=VerificationOutcome.PENDING)
    return bool(still.update(again=reason))


# --- What an operator does --------------------------------------------------------------------------
@transaction.atomic
def retry(verification: Verification, *, actor: Actor, now: datetime) -> Verification:
    """Ask the registry anew about a paper whose verification was given up. Returns the new verification.

    Raises:
        NotGivenUp: see the class.
    """
    row = _given_up(verification)
    _resolve(row, "retry", actor=actor, now=now)
    return request(row.document, reason=VerificationReason.OPERATOR, now=now)


@transaction.atomic
def resolve(verification: Verification, *, note: str, actor: Actor, now: datetime) -> None:
    """Close a verification that was given up; ``note`` says how, without naming anybody.

    Raises:
        NotGivenUp: see the class.
    """
    row = _given_up(verification)
    _resolve(row, note, actor=actor, now=now)


def _given_up(verification: Verification) -> Verification:
    row = (
        Verification.objects.select_for_update(of=("self",))
        .select_related("document")
        .get(pk=verification.pk)
    )
    if row.outcome != VerificationOutcome.GIVEN_UP or row.resolved_at is not None:
        raise NotGivenUp
    return row


def _resolve(row: Verification, note: str, *, actor: Actor, now: datetime) -> None:
    row.resolved_at, row.resolved_by_id, row.note = now, actor.account_id, note
    row.save(update_fields=["resolved_at", "resolved_by", "note"])
    audit.record(
        events.VerificationResolved(kind=row.document.kind, note=note),
        actor=actor,
        subject_id=row.document.citizen_id,
        target=row,
        now=now,
    )
