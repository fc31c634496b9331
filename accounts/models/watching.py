"""Officers are watched too: look-ups, alerts, the random sample, inspections, court orders."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import (
    AlertKind,
    AlertState,
    InspectionSource,
    InspectionState,
    LookReason,
    ReviewState,
)
from accounts.models.offices import Office
from eid_portal.core import ids
from eid_portal.core.database import AppendOnlyModel
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedTextField


class LookUp(models.Model):
    """An officer looked a person up by number, for a reason; it masks itself again after some minutes."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    officer = models.ForeignKey("accounts.Account", models.PROTECT, related_name="look_ups")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=LookReason)
    reference = SealedTextField()  # the case, letter or order named; empty where none is needed
    fields_shown = models.JSONField(default=list)  # enums.LookField
    looked_at = models.DateTimeField()
    masked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["officer", "-looked_at"], name="look_up_of_officer"),
            models.Index(fields=["office", "-looked_at"], name="look_up_of_office"),
        ]

    def __str__(self) -> str:
        return f"look-up {self.public_id[:6]}…"


class Alert(StatefulModel):
    """An officer's looks stand out; their supervisor decides."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    kind = models.CharField(_("kind"), max_length=12, choices=AlertKind)
    officer = models.ForeignKey(
        "accounts.Account", models.PROTECT, related_name="+", verbose_name=_("officer")
    )
    # Null: an administrator's, about whom other administrators decide.
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, related_name="alerts", verbose_name=_("office")
    )
    look_up = models.ForeignKey(LookUp, models.PROTECT, null=True, related_name="alerts")
    # Whom the look was at, and the visit it was, if it was one. Null: of a number nobody has.
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey("accounts.CardCase", models.PROTECT, null=True, related_name="+")
    count = models.PositiveIntegerField(_("looks in the hour"), default=0)  # looks in the hour
    raised_at = models.DateTimeField(_("raised at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey(
        "accounts.Account",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AlertState.values), name="alert_state"),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | ~Q(closed_by=models.F("officer")),
                name="alert_closed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class LookReview(StatefulModel):
    """A look drawn at random, for a supervisor to review."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    look_up = models.OneToOneField(LookUp, models.PROTECT, related_name="review")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    day = models.DateField(_("day of the look"))
    reviewed_by = models.ForeignKey(
        "accounts.Account",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)

    class Meta:
        verbose_name = _("look drawn at random")
        verbose_name_plural = _("looks drawn at random")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReviewState.values), name="look_review_state"
            )
        ]
        indexes = [models.Index(fields=["office", "state"], name="look_review_of_office")]

    def __str__(self) -> str:
        return f"review {self.pk}"


class Inspection(StatefulModel):
    """A look is inspected; whoever did not expect it gets an answer by a day."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    reference = models.CharField(_("reference"), max_length=16, unique=True)
    source = models.CharField(_("came from"), max_length=8, choices=InspectionSource)
    event_id = models.UUIDField(null=True)  # the audit event of the look
    look_up = models.ForeignKey(LookUp, models.PROTECT, null=True, related_name="inspections")
    # Null: an hour of many looks is inspected, nobody's in particular.
    citizen = models.ForeignKey(
        "accounts.Citizen", models.PROTECT, null=True, related_name="inspections"
    )
    officer = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="+", verbose_name=_("officer")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, related_name="inspections", verbose_name=_("office")
    )
    question = SealedTextField(_("question"), null=True)
    answer = SealedTextField(_("answer"), null=True)
    opened_at = models.DateTimeField(_("opened at"))
    answer_by = models.DateTimeField(_("answer by"))  # two working days (Decree 356/2025)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey(
        "accounts.Account",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=InspectionState.values), name="inspection_state"
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | ~Q(closed_by=models.F("officer")),
                name="inspection_closed_by_another",
            ),
            models.UniqueConstraint(
                fields=["event_id"],
                condition=Q(event_id__isnull=False),
                name="inspection_of_event_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class SealedLook(AppendOnlyModel):
    """A court order hides the event of a look until a day; then the person sees it."""

    event_id = models.UUIDField(primary_key=True)
    order_number = SealedTextField()
    hidden_until = models.DateTimeField()
    approval_id = models.UUIDField()
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sealed look {self.pk}"
