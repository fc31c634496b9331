"""Billers that an administrator keeps: one that needs no code is added, what others stand on does not change."""

from dataclasses import replace
from typing import Any

import pytest

from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from payments.enums import BillerKind
from payments.models import Biller
from payments.services import billers
from payments.services.billers import BillerRefused, Defined

pytestmark = pytest.mark.django_db
PARKING = Defined(
    code="parking-hcmc",
    name="Bãi xe mẫu",
    name_en="Sample car park",
    short_name="Bai xe mau",
    code_pattern=r"BX\d{6}",
    code_hint="BX và 6 chữ số",
    code_hint_en="BX and 6 digits",
    by_person=False,
)


def keep(*, is_new: bool = True, **columns: Any) -> Biller:
    return billers.keep(replace(PARKING, **columns), is_new=is_new, actor=SYSTEM, now=clock.now())


def events() -> list[dict[str, Any]]:
    return [
        row.data
        for row in AuditEvent.objects.filter(name="payments.biller_kept").order_by("recorded_at")
    ]


def test_a_biller_is_added_without_code() -> None:
    row = keep()
    assert (row.kind, row.party, row.in_use) == (BillerKind.DEFINED, "bill-hub", True)
    assert [(event["biller"], event["added"]) for event in events()] == [("parking-hcmc", True)]


def test_it_is_changed_and_taken_out_of_use() -> None:
    keep()
    keep(is_new=False, name="Bãi xe khác")
    keep(is_new=False, name="Bãi xe khác", in_use=False)
    keep(is_new=False, name="Bãi xe khác", in_use=False)

    row = Biller.objects.get(code="parking-hcmc")
    assert (row.name, row.in_use) == ("Bãi xe khác", False)
    assert [event["columns"] for event in events()][1:] == [["name"], ["in_use"]]


def test_what_a_built_in_biller_is_stays() -> None:
    row = keep(is_new=False, code="evn-hcmc", code_pattern=r"PE[A-Z0-9]{11}")
    assert (row.kind, row.party, row.name) == (BillerKind.ELECTRICITY, "evn", "Bãi xe mẫu")


@pytest.mark.parametrize("code", ["parking-hcmc", "evn-hcmc"])
def test_a_code_is_given_once(code: str) -> None:
    keep()
    with pytest.raises(BillerRefused) as refused:
        keep(code=code, name="Khác")
    assert refused.value.field == "code"
    assert not Biller.objects.filter(name="Khác").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "Parking"),
        ("code", "-a"),
        ("code", "a" * 41),
        ("code", "bãi-xe"),
        ("name", " "),
        ("name_en", "x" * 121),
        ("code_hint", ""),
        ("short_name", "Bãi xe"),
        ("short_name", ""),
        ("short_name", "x" * 21),
        ("code_pattern", ""),
        ("code_pattern", "(a+)+"),
        ("code_pattern", r"\d{41}"),
        ("code_pattern", "A" * 121),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(field: str, value: Any) -> None:
    with pytest.raises(BillerRefused) as refused:
        keep(**{field: value})

    assert refused.value.field == field
    assert str(refused.value.message)
    assert events() == []
