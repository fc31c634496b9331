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
    DONE = "DONE", _("Done")
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
    RECOVERY = "RECOVERY", _("Recovery at the counter")
    REMOVAL = "REMOVAL", _("A way to sign in is removed at the counter")
    UNLOCK = "UNLOCK", _("Unlocking with form TK03")


class AuthenticatorKind(TextChoices):
    """What a person proves themselves with (NIST SP 800-63B-4 §3)."""

    PASSWORD = "PASSWORD", _("Password")
    TOTP = "TOTP", _("Authenticator app")
    SMS = "SMS", _("Code by text message")
    RECOVERY_CODES = "RECOVERY_CODES", _("Recovery codes")
    PASSKEY = "PASSKEY", _("Passkey")
    EMAIL = "EMAIL", _("E-mail address")  # for notices and recovery, never to sign in with


class AuthenticatorState(TextChoices):
    """Life of an authenticator; every one ever bound stays on record."""

    PENDING = "PENDING", _("Being set up")
    ACTIVE = "ACTIVE", _("Active")
    DISABLED = "DISABLED", _("Disabled")
    REPLACED = "REPLACED", _("Replaced, can still be brought back")
    REMOVED = "REMOVED", _("Removed")


class FlowKind(TextChoices):
    """What a person without a session is in the middle of."""

    SIGN_IN = "SIGN_IN", _("Signing in")
    ACTIVATION = "ACTIVATION", _("Activating the account")
    RECOVERY = "RECOVERY", _("Recovering the account")
    UNLOCK = "UNLOCK", _("Unlocking the account")


class CodePurpose(TextChoices):
    """What a one-time code is for; it works for nothing else."""

    SIGN_IN = "SIGN_IN", _("Sign in")
    ACTIVATION = "ACTIVATION", _("Activate the account")
    COUNTER_PHONE = "COUNTER_PHONE", _("Confirm the phone at the counter")
    NEW_PHONE = "NEW_PHONE", _("Confirm a new phone")
    NEW_EMAIL = "NEW_EMAIL", _("Confirm a new e-mail address")
    RECOVERY = "RECOVERY", _("Recover the account")
    ROUTE_CHECK = "ROUTE_CHECK", _("Check a way of recovery")
    PAYMENT = "PAYMENT", _("Authorise a payment")  # bound to one order: its payees and amount


class SessionEnd(TextChoices):
    """Why a session ended."""

    SIGNED_OUT = "SIGNED_OUT", _("Signed out")
    IDLE = "IDLE", _("Not used for a while")
    OVER = "OVER", _("Session time limit reached")
    LOCKED = "LOCKED", _("The account was locked")
    CLOSED = "CLOSED", _("The account was closed")
    REVOKED = "REVOKED", _("Ended on another device")
    PASSWORD = "PASSWORD", _("The password was changed")
    RECOVERED = "RECOVERED", _("The account was recovered")
    STAFF = "STAFF", _("Ended by the administration")
    REPLACED = "REPLACED", _("Signed in again, or on too many devices")


class Role(TextChoices):
    """What an officer may do at an office."""

    COUNTER = "COUNTER", _("Counter officer")
    SUPERVISOR = "SUPERVISOR", _("Counter supervisor")
    ROADSIDE = "ROADSIDE", _("Traffic officer")
    CASE = "CASE", _("Case officer")
    CASE_LEAD = "CASE_LEAD", _("Head of a desk")


class RelationKind(TextChoices):
    """How two citizens are related, by the population register."""

    HOUSEHOLD_HEAD = "HOUSEHOLD_HEAD", _("Head of household")
    HOUSEHOLD_MEMBER = "HOUSEHOLD_MEMBER", _("Member of the household")
    GUARDIAN = "GUARDIAN", _("Guardian")


