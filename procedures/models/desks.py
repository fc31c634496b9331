"""Who decides what, and where."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.offices import in_force
from eid_portal.core import ids
from procedures.enums import Agency

__all__ = ["Desk", "in_force"]


class Desk(models.Model):
    """An office's part as an agency: for a commune, a whole province, or, without a province, for the country."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    office = models.ForeignKey(
        "accounts.Office", models.PROTECT, related_name="desks", verbose_name=_("office")
    )
    agency = models.CharField(_("agency"), max_length=20, choices=Agency)
    province = models.ForeignKey(
        "accounts.Province",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("province"),
        help_text=_("None: for the whole country, where no other desk is."),
    )
    commune = models.CharField(
        _("commune or ward"),
        max_length=80,
        default="",
        blank=True,
        help_text=_("As addresses write it. None: for the whole province."),
    )
    party = models.CharField(
        _("system that is told"),
        max_length=40,
        default="",
        blank=True,
        help_text=_("The agency's own system, told whenever a file moves. None: nobody is told."),
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("desk")
        verbose_name_plural = _("desks")
        constraints = [
            models.CheckConstraint(condition=Q(agency__in=Agency.values), name="desk_agency"),
            models.CheckConstraint(
                condition=Q(commune="") | Q(province__isnull=False), name="desk_commune_in_province"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="desk_days_in_order",
            ),
            models.UniqueConstraint(
                fields=["agency", "province", "commune", "valid_from"],
                nulls_distinct=False,
                name="desk_area_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} {self.pk}"


class OfficeTime(models.Model):
    """How long an office really took for a procedure of late: half of its files, and nine of ten."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    office = models.ForeignKey("accounts.Office", models.CASCADE, related_name="+")
    procedure = models.ForeignKey(
        "procedures.Procedure", models.CASCADE, related_name="office_times"
    )
    files = models.PositiveIntegerField(_("files"))
    median = models.DurationField(_("half within"))
    ninth = models.DurationField(_("nine of ten within"))
    measured_at = models.DateTimeField(_("measured at"))

    class Meta:
        verbose_name = _("real time of an office")
        verbose_name_plural = _("real times of offices")
        constraints = [
            models.UniqueConstraint(fields=["office", "procedure"], name="office_time_once")
        ]

    def __str__(self) -> str:
        return f"times {self.pk}"


class SavedFilter(models.Model):
    """How an officer narrows the queue of an office again and again; what it says is its name."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="saved_filters")
    office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="+")
    says = models.JSONField()  # selectors.desk.Filters as JSON: codes alone
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("kept filter")
        verbose_name_plural = _("kept filters")
        constraints = [
            models.UniqueConstraint(fields=["account", "office", "says"], name="saved_filter_once")
        ]

    def __str__(self) -> str:
        return f"kept filter {self.public_id[:6]}…"
