"""Every kind draws a valid paper, an expired one, a huge name and missing values, in both languages."""

from collections.abc import Callable, Iterator
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from django.template import engines
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from documents import kinds
from documents.enums import FieldResult, Level
from documents.gateways import traffic_police, vehicle_register
from documents.gateways.base import Read
from documents.kinds.base import Drawn, Kind, NumberRefused
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Accepted
from tests.documents.wire_samples import AN, LICENCE, VEHICLE, changed

TODAY = date(2026, 11, 26)
HOLDER = Holder(
    personal_number=AN,
    former_numbers=("001085000077",),
    full_name="Nguyễn Văn An",
    birth_date=date(1985, 3, 12),
)
LONG_NAME = " ".join(["Nguyễn"] * 28)
both_languages = pytest.mark.parametrize("language", ["vi", "en"])


def paper(
    gateway: ModuleType, kind: str, number: str, name: str, sample: dict[str, Any]
) -> RegistryPaper:
    answer = gateway.read_look_up(kind, number, Accepted({name: sample}))
    assert isinstance(answer, Read), answer
    return answer.paper


def licence(**values: Any) -> RegistryPaper:
    sample = changed(LICENCE, **values)
    number = sample["licence_no"].replace(" ", "")
    return paper(traffic_police, "DRIVER_LICENCE", number, "licence", sample)


def vehicle(**values: Any) -> RegistryPaper:
    sample = changed(VEHICLE, **values)
    number = sample["plate"].replace("-", "").replace(".", "").replace(" ", "")
    return paper(vehicle_register, "VEHICLE_REGISTRATION", number, "vehicle", sample)


def one_class(code: str, valid_until: str | None) -> list[dict[str, Any]]:
    return [{"class": code, "passed_on": "2011-06-08", "valid_until": valid_until}]


