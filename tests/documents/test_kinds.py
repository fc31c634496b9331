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
from documents.gateways import (
    certificates,
    definitions,
    motor_insurance,
    social_insurance,
    traffic_police,
    vehicle_register,
)
from documents.gateways.base import Read
from documents.kinds import health_words
from documents.kinds.base import Drawn, Kind, NumberRefused
from documents.rules import health_cards
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Accepted
from tests.documents import defined
from tests.documents.defined import PRACTICE
from tests.documents.wire_samples import (
    AN,
    CARD,
    CERTIFICATE,
    INSURANCE,
    LICENCE,
    RECORD,
    VEHICLE,
    changed,
)

pytestmark = pytest.mark.django_db

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


def insurance(**values: Any) -> RegistryPaper:
    sample = changed(INSURANCE, **values)
    return paper(motor_insurance, "MOTOR_INSURANCE", "BH0108500001", "certificate", sample)


def card(**values: Any) -> RegistryPaper:
    sample = changed(CARD, **values)
    return paper(
        social_insurance, "HEALTH_INSURANCE", health_cards.normal(sample["card_no"]), "card", sample
    )


def record(**values: Any) -> RegistryPaper:
    sample = changed(RECORD, **values)
    return paper(social_insurance, "SOCIAL_INSURANCE", "0123456789", "record", sample)


def certificate(**values: Any) -> RegistryPaper:
    sample = changed(CERTIFICATE, **values)
    return paper(certificates, PRACTICE, "CC0108500001", "certificate", sample)


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
    "insurance": insurance,
    "insurance, expired": lambda: insurance(
        status="expired", valid_from="2024-01-01", valid_until="2025-01-01"
    ),
    "insurance, huge name": lambda: insurance(holder_name=LONG_NAME, insurer="Bảo hiểm " * 20),
    "insurance, no number": lambda: insurance(holder_personal_number=None),
    "card": card,
    "card, ten digits": lambda: card(card_no="0123456789"),
    "card, twelve digits": lambda: card(card_no=AN, five_years_from=None),
    "card, expired": lambda: card(
        status="expired", valid_from="2024-01-01", valid_until="2024-12-31"
    ),
    "card, huge name": lambda: card(full_name=LONG_NAME, five_years_from="2030-01-01"),
    "card, of a household": lambda: card(card_no="GD4010123456789", category="GD"),
    "record": record,
    "record, expired": lambda: record(status="expired"),
    "record, huge name": lambda: record(full_name=LONG_NAME),
    "record, nothing paid": lambda: record(months=0, periods=[]),
    "certificate": certificate,
    "certificate, expired": lambda: certificate(status="expired", valid_until="2020-01-01"),
    "certificate, huge name": lambda: certificate(
        holder=CERTIFICATE["holder"] | {"name": LONG_NAME}
    ),
    "certificate, nothing more": lambda: certificate(
        fields={},
        valid_until=None,
        holder=CERTIFICATE["holder"] | {"birth_date": None, "personal_number": None},
    ),
}


@pytest.fixture(autouse=True)
def english(db: None) -> Iterator[None]:
    defined.define()
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
        facts = drawn.facts

    assert str(drawn.title)
    assert 0 < len(drawn.lines) <= 3
    assert one.number.endswith(drawn.ending)
    assert len({line.code for line in facts}) == len(facts)
    for line in (*drawn.lines, *facts):
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
    address = one.values.get("address")
    for secret in (one.holder_name.upper(), AN, "12/03/1985", *([address] if address else [])):
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
    for one in (licence(), vehicle(), card(), record(), certificate()):
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
        ("MOTOR_INSURANCE", "bh-2026/000 123", "BH2026000123"),
        ("HEALTH_INSURANCE", "dn 4 01 0123456789", "0123456789"),
        ("HEALTH_INSURANCE", "012 345 6789", "0123456789"),
        ("HEALTH_INSURANCE", "001 085 000 001", "001085000001"),
        ("SOCIAL_INSURANCE", "０１２３４５６７８９", "0123456789"),
        (PRACTICE, "cc 0108-500.001", "CC0108500001"),
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
        ("MOTOR_INSURANCE", "BAOHIEM", "4"),
        ("HEALTH_INSURANCE", "ZZ4010123456789", "“ZZ”"),
        ("HEALTH_INSURANCE", "DN7010123456789", "“7”"),
        ("HEALTH_INSURANCE", "DN401012345678", "DN 4 79 0123456789"),
        ("HEALTH_INSURANCE", "01234567890", "DN 4 79 0123456789"),
        ("SOCIAL_INSURANCE", "012345678", "10"),
        (PRACTICE, "CC123", "10"),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_words(
    code: str, typed: str, words: str, language: str
) -> None:
    with translation.override(language), pytest.raises(NumberRefused) as refused:
        kinds.find(code).clean_number(typed)

    assert words in str(refused.value.message)
    assert str(refused.value.message).endswith((".", "?"))


