"""Officers on the road look at papers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.enums import RoadsidePurpose
from documents.models.papers import Document
from eid_portal.core import ids


class RoadsideLook(models.Model):
    """An officer on the road looked at a paper, for a reason; it masks itself again after some minutes."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    reference = models.CharField(_("reference"), max_length=16, unique=True)  # KT-261126-4M7T
    officer = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="+")
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=12, choices=RoadsidePurpose)
    press = models.CharField(max_length=40)  # a button pressed twice looks once
    looked_at = models.DateTimeField(_("looked at"))
    other_face_at = models.DateTimeField(null=True)  # the officer said that it was not the holder
    masked_at = models.DateTimeField(_("masked at"))

    class Meta:
        verbose_name = _("look on the road")
        verbose_name_plural = _("looks on the road")
        constraints = [
            models.UniqueConstraint(fields=["officer", "press"], name="roadside_look_once"),
            models.CheckConstraint(
                condition=Q(reason__in=RoadsidePurpose.values), name="roadside_look_reason"
            ),
        ]
        indexes = [models.Index(fields=["officer", "-looked_at"], name="roadside_look_of_officer")]

    def __str__(self) -> str:
        return f"look on the road {self.reference}"
