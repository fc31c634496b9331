"""Numbers with their source: the law, a standard, or a decision of ours. Settings differ per machine; these do not."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final

from accounts.enums import Action, Strength
from eid_portal.core import approvals
from eid_portal.core.limits import Limit

# --- Levels (Decree 69/2024/ND-CP art. 7) ---------------------------------------------------------
LEVEL_2_AGE: Final = 14  # from this age level 2 comes with a valid card; from CARD_AGE on request
CARD_AGE: Final = 6

# --- Cards (Law on Identification 2023 art. 21) ----------------------------------------------------
CARD_AGES: Final = (14, 25, 40, 60)
CARD_GRACE_YEARS: Final = (
    2  # issued within this time before an age, a card is valid to the next age
)
CARD_WARNINGS_DAYS: Final = (90, 30, 7)  # ours: when its holder is told
CARDS_AT_ONCE: Final = 200  # ours: looked at in one transaction
REISSUE_WINDOW: Final = timedelta(days=30)  # ours: issued again sooner needs a second human

# --- Activation (ours) ----------------------------------------------------------------------------
SLIP_LASTS: Final = timedelta(days=7)
SLIP_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no 0 O 1 I L: read from paper
SLIP_CODE_LENGTH: Final = 8  # 39 bits, worth nothing without the code to the phone
SLIP_AGAIN: Final = timedelta(hours=12)  # ours: later the card is scanned again
APPROVAL_LASTS: Final = timedelta(days=3)

# --- Passwords (NIST SP 800-63B-4 §3.1.1.2: 8 where a second factor is always asked) ----------------
PASSWORD_SHORTEST: Final = 8
PASSWORD_LONGEST: Final = 128

# --- One-time codes (SP 800-63B-4 §3.1.3; ASVS 5 V6.5) ---------------------------------------------
CODE_DIGITS: Final = 6
CODE_LASTS: Final = timedelta(minutes=10)
CODE_TRIES: Final = 5
TOTP_PERIOD: Final = 30  # seconds
TOTP_STEPS_EITHER_SIDE: Final = 1  # phones' clocks drift; each step still works only once
TOTP_STEPS_TOLD: Final = 20  # ours: a clock wrong by up to ten minutes is told of, never accepted
APPS_MOST: Final = 5  # ours: each is one more code that would be right
RECOVERY_CODES: Final = 8
RECOVERY_CODE_BYTES: Final = 15  # 120 bits: above the 112 that need no slow hash (ASVS 5 V6.5.2)
FAILURES_IN_A_ROW: Final = 100  # checked, then the authenticator is disabled (SP 800-63B-4 §3.2.2)
STRANGERS_IN_A_ROW: Final = (
    50  # of them, what unknown devices may use up: they cannot disable it alone
)

# --- Sessions (ours, stricter than AAL2's 1 h idle and 24 h) ---------------------------------------
CITIZEN_IDLE: Final = timedelta(minutes=15)
OFFICER_IDLE: Final = timedelta(minutes=5)
SESSION_LASTS: Final = timedelta(hours=12)
PRESSED_TWICE: Final = timedelta(minutes=1)  # the same button, or the same code, once more
SESSIONS_MOST: Final = 10  # of one account at a time
SESSION_TOUCH: Final = timedelta(seconds=30)  # how exactly "last seen" is kept: fewer writes
FLOW_LASTS: Final = timedelta(minutes=20)
DEVICE_LASTS: Final = timedelta(days=365)
SESSIONS_SHOWN: Final = timedelta(days=30)  # that ended, to their owner
NEW_DEVICE_SHOWN: Final = timedelta(days=7)  # its owner is asked so long whose it was

# --- Limits (ours, within SP 800-63B-4 §3.2.2) ----------------------------------------------------
SIGN_IN_STRANGER: Final = Limit(name="sign_in.stranger", allowed=10, per=timedelta(days=1))
SIGN_IN_DEVICE: Final = Limit(
    name="sign_in.device", allowed=10, per=timedelta(hours=1), backoff=timedelta(seconds=30)
)
SIGN_IN_NETWORK: Final = Limit(
    name="sign_in.network", allowed=300, per=timedelta(minutes=5), store="redis"
)
SECOND_FACTOR: Final = Limit(
    name="second_factor", allowed=10, per=timedelta(hours=1), backoff=timedelta(seconds=30)
)
CODE_SEND: Final = Limit(name="code.send", allowed=5, per=timedelta(minutes=30))
CODE_SEND_PHONE: Final = Limit(name="code.send_phone", allowed=10, per=timedelta(days=1))
# Codes to a phone or address that is not the account's yet: apart, or they would use up its holder's.
NEW_CONTACT_SEND: Final = Limit(name="new_contact.send", allowed=5, per=timedelta(days=1))
NEW_CONTACT_SEND_TO: Final = Limit(name="new_contact.send_to", allowed=3, per=timedelta(days=1))
ACTIVATION_TRY: Final = Limit(name="activation.try", allowed=10, per=timedelta(days=1))
ACTIVATION_NETWORK: Final = Limit(
    name="activation.network", allowed=100, per=timedelta(minutes=10), store="redis"
)

COUNTER_PHONE: Final = Limit(name="counter.phone", allowed=40, per=timedelta(hours=1))
CITIZEN_SEARCH: Final = Limit(name="citizen.search", allowed=30, per=timedelta(hours=1))

# --- Who looked (ours) -----------------------------------------------------------------------------
SEEN_AGAIN: Final = timedelta(hours=1)  # sooner, the same viewer's look is one event
CASE_SHOWN: Final = timedelta(days=1)  # after its end; later a case shows its state only

# --- Card production (ours) -----------------------------------------------------------------------
CARD_EVENTS_AT_ONCE: Final = 1000


# --- Step-up (NIST SP 800-63B-4 §2.2.3, §4.1: an authenticator is bound by who proved themselves lately) --
@dataclass(frozen=True, slots=True)
class Assurance:
    """What an action needs: a level, how fresh the proof must be, and how strong."""

    level: int  # authenticator assurance level
    max_age: timedelta
    strength: Strength = Strength.ANY


_BINDING: Final = timedelta(minutes=15)
_MONEY: Final = timedelta(minutes=5)
ASSURANCE: Final = {
    # As strongly as what is bound may prove later (SP 800-63B-4 §4.1.2): else a passkey of a phisher's own would do.
    Action.ADD_AUTHENTICATOR: Assurance(2, _BINDING, Strength.BEST),
    Action.REMOVE_AUTHENTICATOR: Assurance(2, _BINDING, Strength.BEST),
    Action.CHANGE_PASSWORD: Assurance(2, _BINDING, Strength.BEST),
    Action.NEW_RECOVERY_CODES: Assurance(2, _BINDING, Strength.BEST),
    Action.CHANGE_PHONE: Assurance(2, _BINDING, Strength.BEST),
    Action.CHANGE_EMAIL: Assurance(2, _BINDING, Strength.BEST),
    Action.UNLOCK: Assurance(2, _MONEY, Strength.BEST),
    Action.SHOW_NUMBER: Assurance(2, _MONEY),  # no page shows one yet
    Action.SHARE: Assurance(2, _MONEY),
    Action.PAY: Assurance(2, _MONEY),
    Action.EXPORT: Assurance(2, _MONEY, Strength.BEST),
    Action.ACT_FOR_WARD: Assurance(2, timedelta(hours=12)),
    Action.DECIDE: Assurance(2, approvals.FRESH),
    Action.LOOK_UP: Assurance(2, timedelta(hours=12)),
}

# --- Passkeys (WebAuthn Level 3; ours) ---------------------------------------------------------------
CHALLENGE_LASTS: Final = timedelta(minutes=5)
PASSKEYS_MOST: Final = 10
# From then on nothing but a passkey will do where the table asks for the best there is. So long whoever finds a first
# passkey on their account that is not theirs can still remove it.
PASSKEY_ASKED_AFTER: Final = timedelta(hours=24)
LABEL_LONGEST: Final = 40

# --- Recovery (SP 800-63B-4 §4.2; ours) ------------------------------------------------------------
RECOVERY_WAITS: Final = timedelta(hours=24)
RECOVERY_OPEN_AFTER: Final = timedelta(days=3)  # after the wait it can be finished for so long
RECOVERY_REMINDERS: Final = (timedelta(hours=12), timedelta(hours=23))  # after its start
MONEY_HELD: Final = timedelta(hours=24)
ENDED_KEPT: Final = timedelta(days=7)  # ours: steps, tries and stop codes, after their end
ROUTES_CHECKED_EVERY: Final = timedelta(days=365)
EMAIL_CODE_LASTS: Final = timedelta(minutes=10)  # ASVS V6.5.5; SP 800-63B-4 would allow 24 hours
RECOVERY_TRY: Final = Limit(name="recovery.try", allowed=10, per=timedelta(days=1))
# Codes that strangers may have sent by naming a number: fewer than the phone may get a day.
RECOVERY_SEND: Final = Limit(name="recovery.send", allowed=3, per=timedelta(days=1))
RECOVERY_NETWORK: Final = Limit(
    name="recovery.network", allowed=60, per=timedelta(minutes=10), store="redis"
)

# --- Changing phone or e-mail address (ours) ---------------------------------------------------------
REVERT_WITHIN: Final = timedelta(
    hours=24
)  # also: from then on the new one counts for money and recovery
SIM_CHANGE_BLOCKS: Final = timedelta(hours=72)  # codes to a phone whose SIM was changed

# --- Stopping (ours) ---------------------------------------------------------------------------------
STOP_CODE_LENGTH: Final = 8
STOP_LASTS: Final = timedelta(hours=72)
# Wrong codes of a network that thousands of phones may share; of 31^8 codes not one is guessed at this pace.
STOP_TRY: Final = Limit(name="stop.try", allowed=300, per=timedelta(minutes=10))

# --- Requests of authorities (Decree 69/2024 arts. 29, 30) -------------------------------------------
ORDER_FORWARDED_WITHIN: Final = 1  # working days
ORDER_DECIDED_WITHIN: Final = 2  # working days after that
ORDER_WAITS_LONGEST: Final = timedelta(days=365)  # ours: one that is overdue stays to be decided

# --- Children and wards (Civil Code arts. 21, 47; ours: two guardians) ---------------------------------------
WARD_AGE: Final = 14  # from then on a child acts alone in what the account allows
FULL_AGE: Final = 18
GUARDIANS_MOST: Final = 2
WARD_WARNED_DAYS: Final = 30  # ours: before the birthday at 14
WARDS_AT_ONCE: Final = 200  # ours: looked at in one transaction
CLAIM_WAITS: Final = timedelta(days=90)  # ours: a claim by paper that no counter confirmed is over
WARD_CLAIM: Final = Limit(name="ward.claim", allowed=5, per=timedelta(days=1))

# --- Officers are watched (ours) ---------------------------------------------------------------------
LOOKS_AN_HOUR: Final = 30  # more raise an alert
LOOK_UPS: Final = Limit(name="look_up", allowed=3 * LOOKS_AN_HOUR, per=timedelta(hours=1))
LOOK_NEED_LONGEST: Final = 200  # characters of what a field is needed for
LOOK_MASKED_AFTER: Final = timedelta(minutes=5)
SAMPLE_PERCENT: Final = 2
SAMPLE_DAYS: Final = 7  # how far back a sample is drawn that was not
LOOK_SEALED_LONGEST: Final = timedelta(days=365)
AFTER_HOURS: Final = timedelta(minutes=15)  # a session may go on so long after an office closes

# --- Personal-data rights (Law 91/2025/QH15; Decree 356/2025/ND-CP) ----------------------------------
ANSWER_WITHIN: Final = 2  # working days
CORRECT_WITHIN: Final = 10  # days
RESTRICT_WITHIN: Final = 15
WITH_THIRD_PARTIES_WITHIN: Final = 20
DELETE_WITHIN: Final = 20
EXTEND_BY: Final = 15  # days, once
EXPORT_KEPT: Final = timedelta(days=7)  # ours
EXPORT_ASK: Final = Limit(name="export.ask", allowed=5, per=timedelta(days=1))  # ours
REQUESTS_OPEN: Final = 10  # ours: requests of one person that wait at the same time

# --- Notices going out (ours) ------------------------------------------------------------------------
QUIET_FROM: Final = time(22)  # what can wait wakes nobody
QUIET_UNTIL: Final = time(6)
FAIL_OVER_AFTER: Final = timedelta(seconds=30)
TRIES_BEFORE_FAIL_OVER: Final = (
    5  # of a gateway that takes nothing: 2 + 4 + 8 + 16 seconds lie between
)
# After the hand-over a gateway is asked whether the message arrived.
DELIVERY_LOOKS: Final = (
    *(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 30, 60, 120, 600)),
    *(timedelta(hours=hours) for hours in (1, 6, 24)),
)
MESSAGES_CHECKED_FOR: Final = timedelta(days=90)  # "did you send me this?" looks so far back
MESSAGE_CHECK: Final = Limit(
    name="message.check", allowed=30, per=timedelta(minutes=10), store="redis"
)
# Ours: how often the register is asked for the photo of a person who shows something and has none here.
PORTRAIT_ASKED: Final = Limit(name="portrait.ask", allowed=1, per=timedelta(minutes=10))
# Ours: wrong codes at /verify/, a network or account; a code has 55 random bits or more.
VERIFY_MISSES: Final = Limit(name="verify.misses", allowed=30, per=timedelta(minutes=10))
# Ours: reports of a network that the person shown is not the holder; a token has 256 bits.
VERIFY_REPORTS: Final = Limit(name="verify.reports", allowed=20, per=timedelta(hours=1))
