"""Papers shown to others: codes for a minute, shared copies, signed copies, printed cards.

``document`` is null for the ID card, which is the wallet's first paper and lies with the account.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from documents.enums import Level
from documents.models.papers import Document
from eid_portal.core import ids
from eid_portal.core.database import AppendOnlyModel
from eid_portal.core.keyed_fields import KeyedHashField, KeyIdField
from eid_portal.core.sealed import SealedBinaryField, SealedJSONField, SealedTextField


class OfPaper(models.Model):
    """Whose paper it is and who made this of it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        abstract = True


class Presentation(OfPaper):
    """A one-time code that shows a paper for a minute; its maker sees it again while it lives."""

    token = SealedTextField()
    token_hash = KeyedHashField(unique=True, needed=Q(used_at__isnull=True))
    level = models.CharField(max_length=8, choices=Level)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_press = models.CharField(max_length=40, default="")  # which press of a button used it up

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(level__in=Level.values), name="presentation_level")
        ]
        indexes = [models.Index(fields=["expires_at"], name="presentation_old")]

    def __str__(self) -> str:
        return f"presentation {self.public_id[:6]}…"


class Share(OfPaper):
    """A copy shared for a purpose, until a day, for so many views."""

    token = SealedTextField()  # its maker sees the link again
    token_hash = models.BinaryField(unique=True)
    level = models.CharField(_("how much"), max_length=8, choices=Level)
    purpose = SealedTextField()  # to whom and what for, as the holder wrote it
    ends_at = models.DateTimeField(_("ends at"))
    views_allowed = models.PositiveSmallIntegerField(_("views allowed"))
    views_used = models.PositiveSmallIntegerField(_("views used"), default=0)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    press = models.CharField(max_length=40, unique=True)  # a button pressed twice makes one

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(level__in=Level.values), name="share_level"),
            models.CheckConstraint(
                condition=Q(views_used__lte=F("views_allowed")), name="share_views"
            ),
        ]
        indexes = [models.Index(F("citizen"), F("id").desc(), name="share_of_citizen")]

    def __str__(self) -> str:
        return f"share {self.public_id[:6]}…"


class ShareView(AppendOnlyModel):
    """Somebody opened a shared copy."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    share = models.ForeignKey(Share, models.PROTECT, related_name="views")
    at = models.DateTimeField()
    device = models.CharField(max_length=60)  # "Chrome, Windows"
    place = models.CharField(max_length=80)  # of the network, where one is configured
    press = models.CharField(max_length=40, default="")  # which press of a button opened it

    def __str__(self) -> str:
        return f"share view {self.pk}"


class SignedCopy(OfPaper):
    """A signed PDF copy; what was made is kept sealed, and found again by what it was made of."""

    token_hash = models.BinaryField(unique=True)  # of the code printed on it
    purpose = SealedTextField()
    level = models.CharField(_("how much"), max_length=8, choices=Level)
    language = models.CharField(max_length=2)
    # Of everything that is drawn: the same copy is made once. Without its pepper one is only made anew.
    content_hash = KeyedHashField(needed=Q(pk__in=[]))
    says = SealedJSONField()  # what it says, for who checks it
    pdf = SealedBinaryField()
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(level__in=Level.values), name="signed_copy_level"),
            models.UniqueConstraint(
                fields=["citizen", "content_hash"],
                condition=Q(revoked_at__isnull=True),
                name="signed_copy_once",
            ),
        ]
        indexes = [models.Index(F("citizen"), F("id").desc(), name="signed_copy_of_citizen")]

    def __str__(self) -> str:
        return f"signed copy {self.public_id[:6]}…"


class PrintedCard(OfPaper):
    """A card with a signed code that verifies without the portal.

    ``public_id`` stands in the signed code, and is what is typed at `/verify/`.
    """

    code = SealedTextField()  # the signed code, from which the card is drawn again
    language = models.CharField(max_length=2)
    level = models.CharField(max_length=8, choices=Level)
    key_id = KeyIdField(max_length=40, purpose="card_signing", needed=Q(expires_at__gt=Now()))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(level__in=Level.values), name="printed_card_level")
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="printed_card_revoked",
                condition=Q(revoked_at__isnull=False),
            ),
            models.Index(F("citizen"), F("id").desc(), name="printed_card_of_citizen"),
        ]

    def __str__(self) -> str:
        return f"printed card {self.public_id[:6]}…"


class HolderReport(models.Model):
    """Who read a paper may say for a while, once, that its holder is somebody else; the key is that of the reading."""

    id = models.UUIDField(primary_key=True, editable=False)
    token_hash = models.BinaryField(unique=True)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="+")
    made_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)  # of the paper
    ends_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="holder_report_old")]

    def __str__(self) -> str:
        return f"report of a reading {self.pk}"
