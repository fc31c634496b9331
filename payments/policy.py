"""Numbers of payments, each with its source. Prices, limits and fees are effective-dated rows: see ``Tariff``."""

from datetime import timedelta
from typing import Final

# --- All of these are ours --------------------------------------------------------------------------
DRAFT_LASTS: Final = timedelta(minutes=15)
CODE_LASTS: Final = timedelta(minutes=3)
PAYMENTS_AT_ONCE: Final = 20  # in one order
ASKED_AGAIN: Final = (  # when a bank or payee that did not answer is asked for the status
    timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=3), timedelta(minutes=15), timedelta(hours=1),
)  # fmt: skip
