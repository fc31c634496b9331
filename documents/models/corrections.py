"""Requests to correct what a register says."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from documents.enums import CorrectionSide, CorrectionState
from documents.models.papers import Document
from eid_portal.core import ids
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedJSONField, SealedTextField


class Correction(StatefulModel):
    """The holder of a paper asked the register that owns a wrong value to correct it; its clock is ``due_at``."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    reference = models.CharField(_("reference"), max_length=16, unique=True)  # YC-261126-3KQ8
    document = models.ForeignKey(Document, models.PROTECT, related_name="corrections")
    registry = models.CharField(_("registry"), max_length=40)  # the party that is asked
    side = models.CharField(_("which is right"), max_length=12, choices=CorrectionSide)
    fields = models.JSONField(default=list)  # codes
    words = SealedTextField(null=True)  # what the holder added
    # What was sent first, until the registry has it: one reference asks for the same each time.
    sent = SealedJSONField(null=True)
    office = models.CharField(
        _("office"), max_length=200, default="", blank=True
    )  # who has it, as the registry says
    outside_id = models.CharField(max_length=80, default="", blank=True)
    requested_at = models.DateTimeField(_("requested at"))
    requested_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("received at"), null=True)
    due_at = models.DateTimeField(_("due at"))
    escalated_at = models.DateTimeField(
        _("escalated at"), null=True
    )  # the clock ran out: its superiors were told
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answer = SealedTextField(null=True)  # the registry's words
    withdrawn_at = models.DateTimeField(_("taken back at"), null=True)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CorrectionState.values), name="correction_state"
            ),
            models.UniqueConstraint(
                fields=["document"],
                condition=Q(state__in=["SENDING", "OPEN"]),
                name="correction_one_open",
            ),
            models.UniqueConstraint(
                fields=["registry", "outside_id"],
                condition=~Q(outside_id=""),
                name="correction_outside_once",
            ),
        ]
        indexes = [
            models.Index(F("document"), F("id").desc(), name="correction_of_document"),
            models.Index(
                fields=["due_at"],
                name="correction_due",
                condition=Q(state__in=["SENDING", "OPEN"], escalated_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.reference}"
