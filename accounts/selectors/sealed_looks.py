"""Which events a court order hides from the person they are about, until its day; every list of theirs leaves them out.

The person is told that such events can exist. On the day the order names, they appear among the others.
"""

from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q

from accounts.models import SealedLook

# For statements written by hand: events are ``e``, the one value is the moment. An index of keys answers it.
NOT_HIDDEN: Final = (
    "NOT EXISTS (SELECT FROM accounts_sealedlook k WHERE k.event_id = e.id AND k.hidden_until > %s)"
)


def not_hidden(now: datetime) -> Q:
    """The same for the ORM: ``AuditEvent.objects.filter(not_hidden(now))``."""
    hidden = SealedLook.objects.filter(event_id=OuterRef("pk"), hidden_until__gt=now)
    return Q(~Exists(hidden))
