"""What the registries' gateways make of answers: well formed, malformed, about another paper, two, none."""

from collections.abc import Iterator
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import gateways
from documents.enums import PaperStatus
from documents.gateways import (
    certificates,
    definitions,
    motor_insurance,
    social_insurance,
    traffic_police,
    vehicle_register,
)
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.rules.papers import Holder, from_json
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown
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
    without,
)

pytestmark = pytest.mark.django_db

HOLDER = Holder(
    personal_number=AN,
    former_numbers=("001085000077",),
    full_name="Nguyễn Văn An",
    birth_date=date(1985, 3, 12),
)
# Gateway, kind, the number asked about, the name of a look-up's and of a search's answer, a good answer.
CASES: list[tuple[ModuleType, str, str, str, str, dict[str, Any]]] = [
    (traffic_police, "DRIVER_LICENCE", "790123456767", "licence", "licences", LICENCE),
    (vehicle_register, "VEHICLE_REGISTRATION", "59X312345", "vehicle", "vehicles", VEHICLE),
    (motor_insurance, "MOTOR_INSURANCE", "BH0108500001", "certificate", "certificates", INSURANCE),
    (social_insurance, "HEALTH_INSURANCE", "0123456789", "card", "health_cards", CARD),
    (social_insurance, "SOCIAL_INSURANCE", "0123456789", "record", "records", RECORD),
    (certificates, PRACTICE, "CC0108500001", "certificate", "certificates", CERTIFICATE),
]
EMPTY_IS_FINE = {"fields", "periods"}
each_gateway = pytest.mark.parametrize(
    ("gateway", "kind", "number", "one", "many", "sample"), CASES, ids=[case[1] for case in CASES]
)


@pytest.fixture(autouse=True)
def practice_certificate(db: None) -> None:
    """The one kind that an administrator defined."""
    defined.define()


def read(gateway: ModuleType, kind: str, number: str, data: dict[str, Any]) -> Any:
    return gateway.read_look_up(kind, number, Accepted(data))


def search_answer(gateway: ModuleType, many: str, papers: list[Any]) -> dict[str, Any]:
    """A search's answer with these papers in one of its lists, the other lists empty."""
    lists = {name: list[Any]() for case in CASES if case[0] is gateway for name in (case[4],)}
    return lists | {many: papers}


