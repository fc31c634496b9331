"""The rule by which the last three digits of an amount choose what a bank or a biller does with it."""

from enum import StrEnum
from typing import Final

from eid_portal.sandbox import money


class Outcome(StrEnum):
    """What happens when money is asked to move."""

    DONE = "done"
    NO_MONEY = "refused: no_money"
    ACCOUNT_CLOSED = "refused: account_closed"
    LIMIT = "refused: limit"
    ALREADY_PAID = "refused: already_paid, and so it is from then on"
    WITHDRAWN = "refused: withdrawn, and so it is from then on"
    AMOUNT_CHANGED = "refused: amount_changed; it is 500 đồng more from then on"
    NOT_FOUND = "refused: not_found"
    SLOW = "done, answered after 3 seconds"
    SILENT_DONE = "done, but no answer"
    SILENT_LOST = "never done, and no answer"
    DROPPED = "done, then the connection drops"
    TEN_REPORTS = "done, and reported ten times"
    REPORT_FIRST = "done, and reported before the answer"
    OTHER_KEY = "done, and the answer is signed with another key"
    PROCESSING = "processing, done and reported after 5 seconds"
    GARBAGE = "done, and the answer is garbage"
    OTHER_REFERENCE = "done, and the answer is about another reference"


_SWITCH: Final = {
    101: Outcome.NO_MONEY,
    102: Outcome.ACCOUNT_CLOSED,
    103: Outcome.SLOW,
    104: Outcome.SILENT_DONE,
    105: Outcome.SILENT_LOST,
    106: Outcome.DROPPED,
    107: Outcome.TEN_REPORTS,
    108: Outcome.REPORT_FIRST,
    109: Outcome.OTHER_KEY,
    110: Outcome.PROCESSING,
    111: Outcome.GARBAGE,
    112: Outcome.LIMIT,
    113: Outcome.OTHER_REFERENCE,
}
_BILLER: Final = {
    201: Outcome.ALREADY_PAID,
    202: Outcome.WITHDRAWN,
    203: Outcome.AMOUNT_CHANGED,
    204: Outcome.SILENT_DONE,
    205: Outcome.SILENT_LOST,
    206: Outcome.DROPPED,
    207: Outcome.TEN_REPORTS,
    208: Outcome.REPORT_FIRST,
    209: Outcome.OTHER_KEY,
    210: Outcome.PROCESSING,
    211: Outcome.GARBAGE,
    212: Outcome.NOT_FOUND,
    213: Outcome.SLOW,
    214: Outcome.OTHER_REFERENCE,
}
REFUSALS: Final = {
    Outcome.NO_MONEY: "no_money",
    Outcome.ACCOUNT_CLOSED: "account_closed",
    Outcome.LIMIT: "limit",
    Outcome.ALREADY_PAID: "already_paid",
    Outcome.WITHDRAWN: "withdrawn",
    Outcome.AMOUNT_CHANGED: "amount_changed",
    Outcome.NOT_FOUND: "not_found",
}


def table(party: str) -> dict[int, Outcome]:
    """What a party's amounts choose, by their last three digits."""
    return _SWITCH if party == money.SWITCH else _BILLER


def of(party: str, amount: int) -> Outcome:
    """What a party does with an amount."""
    return table(party).get(amount % 1000, Outcome.DONE)
