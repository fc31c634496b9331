"""Which papers can be shown: those that their registry confirms; and whose accounts may show them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Guardianship
from accounts.selectors import wards
from documents import kinds
from documents.enums import DocumentState
from documents.kinds.base import Kind, Renewal
from documents.models import Document
from documents.selectors import papers
from documents.selectors.papers import Paper
from documents.services.wallets import NoSuchPaper, Opened

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
        _(
            "Show the paper card. We go on asking; once the registry answers, it can be shown again."
        ),
    ),
    DocumentState.EXPIRED: (_("It has expired."), _("Renew it; the new one comes by itself.")),
    DocumentState.REVOKED: (
        _("Its registry revoked it."),
        _("Ask the office that issued it why."),
    ),
}


class NotVerified(Exception):
    """Only a paper that its registry confirms is shown; ``message`` says why, ``advice`` what to do."""

    code = "not_verified"

    def __init__(self, *, kind: Kind, state: DocumentState, renewal: Renewal | None = None) -> None:
        super().__init__(self.code)
        self.kind, self.state, self.renewal = kind, state, renewal
        self.message, self.advice = _REASONS[state]


def find_paper(*, wallet: Opened, public_id: str, now: datetime) -> Paper:
    """A paper of a wallet that may be shown.

    Raises:
        NoSuchPaper: there is none, or it is no longer in the wallet.
        NotVerified: see the class.
    """
    holder = wallet.citizen.pk
    paper = papers.find_paper(citizen_id=holder, public_id=public_id, now=now)
    if paper is None:
        row = Document.objects.filter(citizen_id=holder, public_id=public_id).first()
        if row is None or row.state == DocumentState.UNLINKED:
            raise NoSuchPaper
        raise NotVerified(kind=kinds.find(row.kind), state=DocumentState(row.state))
    if not paper.can_be_shown:
        expired = paper.state == DocumentState.EXPIRED
        renewal = paper.kind.renewal(paper.paper) if expired else None
        raise NotVerified(kind=paper.kind, state=paper.state, renewal=renewal)
    return paper


def acts_for(account: Account, citizen_id: UUID, *, now: datetime) -> bool:
    """Whether an account is in use and is the person's own, or of who acts for them now."""
    if not account.is_active:
        return False
    if account.citizen_id == citizen_id:
        return True
    rows = Guardianship.objects.filter(guardian_id=account.citizen_id, ward_id=citizen_id)
    return any(
        wards.find_ward(account, public_id, now=now) is not None
        for public_id in rows.values_list("public_id", flat=True)
    )
