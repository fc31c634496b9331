"""Numbers of payments, each with its source. Amounts are whole đồng."""

from datetime import timedelta
from typing import Final

# --- Authentication (Decision 2345/QD-NHNN of 18-12-2023) --------------------------------------------
STRONG_FROM: Final = (
    10_000_000  # one transfer; the press says both "over" and "or more": the stricter is taken
)
STRONG_DAY_TOTAL: Final = 20_000_000  # once the day's total passes it, every further transfer

# --- The rest is ours ------------------------------------------------------------------------------
LARGEST: Final = 499_999_999  # NAPAS 247, a transfer
FIRST_PAYEE_MOST: Final = 5_000_000  # at once to somebody never paid before; more is held
FIRST_PAYEE_HELD: Final = timedelta(hours=24)
AFTER_RECOVERY: Final = timedelta(hours=24)  # no transfers after the account was recovered
DRAFT_LASTS: Final = timedelta(minutes=15)
CODE_LASTS: Final = timedelta(minutes=3)
PAYMENTS_AT_ONCE: Final = 20  # in one order
ASKED_AGAIN: Final = (  # when a bank or payee that did not answer is asked for the status
    timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=3), timedelta(minutes=15), timedelta(hours=1),
)  # fmt: skip