class NoticeChannel(TextChoices):
    """How a notice reaches a person."""

    INBOX = "INBOX", _("Inbox")
    SMS = "SMS", _("Text message")
    EMAIL = "EMAIL", _("E-mail")


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
    PASSKEY_COPIED = "PASSKEY_COPIED", _("A passkey may have been copied")
    CARD_EXPIRES = "CARD_EXPIRES", _("Your card expires soon")
    NUMBER_CHANGED = "NUMBER_CHANGED", _("Your personal number was re-established")
    DATA_UNMASKED = "DATA_UNMASKED", _("An administrator opened your data")
    PASSWORD_CHANGED = "PASSWORD_CHANGED", _("Your password was changed")
    AUTHENTICATOR_REMOVED = "AUTHENTICATOR_REMOVED", _("A way to sign in was removed")
    PHONE_REPLACED = "PHONE_REPLACED", _("The phone of your account was replaced")
    EMAIL_CHANGED = "EMAIL_CHANGED", _("The e-mail address of your account was changed")
    CHANGE_REVERTED = "CHANGE_REVERTED", _("A change was taken back")
    SIM_CHANGED = "SIM_CHANGED", _("Your SIM card was changed")
    RECOVERY_STARTED = "RECOVERY_STARTED", _("A recovery of your account was started")
    RECOVERY_REMINDER = "RECOVERY_REMINDER", _("A recovery of your account goes on")
    RECOVERY_CANCELLED = "RECOVERY_CANCELLED", _("A recovery of your account was cancelled")
    RECOVERED = "RECOVERED", _("Your account was recovered")
    RECOVERY_CODE_REUSED = "RECOVERY_CODE_REUSED", _("A used recovery code was tried again")
    ROUTES_CHECK = "ROUTES_CHECK", _("Check your ways of recovery")
    ACCOUNT_UNLOCKED = "ACCOUNT_UNLOCKED", _("Your account was unlocked")
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED", _("Your account was closed")
    LOCK_ORDER = "LOCK_ORDER", _("An authority's request about your account")
    CASE_DONE = "CASE_DONE", _("Your visit to the counter")
    GUARDIANSHIP = "GUARDIANSHIP", _("Guardianship")
    GUARDIANSHIP_ENDED = "GUARDIANSHIP_ENDED", _("A guardianship ended")
    LOOK_INSPECTED = "LOOK_INSPECTED", _("A look at your data was inspected")
    INSPECTION_ANSWERED = (
        "INSPECTION_ANSWERED",
        _("Answer to your question about a look at your data"),
    )
    DATA_REQUEST = "DATA_REQUEST", _("Your request about your data")
    EXPORT_READY = "EXPORT_READY", _("Your data is ready")
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN", _("A consent was withdrawn")
    PAPER_VERIFIED = "PAPER_VERIFIED", _("A paper was verified")
    PAPER_MISMATCH = "PAPER_MISMATCH", _("A paper does not agree")
    PAPER_NOT_FOUND = "PAPER_NOT_FOUND", _("A paper was not found")
    PAPER_CHANGED = "PAPER_CHANGED", _("A paper changed at its registry")
    PAPER_REVOKED = "PAPER_REVOKED", _("A paper was revoked")
    PAPER_EXPIRES = "PAPER_EXPIRES", _("A paper expires soon")
    PAPER_EXPIRED = "PAPER_EXPIRED", _("A paper has expired")
    HOLDER_DOUBTED = "HOLDER_DOUBTED", _("Somebody else may have your paper")
    HOLDER_DOUBTED_ROAD = "HOLDER_DOUBTED_ROAD", _("Somebody else may have shown your licence")
    CORRECTION_ANSWERED = "CORRECTION_ANSWERED", _("Your request for a correction was answered")
    CORRECTION_LATE = "CORRECTION_LATE", _("Your request for a correction is late")
    REFUND_DECIDED = "REFUND_DECIDED", _("A payment goes back to you")
    BILL_DUE = "BILL_DUE", _("A bill is due soon")
    PAYMENT_SETTLED = "PAYMENT_SETTLED", _("A payment was made")
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED", _("A payment is back in your account")
    PAYMENT_REFUSED = "PAYMENT_REFUSED", _("Your bank did not pay")
    PAYMENT_UNKNOWN = "PAYMENT_UNKNOWN", _("A payment is not certain yet")
    PAYMENT_SCHEDULED = "PAYMENT_SCHEDULED", _("A bill will be paid automatically")
    PAYMENT_OVER_CAP = "PAYMENT_OVER_CAP", _("A bill is above your cap")
    PAYMENT_NOT_SCHEDULED = "PAYMENT_NOT_SCHEDULED", _("A bill is not paid automatically")
    PAYMENT_SCHEDULE_ENDED = "PAYMENT_SCHEDULE_ENDED", _("Automatic payment has ended")
    BANK_LINKED = "BANK_LINKED", _("A bank account was linked")
    BANK_UNLINKED = "BANK_UNLINKED", _("A bank account is no longer linked")
    DISPUTE_ASKED = "DISPUTE_ASKED", _("We look into a payment you disputed")
    DISPUTE_ANSWERED = "DISPUTE_ANSWERED", _("A payment you disputed was looked into")
    TRANSFERS_STOPPED = "TRANSFERS_STOPPED", _("Your transfers are stopped")
    APPLICATION_RECEIVED = "APPLICATION_RECEIVED", _("Your application was received")
    APPLICATION_DECIDED = "APPLICATION_DECIDED", _("Your application was decided")
    APPLICATION_ASKED = "APPLICATION_ASKED", _("You are asked about your application")
    APPLICATION_MESSAGE = "APPLICATION_MESSAGE", _("A message about your application")
    APPLICATION_DELAYED = "APPLICATION_DELAYED", _("Your application is late")
    RESULT_REVOKED = "RESULT_REVOKED", _("A result was taken back")
    CONSENT_ASKED = "CONSENT_ASKED", _("Somebody asks for your consent")
    CONSENT_ANSWERED = "CONSENT_ANSWERED", _("Another person answered about your application")
    MANDATE_GIVEN = "MANDATE_GIVEN", _("A mandate to file was given")
    MANDATE_ENDS = "MANDATE_ENDS", _("A mandate to file ends soon")
    MANDATE_ENDED = "MANDATE_ENDED", _("A mandate to file has ended")


