"""Citizens, their numbers, their relations and their cards."""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import (
    CardEventKind,
    CardEventOutcome,
    CardState,
    PopulationEventKind,
    PopulationEventOutcome,
    RelationKind,
)
from accounts.models.indexes import CARD_NUMBER, PERSONAL_NUMBER
from eid_portal.core import clock, ids
from eid_portal.core.keyed_fields import BlindIndexField
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import (
    SealedBinaryField,
    SealedDateField,
    SealedJSONField,
    SealedTextField,
)
from eid_portal.core.telling import Told


class Citizen(models.Model):
    """A person, as the State knows them. Found by blind index of the personal number; never by name."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(_("public id"), max_length=22, unique=True, default=ids.public_id)
    personal_number = SealedTextField()
    personal_number_index = BlindIndexField(
        of="personal_number", purpose=PERSONAL_NUMBER, unique=True
    )
    full_name = SealedTextField()
    birth_date = SealedDateField()
    sex = SealedTextField()  # enums.Sex
    nationality = models.CharField(
        _("nationality"), max_length=3, default="VNM"
    )  # ISO 3166-1 alpha-3
    residence = SealedJSONField(null=True)  # {province, commune, line}
    alive = models.BooleanField(_("alive"), default=True)
    checked_with_register_at = models.DateTimeField(_("checked with the register at"), null=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("citizen")
        verbose_name_plural = _("citizens")

    def __str__(self) -> str:
        return f"citizen {self.public_id[:6]}…"


class Portrait(models.Model):
    """The photo the population register holds, to compare the face with."""

    citizen = models.OneToOneField(
        Citizen, models.CASCADE, primary_key=True, related_name="portrait"
    )
    image = SealedBinaryField()
    media_type = models.CharField(max_length=20)
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"portrait of {self.citizen_id}"


class FormerPersonalNumber(models.Model):
    """A number a citizen no longer has: it was re-established (Law on Identification 2023 art. 24)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    citizen = models.ForeignKey(Citizen, models.PROTECT, related_name="former_numbers")
    personal_number = SealedTextField()
    personal_number_index = BlindIndexField(
        of="personal_number", purpose=PERSONAL_NUMBER, unique=True
    )
    basis = models.CharField(max_length=200)
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"former number {self.pk}"


class Relation(models.Model):
    """``citizen`` is related to ``other``: lives in their household, or is under their guardianship."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    citizen = models.ForeignKey(Citizen, models.PROTECT, related_name="relations")
    other = models.ForeignKey(Citizen, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=RelationKind)
    basis = models.CharField(max_length=200, default="")
    valid_from = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(citizen=models.F("other")), name="relation_two_people"
            ),
            models.UniqueConstraint(
                fields=["citizen", "other", "kind"],
                condition=Q(ended_at__isnull=True),
                name="relation_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Stay(models.Model):
    """Temporary residence (Law on Residence 2020 art. 27): where somebody is registered besides their home."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    citizen = models.ForeignKey(Citizen, models.PROTECT, related_name="stays")
    address = SealedJSONField()  # {province, commune, line}
    owner = SealedTextField(null=True)  # personal number of the head of household or owner there
    since = models.DateField(_("since"))  # the first day
    until = models.DateField(_("until"))  # the last day
    registered_at = models.DateTimeField(_("registered at"))
    ended_at = models.DateTimeField(
        _("ended at"), null=True
    )  # another one follows then, or it was struck

    class Meta:
        verbose_name = _("temporary residence")
        verbose_name_plural = _("temporary residences")
        constraints = [
            models.UniqueConstraint(
                fields=["citizen"], condition=Q(ended_at__isnull=True), name="stay_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"stay {self.pk}"

    @property
    def last_day(self) -> date:
        """The day before another one follows, if that is sooner than its own last day."""
        if self.ended_at is None:
            return self.until
        return min(self.until, clock.today(self.ended_at - timedelta(seconds=1)))


class IdCard(StatefulModel):
    """An ID card. Its expiry follows from the birthday, so only the month to look again stands in clear."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    citizen = models.ForeignKey(Citizen, models.PROTECT, related_name="cards")
    number = SealedTextField()
    number_index = BlindIndexField(of="number", purpose=CARD_NUMBER, db_index=True)
    kind = models.CharField(max_length=10, choices=CardEventKind)
    issued_on = models.DateField()
    expires_on = SealedDateField(null=True)  # null: no expiry
    review_month = models.DateField(null=True)  # the first day of the month it expires in
    warned_days = models.IntegerField(null=True)  # the last warning given: 90, 30 or 7
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CardState.values), name="id_card_state"),
            models.UniqueConstraint(
                fields=["citizen"], condition=~Q(state="REPLACED"), name="id_card_one_current"
            ),
            models.CheckConstraint(
                condition=Q(review_month__isnull=True) | Q(review_month__day=1),
                name="id_card_review_month",
            ),
        ]
        indexes = [
            models.Index(
                fields=["review_month", "id"], name="id_card_to_review", condition=Q(state="VALID")
            ),
        ]

    def __str__(self) -> str:
        return f"ID card {self.pk}"


class CardReview(models.Model):
    """One day's look at the cards that end soon or have ended, and how far it has come."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    day = models.DateField(unique=True)
    # The last card looked at, in the order of its month and key.
    last_month = models.DateField(null=True)
    last_card_id = models.UUIDField(null=True)
    looked_at = models.IntegerField(default=0)
    warned = models.IntegerField(default=0)
    expired = models.IntegerField(default=0)
    locked = models.IntegerField(default=0)
    unreadable = models.IntegerField(default=0)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"card review of {self.day}"


class CardEvent(Told):
    """An event from card production and what became of it: the same id is answered the same for ever."""

    kind = models.CharField(max_length=10)
    outcome = models.CharField(max_length=10, choices=CardEventOutcome)
    code = models.CharField(max_length=40)
    citizen = models.ForeignKey(Citizen, models.PROTECT, null=True, related_name="card_events")

    def __str__(self) -> str:
        return f"card event {self.event_id}"


class PopulationEvent(Told):
    """What the population register told of a person, and what became of it: the same id is answered the same."""

    kind = models.CharField(max_length=16, choices=PopulationEventKind)
    outcome = models.CharField(max_length=10, choices=PopulationEventOutcome)
    citizen = models.ForeignKey(
        Citizen, models.PROTECT, null=True, related_name="population_events"
    )

    def __str__(self) -> str:
        return f"population event {self.event_id}"
