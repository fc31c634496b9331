"""One paper of a person, the ID card among them, as it may be shown to others."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from accounts.enums import CardState, Sex
from accounts.models import Citizen, IdCard, Portrait
from documents import kinds
from documents.enums import DocumentState, PaperStatus
from documents.kinds import id_card
from documents.kinds.base import Drawn, Kind
from documents.models import Document
from documents.rules.papers import RegistryPaper, from_json
from eid_portal.core import clock

ID_CARD: Final = "id-card"  # its public id: it is no row of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as it is drawn; ``document_id`` is None for the ID card."""

    public_id: str
    document_id: UUID | None
    citizen_id: UUID
    kind: Kind
    state: DocumentState
    paper: RegistryPaper = field(repr=False)
    drawn: Drawn = field(repr=False)
    verified_at: datetime  # when the registry last agreed

    @property
    def can_be_shown(self) -> bool:
        """Whether it may be shown to others now."""
        return self.state == DocumentState.VERIFIED


def find_paper(*, citizen_id: UUID, public_id: str, now: datetime) -> Paper | None:
    """A paper of the person with a copy that agreed; the ID card is ``id-card``. None if there is no such paper."""
    if public_id == ID_CARD:
        return _id_card(citizen_id, now)
    row = (
        Document.objects.filter(citizen_id=citizen_id, public_id=public_id, paper__isnull=False)
        .exclude(state=DocumentState.UNLINKED)
        .first()
    )
    return None if row is None else of_document(row, now=now)


def of_document(row: Document, *, now: datetime) -> Paper:
    """A linked paper that agreed once, as it is drawn; expired from the day after its end."""
    today = clock.today(now)
    kind, paper = kinds.find(row.kind), from_json(row.paper)
    drawn = kind.draw(paper, today)
    state = DocumentState(row.state)
    if (
        state == DocumentState.VERIFIED
        and drawn.expires_on is not None
        and drawn.expires_on < today
    ):
        state = DocumentState.EXPIRED
    return Paper(
        public_id=row.public_id,
        document_id=row.pk,
        citizen_id=row.citizen_id,
        kind=kind,
        state=state,
        paper=paper,
        drawn=drawn,
        verified_at=row.verified_at or row.linked_at,
    )


def find_portrait(citizen_id: UUID) -> Portrait | None:
    """The register's photo of a person, to compare the face with."""
    return Portrait.objects.filter(citizen_id=citizen_id).first()


def of_card(citizen: Citizen, card: IdCard, *, now: datetime) -> Paper:
    """The ID card as it is drawn, from the rows of its holder and itself."""
    today = clock.today(now)
    paper = RegistryPaper(
        kind=id_card.CODE,
        number=citizen.personal_number,
        holder_name=citizen.full_name,
        holder_birth_date=citizen.birth_date,
        holder_number=citizen.personal_number,
        status=PaperStatus.VALID if card.state == CardState.VALID else PaperStatus.REVOKED,
        issued_on=card.issued_on,
        expires_on=card.expires_on,
        issuer=str(id_card.KIND.issuer),
        values={
            "sex": str(Sex(citizen.sex).label),
            "nationality": citizen.nationality,
            "residence": _address(citizen.residence),
        },
    )
    return Paper(
        public_id=ID_CARD,
        document_id=None,
        citizen_id=citizen.pk,
        kind=id_card.KIND,
        state=_card_state(CardState(card.state), card.expires_on, today),
        paper=paper,
        drawn=id_card.KIND.draw(paper, today),
        verified_at=citizen.checked_with_register_at or card.created_at,
    )


def _id_card(citizen_id: UUID, now: datetime) -> Paper | None:
    citizen = Citizen.objects.filter(pk=citizen_id).first()
    card = IdCard.objects.filter(citizen_id=citizen_id).exclude(state=CardState.REPLACED).first()
    return None if citizen is None or card is None else of_card(citizen, card, now=now)


def _card_state(state: CardState, expires_on: date | None, today: date) -> DocumentState:
    if state == CardState.EXPIRED or (expires_on is not None and expires_on < today):
        return DocumentState.EXPIRED
    return DocumentState.VERIFIED if state == CardState.VALID else DocumentState.REVOKED


def _address(residence: dict[str, str] | None) -> str:
    parts = residence or {}
    return ", ".join(parts[name] for name in ("line", "commune", "province") if parts.get(name))
