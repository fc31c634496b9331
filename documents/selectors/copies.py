"""Signed copies and printed cards as their holder sees them, and how the paper they were made of stands now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from documents.enums import DocumentState
from documents.models import Document, PrintedCard, SignedCopy
from documents.selectors import papers

SHOWN: Final = 50  # of a kind; who has more finds them in the copy of their data


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a person had made."""

    copies: list[SignedCopy]
    cards: list[PrintedCard]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of a paper and since when, where that is known; ``checked_at`` is when it last agreed."""

    state: DocumentState
    since: datetime | None
    checked_at: datetime | None


def list_made(*, citizen_id: UUID, of: papers.Paper | None = None) -> Made:
    """What the person had made, of one paper or of all, the latest first; never the document itself."""
    mine = Q(citizen_id=citizen_id)
    if of is not None:
        mine &= Q(document_id=of.document_id)
    copies = SignedCopy.objects.filter(mine).select_related("document").defer("pdf", "says")
    cards = PrintedCard.objects.filter(mine).select_related("document").defer("code")
    return Made(
        copies=list(copies.order_by("-pk")[:SHOWN]), cards=list(cards.order_by("-pk")[:SHOWN])
    )


def find_holder(public_id: str) -> UUID | None:
    """Whose paper a copy or card is of; who asks may not be told before it is known that they may know."""
    for model in (SignedCopy, PrintedCard):
        found = model.objects.filter(public_id=public_id).values_list("citizen_id", flat=True)
        if holder := found.first():
            return holder
    return None


def find_copy(*, citizen_id: UUID, public_id: str) -> SignedCopy | None:
    """A copy of a paper of a person."""
    copies = SignedCopy.objects.filter(citizen_id=citizen_id, public_id=public_id)
    return copies.select_related("document").defer("pdf", "says").first()


def find_card(*, citizen_id: UUID, public_id: str) -> PrintedCard | None:
    """A card of a paper of a person."""
    cards = PrintedCard.objects.filter(citizen_id=citizen_id, public_id=public_id)
    return cards.select_related("document").first()


def standing(*, citizen_id: UUID, document: Document | None, now: datetime) -> Standing:
    """How a paper stands now; the ID card is no row of ours, and one that is gone is out of the wallet."""
    if document is not None and document.state == DocumentState.UNLINKED:
        return Standing(state=DocumentState.UNLINKED, since=document.unlinked_at, checked_at=None)
    public_id = papers.ID_CARD if document is None else document.public_id
    paper = papers.find_paper(citizen_id=citizen_id, public_id=public_id, now=now)
    if paper is None:
        return Standing(state=DocumentState.UNLINKED, since=None, checked_at=None)
    since = None
    if document is not None and document.state == paper.state:
        since = document.since  # else it expired by itself, and nobody wrote that down yet
    return Standing(state=paper.state, since=since, checked_at=paper.verified_at)
