"""What signed copies and printed cards have in common: of which papers they are made, and what checking one says."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Action
from accounts.services import assurance
from accounts.services.sessions import Session
from documents import events, kinds, policy
from documents.enums import DocumentState, LookPurpose
from documents.kinds import id_card
from documents.kinds.base import Kind
from documents.models import Document, PrintedCard, SignedCopy
from documents.selectors import copies
from documents.selectors.copies import Standing
from documents.selectors.papers import Paper
from documents.services import holder_reports, showable
from documents.services.showable import NotVerified
from documents.services.wallets import NoSuchPaper, Opened
from eid_portal.core import audit, clock, ids
from eid_portal.core.events import Actor
from eid_portal.core.models import AuditEvent
from eid_portal.core.verify import Nothing, Viewer, Why


class CopyRefused(Exception):
    """It cannot be made; ``message`` tells the person why, at ``field`` of the form if it has one."""

    code = "copy_refused"
    field = ""
    message: Any = gettext_lazy("This cannot be made now.")


class TooManyMade(CopyRefused):
    """So many were made that the next must wait ``until``."""

    code = "too_many_made"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


def find(*, session: Session, wallet: Opened, public_id: str, now: datetime) -> Paper:
    """A paper of the wallet that we may vouch for.

    Raises:
        StepUpNeeded: the session must prove afresh who it is.
        NoSuchPaper, NotVerified: see ``showable.find_paper``.
    """
    assurance.require(session, Action.SHARE, now=now)
    return showable.find_paper(wallet=wallet, public_id=public_id, now=now)


def hold(paper: Paper) -> None:
    """Keep a paper as it is until the transaction ends, if it is verified still.

    Raises:
        NoSuchPaper, NotVerified: see ``showable.find_paper``.
    """
    if paper.document_id is None:
        return
    row = Document.objects.select_for_update().only("state").get(pk=paper.document_id)
    if row.state == DocumentState.UNLINKED:
        raise NoSuchPaper
    if row.state != DocumentState.VERIFIED:
        raise NotVerified(kind=paper.kind, state=DocumentState(row.state))


def kind_of(row: SignedCopy | PrintedCard) -> Kind:
    """The kind of paper it was made of."""
    return id_card.KIND if row.document is None else kinds.find(row.document.kind)


def revoke(row: SignedCopy | PrintedCard | None, *, actor: Actor, now: datetime) -> None:
    """Revoke it, in the caller's transaction that holds its row; once is enough.

    Raises:
        NoSuchPaper: there is none.
    """
    if row is None:
        raise NoSuchPaper
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    audit.record(
        events.CopyRevoked(kind=kind_of(row).code),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )


# --- Who checks one ---------------------------------------------------------------------------------
_GONE: Final = gettext_lazy(
    "It was genuine when it was made. The registry no longer confirms the paper."
)
_OVER: Final[dict[DocumentState, tuple[Why, Any]]] = {
    DocumentState.EXPIRED: (
        Why.EXPIRED,
        gettext_lazy("It was genuine when it was made. The paper has expired since."),
    ),
    DocumentState.REVOKED: (
        Why.REVOKED,
        gettext_lazy("It was genuine when it was made. The registry took the paper back since."),
    ),
    DocumentState.MISMATCH: (Why.REVOKED, _GONE),
    DocumentState.NOT_FOUND: (Why.REVOKED, _GONE),
    DocumentState.UNLINKED: (
        Why.REVOKED,
        gettext_lazy("It was genuine when it was made. Its holder no longer keeps the paper here."),
    ),
}


def standing(row: SignedCopy | PrintedCard, now: datetime) -> Standing:
    """How the paper it was made of stands now."""
    return copies.standing(citizen_id=row.citizen_id, document=row.document, now=now)


def over(stands: Standing) -> Nothing | None:
    """What is said where the paper no longer is what was vouched for; None where it is."""
    if stands.state not in _OVER:
        return None
    why, words = _OVER[stands.state]
    text = str(words)
    if stands.since:
        day = f"{stands.since.astimezone(clock.VIET_NAM):%d/%m/%Y}"
        since = _("Since %(date)s.") % {"date": day}
        text = f"{text} {since}"
    return Nothing(
        why=why,
        title=_("Do not rely on it"),
        text=text,
        steps=(_("Ask for a fresh one, or for the paper on its holder's phone."),),
    )


@transaction.atomic
def record_check(row: SignedCopy | PrintedCard, viewer: Viewer, now: datetime) -> str:
    """Tell the holder that somebody checked it; two presses of one button are one check.

    Returns the token by which who checked it may say that its holder is somebody else.
    """
    lately = AuditEvent.objects.filter(
        subject_id=row.citizen_id,
        pk__gt=ids.uuid7_before(policy.SAME_PRESS + timedelta(minutes=1)),
        recorded_at__gt=now - policy.SAME_PRESS,
        name=events.CopyChecked.name,
        target_id=row.pk,
        actor_id=viewer.actor.account_id,
    )
    kind = kind_of(row).code
    check = lately.first() or audit.record(
        events.CopyChecked(kind=kind),
        actor=viewer.actor,
        subject_id=row.citizen_id,
        target=row,
        purpose=LookPurpose.COPY_CHECK,
        now=now,
    )
    return holder_reports.allow(reading=check.pk, shown=row, kind=kind, now=now)


def checked_values(stands: Standing) -> dict[str, Any]:
    """What is said of the paper as it stands."""
    return {
        "silent": stands.state != DocumentState.VERIFIED,
        "checked_at": stands.checked_at,
    }
