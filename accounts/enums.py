"""The words accounts are described with; values are stored, never shown to people."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Sex(TextChoices):
    """Sex as the population register keeps it."""

    MALE = "M", pgettext_lazy("sex", "Male")
    FEMALE = "F", pgettext_lazy("sex", "Female")


class AccountKind(TextChoices):
    """Whose account it is; an officer's is separate from their own citizen account."""

    CITIZEN = "citizen", _("Citizen")
    OFFICER = "officer", _("Officer")
    ADMINISTRATOR = "administrator", _("Administrator")


class AccountState(TextChoices):
    """Life of an account."""

    ISSUED = "ISSUED", _("Issued, not yet activated")
    ACTIVE = "ACTIVE", _("Active")
    LOCKED = "LOCKED", _("Locked")
    CLOSED = "CLOSED", _("Closed")


class Level(IntegerChoices):
    """Level of the e-ID (Decree 69/2024 art. 7)."""

    ONE = 1, _("Level 1")
    TWO = 2, _("Level 2")


class LockReason(TextChoices):
    """Why an account is locked."""

    CARD_EXPIRED = "CARD_EXPIRED", _("The ID card has expired")
    CARD_LOST = "CARD_LOST", _("The ID card was reported lost")
    CARD_REVOKED = "CARD_REVOKED", _("The ID card was revoked")
    OWNER = "OWNER", _("Locked by its owner")
    AUTHORITY = "AUTHORITY", _("Locked by an authority")


class CardState(TextChoices):
    """Life of an ID card."""

    VALID = "VALID", _("Valid")
    REPLACED = "REPLACED", _("Replaced by a newer card")
    EXPIRED = "EXPIRED", _("Expired")
    LOST = "LOST", _("Lost")
    REVOKED = "REVOKED", _("Revoked")


class CardEventKind(TextChoices):
    """What happened to a card (Law on Identification 2023 arts. 19, 21, 24)."""

    GRANTED = "granted", _("Granted")
    RENEWED = "renewed", _("Renewed")
    REISSUED = "reissued", _("Re-issued")


class CaseState(TextChoices):
    """Life of a visit to a counter."""

    OPEN = "OPEN", _("Open")
    WAITING = "WAITING", _("Waiting for approval")
    APPROVED = "APPROVED", _("Approved, to be issued")
    ISSUED = "ISSUED", _("Issued")
    REFUSED = "REFUSED", _("Refused")
    ABANDONED = "ABANDONED", _("Abandoned")


class ScanSource(TextChoices):
    """How a card came to the counter's box."""

    QR = "QR", _("QR code")
    MRZ = "MRZ", _("Machine-readable zone")
    TYPED = "TYPED", _("Typed number")


class RegisterStatus(TextChoices):
    """What the population register said."""

    NOT_ASKED = "NOT_ASKED", _("Not asked yet")
    FOUND = "FOUND", _("Found")
    NOT_FOUND = "NOT_FOUND", _("Not found")
    UNAVAILABLE = "UNAVAILABLE", _("Does not answer")


class ExceptionReason(TextChoices):
    """Why a case needs a second human."""

    NO_CARD = "NO_CARD", _("No card in hand")
    DISAGREEMENT = "DISAGREEMENT", _("Card and register disagree")
    NO_PHONE = "NO_PHONE", _("No phone of their own")
    PHONE_CHANGE = "PHONE_CHANGE", _("Another phone than the one on file")
    RECENT_ISSUE = "RECENT_ISSUE", _("Issued again within 30 days")
    REGISTER_AWAY = "REGISTER_AWAY", _("The population register does not answer")


class AuthenticatorKind(TextChoices):
    """What a person proves themselves with (NIST SP 800-63B-4 §3)."""

    PASSWORD = "PASSWORD", _("Password")
    TOTP = "TOTP", _("Authenticator app")
    SMS = "SMS", _("Code by text message")
    RECOVERY_CODES = "RECOVERY_CODES", _("Recovery codes")