class NoticeState(TextChoices):
    """Life of a notice."""

    PENDING = "PENDING", _("To be sent")
    SENT = "SENT", _("Sent")
    DELIVERED = "DELIVERED", _("Delivered")
    UNDELIVERED = "UNDELIVERED", _("Not delivered")
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
    LOOK_UP = "look_up", pgettext_lazy("data seen", "a look-up by your personal number")
    CONSOLE = "console", pgettext_lazy("data seen", "a supervisor's check of looks")
    ACCOUNT = "account", pgettext_lazy("data seen", "your account in the administration")
    LOCK_ORDER = "lock_order", pgettext_lazy("data seen", "an authority's request")
    PAYMENT = "payment", pgettext_lazy("data seen", "a payment of yours")
    APPLICATION = "application", pgettext_lazy("data seen", "an application of yours")


# --- An account for life ------------------------------------------------------------------------
class Strength(TextChoices):
    """How strong the fresh proof of an action must be (SP 800-63B-4 §2.2.2)."""

    ANY = "any", _("Any two factors, or a passkey")
    BEST = "best", _("A passkey if the account has had one for a day")
    PHISHING_RESISTANT = "phishing_resistant", _("A passkey")


class Action(TextChoices):
    """What a person signed in does only after proving afresh who they are; ``policy.ASSURANCE`` says how."""

    ADD_AUTHENTICATOR = "add_authenticator", _("Add a way to sign in")
    REMOVE_AUTHENTICATOR = "remove_authenticator", _("Remove a way to sign in")
    CHANGE_PASSWORD = "change_password", _("Change the password")
    NEW_RECOVERY_CODES = "new_recovery_codes", _("Print new recovery codes")
    CHANGE_PHONE = "change_phone", _("Change the phone")
    CHANGE_EMAIL = "change_email", _("Change the e-mail address")
    UNLOCK = "unlock", _("Unlock the account")
    SHOW_NUMBER = "show_number", _("Show a full number")
    SHARE = "share", _("Share data")
    PAY = "pay", _("Pay or transfer money")
    EXPORT = "export", _("Get a copy of all data")
    ACT_FOR_WARD = "act_for_ward", _("Act for a child or ward")
    DECIDE = "decide", _("Decide as the second person")
    LOOK_UP = "look_up", _("Look up a person")


