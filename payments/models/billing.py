"""Billers, their prices, the codes people pay under, and bills."""

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.keyed_fields import BlindIndexField
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedJSONField, SealedTextField
from payments.enums import BillerKind, BillState

CUSTOMER_CODE: Final = "payments.customer_code"  # purpose of the blind index


class Biller(models.Model):
    """Who bills; spoken to as ``party`` over the billers' wire."""

    code = models.CharField(_("code"), max_length=40, primary_key=True)  # evn-hcmc
    kind = models.CharField(_("kind"), max_length=20, choices=BillerKind)
    party = models.CharField(_("party"), max_length=40)  # a name in settings.OUTSIDE
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=20)  # in text messages, without marks
    code_pattern = models.CharField(_("pattern of customer codes"), max_length=120)
    code_hint = models.CharField(_("hint about the code"), max_length=120)
    code_hint_en = models.CharField(_("hint in English"), max_length=120)
    by_person = models.BooleanField(_("finds bills by personal number"), default=False)
    in_use = models.BooleanField(_("in use"), default=True)
    # Where it is paid what it is owed; empty: it is not settled with through the portal.
    bank = models.CharField(_("bank"), max_length=6, default="", blank=True)
    bank_account = models.CharField(_("bank account"), max_length=20, default="", blank=True)

    class Meta:
        verbose_name = _("biller")
        verbose_name_plural = _("billers")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=BillerKind.values), name="biller_kind")
        ]

    def __str__(self) -> str:
        return self.code


class Tariff(models.Model):
    """A price or figure of the law that holds from a day on; ``rules`` reads ``values`` as its kind says."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField(
        _("name"), max_length=40
    )  # electricity, base_salary, poverty_line, water:hanoi …
    from_day = models.DateField(_("from"))
    values = models.JSONField(_("values"))
    source = models.CharField(_("source"), max_length=200)
    confidence = models.CharField(_("confidence"), max_length=1)  # R read, H worked out, B believed

    class Meta:
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        constraints = [
            models.UniqueConstraint(fields=["name", "from_day"], name="tariff_once_a_day"),
            models.CheckConstraint(
                condition=Q(confidence__in=["R", "H", "B"]), name="tariff_confidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.from_day}"


class CustomerCode(models.Model):
    """A code that a person pays under, their own or another's, by the name they gave it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    biller = models.ForeignKey(Biller, models.PROTECT, related_name="+")
    code = SealedTextField()
    code_index = BlindIndexField(of="code", purpose=CUSTOMER_CODE)
    label = SealedTextField()  # "Home", "Mother's house"
    saved_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)  # when its bills were last asked for
    forgotten_at = models.DateTimeField(null=True)
    # What an insurer says of who can be insured under it: members, or the group the state supports.
    insured = SealedJSONField(null=True)
    insured_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "biller", "code_index"],
                condition=Q(forgotten_at__isnull=True),
                name="customer_code_once",
            )
        ]

    def __str__(self) -> str:
        return f"customer code {self.public_id[:6]}…"


class Bill(StatefulModel):
    """A bill as its biller holds it. Whoever has its code may pay it; it is paid once.

    ``details`` is what the paper bill says (meter readings, lines, VAT, customer's name as the biller masks it).
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    biller = models.ForeignKey(
        Biller, models.PROTECT, related_name="bills", verbose_name=_("biller")
    )
    reference = models.CharField(_("the biller's id"), max_length=64)
    customer_code = SealedTextField()
    customer_code_index = BlindIndexField(of="customer_code", purpose=CUSTOMER_CODE)
    period = models.CharField(_("period"), max_length=20)  # 2026-11
    amount = models.BigIntegerField(_("amount"))  # đồng
    due_on = models.DateField(_("due on"), null=True)
    details = SealedJSONField()
    since = models.DateTimeField(_("in this state since"))
    fetched_at = models.DateTimeField(_("last asked for at"))

    class Meta:
        verbose_name = _("bill")
        verbose_name_plural = _("bills")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BillState.values), name="bill_state"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bill_amount"),
            models.UniqueConstraint(F("biller"), F("reference"), name="bill_once"),
        ]
        indexes = [
            models.Index(fields=["biller", "customer_code_index", "period"], name="bill_of_code")
        ]

    def __str__(self) -> str:
        return f"bill {self.public_id[:6]}…"
