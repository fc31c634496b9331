"""Numbers of documents, each with its source."""

from datetime import time, timedelta
from typing import Final

from eid_portal.core.limits import Limit

# --- Freshness (ours) ------------------------------------------------------------------------------
NIGHT_BEGINS: Final = time(2, 0)  # Viet Nam time: every paper is checked anew each night
STALE_AFTER: Final = timedelta(days=3)  # without an answer a verified paper is no longer called so
EXPIRY_WARNINGS_DAYS: Final = (90, 30, 7)  # ours: when its holder is told
VERIFIED_WITHIN: Final = timedelta(hours=24)  # what people are told; most answers take seconds

# --- Verification (ours) ---------------------------------------------------------------------------
VERIFICATION_TRIES: Final = 12
VERIFICATIONS_KEPT: Final = timedelta(days=90)  # done ones; a paper's last stays
BATCH: Final = 16  # calls in flight of one worker to one registry

# --- Registries (ours; each can be changed in the administration) --------------------------------------
CALLS_PER_SECOND: Final = 50

# --- Corrections (Law 91/2025/QH15: within the time the register's own law gives; ours 3 working days) ---
CORRECTION_WORKING_DAYS: Final = 3
CORRECTIONS_OPEN: Final = 10  # ours: of one person at a time

# --- Showing and sharing (ours) --------------------------------------------------------------------
CODE_LASTS: Final = timedelta(seconds=60)
SHARE_DAYS: Final = (1, 7, 30)
SHARE_VIEWS: Final = (1, 3, 10)
PRINTED_CARD_LASTS: Final = timedelta(days=365)

# --- Limits (ours) ---------------------------------------------------------------------------------
LINK_BY_NUMBER: Final = Limit(name="documents.link_by_number", allowed=10, per=timedelta(days=1))
SEARCH: Final = Limit(name="documents.search", allowed=10, per=timedelta(hours=1))
CHECK_NOW: Final = Limit(name="documents.check_now", allowed=5, per=timedelta(hours=1))
