"""Linked bank accounts, orders to pay, the payments in them, and refunds. Amounts are whole đồng."""

from typing import Any, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.keyed_fields import BlindIndexField, KeyedHashField
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedTextField
from eid_portal.core.telling import Told
from payments.enums import (
    Assurance,
    AuthorisedBy,
    LinkState,
    OrderState,
    PaymentPurpose,
    PaymentState,
    RefundReason,
    RefundState,
    ReportKind,
    ReportOutcome,
)
from payments.models.billing import Bill, Biller

PAYEE: Final = "payments.payee"  # purpose of the blind index of a payee's account
ONWARD_LONGEST: Final = 1024  # twenty chosen bills fit, with room


class BankLink(StatefulModel):
    """A person's account at a bank that they agreed to pay from. No number is kept but its last four digits."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    bank = models.CharField(_("bank"), max_length=6)  # NAPAS BIN
    session_id = models.UUIDField(null=True)  # who began it, and alone comes back from the bank
    consent_id = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique: null where none
    page = models.CharField(max_length=520, default="", blank=True)  # where the bank asks
    onward = models.CharField(
        max_length=ONWARD_LONGEST, default="", blank=True
    )  # the page of ours that its holder came from, and goes on to once it is linked
    token = SealedTextField(
        null=True
    )  # the bank's name for the consent; worth nothing without our signature
    holder_name = SealedTextField(null=True)  # as the bank writes it
    ending = models.CharField(max_length=4, default="", blank=True)
    is_default = models.BooleanField(default=False)
    code = models.CharField(
        max_length=20, default="", blank=True
    )  # why it is not linked, or no longer
    since = models.DateTimeField()
    begun_at = models.DateTimeField()

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LinkState.values), name="bank_link_state"),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(is_default=True, state="ACTIVE"),
                name="bank_link_one_default",
            ),
            models.CheckConstraint(
                condition=~Q(state="ACTIVE") | Q(token__isnull=False),
                name="bank_link_active_has_token",
            ),
        ]

    def __str__(self) -> str:
        return f"bank account {self.public_id[:6]}…"


class PaymentOrder(StatefulModel):
    """One agreement of a payer to one or more payments, and one debit at their bank.

    ``key`` is made by the client: the same key from the same payer is the same order, and ``body_hash`` tells whether
    it is meant the same.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    reference = models.CharField(
        _("reference"), max_length=20, unique=True
    )  # TT-261123-5QF2, for people and for banks
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    link = models.ForeignKey(BankLink, models.PROTECT, related_name="orders")
    key = models.CharField(max_length=64)
    body_hash = KeyedHashField()
    amount = models.BigIntegerField(_("amount"))  # of all payments, with fees
    needs = models.CharField(
        max_length=16, choices=Assurance
    )  # decided when it was drafted, and again when sent
    authorised_by = models.CharField(max_length=10, choices=AuthorisedBy, default="", blank=True)
    drafted_at = models.DateTimeField(_("drafted at"))
    expires_at = models.DateTimeField()  # as a draft
    authorised_at = models.DateTimeField(_("authorised at"), null=True)
    held_until = models.DateTimeField(null=True)  # the first payment to somebody: not sent before
    sent_at = models.DateTimeField(null=True)  # when the bank was first asked, perhaps in vain
    unanswered = models.PositiveSmallIntegerField(default=0)  # times it was asked without an answer
    asked_at = models.DateTimeField(null=True)  # when it was last asked so
    debited_at = models.DateTimeField(_("debited at"), null=True)
    bank_reference = models.CharField(
        _("the bank’s reference"), max_length=64, default="", blank=True
    )
    code = models.CharField(
        _("code"), max_length=80, default="", blank=True
    )  # why the bank refused
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount"),
            models.UniqueConstraint(F("account"), F("key"), name="order_key_once"),
            models.CheckConstraint(
                condition=Q(state__in=["DRAFTED", "CANCELLED"]) | ~Q(authorised_by=""),
                name="order_authorised_somehow",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="order_of_account"),
            models.Index(fields=["since"], name="order_unknown", condition=Q(state="UNKNOWN")),
        ]

    def __str__(self) -> str:
        return self.reference


_STANDS: Final[Any] = Q(state__in=["WAITING", "IN_FLIGHT", "UNKNOWN", "SETTLED"])


