"""What people decide and ask about their data: consents, requests, copies."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import ConsentState, DataRequestKind, DataRequestState, ExportState
from eid_portal.core import ids
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedBinaryField, SealedTextField


class Consent(StatefulModel):
    """A use of data the person agreed to: who, what, for what, until when, and the words they agreed to."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="consents")
    party = models.CharField(max_length=60)  # a code, or a name where there is none
    party_name = models.CharField(max_length=120)
    categories = models.JSONField(default=list)  # codes of what data
    purpose = models.CharField(max_length=60)  # a code
    words = models.TextField()  # what was on the page, as evidence
    third_parties = models.BooleanField(default=False)
    given_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    end_by = models.DateTimeField(null=True)  # 15 days, 20 with third parties (Decree 356/2025)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ConsentState.values), name="consent_state"
            ),
            models.UniqueConstraint(
                fields=["citizen", "party", "purpose"],
                condition=Q(state="GIVEN"),
                name="consent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.public_id[:6]}…"


class DataRequest(StatefulModel):
    """A request about one's data, with the clocks of the personal-data law."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    reference = models.CharField(max_length=16, unique=True)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="data_requests")
    kind = models.CharField(_("kind"), max_length=10, choices=DataRequestKind)
    subject = models.CharField(_("subject"), max_length=60)  # a code of what it is about
    question = SealedTextField()
    answer = SealedTextField(null=True)
    third_parties = models.BooleanField(default=False)
    made_at = models.DateTimeField(_("made at"))
    answer_by = models.DateTimeField(_("answer by"))
    done_by = models.DateTimeField(_("done by"))
    extended_at = models.DateTimeField(null=True)
    extension_reason = SealedTextField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("request about data")
        verbose_name_plural = _("requests about data")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DataRequestState.values), name="data_request_state"
            )
        ]

    def __str__(self) -> str:
        return self.reference


class DataExport(StatefulModel):
    """A copy of everything the portal holds about a person; made in the background, deleted after some days."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="exports")
    language = models.CharField(max_length=5, default="vi")
    json = SealedBinaryField(null=True)
    pdf = SealedBinaryField(null=True)
    json_size = models.PositiveIntegerField(default=0)  # bytes
    pdf_size = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    delete_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ExportState.values), name="data_export_state"
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="PENDING"), name="data_export_one_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"
