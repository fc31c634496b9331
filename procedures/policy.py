"""Figures of procedures with their source: the law, or a decision of ours."""

from datetime import timedelta
from typing import Final

from eid_portal.core.limits import Limit

# --- Filing (ours) --------------------------------------------------------------------------------
DRAFT_LASTS: Final = timedelta(days=90)  # since it was last saved
DRAFTS_MOST: Final = 30  # of one account
FEE_WAITS: Final = timedelta(days=7)  # then an application without its fee is taken back
REFERENCE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no 0 O 1 I L: read aloud
REFERENCE_LENGTH: Final = 6
BEGIN: Final = Limit(name="procedures.begin", allowed=60, per=timedelta(hours=1), store="redis")

# --- Asking others (ours) -------------------------------------------------------------------------
CONSENT_WAITS: Final = timedelta(days=5)  # then the office goes on without it
# Of one who files to one who is asked; what is asked beyond it waits in the inbox, without a message.
ASK_ALOUD: Final = Limit(
    name="procedures.ask_aloud", allowed=5, per=timedelta(days=1), store="redis"
)
CORRECTION_WAITS: Final = timedelta(days=30)

# --- Deciding (ours) ------------------------------------------------------------------------------
CLAIM_LASTS: Final = timedelta(hours=2)  # since its officer last opened it
DELAYED_BY: Final = 3  # working days that a letter of delay promises

# --- Others and helpers (ours) --------------------------------------------------------------------
REMIND_AGAIN: Final = timedelta(days=1)  # who is asked to agree
MANDATE_MOST: Final = timedelta(days=365)
MANDATE_REMINDED: Final = timedelta(days=7)  # before its last day; a shorter one is not reminded of
MANDATE_END_TOLD: Final = timedelta(days=7)  # so long after, if nobody could be told before
NAME_HOLDER: Final = Limit(name="procedures.name_holder", allowed=10, per=timedelta(days=1))

# --- Files (ours) ---------------------------------------------------------------------------------
FILES_UNUSED_FOR: Final = timedelta(days=120)  # longer than a draft lasts; then one is deleted
FILES_UNUSED_MOST: Final = (
    200 * 1024 * 1024
)  # bytes that one account sent and nothing was filed with
SEND_FILE: Final = Limit(name="procedures.send_file", allowed=60, per=timedelta(hours=1))

# --- The calendar (ours) --------------------------------------------------------------------------
# After the last change of it open applications follow: what began with the calendar as it was is through by then.
CALENDAR_SETTLES: Final = timedelta(minutes=1)

# --- The calendar (Labour Code, Law 45/2019/QH14, article 112) -----------------------------------
PUBLIC_HOLIDAYS: Final = 11  # a year: 1, Tết 5, Hùng Kings 1, 30 April, 1 May, National Day 2

# --- Authoring (ours) -----------------------------------------------------------------------------
PUBLISHING_WAITS: Final = timedelta(days=7)  # for a second administrator
SIMULATED_DAYS: Final = 30  # whose filed forms a simulation reads
SIMULATED_MOST: Final = 2_000  # of them, the newest first: more would not change what is told
SIMULATED_AT_ONCE: Final = 200  # read in one request: well below a second
SIMULATED_NAMED: Final = 20  # files named by their number for each thing that would become of them

# --- Real times (ours) ----------------------------------------------------------------------------
MEASURED_OVER: Final = timedelta(days=90)
MEASURED_FROM: Final = 5  # files; fewer say nothing of an office, and perhaps something of a person
# --- The desk (ours) ------------------------------------------------------------------------------
CLAIM_RENEWED: Final = timedelta(minutes=5)  # opened again sooner, nothing is written
SEEN_AGAIN: Final = timedelta(hours=1)  # sooner, the same official's look is one event
QUEUE_PAGE: Final = 25  # files on one page
BULK_MOST: Final = 100  # files that one press acts on
COUNTED_MOST: Final = 1000  # the first page counts no further
FIGURES_OF: Final = timedelta(days=30)
SAVED_FILTERS_MOST: Final = 10  # of one officer at an office
OPINION_DAYS: Final = 5  # working days another desk has, if nobody says another number
OPINION_DAYS_MOST: Final = 20
MESSAGES: Final = Limit(
    name="procedures.messages", allowed=20, per=timedelta(hours=1), store="redis"
)  # of one citizen to all offices
SAME_MESSAGE: Final = timedelta(minutes=10)  # within which the same words are the same message
REPORTS_KEPT: Final = timedelta(
    days=90
)  # after an agency was told; the audit trail keeps the move itself
# --- Results (ours) -------------------------------------------------------------------------------
SAME_CHECK: Final = timedelta(minutes=10)  # presses that are one check