class OwnerLockReason(TextChoices):
    """Why owners lock their own account."""

    LOST_PHONE = "LOST_PHONE", _("My phone or SIM card is gone")
    LOST_CARD = "LOST_CARD", _("My ID card is gone")
    SECRET_KNOWN = "SECRET_KNOWN", _("Somebody knows my password or a code")
    NOT_USED = "NOT_USED", _("I do not use it for a while")
    NOT_ME = "NOT_ME", _("A device or change was not mine")
    GUARDIAN = "GUARDIAN", _("A guardian locked it for its holder")  # said where a guardian locks
    # Nobody chooses it: a change was taken back, and only a counter opens a new way in.
    NO_WAY_IN = "NO_WAY_IN", _("No way to sign in is left; any ID-card counter opens a new one")


class ActedBy(TextChoices):
    """Who brought about a lock, an unlock or a closure."""

    OWNER = "owner", pgettext_lazy("acted by", "you")
    STOP_CODE = "stop_code", pgettext_lazy("acted by", "you, with a stop code")
    REFERENCE = "reference", pgettext_lazy("acted by", "somebody with its reference")
    COUNTER = "counter", pgettext_lazy("acted by", "a counter")
    AUTHORITY = "authority", pgettext_lazy("acted by", "an authority")
    SYSTEM = "system", pgettext_lazy("acted by", "the portal")
    REGISTER = "register", pgettext_lazy("acted by", "the population register")
    GUARDIAN = "guardian", pgettext_lazy("acted by", "a guardian")


class LockEnd(TextChoices):
    """Until when a lock lasts, and what ends it; the values are those of ``LockReason``."""

    CARD_EXPIRED = (
        "CARD_EXPIRED",
        _(
            "It opens again by itself with a new card from any ID-card counter;"
            " your documents, history and ways to sign in stay."
        ),
    )
    CARD_LOST = (
        "CARD_LOST",
        _(
            "It opens again by itself with a re-issued card from any ID-card counter;"
            " your documents, history and ways to sign in stay."
        ),
    )
    CARD_REVOKED = (
        "CARD_REVOKED",
        _(
            "It stays locked until a new card is granted."
            " Any ID-card counter tells you why the card was revoked and how to object."
        ),
    )
    OWNER = (
        "OWNER",
        _(
            "It stays locked until you unlock it: sign in and choose Unlock,"
            " or take your ID card to any ID-card counter (form TK03)."
        ),
    )
    AUTHORITY = (
        "AUTHORITY",
        _(
            "It stays locked until the authority asks to unlock it."
            " You have the reason in writing and may complain to the head of the identity agency."
        ),
    )


class LockEndShort(TextChoices):
    """The same in a text message, with the reason."""

    CARD_EXPIRED = (
        "CARD_EXPIRED",
        pgettext_lazy(
            "sms",
            "your ID card has expired. It opens again with a new card from any ID-card counter.",
        ),
    )
    CARD_LOST = (
        "CARD_LOST",
        pgettext_lazy(
            "sms",
            "your ID card was reported lost. It opens again with a new card from any counter.",
        ),
    )
    CARD_REVOKED = (
        "CARD_REVOKED",
        pgettext_lazy("sms", "your ID card was revoked. Any ID-card counter tells you why."),
    )
    OWNER = (
        "OWNER",
        pgettext_lazy(
            "sms", "your own request. To unlock, sign in or show your card at any counter."
        ),
    )
    AUTHORITY = (
        "AUTHORITY",
        pgettext_lazy(
            "sms", "a written request. Any counter gives you the reason; you may object."
        ),
    )


