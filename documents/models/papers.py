"""Papers in people's wallets, how each was verified, and what registries were asked for."""

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from documents.enums import (
    DocumentState,
    SearchOutcome,
    VerificationOutcome,
    VerificationReason,
)
from eid_portal.core import ids
from eid_portal.core.keyed_fields import BlindIndexField
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedJSONField, SealedTextField

NUMBER: Final = "documents.number"  # purpose of the blind index


class Document(StatefulModel):
    """A paper in somebody's wallet. Its holder is ``citizen``; for a child a guardian linked it.

    ``number`` is in the normal form of its kind. ``paper`` is the last copy that agreed, ``answer`` what the registry
    said last when it did not: both as ``rules.papers.RegistryPaper.as_json`` writes them.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="documents")
    kind = models.CharField(
        _("kind"), max_length=40
    )  # the code of a module in ``kinds``, or of a defined kind
    registry = models.CharField(_("registry"), max_length=40)  # a party
    number = SealedTextField()
    number_index = BlindIndexField(of="number", purpose=NUMBER)
    paper = SealedJSONField(null=True)
    answer = SealedJSONField(null=True)
    differing = models.JSONField(
        default=dict
    )  # {field: FieldResult} of the last answer, without values
    since = models.DateTimeField(_("in this state since"))
    linked_at = models.DateTimeField(_("linked at"))
    linked_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(_("last agreed at"), null=True)  # what ``paper`` is from
    checked_at = models.DateTimeField(_("last answered at"), null=True)
    next_check_at = models.DateTimeField(_("asked again at"))
    warned_days = models.IntegerField(null=True)  # the last warning of its expiry: 90, 30 or 7
    unlinked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DocumentState.values), name="document_state"
            ),
            models.UniqueConstraint(
                fields=["kind", "number_index"],
                condition=~Q(state="UNLINKED"),
                name="document_in_one_wallet",
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, paper__isnull=True)
                | Q(verified_at__isnull=False, paper__isnull=False),
                name="document_verified_with_paper",
            ),
            models.CheckConstraint(
                condition=~Q(state="VERIFIED") | Q(paper__isnull=False),
                name="document_verified_has_paper",
            ),
            models.CheckConstraint(
                condition=Q(unlinked_at__isnull=False, state="UNLINKED")
                | (Q(unlinked_at__isnull=True) & ~Q(state="UNLINKED")),
                name="document_unlinked_at",
            ),
        ]
        indexes = [
            models.Index(fields=["citizen", "id"], name="document_of_citizen"),
            models.Index(
                fields=["registry", "next_check_at", "id"],
                name="document_to_check",
                condition=~Q(state="UNLINKED"),
            ),
            models.Index(F("registry"), F("state"), name="document_by_registry"),
            models.Index(
                fields=["verified_at"], name="document_stale", condition=Q(state="VERIFIED")
            ),
        ]

    def __str__(self) -> str:
        return f"paper {self.public_id[:6]}…"


class Verification(models.Model):
    """One time a registry is asked about a paper, and what came out; the job with its id is what does it.

    ``fields`` says of each compared field how it agreed, without values; ``code`` tells the operator why it failed.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    document = models.ForeignKey(Document, models.PROTECT, related_name="verifications")
    registry = models.CharField(_("registry"), max_length=40)
    reason = models.CharField(_("reason"), max_length=12, choices=VerificationReason)
    outcome = models.CharField(
        _("outcome"),
        max_length=12,
        choices=VerificationOutcome,
        default=VerificationOutcome.PENDING,
    )
    code = models.CharField(_("code"), max_length=80, default="", blank=True)
    fields = models.JSONField(default=dict)
    requested_at = models.DateTimeField(_("requested at"))
    begun_at = models.DateTimeField(_("last asked at"), null=True)
    failed_since = models.DateTimeField(null=True)  # the first try without an answer
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    done_at = models.DateTimeField(_("ended at"), null=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), null=True)  # the last call took
    # Why the registry is to be asked once more, since it was being asked when somebody wanted to know.
    again = models.CharField(max_length=12, choices=VerificationReason, default="", blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True)
    resolved_by = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(_("note"), max_length=500, default="", blank=True)

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=VerificationOutcome.values), name="verification_outcome"
            ),
            models.UniqueConstraint(
                fields=["document"], condition=Q(outcome="PENDING"), name="verification_one_open"
            ),
            models.CheckConstraint(
                condition=(Q(outcome="PENDING") & Q(done_at__isnull=True))
                | (~Q(outcome="PENDING") & Q(done_at__isnull=False)),
                name="verification_done_at",
            ),
        ]
        indexes = [
            models.Index(F("document"), F("id").desc(), name="verification_of_document"),
            models.Index(F("registry"), F("id").desc(), name="verification_of_registry"),
            models.Index(
                fields=["registry", "failed_since"],
                include=["requested_at"],
                name="verification_open",
                condition=Q(outcome="PENDING"),
            ),
            # What operators' figures count: by when they ended, and since when no answer came.
            models.Index(
                fields=["registry", "done_at"],
                include=["outcome"],
                name="verification_ended",
                condition=Q(done_at__isnull=False),
            ),
            models.Index(
                fields=["registry", "failed_since"],
                name="verification_failed",
                condition=Q(failed_since__isnull=False),
            ),
            models.Index(
                F("id").desc(),
                name="verification_given_up",
                condition=Q(outcome="GIVEN_UP", resolved_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"verification {self.pk}"


class Recheck(models.Model):
    """One day's look at every paper whose time has come: how far it is follows from the papers' own times."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    day = models.DateField(unique=True)
    queued = models.IntegerField(default=0)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"nightly check of {self.day}"


class Search(models.Model):
    """A person had registries asked what they hold for them, or for a child in their care."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="paper_searches")
    asked_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(F("citizen"), F("id").desc(), name="search_of_citizen")]

    def __str__(self) -> str:
        return f"search {self.public_id[:6]}…"


class SearchAnswer(models.Model):
    """What one registry answered; ``found`` is a list of papers as ``RegistryPaper.as_json`` writes them."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    search = models.ForeignKey(Search, models.CASCADE, related_name="answers")
    registry = models.CharField(max_length=40)
    outcome = models.CharField(max_length=12, choices=SearchOutcome, default=SearchOutcome.PENDING)
    found = SealedJSONField(null=True)
    code = models.CharField(max_length=80, default="")
    tries = models.PositiveIntegerField(default=0)
    failed_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["search", "registry"], name="search_answer_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=SearchOutcome.values), name="search_answer_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"search answer {self.pk}"
