"""The words of procedures: states, agencies, life events."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RevisionState(TextChoices):
    """Life of a revision. What is published never changes; who began to file under it stays with it."""

    DRAFTED = "DRAFTED", pgettext_lazy("revision", "Being written")
    PUBLISHED = "PUBLISHED", pgettext_lazy("revision", "In force")
    RETIRED = "RETIRED", pgettext_lazy("revision", "Followed by another")


class Agency(TextChoices):
    """Who decides, as documents name them."""

    COMMUNE_POLICE = "commune_police", _("Commune police")
    PROVINCIAL_POLICE = "provincial_police", _("Provincial police")
    COMMUNE_COMMITTEE = "commune_committee", _("Commune People’s Committee")
    IDENTITY_AGENCY = "identity_agency", _("Identity agency of the Ministry of Public Security")


class LifeEvent(TextChoices):
    """What happened in somebody's life, as documents name it."""

    CHILD = "child", _("A child is born or raised")
    STUDY = "study", _("Study")
    WORK = "work", _("Work and insurance")
    HOME = "home", _("Home and moving")
    VEHICLE = "vehicle", _("Vehicles and driving")
    BUSINESS = "business", _("Business")
    TRAVEL = "travel", _("Travel abroad")
    HEALTH = "health", _("Health")
    PAPERS = "papers", _("ID and other papers")