@pytest.mark.parametrize(
    "code",
    [
        "DRIVER_LICENCE",
        "VEHICLE_REGISTRATION",
        "MOTOR_INSURANCE",
        "HEALTH_INSURANCE",
        "SOCIAL_INSURANCE",
        PRACTICE,
    ],
)
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


def test_a_licence_is_named_by_the_classes_that_are_left() -> None:
    ended = {"class": "C", "passed_on": "2011-06-08", "valid_until": "2020-01-01"}
    _kind, drawn = draw(licence(classes=[ended, *LICENCE["classes"]]))

    assert drawn.title == "Driver licence, classes B, A1"
    assert values(drawn)["class_C"] == "01/01/2020"
    assert drawn.expires_on == date(2035, 6, 9)


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

    assert (bike.title, bike.number, bike.icon) == (
        "Motorcycle registration", "59X3-123.45", "bike",
    )  # fmt: skip
    assert [line.value for line in bike.lines] == ["HONDA Vision", "Đỏ đen"]
    assert (car.title, car.number) == ("Car registration", "51K-678.90")
    assert values(car)["plate_colour"] == "Blue: state body"
    assert values(car)["engine"] == "110 cm³, 150 kW"
    assert "engine" not in values(draw(PAPERS["vehicle, nothing more"]())[1])


# --- Insurance --------------------------------------------------------------------------------------
def test_motor_insurance_shows_the_vehicle_and_its_end() -> None:
    one = insurance()
    kind, drawn = draw(one)

    assert [line.value for line in drawn.lines] == [
        "59X3-123.45", "Bảo hiểm Mẫu Sông Hồng", "01/05/2027",
    ]  # fmt: skip
    assert values(drawn)["premium"] == "66,000 ₫"
    assert kind.compare(HOLDER, one) == {
        "personal_number": FieldResult.SAME,
        "name": FieldResult.SAME,
    }


def test_a_health_card_explains_category_and_benefit() -> None:
    one = card()
    kind, drawn = draw(one)
    page = engines["jinja2"].get_template(kind.template).render({"drawn": drawn})

    assert drawn.number == "DN 4 01 0123456789"
    assert [line.value for line in drawn.lines] == ["Trạm y tế Phường Hoàn Kiếm", "31/12/2026"]
    facts = values(drawn)
    assert facts["insured"] == "Yes"
    assert facts["category"] == "Employees of companies (DN), paid by employee and employer"
    assert facts["benefit"].startswith("80% of the cost of treatment")
    assert "five years without a gap" in page
    assert "social-insurance office" in str(kind.renewal(one).action)  # type: ignore[union-attr]
    household = PAPERS["card, of a household"]()
    assert "commune" in str(kind.renewal(household).action)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("begins", "ends", "insured"),
    [
        ("2026-11-26", "2026-11-26", "Yes"),
        ("2026-11-27", "2027-11-26", "No"),
        ("2025-11-26", "2026-11-25", "No"),
    ],
)
def test_who_is_insured_today(begins: str, ends: str, insured: str) -> None:
    _kind, drawn = draw(card(valid_from=begins, valid_until=ends))

    assert values(drawn)["insured"] == insured


