"""What a citizen sees on their first page: their card, what happened to their data, what they were told."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import get_language

from accounts.enums import AuthenticatorKind, AuthenticatorState, CardState, NoticeChannel
from accounts.models import Account, Authenticator, IdCard, Notice, Office
from eid_portal.core.models import AuditEvent

EVENTS = 8
NOTICES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOverview:
    """The current card, and whether the account has an authenticator app."""

    ending: str  # the last four digits: more is not shown
    valid_until: date | None
    state: CardState
    has_app: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """An event about the person."""

    name: str
    recorded_at: datetime
    actor_kind: str
    actor_id: UUID | None
    party: str
    office: str
    purpose: str
    data: dict[str, Any]


def card_overview(*, account_id: UUID, citizen_id: UUID) -> CardOverview | None:
    """The card of the account's holder, by one query; None if there is none."""
    app = Authenticator.objects.filter(
        account_id=account_id, kind=AuthenticatorKind.TOTP, state=AuthenticatorState.ACTIVE
    )
    card = (
        IdCard.objects.filter(citizen_id=citizen_id)
        .exclude(state=CardState.REPLACED)
        .annotate(has_app=Exists(app))
        .only("number", "expires_on", "state")
        .first()
    )
    if card is None:
        return None
    return CardOverview(
        ending=card.number[-4:],
        valid_until=card.expires_on,
        state=CardState(card.state),
        has_app=card.has_app,
    )


def list_events(account: Account) -> list[EventLine]:
    """The last things that happened to the person or their data, by one query."""
    name = "name_en" if get_language() == "en" else "name"
    office = Office.objects.filter(pk=OuterRef("office_id")).values(name)
    rows = (
        AuditEvent.objects.filter(subject_id=account.citizen_id, shown=True)
        .order_by("-id")
        .values_list(
            "name",
            "recorded_at",
            "actor_kind",
            "actor_id",
            "party",
            Subquery(office),
            "purpose",
            "data",
        )[:EVENTS]
    )
    return [
        EventLine(
            name=row[0],
            recorded_at=row[1],
            actor_kind=row[2],
            actor_id=row[3],
            party=row[4],
            office=row[5] or "",
            purpose=row[6],
            data=row[7],
        )
        for row in rows
    ]


def list_notices(account: Account) -> list[Notice]:
    """The last notices in the person's inbox."""
    return list(
        Notice.objects.filter(account=account, channel=NoticeChannel.INBOX)
        .order_by("-created_at")
        .only("kind", "text", "created_at")[:NOTICES]
    )
