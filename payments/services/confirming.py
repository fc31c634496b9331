"""What a page asks of its payer before money moves, or may move: a code or a passkey. Nothing is written here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.enums import CodePurpose
from accounts.services import codes, passkeys
from accounts.services.sessions import Session
from payments.enums import Assurance, OrderState, ScheduleState
from payments.models import PaymentOrder
from payments.services import authorising, needs, ordering, scheduling
from payments.texts import ASSURANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What will do, and what its payer has of that."""

    needs: Assurance
    why: str  # empty of a consent
    has_passkey: bool
    phone: str  # that counts for money; empty if there is none
    sent_at: datetime | None  # the code that lives
    sent_until: datetime | None

    @property
    def by_code(self) -> bool:
        """Whether a code by text message will do."""
        return self.needs == Assurance.CODE and bool(self.phone)


def look_at_order(*, session: Session, order: PaymentOrder, now: datetime) -> Asked | None:
    """What a draft asks for; None of an order that is none any more."""
    if order.state != OrderState.DRAFTED or order.expires_at <= now:
        return None
    payments = list(order.payments.select_related("biller", "bill").order_by("pk"))
    decision, limits, _held = needs.decide(
        account=session.account, payments=payments, device_id=session.device_id, now=now
    )
    words: Any = ASSURANCE[decision.because.value]
    asked, why = authorising.strongest(order, decision), str(words) % ordering.values_of(limits)
    return _asked(session, order.pk, asked, why=why, now=now)


def look_at_schedule(*, session: Session, schedule: str, now: datetime) -> Asked | None:
    """What a consent asks for, by its public id; None of one that can no longer be agreed to.

    Raises:
        scheduling.NoSuchSchedule: the payer has no such consent.
    """
    row = scheduling.find(session.account, schedule)
    if row.state != ScheduleState.DRAFTED or row.expires_at <= now:
        return None
    asked = scheduling.needed(row, session.device_id, now)
    return _asked(session, row.pk, asked, why="", now=now)


def _asked(session: Session, about: UUID, asked: Assurance, *, why: str, now: datetime) -> Asked:
    sent = codes.find(purpose=CodePurpose.PAYMENT, request_id=about)
    live = sent is not None and sent.used_at is None and sent.expires_at > now
    return Asked(
        needs=asked,
        why=why,
        has_passkey=bool(passkeys.descriptors(session.account)),
        phone=authorising.find_phone(session.account, now) or "",
        sent_at=sent.sent_at if sent and live else None,
        sent_until=sent.expires_at if sent and live else None,
    )
