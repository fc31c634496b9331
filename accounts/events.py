"""What can happen to people, cards and accounts, as the audit keeps it."""

from dataclasses import dataclass
from typing import ClassVar

from eid_portal.core.events import Event, sealed


# --- Accounts -----------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class AccountIssued(Event):
    """A card was granted or renewed, and with it the account issued."""

    name: ClassVar[str] = "accounts.account_issued"
    level: int
    by: str  # "counter" or "card_production"


@dataclass(frozen=True, kw_only=True)
class AccountRefreshed(Event):
    """A new card replaced the one behind an account; authenticators and history stay."""

    name: ClassVar[str] = "accounts.account_refreshed"
    level: int
    by: str


@dataclass(frozen=True, kw_only=True)
class AccountActivated(Event):
    """Its holder activated the account."""

    name: ClassVar[str] = "accounts.account_activated"


@dataclass(frozen=True, kw_only=True)
class ActivationWaits(Event):
    """An activation came from a counter's own network and waits for approval."""

    name: ClassVar[str] = "accounts.activation_waits"


@dataclass(frozen=True, kw_only=True)
class AccountLocked(Event):
    """The account was locked; every session ended."""

    name: ClassVar[str] = "accounts.account_locked"
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(Event):
    """The account was unlocked."""

    name: ClassVar[str] = "accounts.account_unlocked"
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccountClosed(Event):
    """The account was closed for good."""

    name: ClassVar[str] = "accounts.account_closed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class LevelChanged(Event):
    """The level of the e-ID changed."""

    name: ClassVar[str] = "accounts.level_changed"
    level: int


# --- Cards --------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CardGranted(Event):
    """A card was entered: granted, renewed or re-issued."""

    name: ClassVar[str] = "accounts.card_granted"
    kind: str


@dataclass(frozen=True, kw_only=True)
class CardReplaced(Event):
    """A newer card took its place."""

    name: ClassVar[str] = "accounts.card_replaced"


@dataclass(frozen=True, kw_only=True)
class CardExpired(Event):
    """The card's validity ran out."""

    name: ClassVar[str] = "accounts.card_expired"


@dataclass(frozen=True, kw_only=True)
class CardLost(Event):
    """The card was reported lost."""

    name: ClassVar[str] = "accounts.card_lost"


@dataclass(frozen=True, kw_only=True)
class CardRevoked(Event):
    """The card was revoked."""

    name: ClassVar[str] = "accounts.card_revoked"


@dataclass(frozen=True, kw_only=True)
class CitizenUpdated(Event):
    """The population register corrected what we hold; both values are kept."""

    name: ClassVar[str] = "accounts.citizen_updated"
    fields: list[str]
    before: dict[str, str] = sealed()
    after: dict[str, str] = sealed()


# --- The counter --------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CaseOpened(Event):
    """An officer scanned or typed a card at a counter."""

    name: ClassVar[str] = "accounts.case_opened"
    source: str


@dataclass(frozen=True, kw_only=True)
class RegisterAsked(Event):
    """The population register was asked about this person for a case."""

    name: ClassVar[str] = "accounts.register_asked"
    status: str


@dataclass(frozen=True, kw_only=True)
class CaseWaits(Event):
    """The case needs a second human."""

    name: ClassVar[str] = "accounts.case_waits"
    reasons: list[str]


@dataclass(frozen=True, kw_only=True)
class CaseApproved(Event):
    """Another human approved the exception."""

    name: ClassVar[str] = "accounts.case_approved"


@dataclass(frozen=True, kw_only=True)
class CaseIssued(Event):
    """The case ended with an account issued or refreshed."""

    name: ClassVar[str] = "accounts.case_issued"
    seconds: int


@dataclass(frozen=True, kw_only=True)
class CaseRefused(Event):
    """The case ended without an account."""

    name: ClassVar[str] = "accounts.case_refused"
    reason: str


@dataclass(frozen=True, kw_only=True)
class CaseAbandoned(Event):
    """The case was left."""

    name: ClassVar[str] = "accounts.case_abandoned"


@dataclass(frozen=True, kw_only=True)
class PhoneVerified(Event):
    """The citizen's phone was confirmed with a code at a counter."""

    name: ClassVar[str] = "accounts.phone_verified"
    ending: str = sealed()


@dataclass(frozen=True, kw_only=True)
class SlipPrinted(Event):
    """An activation slip was made; older codes died."""

    name: ClassVar[str] = "accounts.slip_printed"
    again: bool


# --- Authenticators and sessions ----------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class AuthenticatorBound(Event):
    """An authenticator was bound to the account."""

    name: ClassVar[str] = "accounts.authenticator_bound"
    kind: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorDisabled(Event):
    """Too many checked failures in a row."""

    name: ClassVar[str] = "accounts.authenticator_disabled"
    kind: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorDiscarded(Event):
    """Something that was set aside was never put into use."""

    name: ClassVar[str] = "accounts.authenticator_discarded"
    shown: ClassVar[bool] = False
    kind: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRemoved(Event):
    """An authenticator was removed; its record stays."""

    name: ClassVar[str] = "accounts.authenticator_removed"
    kind: str


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """A session began."""

    name: ClassVar[str] = "accounts.signed_in"
    amr: list[str]
    new_device: bool


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event):
    """A checked attempt failed."""

    name: ClassVar[str] = "accounts.sign_in_failed"
    factor: str
    known_device: bool


@dataclass(frozen=True, kw_only=True)
class SignedOut(Event):
    """A session ended."""

    name: ClassVar[str] = "accounts.signed_out"
    reason: str


@dataclass(frozen=True, kw_only=True)
class SignedInAfresh(Event):
    """Somebody proved themselves again in a running session."""

    name: ClassVar[str] = "accounts.signed_in_afresh"
    amr: list[str]


# --- Officers and administration ----------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ReferenceChanged(Event):
    """An administrator added or changed an office or a piece of reference data."""

    name: ClassVar[str] = "accounts.reference_changed"
    shown: ClassVar[bool] = False
    code: str
    added: bool
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class OfficerCreated(Event):
    """An administrator created an officer's account."""

    name: ClassVar[str] = "accounts.officer_created"


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    """A role at an office was granted, after approval."""

    name: ClassVar[str] = "accounts.role_granted"
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleEnded(Event):
    """A role at an office ended."""

    name: ClassVar[str] = "accounts.role_ended"
    role: str


@dataclass(frozen=True, kw_only=True)
class DataUnmasked(Event):
    """An administrator opened masked data, with a reason."""

    name: ClassVar[str] = "accounts.data_unmasked"
    fields: list[str]
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class DataSeen(Event):
    """An officer or administrator was shown a citizen's data outside a visit of the citizen to them."""

    name: ClassVar[str] = "accounts.data_seen"
    page: str  # accounts.enums.DataPage


# --- Notices ------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class NoticeSent(Event):
    """A notice was handed to its channel."""

    name: ClassVar[str] = "accounts.notice_sent"
    shown: ClassVar[bool] = False
    kind: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class NoticeFailed(Event):
    """A notice could not be sent."""

    name: ClassVar[str] = "accounts.notice_failed"
    shown: ClassVar[bool] = False
    kind: str
    channel: str
    code: str
