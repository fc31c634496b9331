"""What officers and administrators do with money: refunds they propose. Amounts are whole đồng."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.sealed import SealedTextField
from payments.enums import RefundReason
from payments.models.paying import Payment


class RefundProposal(models.Model):
    """A refund that one officer proposed and another decides; its payer reads the words."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    approval = models.OneToOneField("core.Approval", models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="proposals")
    amount = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=16, choices=RefundReason)
    words = SealedTextField()
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("proposed refund")
        verbose_name_plural = _("proposed refunds")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_proposal_amount"),
        ]

    def __str__(self) -> str:
        return f"proposed refund of payment {self.payment_id}"
