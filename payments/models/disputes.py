"""What payers say is wrong with a payment, until when it is answered, and how it was."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedTextField
from payments.enums import DisputeAbout, DisputeState
from payments.models.paying import Payment


class Dispute(StatefulModel):
    """A payment has at most one that is open. ``words`` are the payer's, ``answer`` ours."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(_("public id"), max_length=22, unique=True, default=ids.public_id)
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="disputes", verbose_name=_("payment")
    )
    about = models.CharField(_("about"), max_length=12, choices=DisputeAbout)
    words = SealedTextField()
    asked_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("due at"))  # answered by then
    taken_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    answer = SealedTextField(null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DisputeState.values), name="dispute_state"
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state__in=["ASKED", "PROPOSED"]),
                name="dispute_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ASKED", "PROPOSED"], ended_at__isnull=True)
                | Q(state__in=["UPHELD", "REJECTED", "WITHDRAWN"], ended_at__isnull=False),
                name="dispute_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="REJECTED") | Q(answer__isnull=False),
                name="dispute_rejected_with_words",
            ),
        ]
        indexes = [
            models.Index(fields=["payment", "-id"], name="dispute_of_payment"),
            models.Index(
                fields=["due_at", "id"],
                name="dispute_to_do",
                condition=Q(state__in=["ASKED", "PROPOSED"]),
            ),
        ]

    def __str__(self) -> str:
        return f"dispute {self.public_id[:6]}…"
