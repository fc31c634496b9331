"""Every registry asked over its wire: each of its papers is understood, and whatever goes wrong has a code."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from documents import gateways, kinds
from documents.enums import FieldResult, PaperStatus
from documents.gateways.base import NotThere, Read, ReadMany
from documents.rules import people
from documents.rules.papers import Holder
from eid_portal.core import clock, outside
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.sandbox import data, papers, registries
from tests.documents import defined
from tests.documents.wire_samples import AN

pytestmark = pytest.mark.django_db
# The registry's word for what it holds, our party and kind.
KINDS = [
    ("licence", "traffic-police", "DRIVER_LICENCE"),
    ("vehicle", "vehicle-register", "VEHICLE_REGISTRATION"),
    ("certificate", "motor-insurance", "MOTOR_INSURANCE"),
    ("health_card", "social-insurance", "HEALTH_INSURANCE"),
    ("record", "social-insurance", "SOCIAL_INSURANCE"),
    ("practice-certificate", "certificates", defined.PRACTICE),
]
each_kind = pytest.mark.parametrize(("word", "party", "kind"), KINDS, ids=[k[2] for k in KINDS])
TODAY = date(2026, 11, 26)


@pytest.fixture(autouse=True)
def practice_certificate(db: None) -> None:
    defined.define()


def holder_of(number: str) -> Holder:
    person = data.find(number, today=clock.today())
    assert person is not None
    return Holder(
        personal_number=person.number,
        former_numbers=(person.former,) if person.former else (),
        full_name=data.register_name(person),
        birth_date=data.register_birth_date(person),
    )


def look_up(party: str, kind: str, number: str) -> Any:
    gateway = gateways.find(party)
    said = outside.send(party, gateway.look_up_call(kind, number, holder_of(AN)))
    return gateway.read_look_up(kind, number, said)


def to_try(word: str, party: str) -> dict[str, str]:
    """The last two digits, and the number in the form of such papers that ends in them."""
    registry: papers.Registry = registries.every()[party].REGISTRY
    kind = registry.kind(word)
    person = data.find(AN, today=clock.today())
    assert kind is not None
    assert person is not None
    return {number[-2:]: number for number in papers.to_try(kind, person)}


# --- Everything the registries hold is understood -----------------------------------------------------
@pytest.mark.parametrize("party", dict.fromkeys(party for _word, party, _kind in KINDS))
@pytest.mark.parametrize("day", [TODAY, date(2027, 1, 2), date(2028, 2, 29)])
def test_whatever_a_registry_holds_is_found_theirs_and_drawn(
    sandbox: Any, party: str, day: date
) -> None:
    gateway, found = gateways.find(party), 0
    with clock.frozen(
        datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    ):
        for number in data.PEOPLE:
            holder = holder_of(number)
            call = gateway.search_call(holder)
            assert call is not None
            said = gateway.read_search(outside.send(party, call))
            assert isinstance(said, ReadMany), (number, said)
            for paper in said.papers:
                kind = kinds.find(paper.kind)
                assert kind.draw(paper, day).facts
                assert kind.clean_number(paper.number) == paper.number
                assert not people.is_of_somebody_else(kind.compare(holder, paper))
                found += 1
    assert found


def test_a_citizen_has_one_of_every_kind(sandbox: Any) -> None:
    held: set[str] = set()
    for party in dict.fromkeys(party for _word, party, _kind in KINDS):
        gateway = gateways.find(party)
        call = gateway.search_call(holder_of(AN))
        assert call is not None
        said = gateway.read_search(outside.send(party, call))
        assert isinstance(said, ReadMany)
        held |= {paper.kind for paper in said.papers}

    assert held == {kind for _word, _party, kind in KINDS}


# --- Whatever goes wrong ------------------------------------------------------------------------------
@each_kind
@pytest.mark.parametrize(
    ("ending", "meaning"),
    [
        ("85", Unknown("status_302")),
        ("86", Unknown("answer_too_large_or_slow")),
        ("87", Unknown("two_answers")),
        ("89", Unknown("malformed_answer")),
        ("90", Unknown("other_number")),
        ("94", Unknown("status_500")),
        ("95", Unknown("read_timeout")),
        ("96", Unavailable("status_503", timedelta(seconds=1))),
        ("97", NotThere()),
    ],
)
def test_what_goes_wrong_has_a_code(
    sandbox: Any, word: str, party: str, kind: str, ending: str, meaning: object
) -> None:
    assert look_up(party, kind, to_try(word, party)[ending]) == meaning


@each_kind
def test_an_answer_that_another_key_signed_is_unknown(
    sandbox: Any, word: str, party: str, kind: str
) -> None:
    answer = look_up(party, kind, to_try(word, party)["83"])

    assert isinstance(answer, Unknown)
    assert answer.reason.startswith("answer_")


@each_kind
@pytest.mark.parametrize(
    ("ending", "status"), [("88", PaperStatus.EXPIRED), ("98", PaperStatus.REVOKED)]
)
@pytest.mark.parametrize("day", [TODAY, date(2027, 1, 2)])
def test_what_ended_or_was_taken_back_says_so(
    sandbox: Any, word: str, party: str, kind: str, ending: str, status: PaperStatus, day: date
) -> None:
    with clock.frozen(
        datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    ):
        answer = look_up(party, kind, to_try(word, party)[ending])

    assert isinstance(answer, Read), answer
    assert answer.paper.status is status


@each_kind
def test_of_somebody_elses_paper_nothing_is_shown(
    sandbox: Any, word: str, party: str, kind: str
) -> None:
    answer, holder = look_up(party, kind, to_try(word, party)["84"]), holder_of(AN)

    assert isinstance(answer, Read)
    results = kinds.find(kind).compare(holder, answer.paper)
    assert people.is_of_somebody_else(results)
    for code in results:
        theirs, _ours = kinds.find(kind).value_of(code, holder, answer.paper)
        assert answer.paper.holder_name.upper() not in theirs
        assert (answer.paper.holder_number or "?") not in theirs.replace(" ", "")


@each_kind
def test_a_name_without_its_middle_word_differs_in_that_word(
    sandbox: Any, word: str, party: str, kind: str
) -> None:
    answer, holder = look_up(party, kind, to_try(word, party)["91"]), holder_of(AN)

    assert isinstance(answer, Read)
    results = kinds.find(kind).compare(holder, answer.paper)
    assert {code for code, result in results.items() if result is FieldResult.DIFFERENT} == {"name"}
    theirs, ours = kinds.find(kind).value_of("name", holder, answer.paper)
    assert [pair.register for pair in people.words(theirs, ours) if not pair.agrees] == ["VĂN"]
