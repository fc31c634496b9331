"""Private links to a person's calendar of papers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.sealed import SealedTextField


class CalendarFeed(models.Model):
    """A link by which calendars fetch when the holder's papers expire; whoever has it needs no session."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    token = SealedTextField()  # its maker sees the link again
    token_hash = models.BinaryField(unique=True)
    made_at = models.DateTimeField(_("made at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    class Meta:
        verbose_name = _("calendar link")
        verbose_name_plural = _("calendar links")
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(revoked_at__isnull=True),
                name="calendar_feed_one",
            )
        ]

    def __str__(self) -> str:
        return f"calendar link {self.public_id[:6]}…"
