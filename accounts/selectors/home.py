"""What a citizen sees on their first page: their card, what happened to their data, what they were told."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language

from accounts.enums import CardState, NoticeKind
from accounts.models import Account, IdCard, Notice
from accounts.selectors import messages
from accounts.selectors.sealed_looks import NOT_HIDDEN
from eid_portal.core import clock, statements

EVENTS: Final = 8
NOTICES: Final = 3

# Written once: with the ORM most of the page's time went into composing these three anew.
_CARD: Final = statements.Columns(IdCard, "c", only=("id", "state", "number", "expires_on"))
FIND_CARD: Final = f"""
SELECT EXISTS (SELECT FROM accounts_authenticator f
    WHERE f.account_id = %(account)s AND f.kind = 'TOTP' AND f.state = 'ACTIVE'),
    (SELECT a.routes_tested_at FROM accounts_account a WHERE a.id = %(account)s),
    (SELECT r.opened_at FROM accounts_recovery r WHERE r.account_id = %(account)s AND r.state = 'OPEN'),
    EXISTS (SELECT FROM accounts_guardianship g WHERE g.guardian_id = %(citizen)s AND g.state = 'PENDING'),
    EXISTS (SELECT FROM accounts_guardianship g JOIN accounts_notice n ON n.channel = 'INBOX'
        AND n.event_key = 'guardianship.' || replace(g.id::text, '-', '') || '.card.guardian'
        WHERE g.guardian_id = %(citizen)s AND g.state = 'ACTIVE'),
    {_CARD.sql}
FROM accounts_idcard c WHERE c.citizen_id = %(citizen)s AND c.state <> 'REPLACED' ORDER BY c.id LIMIT 1
"""  # noqa: S608 - the models' own column names; values go apart
_EVENTS: Final = f"""
SELECT e.name, e.recorded_at, e.actor_kind, e.actor_id, e.party,
    (SELECT CASE WHEN %s THEN o.name_en ELSE o.name END FROM accounts_office o WHERE o.id = e.office_id),
    e.purpose, e.data
FROM core_auditevent e WHERE e.subject_id = %s AND e.shown AND {NOT_HIDDEN}
    -- Of failed sign-ins the last: who tries again and again pushes nothing else off the page.
    AND NOT (e.name = 'accounts.sign_in_failed' AND EXISTS (SELECT FROM core_auditevent n
        WHERE n.subject_id = e.subject_id AND n.shown AND n.name = e.name AND n.id > e.id))
ORDER BY e.id DESC LIMIT %s
"""  # noqa: S608 - our own words; values go apart
_NOTICE: Final = statements.Columns(
    Notice,
    "n",
    only=("id", "public_id", "kind", "text", "version", "values", "language", "created_at"),
)
_NOTICES: Final = f"""
SELECT {_NOTICE.sql} FROM accounts_notice n WHERE n.account_id = %s AND n.channel = 'INBOX'
ORDER BY n.created_at DESC LIMIT %s
"""  # noqa: S608 - the models' own column names; values go apart


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOverview:
    """The current card, and what the account has to do about signing in."""

    ending: str  # the last four digits: more is not shown
    valid_until: date | None
    state: CardState
    has_app: bool
    routes_tested_at: datetime | None
    recovery_opened_at: datetime | None  # a delayed reset that waits
    ward_waits: bool  # a guardianship of theirs waits for a counter
    ward_grows: bool  # they were told that a child turns 14 soon


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


def card_overview(rows: list[Any]) -> CardOverview | None:
    """The card of the account's holder, from what ``FIND_CARD`` found; None if there is none."""
    if not rows:
        return None
    has_app, tested_at, opened_at, ward_waits, ward_grows, *columns = rows[0]
    card = _CARD.row(columns)
    return CardOverview(
        ending=card.number[-4:],
        valid_until=card.expires_on,
        state=CardState(card.state),
        has_app=has_app,
        routes_tested_at=tested_at,
        recovery_opened_at=opened_at,
        ward_waits=ward_waits,
        ward_grows=ward_grows,
    )


def list_events(account: Account) -> list[EventLine]:
    """The last things that happened to the person or their data, by one query."""
    rows = statements.fetch_all(
        _EVENTS, [get_language() == "en", account.citizen_id, clock.now(), EVENTS]
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
            data=json.loads(row[7]),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A notice as it is read."""

    public_id: str
    title: str
    text: str
    language: str  # of the text, if it is not the reader's
    created_at: datetime


def list_notices(account: Account) -> list[NoticeLine]:
    """The last notices in the person's inbox, in the language now active."""
    rows = [_NOTICE.row(row) for row in statements.fetch_all(_NOTICES, [account.pk, NOTICES])]
    lines = []
    for row in rows:
        text, language = messages.text_of(row)
        lines.append(
            NoticeLine(
                public_id=row.public_id,
                title=str(NoticeKind(row.kind).label),
                text=text,
                language=language,
                created_at=row.created_at,
            )
        )
    return lines
