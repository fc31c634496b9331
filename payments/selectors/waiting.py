"""When a bank or payee that has not answered was last asked, and when it is asked again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from eid_portal.core import jobs
from payments.models import Payment, PaymentOrder

_SOON: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is shown while it is not certain; ``next_at`` is None if it is asked now or within a minute."""

    last_at: datetime
    next_at: datetime | None


def find_asked(rows: Sequence[PaymentOrder] | Sequence[Payment], *, now: datetime) -> Asked | None:
    """Of an order that its bank, or payments that their payees have not answered about; None if none was asked."""
    asked = [at for row in rows if (at := row.asked_at or row.sent_at) is not None]
    if not asked:
        return None
    next_at = jobs.next_attempt([row.pk for row in rows])
    later = next_at is not None and next_at > now + _SOON
    return Asked(last_at=max(asked), next_at=next_at if later else None)
