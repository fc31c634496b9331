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
    by: str = "system"  # accounts.enums.ActedBy
    why: str = ""  # accounts.enums.OwnerLockReason


@dataclass(frozen=True, kw_only=True)
class OwnerLockKept(Event):
    """Its owner locked an account that something else locks now; their lock waits until that ends."""

    name: ClassVar[str] = "accounts.owner_lock_kept"
    by: str  # accounts.enums.ActedBy
    why: str = ""  # accounts.enums.OwnerLockReason


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(Event):
    """The account was unlocked."""

    name: ClassVar[str] = "accounts.account_unlocked"
    reason: str
    by: str = "system"  # accounts.enums.ActedBy


@dataclass(frozen=True, kw_only=True)
class AccountClosed(Event):
    """The account was closed for good."""

    name: ClassVar[str] = "accounts.account_closed"
    reason: str
    by: str = "system"  # accounts.enums.ActedBy


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


@dataclass(frozen=True, kw_only=True)
class ResidenceMoved(Event):
    """An official registered another permanent residence; both addresses are kept."""

    name: ClassVar[str] = "accounts.residence_moved"
    before: str = sealed()
    after: str = sealed()


@dataclass(frozen=True, kw_only=True)
class BirthRegistered(Event):
    """An official registered a birth, and the population register gave the child its number."""

    name: ClassVar[str] = "accounts.birth_registered"


@dataclass(frozen=True, kw_only=True)
class StayRegistered(Event):
    """An official registered a temporary residence; ``until`` is its last day."""

    name: ClassVar[str] = "accounts.stay_registered"
    until: str
    address: str = sealed()


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
class PhoneRefusedAtCounter(Event):
    """A counter was given this person's phone for somebody else, and refused it."""

    name: ClassVar[str] = "accounts.phone_refused_at_counter"


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
    """Too many checked failures in a row, or a passkey that counted backwards."""

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
class EverybodySignedOut(Event):
    """The operator ended every session there was."""

    name: ClassVar[str] = "accounts.everybody_signed_out"
    shown: ClassVar[bool] = False
    sessions: int


@dataclass(frozen=True, kw_only=True)
class SignedInAfresh(Event):
    """Somebody proved themselves again in a running session."""

    name: ClassVar[str] = "accounts.signed_in_afresh"
    amr: list[str]


@dataclass(frozen=True, kw_only=True)
class DeviceConfirmed(Event):
    """Its holder said of a new device that it was them."""

    name: ClassVar[str] = "accounts.device_confirmed"


@dataclass(frozen=True, kw_only=True)
class DeviceForgotten(Event):
    """A device is known no more: its sessions ended, and it counts as new again."""

    name: ClassVar[str] = "accounts.device_forgotten"


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


@dataclass(frozen=True, kw_only=True)
class LookedUp(Event):
    """An officer looked a person up, or asked for more of what was masked, for the reason given."""

    name: ClassVar[str] = "accounts.looked_up"
    reason: str  # accounts.enums.LookReason
    fields: list[str]  # accounts.enums.LookField, and "name"
    reference: str = sealed()  # the case, letter or order named, and what the fields are for


@dataclass(frozen=True, kw_only=True)
class LookUpFailed(Event):
    """An officer asked for a number that nobody has; it counts among the looks of the hour."""

    name: ClassVar[str] = "accounts.look_up_failed"
    shown: ClassVar[bool] = False
    reason: str  # accounts.enums.LookReason


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


# --- An account for life ------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CaseDone(Event):
    """The visit to the counter ended with what it was for."""

    name: ClassVar[str] = "accounts.case_done"
    task: str  # accounts.enums.CaseTask


@dataclass(frozen=True, kw_only=True)
class ChipRead(Event):
    """The card's chip was read at a counter and checked (ICAO Doc 9303-11 §5.1)."""

    name: ClassVar[str] = "accounts.chip_read"
    verdict: str  # accounts.enums.ChipVerdict


@dataclass(frozen=True, kw_only=True)
class AuthenticatorNamed(Event):
    """An authenticator got another name."""

    name: ClassVar[str] = "accounts.authenticator_named"
    kind: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorReplaced(Event):
    """A phone or e-mail address gave way to another; for a time it can be brought back."""

    name: ClassVar[str] = "accounts.authenticator_replaced"
    kind: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorBroughtBack(Event):
    """A phone or e-mail address that was replaced is in use again."""

    name: ClassVar[str] = "accounts.authenticator_brought_back"
    kind: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeReused(Event):
    """A recovery code was given that had been used before."""

    name: ClassVar[str] = "accounts.recovery_code_reused"


