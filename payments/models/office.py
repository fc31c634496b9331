"""What officers and administrators do with money: refunds they propose, files of a day and their differences, and
settlements with billers. Amounts are whole đồng.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.database import AppendOnlyModel
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedTextField
from payments.enums import (
    CaseState,
    CaseStep,
    Difference,
    RefundReason,
    ReportKind,
    SettlementState,
    StatementFormat,
)
from payments.models.billing import Biller
from payments.models.paying import Payment, PaymentOrder


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


class StatementDay(models.Model):
    """A party's file of a day is wanted: the job that fetches it is about this row."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    party = models.CharField(_("party"), max_length=40)
    day = models.DateField(_("day"))
    begun_at = models.DateTimeField(_("begun at"))
    compared_at = models.DateTimeField(_("compared at"), null=True)
    code = models.CharField(_("code"), max_length=80, default="", blank=True)  # why not yet

    class Meta:
        constraints = [models.UniqueConstraint(F("party"), F("day"), name="statement_day_once")]

    def __str__(self) -> str:
        return f"{self.party} {self.day}"


class StatementFile(models.Model):
    """A party's file of a day. The newest that was taken is the one that counts; the same file is taken once."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    party = models.CharField(_("party"), max_length=40)
    day = models.DateField(_("day"))
    format = models.CharField(_("format"), max_length=10, choices=StatementFormat)
    sha256 = models.CharField(_("hash of the file"), max_length=64)
    counts = models.BooleanField(_("counts"))
    lines = models.PositiveIntegerField(_("lines"))
    bad = models.PositiveIntegerField(_("bad lines"))
    uploaded_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(_("taken at"))

    class Meta:
        verbose_name = _("file of a day")
        verbose_name_plural = _("files of a day")
        constraints = [
            models.UniqueConstraint(F("party"), F("day"), F("sha256"), name="statement_file_once"),
            models.UniqueConstraint(
                fields=["party", "day"], condition=Q(counts=True), name="statement_file_that_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.day}"


class StatementLine(AppendOnlyModel):
    """A movement that a file of a day says was done. Whose it is stands in our books alone."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    file = models.ForeignKey(StatementFile, models.PROTECT, related_name="movements")
    number = models.PositiveIntegerField(_("line"))
    kind = models.CharField(_("kind"), max_length=16, choices=ReportKind)
    reference = models.CharField(_("reference"), max_length=64)
    amount = models.BigIntegerField(_("amount"))
    at = models.DateTimeField(_("done at"))
    bank = models.CharField(_("bank"), max_length=20, default="", blank=True)
    receipt = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        verbose_name = _("line of a file")
        verbose_name_plural = _("lines of files")
        indexes = [models.Index(fields=["reference", "kind"], name="statement_line_reference")]

    def __str__(self) -> str:
        return f"line {self.number}"


class BadLine(AppendOnlyModel):
    """A line of a file that could not be read; ``code`` names the place that is wrong, never what stood there."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    file = models.ForeignKey(StatementFile, models.PROTECT, related_name="bad_lines")
    number = models.PositiveIntegerField(_("line"))
    code = models.CharField(_("code"), max_length=40)

    class Meta:
        verbose_name = _("bad line")
        verbose_name_plural = _("bad lines")

    def __str__(self) -> str:
        return f"line {self.number}: {self.code}"


class MoneyCase(StatefulModel):
    """A difference between our books and a file of a day, or a report that contradicts them, for people to work off.

    ``theirs`` and ``ours`` are what each has; ``third`` is what the third side has of it: the bank of a payment to a
    biller, the billers of a debit.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    party = models.CharField(_("party"), max_length=40)
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=16, choices=ReportKind)
    reference = models.CharField(_("reference"), max_length=64)
    difference = models.CharField(_("difference"), max_length=16, choices=Difference)
    ours = models.BigIntegerField(_("ours"), null=True)
    theirs = models.BigIntegerField(_("theirs"), null=True)
    third = models.BigIntegerField(_("third side"), null=True)
    reported = models.BooleanField(_("by a report"), default=False)  # stays until somebody says
    order = models.ForeignKey(PaymentOrder, models.PROTECT, null=True, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")
    taken_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(_("opened at"))
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CaseState.values), name="money_case_state"
            ),
            models.UniqueConstraint(
                F("party"), F("kind"), F("reference"), F("difference"), name="money_case_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="TAKEN") | Q(taken_by__isnull=False), name="money_case_taken_by"
            ),
        ]
        indexes = [
            models.Index(
                fields=["party", "day"],
                name="money_case_to_do",
                condition=Q(state__in=["OPEN", "TAKEN"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.day} {self.difference}"


class CaseNote(AppendOnlyModel):
    """What somebody did about a difference, in words."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    case = models.ForeignKey(MoneyCase, models.PROTECT, related_name="notes")
    step = models.CharField(_("step"), max_length=10, choices=CaseStep)
    by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    words = SealedTextField()
    at = models.DateTimeField(_("at"))

    def __str__(self) -> str:
        return f"note on case {self.case_id}"


class Settlement(StatefulModel):
    """What a biller is owed on its way to the biller's bank account, as that was when it was proposed."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(_("public id"), max_length=22, unique=True, default=ids.public_id)
    biller = models.ForeignKey(
        Biller, models.PROTECT, related_name="settlements", verbose_name=_("biller")
    )
    amount = models.BigIntegerField(_("amount"))
    bank = models.CharField(_("bank"), max_length=6)
    bank_account = models.CharField(_("bank account"), max_length=20)
    approval = models.ForeignKey("core.Approval", models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"))
    sent_at = models.DateTimeField(null=True)
    unanswered = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    switch_reference = models.CharField(
        _("the switch’s reference"), max_length=64, default="", blank=True
    )
    code = models.CharField(_("code"), max_length=80, default="", blank=True)
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SettlementState.values), name="settlement_state"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="settlement_amount"),
            models.UniqueConstraint(
                fields=["biller"],
                condition=Q(state__in=["PROPOSED", "SENDING"]),
                name="settlement_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"settlement {self.public_id[:6]}…"
