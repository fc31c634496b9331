"""The outside world of payments: the switch that speaks for all banks, and the billers.

``outcomes`` says which amount does what; ``books`` holds what was asked and done, by reference.
"""

from typing import Final

SWITCH: Final = "napas"
BILLERS: Final = ("evn", "water", "health-premiums", "social-premiums", "treasury", "bill-hub")
PARTIES: Final = (SWITCH, *BILLERS)
EVENTS_TAG: Final = "eid-payment-events"