@dataclass(frozen=True, kw_only=True)
class SimChanged(Event):
    """The operator told that the SIM of the phone was changed; codes to it wait."""

    name: ClassVar[str] = "accounts.sim_changed"


@dataclass(frozen=True, kw_only=True)
class RecoveryRoutesTested(Event):
    """The holder tried a way of recovery."""

    name: ClassVar[str] = "accounts.recovery_routes_tested"
    routes: list[str]  # accounts.enums.RecoveryRoute


@dataclass(frozen=True, kw_only=True)
class RecoveryRoutesChosen(Event):
    """The holder relies on these ways of recovery from now on."""

    name: ClassVar[str] = "accounts.recovery_routes_chosen"
    routes: list[str]  # accounts.enums.RecoveryRoute


@dataclass(frozen=True, kw_only=True)
class ContactSettled(Event):
    """A change of phone or e-mail address can no longer be taken back."""

    name: ClassVar[str] = "accounts.contact_settled"
    kind: str


@dataclass(frozen=True, kw_only=True)
class ContactReverted(Event):
    """A change of phone or e-mail address was taken back."""

    name: ClassVar[str] = "accounts.contact_reverted"
    kind: str
    by: str  # accounts.enums.ActedBy


@dataclass(frozen=True, kw_only=True)
class RecoveryStarted(Event):
    """A delayed reset was started with one proof."""

    name: ClassVar[str] = "accounts.recovery_started"
    proof: str  # accounts.enums.RecoveryProof


@dataclass(frozen=True, kw_only=True)
class RecoveryFinished(Event):
    """The account was recovered; every session ended, the level stays."""

    name: ClassVar[str] = "accounts.recovery_finished"
    route: str  # accounts.enums.RecoveryRoute
    proofs: list[str]


@dataclass(frozen=True, kw_only=True)
class RecoveryCancelled(Event):
    """A delayed reset was cancelled."""

    name: ClassVar[str] = "accounts.recovery_cancelled"
    by: str  # accounts.enums.ActedBy


@dataclass(frozen=True, kw_only=True)
class RecoveryExpired(Event):
    """A delayed reset was not finished in time."""

    name: ClassVar[str] = "accounts.recovery_expired"


@dataclass(frozen=True, kw_only=True)
class LockOrderReceived(Event):
    """An authority asked in writing to lock or unlock the account."""

    name: ClassVar[str] = "accounts.lock_order_received"
    kind: str  # accounts.enums.LockOrderKind


@dataclass(frozen=True, kw_only=True)
class LockOrderForwarded(Event):
    """The request was forwarded to the identity agency."""

    name: ClassVar[str] = "accounts.lock_order_forwarded"
    kind: str


@dataclass(frozen=True, kw_only=True)
class LockOrderExecuted(Event):
    """The head of the identity agency agreed; it was carried out."""

    name: ClassVar[str] = "accounts.lock_order_executed"
    kind: str


@dataclass(frozen=True, kw_only=True)
class LockOrderRefused(Event):
    """The head of the identity agency refused, in writing."""

    name: ClassVar[str] = "accounts.lock_order_refused"
    kind: str
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class GuardianshipClaimed(Event):
    """Somebody is named as guardian; a counter has to confirm it."""

    name: ClassVar[str] = "accounts.guardianship_claimed"
    basis: str  # accounts.enums.GuardianshipBasis


@dataclass(frozen=True, kw_only=True)
class GuardianshipConfirmed(Event):
    """A counter confirmed a guardianship."""

    name: ClassVar[str] = "accounts.guardianship_confirmed"
    basis: str


@dataclass(frozen=True, kw_only=True)
class GuardianshipRefused(Event):
    """A counter did not confirm a guardianship."""

    name: ClassVar[str] = "accounts.guardianship_refused"


@dataclass(frozen=True, kw_only=True)
class GuardianshipEnded(Event):
    """A guardianship ended."""

    name: ClassVar[str] = "accounts.guardianship_ended"
    reason: str  # accounts.enums.GuardianshipEnd


