"""The traffic police's register of driver licences."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from documents import policy
from documents.gateways import wire
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.gateways.wire import Fields, Malformed
from documents.rules import licences
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown

PARTY: Final = "traffic-police"
NAME: Final[Any] = _("Traffic Police Department")
CORRECTS: Final[Any] = _("Traffic Police Department")
TAG: Final = "eid-traffic-police"
LICENCE: Final = "DRIVER_LICENCE"
TYPES: Final = {"licence": LICENCE}  # the registry's word, our kind
MOST_CLASSES: Final = 15


def look_up_call(kind: str, number: str, holder: Holder) -> Call:
    """See ``gateways.base``."""
    return Call(
        method="POST",
        path="/v1/licences/lookup",
        payload={"licence_no": number, "personal_number": holder.personal_number},
        tag=TAG,
    )


def read_look_up(
    kind: str, number: str, outcome: Outcome
) -> Read | NotThere | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.looked_up(outcome, "licence", _licence, lambda paper: paper.number == number)


def search_call(holder: Holder) -> Call | None:
    """See ``gateways.base``."""
    return Call(method="POST", path="/v1/licences/search", payload=wire.person(holder), tag=TAG)


def read_search(outcome: Outcome) -> ReadMany | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.searched(outcome, {"licences": _licence})


def correction_call(wrong: Wrong) -> Call:
    """See ``gateways.base``."""
    return wire.correction_call(wrong, type_="licence", tag=TAG)


def read_correction(outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.read_correction(outcome)


def _licence(fields: Fields) -> RegistryPaper:
    old_form = fields.yes("old_form")
    classes = [
        {
            "code": each.one_of("class", licences.known(old_form=old_form)),
            "passed_on": each.day("passed_on").isoformat(),
            "valid_until": _iso(each, "valid_until"),
        }
        for each in fields.many("classes", most=MOST_CLASSES)
    ]
    if not classes or len({each["code"] for each in classes}) < len(classes):
        raise Malformed("classes")
    return RegistryPaper(
        kind=LICENCE,
        number=fields.number("licence_no", licences.number),
        holder_name=fields.text("full_name"),
        holder_birth_date=fields.day("birth_date"),
        holder_number=fields.digits("personal_number", 9, 12),
        status=fields.status(),
        issued_on=fields.day("issued_on"),
        expires_on=None,  # each class has its own end
        issuer=fields.text("issuer"),
        values={
            "old_form": old_form,
            "classes": classes,
            "points": fields.whole("points", 0, policy.LICENCE_POINTS),
            "address": fields.text("address"),
        },
    )


def _iso(fields: Fields, name: str) -> str | None:
    day = fields.day_or_none(name)
    return None if day is None else day.isoformat()
