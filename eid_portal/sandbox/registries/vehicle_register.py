"""Vehicles, of the register: ``{"plate", "vehicle_type", "owner_name", …, "chassis_no", …, "valid_until"}``."""

import re
from datetime import date, timedelta
from typing import Final

from eid_portal.sandbox import wire
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import (
    Document,
    Kind,
    Registry,
    Written,
    address,
    age,
    day_of,
    grain,
    holder,
    letters,
    place,
)

_ADULT: Final = 18
_SERIES: Final = "ABCDEFGHKLMNPSTUVXYZ"  # R is for trailers
_LETTER: Final = "[A-HK-NPR-VX-ZĐ]"
_TWO_WHEELS: Final = rf"[1-9]\d(?:MĐ\d|{_LETTER}{{2}}|{_LETTER}\d)\d{{4,5}}"
_PLATE: Final = re.compile(
    rf"{_TWO_WHEELS}|[1-9]\d{_LETTER}{{1,2}}\d{{4,5}}"
    r"|[1-9]\d{4}(?:NG|NN|QT|CV)\d{2}|[A-HK-NP-VX-Z]{2}\d{4}",
    re.ASCII,
)
_VIN: Final = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
# Of each province in personal numbers, one of its plate series (Circular 79/2024/TT-BCA).
_PLATES: Final = {
    "001": "29", "002": "23", "004": "11", "006": "97", "008": "22", "010": "24", "011": "27", "012": "25",
    "014": "26", "015": "21", "017": "28", "019": "20", "020": "12", "022": "14", "024": "98", "025": "19",
    "026": "88", "027": "99", "030": "34", "031": "15", "033": "89", "034": "17", "035": "90", "036": "18",
    "037": "35", "038": "36", "040": "37", "042": "38", "044": "73", "045": "74", "046": "75", "048": "43",
    "049": "92", "051": "76", "052": "77", "054": "78", "056": "79", "058": "85", "060": "86", "062": "82",
    "064": "81", "066": "47", "067": "48", "068": "49", "070": "93", "072": "70", "074": "61", "075": "60",
    "077": "72", "079": "59", "080": "62", "082": "63", "083": "71", "084": "84", "086": "64", "087": "66",
    "089": "67", "091": "68", "092": "65", "093": "95", "094": "83", "095": "94", "096": "69",
}  # fmt: skip
_PROVINCES: Final = {plate: code for code, plate in _PLATES.items()}
_MOTORCYCLES: Final = (
    ("Honda", "Wave Alpha", 110),
    ("Honda", "Vision", 110),
    ("Yamaha", "Sirius", 115),
)
_CARS: Final = (("Toyota", "Vios", 1496), ("Hyundai", "Accent", 1497), ("Mazda", "CX-5", 1998))
_COLOURS: Final = ("Đen", "Trắng", "Đỏ", "Xám", "Xanh")


def motorcycle_plate(person: Person) -> str:
    """The series says sex, century, year and serial; the last two digits choose nothing."""
    series, rest = divmod(int(person.number[3:6]) * 100 + int(person.number[-2:]), 1000)
    second, first = divmod(series, len(_SERIES))
    tail = grain(f"motorcycle{person.number}", 80)
    return f"{_PLATES[person.number[:3]]}{_SERIES[first]}{1 + second}{rest:03d}{tail:02d}"


def _in_motorcycle_plate(plate: str) -> str | None:
    if plate[:2] not in _PROVINCES or plate[2] not in _SERIES or plate[3] not in "12":
        return None
    series = _SERIES.index(plate[2]) + (int(plate[3]) - 1) * len(_SERIES)
    digits = f"{series:02d}{plate[4:7]}"
    return f"{_PROVINCES[plate[:2]]}{digits[:3]}0000{digits[3:]}"


def rides(person: Person, today: date) -> bool:
    """Most adults own a motorcycle."""
    return age(person, today) >= _ADULT and grain(f"rides{person.number}", 10) < 8  # noqa: PLR2004


def chassis(plate: str) -> str:
    """The seventeen characters of a vehicle's chassis number."""
    return f"RLH{letters(plate, 8, _VIN)}{grain(plate, 10**6):06d}"


def _is_motorcycle(plate: str) -> bool:
    """Five digits after one letter are a car's; an old motorcycle's plate reads the same, and is rarer."""
    one_letter = re.fullmatch(rf"\d\d{_LETTER}\d{{5}}", plate, re.ASCII)
    return not one_letter and re.fullmatch(_TWO_WHEELS, plate, re.ASCII) is not None


def _make(person: Person, plate: str, today: date) -> Document:
    motorcycle, trailer = _is_motorcycle(plate), plate[2] == "R"
    brand, model, cylinder = (_MOTORCYCLES if motorcycle else _CARS)[grain(plate, 3)]
    registered = day_of(plate, date(2016, 1, 4), min(date(2026, 6, 1), today - timedelta(days=30)))
    own = holder(person)
    return {
        "plate": plate,
        "vehicle_type": "trailer" if trailer else "motorcycle" if motorcycle else "car",
        "plate_colour": "white",
        "owner_name": own["full_name"],
        "owner_birth_date": own["birth_date"],
        "owner_personal_number": own["personal_number"],
        "owner_address": address(person),
        "brand": "Mẫu" if trailer else brand,
        "model": "Rơ moóc" if trailer else model,
        "colour": _COLOURS[grain(f"colour{plate}", len(_COLOURS))],
        "chassis_no": chassis(plate),
        "engine_no": letters(f"engine{plate}", 4, _VIN) + f"{grain(f'engine{plate}', 10**7):07d}",
        "year": registered.year,
        "seats": 0 if trailer else 2 if motorcycle else 5,
        "cylinder_cc": None if trailer else cylinder,
        "power_kw": None,
        "first_registered_on": registered.isoformat(),
        "registered_on": registered.isoformat(),
        "issuer": f"Phòng Cảnh sát giao thông, Công an {place(person)}",
        "valid_until": None,
        "status": "valid",
    }


PARTY: Final = "vehicle-register"
REGISTRY: Final = Registry(
    party=PARTY,
    name="Register of vehicles",
    vietnamese="Đăng ký xe, Cục Cảnh sát giao thông",
    office="Phòng Cảnh sát giao thông nơi đăng ký xe",
    search="/v1/vehicles/search",
    kinds=(
        Kind(
            type="vehicle",
            one="vehicle",
            many="vehicles",
            asked="plate",
            look_up="/v1/vehicles/lookup",
            pattern=_PLATE,
            number=motorcycle_plate,
            in_number=_in_motorcycle_plate,
            holds=rides,
            make=_make,
            name=("owner_name",),
            birth_date=("owner_birth_date",),
            holder=("owner_personal_number",),
            written={
                "30K12391": Written("001085000001"),
                "51G23456": Written("079191000030"),
            },
        ),
    ),
)
ROUTES: Final = wire.signed_routes(REGISTRY)
