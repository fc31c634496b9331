"""What a refund does to the dispute of its payment. Refunds call this, and disputes call refunds."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from eid_portal.core.events import Actor
from eid_portal.core.transitions import move
from payments import events, states
from payments.enums import DisputeState
from payments.models import Dispute

OPEN: Final = (DisputeState.ASKED, DisputeState.PROPOSED)


def lock_open(payment_id: UUID) -> Dispute | None:
    """The dispute of a payment that is not answered, with its payer; locked in the caller's transaction."""
    rows = Dispute.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("payment__order__account")
    return rows.filter(payment_id=payment_id, state__in=OPEN).first()


def uphold(*, payment_id: UUID, words: str | None, actor: Actor, now: datetime) -> None:
    """Money goes back: an open dispute of the payment is upheld, and its payer reads ``words``."""
    row = lock_open(payment_id)
    if row is not None:
        move(
            row,
            states.DISPUTE,
            to=DisputeState.UPHELD,
            event=events.DisputeUpheld(**about(row)),
            actor=actor,
            subject_id=payer_of(row),
            now=now,
            answer=words,
            ended_at=now,
            since=now,
        )


def reopen(*, payment_id: UUID, actor: Actor, now: datetime) -> None:
    """A refund was not agreed to: the dispute it was proposed for waits for another answer, its clock goes on."""
    row = lock_open(payment_id)
    if row is not None and row.state == DisputeState.PROPOSED:
        move(
            row,
            states.DISPUTE,
            to=DisputeState.ASKED,
            event=events.DisputeReopened(**about(row)),
            actor=actor,
            subject_id=payer_of(row),
            now=now,
            since=now,
        )


def payer_of(row: Dispute) -> UUID | None:
    """Whose it is."""
    return row.payment.order.account.citizen_id


def about(row: Dispute) -> dict[str, Any]:
    """What every event of it says."""
    return {"about": row.about, "amount": row.payment.amount}
