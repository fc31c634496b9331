"""The peer's tables: what the first page shows, in clear columns."""

from django.conf import settings
from django.db import models


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
