"""Offices, officers' roles, visits to a counter, notices, and reference data."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.enums import (
    CaseState,
    CaseTask,
    ChipVerdict,
    Confidence,
    NoticeChannel,
    NoticeKind,
    NoticeState,
    RegisterStatus,
    Role,
    ScanSource,
)
from accounts.models.indexes import MESSAGE, PHONE
from eid_portal.core import ids
from eid_portal.core.keyed_fields import BlindIndexField
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedBinaryField, SealedJSONField, SealedTextField


def in_force(day: date) -> Q:
    """The rows that hold on a day: from ``valid_from`` to the day before ``valid_to``."""
    return Q(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)


# --- Reference data -----------------------------------------------------------------------------
class ReferenceModel(models.Model):
    """Data people edit: it holds from a day to a day, and names its source."""

    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)
    confidence = models.CharField(_("confidence"), max_length=1, choices=Confidence)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="%(class)s_days_in_order",
            )
        ]


class Province(ReferenceModel):
    """A province or city since 1 July 2025 (Resolution 202/2025/QH15); there are no districts."""

    code = models.CharField(_("code"), max_length=2, unique=True)
    name = models.CharField(_("name"), max_length=60)

    class Meta(ReferenceModel.Meta):
        verbose_name = _("province")
        verbose_name_plural = _("provinces")

    def __str__(self) -> str:
        return self.name


class RegistrationCode(ReferenceModel):
    """The first three digits of a personal number: where the birth was registered (Circular 07/2016/TT-BCA)."""

    code = models.CharField(_("code"), max_length=3, unique=True)
    name = models.CharField(_("name"), max_length=60)
    province = models.ForeignKey(Province, models.PROTECT, verbose_name=_("province today"))

    class Meta(ReferenceModel.Meta):
        verbose_name = _("birth registration code")
        verbose_name_plural = _("birth registration codes")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


# --- Offices ------------------------------------------------------------------------------------
class Office(models.Model):
    """A place with counters."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    province = models.ForeignKey(Province, models.PROTECT, verbose_name=_("province"))
    networks = models.JSONField(
        _("networks"),
        default=list,
        blank=True,
        help_text=_(
            "The counters' networks, in CIDR notation. None: officers sign in from anywhere."
        ),
    )
    # [[weekday from 0 = Monday, "HH:MM" from, "HH:MM" until], …]
    hours = models.JSONField(
        _("hours"),
        default=list,
        blank=True,
        help_text=_(
            'When officers may sign in: [[weekday, "HH:MM", "HH:MM"], …], Monday is 0. None: always.'
        ),
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def is_in_force(self, day: date) -> bool:
        """Whether it works on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class OfficeRole(models.Model):
    """What an officer may do at an office; granted by two administrators."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, related_name="office_roles", verbose_name=_("officer")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="roles", verbose_name=_("office")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    granted_at = models.DateTimeField(_("granted at"))
    approval_id = models.UUIDField(null=True)  # null only for the first people of an installation
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("role at an office")
        verbose_name_plural = _("roles at offices")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "office", "role"],
                condition=Q(ended_at__isnull=True),
                name="office_role_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


