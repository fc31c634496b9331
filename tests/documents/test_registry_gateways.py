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
from documents.gateways import traffic_police, vehicle_register
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.rules.papers import Holder, from_json
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown
from tests.documents.wire_samples import AN, LICENCE, VEHICLE, changed, without

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
]
each_gateway = pytest.mark.parametrize(
    ("gateway", "kind", "number", "one", "many", "sample"), CASES, ids=[case[1] for case in CASES]
)


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
    assert kind in gateway.TYPES.values()
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
    assert gateway.read_search(Accepted({})) == Unknown(f"malformed_{many}")
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
    assert gateway.TYPES[call.payload["type"]] == kind
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
