"""The population register gives a child its number over the wire, once for each request, and knows it from then on."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from accounts.enums import Sex
from accounts.gateways import population
from accounts.gateways.population import Birth, Found, Numbered
from eid_portal.core.outside import Refused, Unavailable, Unknown
from eid_portal.sandbox import data

BIRTH = Birth(
    request_id="0190aaaa-0000-7000-8000-000000000001",
    full_name="Mẫu Gia An",
    birth_date=date(2026, 11, 20),
    sex=Sex.MALE,
    residence={"province": "Hà Nội", "commune": "Phường Hoàn Kiếm", "line": "Số 12"},
    parent_number="001187000002",
    parent_name="Mẫu Thị Mẹ",
)


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]


def test_a_child_gets_a_number_once_and_is_known_from_then_on() -> None:
    assert BIRTH.parent_number in data.PEOPLE

    first, again = population.register_birth(BIRTH), population.register_birth(BIRTH)
    twin = population.register_birth(replace(BIRTH, request_id="another", full_name="Mẫu Gia Bình"))

    assert isinstance(first, Numbered)
    assert isinstance(twin, Numbered)
    assert first == again != twin
    assert first.personal_number.startswith("001226")  # Hà Nội, a boy of this century, 2026
    found = population.look_up(first.personal_number)
    assert isinstance(found, Found)
    assert (found.person.full_name, found.person.birth_date) == ("Mẫu Gia An", BIRTH.birth_date)
    assert found.person.guardians[0].personal_number == BIRTH.parent_number
    assert found.person.card is None


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("001187123456", Refused),
        ("001187000094", Unknown),
        ("001187000095", Unavailable | Unknown),
    ],
)
def test_the_parents_number_chooses_what_happens(number: str, said: Any) -> None:
    assert isinstance(population.register_birth(replace(BIRTH, parent_number=number)), said)


def test_both_parents_on_the_certificate_are_the_childs_in_the_register() -> None:
    father = "001085000001"
    assert father in data.PEOPLE
    two = replace(BIRTH, other_number=father, other_name=data.PEOPLE[father].name)

    said = population.register_birth(two)

    assert isinstance(said, Numbered)
    found = population.look_up(said.personal_number)
    assert isinstance(found, Found)
    assert {(each.personal_number, each.basis) for each in found.person.guardians} == {
        (BIRTH.parent_number, "parent"),
        (father, "parent"),
    }
    nobody = replace(two, request_id="third", other_number="001187123456")
    refused = population.register_birth(nobody)
    assert isinstance(refused, Refused)
    assert refused.code == "unknown_parent"
