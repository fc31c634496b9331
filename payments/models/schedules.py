"""Standing consents to pay the bills of a customer code up to a cap, and what became of each bill. Whole đồng."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.models import StatefulModel
from payments.enums import AuthorisedBy, ScheduledBillState, ScheduleState
from payments.models.billing import Bill, CustomerCode
from payments.models.paying import BankLink, PaymentOrder


class PaymentSchedule(StatefulModel):
    """A consent; what was agreed to never changes: another cap or bank account is another consent."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    customer_code = models.ForeignKey(CustomerCode, models.PROTECT, related_name="+")
    link = models.ForeignKey(BankLink, models.PROTECT, related_name="+")
    cap = models.BigIntegerField(_("cap"))  # of one bill
    agreed_by = models.CharField(max_length=10, choices=AuthorisedBy, default="", blank=True)
    drafted_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # as a draft
    agreed_at = models.DateTimeField(_("agreed at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    code = models.CharField(max_length=20, default="", blank=True)  # why it ended
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("standing consent")
        verbose_name_plural = _("standing consents")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ScheduleState.values), name="schedule_state"
            ),
            models.CheckConstraint(condition=Q(cap__gt=0), name="schedule_cap"),
            models.CheckConstraint(
                condition=~Q(state="ACTIVE") | Q(agreed_at__isnull=False),
                name="schedule_active_is_agreed",
            ),
            models.UniqueConstraint(
                fields=["customer_code"], condition=Q(state="ACTIVE"), name="schedule_of_code_once"
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="schedule_of_account")]

    def __str__(self) -> str:
        return f"standing consent {self.public_id[:6]}…"


class ScheduledBill(StatefulModel):
    """A bill under a consent, once: its payer was told, and it is paid at ``pay_at`` unless they say no."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    schedule = models.ForeignKey(PaymentSchedule, models.PROTECT, related_name="bills")
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="+")
    amount = models.BigIntegerField(_("amount"))  # that the payer was told
    told_at = models.DateTimeField()
    pay_at = models.DateTimeField(null=True)  # null: it never was to be paid
    order = models.ForeignKey(PaymentOrder, models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=40, default="", blank=True)  # why it was not paid
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("bill of a standing consent")
        verbose_name_plural = _("bills of standing consents")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ScheduledBillState.values), name="scheduled_bill_state"
            ),
            models.UniqueConstraint(fields=["schedule", "bill"], name="scheduled_bill_once"),
            models.CheckConstraint(
                condition=~Q(state="ORDERED") | Q(order__isnull=False),
                name="scheduled_bill_ordered_has_order",
            ),
        ]

    def __str__(self) -> str:
        return f"bill of a standing consent {self.public_id[:6]}…"
