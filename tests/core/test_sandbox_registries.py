"""The registries of papers as the portal meets them: every outcome on the real wire, switches, corrections, reports."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from eid_portal.core import keys as portal_keys
from eid_portal.core import outside, signatures
from eid_portal.core.models import Circuit
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown
from eid_portal.sandbox import (
    data,
    papers,
    registries,
    switches,
    urls,
)
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.papers import Outcome
from eid_portal.sandbox.prepare import prepare
from eid_portal.sandbox.switches import Switch
from eid_portal.sandbox.web import Refuse
from eid_portal.sandbox.world import World
from tests.outside_world import new_world, served

pytestmark = pytest.mark.django_db

AN, BINH, CHILD = "001085000001", "001187000002", "001216000004"
TODAY = date(2026, 11, 26)
EVERY_KIND = [
    (registry.PARTY, kind)
    for registry in registries.every().values()
    for kind in registry.REGISTRY.kinds
]
KIND_IDS = [f"{party}-{kind.type}" for party, kind in EVERY_KIND]


def ask(party: str, path: str, payload: dict[str, Any], key: str | None = None) -> outside.Outcome:
    return outside.call(
        party, "POST", path, payload=payload, tag=f"eid-{party}", idempotency_key=key
    )


def look_up(party: str, kind: Any, number: str, person: str = AN) -> outside.Outcome:
    payload = {kind.asked: number, "personal_number": person}
    if party == "certificates":
        payload["type"] = kind.type
    Circuit.objects.all().delete()
    return ask(party, kind.look_up, payload)


def found(party: str, kind: Any, number: str, person: str = AN) -> dict[str, Any]:
    answer = look_up(party, kind, number, person)
    assert isinstance(answer, Accepted), answer
    paper: dict[str, Any] = answer.data[kind.one]
    return paper


def search(
    party: str, number: str, person: data.Person | None = None
) -> dict[str, list[dict[str, Any]]]:
    person = person or data.PEOPLE[number]
    answer = ask(
        party,
        registries.every()[party].REGISTRY.search,
        {
            "personal_number": number,
            "former_numbers": [person.former] if person.former else [],
            "full_name": person.name,
            "birth_date": person.born.isoformat(),
        },
    )
    assert isinstance(answer, Accepted)
    return answer.data


def at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def number_for(kind: Any, outcome: Outcome) -> str:
    tries = papers.to_try(kind, data.PEOPLE[AN])
    return next(number for number, gives in tries.items() if gives is outcome)


def kind_of(party: str, type_: str) -> Any:
    return registries.every()[party].REGISTRY.kind(type_)


LICENCE = kind_of("traffic-police", "licence")
VEHICLE = kind_of("vehicle-register", "vehicle")


# --- Whose papers there are -----------------------------------------------------------------------
@pytest.mark.parametrize(("party", "kind"), EVERY_KIND, ids=KIND_IDS)
def test_a_number_and_its_holder_find_each_other(party, kind):
    for person in data.PEOPLE.values():
        for number in papers.held_by(kind, person, TODAY):
            assert papers.owner_of(kind, number, TODAY) == person
            assert kind.pattern.fullmatch(number)
        for number in papers.to_try(kind, person):
            assert kind.pattern.fullmatch(number)
            assert papers.owner_of(kind, number, TODAY) is None


@pytest.mark.parametrize(("party", "kind"), EVERY_KIND, ids=KIND_IDS)
def test_made_papers_choose_nothing(party, kind):
    written = set(kind.written)
    for person in data.PEOPLE.values():
        for number in set(papers.held_by(kind, person, TODAY)) - written:
            assert papers.outcome_of(number) is Outcome.VALID


def test_most_adults_hold_everything_and_children_a_health_card():
    adults = [p for p in data.PEOPLE.values() if papers.age(p, TODAY) >= 20]
    for party, kind in EVERY_KIND:
        holders = [person for person in adults if papers.held_by(kind, person, TODAY)]
        assert len(holders) >= len(adults) / (2 if party != "certificates" else 8)
    card = kind_of("social-insurance", "health_card")
    children = [p for p in data.PEOPLE.values() if papers.age(p, TODAY) < 16]
    assert len(children) >= 3
    for child in children:
        assert papers.held_by(card, child, TODAY)
        assert not papers.held_by(LICENCE, child, TODAY)
        assert not papers.held_by(VEHICLE, child, TODAY)


def test_the_people_of_the_demonstration_have_their_written_papers(sandbox):
    (licence,) = search("traffic-police", AN)["licences"]
    assert (licence["status"], licence["full_name"], licence["points"]) == (
        "valid", "Nguyễn Văn An", 12,
    )  # fmt: skip
    motorcycle, car = search("vehicle-register", AN)["vehicles"]
    assert (motorcycle["vehicle_type"], motorcycle["owner_name"]) == ("motorcycle", "Nguyễn Văn An")
    assert (car["vehicle_type"], car["plate"][-2:], car["owner_name"]) == ("car", "91", "Nguyễn An")
    plates = {c["plate"] for c in search("motor-insurance", AN)["certificates"]}
    assert plates == {motorcycle["plate"], car["plate"]}
    social = search("social-insurance", AN)
    assert (len(social["health_cards"]), len(social["records"])) == (1, 1)
    (certificate,) = search("certificates", AN)["certificates"]
    assert (certificate["type"], set(certificate["fields"])) == (
        "practice-certificate", {"field", "grade", "works", "since", "abroad"},
    )  # fmt: skip
    (expired,) = search("traffic-police", BINH)["licences"]
    assert expired["status"] == "expired"
    assert any(
        c["valid_until"] < sandbox.world.today.isoformat()
        for c in expired["classes"]
        if c["valid_until"]
    )
    assert len(search("social-insurance", BINH)["health_cards"]) == 1
    assert len(search("social-insurance", CHILD)["health_cards"]) == 1
    assert search("social-insurance", CHILD)["records"] == []


def test_a_paper_from_before_a_number_was_re_established_has_the_former_one(sandbox):
    (licence,) = search("traffic-police", "033188000016")["licences"]

    assert licence["personal_number"] == "033088000016"


def test_a_health_card_answers_to_its_three_numbers(sandbox):
    card = kind_of("social-insurance", "health_card")
    (long,) = papers.held_by(card, data.PEOPLE[CHILD], sandbox.world.today)
    answers = [
        found("social-insurance", card, number, CHILD) for number in (long, long[-10:], CHILD)
    ]

    assert [answer.pop("card_no") for answer in answers] == [long, long[-10:], CHILD]
    assert answers[0] == answers[1] == answers[2]
    assert look_up("social-insurance", card, "DN5" + long[3:]) == Refused(
        "not_found", {"code": "not_found"}
    )


def test_a_child_holds_a_health_card_once_its_birth_is_registered_and_nothing_else(sandbox):
    card, child = kind_of("social-insurance", "health_card"), "001226000000"
    person = data.Person(
        child, "Mẫu Gia An", date(2026, 11, 20), "Hà Nội", "Phường Hoàn Kiếm", "Số 12"
    )
    assert look_up("social-insurance", card, child, child) == Refused(
        "not_found", {"code": "not_found"}
    )
    assert search("social-insurance", child, person)["health_cards"] == []
    asked = {
        "full_name": "Mẫu Gia An", "birth_date": "2026-11-20", "sex": "M",
        "residence": {"province": "Hà Nội", "commune": "Phường Hoàn Kiếm", "line": "Số 12"},
    }  # fmt: skip
    sandbox.world.store.keep_birth("request", child, json.dumps(asked))

    answers = [
        found("social-insurance", card, number, child)
        for number in (child, *(each["card_no"] for each in search("social-insurance", child, person)["health_cards"]))
    ]  # fmt: skip

    assert len(answers) == 2
    for answer in answers:
        assert (answer["full_name"], answer["birth_date"], answer["personal_number"]) == (
            "Mẫu Gia An", "2026-11-20", child,
        )  # fmt: skip
    assert search("social-insurance", child, person)["records"] == []
    assert search("traffic-police", child, person)["licences"] == []


def test_a_record_counts_its_months(sandbox):
    for person in data.PEOPLE:
        for record in search("social-insurance", person)["records"]:
            months = 0
            for period in record["periods"]:
                (y, m), (end_y, end_m) = (
                    map(int, period[key].split("-")) for key in ("from", "to")
                )
                assert (y, m) <= (end_y, end_m)
                months += (end_y - y) * 12 + end_m - m + 1
            assert record["months"] == months > 0


def test_somebody_elses_paper_says_whose_it_is(sandbox):
    (number,) = papers.held_by(VEHICLE, data.PEOPLE["079089000031"], sandbox.world.today)

    assert found("vehicle-register", VEHICLE, number)["owner_personal_number"] == "079089000031"


def test_a_number_is_found_with_its_separators_and_answered_as_asked(sandbox):
    assert found("vehicle-register", VEHICLE, "30k-123.91")["plate"] == "30k-123.91"


@pytest.mark.parametrize(("party", "kind"), EVERY_KIND, ids=KIND_IDS)
@pytest.mark.parametrize("number", ["", "１２３４５６７８９０１２", "x" * 41, "'; --"])
def test_a_malformed_number_is_said_to_be_one(sandbox, party, kind, number):
    assert look_up(party, kind, number) == Refused("malformed_number", {"code": "malformed_number"})


def test_nobodys_number_is_not_found(sandbox):
    missing = Refused("not_found", {"code": "not_found"})

    assert look_up("traffic-police", LICENCE, "999999999900") == missing
    assert look_up("traffic-police", LICENCE, "999999999998", "001085999999") == missing
    assert look_up("vehicle-register", VEHICLE, "29A00000") == missing
    assert search("traffic-police", CHILD) == {"licences": []}


def test_certificates_of_any_type_give_the_outcomes_of_their_numbers(sandbox):
    kind = kind_of("certificates", "student-card")

    assert found("certificates", kind, "SV98")["status"] == "revoked"
    assert found("certificates", kind, "SV98")["type"] == "student-card"
    assert look_up("certificates", kind, "SV00") == Refused("not_found", {"code": "not_found"})
    assert ask("certificates", "/v1/lookup", {"type": "ü", "number": "SV98"}) == Refused(
        "malformed_type", {"code": "malformed_type"}
    )


# --- What the last two digits choose --------------------------------------------------------------
@pytest.mark.parametrize(("party", "kind"), EVERY_KIND, ids=KIND_IDS)
class TestOutcomes:
    """Asked about a number that nobody holds, by anybody."""

    def test_another_key_proves_nothing(self, sandbox, party, kind):
        number = number_for(kind, Outcome.OTHER_KEY)

        assert look_up(party, kind, number) == Unknown("answer_wrong_signature")

    def test_somebody_elses(self, sandbox, party, kind):
        paper = found(party, kind, number_for(kind, Outcome.OTHER_OWNER))

        assert at(paper, kind.name) != "Nguyễn Văn An"
        assert at(paper, kind.holder) != AN
        assert at(paper, kind.holder) in data.PEOPLE

    def test_a_redirect(self, sandbox, party, kind):
        answer = look_up(party, kind, number_for(kind, Outcome.REDIRECT))

        assert answer == Unknown("status_302")
        assert all("127.0.0.1" not in request.url for request in sandbox.adapter.sent)

    def test_two_answers(self, sandbox, party, kind):
        answer = look_up(party, kind, number_for(kind, Outcome.TWO))

        assert isinstance(answer, Accepted)
        assert len(answer.data[kind.one]) == 2

    def test_expired_and_revoked(self, sandbox, party, kind):
        expired = found(party, kind, number_for(kind, Outcome.EXPIRED))
        revoked = found(party, kind, number_for(kind, Outcome.REVOKED))

        assert (expired["status"], revoked["status"]) == ("expired", "revoked")
        assert kind.type == "record" or (
            sandbox.world.today - papers.ENDED
        ).isoformat() in json.dumps(expired)

    def test_html(self, sandbox, party, kind):
        number = number_for(kind, Outcome.HTML)

        assert look_up(party, kind, number) == Unknown("malformed_answer")

    def test_another_number(self, sandbox, party, kind):
        number = number_for(kind, Outcome.OTHER_NUMBER)

        assert found(party, kind, number)[kind.asked] == number[:-2] + "01"

    def test_another_name_and_birth_date(self, sandbox, party, kind):
        other_name = found(party, kind, number_for(kind, Outcome.OTHER_NAME))
        other_day = found(party, kind, number_for(kind, Outcome.OTHER_BIRTH_DATE))

        assert at(other_name, kind.name) == "Nguyễn An"
        assert at(other_day, kind.name) == "Nguyễn Văn An"
        if kind.birth_date:
            assert at(other_name, kind.birth_date) == "1985-03-12"
            assert at(other_day, kind.birth_date) == "1985-03-13"

    def test_slow_broken_silent(self, sandbox, party, kind):
        waited: list[float] = []
        sandbox.application.world = replace(sandbox.world, sleep=waited.append)

        found(party, kind, number_for(kind, Outcome.SLOW))
        broken = look_up(party, kind, number_for(kind, Outcome.BROKEN))
        look_up(party, kind, number_for(kind, Outcome.SILENT))

        assert broken == Unknown("status_500")
        assert waited == [3, 15]

    def test_busy_twice(self, sandbox, party, kind):
        number = number_for(kind, Outcome.BUSY_TWICE)

        answers = [look_up(party, kind, number) for _turn in range(3)]

        busy = Unavailable("status_503", timedelta(seconds=1))
        assert answers[:2] == [busy, busy]
        assert isinstance(answers[2], Accepted)

    def test_not_found(self, sandbox, party, kind):
        number = number_for(kind, Outcome.NOT_FOUND)

        assert look_up(party, kind, number) == Refused("not_found", {"code": "not_found"})


def test_a_hundred_megabytes_are_offered_and_not_read(tmp_path, settings):
    with served() as (address, serve):
        world = new_world(tmp_path, url=address)
        serve(Sandbox(world))
        settings.OUTSIDE = {"traffic-police": f"{address}/traffic-police"}
        settings.OUTSIDE_KEYS_FILE = world.settings.outside_keys

        answer = look_up("traffic-police", LICENCE, number_for(LICENCE, Outcome.LARGE))

    assert answer == Unknown("answer_too_large_or_slow")


def test_the_hundred_megabytes_are_whole_and_never_held(sandbox):
    number = number_for(LICENCE, Outcome.LARGE)
    look_up("traffic-police", LICENCE, number)
    sent = sandbox.adapter.sent[-1]
    headers = signatures.sign_request(
        "POST", sent.url, {}, sent.body,
        key=signatures.SigningKey(*portal_keys.current("outbound")),
        tag="eid-traffic-police", now=datetime.now(UTC),
    )  # fmt: skip
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/traffic-police/v1/licences/lookup",
        "CONTENT_LENGTH": str(len(sent.body)),
        "wsgi.input": io.BytesIO(sent.body),
    } | {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    started: list[Any] = []

    world = replace(sandbox.world, now=lambda: datetime.now(UTC))
    blocks = Sandbox(world)(environ, lambda *given: started.extend(given))
    sizes = [len(block) for block in blocks]

    assert sum(sizes) == int(dict(started[1])["content-length"]) == 100 * 1024 * 1024
    assert max(sizes) <= 64 * 1024


# --- Switches -------------------------------------------------------------------------------------
def test_a_switch_is_for_one_registry_and_survives_a_restart(sandbox):
    (number,) = papers.held_by(LICENCE, data.PEOPLE[AN], sandbox.world.today)
    switches.turn(sandbox.world, "traffic-police", Switch.DOWN)
    sandbox.application.world = World(
        sandbox.world.settings, sandbox.world.sleep, sandbox.world.now
    )

    down = Unavailable("status_503", timedelta(seconds=1))
    assert look_up("traffic-police", LICENCE, number) == down
    found("vehicle-register", VEHICLE, "30K12391")
    switches.turn(sandbox.world, "traffic-police", Switch.BROKEN)
    assert look_up("traffic-police", LICENCE, number) == Unknown("status_500")
    switches.turn(sandbox.world, "traffic-police", Switch.HANGING)
    assert look_up("traffic-police", LICENCE, number) == Unknown("read_timeout")
    switches.turn(sandbox.world, "traffic-police", Switch.WORKING)
    found("traffic-police", LICENCE, number)


def test_the_ninth_that_hangs_is_turned_away_so_that_others_are_answered(sandbox):
    answered: list[int] = []

    def sleep(_seconds: float) -> None:
        try:  # another caller, while this one waits
            world.hang()
        except Refuse as refused:
            answered.append(refused.status)

    world = replace(sandbox.world, sleep=sleep)
    for _turn in range(2):
        with pytest.raises(Refuse):
            world.hang()

    assert answered == [503, *[504] * 7] * 2


# --- A new registry -------------------------------------------------------------------------------
NEW_REGISTRY = '''
"""Fishing permits."""
import re
from eid_portal.sandbox import papers, wire
from eid_portal.sandbox.papers import Kind, Registry, holder

PARTY = "fishing"
REGISTRY = Registry(
    party=PARTY, name="Fishing", vietnamese="Câu cá", office="Chi cục",
    kinds=(Kind(
        type="permit", one="permit", many="permits", asked="permit_no", look_up="/v1/lookup",
        pattern=re.compile(r"F\\d{10}"),
        number=lambda person: "F" + papers.ten_digits(person, "fish"),
        in_number=lambda number: papers.from_ten_digits(number[1:]),
        holds=lambda person, today: True,
        make=lambda person, number, today: holder(person) | {
            "permit_no": number, "status": "valid", "valid_until": "2099-01-01"},
    ),),
)
ROUTES = wire.signed_routes(REGISTRY)
'''


@pytest.fixture
def fishing(tmp_path, monkeypatch):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "fishing.py").write_text(NEW_REGISTRY)
    monkeypatch.setattr(registries, "__path__", [*registries.__path__, str(folder)])
    registries.every.cache_clear()
    urls.routes.cache_clear()
    yield
    monkeypatch.undo()
    registries.every.cache_clear()
    urls.routes.cache_clear()


def test_a_new_registry_is_one_new_file(fishing, sandbox):
    kind = registries.every()["fishing"].REGISTRY.kinds[0]
    (number,) = papers.held_by(kind, data.PEOPLE[AN], sandbox.world.today)

    assert found("fishing", kind, number)["full_name"] == "Nguyễn Văn An"
    assert look_up("fishing", kind, "F0000000095") == Unknown("read_timeout")
    assert search("fishing", CHILD)["permits"][0]["personal_number"] == CHILD


def test_a_data_folder_from_before_gets_the_keys_of_new_parties(tmp_path):
    world = new_world(tmp_path)
    own = json.loads(world.settings.own_keys.read_text())
    before = {party: key for party, key in own.items() if party not in registries.every()}
    world.settings.own_keys.write_text(json.dumps(before))
    public = json.loads(world.settings.outside_keys.read_text())
    world.settings.outside_keys.write_text(json.dumps({name: public[name] for name in before}))

    prepare(world.settings)

    after = json.loads(world.settings.own_keys.read_text())
    assert {party: after[party] for party in before} == before
    assert set(after) == {*before, *registries.every()}
    assert set(json.loads(world.settings.outside_keys.read_text())) == set(after)
