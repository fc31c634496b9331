"""What stands in a person's calendar: when papers expire, and by when corrections are answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid5

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account, Citizen
from accounts.selectors.wards import Ward
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


def write_calendar(account: Account, wards: Sequence[Ward], *, now: datetime) -> bytes:
    """The calendar of a person and of those they act for, in their language, without a whole number of anything."""
    whose = [_Whose(account.citizen), *(_Whose(ward.citizen, ward) for ward in wards)]
    with translation.override(account.language):
        entries = [
            entry
            for one in whose
            for entry in (*_expiries(one, account, now), *_clocks(one, account))
        ]
        return icalendar.write(
            entries,
            name=_("My papers"),
            language=account.language,
            refreshed_every=policy.CALENDAR_REFRESHED,
        )


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose papers they are: one's own, or a ward's, which are named as theirs."""

    citizen: Citizen = field(repr=False)
    ward: Ward | None = None

    def says(self, title: str) -> str:
        """The title, after a ward's given name."""
        return f"{self.citizen.full_name.split()[-1]}: {title}" if self.ward else title

    def place_of(self, public_id: str) -> str:
        """Where a paper is looked at; a ward's ID card has no page but the ward's."""
        if self.ward and public_id == papers.ID_CARD:
            return f"account/wards/{self.ward.public_id}/"
        return f"papers/{public_id}/"


def _expiries(whose: _Whose, account: Account, now: datetime) -> Iterator[Entry]:
    card = papers.find_paper(
        citizen_id=whose.citizen.pk, public_id=papers.ID_CARD, now=now
    )  # it has no row of its own
    rows = Document.objects.filter(citizen_id=whose.citizen.pk, paper__isnull=False).exclude(
        state__in=[DocumentState.UNLINKED, DocumentState.REVOKED]
    )
    linked = (papers.of_document(row, now=now) for row in rows.order_by("pk"))
    for paper in ([card] if card else []) + list(linked):
        day = paper.drawn.expires_on
        if day is not None and paper.state != DocumentState.REVOKED:
            yield _expiry(paper, day, whose, account)


def _expiry(paper: Paper, day: date, whose: _Whose, account: Account) -> Entry:
    said = {"paper": paper.kind.title, "ending": paper.drawn.ending}
    place = whose.place_of(paper.public_id)
    return Entry(
        uid=_uid(account, f"{place} expires"),
        day=day,
        title=whose.says(_("%(paper)s, ending in %(ending)s, expires") % said),
        words=_("Open it under Papers to renew it."),
        link=f"{settings.PORTAL_URL}/{place}",
        stamp=paper.verified_at,
    )


def _clocks(whose: _Whose, account: Account) -> Iterator[Entry]:
    rows = Correction.objects.filter(
        document__citizen_id=whose.citizen.pk, state__in=OPEN
    ).select_related("document")
    for row in rows.order_by("pk"):
        said = {"paper": kinds.find(row.document.kind).title, "reference": row.reference}
        yield Entry(
            uid=_uid(account, f"{row.public_id} answer"),
            day=clock.today(row.due_at),
            title=whose.says(_("%(reference)s is answered by today: %(paper)s") % said),
            words=_("Open it under Papers to see how far it has come."),
            link=f"{settings.PORTAL_URL}/papers/corrections/{row.public_id}/",
            stamp=row.requested_at,
        )


def _uid(account: Account, of: str) -> str:
    """Always the same for the same thing, and nothing can be read from it."""
    return f"{uuid5(account.pk, of)}@{urlsplit(settings.PORTAL_URL).hostname}"
