"""Accounts, authenticators, codes, devices and sessions."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    ContactState,
    FlowKind,
    Level,
    LockOrderKind,
    LockOrderState,
    LockReason,
    NoticeChannel,
    RecoveryProof,
    RecoveryState,
    SessionEnd,
    StopKind,
)
from accounts.models.indexes import PHONE, STOP_CODE
from eid_portal.core import ids
from eid_portal.core.keyed_fields import BlindIndexField, KeyedHashField, PasswordHashField
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedTextField
from eid_portal.core.telling import Told


class Account(StatefulModel, AbstractBaseUser):
    """An e-ID account, or an officer's or administrator's. The human behind it is ``citizen``."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    kind = models.CharField(_("kind"), max_length=16, choices=AccountKind)
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="accounts")
    # Officers and administrators have one.
    sign_in_name = models.CharField(  # noqa: DJ001 - unique: only null lets many citizens have none
        _("sign-in name"), max_length=40, unique=True, null=True
    )
    level = models.PositiveSmallIntegerField(choices=Level, null=True)
    lock_reason = models.CharField(max_length=20, choices=LockReason, default="", blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    activated_at = models.DateTimeField(_("activated at"), null=True)
    locked_at = models.DateTimeField(_("locked at"), null=True)
    # Its owner's own lock, whatever else locks it meanwhile: it is put back when that ends.
    owner_locked_at = models.DateTimeField(null=True)
    owner_locked_by = models.CharField(max_length=16, default="", blank=True)  # enums.ActedBy
    owner_locked_why = models.CharField(max_length=20, default="", blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    language = models.CharField(_("language"), max_length=5, default="vi")  # of messages sent out
    # Until then no money leaves: the account was recovered, or its phone changed.
    money_held_until = models.DateTimeField(_("money held until"), null=True)
    recovery_routes = models.JSONField(default=list)  # enums.RecoveryRoute: those its holder chose
    routes_tested_at = models.DateTimeField(_("ways of recovery tried at"), null=True)
    routes_due_at = models.DateTimeField(null=True)  # then its holder is asked to try them again

    # Passwords are authenticators like the others; Django's columns are not used.
    password = None  # type: ignore[assignment] # Django's way to drop a column of its base
    last_login = None

    objects = BaseUserManager()
    USERNAME_FIELD = "public_id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        indexes = [
            models.Index(fields=["id"], name="account_staff", condition=~Q(kind="citizen")),
            models.Index(
                fields=["routes_due_at"],
                name="account_routes_due",
                condition=Q(routes_due_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=AccountState.values), name="account_state"
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind"),
            models.CheckConstraint(
                condition=Q(kind="citizen", level__in=[1, 2], sign_in_name__isnull=True)
                | Q(~Q(kind="citizen"), level__isnull=True, sign_in_name__isnull=False),
                name="account_citizen_or_staff",
            ),
            models.UniqueConstraint(
                fields=["citizen", "kind"], condition=~Q(state="CLOSED"), name="account_one_live"
            ),
            models.CheckConstraint(
                condition=~Q(state="LOCKED") | Q(locked_at__isnull=False, lock_reason__gt=""),
                name="account_locked_why",
            ),
        ]

    def __str__(self) -> str:
        return self.sign_in_name or f"account {self.public_id[:6]}…"

    @property
    def is_active(self) -> bool:  # type: ignore[override] # a plain attribute of the base
        """Whether it can be signed in to."""
        return self.state == AccountState.ACTIVE

    @property
    def is_staff(self) -> bool:
        """Whether it may see the Django admin."""
        return self.kind == AccountKind.ADMINISTRATOR and self.is_active

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """What the backend says; see ``accounts.backends``."""
        return any(backend.has_perm(self, perm, obj) for backend in get_backends())

    def has_module_perms(self, app_label: str) -> bool:
        """Whether any part of the app shows in the admin."""
        return any(
            backend.has_module_perms(self, app_label)  # type: ignore[attr-defined] # ours has it
            for backend in get_backends()
        )


class Authenticator(StatefulModel):
    """Something an account is signed in to with. Every one ever bound stays on record."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="authenticators")
    account_kind = models.CharField(max_length=16, choices=AccountKind)
    kind = models.CharField(max_length=16, choices=AuthenticatorKind)
    label = models.CharField(max_length=60, default="", blank=True)
    password_hash = PasswordHashField(
        max_length=200, default="", blank=True, needed=Q(state__in=["PENDING", "ACTIVE"])
    )
    # TOTP: base32 secret; SMS: phone in E.164; EMAIL: address. A passkey's key is in Passkey.
    secret = SealedTextField(null=True)
    phone_index = BlindIndexField(of="secret", purpose=PHONE, null=True)
    last_step = models.BigIntegerField(default=0)  # TOTP: the last time step used (RFC 6238 §5.2)
    failures = models.IntegerField(default=0)  # checked, in a row
    stranger_failures = models.IntegerField(default=0)  # those from unknown devices
    bound_at = models.DateTimeField(null=True)
    # A new phone or address counts for money and recovery from then on; null: from the start.
    trusted_from = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True)  # SMS: its SIM was changed
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=AuthenticatorState.values), name="authenticator_state"
            ),
            models.CheckConstraint(
                condition=Q(failures__range=(0, 100)), name="authenticator_failures"
            ),
            models.CheckConstraint(
                condition=~Q(kind="PASSWORD") | Q(password_hash__gt=""),
                name="authenticator_password",
            ),
            models.CheckConstraint(
                condition=~Q(kind="SMS") | Q(phone_index__isnull=False), name="authenticator_phone"
            ),
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=Q(
                    state="ACTIVE", kind__in=["PASSWORD", "SMS", "RECOVERY_CODES", "EMAIL"]
                ),
                name="authenticator_one_each",
            ),
            # One own-name SIM, one account (Decree 69/2024 art. 10); an officer's own account may share it.
            models.UniqueConstraint(
                fields=["phone_index", "account_kind"],
                condition=Q(state__in=["ACTIVE", "REPLACED"], kind="SMS"),
                name="authenticator_phone_once",
            ),
        ]
        indexes = [models.Index(fields=["account", "kind"], name="authenticator_of_account")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def is_trusted(self, now: datetime) -> bool:
        """Whether it counts for money and recovery: in use, not new, its SIM not changed lately."""
        return (
            self.state == AuthenticatorState.ACTIVE
            and (self.trusted_from is None or self.trusted_from <= now)
            and (self.blocked_until is None or self.blocked_until <= now)
        )


class Passkey(models.Model):
    """The public half of a passkey (WebAuthn Level 3 §4, "credential record")."""

    authenticator = models.OneToOneField(
        Authenticator, models.PROTECT, primary_key=True, related_name="passkey"
    )
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()  # COSE
    sign_count = models.BigIntegerField(default=0)
    backup_eligible = models.BooleanField()
    backed_up = models.BooleanField()
    transports = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"passkey {self.pk}"


class RecoveryCode(models.Model):
    """One of the codes kept for the day the phone is gone."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    authenticator = models.ForeignKey(Authenticator, models.CASCADE, related_name="codes")
    code_hash = KeyedHashField(
        needed=Q(used_at__isnull=True, authenticator__state__in=["PENDING", "ACTIVE"])
    )
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class ActivationSlip(models.Model):
    """A printed slip; only a hash of its code is kept."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    number = models.CharField(max_length=16, unique=True)
    account = models.ForeignKey(Account, models.PROTECT, related_name="slips")
    case = models.ForeignKey("accounts.CardCase", models.PROTECT, null=True, related_name="slips")
    code_hash = PasswordHashField(
        max_length=200, needed=Q(used_at__isnull=True, void_at__isnull=True, expires_at__gt=Now())
    )
    recovers = models.BooleanField(
        default=False
    )  # of an account in use, after a visit to a counter
    printed_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    printed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    void_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(used_at__isnull=True, void_at__isnull=True),
                name="activation_slip_one_live",
            )
        ]

    def __str__(self) -> str:
        return self.number


class OneTimeCode(models.Model):
    """A code sent to a phone or an e-mail address, for one purpose and one request."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    purpose = models.CharField(max_length=20, choices=CodePurpose)
    request_id = models.UUIDField(db_index=True)  # the flow or case it is bound to
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="codes")
    channel = models.CharField(max_length=8, choices=NoticeChannel, default=NoticeChannel.SMS)
    to = SealedTextField()  # phone in E.164, or e-mail address
    code_hash = KeyedHashField(
        needed=Q(used_at__isnull=True, void_at__isnull=True, expires_at__gt=Now())
    )
    tries = models.IntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    void_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "request_id"],
                condition=Q(used_at__isnull=True, void_at__isnull=True),
                name="one_time_code_one_live",
            )
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"


