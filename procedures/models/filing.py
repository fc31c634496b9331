"""What citizens are filing: drafts, the files they sent, and who may file for them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.keyed_fields import KeyedHashField
from eid_portal.core.sealed import SealedBinaryField, SealedJSONField, SealedTextField
from procedures.enums import Capacity, Scan


class Draft(models.Model):
    """A form that is being filled in: one a person who files, procedure and person it is for.

    ``answers`` is what ``rules.answers.to_json`` wrote of a person's answers. ``version`` grows with each save: who
    saves over another tab's is told so.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    filer = models.ForeignKey("accounts.Account", models.PROTECT, related_name="drafts")
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="drafts")
    capacity = models.CharField(max_length=8, choices=Capacity, default=Capacity.SELF)
    procedure = models.ForeignKey("procedures.Procedure", models.PROTECT, related_name="+")
    revision = models.ForeignKey("procedures.Revision", models.PROTECT, related_name="+")
    answers = SealedJSONField()
    done = models.JSONField(default=list)  # keys of the pages that were sent without a fault
    again = models.JSONField(default=list)  # names of fields that a new revision wants looked at
    version = models.PositiveIntegerField(default=1)
    begun_at = models.DateTimeField(_("begun at"))
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__in=Capacity.values), name="draft_capacity"
            ),
            models.UniqueConstraint(fields=["filer", "procedure", "citizen"], name="draft_once"),
        ]
        indexes = [models.Index(fields=["saved_at", "id"], name="draft_to_tidy")]

    def __str__(self) -> str:
        return f"draft {self.public_id[:6]}…"


class Attachment(models.Model):
    """A file from a citizen, made safe and sealed; the same content of one citizen is kept once."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="attachments")
    uploaded_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    # Of what was sent: the same is kept once. Without its pepper it is only kept once more.
    content_hash = KeyedHashField(max_length=34, needed=Q(pk__in=[]))
    name = SealedTextField()  # as it was called, without a path
    media_type = models.CharField(_("media type"), max_length=20)  # image/jpeg, application/pdf
    size = models.PositiveIntegerField(_("size"))  # bytes, of what is kept
    pages = models.PositiveSmallIntegerField(_("pages"), default=1)
    content = SealedBinaryField()
    scan = models.CharField(_("virus scan"), max_length=8, choices=Scan)
    uploaded_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.CheckConstraint(condition=Q(scan__in=Scan.values), name="attachment_scan"),
            models.UniqueConstraint(fields=["citizen", "content_hash"], name="attachment_once"),
        ]
        indexes = [models.Index(F("citizen"), F("id").desc(), name="attachment_of_citizen")]

    def __str__(self) -> str:
        return f"file {self.public_id[:6]}…"


class Mandate(models.Model):
    """``giver`` lets ``holder`` file one procedure for them; given and withdrawn under the giver's own sign-in."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    giver = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="mandates_given")
    holder = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="mandates_held")
    procedure = models.ForeignKey("procedures.Procedure", models.PROTECT, related_name="+")
    given_at = models.DateTimeField(_("given at"))
    valid_until = models.DateField(_("valid until"))  # the last day
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("holder")), name="mandate_two_people"),
            models.UniqueConstraint(
                fields=["giver", "holder", "procedure"],
                condition=Q(withdrawn_at__isnull=True),
                name="mandate_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["valid_until"],
                name="mandate_ending",
                condition=Q(withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"mandate {self.public_id[:6]}…"