# --- What is asked ----------------------------------------------------------------------------------
@each_gateway
def test_a_call_names_nobody_in_its_address(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    look_up = gateway.look_up_call(kind, number, HOLDER)
    search = gateway.search_call(HOLDER)

    assert number in look_up.payload.values()
    assert look_up.payload["personal_number"] == AN
    assert search.payload == {
        "personal_number": AN,
        "former_numbers": ["001085000077"],
        "full_name": "Nguyễn Văn An",
        "birth_date": "1985-03-12",
    }
    for call in (look_up, search):
        assert call.tag == f"eid-{gateway.PARTY}"
        assert not any(character.isdigit() for character in call.path.replace("/v1/", ""))
        assert "An" not in repr(call)
        assert AN not in repr(call)


@each_gateway
def test_a_gateway_is_found_by_its_party(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    assert gateways.find(gateway.PARTY) is gateway
    assert getattr(gateway, "DEFINED", False) or kind in gateway.TYPES.values()
    with pytest.raises(gateways.NoSuchRegistry):
        gateways.find("nobody")


# --- What is understood -----------------------------------------------------------------------------
@each_gateway
def test_a_paper_is_read_and_survives_being_stored(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    answer = read(gateway, kind, number, {one: sample})

    assert isinstance(answer, Read)
    paper = answer.paper
    assert (paper.kind, paper.number, paper.holder_number) == (kind, number, AN)
    assert paper.status is PaperStatus.VALID
    assert from_json(paper.as_json()) == paper
    assert "An" not in repr(paper)


@each_gateway
@pytest.mark.parametrize(
    ("word", "status"),
    [("expired", PaperStatus.EXPIRED), ("revoked", PaperStatus.REVOKED)],
)
def test_the_status_is_read(
    gateway: ModuleType,
    kind: str,
    number: str,
    one: str,
    many: str,
    sample: dict[str, Any],
    word: str,
    status: PaperStatus,
) -> None:
    assert read(gateway, kind, number, {one: changed(sample, status=word)}).paper.status is status


@each_gateway
def test_a_search_is_read(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    found = gateway.read_search(Accepted(search_answer(gateway, many, [sample])))
    nothing = gateway.read_search(Accepted(search_answer(gateway, many, [])))

    assert isinstance(found, ReadMany)
    assert [(paper.kind, paper.number) for paper in found.papers] == [(kind, number)]
    assert nothing == ReadMany(())
    assert gateway.read_search(Refused("not_found")) == ReadMany(())


# --- What is not believed ---------------------------------------------------------------------------
@each_gateway
def test_an_answer_about_another_number_is_unknown(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    other = number[:-2] + "90"

    assert read(gateway, kind, other, {one: sample}) == Unknown("other_number")


@each_gateway
def test_two_answers_are_unknown(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    assert read(gateway, kind, number, {one: [sample, sample]}) == Unknown("two_answers")
    twice = search_answer(gateway, many, [sample, sample])
    assert gateway.read_search(Accepted(twice)) == Unknown("two_answers")


@each_gateway
def test_refusals_and_silence(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    away, lost = Unavailable("status_503", timedelta(seconds=1)), Unknown("read_timeout")

    assert gateway.read_look_up(kind, number, Refused("not_found")) == NotThere()
    assert gateway.read_look_up(kind, number, Refused("malformed_number")) == NotThere()
    assert gateway.read_look_up(kind, number, Refused("teapot")) == Unknown("refused_teapot")
    assert gateway.read_look_up(kind, number, Refused("Nguyễn Văn An")) == Unknown("refused")
    assert gateway.read_search(Refused("teapot")) == Unknown("refused_teapot")
    for outcome in (away, lost):
        assert gateway.read_look_up(kind, number, outcome) == outcome
        assert gateway.read_search(outcome) == outcome
        assert gateway.read_correction(outcome) == outcome


def hostile_values() -> Iterator[Any]:
    """What no field of a paper may be, whatever it is called."""
    yield from (
        1e300,
        -1,
        [],
        {},
        "",
        "   ",
        "\u0000",
        "An\u202eNA",
        "x" * 5000,
        {"a": [[[]]]},
    )


@each_gateway
def test_no_field_may_be_missing_or_hostile(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    for field in sample:
        answer = read(gateway, kind, number, {one: without(sample, field)})
        assert answer == Unknown(f"malformed_{field}"), field
        for value in hostile_values():
            if field in EMPTY_IS_FINE and isinstance(value, list | dict):
                continue
            answer = read(gateway, kind, number, {one: changed(sample, **{field: value})})
            assert isinstance(answer, Unknown), (field, value)
            assert answer.reason.startswith("malformed_"), (field, value)
            found = search_answer(gateway, many, [changed(sample, **{field: value})])
            assert isinstance(gateway.read_search(Accepted(found)), Unknown), (field, value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=10), inside),
    max_leaves=10,
)


@each_gateway
@given(data=st.data())
def test_whatever_comes_is_read_or_unknown(
    gateway: ModuleType,
    kind: str,
    number: str,
    one: str,
    many: str,
    sample: dict[str, Any],
    data: st.DataObject,
) -> None:
    field = data.draw(st.sampled_from(sorted(sample)))
    value = data.draw(ANYTHING)
    answer = read(gateway, kind, number, {one: changed(sample, **{field: value})})
    assert isinstance(answer, Read | Unknown)
    assert isinstance(read(gateway, kind, number, {one: value}), Unknown)
    assert isinstance(gateway.read_search(Accepted({many: value})), ReadMany | Unknown)


@each_gateway
def test_an_answer_without_its_paper_is_unknown(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    assert read(gateway, kind, number, {}) == Unknown(f"malformed_{one}")
    others = without(search_answer(gateway, many, []), many)
    assert gateway.read_search(Accepted(others)) == Unknown(f"malformed_{many}")
    crowd = search_answer(gateway, many, [sample] * 51)
    assert gateway.read_search(Accepted(crowd)) == Unknown(f"malformed_{many}")


# --- Corrections ------------------------------------------------------------------------------------
@each_gateway
def test_a_correction_is_asked_for_once_and_read(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    wrong = Wrong(
        reference="SD-261126-4M7TQ2",
        kind=kind,
        number=number,
        holder=HOLDER,
        side="POPULATION",
        fields=("name",),
        words="Thiếu chữ đệm",
    )
    call = gateway.correction_call(wrong)

    assert (call.path, call.idempotency_key) == ("/v1/corrections", "SD-261126-4M7TQ2")
    words = getattr(gateway, "TYPES", {"practice-certificate": PRACTICE})
    assert words[call.payload["type"]] == kind
    assert call.payload["number"] == number
    assert call.payload["fields"] == ["name"]
    received = {"correction_id": "C-1", "office": "Đội Đăng ký xe số 1"}
    assert gateway.read_correction(Accepted(received)) == Received(
        outside_id="C-1", office="Đội Đăng ký xe số 1"
    )
    assert gateway.read_correction(Accepted({"correction_id": "C-1"})) == Unknown(
        "malformed_office"
    )
    assert gateway.read_correction(Refused("already_correct")) == NotTaken("already_correct")
    assert gateway.read_correction(Refused("Nguyễn Văn An")) == NotTaken("refused")


# --- Of one registry ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "classes",
    [
        [],
        [{"class": "Z9", "passed_on": "2011-06-08", "valid_until": None}],
        [{"class": "B2", "passed_on": "2011-06-08", "valid_until": None}],  # of before 2025
        [{"class": "B", "passed_on": "2011-06-31", "valid_until": None}],
        [{"class": "B", "passed_on": "20110608", "valid_until": None}],
        [{"class": "B", "passed_on": "2011-06-08"}],
        [{"class": "B", "passed_on": "2011-06-08", "valid_until": None}] * 2,
        ["B"],
    ],
)
def test_classes_that_no_licence_has_are_not_believed(classes: list[Any]) -> None:
    answer = read(
        traffic_police,
        "DRIVER_LICENCE",
        LICENCE["licence_no"],
        {"licence": LICENCE | {"classes": classes}},
    )

    assert isinstance(answer, Unknown)


def test_a_licence_from_before_2025_has_the_old_classes() -> None:
    old = changed(
        LICENCE,
        licence_no="K 123456",
        old_form=True,
        classes=[{"class": "B2", "passed_on": "2011-06-08", "valid_until": "2030-06-08"}],
    )
    answer = read(traffic_police, "DRIVER_LICENCE", "K123456", {"licence": old})

    assert isinstance(answer, Read)
    assert answer.paper.values["classes"] == [
        {"code": "B2", "passed_on": "2011-06-08", "valid_until": "2030-06-08"}
    ]


@pytest.mark.parametrize("points", [13, -1, True, 11.0, "12"])
def test_points_are_whole_and_at_most_twelve(points: Any) -> None:
    answer = read(
        traffic_police,
        "DRIVER_LICENCE",
        LICENCE["licence_no"],
        {"licence": LICENCE | {"points": points}},
    )

    assert answer == Unknown("malformed_points")


def test_an_old_registration_lacks_its_owners_number_and_birth_date() -> None:
    old = changed(VEHICLE, owner_personal_number=None, owner_birth_date=None)
    answer = read(vehicle_register, "VEHICLE_REGISTRATION", "59X312345", {"vehicle": old})

    assert isinstance(answer, Read)
    assert answer.paper.holder_number is None
    assert answer.paper.holder_birth_date is None


# --- Motor insurance and social insurance -----------------------------------------------------------
@pytest.mark.parametrize(
    ("case", "values", "code"),
    [
        (2, {"valid_until": "2026-04-30"}, "valid_until"),
        (2, {"plate": "51I-678.90"}, "plate"),
        (2, {"chassis_no": "RLHJF58O1DY123456"}, "chassis_no"),
        (2, {"premium": 66_000.5}, "premium"),
        (3, {"card_no": "ZZ4010123456789"}, "card_no"),
        (3, {"card_no": "DN9010123456789"}, "card_no"),
        (3, {"category": "ZZ"}, "category"),
        (3, {"category": "GD"}, "category"),  # its number says DN
        (3, {"benefit": 3}, "category"),
        (3, {"benefit": 6}, "benefit"),
        (3, {"benefit": True}, "benefit"),
        (3, {"sex": "X"}, "sex"),
        (3, {"first_facility": {"code": "1", "name": "Trạm y tế"}}, "code"),
        (3, {"first_facility": {"code": "01029", "name": ""}}, "name"),
        (3, {"valid_until": "2025-12-31"}, "valid_until"),
        (4, {"periods": [{"from": "2015-13", "to": "2019-12", "employer": "M", "salary": 1}]}, "from"),
        (4, {"periods": [{"from": "2015-02", "to": "2015-01", "employer": "M", "salary": 1}]}, "to"),
        (4, {"periods": [{"from": "2015-02", "to": "2015-03", "employer": "", "salary": 1}]}, "employer"),
        (4, {"periods": [{"from": "2015-02", "to": "2015-03", "employer": "M", "salary": -1}]}, "salary"),
        (4, {"months": 1201}, "months"),
        (5, {"type": "library-card"}, "type"),
        (5, {"holder": {"name": "An", "birth_date": "1985-03-12"}}, "personal_number"),
        (5, {"fields": {"works": "many"}}, "works"),
        (5, {"fields": {"since": "yesterday"}}, "since"),
        (5, {"fields": {"abroad": 1}}, "abroad"),
        (5, {"fields": {"field": "x" * 201}}, "field"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_not_believed(
    case: int, values: dict[str, Any], code: str
) -> None:
    gateway, kind, number, one, _many, sample = CASES[case]

    assert read(gateway, kind, number, {one: sample | values}) == Unknown(f"malformed_{code}")


@pytest.mark.parametrize(
    ("asked", "answered", "known"),
    [
        ("0123456789", "DN4010123456789", True),
        ("GD4010123456789", "DN4010123456789", True),
        ("0123456789", "0123456789", True),
        (AN, "DN4010123456789", True),
        (AN, AN, True),
        ("0123456780", "DN4010123456789", False),
        ("001085000002", "0123456789", False),
        (AN, "001085000002", False),
    ],
)
def test_a_health_card_answers_to_each_of_its_numbers(
    asked: str, answered: str, known: bool
) -> None:
    answer = read(
        social_insurance, "HEALTH_INSURANCE", asked, {"card": changed(CARD, card_no=answered)}
    )

    assert isinstance(answer, Read) if known else answer == Unknown("other_number")


def test_one_search_finds_cards_and_records() -> None:
    found = social_insurance.read_search(Accepted({"health_cards": [CARD], "records": [RECORD]}))

    assert isinstance(found, ReadMany)
    assert [paper.kind for paper in found.papers] == ["HEALTH_INSURANCE", "SOCIAL_INSURANCE"]


@each_gateway
def test_a_paper_that_cannot_be_read_hides_no_other(
    gateway: ModuleType, kind: str, number: str, one: str, many: str, sample: dict[str, Any]
) -> None:
    hostile = [None, "text", {}, without(sample, "status"), changed(sample, status="<b>secret</b>")]

    for broken in hostile:
        found = gateway.read_search(Accepted(search_answer(gateway, many, [broken, sample])))
        assert isinstance(found, ReadMany), broken
        assert [paper.kind for paper in found.papers] == [kind]
        (code,) = found.unread
        assert code.startswith("malformed_")
        assert "secret" not in code
    alone = gateway.read_search(Accepted(search_answer(gateway, many, hostile)))
    assert isinstance(alone, Unknown)


def test_a_paper_that_comes_twice_is_not_believed_and_hides_no_other() -> None:
    other = changed(LICENCE, licence_no="790123456700")

    found = traffic_police.read_search(Accepted({"licences": [LICENCE, other, LICENCE]}))

    assert isinstance(found, ReadMany)
    assert [paper.number for paper in found.papers] == ["790123456700"]
    assert found.unread == ("two_answers",)


def test_periods_stand_in_order_of_time() -> None:
    answer = read(social_insurance, "SOCIAL_INSURANCE", "0123456789", {"record": RECORD})

    assert [each["from"] for each in answer.paper.values["periods"]] == ["2008-02", "2015-01"]


# --- Kinds that an administrator defined --------------------------------------------------------------
def test_fields_of_a_defined_kind_are_read_by_their_sort_and_may_lack() -> None:
    answer = read(certificates, PRACTICE, "CC0108500001", {"certificate": CERTIFICATE})
    sparse = changed(CERTIFICATE, valid_until=None, fields={"grade": None, "other": "passed over"})
    bare = read(certificates, PRACTICE, "CC0108500001", {"certificate": sparse})

    assert answer.paper.values == CERTIFICATE["fields"]
    assert answer.paper.expires_on == date(2029, 3, 1)
    assert bare.paper.values == {}
    assert bare.paper.expires_on is None


def test_certificates_of_other_types_are_passed_over() -> None:
    other = changed(CERTIFICATE, type="library-card")

    assert certificates.read_search(Accepted({"certificates": [other]})) == ReadMany(())
    hostile = changed(CERTIFICATE, type="a b")
    assert certificates.read_search(Accepted({"certificates": [hostile]})) == Unknown(
        "malformed_type"
    )


def test_a_kind_taken_out_of_use_is_looked_up_but_found_no_more() -> None:
    defined.define(in_use=False)
    definitions.forget()

    assert certificates.read_search(Accepted({"certificates": [CERTIFICATE]})) == ReadMany(())
    answer = read(certificates, PRACTICE, "CC0108500001", {"certificate": CERTIFICATE})
    assert isinstance(answer, Read)


def test_a_kind_that_nobody_defined_is_not_asked_for() -> None:
    with pytest.raises(certificates.NoSuchType):
        certificates.look_up_call("LIBRARY_CARD", "1", HOLDER)
