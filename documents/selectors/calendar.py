"""What stands in a person's calendar: when papers expire, and by when corrections are answered."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid5

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account
from documents import kinds, policy
from documents.enums import CorrectionState, DocumentState
from documents.models import CalendarFeed, Correction, Document
from documents.rules import icalendar
from documents.rules.icalendar import Entry
from documents.selectors import papers
from documents.selectors.papers import Paper
from eid_portal.core import clock

OPEN: Final = (CorrectionState.SENDING, CorrectionState.OPEN)


def find_feed(account: Account) -> CalendarFeed | None:
    """The person's link; None if there is none."""
    return CalendarFeed.objects.filter(account=account, revoked_at__isnull=True).first()


def address_of(feed: CalendarFeed) -> str:
    """What is given to a calendar."""
    return f"{settings.PORTAL_URL}/papers/calendar.ics?key={feed.token}"


def write_calendar(account: Account, *, now: datetime) -> bytes:
    """The person's calendar in their language, without a whole number of anything."""
    with translation.override(account.language):
        return icalendar.write(
            [*_expiries(account, now), *_clocks(account)],
            name=_("My papers"),
            language=account.language,
            refreshed_every=policy.CALENDAR_REFRESHED,
        )


def _expiries(account: Account, now: datetime) -> Iterator[Entry]:
    card = papers.find_paper(
        citizen_id=account.citizen_id, public_id=papers.ID_CARD, now=now
    )  # it has no row of its own
    rows = Document.objects.filter(citizen_id=account.citizen_id, paper__isnull=False).exclude(
        state__in=[DocumentState.UNLINKED, DocumentState.REVOKED]
    )
    linked = (papers.of_document(row, now=now) for row in rows.order_by("pk"))
    for paper in ([card] if card else []) + list(linked):
        day = paper.drawn.expires_on
        if day is not None and paper.state != DocumentState.REVOKED:
            yield _expiry(paper, day, account)


def _expiry(paper: Paper, day: date, account: Account) -> Entry:
    said = {"paper": paper.kind.title, "ending": paper.drawn.ending}
    return Entry(
        uid=_uid(account, f"{paper.public_id} expires"),
        day=day,
        title=_("%(paper)s, ending in %(ending)s, expires") % said,
        words=_("Open it under Papers to renew it."),
        link=f"{settings.PORTAL_URL}/papers/{paper.public_id}/",
        stamp=paper.verified_at,
    )


def _clocks(account: Account) -> Iterator[Entry]:
    rows = Correction.objects.filter(
        document__citizen_id=account.citizen_id, state__in=OPEN
    ).select_related("document")
    for row in rows.order_by("pk"):
        said = {"paper": kinds.find(row.document.kind).title, "reference": row.reference}
        yield Entry(
            uid=_uid(account, f"{row.public_id} answer"),
            day=clock.today(row.due_at),
            title=_("%(reference)s is answered by today: %(paper)s") % said,
            words=_("Open it under Papers to see how far it has come."),
            link=f"{settings.PORTAL_URL}/papers/corrections/{row.public_id}/",
            stamp=row.requested_at,
        )


def _uid(account: Account, of: str) -> str:
    """Always the same for the same thing, and nothing can be read from it."""
    return f"{uuid5(account.pk, of)}@{urlsplit(settings.PORTAL_URL).hostname}"