class Flow(models.Model):
    """What a person without a session is in the middle of; its cookie holds a token, here is only the hash."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=FlowKind)
    token_hash = models.BinaryField(unique=True)
    account = models.ForeignKey(Account, models.PROTECT, related_name="flows")
    data = models.JSONField(default=dict)  # ids and codes only
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Device(models.Model):
    """A browser that once signed in fully; known by a cookie of which only the hash is kept."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="devices")
    token_hash = models.BinaryField()
    label = models.CharField(max_length=80)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)  # its holder said: it was me
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "token_hash"], name="device_of_account")
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"


class DeviceSession(models.Model):
    """The truth about a session; every request confirms it by one key look-up."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key_hash = models.BinaryField(unique=True)
    account = models.ForeignKey(Account, models.PROTECT, related_name="sessions")
    device = models.ForeignKey(Device, models.PROTECT, related_name="sessions")
    office = models.ForeignKey("accounts.Office", models.PROTECT, null=True, related_name="+")
    aal = models.PositiveSmallIntegerField()
    amr = models.JSONField(default=list)  # RFC 8176 names: pwd, otp, sms; a passkey is pop, user
    # The last authenticator proved in it beside the password.
    authenticator = models.ForeignKey(Authenticator, models.PROTECT, null=True, related_name="+")
    network = SealedTextField()  # the address's /24 or /48
    started_at = models.DateTimeField()
    authenticated_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=12, choices=SessionEnd, default="", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["account"], name="device_session_live", condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


# --- Recovery, changes, locks -------------------------------------------------------------------
class RecoveryAttempt(models.Model):
    """Somebody named a number and tries to prove that it is theirs; the cookie's token finds it.

    There is one too where nobody has the number: the pages do not tell.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    token_hash = models.BinaryField(unique=True)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="recovery_attempts"
    )
    data = models.JSONField(default=dict)  # codes only: the route, what was proved
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery attempt {self.pk}"


