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


INSURANCE: Final[dict[str, Any]] = {
    "certificate_no": "BH-0108500001",
    "insurer": "Bảo hiểm Mẫu Sông Hồng",
    "holder_name": "Nguyễn Văn An",
    "holder_personal_number": AN,
    "plate": "59X3-123.45",
    "chassis_no": "RLHJF5801DY123456",
    "valid_from": "2026-05-01",
    "valid_until": "2027-05-01",
    "premium": 66_000,
    "status": "valid",
}
CARD: Final[dict[str, Any]] = {
    "card_no": "DN4010123456789",
    "full_name": "Nguyễn Văn An",
    "birth_date": "1985-03-12",
    "sex": "M",
    "personal_number": AN,
    "category": "DN",
    "benefit": 4,
    "province": "Hà Nội",
    "first_facility": {"code": "01029", "name": "Trạm y tế Phường Hoàn Kiếm"},
    "valid_from": "2026-01-01",
    "valid_until": "2026-12-31",
    "five_years_from": "2024-01-01",
    "issuer": "Bảo hiểm xã hội Hà Nội",
    "status": "valid",
}
RECORD: Final[dict[str, Any]] = {
    "social_insurance_no": "0123456789",
    "full_name": "Nguyễn Văn An",
    "birth_date": "1985-03-12",
    "personal_number": AN,
    "issued_on": "2008-02-15",
    "issuer": "Bảo hiểm xã hội Hà Nội",
    "months": 99,
    "periods": [
        {"from": "2015-01", "to": "2019-12", "employer": "Công ty TNHH Mẫu", "salary": 9_000_000},
        {"from": "2008-02", "to": "2011-04", "employer": "Trường Mẫu", "salary": 5_000_000},
    ],
    "status": "valid",
}
CERTIFICATE: Final[dict[str, Any]] = {
    "type": "practice-certificate",
    "number": "CC0108500001",
    "holder": {"name": "Nguyễn Văn An", "birth_date": "1985-03-12", "personal_number": AN},
    "status": "valid",
    "issued_on": "2024-03-01",
    "valid_until": "2029-03-01",
    "issuer": "Sở Xây dựng Hà Nội",
    "fields": {
        "field": "Thiết kế kiến trúc công trình",
        "grade": "II",
        "works": 12,
        "since": "2019-05-01",
        "abroad": False,
    },
}