# --- The counter --------------------------------------------------------------------------------
class CardCase(StatefulModel):
    """One visit to a counter: what was scanned, what the register said, what was checked, how it ended."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    officer = models.ForeignKey("accounts.Account", models.PROTECT, related_name="cases")
    office = models.ForeignKey(Office, models.PROTECT, related_name="cases")
    task = models.CharField(max_length=16, choices=CaseTask, default=CaseTask.ISSUE)
    # What the task needs beyond the checks: ids and codes, never a value.
    task_data = models.JSONField(default=dict)
    source = models.CharField(max_length=6, choices=ScanSource)
    number_typed = models.BooleanField(
        default=False
    )  # before a card was read: its payload could be written by hand
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, null=True, related_name="cases")
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="issued_in"
    )
    card_reading = SealedJSONField()  # what the box held, parsed
    register_answer = SealedJSONField(null=True)
    register_status = models.CharField(
        max_length=12, choices=RegisterStatus, default=RegisterStatus.NOT_ASKED
    )
    findings = models.JSONField(default=list)  # codes of disagreements, without values
    exceptions = models.JSONField(default=list)  # enums.ExceptionReason
    checks = models.JSONField(default=list)  # what the officer confirmed: codes
    phone = SealedTextField(null=True)  # E.164
    phone_index = BlindIndexField(of="phone", purpose=PHONE, null=True)
    phone_verified_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="card_case_state"),
            models.CheckConstraint(
                condition=~Q(state="ISSUED") | Q(account__isnull=False, closed_at__isnull=False),
                name="card_case_issued_account",
            ),
        ]
        indexes = [models.Index(fields=["officer", "-opened_at"], name="card_case_of_officer")]

    def __str__(self) -> str:
        return f"case {self.public_id[:6]}…"


class ChipReading(models.Model):
    """What passive authentication of the chip said in a visit to a counter, and the face it holds."""

    case = models.OneToOneField(
        CardCase, models.PROTECT, primary_key=True, related_name="chip_reading"
    )
    verdict = models.CharField(max_length=24, choices=ChipVerdict)
    differences = models.JSONField(default=list)  # fields of DG1 that differ, without values
    face = SealedBinaryField(null=True)
    face_type = models.CharField(max_length=20, default="")
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.verdict} {self.pk}"


class CountrySigner(models.Model):
    """A country signing certificate (CSCA) whose document signers' chips are believed (ICAO Doc 9303-12)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField(_("name"), max_length=120)
    certificate = models.BinaryField()  # X.509, DER
    revocation_list = models.BinaryField(null=True)  # X.509 CRL, DER
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"))
    added_at = models.DateTimeField(_("added at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("country signing certificate")
        verbose_name_plural = _("country signing certificates")

    def __str__(self) -> str:
        return self.name


# --- Notices ------------------------------------------------------------------------------------
class Notice(StatefulModel):
    """Something a person is told, by inbox, text message or e-mail. The text is sealed."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, default=ids.public_id)
    citizen = models.ForeignKey(
        "accounts.Citizen", models.PROTECT, null=True, related_name="notices", db_index=False
    )
    account = models.ForeignKey(  # of that citizen
        "accounts.Account", models.PROTECT, null=True, related_name="notices", db_index=False
    )
    channel = models.CharField(max_length=8, choices=NoticeChannel)
    kind = models.CharField(max_length=24, choices=NoticeKind)
    to = SealedTextField(null=True)  # phone in E.164, or e-mail address
    text = SealedTextField()  # as it was sent; of the inbox: as it was written
    version = models.PositiveSmallIntegerField(default=1)  # of the kind's template
    values = SealedJSONField(null=True)  # what stands in the template's places
    language = models.CharField(max_length=5, default="vi")
    # To answer "did you send me this?": the folded text of what was sent out.
    text_index = BlindIndexField(
        purpose=MESSAGE,
        null=True,
        needed=Q(created_at__gt=Now() - policy.MESSAGES_CHECKED_FOR),
    )
    # One event, one notice a channel, however often a job runs.
    event_key = models.CharField(max_length=80, null=True)  # noqa: DJ001 - unique: null where none
    instead_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="instead", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=NoticeState.values), name="notice_state"),
            models.CheckConstraint(
                condition=Q(channel="INBOX") | Q(to__isnull=False), name="notice_sent_has_address"
            ),
            models.UniqueConstraint(
                fields=["event_key", "channel"],
                condition=Q(event_key__isnull=False),
                name="notice_once",
            ),
            models.UniqueConstraint(fields=["public_id"], name="notice_public_id_once"),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at"], name="notice_of_account"),
            models.Index(
                fields=["citizen"],
                name="notice_of_no_account",
                condition=Q(account__isnull=True, citizen__isnull=False),
            ),
            models.Index(
                fields=["text_index"], name="notice_text", condition=Q(text_index__isnull=False)
            ),
            models.Index(
                fields=["instead_of"],
                name="notice_instead_of",
                condition=Q(instead_of__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
