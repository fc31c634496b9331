"""What signed copies and printed cards have in common: of which papers they are made, and what checking one says."""

from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.services.sessions import Session
from documents import events, kinds
from documents.enums import DocumentState, Level, LookPurpose
from documents.kinds import id_card
from documents.kinds.base import Kind
from documents.models import Document, PrintedCard, SignedCopy
from documents.rules import levels
from documents.selectors import copies, papers
from documents.selectors.copies import Standing
from eid_portal.core import audit, clock
from eid_portal.core.verify import Nothing, Viewer, Why

LANGUAGES: Final = ("vi", "en")
NAME: Final = "name"  # the code of the line with the holder's name


class CopyRefused(Exception):
    """It cannot be made; ``message`` tells the person why, at ``field`` of the form if it has one."""

    code = "copy_refused"
    field = ""
    message: Any = gettext_lazy("This cannot be made now.")


class NoSuchPaper(CopyRefused):
    """The person has no such paper."""

    code = "no_such_paper"


class NotVerified(CopyRefused):
    """Only what the registry confirmed is vouched for."""

    code = "not_verified"
    message = gettext_lazy(
        "This paper is not verified at the moment, so we cannot vouch for it. Its page says what to do."
    )


class TooManyMade(CopyRefused):
    """So many were made that the next must wait ``until``."""

    code = "too_many_made"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


def find(session: Session, public_id: str, now: datetime) -> papers.Paper:
    """A verified paper of the person signed in.

    Raises:
        NoSuchPaper, NotVerified: see there.
    """
    paper = papers.find_paper(citizen_id=session.account.citizen_id, public_id=public_id, now=now)
    if paper is None:
        raise NoSuchPaper
    if not paper.can_be_shown:
        raise NotVerified
    return paper


def hold(paper: papers.Paper) -> None:
    """Keep a paper as it is until the transaction ends, if it is verified still.

    Raises:
        NotVerified: see the class.
    """
    if paper.document_id is None:
        return
    row = Document.objects.select_for_update().only("state").get(pk=paper.document_id)
    if row.state != DocumentState.VERIFIED:
        raise NotVerified


def facts(paper: papers.Paper, level: Level) -> list[tuple[str, str, str]]:
    """Code, label and value of every fact of a level, in the language that is active."""
    return [
        (line.code, str(line.label), line.value)
        for line in paper.drawn.facts
        if levels.covers(level, line.level)
    ]


def kind_of(row: SignedCopy | PrintedCard) -> Kind:
    """The kind of paper it was made of."""
    return id_card.KIND if row.document is None else kinds.find(row.document.kind)


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
        text = f"{text} {_('Since %(date)s.') % {'date': day}}"
    return Nothing(
        why=why,
        title=_("Do not rely on it"),
        text=text,
        steps=(_("Ask for a fresh one, or for the paper on its holder's phone."),),
    )


def record_check(row: SignedCopy | PrintedCard, viewer: Viewer, now: datetime) -> None:
    """Tell the holder that somebody checked it."""
    audit.record(
        events.CopyChecked(kind=kind_of(row).code),
        actor=viewer.actor,
        subject_id=row.citizen_id,
        target=row,
        purpose=LookPurpose.COPY_CHECK,
        now=now,
    )


def checked_values(stands: Standing) -> dict[str, Any]:
    """What is said of the paper as it stands."""
    return {
        "silent": stands.state != DocumentState.VERIFIED,
        "checked_at": stands.checked_at,
    }