PAPERS: dict[str, Callable[[], RegistryPaper]] = {
    "licence": licence,
    "licence, expired": lambda: licence(status="expired", classes=one_class("B", "2020-01-01")),
    "licence, huge name": lambda: licence(full_name=LONG_NAME, address="Số 1 " + "Ngõ " * 40),
    "licence, old": lambda: licence(
        licence_no="K 123456", old_form=True, classes=one_class("B2", "2030-01-01"), points=0
    ),
    "vehicle": vehicle,
    "vehicle, expired": lambda: vehicle(status="expired", valid_until="2020-01-01"),
    "vehicle, huge name": lambda: vehicle(owner_name=LONG_NAME),
    "vehicle, nothing more": lambda: vehicle(
        owner_birth_date=None, owner_personal_number=None, cylinder_cc=None, power_kw=None, seats=0
    ),
    "vehicle, electric car": lambda: vehicle(
        plate="51K-678.90", vehicle_type="car", plate_colour="blue", power_kw=150
    ),
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


every_paper = pytest.mark.parametrize("name", PAPERS)


def draw(one: RegistryPaper) -> tuple[Kind, Drawn]:
    kind = kinds.find(one.kind)
    return kind, kind.draw(one, TODAY)


def values(drawn: Drawn) -> dict[str, str]:
    return {line.code: line.value for line in drawn.facts}


def shown(drawn: Drawn, level: Level) -> set[str]:
    """Codes of what is shown at a level."""
    levels = list(Level)[: list(Level).index(level) + 1]
    return {line.code for line in drawn.facts if line.level in levels}


@every_paper
@both_languages
def test_a_paper_is_drawn(name: str, language: str) -> None:
    one = PAPERS[name]()
    with translation.override(language):
        kind, drawn = draw(one)
        template = kind.template
        page = engines["jinja2"].get_template(template).render({"drawn": drawn}) if template else ""
        renewal = kind.renewal(one)

    assert str(drawn.title)
    assert 0 < len(drawn.lines) <= 3
    assert one.number.endswith(drawn.ending)
    assert len({line.code for line in drawn.facts}) == len(drawn.facts)
    for line in (*drawn.lines, *drawn.facts):
        assert str(line.label)
        assert line.value
        assert "None" not in line.value or language == "en"
        assert "%(" not in line.value
    assert "%(" not in page
    assert renewal is None or (str(renewal.action) and renewal.href in {"", "/help/"})
    assert one.holder_name.upper() in values(drawn).values()


@every_paper
def test_the_least_level_names_nobody(name: str) -> None:
    one = PAPERS[name]()
    _kind, drawn = draw(one)
    least = [line.value for line in drawn.facts if line.level == Level.MINIMUM]

    assert least
    joined = " ".join(least)
    for secret in (one.holder_name.upper(), AN, "12/03/1985", str(one.values["address"])):
        assert secret not in joined
    assert shown(drawn, Level.MINIMUM) < shown(drawn, Level.BASIC) < shown(drawn, Level.FULL)
    assert "name" in shown(drawn, Level.BASIC)
    assert "personal_number" not in shown(drawn, Level.BASIC)
    assert "birth_date" not in shown(drawn, Level.BASIC)


# --- What is compared -------------------------------------------------------------------------------
@every_paper
def test_both_values_of_what_is_compared_can_be_read(name: str) -> None:
    one = PAPERS[name]()
    kind = kinds.find(one.kind)
    for code in kind.compare(HOLDER, one):
        assert str(kind.field_label(code))
        assert all(kind.value_of(code, HOLDER, one))


def test_the_same_person_agrees() -> None:
    for one in (licence(), vehicle()):
        results = kinds.find(one.kind).compare(HOLDER, one)
        assert list(results) == ["personal_number", "name", "birth_date"]
        assert set(results.values()) == {FieldResult.SAME}


def test_a_former_number_and_lost_marks_are_the_same_person_spelt_differently() -> None:
    one = licence(full_name="NGUYEN VAN AN", personal_number="001085000077")
    kind = kinds.find(one.kind)

    assert kind.compare(HOLDER, one) == {
        "personal_number": FieldResult.SPELLING,
        "name": FieldResult.SPELLING,
        "birth_date": FieldResult.SAME,
    }
    assert kind.value_of("personal_number", HOLDER, one) == ("001 085 000 077", "001 085 000 001")
    assert kind.value_of("name", HOLDER, one) == ("NGUYEN VAN AN", "NGUYỄN VĂN AN")


def test_a_name_without_its_middle_word_differs_and_both_are_shown() -> None:
    one = licence(full_name="Nguyễn An")
    kind = kinds.find(one.kind)

    assert kind.compare(HOLDER, one)["name"] is FieldResult.DIFFERENT
    assert kind.value_of("name", HOLDER, one) == ("NGUYỄN AN", "NGUYỄN VĂN AN")


def test_nothing_of_another_persons_paper_is_shown() -> None:
    one = licence(full_name="Lê Thị Hoa", personal_number="001187000088", birth_date="1987-01-02")
    kind = kinds.find(one.kind)

    for code in kind.compare(HOLDER, one):
        theirs, ours = kind.value_of(code, HOLDER, one)
        assert "HOA" not in theirs
        assert not any(character.isdigit() for character in theirs)
        assert ours


def test_of_a_number_that_may_be_a_namesakes_only_the_end_is_shown() -> None:
    one = licence(personal_number="079085000088")
    kind = kinds.find(one.kind)

    assert kind.compare(HOLDER, one)["personal_number"] is FieldResult.DIFFERENT
    assert kind.value_of("personal_number", HOLDER, one)[0] == "•••• •••• 0088"


def test_a_paper_without_the_number_is_not_taken_for_theirs_by_its_name_alone() -> None:
    one = vehicle(owner_personal_number=None, owner_birth_date=None)
    results = kinds.find(one.kind).compare(HOLDER, one)

    assert results == {"personal_number": FieldResult.MISSING, "name": FieldResult.SAME}


# --- Numbers as people type them --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "typed", "number"),
    [
        ("DRIVER_LICENCE", " 790 123 456 767 ", "790123456767"),
        ("DRIVER_LICENCE", "７９０１２３４５６７６７", "790123456767"),
        ("DRIVER_LICENCE", "٧٩٠١٢٣٤٥٦٧٦٧", "790123456767"),
        ("VEHICLE_REGISTRATION", "51k\u2013678.90", "51K67890"),
        ("VEHICLE_REGISTRATION", "５１Ｋ－６７８．９０", "51K67890"),
        ("VEHICLE_REGISTRATION", "29md1 123.45", "29MĐ112345"),
        ("VEHICLE_REGISTRATION", "29\u00d01 123.45", "29Đ112345"),
    ],
)
def test_a_typed_number_is_normalised(code: str, typed: str, number: str) -> None:
    assert kinds.find(code).clean_number(typed) == number