class MoneyNote(TextChoices):
    """What a notice of unlocking adds about money."""

    HELD = "HELD", _("No money leaves it for 24 hours.")


class PopulationEventKind(TextChoices):
    """What the population register tells of a person."""

    DIED = "died", _("The person has died")
    CARD_LOST = "card_lost", _("The ID card was reported lost")
    CARD_REVOKED = "card_revoked", _("The ID card was revoked")


class PopulationEventOutcome(TextChoices):
    """What became of an event from the population register."""

    DONE = "done", _("Carried out")
    NOTHING = "nothing", _("Nothing was left to do")
    UNKNOWN = "unknown", _("The portal does not hold this person")


class CaseTask(TextChoices):
    """What a visit to a counter is for."""

    ISSUE = "ISSUE", _("Issue or refresh the account")
    RECOVERY = "RECOVERY", _("Recover the account")
    PHONE_CHANGE = "PHONE_CHANGE", _("Change the phone")
    REMOVAL = "REMOVAL", _("Remove a way to sign in")
    LOCK = "LOCK", _("Lock the account")
    UNLOCK = "UNLOCK", _("Unlock the account (form TK03)")
    LOST_CARD = "LOST_CARD", _("Report the ID card lost")
    GUARDIANSHIP = "GUARDIANSHIP", _("Confirm a guardianship")


class ChipVerdict(TextChoices):
    """What passive authentication says of a card's chip (ICAO Doc 9303-11 §5.1)."""

    GENUINE = "GENUINE", _("The chip is genuine")
    ALTERED = "ALTERED", _("Data in the chip was altered")
    FORGED = "FORGED", _("The chip's signature is forged")
    UNKNOWN_COUNTRY_SIGNER = "UNKNOWN_COUNTRY_SIGNER", _("Signed by nobody in the trust store")
    SIGNER_EXPIRED = "SIGNER_EXPIRED", _("The document signer's certificate was not valid")
    SIGNER_REVOKED = "SIGNER_REVOKED", _("The document signer's certificate was revoked")
    UNREADABLE = "UNREADABLE", _("The chip's files cannot be read")
    ANOTHER_CARD = "ANOTHER_CARD", _("The chip belongs to another card")


class RecoveryState(TextChoices):
    """Life of a delayed reset."""

    OPEN = "OPEN", _("Waiting")
    FINISHED = "FINISHED", _("Finished")
    CANCELLED = "CANCELLED", _("Cancelled")
    EXPIRED = "EXPIRED", _("Expired")


class RecoveryProof(TextChoices):
    """What one proves oneself with in a recovery; two of them, by different ways."""

    SMS = "SMS", _("Code to the phone on file")
    EMAIL = "EMAIL", _("Code to the e-mail address on file")
    PASSKEY = "PASSKEY", _("Passkey")
    TOTP = "TOTP", _("Authenticator app")
    PASSWORD = "PASSWORD", _("Password")
    RECOVERY_CODE = "RECOVERY_CODE", _("Recovery code")


class RecoveryRoute(TextChoices):
    """The ways back into an account; two are chosen at activation and tried once a year."""

    RECOVERY_CODE = "RECOVERY_CODE", _("A recovery code and another way to sign in")
    DELAYED = "DELAYED", _("Two proofs, 24 hours apart")
    COUNTER = "COUNTER", _("Any ID-card counter")


class ContactState(TextChoices):
    """Life of a change of phone or e-mail address."""

    REVERTIBLE = "REVERTIBLE", _("Can be taken back")
    SETTLED = "SETTLED", _("Settled")
    REVERTED = "REVERTED", _("Taken back")


class StopKind(TextChoices):
    """What a stop code or stop link stops; it can do nothing else."""

    LOCK = "LOCK", _("Lock the account")
    RECOVERY = "RECOVERY", _("Cancel a recovery")
    CHANGE = "CHANGE", _("Take back a change of phone or e-mail address")


class LockOrderKind(TextChoices):
    """What an authority asks for (Decree 69/2024 arts. 29, 30)."""

    LOCK = "LOCK", _("Lock")
    UNLOCK = "UNLOCK", _("Unlock")


