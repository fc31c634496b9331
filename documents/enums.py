"""The words of documents: states, kinds and reasons."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DocumentState(TextChoices):
    """Life of a paper in the wallet. Re-verification leaves the state as it is until the registry has answered."""

    VERIFYING = "VERIFYING", pgettext_lazy("paper", "Being verified")
    VERIFIED = "VERIFIED", pgettext_lazy("paper", "Verified")
    MISMATCH = "MISMATCH", pgettext_lazy("paper", "Does not agree")
    NOT_FOUND = "NOT_FOUND", pgettext_lazy("paper", "Not found")
    UNAVAILABLE = "UNAVAILABLE", pgettext_lazy("paper", "The registry does not answer")
    EXPIRED = "EXPIRED", pgettext_lazy("paper", "Expired")
    REVOKED = "REVOKED", pgettext_lazy("paper", "Revoked")
    UNLINKED = "UNLINKED", pgettext_lazy("paper", "No longer in the wallet")


class PaperStatus(TextChoices):
    """What a registry says of a paper it holds."""

    VALID = "VALID", pgettext_lazy("paper", "Valid")
    EXPIRED = "EXPIRED", pgettext_lazy("paper", "Expired")
    REVOKED = "REVOKED", pgettext_lazy("paper", "Revoked")


class FieldResult(TextChoices):
    """How a field of the paper compares with what the population register says."""

    SAME = "SAME", pgettext_lazy("field", "the same")
    SPELLING = "SPELLING", pgettext_lazy("field", "the same, spelt differently")
    DIFFERENT = "DIFFERENT", pgettext_lazy("field", "different")
    MISSING = "MISSING", pgettext_lazy("field", "missing on the paper")


class VerificationReason(TextChoices):
    """Why a registry is asked about a paper."""

    LINK = "LINK", pgettext_lazy("verification", "the paper was linked")
    NIGHTLY = "NIGHTLY", pgettext_lazy("verification", "the nightly check")
    EVENT = "EVENT", pgettext_lazy("verification", "the registry reported a change")
    CORRECTION = "CORRECTION", pgettext_lazy("verification", "a correction was answered")
    HOLDER = "HOLDER", pgettext_lazy("verification", "its holder asked")
    OPERATOR = "OPERATOR", pgettext_lazy("verification", "an operator asked")


class VerificationOutcome(TextChoices):
    """What came out of a verification."""

    PENDING = "PENDING", pgettext_lazy("verification", "Waits or runs")
    VERIFIED = "VERIFIED", pgettext_lazy("verification", "It agrees")
    MISMATCH = "MISMATCH", pgettext_lazy("verification", "It does not agree")
    NOT_FOUND = "NOT_FOUND", pgettext_lazy("verification", "The registry has no such paper")
    EXPIRED = "EXPIRED", pgettext_lazy("verification", "Expired")
    REVOKED = "REVOKED", pgettext_lazy("verification", "Revoked")
    GIVEN_UP = "GIVEN_UP", pgettext_lazy("verification", "Given up; an operator looks")
    DROPPED = "DROPPED", pgettext_lazy("verification", "The paper left the wallet meanwhile")


class SearchOutcome(TextChoices):
    """What one registry answered when it was asked for a person's papers."""

    PENDING = "PENDING", pgettext_lazy("search", "Being asked")
    FOUND = "FOUND", pgettext_lazy("search", "Papers found")
    NOTHING = "NOTHING", pgettext_lazy("search", "No papers found")
    UNAVAILABLE = "UNAVAILABLE", pgettext_lazy("search", "Has not answered")


class CorrectionSide(TextChoices):
    """Which of two values the person says is right; it decides who corrects the other."""

    POPULATION = "POPULATION", _("The population register is right")
    REGISTRY = "REGISTRY", _("The paper is right")
    NEITHER = "NEITHER", _("Both are wrong, or the paper is not mine")
    MISSING = "MISSING", _("The registry does not know my paper")


class CorrectionState(TextChoices):
    """Life of a request to correct a register."""

    SENDING = "SENDING", pgettext_lazy("correction", "Being sent")
    OPEN = "OPEN", pgettext_lazy("correction", "Received, being looked into")
    CORRECTED = "CORRECTED", pgettext_lazy("correction", "Corrected")
    REFUSED = "REFUSED", pgettext_lazy("correction", "Refused")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("correction", "Withdrawn")


class FieldSort(TextChoices):
    """What a field of a defined kind holds."""

    TEXT = "text", pgettext_lazy("sort", "Text")
    NUMBER = "number", pgettext_lazy("sort", "Number")
    DATE = "date", pgettext_lazy("sort", "Date")
    YES_NO = "yes_no", pgettext_lazy("sort", "Yes or no")


class Level(TextChoices):
    """How much of a paper is shown: each level adds to the one before."""

    MINIMUM = "MINIMUM", pgettext_lazy("shown", "The least")
    BASIC = "BASIC", pgettext_lazy("shown", "The usual")
    FULL = "FULL", pgettext_lazy("shown", "Everything")


class RegistryEventKind(TextChoices):
    """What a registry reports of a paper."""

    CHANGED = "changed", pgettext_lazy("registry", "changed")
    REVOKED = "revoked", pgettext_lazy("registry", "revoked")
    POINTS = "points", pgettext_lazy("registry", "points deducted or restored")
    CORRECTED = "corrected", pgettext_lazy("registry", "corrected")
    CORRECTION_REFUSED = "correction_refused", pgettext_lazy("registry", "a correction refused")


class RegistryEventOutcome(TextChoices):
    """What became of a registry's report."""

    APPLIED = "APPLIED", pgettext_lazy("registry", "looked into")
    NOT_LINKED = "NOT_LINKED", pgettext_lazy("registry", "of a paper in no wallet")


class RoadsidePurpose(TextChoices):
    """Why an officer looks at a driver's papers on the road."""

    STOP = "STOP", pgettext_lazy("roadside", "Traffic stop")
    ACCIDENT = "ACCIDENT", pgettext_lazy("roadside", "Traffic accident")
    VIOLATION = "VIOLATION", pgettext_lazy("roadside", "Record of a violation")


class LookPurpose(TextChoices):
    """Why somebody saw a paper, as its holder reads it."""

    SHOWN = "shown", pgettext_lazy("look", "because you showed or shared it")
    COPY_CHECK = "copy_check", pgettext_lazy("look", "to check that a copy is genuine")
    ROADSIDE = "roadside", pgettext_lazy("look", "to check papers on the road")
