"""Compulsory civil-liability insurance of motor vehicles: ``{"certificate_no", "insurer", "plate", "premium", …}``."""

import re
from datetime import date, timedelta
from typing import Final

from eid_portal.sandbox import cards, data, wire
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import (
    Document,
    Kind,
    Registry,
    Written,
    from_ten_digits,
    grain,
    ten_digits,
)
from eid_portal.sandbox.registries import vehicle_register

_INSURERS: Final = ("Bảo hiểm Mẫu Sông Hồng", "Bảo hiểm Mẫu Trường Sơn", "Bảo hiểm Mẫu Cửu Long")
_MOTORCYCLE, _CAR = 66_000, 480_700  # đồng a year with tax (Decree 67/2023/NĐ-CP)
_CARS: Final = {"BH0108512345": "30K12391"}  # certificates of written cars


def _number(person: Person) -> str:
    return f"BH{ten_digits(person, 'insurance')}"


def _in_number(number: str) -> str | None:
    made = re.fullmatch(r"BH(\d{10})", number, re.ASCII)
    return from_ten_digits(made[1]) if made else None


def _make(person: Person, number: str, today: date) -> Document:
    plate = _CARS.get(number) or vehicle_register.motorcycle_plate(person)
    begun = date(today.year - 1, 1, 1) + timedelta(days=grain(number, 365))
    while cards.birthday(begun, 1) <= today:
        begun = cards.birthday(begun, 1)
    return {
        "certificate_no": number,
        "insurer": _INSURERS[grain(number, len(_INSURERS))],
        "holder_name": data.register_name(person),
        "holder_personal_number": person.number,
        "plate": plate,
        "chassis_no": vehicle_register.chassis(plate),
        "valid_from": begun.isoformat(),
        "valid_until": cards.birthday(begun, 1).isoformat(),
        "premium": _CAR if number in _CARS else _MOTORCYCLE,
        "status": "valid",
    }


PARTY: Final = "motor-insurance"
REGISTRY: Final = Registry(
    party=PARTY,
    name="Compulsory motor insurance",
    vietnamese="Bảo hiểm bắt buộc trách nhiệm dân sự của chủ xe",
    office="Doanh nghiệp bảo hiểm đã cấp giấy chứng nhận",
    search="/v1/certificates/search",
    kinds=(
        Kind(
            type="certificate",
            one="certificate",
            many="certificates",
            asked="certificate_no",
            look_up="/v1/certificates/lookup",
            pattern=re.compile(r"(?=.*\d\d)[0-9A-ZĐ/]{6,24}", re.ASCII),
            number=_number,
            in_number=_in_number,
            holds=vehicle_register.rides,
            make=_make,
            name=("holder_name",),
            birth_date=(),
            holder=("holder_personal_number",),
            written={number: Written("001085000001") for number in _CARS},
        ),
    ),
)
ROUTES: Final = wire.signed_routes(REGISTRY)