class LockOrderState(TextChoices):
    """Life of an authority's request."""

    RECEIVED = "RECEIVED", _("Received")
    FORWARDED = "FORWARDED", _("Forwarded, to be decided")
    EXECUTED = "EXECUTED", _("Carried out")
    REFUSED = "REFUSED", _("Refused")


class GuardianshipState(TextChoices):
    """Life of a guardianship."""

    PENDING = "PENDING", _("Waits for a counter")
    ACTIVE = "ACTIVE", _("In force")
    ENDED = "ENDED", _("Ended")
    REFUSED = "REFUSED", _("Not confirmed")


class GuardianshipBasis(TextChoices):
    """What a guardianship rests on."""

    PARENT = "PARENT", _("Parent, by the birth certificate")
    COMMUNE = "COMMUNE", _("Guardian named by the commune")
    COURT = "COURT", _("Guardian named by a court")


class GuardianshipEnd(TextChoices):
    """Why a guardianship ended."""

    AGE_14 = "AGE_14", _("The child turned 14")
    AGE_18 = "AGE_18", _("The child turned 18")
    DATE = "DATE", _("Its last day came")
    DEATH = "DEATH", _("Death")
    DECISION = "DECISION", _("A decision ended it")
    GUARDIAN_CLOSED = "GUARDIAN_CLOSED", _("The guardian's account was closed")
    GIVEN_UP = "GIVEN_UP", _("The guardian gave it up")
    OBJECTED = "OBJECTED", _("The person it was for objected")
    LAPSED = "LAPSED", _("No counter confirmed it in time")


class GuardianshipNews(TextChoices):
    """What a notice says became of a guardianship."""

    CLAIMED = (
        "CLAIMED",
        _("it waits for a counter. Bring the original papers to any ID-card counter"),
    )
    CONFIRMED = "CONFIRMED", _("a counter confirmed it")
    BORN = "BORN", _("the birth is registered, and the parent acts for the child from now on")
    REFUSED = "REFUSED", _("a counter did not confirm it")
    CARD = (
        "CARD",
        _("the child turns 14 soon. From that day the child acts alone; ask for an ID card"),
    )


class WardAct(TextChoices):
    """What a guardian did for a child or ward."""

    OPENED = "OPENED", _("opened the page of the ward")
    LOCKED = "LOCKED", _("locked the account of the ward")


class LookReason(TextChoices):
    """Why an officer looks a person up."""

    CASE = "CASE", _("A case number")
    AT_COUNTER = "AT_COUNTER", _("The person stands at the counter")
    OFFICIAL_LETTER = "OFFICIAL_LETTER", _("Verification for an official letter")
    EMERGENCY = "EMERGENCY", _("Emergency, to find relatives")
    COURT_ORDER = "COURT_ORDER", _("Court order, shown to the person later")


class LookField(TextChoices):
    """What a look-up can show beyond name and year of birth."""

    NUMBER = "personal_number", _("Full personal number")
    BIRTH_DATE = "birth_date", _("Date of birth")
    RESIDENCE = "residence", _("Place of residence")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail address")
    HOUSEHOLD = "household", _("Household")


class AlertKind(TextChoices):
    """What raises an alert about an officer's looks."""

    MANY_LOOKS = "MANY_LOOKS", _("More than 30 looks in an hour")
    COLLEAGUE = "COLLEAGUE", _("Looked up a colleague")
    HOUSEHOLD = "HOUSEHOLD", _("Looked up somebody of the same household")


class AlertState(TextChoices):
    """Life of an alert."""

    OPEN = "OPEN", _("Open")
    CLOSED = "CLOSED", _("Reasonable")
    INSPECTED = "INSPECTED", _("Under inspection")


class ReviewState(TextChoices):
    """Life of a look that was drawn for review."""

    TO_REVIEW = "TO_REVIEW", _("To be reviewed")
    REASONABLE = "REASONABLE", _("Reasonable")
    INSPECTED = "INSPECTED", _("Under inspection")


