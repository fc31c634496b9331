"""The insurers' common register of compulsory liability insurance of motor vehicles."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from documents.gateways import wire
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.gateways.wire import Fields, Malformed
from documents.rules import numbers, plates
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown

PARTY: Final = "motor-insurance"
NAME: Final[Any] = _("Register of motor insurance")
CORRECTS: Final[Any] = _("The insurer who issued the certificate")
TAG: Final = "eid-motor-insurance"
CERTIFICATE: Final = "MOTOR_INSURANCE"
TYPES: Final = {"certificate": CERTIFICATE}  # the registry's word, our kind
DEAREST: Final = 1_000_000_000  # đồng; a dearer premium is a mistake


def look_up_call(kind: str, number: str, holder: Holder) -> Call:
    """See ``gateways.base``."""
    return Call(
        method="POST",
        path="/v1/certificates/lookup",
        payload={"certificate_no": number, "personal_number": holder.personal_number},
        tag=TAG,
    )


def read_look_up(
    kind: str, number: str, outcome: Outcome
) -> Read | NotThere | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.looked_up(
        outcome, "certificate", _certificate, lambda paper: paper.number == number
    )


def search_call(holder: Holder) -> Call | None:
    """See ``gateways.base``."""
    return Call(method="POST", path="/v1/certificates/search", payload=wire.person(holder), tag=TAG)


def read_search(outcome: Outcome) -> ReadMany | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.searched(outcome, {"certificates": _certificate})


def correction_call(wrong: Wrong) -> Call:
    """See ``gateways.base``."""
    return wire.correction_call(wrong, type_="certificate", tag=TAG)


def read_correction(outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.read_correction(outcome)


def _certificate(fields: Fields) -> RegistryPaper:
    unnumbered = fields.is_null("holder_personal_number")
    begins, ends = fields.day("valid_from"), fields.day("valid_until")
    if ends < begins:
        raise Malformed("valid_until")
    insurer = fields.text("insurer")
    return RegistryPaper(
        kind=CERTIFICATE,
        number=fields.number("certificate_no", numbers.insurance_certificate),
        holder_name=fields.text("holder_name"),
        holder_birth_date=None,  # such certificates have none
        holder_number=None if unnumbered else fields.digits("holder_personal_number", 9, 12),
        status=fields.status(),
        issued_on=None,
        expires_on=ends,
        issuer=insurer,
        values={
            "plate": fields.number("plate", plates.normal),
            "chassis_no": fields.number("chassis_no", numbers.chassis),
            "valid_from": begins.isoformat(),
            "premium": fields.whole("premium", 0, DEAREST),
        },
    )