@both_languages
@pytest.mark.parametrize(
    ("code", "typed", "words"),
    [
        ("DRIVER_LICENCE", "79012345676O", "790 123 456 767"),
        ("DRIVER_LICENCE", "", ""),
        ("DRIVER_LICENCE", "7901234\u202e56767", ""),
        ("DRIVER_LICENCE", "7" * 65, ""),
        ("DRIVER_LICENCE", "Đ123456", "Đ"),
        ("VEHICLE_REGISTRATION", "51I-678.90", " I"),
        ("VEHICLE_REGISTRATION", "51О-678.90", "A"),  # a Cyrillic О
        ("VEHICLE_REGISTRATION", "51K-678.90; DROP TABLE", "A"),
        ("VEHICLE_REGISTRATION", "51K-6", "51K-678.90"),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_words(
    code: str, typed: str, words: str, language: str
) -> None:
    with translation.override(language), pytest.raises(NumberRefused) as refused:
        kinds.find(code).clean_number(typed)

    assert words in str(refused.value.message)
    assert str(refused.value.message).endswith((".", "?"))


@pytest.mark.parametrize("code", ["DRIVER_LICENCE", "VEHICLE_REGISTRATION"])
@given(typed=st.text(max_size=80))
def test_whatever_is_typed_is_a_number_or_refused(code: str, typed: str) -> None:
    kind = kinds.find(code)
    try:
        number = kind.clean_number(typed)
    except NumberRefused:
        return
    assert kind.clean_number(number) == number


# --- Driver licences --------------------------------------------------------------------------------
def test_a_licences_classes_points_and_ends() -> None:
    _kind, drawn = draw(licence())

    assert drawn.title == "Driver licence, classes B, A1"
    assert drawn.number == "790 123 456 767"
    assert [line.value for line in drawn.lines] == ["B, A1", "12/12", "09/06/2035"]
    facts = values(drawn)
    assert facts["classes"] == "B, A1"
    assert facts["class_B"] == "09/06/2035"
    assert facts["class_A1"] == "No expiry"
    assert drawn.expires_on == date(2035, 6, 9)


def test_a_licence_whose_last_class_ended_shows_none() -> None:
    one = licence(classes=one_class("B", "2020-01-01"))
    _kind, drawn = draw(one)

    assert values(drawn)["classes"] == "None"
    assert drawn.expires_on == date(2020, 1, 1)


def test_a_motorcycle_licence_never_ends() -> None:
    one = licence(classes=one_class("A1", None))
    kind, drawn = draw(one)

    assert drawn.expires_on is None
    assert kind.renewal(one) is None


def test_an_old_licence_says_what_it_becomes() -> None:
    _kind, drawn = draw(PAPERS["licence, old"]())
    page = engines["jinja2"].get_template(_kind.template).render({"drawn": drawn})

    assert drawn.number == "K123456"
    assert "Becomes class B when exchanged." in page
    assert "from before 2025" in page


# --- Vehicles ---------------------------------------------------------------------------------------
def test_a_vehicle_by_its_type_and_plate() -> None:
    _kind, bike = draw(vehicle())
    _kind, car = draw(PAPERS["vehicle, electric car"]())

    assert (bike.title, bike.number) == ("Motorcycle registration", "59X3-123.45")
    assert [line.value for line in bike.lines] == ["HONDA Vision", "Đỏ đen"]
    assert (car.title, car.number) == ("Car registration", "51K-678.90")
    assert values(car)["plate_colour"] == "Blue: state body"
    assert values(car)["engine"] == "110 cm³, 150 kW"
    assert "engine" not in values(draw(PAPERS["vehicle, nothing more"]())[1])


def test_a_kind_that_is_not_there() -> None:
    with pytest.raises(kinds.NoSuchKind):
        kinds.find("LIBRARY_CARD")
