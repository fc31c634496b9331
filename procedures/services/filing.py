"""File a draft: read anew, settled on the server, written down as a snapshot with its hash, once.

What is filed is what its check page showed: if anything of it is another meanwhile, it is shown again. The draft goes
in the same transaction; a second press, or another tab, finds the application that the first one made.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.services import sessions
from eid_portal.core import audit, clock, statements
from eid_portal.core.events import Actor
from eid_portal.core.models import AuditEvent
from procedures import events, policy
from procedures.enums import ApplicationState, Capacity, SnapshotReason
from procedures.models import Application, ApplicationFile, Attachment, Desk, Draft, Snapshot
from procedures.rules import snapshot
from procedures.rules.documents import Document
from procedures.rules.expressions import Value
from procedures.rules.fees import Fee
from procedures.services import desks, drafts, lifecycle
from procedures.services.drafts import FilingRefused, Form, NoSuchDraft, NotInForce

_SALT_BYTES: Final = 16
_TRIES: Final = 3  # of a number that nobody has


class NotComplete(FilingRefused):
    """Something is missing or cannot be so; ``form`` says what."""

    code = "not_complete"
    message = _(
        "Something is still missing, or is not right any more. Go through the marked questions."
    )

    def __init__(self, form: Form) -> None:
        super().__init__(self.code)
        self.form = form


class Changed(FilingRefused):
    """It is not what the person saw when they checked it; ``form`` is what it is now."""

    code = "changed"
    message = _(
        "Something changed since you checked your answers. Look through them once more, then file."
    )

    def __init__(self, form: Form) -> None:
        super().__init__(self.code)
        self.form = form


class FileGone(LookupError):
    """A file that an answer names was thrown away meanwhile."""


def find_filed(*, session: sessions.Session, public_id: str) -> Application | None:
    """What a draft became: it has the draft's public id."""
    rows = Application.objects.filter(filer=session.account, public_id=public_id)
    return rows.select_related("procedure", "desk__office").first()


def submit(*, session: sessions.Session, public_id: str, seen: str, now: datetime) -> Application:
    """File a draft; ``seen`` is ``Form.seen`` of the page on which its answers were checked. Twice is once.

    Raises:
        NoSuchDraft: there is none, and none was filed.
        NotComplete, Changed, NotInForce: see the classes; nothing was written.
        NotForThem: the guardianship or mandate is over, or the procedure is not filed so any more.
        drafts.TooYoung: the procedure names a higher age now.
        NoDesk: no office for the place is set up.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    try:
        form = drafts.open_form(session=session, public_id=public_id, now=now)
    except NoSuchDraft:
        filed = find_filed(session=session, public_id=public_id)
        if filed is None:
            raise
        return filed
    fee = _check(form, seen, session=session, now=now)
    desk = desks.find(form.document, form.facts)
    tries = 0
    while True:
        try:
            with transaction.atomic():
                return _file(form, fee, desk, session=session, now=now)
        except FileGone:
            raise Changed(drafts.open_form(session=session, public_id=public_id, now=now)) from None
        except (IntegrityError, Changed) as refused:
            filed = find_filed(session=session, public_id=public_id)
            if filed is not None:  # another tab was first
                return filed
            tries += 1
            if isinstance(refused, Changed) or tries == _TRIES:
                raise  # else its number was somebody's already


def keep_snapshot(
    application: Application, taken: snapshot.Snapshot, *, reason: SnapshotReason, now: datetime
) -> Snapshot:
    """Write down what was filed or corrected as the next snapshot, in the caller's transaction."""
    row = _snapshot(
        application, taken, number=application.snapshots.count() + 1, reason=reason, now=now
    )
    row.save(force_insert=True)
    return row


def keep_files(application: Application, document: Document, given: Mapping[str, Value]) -> None:
    """Hold the files that answers name, so that they stay; in the caller's transaction.

    Raises:
        FileGone: see the class.
    """
    named = {
        each.key: str(given[each.key])
        for each in document.fields
        if each.kind == "file" and given.get(each.key)
    }
    found = _attachments(named.values()) if named else {}
    if not found.keys() >= set(named.values()):
        raise FileGone
    for key, public_id in named.items():
        ApplicationFile.objects.get_or_create(
            application=application, attachment=found[public_id], field=key
        )


def _check(form: Form, seen: str, *, session: sessions.Session, now: datetime) -> Fee:
    """The fee of a form that can be filed as it was seen."""
    if not form.is_in_force:
        raise NotInForce
    drafts.check_filer(session, form.document, Capacity(form.draft.capacity), now=now)
    fee = form.fee
    if not form.settled.is_complete or fee is None:
        raise NotComplete(form)
    if form.seen != seen:
        raise Changed(form)
    return fee


def _file(
    form: Form, fee: Fee, desk: Desk, *, session: sessions.Session, now: datetime
) -> Application:
    draft = form.draft
    if not Draft.objects.filter(pk=draft.pk, version=draft.version).delete()[0]:
        raise Changed(form)
    application = Application(
        state=ApplicationState.FILED,
        public_id=draft.public_id,
        reference=_new_reference(now),
        draft_id=draft.pk,
        procedure=draft.procedure,
        revision_id=form.revision_id,
        filer=session.account,
        citizen=form.citizen,
        capacity=draft.capacity,
        desk=desk,
        fee=fee.amount_vnd,
        filed_at=now,
        since=now,
    )
    taken = snapshot.take(
        form.document,
        form.settled,
        revision=str(form.revision_id),
        known=form.known,
        fee=fee,
        at=now,
        salt=secrets.token_hex(_SALT_BYTES),
    )
    first = _snapshot(application, taken, number=1, reason=SnapshotReason.FILED, now=now)
    statements.insert(application, first, _event(application, taken.sha256, form.actor, now))
    keep_files(application, form.document, form.settled.answers)
    if not fee.amount_vnd:
        lifecycle.receive(application, now=now)
    return application


def _attachments(public_ids: Iterable[str]) -> dict[str, Attachment]:
    rows = Attachment.objects.select_for_update(no_key=True).defer("content")
    return {row.public_id: row for row in rows.filter(public_id__in=list(public_ids))}


def _snapshot(
    application: Application,
    taken: snapshot.Snapshot,
    *,
    number: int,
    reason: SnapshotReason,
    now: datetime,
) -> Snapshot:
    return Snapshot(
        application=application,
        number=number,
        reason=reason,
        text=taken.text,
        sha256=taken.sha256,
        taken_at=now,
    )


def _event(application: Application, sha256: str, actor: Actor, now: datetime) -> AuditEvent:
    return audit.prepare(
        events.ApplicationFiled(
            procedure=application.procedure.code,
            reference=application.reference,
            sha256=sha256,
            capacity=application.capacity,
        ),
        actor=actor,
        subject_id=application.citizen_id,
        target=application,
        now=now,
    )


def _new_reference(now: datetime) -> str:
    """Such as ``HS-261127-3KQ8MN``; should somebody have it already, the table refuses it."""
    tail = "".join(
        secrets.choice(policy.REFERENCE_ALPHABET) for _place in range(policy.REFERENCE_LENGTH)
    )
    return f"HS-{clock.today(now):%y%m%d}-{tail}"
