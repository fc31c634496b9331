"""A person agrees that a registry is asked for their papers, in words that are kept; withdrawn, the papers leave.

Nothing is asked of a registry, and no paper of it comes into a wallet, without this consent.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.enums import ConsentPurpose, DataCategory
from accounts.models import Consent
from accounts.services import consents, sessions
from documents import gateways
from documents.services import wallets
from eid_portal.core.events import Actor

SENT: Final = (DataCategory.NAME, DataCategory.NUMBER, DataCategory.BIRTH_DATE)


def words(party_name: Any) -> str:
    """What a person agrees to, as it stands on the page and is kept."""
    return _(
        "The portal sends my personal number, full name and date of birth to %(registry)s, receives number, dates and"
        " state of my papers, shows them in my wallet and checks them every night. I can withdraw at any time."
    ) % {"registry": party_name}


class NoSuchConsent(LookupError):
    """The person has no such consent to a registry of papers."""


def agree(*, citizen_id: UUID, party: str, actor: Actor, now: datetime) -> Consent:
    """Keep that the person, or who acts for them, agreed.

    Raises:
        NoSuchRegistry: no gateway speaks to it.
    """
    name = str(gateways.find(party).NAME)
    return consents.give(
        citizen_id=citizen_id,
        party=party,
        party_name=name,
        categories=SENT,
        purpose=ConsentPurpose.PAPERS,
        words=words(name),
        third_parties=False,
        valid_until=None,
        actor=actor,
        now=now,
    )


def withdraw_for_ward(
    *, session: sessions.Session, ward_id: str, consent_id: str, now: datetime
) -> Consent:
    """A guardian ends a ward's consent to a registry: its papers leave the ward's wallet at once. Twice is once.

    ``ward_id`` is of a guardianship.

    Raises:
        NoSuchConsent: see the class.
        StepUpNeeded: see ``wallets.open_of``.
        WardGrown: see ``wallets``.
        NoSuchWard: see ``wallets``.
        NoGuardian: see ``wallets``.
    """
    opened = wallets.open_of(session=session, ward_id=ward_id, now=now)
    consent = consents.withdraw(
        citizen_id=opened.citizen.pk,
        public_id=consent_id,
        purpose=ConsentPurpose.PAPERS,
        actor=opened.actor,
        now=now,
    )
    if consent is None:
        raise NoSuchConsent
    return consent