class Recovery(StatefulModel):
    """A delayed reset: begun with one proof, finished after a day with another."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="recoveries")
    reference = models.CharField(max_length=16, unique=True)  # what its holder comes back with
    first_proof = models.CharField(max_length=16, choices=RecoveryProof)
    first_authenticator = models.ForeignKey(
        Authenticator, models.PROTECT, null=True, related_name="+"
    )
    second_proof = models.CharField(max_length=16, choices=RecoveryProof, default="", blank=True)
    device_label = models.CharField(max_length=80, default="", blank=True)
    opened_at = models.DateTimeField()
    ready_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RecoveryState.values), name="recovery_state"
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="OPEN"), name="recovery_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(state="FINISHED")
                | (Q(second_proof__gt="") & ~Q(second_proof=models.F("first_proof"))),
                name="recovery_two_proofs",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], name="recovery_open_until", condition=Q(state="OPEN")
            )
        ]

    def __str__(self) -> str:
        return f"recovery {self.pk}"


class ContactChange(StatefulModel):
    """A phone or e-mail address that was replaced by another; the old one can take it back for a time."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="contact_changes")
    old = models.ForeignKey(Authenticator, models.PROTECT, null=True, related_name="+")
    new = models.ForeignKey(Authenticator, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    revert_until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ContactState.values), name="contact_change_state"
            )
        ]
        indexes = [
            models.Index(
                fields=["revert_until"],
                name="contact_change_open",
                condition=Q(state="REVERTIBLE"),
            )
        ]

    def __str__(self) -> str:
        return f"contact change {self.pk}"


class SimSignal(Told):
    """A change of SIM that the SMS gateway told of: the same id is answered the same for ever."""

    def __str__(self) -> str:
        return f"SIM signal {self.event_id}"


class StopCode(models.Model):
    """What an SMS (a code) or an e-mail (a link) carries to stop something without signing in; it does nothing else."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="stop_codes")
    kind = models.CharField(max_length=10, choices=StopKind)
    target_id = models.UUIDField(null=True)  # the Recovery or ContactChange it stops
    code_index = BlindIndexField(
        purpose=STOP_CODE, db_index=True, needed=Q(used_at__isnull=True, expires_at__gt=Now())
    )
    token_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"stop code {self.pk}"


class LockOrder(StatefulModel):
    """An authority's written request to lock or unlock an account (Decree 69/2024 arts. 29, 30)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    account = models.ForeignKey(Account, models.PROTECT, related_name="lock_orders")
    kind = models.CharField(max_length=8, choices=LockOrderKind)
    authority = models.CharField(_("authority"), max_length=120)
    document_number = models.CharField(_("document number"), max_length=60)
    reason = SealedTextField()
    received_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("received at"))
    forward_by = models.DateTimeField(_("to be forwarded by"))  # within one working day
    forwarded_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    forwarded_at = models.DateTimeField(_("forwarded at"), null=True)
    decide_by = models.DateTimeField(
        _("to be decided by"), null=True
    )  # within two working days more
    decided_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    refusal = SealedTextField(null=True)
    approval_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("request of an authority")
        verbose_name_plural = _("requests of authorities")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=LockOrderState.values), name="lock_order_state"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (
                    ~Q(decided_by=models.F("received_by")) & ~Q(decided_by=models.F("forwarded_by"))
                ),
                name="lock_order_decided_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.document_number