@dataclass(frozen=True, kw_only=True)
class ActedForWard(Event):
    """A guardian acted for the child or ward, under the guardian's own sign-in."""

    name: ClassVar[str] = "accounts.acted_for_ward"
    what: str


@dataclass(frozen=True, kw_only=True)
class AlertRaised(Event):
    """An officer's looks raised an alert."""

    name: ClassVar[str] = "accounts.alert_raised"
    shown: ClassVar[bool] = False
    kind: str  # accounts.enums.AlertKind


@dataclass(frozen=True, kw_only=True)
class AlertClosed(Event):
    """A supervisor found the looks reasonable."""

    name: ClassVar[str] = "accounts.alert_closed"
    shown: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class AlertInspected(Event):
    """A supervisor opened an inspection about an alert."""

    name: ClassVar[str] = "accounts.alert_inspected"
    shown: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class LookReviewed(Event):
    """A supervisor reviewed a look that was drawn at random."""

    name: ClassVar[str] = "accounts.look_reviewed"
    verdict: str


@dataclass(frozen=True, kw_only=True)
class InspectionOpened(Event):
    """An inspection of a look was opened."""

    name: ClassVar[str] = "accounts.inspection_opened"
    source: str  # accounts.enums.InspectionSource


@dataclass(frozen=True, kw_only=True)
class InspectionClosed(Event):
    """An inspection ended with an answer."""

    name: ClassVar[str] = "accounts.inspection_closed"
    verdict: str  # accounts.enums.InspectionState


@dataclass(frozen=True, kw_only=True)
class LookSealed(Event):
    """A court order hides a look until a day."""

    name: ClassVar[str] = "accounts.look_sealed"
    shown: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(Event):
    """The person agreed to a use of their data."""

    name: ClassVar[str] = "accounts.consent_given"
    party: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(Event):
    """The person withdrew a consent."""

    name: ClassVar[str] = "accounts.consent_withdrawn"
    party: str


@dataclass(frozen=True, kw_only=True)
class ConsentEnded(Event):
    """A consent ended; its data is used no more."""

    name: ClassVar[str] = "accounts.consent_ended"
    party: str


@dataclass(frozen=True, kw_only=True)
class DataRequestMade(Event):
    """The person asked something about their data."""

    name: ClassVar[str] = "accounts.data_request_made"
    kind: str  # accounts.enums.DataRequestKind


@dataclass(frozen=True, kw_only=True)
class DataRequestAnswered(Event):
    """A request about data was answered."""

    name: ClassVar[str] = "accounts.data_request_answered"
    kind: str


@dataclass(frozen=True, kw_only=True)
class DataRequestDone(Event):
    """A request about data was carried out."""

    name: ClassVar[str] = "accounts.data_request_done"
    kind: str


@dataclass(frozen=True, kw_only=True)
class DataRequestExtended(Event):
    """A request about data takes longer, once, for the reason given."""

    name: ClassVar[str] = "accounts.data_request_extended"
    kind: str  # accounts.enums.DataRequestKind
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class DataRequestRefused(Event):
    """A request about data was refused, with reasons."""

    name: ClassVar[str] = "accounts.data_request_refused"
    kind: str
    reason: str = sealed()


@dataclass(frozen=True, kw_only=True)
class ExportAsked(Event):
    """The person asked for a copy of all their data."""

    name: ClassVar[str] = "accounts.export_asked"


@dataclass(frozen=True, kw_only=True)
class ExportMade(Event):
    """A copy of all the person's data was made."""

    name: ClassVar[str] = "accounts.export_made"


@dataclass(frozen=True, kw_only=True)
class ExportFetched(Event):
    """The person fetched a copy of all their data."""

    name: ClassVar[str] = "accounts.export_fetched"
    form: str  # pdf or json


@dataclass(frozen=True, kw_only=True)
class ExportDeleted(Event):
    """A copy of all the person's data was deleted."""

    name: ClassVar[str] = "accounts.export_deleted"


@dataclass(frozen=True, kw_only=True)
class NoticeDelivered(Event):
    """A notice arrived."""

    name: ClassVar[str] = "accounts.notice_delivered"
    shown: ClassVar[bool] = False
    kind: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class NoticeUndelivered(Event):
    """A notice did not arrive in time."""

    name: ClassVar[str] = "accounts.notice_undelivered"
    shown: ClassVar[bool] = False
    kind: str
    channel: str
