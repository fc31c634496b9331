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


class Capacity(TextChoices):
    """For whom somebody files, as documents name it in ``filers``."""

    SELF = "self", _("For myself")
    CHILD = "child", _("For a child or ward")
    MANDATE = "mandate", _("By mandate")


class Scan(TextChoices):
    """What a virus scanner said of a file."""

    CLEAN = "CLEAN", pgettext_lazy("scan", "Nothing found")
    NONE = "NONE", pgettext_lazy("scan", "No scanner is set up")


class ApplicationState(TextChoices):
    """Life of an application."""

    FILED = "FILED", pgettext_lazy("application", "Fee to be paid")
    IN_REVIEW = "IN_REVIEW", pgettext_lazy("application", "Under review")
    WAITING_CITIZEN = "WAITING_CITIZEN", pgettext_lazy("application", "Waits for you")
    WAITING_CONSENT = "WAITING_CONSENT", pgettext_lazy("application", "Waits for a consent")
    WAITING_OPINION = "WAITING_OPINION", pgettext_lazy("application", "Waits for another office")
    PROPOSED = "PROPOSED", pgettext_lazy("application", "Decision being checked")
    GRANTED = "GRANTED", pgettext_lazy("application", "Granted")
    REFUSED = "REFUSED", pgettext_lazy("application", "Refused")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("application", "Withdrawn")


class PauseReason(TextChoices):
    """What a clock stands still for, as documents name it in ``pauses``."""

    CITIZEN = "citizen", _("The citizen is asked")
    CONSENT = "consent", _("Another person is asked to agree")
    OPINION = "opinion", _("Another office is asked")


class SnapshotReason(TextChoices):
    """Why a form was written down."""

    FILED = "FILED", pgettext_lazy("snapshot", "Filed")
    CORRECTED = "CORRECTED", pgettext_lazy("snapshot", "Corrected on request")


class ConsentState(TextChoices):
    """Life of a question to another person."""

    ASKED = "ASKED", pgettext_lazy("consent request", "Asked")
    GIVEN = "GIVEN", pgettext_lazy("consent request", "Agreed")
    DENIED = "DENIED", pgettext_lazy("consent request", "Did not agree")
    LAPSED = "LAPSED", pgettext_lazy("consent request", "Not answered in time")
    CLOSED = "CLOSED", pgettext_lazy("consent request", "No longer needed")


class RequestState(TextChoices):
    """Life of what an official asks for."""

    OPEN = "OPEN", pgettext_lazy("request", "Open")
    ANSWERED = "ANSWERED", pgettext_lazy("request", "Answered")
    LAPSED = "LAPSED", pgettext_lazy("request", "Not answered in time")
    CLOSED = "CLOSED", pgettext_lazy("request", "No longer needed")


class Writer(TextChoices):
    """Who wrote a message."""

    CITIZEN = "CITIZEN", pgettext_lazy("message", "The citizen")
    OFFICE = "OFFICE", pgettext_lazy("message", "The office")
    PORTAL = "PORTAL", pgettext_lazy("message", "The portal")


class Outcome(TextChoices):
    """How an application is decided."""

    GRANTED = "GRANTED", pgettext_lazy("outcome", "Granted")
    REFUSED = "REFUSED", pgettext_lazy("outcome", "Refused")


class FilePage(TextChoices):
    """What of an application an official saw."""

    FILE = "FILE", pgettext_lazy("page", "The whole file")
    ATTACHMENT = "ATTACHMENT", pgettext_lazy("page", "A paper that was attached")
    OPINION = "OPINION", pgettext_lazy("page", "The form, to give an opinion")


class Tab(TextChoices):
    """A part of the queue of a desk, as its address names it."""

    REVIEW = "review", pgettext_lazy("queue", "To decide")
    RUNNING = "running", pgettext_lazy("queue", "Time is running")
    CITIZEN = "citizen", pgettext_lazy("queue", "Waiting for the citizen")
    CONSENT = "consent", pgettext_lazy("queue", "Waiting for a consent")
    OPINION = "opinion", pgettext_lazy("queue", "Waiting for an opinion")
    PROPOSED = "proposed", pgettext_lazy("queue", "To be agreed to")
    ENDED = "ended", pgettext_lazy("queue", "Ended")


class RevocationReason(TextChoices):
    """Why a result is taken back."""

    ERROR = "ERROR", pgettext_lazy("result", "It was issued in error")
    FALSE = "FALSE", pgettext_lazy("result", "It rests on statements that were false")
    ANNULLED = "ANNULLED", pgettext_lazy("result", "A court or a higher authority annulled it")
    CHANGED = "CHANGED", pgettext_lazy("result", "What it says is no longer so")
