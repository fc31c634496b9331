"""Whose paper it is: one's own, or a child's for whom one acts at this moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Guardianship
from accounts.selectors import wards
from accounts.services import guardianships
from accounts.services.sessions import Session
from documents import kinds
from documents.enums import DocumentState
from documents.kinds.base import Kind, Renewal
from documents.models import Document
from documents.selectors import papers
from documents.selectors.papers import Paper

# Why a paper cannot be shown, and what to do about it.
_REASONS: dict[DocumentState, tuple[Any, Any]] = {
    DocumentState.VERIFYING: (
        _("Its registry is being asked. Most answers take seconds."),
        _("Wait a moment, then try again."),
    ),
    DocumentState.MISMATCH: (
        _("What the registry has on it does not agree with the population register."),
        _("See which field differs, and ask for a correction."),
    ),
    DocumentState.NOT_FOUND: (
        _("Its registry does not find it."),
        _("See what was searched for, and ask the registry."),
    ),
    DocumentState.UNAVAILABLE: (
        _("Its registry has not answered for days, so nobody can say that it is still valid."),
        _("Show the paper card. We go on asking, and tell you when the registry answers."),
    ),
    DocumentState.EXPIRED: (_("It has expired."), _("Renew it; the new one comes by itself.")),
    DocumentState.REVOKED: (
        _("Its registry revoked it."),
        _("Ask the office that issued it why."),
    ),
}


class PaperRefused(Exception):
    """The paper cannot be shown or shared."""

    code = "paper_refused"


class NoSuchPaper(PaperRefused):
    """There is none, or it is somebody's the person does not act for: one answer for both."""

    code = "no_such_paper"


class NotVerified(PaperRefused):
    """Only a paper that its registry confirms is shown; ``message`` says why, ``advice`` what to do."""

    code = "not_verified"

    def __init__(self, *, kind: Kind, state: DocumentState, renewal: Renewal | None) -> None:
        super().__init__(self.code)
        self.kind, self.state, self.renewal = kind, state, renewal
        self.message, self.advice = _REASONS[state]


def find_paper(*, session: Session, public_id: str, now: datetime) -> Paper:
    """A paper of the person's own, or of a child they act for, that may be shown.

    Raises:
        NoSuchPaper, NotVerified: see there.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    holder = _holder(session, public_id, now)
    paper = papers.find_paper(citizen_id=holder, public_id=public_id, now=now)
    if paper is None:
        row = Document.objects.filter(citizen_id=holder, public_id=public_id).first()
        if row is None or row.state == DocumentState.UNLINKED:
            raise NoSuchPaper
        raise NotVerified(kind=kinds.find(row.kind), state=DocumentState(row.state), renewal=None)
    if not paper.can_be_shown:
        raise NotVerified(
            kind=paper.kind,
            state=paper.state,
            renewal=paper.kind.renewal(paper.paper)
            if paper.state == DocumentState.EXPIRED
            else None,
        )
    return paper


def acts_for(account: Account, citizen_id: UUID, *, now: datetime) -> bool:
    """Whether an account is in use and is the person's own, or of who acts for them now."""
    if not account.is_active:
        return False
    return account.citizen_id == citizen_id or _guardianship(account, citizen_id, now) is not None


def require_holder(*, session: Session, citizen_id: UUID, now: datetime) -> None:
    """Go on only if something is the person's own, or of a child they act for at this moment.

    Raises:
        NoSuchPaper: see the class.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    if citizen_id == session.account.citizen_id:
        return
    found = _guardianship(session.account, citizen_id, now)
    if found is None:
        raise NoSuchPaper
    try:
        guardianships.acting(session=session, public_id=found, now=now)
    except guardianships.GuardianshipUnable:
        raise NoSuchPaper from None


def _holder(session: Session, public_id: str, now: datetime) -> UUID:
    """Who holds the paper.

    Raises:
        NoSuchPaper, StepUpNeeded: see :func:`find_paper`.
    """
    row = Document.objects.filter(public_id=public_id).only("citizen_id").first()
    if row is None:
        return session.account.citizen_id
    require_holder(session=session, citizen_id=row.citizen_id, now=now)
    return row.citizen_id


def _guardianship(account: Account, ward_id: UUID, now: datetime) -> str | None:
    """The public id of a guardianship that is in force."""
    rows = Guardianship.objects.filter(guardian_id=account.citizen_id, ward_id=ward_id)
    return next(
        (
            public_id
            for public_id in rows.values_list("public_id", flat=True)
            if wards.find_ward(account, public_id, now=now) is not None
        ),
        None,
    )