class AuthenticatorState(TextChoices):
    """Life of an authenticator; every one ever bound stays on record."""

    PENDING = "PENDING", _("Being set up")
    ACTIVE = "ACTIVE", _("Active")
    DISABLED = "DISABLED", _("Disabled")
    REMOVED = "REMOVED", _("Removed")


class FlowKind(TextChoices):
    """What a person without a session is in the middle of."""

    SIGN_IN = "SIGN_IN", _("Signing in")
    ACTIVATION = "ACTIVATION", _("Activating the account")


class CodePurpose(TextChoices):
    """What a one-time code is for; it works for nothing else."""

    SIGN_IN = "SIGN_IN", _("Sign in")
    ACTIVATION = "ACTIVATION", _("Activate the account")
    COUNTER_PHONE = "COUNTER_PHONE", _("Confirm the phone at the counter")


class SessionEnd(TextChoices):
    """Why a session ended."""

    SIGNED_OUT = "SIGNED_OUT", _("Signed out")
    IDLE = "IDLE", _("Not used for a while")
    OVER = "OVER", _("Session time limit reached")
    LOCKED = "LOCKED", _("The account was locked")
    CLOSED = "CLOSED", _("The account was closed")
    REVOKED = "REVOKED", _("Ended on another device")


class Role(TextChoices):
    """What an officer may do at an office."""

    COUNTER = "COUNTER", _("Counter officer")
    SUPERVISOR = "SUPERVISOR", _("Counter supervisor")


class RelationKind(TextChoices):
    """How two citizens are related, by the population register."""

    HOUSEHOLD_HEAD = "HOUSEHOLD_HEAD", _("Head of household")
    HOUSEHOLD_MEMBER = "HOUSEHOLD_MEMBER", _("Member of the household")
    GUARDIAN = "GUARDIAN", _("Guardian")


class NoticeChannel(TextChoices):
    """How a notice reaches a person."""

    INBOX = "INBOX", _("Inbox")
    SMS = "SMS", _("Text message")


class NoticeKind(TextChoices):
    """What a notice says."""

    CODE = "CODE", _("One-time code")
    ACCOUNT_ISSUED = "ACCOUNT_ISSUED", _("Your account was issued")
    ACCOUNT_REFRESHED = "ACCOUNT_REFRESHED", _("Your account has a new card")
    ACCOUNT_ACTIVATED = "ACCOUNT_ACTIVATED", _("Your account was activated")
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED", _("Your account was locked")
    NEW_DEVICE = "NEW_DEVICE", _("Sign-in on a new device")
    AUTHENTICATOR_ADDED = "AUTHENTICATOR_ADDED", _("A way to sign in was added")
    PHONE_CHANGED = "PHONE_CHANGED", _("The phone of your account was changed")
    STRANGERS_TRY = "STRANGERS_TRY", _("Somebody keeps trying to sign in")
    AUTHENTICATOR_DISABLED = "AUTHENTICATOR_DISABLED", _("A way to sign in was disabled")
    CARD_EXPIRES = "CARD_EXPIRES", _("Your card expires soon")
    DATA_UNMASKED = "DATA_UNMASKED", _("An administrator opened your data")


class NoticeState(TextChoices):
    """Life of a notice."""

    PENDING = "PENDING", _("To be sent")
    SENT = "SENT", _("Sent")
    FAILED = "FAILED", _("Could not be sent")


class CardEventOutcome(TextChoices):
    """What became of an event from card production."""

    ISSUED = "issued", _("Account issued")
    REFRESHED = "refreshed", _("Account linked to the new card")
    REFUSED = "refused", _("Refused")


class Confidence(TextChoices):
    """How sure a piece of reference data is."""

    READ = "R", _("Confirmed in the published source")
    BELIEVED = "B", _("Believed, not confirmed")


class DataPage(TextChoices):
    """Where staff were shown a citizen's data."""

    CASE = "case", pgettext_lazy("data seen", "a visit to the counter that ended")
    PHOTO = "photo", pgettext_lazy("data seen", "the register's photo")
    PROPOSAL = "proposal", pgettext_lazy("data seen", "what a second person decides")
    SEARCH = "search", pgettext_lazy("data seen", "a search by your personal number")