@both_languages
def test_every_category_and_benefit_has_words(language: str) -> None:
    with translation.override(language):
        for code in health_cards.CATEGORIES:
            assert code in health_words.category(code)
        for level in health_cards.BENEFITS:
            assert "%" in health_words.benefit(level)


def test_a_contribution_record_has_its_periods_and_keeps_salaries_to_its_own_page() -> None:
    kind, drawn = draw(record())
    page = engines["jinja2"].get_template(kind.template).render({"drawn": drawn})

    facts = values(drawn)
    assert facts["paid"] == "8 years 3 months"
    assert facts["period_1"] == "Trường Mẫu"
    assert facts["employer"] == "Công ty TNHH Mẫu"
    labels = [line.label for line in drawn.facts if line.code.startswith("period_")]
    assert labels == ["02/2008 – 04/2011", "01/2015 – 12/2019"]
    assert "9,000,000 ₫" in page
    assert not any("9,000,000" in line.value for line in drawn.facts)
    general = {line.general for line in drawn.facts if line.code.startswith("period_")}
    assert general == {"Each employer, and from when to when"}
    assert kind.renewal(record()) is None


@pytest.mark.parametrize(
    ("months", "words"),
    [(0, "0 months"), (1, "1 month"), (12, "1 year"), (25, "2 years 1 month")],
)
def test_time_in_years_and_months(months: int, words: str) -> None:
    _kind, drawn = draw(record(months=months))

    assert values(drawn)["paid"] == words


# --- Kinds that an administrator defined --------------------------------------------------------------
def test_a_defined_kind_speaks_both_languages() -> None:
    kind, drawn = draw(certificate())

    assert str(kind.title) == "Construction practice certificate"
    facts = {line.code: (line.label, line.value) for line in drawn.facts}
    assert facts["field_grade"] == ("Grade", "II")
    assert facts["field_works"] == ("Works", "12")
    assert facts["field_since"] == ("Since", "01/05/2019")
    assert facts["field_abroad"] == ("Abroad", "No")
    with translation.override("vi"):
        assert str(kind.title) == "Chứng chỉ hành nghề xây dựng"
        assert draw(certificate())[1].facts[3].label == "Lĩnh vực"


def test_a_defined_kind_is_offered_while_it_is_in_use_and_found_afterwards() -> None:
    assert PRACTICE in kinds.every()
    assert kinds.find(PRACTICE).by_number

    defined.define(in_use=False)
    definitions.forget()

    assert PRACTICE not in kinds.every()
    kind = kinds.find(PRACTICE)
    assert kind.draw(certificate(), TODAY).ending == "0001"
    assert not kind.by_number
    # What its registry reports of papers in wallets is still understood.
    assert kind.clean_number("CC0108500001") == "CC0108500001"
    assert definitions.of_wire_type("certificates", "practice-certificate") is not None


def test_what_a_defined_kind_does_not_compare_does_not_matter() -> None:
    defined.define(code="OTHER", wire_type="other", compared=("name", "birth_date"))
    kind = kinds.find("OTHER")
    nobody = certificate(holder=CERTIFICATE["holder"] | {"personal_number": None})
    undated = certificate(holder=CERTIFICATE["holder"] | {"birth_date": None})

    assert kind.compare(HOLDER, nobody) == {
        "name": FieldResult.SAME,
        "birth_date": FieldResult.SAME,
    }
    assert kind.compare(HOLDER, undated)["birth_date"] is FieldResult.MISSING


def test_kinds_that_are_modules_are_read_without_the_database(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0):
        kinds.find("DRIVER_LICENCE")
    definitions.forget()
    with django_assert_num_queries(1):
        for _time in range(8):
            kinds.find(PRACTICE)
            kinds.every()


def test_a_kind_that_is_not_there() -> None:
    with pytest.raises(kinds.NoSuchKind):
        kinds.find("LIBRARY_CARD")
