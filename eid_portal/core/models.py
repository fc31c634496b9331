"""The core's tables."""

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.database import AppendOnlyModel, XidField
from eid_portal.core.keyed_fields import BlindIndexField


class StatefulModel(models.Model):
    """A row whose ``state`` column only ``transitions.move`` writes."""

    state = models.CharField(_("state"), max_length=32)

    class Meta:
        abstract = True


# --- Keys ---------------------------------------------------------------------------------------
class WrappedKey(models.Model):
    """A key wrapped by a key-encryption key, in ``wrapped``."""

    kek_id = models.CharField(max_length=40)

    class Meta:
        abstract = True

    @property
    def context(self) -> str:
        """What the wrapping is bound to."""
        raise NotImplementedError


class DataKey(WrappedKey):
    """A key that seals columns."""

    wrapped = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"data key {self.pk}"

    @property
    def context(self) -> str:
        """What the wrapping is bound to."""
        return f"data-key:{self.pk}"


class SubjectKey(WrappedKey):
    """The data key of one person's events; without it their sealed parts never open again (lawful erasure)."""

    subject_id = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"key of {self.subject_id}"

    @property
    def context(self) -> str:
        """What the wrapping is bound to."""
        return f"subject:{self.subject_id}"


# --- Audit --------------------------------------------------------------------------------------
class AuditEvent(AppendOnlyModel):
    """Something that happened; see ``audit``."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    xid = XidField(db_default=Func(function="pg_current_xact_id"))
    recorded_at = models.DateTimeField()
    name = models.CharField(_("event"), max_length=80)
    shown = models.BooleanField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_citizen_id = models.UUIDField(null=True)
    office_id = models.UUIDField(null=True)
    party = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    target_type = models.CharField(max_length=60)
    target_id = models.UUIDField(null=True)
    purpose = models.CharField(_("purpose"), max_length=60)
    request_id = models.CharField(max_length=64)
    data = models.JSONField()
    sealed = models.BinaryField(null=True)
    mac_key = models.CharField(max_length=40)
    mac = models.BinaryField()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [
            models.Index(
                F("subject_id"), F("id").desc(), name="audit_event_subject", condition=Q(shown=True)
            ),
            models.Index(F("xid"), name="audit_event_xid"),
            models.Index(
                F("actor_id"),
                F("id").desc(),
                name="audit_event_actor",
                condition=Q(actor_id__isnull=False),
            ),
        ]


class AuditBlock(AppendOnlyModel):
    """A sealed run of events: Merkle root, hash of the block before, signature."""

    number = models.BigIntegerField(primary_key=True)
    previous_hash = models.BinaryField()
    root = models.BinaryField()
    event_count = models.IntegerField()
    sealed_at = models.DateTimeField()
    # All events of transactions below this are sealed, and no more of them can come.
    horizon = XidField()
    hash = models.BinaryField()
    key_id = models.CharField(max_length=40)
    signature = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(event_count__gt=0), name="audit_block_not_empty"),
        ]


class AuditMembership(AppendOnlyModel):
    """Which block an event was sealed in, and where in it."""

    event = models.OneToOneField(
        AuditEvent, models.PROTECT, primary_key=True, related_name="membership"
    )
    block = models.ForeignKey(AuditBlock, models.PROTECT, related_name="members")
    position = models.IntegerField()
    leaf = models.BinaryField()  # the hash of the event as it was sealed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["block", "position"], name="audit_membership_place"),
        ]


class AuditAnchor(AppendOnlyModel):
    """The receipt an outside witness gave for a block."""

    block = models.OneToOneField(
        AuditBlock, models.PROTECT, primary_key=True, related_name="anchor"
    )
    received_at = models.CharField(max_length=40)  # as the witness wrote it and signed it
    key_id = models.CharField(max_length=80)
    signature = models.BinaryField()


# --- Background work ----------------------------------------------------------------------------
class Job(models.Model):
    """Work to be done; the row is the queue. See ``jobs``."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    task = models.CharField(max_length=80)
    subject_id = models.UUIDField()
    lane = models.CharField(max_length=40, default="", db_default="")  # drained as a whole
    routine = models.BooleanField(default=False, db_default=False)  # nobody waits for it
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    attempt = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lease_until__isnull=True)
                | Q(done_at__isnull=True, given_up_at__isnull=True),
                name="job_ended_has_no_lease",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="job_waiting",
                condition=Q(done_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(
                fields=["task", "lane", "routine", "next_attempt_at"],
                name="job_lane_waiting",
                condition=Q(done_at__isnull=True, given_up_at__isnull=True) & ~Q(lane=""),
            ),
            models.Index(fields=["subject_id"], name="job_subject"),
            models.Index(
                fields=["given_up_at"],
                name="job_given_up",
                condition=Q(given_up_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"


# --- Limits -------------------------------------------------------------------------------------
class LimitCounter(models.Model):
    """How often something was tried; see ``limits``. ``key`` is a blind index."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60)
    key = BlindIndexField(needed=Q(window_ends_at__gt=Now()) | Q(locked_until__gt=Now()))
    count = models.IntegerField()
    window_ends_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "key"], name="limit_counter_key")]
        indexes = [models.Index(fields=["window_ends_at"], name="limit_counter_old")]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


# --- Signed requests ----------------------------------------------------------------------------
class UsedNonce(models.Model):
    """A nonce of a signed request that was accepted; it is kept until the request is too old anyway."""

    id = models.BigAutoField(primary_key=True)
    keyid = models.CharField(max_length=80)
    nonce = models.CharField(max_length=80)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["keyid", "nonce"], name="used_nonce_once")]

    def __str__(self) -> str:
        return f"nonce {self.pk}"


class Circuit(models.Model):
    """Whether an outside party is being spared; shared by all processes."""

    party = models.CharField(max_length=40, primary_key=True)
    failures = models.IntegerField(default=0)
    open_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.party


# --- Four eyes ----------------------------------------------------------------------------------
class ApprovalState(models.TextChoices):
    """States of an approval."""

    PROPOSED = "PROPOSED", _("Proposed")
    APPROVED = "APPROVED", _("Approved")
    REFUSED = "REFUSED", _("Refused")
    EXPIRED = "EXPIRED", _("Expired")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class Approval(StatefulModel):
    """A proposal and its approval by another human; see ``approvals``. All people are citizen ids."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    kind = models.CharField(max_length=60)
    target_id = models.UUIDField()
    reason = models.CharField(_("reason"), max_length=500)
    details = models.JSONField(default=dict)
    office_id = models.UUIDField(null=True)
    subject_citizen_id = models.UUIDField(null=True)
    maker_account_id = models.UUIDField(null=True)
    maker_citizen_id = models.UUIDField(null=True)
    proposed_at = models.DateTimeField(_("proposed at"))
    expires_at = models.DateTimeField(_("expires at"))
    approver_account_id = models.UUIDField(null=True)
    approver_citizen_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_note = models.CharField(_("note of the decision"), max_length=500, default="")

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ApprovalState.values), name="approval_state"
            ),
            models.CheckConstraint(
                condition=Q(maker_citizen_id__isnull=True)
                | Q(approver_citizen_id__isnull=True)
                | ~Q(maker_citizen_id=F("approver_citizen_id")),
                name="approval_maker_is_not_approver",
            ),
            models.CheckConstraint(
                condition=Q(subject_citizen_id__isnull=True)
                | Q(maker_citizen_id__isnull=True)
                | ~Q(subject_citizen_id=F("maker_citizen_id")),
                name="approval_subject_is_not_maker",
            ),
            models.CheckConstraint(
                condition=Q(subject_citizen_id__isnull=True)
                | Q(approver_citizen_id__isnull=True)
                | ~Q(subject_citizen_id=F("approver_citizen_id")),
                name="approval_subject_is_not_approver",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["APPROVED", "REFUSED"])
                | Q(approver_citizen_id__isnull=False, decided_at__isnull=False),
                name="approval_decided_by_someone",
            ),
            models.UniqueConstraint(
                fields=["kind", "target_id"],
                condition=Q(state="PROPOSED"),
                name="approval_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["office_id", "proposed_at"],
                name="approval_waiting",
                condition=Q(state="PROPOSED"),
            ),
            models.Index(F("kind"), F("id").desc(), name="approval_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


# --- Working days -------------------------------------------------------------------------------
class CalendarDay(models.Model):
    """A day that is not what its weekday says: a holiday, or a Saturday that is worked; see ``working_days``."""

    day = models.DateField(_("day"), primary_key=True)
    works = models.BooleanField(_("is a working day"))
    note = models.CharField(_("note"), max_length=120)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")

    def __str__(self) -> str:
        return self.day.isoformat()