class Payment(StatefulModel):
    """Money for one payee. A bill has at most one payment that lives or was made."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, default=ids.public_id)
    order = models.ForeignKey(PaymentOrder, models.PROTECT, related_name="payments")
    purpose = models.CharField(_("purpose"), max_length=20, choices=PaymentPurpose)
    amount = models.BigIntegerField(_("amount"))
    fee = models.BigIntegerField(_("fee"), default=0)
    biller = models.ForeignKey(Biller, models.PROTECT, null=True, related_name="+", db_index=False)
    bill = models.ForeignKey(
        Bill, models.PROTECT, null=True, related_name="payments", db_index=False
    )
    about = models.UUIDField(null=True)  # what another app asked the payment for, see ``purposes``
    due_reference = models.CharField(  # what the biller knows it by, if it is no bill of ours
        max_length=64, default="", blank=True
    )
    payee_bank = models.CharField(max_length=6, default="", blank=True)  # of a transfer
    payee_account = SealedTextField(null=True)
    payee_index = BlindIndexField(of="payee_account", purpose=PAYEE, null=True)
    payee_link = models.ForeignKey(  # of a person named by number or phone: the payer never learns which account
        BankLink, models.PROTECT, null=True, related_name="+", db_index=False
    )
    payee_name = SealedTextField(null=True)  # as its bank says; people confirmed it
    message = SealedTextField(null=True)
    payee_reference = models.CharField(
        _("the payee’s reference"), max_length=64, default="", blank=True
    )  # the biller's or switch's receipt
    code = models.CharField(_("code"), max_length=80, default="", blank=True)
    sent_at = models.DateTimeField(null=True)  # when the payee was first told, perhaps in vain
    unanswered = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    since = models.DateTimeField(_("in this state since"))
    # Whether nobody else may pay the same. It stays as it is when a payment settles, so no index is written then.
    stands = models.GeneratedField(
        expression=_STANDS,
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PaymentState.values), name="payment_state"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, fee__gte=0), name="payment_amount"),
            models.UniqueConstraint(
                fields=["bill"],
                condition=Q(stands=True, bill__isnull=False),
                name="payment_of_bill_once",
            ),
            models.UniqueConstraint(
                fields=["purpose", "about"],
                condition=Q(stands=True, about__isnull=False),
                name="payment_about_once",
            ),
            models.CheckConstraint(
                condition=Q(biller__isnull=False, payee_bank="", payee_link__isnull=True)
                | (Q(biller__isnull=True, payee_link__isnull=True) & ~Q(payee_bank=""))
                | Q(biller__isnull=True, payee_bank="", payee_link__isnull=False),
                name="payment_has_one_payee",
            ),
            models.UniqueConstraint(fields=["public_id"], name="payment_public_id_once"),
        ]
        # None names a column that changes when a payment settles: its page is written then, and no index. Only those
        # that somebody asks, and of rows that have the value.
        indexes = [
            models.Index(
                fields=["biller"], name="payment_of_biller", condition=Q(biller__isnull=False)
            ),
            models.Index(fields=["bill"], name="payment_of_bill", condition=Q(bill__isnull=False)),
            models.Index(
                fields=["payee_link"],
                name="payment_to_link",
                condition=Q(payee_link__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.public_id[:6]}…"


class Refund(StatefulModel):
    """Money of a payment on its way back to the payer's bank; all refunds of a payment are at most its amount."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(_("public id"), max_length=22, unique=True, default=ids.public_id)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=16, choices=RefundReason)
    approval = models.ForeignKey("core.Approval", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("made at"))
    sent_at = models.DateTimeField(null=True)
    unanswered = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(_("done at"), null=True)
    code = models.CharField(_("code"), max_length=80, default="", blank=True)
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount"),
        ]

    def __str__(self) -> str:
        return f"refund {self.public_id[:6]}…"


class PaymentReport(Told):
    """What a bank or biller reported, and what became of it: the same id is answered the same for ever."""

    kind = models.CharField(_("kind"), max_length=16, choices=ReportKind)
    reference = models.CharField(_("reference"), max_length=64)  # ours, or a bill's
    outcome = models.CharField(_("outcome"), max_length=12, choices=ReportOutcome)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")

    def __str__(self) -> str:
        return f"report {self.event_id}"
