"""What of a paper is shown at a level, what its holder showed and shared, and how it is drawn for who reads it."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Account
from documents import kinds
from documents.enums import DocumentState, Level
from documents.kinds import id_card
from documents.kinds.base import Drawn, Kind, Line
from documents.models import Presentation, Share, ShareView
from documents.selectors import papers
from documents.selectors.papers import Paper

PICTURES: Final = ("image/jpeg", "image/png")
SHARES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A level, and in plain words what it shows of a paper."""

    level: Level
    fields: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A share as its maker sees it."""

    share: Share
    title: Any  # of the paper's kind
    paper_id: str  # of the paper's own pages
    level: Level
    purpose: str = field(repr=False)
    state: str  # open, ended, used up, revoked
    is_gone: bool  # the paper left the wallet: no other share of it can be made
    views: tuple[ShareView, ...]


def choices(drawn: Drawn) -> list[Choice]:
    """The levels, each with what it shows."""
    return [Choice(level=level, fields=fields_at(drawn, level)) for level in Level]


def fields_at(drawn: Drawn, level: Level) -> str:
    """What a level shows, one after the other; the photo always is among it."""
    return sentence([_("Photo"), *_general(drawn.shown_at(level))])


def _general(lines: Sequence[Line]) -> list[str]:
    """What kinds of facts they are, each once."""
    return list(dict.fromkeys(line.general for line in lines))


def sentence(parts: list[str]) -> str:
    """One after the other: of all but the first the first letter is small."""
    return ", ".join(
        part if place == 0 else part[:1].lower() + part[1:] for place, part in enumerate(parts)
    )


def of(citizen_id: UUID, document_id: UUID | None) -> Q:
    """What was made of a paper; the ID card has no row."""
    which = Q(document=document_id) if document_id else Q(document__isnull=True)
    return Q(citizen=citizen_id) & which


def find_presentation(account: Account, paper: Paper) -> Presentation | None:
    """The last code that an account made of a paper."""
    rows = Presentation.objects.filter(of(paper.citizen_id, paper.document_id), made_by=account)
    return rows.order_by("-pk").first()


def paper_of(row: Presentation | Share, *, now: datetime) -> Paper | None:
    """The paper that is shown or shared."""
    public_id = row.document.public_id if row.document else papers.ID_CARD
    return papers.find_paper(citizen_id=row.citizen_id, public_id=public_id, now=now)


def picture_of(citizen_id: UUID) -> str:
    """The register's photo as it stands in a page that may have no second address; empty if there is none."""
    portrait = papers.find_portrait(citizen_id)
    if portrait is None or portrait.media_type not in PICTURES:
        return ""
    return f"data:{portrait.media_type};base64,{b64encode(portrait.image).decode()}"


def drawn_values(paper: Paper, level: Level, *, now: datetime) -> Mapping[str, Any]:
    """What the page of who reads it draws."""
    return {
        "photo": picture_of(paper.citizen_id),
        "lines": paper.drawn.shown_at(level),
        "hidden": sentence(_general(paper.drawn.hidden_at(level))),
        "seen_at": now,
    }


def list_shares(citizen_id: UUID, document_id: UUID | None, *, now: datetime) -> list[Shared]:
    """The last shares of a paper with how they stand, the newest first, whoever made them."""
    rows = (
        Share.objects.select_related("document").filter(of(citizen_id, document_id)).order_by("-pk")
    )
    return [_shared(share, now=now, views=()) for share in rows[:SHARES]]


def find_sharer(public_id: str) -> UUID | None:
    """Whose paper a share is of; who asks may not be told before it is known that they may know."""
    return Share.objects.filter(public_id=public_id).values_list("citizen_id", flat=True).first()


def find_share(citizen_id: UUID, public_id: str, *, now: datetime) -> Shared | None:
    """One share of a paper of a person's, with its views."""
    rows = Share.objects.select_related("document").filter(citizen_id=citizen_id)
    share = rows.filter(public_id=public_id).first()
    if share is None:
        return None
    return _shared(share, now=now, views=tuple(share.views.order_by("pk")))


def kind_of(share: Share) -> Kind:
    """The kind of the paper that is shared."""
    return kinds.find(share.document.kind if share.document else id_card.CODE)


def state_of(share: Share, *, now: datetime) -> str:
    """How a share stands."""
    if share.revoked_at is not None:
        return "revoked"
    if share.ends_at <= now:
        return "ended"
    return "used_up" if share.views_used >= share.views_allowed else "open"


def _shared(share: Share, *, now: datetime, views: tuple[ShareView, ...]) -> Shared:
    gone = share.document is not None and share.document.state == DocumentState.UNLINKED
    state = state_of(share, now=now)
    return Shared(
        share=share,
        title=kind_of(share).title,
        paper_id=share.document.public_id if share.document else papers.ID_CARD,
        level=Level(share.level),
        purpose=str(share.purpose),
        state="ended" if gone and state == "open" else state,
        is_gone=gone,
        views=views,
    )
