"""What the page of a consent that is not agreed to asks of its payer: a code or a passkey. Nothing is written here."""

from dataclasses import dataclass
from datetime import datetime

from accounts.enums import CodePurpose
from accounts.services import codes, passkeys
from accounts.services.sessions import Session
from payments.enums import Assurance, ScheduleState
from payments.services import authorising, scheduling


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What will do, and what its payer has of that."""

    needs: Assurance
    has_passkey: bool
    phone: str  # that counts for money; empty if there is none
    sent_at: datetime | None  # the code that lives
    sent_until: datetime | None

    @property
    def by_code(self) -> bool:
        """Whether a code by text message will do."""
        return self.needs == Assurance.CODE and bool(self.phone)


def look(*, session: Session, schedule: str, now: datetime) -> Asked | None:
    """What a draft asks for; None of one that can no longer be agreed to."""
    row = scheduling.find(session.account, schedule)
    if row.state != ScheduleState.DRAFTED or row.expires_at <= now:
        return None
    sent = codes.find(purpose=CodePurpose.PAYMENT, request_id=row.pk)
    live = sent is not None and sent.used_at is None and sent.expires_at > now
    return Asked(
        needs=scheduling.needed(row, session.device_id, now),
        has_passkey=bool(passkeys.descriptors(session.account)),
        phone=authorising.find_phone(session.account, now) or "",
        sent_at=sent.sent_at if sent and live else None,
        sent_until=sent.expires_at if sent and live else None,
    )
