"""Answers of registries as their wire says, about made-up people."""

import copy
from typing import Any, Final

AN: Final = "001085000001"

LICENCE: Final[dict[str, Any]] = {
    "licence_no": "790123456767",
    "full_name": "Nguyễn Văn An",
    "birth_date": "1985-03-12",
    "personal_number": AN,
    "status": "valid",
    "issued_on": "2025-06-09",
    "issuer": "Phòng Cảnh sát giao thông Hà Nội",
    "address": "Số 12 Phố Thử Nghiệm, Phường Hoàn Kiếm, Hà Nội",
    "old_form": False,
    "classes": [
        {"class": "A1", "passed_on": "2004-05-10", "valid_until": None},
        {"class": "B", "passed_on": "2011-06-08", "valid_until": "2035-06-09"},
    ],
    "points": 12,
}
VEHICLE: Final[dict[str, Any]] = {
    "plate": "59X3-123.45",
    "vehicle_type": "motorcycle",
    "plate_colour": "white",
    "owner_name": "NGUYỄN VĂN AN",
    "owner_birth_date": "1985-03-12",
    "owner_personal_number": AN,
    "owner_address": "Số 12 Phố Thử Nghiệm, Phường Hoàn Kiếm, Hà Nội",
    "brand": "HONDA",
    "model": "Vision",
    "colour": "Đỏ đen",
    "chassis_no": "RLHJF5801DY123456",
    "engine_no": "JF58E0123456",
    "year": 2023,
    "seats": 2,
    "cylinder_cc": 110,
    "power_kw": None,
    "first_registered_on": "2023-09-01",
    "registered_on": "2023-09-01",
    "issuer": "Phòng Cảnh sát giao thông Hà Nội",
    "valid_until": None,
    "status": "valid",
}


def changed(sample: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A copy of an answer with some of its fields changed."""
    return copy.deepcopy(sample) | values


def without(sample: dict[str, Any], field: str) -> dict[str, Any]:
    """A copy of an answer without one of its fields."""
    return {name: value for name, value in copy.deepcopy(sample).items() if name != field}