class InspectionSource(TextChoices):
    """What an inspection came from."""

    CITIZEN = "CITIZEN", _("The person did not expect a look")
    ALERT = "ALERT", _("An alert")
    SAMPLE = "SAMPLE", _("The random sample")


class InspectionState(TextChoices):
    """Life of an inspection."""

    OPEN = "OPEN", _("Open")
    JUSTIFIED = "JUSTIFIED", _("The look was justified")
    MISUSE = "MISUSE", _("The look was misuse")


class ConsentState(TextChoices):
    """Life of a consent (Law 91/2025/QH15)."""

    GIVEN = "GIVEN", _("Given")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn, being carried out")
    ENDED = "ENDED", _("Ended")


class ConsentPurpose(TextChoices):
    """What a use of data is for that a person agrees to."""

    BILLS = "bills", pgettext_lazy("consent", "to tell you of your bills")
    OPEN_ACCOUNT = "open_account", pgettext_lazy("consent", "to open an account for you")
    BOOKING = "booking", pgettext_lazy("consent", "to book a visit for you")
    PAPERS = "papers", pgettext_lazy("consent", "to find your papers and check them every night")


class DataCategory(TextChoices):
    """What data a person agrees to share."""

    NAME = "name", pgettext_lazy("consent", "full name")
    NUMBER = "number", pgettext_lazy("consent", "personal number")
    BIRTH_DATE = "birth_date", pgettext_lazy("consent", "date of birth")
    NUMBER_ENDING = "number_ending", pgettext_lazy("consent", "last four digits of the number")
    PHOTO = "photo", pgettext_lazy("consent", "photo")
    PHONE = "phone", pgettext_lazy("consent", "phone number")
    RESIDENCE = "residence", pgettext_lazy("consent", "place of residence")
    CUSTOMER_CODE = "customer_code", pgettext_lazy("consent", "customer code")
    INSURANCE_CARD = "insurance_card", pgettext_lazy("consent", "health-insurance card")


class DataSubject(TextChoices):
    """What a request about data is about; who keeps the original decides who can change it."""

    IDENTITY = "IDENTITY", _("Name, date of birth, sex or personal number")
    RESIDENCE = "RESIDENCE", _("Place of residence")
    CARD = "CARD", _("ID card or photo")
    CONTACT = "CONTACT", _("Phone or e-mail address")
    SIGN_INS = "SIGN_INS", _("Sign-ins, devices and sessions")
    COUNTER = "COUNTER", _("A visit to a counter")
    MESSAGES = "MESSAGES", _("Messages")
    SHARING = "SHARING", _("Data given to somebody else")
    OTHER = "OTHER", _("Something else")


class DataRequestNews(TextChoices):
    """What a person is told about their request."""

    ANSWERED = "ANSWERED", pgettext_lazy("request", "it was answered and is being carried out")
    DONE = "DONE", pgettext_lazy("request", "it was carried out")
    REFUSED = "REFUSED", pgettext_lazy("request", "it was refused")
    EXTENDED = "EXTENDED", pgettext_lazy("request", "it takes longer")


class DataRequestKind(TextChoices):
    """What people may ask about their data (Law 91/2025/QH15; Decree 356/2025)."""

    CORRECT = "CORRECT", _("Correct data")
    RESTRICT = "RESTRICT", _("Restrict a use of data")
    OBJECT = "OBJECT", _("Object to a use of data")
    DELETE = "DELETE", _("Delete data")


class DataRequestState(TextChoices):
    """Life of a request about one's data."""

    RECEIVED = "RECEIVED", _("Received")
    ANSWERED = "ANSWERED", _("Answered, being carried out")
    DONE = "DONE", _("Done")
    REFUSED = "REFUSED", _("Refused, with reasons")


class ExportState(TextChoices):
    """Life of a copy of all data about a person."""

    PENDING = "PENDING", _("Being made")
    READY = "READY", _("Ready")
    DELETED = "DELETED", _("Deleted")
