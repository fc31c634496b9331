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
        asked = self.verifications.all()  # type: ignore[attr-defined]
        return next((one for one in asked if one.done_at is None), None)


class Verification(models.Model):
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="verifications")
    requested_at = models.DateTimeField()
    latest_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.paper}: {self.requested_at}"
