"""The register of vehicles and their plates."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from documents.gateways import wire
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.gateways.wire import Fields
from documents.rules import numbers, plates
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown

PARTY: Final = "vehicle-register"
NAME: Final[Any] = _("Vehicle register")
CORRECTS: Final[Any] = _("Traffic Police Department")
TAG: Final = "eid-vehicle-register"
VEHICLE: Final = "VEHICLE_REGISTRATION"
TYPES: Final = {"vehicle": VEHICLE}  # the registry's word, our kind
_VEHICLES: Final = frozenset(plates.Vehicle)
_COLOURS: Final = frozenset(plates.Colour)


def look_up_call(kind: str, number: str, holder: Holder) -> Call:
    """See ``gateways.base``."""
    return Call(
        method="POST",
        path="/v1/vehicles/lookup",
        payload={"plate": number, "personal_number": holder.personal_number},
        tag=TAG,
    )


def read_look_up(
    kind: str, number: str, outcome: Outcome
) -> Read | NotThere | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.looked_up(outcome, "vehicle", _vehicle, lambda paper: paper.number == number)


def search_call(holder: Holder) -> Call | None:
    """See ``gateways.base``."""
    return Call(method="POST", path="/v1/vehicles/search", payload=wire.person(holder), tag=TAG)


def read_search(outcome: Outcome) -> ReadMany | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.searched(outcome, {"vehicles": _vehicle})


def correction_call(wrong: Wrong) -> Call:
    """See ``gateways.base``."""
    return wire.correction_call(wrong, type_="vehicle", tag=TAG)


def read_correction(outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.read_correction(outcome)


def _vehicle(fields: Fields) -> RegistryPaper:
    owner = fields.is_null("owner_personal_number")
    return RegistryPaper(
        kind=VEHICLE,
        number=fields.number("plate", plates.normal),
        holder_name=fields.text("owner_name"),
        holder_birth_date=fields.day_or_none("owner_birth_date"),
        holder_number=None if owner else fields.digits("owner_personal_number", 9, 12),
        status=fields.status(),
        issued_on=fields.day("registered_on"),
        expires_on=fields.day_or_none("valid_until"),
        issuer=fields.text("issuer"),
        values={
            "vehicle_type": fields.one_of("vehicle_type", _VEHICLES),
            "plate_colour": fields.one_of("plate_colour", _COLOURS),
            "address": fields.text("owner_address"),
            "brand": fields.text("brand", longest=60),
            "model": fields.text("model", longest=60),
            "colour": fields.text("colour", longest=60),
            "chassis_no": fields.number("chassis_no", numbers.chassis),
            "engine_no": fields.text("engine_no", longest=40),
            "year": fields.whole("year", 1900, 2100),
            "seats": fields.whole("seats", 0, 200),
            "cylinder_cc": _whole(fields, "cylinder_cc", 50_000),
            "power_kw": _whole(fields, "power_kw", 5_000),
            "first_registered_on": fields.day("first_registered_on").isoformat(),
        },
    )


def _whole(fields: Fields, name: str, high: int) -> int | None:
    return None if fields.is_null(name) else fields.whole(name, 1, high)
