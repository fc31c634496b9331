"""What a bank or a biller answers to an order to move money, whatever its own words are.

Four of these are ``core.outside``'s two and two of our own; callers match all:

* ``Done`` and ``NotDone`` are final;
* ``NotFound`` is the answer to a status inquiry alone: nothing has arrived under this reference;
* ``Unavailable``: nothing was done, ask later; ``Unknown``, a promise to do it later among it: ask for the status.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from eid_portal.core.outside import Accepted, Outcome, Refused, Unavailable, Unknown

PROCESSING: Final = Unknown("processing")
# Words for why no money will move, that may come as a refusal of the call too.
FINAL: Final = frozenset(
    {
        "no_money", "account_closed", "consent_ended", "limit", "not_found",
        "already_paid", "withdrawn", "amount_changed",
    }
)  # fmt: skip
_LONGEST: Final = 64
_LONGEST_CODE: Final = 80


@dataclass(frozen=True, slots=True)
class Done:
    """The money moved; ``reference`` is the other side's own for it."""

    reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotDone:
    """No money moved and none will; ``code`` is the other side's word for why."""

    code: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nothing has arrived under the reference."""


Answer = Done | NotDone | NotFound | Unavailable | Unknown


def read(outcome: Outcome, *, named: str, is_inquiry: bool) -> Answer:
    """What an answer means; ``named`` is its field with the other side's reference.

    A refusal of a first call is final; one of an inquiry says nothing of the money, unless that nothing has arrived.
    """
    match outcome:
        case Accepted(data):
            return _read(data, named)
        case Refused("not_found") if is_inquiry:
            return NotFound()
        case Refused(code) if code in FINAL and not is_inquiry:
            return NotDone(code)
        case Refused(code):  # of the call, not of the money
            return Unknown(f"refused_{code}"[:_LONGEST_CODE])
        case Unavailable() | Unknown():
            return outcome


def _read(data: dict[str, Any], named: str) -> Answer:
    reference, code = data.get(named), data.get("code")
    match data.get("state"):
        case "done" if isinstance(reference, str) and 0 < len(reference) <= _LONGEST:
            return Done(reference)
        case "refused" if isinstance(code, str) and 0 < len(code) <= _LONGEST_CODE:
            return NotDone(code)
        case "processing":
            return PROCESSING
        case _:
            return Unknown("malformed_answer")
