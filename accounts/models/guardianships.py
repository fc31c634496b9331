"""Who acts for a child or ward, and on what basis."""

from datetime import datetime, time

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.enums import GuardianshipBasis, GuardianshipEnd, GuardianshipState
from accounts.rules import guardianship
from eid_portal.core import clock, ids
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedTextField


class Guardianship(StatefulModel):
    """``guardian`` acts for ``ward``, under the guardian's own sign-in, once a counter confirmed it.

    It ends by itself on a birthday: only the month to look again stands in clear.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    ward = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="guardianships")
    guardian = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="wards")
    basis = models.CharField(max_length=10, choices=GuardianshipBasis)
    document = SealedTextField(null=True)  # kind, number, issuer
    until_age = models.PositiveSmallIntegerField(null=True)  # 14 or 18; null: an adult ward
    until = models.DateField(null=True)  # the last day a decision names
    review_month = models.DateField(null=True)  # the first day of the month it ends in
    place = models.PositiveSmallIntegerField(default=1)  # two guardians at most
    claimed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_in = models.ForeignKey(
        "accounts.CardCase", models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=16, choices=GuardianshipEnd, default="", blank=True)

    class Meta:
        verbose_name = _("guardianship")
        verbose_name_plural = _("guardianships")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=GuardianshipState.values), name="guardianship_state"
            ),
            models.CheckConstraint(
                condition=~Q(ward=models.F("guardian")), name="guardianship_two_people"
            ),
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="guardianship_places"),
            models.CheckConstraint(
                condition=Q(until_age__isnull=True) | Q(until_age__in=[14, 18]),
                name="guardianship_ages",
            ),
            models.UniqueConstraint(
                fields=["ward", "guardian"],
                condition=Q(state__in=["PENDING", "ACTIVE"]),
                name="guardianship_once",
            ),
            models.UniqueConstraint(
                fields=["ward", "place"],
                condition=Q(state="ACTIVE"),
                name="guardianship_two_at_most",
            ),
        ]
        indexes = [
            models.Index(
                fields=["review_month", "id"],
                name="guardianship_to_review",
                condition=Q(state__in=["PENDING", "ACTIVE"]),
            )
        ]

    def __str__(self) -> str:
        return f"guardianship {self.public_id[:6]}…"

    def terms(self) -> guardianship.Terms:
        """What its end follows from; it opens the ward's birthday."""
        return guardianship.Terms(
            birth_date=self.ward.birth_date, until_age=self.until_age, until=self.until
        )

    def names_ward_to_guardian(self) -> bool:
        """Whether the guardian may read who the ward is: the register named them, or a counter confirmed it."""
        return self.document is None or self.confirmed_at is not None

    def ends_at(self) -> datetime | None:
        """The moment it ends by itself, 00:00 in Viet Nam; None: it has no such day."""
        day = guardianship.ends_on(self.terms())
        return datetime.combine(day, time(), tzinfo=clock.VIET_NAM) if day else None

    def lapses_at(self) -> datetime | None:
        """When a claim by paper is over unless a counter confirms it; what the register names waits with its word."""
        if self.state != GuardianshipState.PENDING or self.document is None:
            return None
        return self.claimed_at + policy.CLAIM_WAITS


class GuardianshipReview(models.Model):
    """One day's look at the guardianships that end soon or have ended, and how far it has come."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    day = models.DateField(unique=True)
    last_id = models.UUIDField(null=True)  # the last guardianship looked at, in the order of keys
    looked_at = models.IntegerField(default=0)
    warned = models.IntegerField(default=0)
    ended = models.IntegerField(default=0)
    unreadable = models.IntegerField(default=0)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"guardianship review of {self.day}"
