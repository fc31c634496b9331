"""The peer's tables: what its pages show, in clear columns."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Card(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cards")
    full_name = models.CharField(max_length=120)
    number = models.CharField(max_length=12)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True)
    level = models.IntegerField(default=2)

    def __str__(self):
        return self.number


class Task(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=120)
    text = models.CharField(max_length=300)
    address = models.CharField(max_length=120)

    def __str__(self):
        return self.title


class Event(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="events")
    what = models.CharField(max_length=120)
    who = models.CharField(max_length=120)
    icon = models.CharField(max_length=30)
    why = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-at"])]

    def __str__(self):
        return self.what


class Notice(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    text = models.CharField(max_length=300)
    at = models.DateTimeField()

    def __str__(self):
        return self.text


class Paper(models.Model):
    KINDS = [
        ("LICENCE", _("Driver licence")),
        ("MOTORCYCLE", _("Motorcycle registration")),
    ]
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=20, choices=KINDS)
    number = models.CharField(max_length=20)
    icon = models.CharField(max_length=20)
    look = models.CharField(max_length=10)
    state = models.CharField(max_length=12)
    data = models.JSONField()  # what the registry says
    expires_on = models.DateField(null=True)
    verified_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    linked_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.number

    @property
    def lines(self):
        """What stands on the card."""
        if self.kind == "LICENCE":
            return [
                (_("Class"), ", ".join(self.data["classes"]), False),
                (_("Points left"), f"{self.data['points']}/12", True),
                (_("Valid until"), f"{self.expires_on:%d/%m/%Y}", True),
            ]
        return [
            (_("Brand and model"), f"{self.data['brand']} {self.data['model']}", False),
            (_("Colour"), self.data["colour"], False),
        ]

    @property
    def open_verification(self):
        """The registry is being asked."""
        asked = self.verifications.all()  # type: ignore[attr-defined] # the reverse key of the model below
        return next((one for one in asked if one.done_at is None), None)


class Verification(models.Model):
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="verifications")
    requested_at = models.DateTimeField()
    latest_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.paper}: {self.requested_at}"


class Province(models.Model):
    name = models.CharField(max_length=60, unique=True)

    def __str__(self):
        return self.name


class Office(models.Model):
    name = models.CharField(max_length=120)
    province = models.ForeignKey(Province, models.PROTECT, related_name="offices")
    commune = models.CharField(max_length=80, blank=True)

    def __str__(self):
        return self.name


class Person(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="person")
    full_name = models.CharField(max_length=120)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1)
    personal_number = models.CharField(max_length=12)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    province = models.CharField(max_length=60)
    commune = models.CharField(max_length=80)
    line = models.CharField(max_length=200)
    head_name = models.CharField(max_length=120)
    head_relation = models.CharField(max_length=20)
    head_number = models.CharField(max_length=12)

    def __str__(self):
        return self.full_name

    @property
    def known(self):
        """What the form shows of it."""
        return [
            (_("Full name"), self.full_name),
            (_("Date of birth"), f"{self.birth_date:%d/%m/%Y}"),
            (_("Sex"), self.sex),
            (_("Personal number"), self.personal_number),
            (_("Phone number"), self.phone),
            (_("E-mail address"), self.email),
            (_("Permanent residence"), f"{self.line}, {self.commune}, {self.province}"),
            (_("Head of household"), self.head_name),
            (_("Relation"), self.head_relation),
            (_("Personal number of the head"), self.head_number),
        ]


class Stay(models.Model):
    """A registration of temporary residence: a draft, and once it is filed the application."""

    DURATIONS = [
        ("half_year", _("6 months")),
        ("one_year", _("1 year")),
        ("two_years", _("2 years")),
    ]
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stays")
    state = models.CharField(max_length=12, default="DRAFT")
    province = models.ForeignKey(Province, models.PROTECT, null=True, related_name="+")
    commune = models.CharField(max_length=80)
    line = models.CharField(max_length=200)
    start = models.DateField(null=True)
    duration = models.CharField(max_length=12, choices=DURATIONS)
    until = models.DateField(null=True)
    owner = models.CharField(max_length=12, blank=True)
    relation = models.CharField(max_length=12, blank=True)
    proof = models.CharField(max_length=12, blank=True)
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    reference = models.CharField(max_length=20, null=True, unique=True)  # noqa: DJ001 - none until filed
    fee = models.IntegerField(default=7000)
    saved_at = models.DateTimeField(auto_now=True)
    filed_at = models.DateTimeField(null=True)

    def __str__(self):
        return self.reference or "draft"

    def set_until(self, start, months):
        """The last day of a stay."""
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        self.until = start.replace(year=year, month=month + 1, day=min(start.day, 28))

    def find_office(self):
        """The commune's, or the province's."""
        offices = Office._default_manager.filter(
            province=self.province, commune__in=["", self.commune]
        )
        return offices.order_by("-commune").first()


class StayEvent(models.Model):
    stay = models.ForeignKey(Stay, models.CASCADE, related_name="log")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    what = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.what
