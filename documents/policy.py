"""Numbers of documents, each with its source."""

from datetime import time, timedelta
from typing import Final

from eid_portal.core.limits import Limit

# --- Freshness (ours) ------------------------------------------------------------------------------
NIGHT_BEGINS: Final = time(2, 0)  # Viet Nam time: every paper is checked anew each night
STALE_AFTER: Final = timedelta(days=3)  # without an answer a verified paper is no longer called so
EXPIRY_WARNINGS_DAYS: Final = (90, 30, 7)  # ours: when its holder is told
OVER_TOLD: Final = timedelta(days=30)  # how long the first page says that a paper has ended
VERIFIED_WITHIN: Final = timedelta(hours=24)  # what people are told; most answers take seconds

# --- Verification (ours) ---------------------------------------------------------------------------
VERIFICATION_TRIES: Final = 12
FIRST_RETRY: Final = timedelta(seconds=2)  # each wait is three times the one before, give or take
LONGEST_RETRY: Final = timedelta(hours=3)
UNANSWERED_TRIES: Final = (
    3  # then, or after a minute of failing, a paper never verified is UNAVAILABLE
)
UNANSWERED_AFTER: Final = timedelta(minutes=1)
VERIFICATIONS_KEPT: Final = timedelta(days=90)  # done ones; a paper's last stays
BATCH: Final = 16  # calls in flight of one worker to one registry

# --- The nightly run (ours) --------------------------------------------------------------------------
WAITING_SECONDS: Final = (
    4  # of calls of one registry that wait at most: who links a paper is not kept waiting
)
RECHECKED_AT_ONCE: Final = 500  # papers queued in one transaction

# --- Registries (ours; each can be changed in the administration) --------------------------------------
CALLS_PER_SECOND: Final = 50
MOST_CALLS_PER_SECOND: Final = 1000
MOST_IN_FLIGHT: Final = 64

# --- Finding papers (ours) ---------------------------------------------------------------------------
SEARCH_ONCE: Final = timedelta(seconds=30)  # the same search asked again so soon is the same one
SEARCH_WAITS: Final = (  # until a registry that did not answer is asked again
    timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30),
)  # fmt: skip
SEARCH_TRIES: Final = 12
SEARCH_KEPT: Final = timedelta(days=7)  # with what was found in it

# --- Corrections (Law 91/2025/QH15: within the time the register's own law gives; ours 3 working days) ---
CORRECTION_WORKING_DAYS: Final = 3
CORRECTIONS_OPEN: Final = 10  # ours: of one person at a time

# --- The calendar (ours) ---------------------------------------------------------------------------
CALENDAR_REFRESHED: Final = timedelta(hours=12)  # how often calendars are asked to look again
CALENDAR_KEPT: Final = timedelta(hours=1)  # by the calendar's own cache
CALENDAR_FETCHED: Final = Limit(
    name="documents.calendar_fetched", allowed=60, per=timedelta(hours=1), store="redis"
)

# --- Showing and sharing (ours) --------------------------------------------------------------------
CODE_LASTS: Final = timedelta(seconds=60)
SAME_PRESS: Final = timedelta(seconds=10)  # a button pressed twice is answered the same so long
PRESENTATIONS_KEPT: Final = timedelta(days=7)  # so long a late reader is told that it ended
HOLDER_REPORT_LASTS: Final = timedelta(minutes=30)  # after reading a paper
SHARE_DAYS: Final = (1, 7, 30)
SHARE_VIEWS: Final = (1, 3, 10)
PRINTED_CARD_LASTS: Final = timedelta(days=365)

# --- Limits (ours) ---------------------------------------------------------------------------------
LINK_BY_NUMBER: Final = Limit(name="documents.link_by_number", allowed=10, per=timedelta(days=1))
SEARCH: Final = Limit(name="documents.search", allowed=10, per=timedelta(hours=1))
SIGN_COPY: Final = Limit(name="documents.sign_copy", allowed=20, per=timedelta(hours=1))
PRINT_CARD: Final = Limit(name="documents.print_card", allowed=10, per=timedelta(days=1))
SHOW: Final = Limit(name="documents.show", allowed=60, per=timedelta(hours=1))
SHARE: Final = Limit(name="documents.share", allowed=30, per=timedelta(days=1))
HOLDER_TOLD: Final = Limit(name="documents.holder_told", allowed=5, per=timedelta(days=1))
CHECK_NOW: Final = Limit(name="documents.check_now", allowed=5, per=timedelta(hours=1))

# --- Driver licences since 1 January 2025 (Law 36/2024/QH15 art. 57): years of each class, None does not end ----
LICENCE_YEARS: Final[dict[str, int | None]] = {
    **dict.fromkeys(("A1", "A", "B1")),
    **dict.fromkeys(("B", "C1"), 10),
    **dict.fromkeys(("C", "D1", "D2", "D", "BE", "C1E", "CE", "D1E", "D2E", "DE"), 5),
}
# --- Driver licences before 2025 (Law 23/2008/QH12 art. 59; B1 ends at 55 or 60 at the latest) --------------
LICENCE_YEARS_BEFORE_2025: Final[dict[str, int | None]] = {
    **dict.fromkeys(("A1", "A2", "A3")),
    **dict.fromkeys(("A4", "B1", "B2"), 10),
    **dict.fromkeys(("C", "D", "E", "FB2", "FC", "FD", "FE"), 5),
}
# What an exchange makes of an old class; B1 and B2 alike become B, or C1 where its holder asks for it.
LICENCE_EXCHANGE: Final = {  # Law 36/2024/QH15 art. 89
    "A2": "A", "A3": "B1", "B1": "B", "B2": "B", "D": "D2", "E": "D",
    "FB2": "BE", "FC": "CE", "FD": "D2E", "FE": "DE",
}  # fmt: skip
LICENCE_POINTS: Final = 12  # Law 36/2024/QH15 art. 58

# --- Health insurance (Decree 146/2018/ND-CP art. 14; Decision 1351/QD-BHXH art. 3) -------------------------
HEALTH_BENEFIT_PERCENT: Final = {
    1: 100,
    2: 100,
    3: 95,
    4: 80,
    5: 100,
}  # paid of treatment within scope

# --- Kinds that an administrator defines (ours) --------------------------------------------------------
DEFINED_FIELDS: Final = 20
LONGEST_LABEL: Final = 60
