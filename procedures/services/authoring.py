"""Procedures are written here: drafts of revisions, changed as often as one likes, published by two people.

A draft keeps its text whatever is wrong with it, so that nobody's work is lost; only what reads without a fault is
tried, simulated and published. Each save says which text it was made from: what somebody else saved in the meantime is
not overwritten. A change withdraws the proposal to publish what stood there before.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import approvals, audit
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, ApprovalState
from procedures import events, policy
from procedures.enums import RevisionState
from procedures.models import Procedure, Revision
from procedures.rules import documents, editing
from procedures.rules.documents import Document, Located
from procedures.services import publishing

KIND: Final = "procedures.publish"


class AuthoringRefused(Exception):
    """It cannot be written so; ``code`` says why and ``message`` tells the author."""

    code = "authoring_refused"
    message: Any = _("This cannot be done.")


class NoDraft(AuthoringRefused):
    """It is no draft any more, or was thrown away."""

    code = "no_draft"
    message = _("This revision is published or was thrown away. Write the next one.")


class ChangedMeanwhile(AuthoringRefused):
    """Somebody saved another text since this one was opened."""

    code = "changed_meanwhile"
    message = _(
        "Somebody else changed this draft in the meantime. What you typed stands below and is not kept: copy it, open"
        " the draft again and put it in."
    )


class CodeTaken(AuthoringRefused):
    """A procedure has this code."""

    code = "code_taken"
    message = _("There is a procedure of this code already")


class Faulty(AuthoringRefused):
    """The document has faults."""

    code = "faulty"
    message = _("The document has faults. They stand on its page, with their lines.")


class OutOfShape(AuthoringRefused):
    """A form's change would leave a document whose forms cannot be drawn any more; ``faults`` say why."""

    code = "out_of_shape"
    message = _("This cannot stand in a document")

    def __init__(self, faults: Sequence[Located]) -> None:
        super().__init__(self.code)
        self.faults = faults


class NothingNew(AuthoringRefused):
    """The draft is what is in force."""

    code = "nothing_new"
    message = _("Nothing differs from the revision in force")


class NotPublishable(approvals.ApprovalRefused):
    """It was changed, published or thrown away since it was proposed, or does not read any more."""

    code = "not_publishable"
    message = _("This draft is not what was proposed any more, or has faults. Look at it again.")


class Handler:
    """What becomes of a proposal to publish."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """People file under it from now on.

        Raises:
            NotPublishable: see the class; nothing is decided then.
        """
        rows = Revision.objects.select_for_update(of=("self",)).select_related("procedure")
        revision = rows.filter(pk=approval.target_id, state=RevisionState.DRAFTED).first()
        if revision is None or revision.digest != approval.details["digest"] or faults_of(revision):
            raise NotPublishable
        publishing.publish(revision, actor=actor, now=now)

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """It stays a draft."""


def register() -> None:
    """Tell the core what the approval does; called in ``apps.ready()``."""
    approvals.register(KIND, Handler())


# --- Reading -------------------------------------------------------------------------------------------
def faults_of(revision: Revision) -> Sequence[Located]:
    """All that is wrong with the document of a revision; nothing if it can be published."""
    try:
        document = documents.read(revision.text)
    except documents.Refused as refused:
        return refused.faults
    if document.code != revision.procedure.code:
        words = _("The code of a procedure is the same in every revision: %(code)s")
        return [Located(1, "code", words % {"code": revision.procedure.code})]
    return []


def document_of(revision: Revision) -> Document:
    """The document of a revision, draft or not.

    Raises:
        Faulty: see the class.
    """
    if faults_of(revision):
        raise Faulty
    return documents.read(revision.text)


def data_of(revision: Revision) -> dict[str, Any]:
    """The data of a revision, as forms change its parts.

    Raises:
        Faulty: its text is no JSON, or of another shape.
    """
    try:
        return documents.shaped(revision.text)
    except documents.Refused:
        raise Faulty from None


def in_force(procedure: Procedure) -> Revision | None:
    """The revision under which people file now."""
    return procedure.revisions.filter(state=RevisionState.PUBLISHED).first()


def find_proposal(revision: Revision) -> Approval | None:
    """The proposal to publish it that waits for a decision."""
    return Approval.objects.filter(
        kind=KIND, target_id=revision.pk, state=ApprovalState.PROPOSED
    ).first()


# --- Writing -------------------------------------------------------------------------------------------
def follow(revision: Revision, *, actor: Actor, now: datetime) -> Revision:
    """Begin the next revision of its procedure with this one's document.

    Raises:
        Faulty: see the class.
    """
    return _begin(revision.text, document_of(revision), actor=actor, now=now)


def copy(revision: Revision, *, code: str, actor: Actor, now: datetime) -> Revision:
    """Begin another procedure with this one's document, under a code of its own.

    Raises:
        Faulty, CodeTaken: see the classes.
        OutOfShape: it is no code.
    """
    data = dict(document_of(revision).data) | {"code": code, "national_code": None}
    text = editing.written(data)
    try:
        document = documents.read(text)
    except documents.Refused as refused:
        raise OutOfShape(refused.faults) from None
    with transaction.atomic():
        _procedure, is_new = Procedure.objects.get_or_create(code=code)
        if not is_new:
            raise CodeTaken
        return _begin(text, document, actor=actor, now=now)


def save(revision: Revision, text: str, *, was: str, actor: Actor, now: datetime) -> Revision:
    """Keep the text of a draft, right or wrong; ``was`` is the digest of the text it was made from.

    Returns the draft as it is now.

    Raises:
        NoDraft, ChangedMeanwhile: see the classes.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()
    if revision.digest == digest and revision.state == RevisionState.DRAFTED:  # pressed twice
        return revision
    if revision.digest == was:
        approvals.withdraw(kind=KIND, target_id=revision.pk, actor=actor, now=now)
    with transaction.atomic():
        row = _locked(revision)
        if row.digest != was:
            raise ChangedMeanwhile
        row.text, row.digest = text, digest
        row.save(update_fields=["text", "digest"])
        _record(events.RevisionWritten, row, actor=actor, now=now)
    return row


