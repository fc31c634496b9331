"""The libraries' register of readers."""

from typing import Any, Final

from documents.gateways import wire
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.gateways.wire import Fields
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown

PARTY: Final = "libraries"
NAME: Final[Any] = "Register of readers"
CORRECTS: Final[Any] = "The library"
TAG: Final = "eid-libraries"
TYPES: Final = {"reader_card": "READER_CARD"}


def look_up_call(kind: str, number: str, holder: Holder) -> Call:
    """See ``gateways.base``."""
    payload = {"card_no": number, "personal_number": holder.personal_number}
    return Call(method="POST", path="/v1/readers/lookup", payload=payload, tag=TAG)


def read_look_up(
    kind: str, number: str, outcome: Outcome
) -> Read | NotThere | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.looked_up(outcome, "reader", _reader, lambda paper: paper.number == number)


def search_call(holder: Holder) -> Call | None:
    """See ``gateways.base``."""
    return Call(method="POST", path="/v1/search", payload=wire.person(holder), tag=TAG)


def read_search(outcome: Outcome) -> ReadMany | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.searched(outcome, {"readers": _reader})


def correction_call(wrong: Wrong) -> Call:
    """See ``gateways.base``."""
    return wire.correction_call(wrong, type_="reader_card", tag=TAG)


def read_correction(outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.read_correction(outcome)


def _reader(fields: Fields) -> RegistryPaper:
    return RegistryPaper(
        kind="READER_CARD",
        number=fields.digits("card_no", 12),
        holder_name=fields.text("full_name"),
        holder_birth_date=fields.day("birth_date"),
        holder_number=fields.digits("personal_number", 12),
        status=fields.status(),
        issued_on=None,
        expires_on=fields.day("valid_until"),
        issuer="National Library",
        values={"shelf": fields.text("shelf"), "books": fields.whole("books", 0, 100)},
    )
