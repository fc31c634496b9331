"""Numbers of payments, each with its source. Prices, limits and fees are effective-dated rows: see ``Tariff``."""

from datetime import timedelta
from typing import Final

from eid_portal.core.limits import Limit

# --- All of these are ours --------------------------------------------------------------------------
SCHEDULED_AHEAD: Final = timedelta(
    hours=24
)  # a payer is told so long before a bill is paid by itself
DRAFT_LASTS: Final = timedelta(minutes=15)
CODE_LASTS: Final = timedelta(minutes=3)
NAME_HOLDS: Final = timedelta(hours=1)  # as the payee's bank told it, for a transfer begun again
PAYMENTS_AT_ONCE: Final = 20  # in one order
# When a bank or payee that did not answer is asked for the status; then again and again after the last.
ASKED_AGAIN: Final = (
    timedelta(seconds=3), timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=30),
    timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1),
)  # fmt: skip
# Twice sent under one reference, twice without an answer, and then unknown to who was asked: it did not arrive.
SILENT_TWICE: Final = 2
REACHED_AGAIN: Final = timedelta(seconds=15)  # the longest wait for who cannot be reached at all
BANK_WAITED_FOR: Final = timedelta(minutes=10)  # nothing was sent: then the order ends unpaid
NEW_DEVICE: Final = timedelta(
    hours=24
)  # so long after it was first seen, unless its owner said: it was me
PROPOSAL_LASTS: Final = timedelta(days=3)  # a refund, settlement or adjustment nobody decides about
# Files of a day are fetched and compared once they are whole.
FILES_FROM: Final = timedelta(hours=1)  # after midnight
FILE_AGAIN: Final = timedelta(minutes=15)  # one that is not there yet
FILE_MOST: Final = 200_000_000  # bytes
LINE_MOST: Final = 4_000  # bytes of a line of CSV
EDGE: Final = timedelta(minutes=15)  # before midnight: what they may have on the next day
LATE_AFTER: Final = timedelta(hours=1)  # and on another day: worth a look
LINK_LASTS: Final = timedelta(minutes=30)  # from going to the bank to coming back
LINKS_MOST: Final = 10  # bank accounts of one person
TRANSFERS_STOPPED: Final = timedelta(hours=24)  # by who was told to send money
STOP_TOLD_AGAIN: Final = timedelta(hours=1)  # one more press before then is told in the inbox alone
NAME_ASKED: Final = Limit(name="payments.name_asked", allowed=60, per=timedelta(hours=1))
NAME_COMPARED: Final = Limit(name="payments.name_compared", allowed=10, per=timedelta(days=1))
BEGIN_LINK: Final = Limit(name="payments.begin_link", allowed=10, per=timedelta(hours=1))

CODES_MOST: Final = 30  # customer codes that one person has saved
# Whoever has a code sees what is to be paid under it, so codes are not to be tried one after another.
FIND_BILLS: Final = Limit(name="payments.find_bills", allowed=20, per=timedelta(hours=1))
FRESH: Final = timedelta(hours=24)  # bills that were asked for longer ago are asked for again
DUE_SOON: Final = timedelta(days=7)  # before its last day a bill stands on the first page
REMINDED: Final = (timedelta(days=3), timedelta(days=1))  # before the last day, once each
SAME_CHECK: Final = timedelta(seconds=10)  # presses of the button on a receipt's code
RECEIPTS: Final = Limit(  # documents drawn and signed
    name="payments.receipts", allowed=60, per=timedelta(hours=1), store="redis"
)
READ_PICTURE: Final = Limit(  # of codes; each is unpacked and searched
    name="payments.read_picture", allowed=30, per=timedelta(minutes=10), store="redis"
)
# A dispute: what we promise of ourselves; no rule gives a period for payments through the portal.
DISPUTABLE: Final = timedelta(days=90)  # so long after it was paid
DISPUTE_WORKING_DAYS: Final = 10  # until it is answered, the day it came not counted
DISPUTE_NEAR: Final = timedelta(days=3)  # before that day it stands out for who answers
DISPUTE: Final = Limit(name="payments.dispute", allowed=10, per=timedelta(days=1))

# --- Where electricity is supplied (ours) ---------------------------------------------------------
SUPPLY_HOLDS: Final = timedelta(days=30)  # then the company is asked again
