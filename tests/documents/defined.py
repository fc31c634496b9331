"""A kind of paper as an administrator defines it."""

from datetime import UTC, datetime
from typing import Any, Final

from documents.gateways.definitions import DefinedField
from documents.models import DefinedKind
from documents.services import defining
from documents.services.defining import Defined
from eid_portal.core.events import SYSTEM

NOW: Final = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
PRACTICE: Final = "PRACTICE_CERTIFICATE"
FIELDS: Final = (
    DefinedField(code="field", label="Lĩnh vực", label_en="Field", sort="text", level="MINIMUM"),
    DefinedField(code="grade", label="Hạng", label_en="Grade", sort="text", level="BASIC"),
    DefinedField(
        code="works", label="Số công trình", label_en="Works", sort="number", level="FULL"
    ),
    DefinedField(code="since", label="Hành nghề từ", label_en="Since", sort="date", level="FULL"),
    DefinedField(
        code="abroad", label="Ở nước ngoài", label_en="Abroad", sort="yes_no", level="FULL"
    ),
)


def practice_certificate(**values: Any) -> Defined:
    """What the administrator typed."""
    typed: dict[str, Any] = {
        "code": PRACTICE,
        "name": "Chứng chỉ hành nghề xây dựng",
        "name_en": "Construction practice certificate",
        "issuer": "Sở Xây dựng",
        "issuer_en": "Department of Construction",
        "registry": "certificates",
        "wire_type": "practice-certificate",
        "number_pattern": r"CC\d{10}",
        "number_hint": "CC và 10 chữ số",
        "number_hint_en": "CC and 10 digits",
        "fields": FIELDS,
        "compared": ("personal_number", "name", "birth_date"),
    }
    return Defined(**typed | values)


def define(**values: Any) -> DefinedKind:
    """The same, defined."""
    return defining.define(practice_certificate(**values), actor=SYSTEM, now=NOW)
