"""Where a person's electricity contract supplies: asked of the electricity company by the personal number on it."""

from dataclasses import dataclass, field
from typing import Final

from eid_portal.core import outside
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown
from payments.gateways import base
from payments.gateways.base import Fields, Malformed, NotFound

PARTY: Final = "evn"
PATIENCE: Final = 1.5  # seconds: somebody waits, and can type it instead
_LONGEST: Final = {"line": 200, "commune": 100, "province": 60}


@dataclass(frozen=True, slots=True)
class Supplied:
    """``{province, commune, line}`` of the newest contract."""

    address: dict[str, str] = field(repr=False)


def call(personal_number: str) -> Call:
    """Ask for the contract that carries a personal number."""
    asked = base.post(PARTY, "contracts/of-person", {"personal_number": personal_number})
    return outside.patient(asked, PATIENCE)


def read(outcome: Outcome) -> Supplied | NotFound | Unavailable | Unknown:
    """The address of an answer."""
    return base.read(outcome, _supplied)


def _supplied(fields: Fields) -> Supplied | NotFound:
    found = fields.objects("contracts", most=50)
    if not found:
        return NotFound()
    where = Fields(found[0].get("address"), "address")
    address = {name: where.text(name, longest=longest) for name, longest in _LONGEST.items()}
    if not all(address.values()):
        raise Malformed("address")
    return Supplied(address)
