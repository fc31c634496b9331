"""The register of certificates, for kinds of papers that an administrator defines."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from documents.enums import FieldSort
from documents.gateways import definitions, wire
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.gateways.definitions import Definition
from documents.gateways.wire import Fields, Malformed
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core import patterns
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown

PARTY: Final = "certificates"
NAME: Final[Any] = _("Register of certificates")
CORRECTS: Final[Any] = _("The body that issued the certificate")
TAG: Final = "eid-certificates"
DEFINED: Final = True  # kinds of papers may be defined for this registry
_TYPE: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LARGEST: Final = 10**15  # a whole number that every reader of JSON keeps exactly


class NoSuchType(LookupError):
    """No kind of that code is defined for this registry."""


def look_up_call(kind: str, number: str, holder: Holder) -> Call:
    """See ``gateways.base``.

    Raises:
        NoSuchType: see the class.
    """
    return Call(
        method="POST",
        path="/v1/lookup",
        payload={
            "type": _defined(kind).wire_type,
            "number": number,
            "personal_number": holder.personal_number,
        },
        tag=TAG,
    )


def read_look_up(
    kind: str, number: str, outcome: Outcome
) -> Read | NotThere | Unavailable | Unknown:
    """See ``gateways.base``.

    Raises:
        NoSuchType: see the class.
    """
    definition = _defined(kind)
    return wire.looked_up(
        outcome,
        "certificate",
        lambda fields: _certificate(fields, definition),
        lambda paper: paper.number == number,
    )


def search_call(holder: Holder) -> Call | None:
    """See ``gateways.base``."""
    return Call(method="POST", path="/v1/search", payload=wire.person(holder), tag=TAG)


def read_search(outcome: Outcome) -> ReadMany | Unavailable | Unknown:
    """See ``gateways.base``; certificates of types that nobody defined here are passed over."""
    return wire.searched(outcome, {"certificates": _of_defined_type})


def correction_call(wrong: Wrong) -> Call:
    """See ``gateways.base``.

    Raises:
        NoSuchType: see the class.
    """
    return wire.correction_call(wrong, type_=_defined(wrong.kind).wire_type, tag=TAG)


def read_correction(outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.read_correction(outcome)


def _defined(kind: str) -> Definition:
    definition = definitions.find(kind)
    if definition is None or definition.registry != PARTY:
        raise NoSuchType(kind)
    return definition


def _of_defined_type(fields: Fields) -> RegistryPaper | None:
    type_ = fields.text("type", longest=40)
    if not _TYPE.fullmatch(type_):
        raise Malformed("type")
    definition = definitions.of_wire_type(PARTY, type_)
    if definition is None or not definition.in_use:
        return None
    return _certificate(fields, definition)


def _certificate(fields: Fields, definition: Definition) -> RegistryPaper:
    if fields.text("type", longest=40) != definition.wire_type:
        raise Malformed("type")
    holder = fields.object("holder")
    inner = fields.object("fields")
    return RegistryPaper(
        kind=definition.code,
        number=patterns.compact(fields.text("number", longest=60)),
        holder_name=holder.text("name"),
        holder_birth_date=holder.day_or_none("birth_date"),
        holder_number=(
            None if holder.is_null("personal_number") else holder.digits("personal_number", 9, 12)
        ),
        status=fields.status(),
        issued_on=fields.day("issued_on"),
        expires_on=fields.day_or_none("valid_until"),
        issuer=fields.text("issuer"),
        values={
            each.code: READ[FieldSort(each.sort)](inner, each.code)
            for each in definition.fields
            if inner.has(each.code)
        },
    )


def _day(fields: Fields, name: str) -> str:
    day: date = fields.day(name)
    return day.isoformat()


# What an administrator asks for and the registry does not have is left out; what it has must be of its sort.
READ: Final[dict[FieldSort, Callable[[Fields, str], Any]]] = {
    FieldSort.TEXT: lambda fields, name: fields.text(name),
    FieldSort.NUMBER: lambda fields, name: fields.whole(name, -_LARGEST, _LARGEST),
    FieldSort.DATE: _day,
    FieldSort.YES_NO: lambda fields, name: fields.yes(name),
}
