"""The fee of an application: asked for and reported through the registry of payments' purposes."""

from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.urls import reverse

from eid_portal.core import clock, jobs
from payments import purposes
from payments.enums import OrderState, PaymentPurpose, PaymentState, RefundReason
from payments.models import Payment
from payments.purposes import Due, Made, Purpose
from payments.services import refunding
from procedures.enums import ApplicationState
from procedures.models import Application
from procedures.services import lifecycle

BILLER: Final = "treasury"
REFUND: Final = lifecycle.REFUND_FEE
log = structlog.get_logger()


def due(account_id: UUID, about: UUID) -> Due | None:
    """The fee of an application that waits for it; only who filed it pays."""
    row = Application.objects.filter(
        pk=about, filer_id=account_id, state=ApplicationState.FILED, fee__gt=0
    ).first()
    return None if row is None else Due(biller=BILLER, amount=row.fee, reference=row.reference)


def settled(made: Made) -> None:
    """The treasury has the fee: the application is received. One that was taken back meanwhile has it given back."""
    row = Application.objects.get(pk=made.about)
    if lifecycle.receive(row, now=made.at, payment_id=made.payment_id, receipt=made.receipt):
        return
    Application.objects.filter(pk=row.pk, fee_payment_id__isnull=True).update(
        fee_payment_id=made.payment_id, fee_receipt=made.receipt
    )
    jobs.enqueue(REFUND, subject_id=row.pk)


def refunded(made: Made) -> None:
    """The fee went back; the application stays as it was decided or taken back."""
    log.info("application.fee_refunded", application_id=str(made.about))


def place(about: UUID) -> str:
    """The slip of an application, where who paid its fee goes on."""
    row = Application.objects.filter(pk=about).only("public_id").first()
    return "" if row is None else reverse("procedures:filed", args=[row.public_id])


def give_back(claim: jobs.Claim) -> None:
    """Have what is left of the fee of an application given back, once.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    with transaction.atomic():
        row = lifecycle.hold(claim.subject_id)
        if row.fee_payment_id is not None:
            payment = Payment.objects.get(pk=row.fee_payment_id)
            left = refunding.left_of(payment)
            if left:
                refunding.begin(
                    payment_id=payment.pk,
                    amount=left,
                    reason=RefundReason.FEE_WAIVED,
                    approval=None,
                    now=clock.now(),
                )
        claim.finish()


def is_being_paid(application_id: UUID) -> bool:
    """Whether a payment of the fee is under way: nobody takes the application back meanwhile."""
    live = Payment.objects.filter(
        purpose=PaymentPurpose.FEE,
        about=application_id,
        state__in=[PaymentState.WAITING, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN],
    )
    return live.exclude(order__state__in=[OrderState.DRAFTED, OrderState.CANCELLED]).exists()


def register() -> None:
    """Let fees be paid for; called in ``apps.ready()``."""
    purposes.register(
        Purpose(code=PaymentPurpose.FEE, due=due, settled=settled, refunded=refunded, place=place)
    )