def save_data(
    revision: Revision, data: Mapping[str, Any], *, was: str, actor: Actor, now: datetime
) -> Revision:
    """Keep what a form made of a draft's document; what it means may be wrong still.

    Raises:
        OutOfShape, NoDraft, ChangedMeanwhile: see the classes.
    """
    text = editing.written(data)
    try:
        documents.shaped(text)
    except documents.Refused as refused:
        raise OutOfShape(refused.faults) from None
    return save(revision, text, was=was, actor=actor, now=now)


def discard(revision: Revision, *, actor: Actor, now: datetime) -> None:
    """Throw a draft away; a procedure that never had another revision goes with it.

    Raises:
        NoDraft: see the class.
    """
    approvals.withdraw(kind=KIND, target_id=revision.pk, actor=actor, now=now)
    with transaction.atomic():
        row = _locked(revision)
        _record(events.RevisionDiscarded, row, actor=actor, now=now)
        procedure = row.procedure
        row.delete()
        if not procedure.revisions.exists():
            procedure.delete()


def propose(revision: Revision, *, actor: Actor, now: datetime) -> Approval:
    """Propose to publish a draft; another administrator decides.

    Raises:
        NoDraft, Faulty, NothingNew: see the classes.
        approvals.AlreadyOpen: it is proposed already.
    """
    if revision.state != RevisionState.DRAFTED:
        raise NoDraft
    if faults_of(revision):
        raise Faulty
    there = in_force(revision.procedure)
    if there is not None and there.digest == revision.digest:
        raise NothingNew
    return approvals.propose(
        kind=KIND,
        target_id=revision.pk,
        reason=f"{revision.procedure.code} {revision.number}",
        maker=actor,
        subject_citizen_id=None,
        lasts=policy.PUBLISHING_WAITS,
        details={"digest": revision.digest},
        now=now,
    )


def _begin(text: str, document: Document, *, actor: Actor, now: datetime) -> Revision:
    with transaction.atomic():
        made = publishing.draft(text, document, now=now)
        _record(events.RevisionBegun, made, actor=actor, now=now)
    return made


def _locked(revision: Revision) -> Revision:
    rows = Revision.objects.select_for_update(of=("self",)).select_related("procedure")
    row = rows.filter(pk=revision.pk, state=RevisionState.DRAFTED).first()
    if row is None:
        raise NoDraft
    return row


def _record(
    kind: type[events.RevisionEvent], revision: Revision, *, actor: Actor, now: datetime
) -> None:
    event = kind(procedure=revision.procedure.code, number=revision.number, digest=revision.digest)
    audit.record(event, actor=actor, subject_id=None, target=revision, now=now)
