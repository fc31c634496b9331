"""Refunds that officers decide: one proposes with words for the payer, another decides, then the bank is asked.

Whatever was proposed, no more goes back than was captured: that is counted under the payment's lock when it begins.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import NoticeKind
from accounts.services import notices
from eid_portal.core import approvals, audit
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, ApprovalState
from payments import events, policy
from payments.enums import RefundReason
from payments.models import Payment, RefundProposal
from payments.rules import amounts
from payments.services import dispute_ends, refunding

KIND: Final = "payments.refund"
PROPOSED: Final = frozenset({RefundReason.OFFICER, RefundReason.DISPUTE})


class NoLongerPossible(approvals.ApprovalRefused):
    """Since it was proposed other refunds began, or the payment went on: it can only be refused."""

    code = "no_longer_possible"
    message = _("This refund is no longer possible: look at the payment again.")

    def __init__(self, message: Any) -> None:
        super().__init__(self.code)
        self.message = message


class NoSuchPayment(refunding.RefundRefused):
    """There is no payment of that id."""

    code = "no_such_payment"
    message = _("There is no such payment.")


class Handler:
    """What becomes of a proposed refund."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Have the bank asked for it, and tell the payer why; an open dispute of the payment is upheld.

        Raises:
            NoLongerPossible: see the class; nothing is decided then.
        """
        proposal = RefundProposal.objects.get(approval=approval)
        payment = _find(proposal.payment_id)
        reason = RefundReason(proposal.reason)
        try:
            refund = refunding.begin(
                payment_id=payment.pk,
                amount=proposal.amount,
                reason=reason,
                approval=approval,
                now=now,
            )
        except refunding.RefundRefused as refused:
            raise NoLongerPossible(refused.message) from None
        account = payment.order.account
        audit.record(
            events.RefundDecided(amount=refund.amount, reason=reason.value),
            actor=actor,
            subject_id=account.citizen_id,
            target=refund,
            now=now,
        )
        notices.tell(
            account=account,
            kind=NoticeKind.REFUND_DECIDED,
            values={
                "amount": amounts.written(refund.amount),
                "reference": payment.order.reference,
                "words": proposal.words,
            },
            event_key=f"refund:{refund.pk}",
            now=now,
        )
        dispute_ends.uphold(payment_id=payment.pk, words=proposal.words, actor=actor, now=now)

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Nothing has moved; a dispute it was proposed for waits for another answer."""
        dispute_ends.reopen(payment_id=approval.target_id, actor=actor, now=now)


def register() -> None:
    """Tell the core what the approval of a refund does; called in ``apps.ready()``."""
    approvals.register(KIND, Handler())


@transaction.atomic
def propose(
    *,
    payment_id: UUID,
    amount: int,
    words: str,
    actor: Actor,
    now: datetime,
    reason: RefundReason = RefundReason.OFFICER,
) -> Approval:
    """Propose to give an amount of a payment back; ``words`` say to its payer why. Another officer decides.

    Raises:
        NoSuchPayment: see the class.
        refunding.RefundRefused: see its other subclasses.
        approvals.SamePerson: it is the officer's own payment.
        approvals.AlreadyOpen: a refund of this payment waits for a decision.
        ValueError: the reason is none of those that officers decide.
    """
    if reason not in PROPOSED:
        raise ValueError(reason)
    payment = _find(payment_id)
    refunding.check(payment, amount)
    approval = approvals.propose(
        kind=KIND,
        target_id=payment.pk,
        reason=reason.value,
        maker=actor,
        subject_citizen_id=payment.order.account.citizen_id,
        lasts=policy.PROPOSAL_LASTS,
        details={"amount": amount},
        now=now,
    )
    RefundProposal.objects.create(
        approval=approval,
        payment=payment,
        amount=amount,
        reason=reason,
        words=words,
        made_at=now,
    )
    return approval


def find_open(payment: Payment) -> RefundProposal | None:
    """The refund of a payment that waits for a decision."""
    open_ones = payment.proposals.filter(approval__state=ApprovalState.PROPOSED)
    return open_ones.select_related("approval").first()


def _find(payment_id: UUID) -> Payment:
    payment = Payment.objects.select_related("order__account").filter(pk=payment_id).first()
    if payment is None:
        raise NoSuchPayment
    return payment
