"""Bring a document into force: read whole first, then published while its predecessor retires, in one transaction."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from eid_portal.core.events import Actor
from eid_portal.core.transitions import move
from procedures import events, states
from procedures.enums import RevisionState
from procedures.models import Procedure, Revision
from procedures.rules import documents
from procedures.rules.documents import Document

SHIPPED: Final = Path(__file__).resolve().parent.parent / "shipped"


def publish_shipped(*, actor: Actor, now: datetime) -> int:
    """Publish the documents that come with the portal and are new; returns how many.

    A procedure whose revision in force was written here stays as its authors made it.

    Raises:
        documents.Refused: a shipped document has faults; those before it are published.
    """
    return sum(
        _publish_shipped(path.read_text(encoding="utf-8"), actor, now)
        for path in sorted(SHIPPED.glob("*.json"))
    )


def publish(revision: Revision, *, actor: Actor, now: datetime) -> None:
    """Have people file under a draft from now on.

    Raises:
        documents.Refused: its document has faults.
        StaleState: it is no draft any more.
    """
    documents.read(revision.text)
    with transaction.atomic():
        Procedure.objects.select_for_update(no_key=True).get(pk=revision.procedure_id)
        old = revision.procedure.revisions.filter(state=RevisionState.PUBLISHED).first()
        if old is not None:
            move(
                old, states.REVISION, to=RevisionState.RETIRED, actor=actor, now=now, since=now,
                event=events.RevisionRetired(**_of(old)),
            )  # fmt: skip
        move(
            revision, states.REVISION, to=RevisionState.PUBLISHED, actor=actor, now=now, since=now,
            event=events.RevisionPublished(**_of(revision)), published_at=now,
        )  # fmt: skip


def draft(text: str, document: Document, *, now: datetime, is_shipped: bool = False) -> Revision:
    """Keep a document that was read as the next revision of its procedure, which it may begin."""
    with transaction.atomic():
        procedure, _is_new = Procedure.objects.get_or_create(code=document.code)
        Procedure.objects.select_for_update(no_key=True).get(pk=procedure.pk)
        last = procedure.revisions.aggregate(last=Max("number"))["last"] or 0
        return Revision.objects.create(
            state=RevisionState.DRAFTED,
            procedure=procedure,
            number=last + 1,
            text=text,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            is_shipped=is_shipped,
            since=now,
        )


def _publish_shipped(text: str, actor: Actor, now: datetime) -> bool:
    document = documents.read(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with transaction.atomic():
        procedure, _is_new = Procedure.objects.select_for_update().get_or_create(code=document.code)
        there = procedure.revisions.filter(state=RevisionState.PUBLISHED).first()
        if there is not None and (not there.is_shipped or there.digest == digest):
            return False
        publish(draft(text, document, now=now, is_shipped=True), actor=actor, now=now)
    return True


def _of(revision: Revision) -> dict[str, Any]:
    return {
        "procedure": revision.procedure.code,
        "number": revision.number,
        "digest": revision.digest,
    }
