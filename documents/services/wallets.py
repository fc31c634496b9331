"""Whose wallet is opened, and by whom: one's own, or a child's or ward's by its guardian."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.enums import GuardianshipState
from accounts.models import Citizen, Guardianship
from accounts.selectors.wards import Ward
from accounts.services import guardianships, sessions
from accounts.services.guardianships import NoGuardian, NoSuchWard, WardGrown
from documents.models import Search
from documents.selectors import papers
from documents.selectors import wallet as selectors
from eid_portal.core.events import Actor

__all__ = ["NoGuardian", "NoSuchWard", "WardGrown"]


class NoSuchPaper(LookupError):
    """There is no such paper in a wallet that this person may open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A wallet somebody may act in now."""

    citizen: Citizen = field(repr=False)
    ward: Ward | None  # whose guardian acts; None in one's own wallet
    account_id: UUID  # who acts
    actor: Actor

    @property
    def place(self) -> str:
        """The address of the wallet's page."""
        return f"/account/wards/{self.ward.public_id}/papers/" if self.ward else "/papers/"


def open_own(session: sessions.Session) -> Opened:
    """One's own wallet."""
    return _opened(session, session.account.citizen, None)


def open_of(*, session: sessions.Session, ward_id: str, now: datetime) -> Opened:
    """The wallet of the ward of a guardianship, ``""`` for one's own; the ward reads that it was opened.

    Raises:
        StepUpNeeded: the guardian must prove themselves afresh.
        WardGrown: see the class.
        NoSuchWard: see the class.
        NoGuardian: see the class.
    """
    if not ward_id:
        return open_own(session)
    ward = guardianships.open_ward(session=session, public_id=ward_id, now=now)
    return _opened(session, ward.citizen, ward)


def open_with(*, session: sessions.Session, public_id: str, now: datetime) -> Opened:
    """The wallet a paper is, or was, in: one's own, or a ward's.

    Raises:
        NoSuchPaper: see the class.
        StepUpNeeded: see :func:`open_of`.
        WardGrown: see the class.
        NoGuardian: see the class.
    """
    if public_id == papers.ID_CARD:
        return open_own(session)
    citizen_id = selectors.find_holder(public_id)
    return open_for(session=session, citizen_id=citizen_id, now=now)


def open_searched(*, session: sessions.Session, public_id: str, now: datetime) -> Opened:
    """The wallet a search was made for: one's own, or a ward's.

    Raises:
        NoSuchPaper: see the class.
        StepUpNeeded: see :func:`open_of`.
        WardGrown: see the class.
        NoGuardian: see the class.
    """
    rows = Search.objects.filter(public_id=public_id).values_list("citizen_id", flat=True)
    return open_for(session=session, citizen_id=rows.first(), now=now)


def open_for(*, session: sessions.Session, citizen_id: UUID | None, now: datetime) -> Opened:
    """The wallet of a person that something was found of: one's own, or a ward's.

    Raises:
        NoSuchPaper: see the class.
        StepUpNeeded: see :func:`open_of`.
        WardGrown: see the class.
        NoGuardian: see the class.
    """
    own = open_own(session)
    if citizen_id is None:
        raise NoSuchPaper
    if citizen_id == own.citizen.pk:
        return own
    # One that is over too: who came of age has a page that says so.
    rows = Guardianship.objects.filter(
        ward_id=citizen_id,
        guardian_id=own.citizen.pk,
        state__in=[GuardianshipState.ACTIVE, GuardianshipState.ENDED],
    )
    ward_id = rows.order_by("state", "-id").values_list("public_id", flat=True).first()
    if ward_id is None:
        raise NoSuchPaper
    try:
        return open_of(session=session, ward_id=ward_id, now=now)
    except NoSuchWard as error:
        raise NoSuchPaper from error


def _opened(session: sessions.Session, citizen: Citizen, ward: Ward | None) -> Opened:
    return Opened(
        citizen=citizen,
        ward=ward,
        account_id=session.account.pk,
        actor=sessions.actor_of(session),
    )
