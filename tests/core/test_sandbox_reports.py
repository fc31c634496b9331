"""What becomes of made-up papers: changed on the sandbox's pages, corrected on request, reported to the portal."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from eid_portal.core import clock, outside, signatures
from eid_portal.core.outside import Accepted, Refused
from eid_portal.core.signatures import Refusal, SignatureRefused
from eid_portal.sandbox import corrections, data, papers, registries, reports, switches
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.reports import Way
from eid_portal.sandbox.switches import Switch
from eid_portal.sandbox.world import World
from tests.outside_world import OutsideWorld, served

pytestmark = pytest.mark.django_db

AN, BINH = "001085000001", "001187000002"
PARTY = "traffic-police"
REGISTRY = registries.every()[PARTY].REGISTRY
LICENCE = REGISTRY.kinds[0]
AN_LICENCE = LICENCE.number(data.PEOPLE[AN])
WRONG_NAME, MISSING = "010048500091", "010048500097"
PATH = f"/api/v1/registries/{PARTY}/events"


class Portal:
    """Listens to reports as the portal does: it verifies them, and answers an id the same again."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[dict[str, Any]] = []
        self.answered: list[int | Refusal] = []
        self.inputs: list[str] = []  # what was signed, with its nonce
        self.up = True

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = {k[5:].replace("_", "-"): v for k, v in environ.items() if k.startswith("HTTP_")}
        headers["CONTENT-TYPE"] = environ["CONTENT_TYPE"]
        status = self.take(headers, body) if self.up else 503
        start_response(f"{status} X", [("Content-Type", "application/json")])
        return [b"{}"]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.inputs.append(headers["SIGNATURE-INPUT"])
        try:
            signatures.verify_request(
                "POST", self.url + PATH, headers, body,
                keys=outside.public_keys(PARTY), tag=reports.TAG, now=clock.now(),
            )  # fmt: skip
        except SignatureRefused as refused:
            self.answered.append(refused.code)
            return 401
        told = json.loads(body)
        known = [said for said in self.heard if said["event_id"] == told["event_id"]]
        self.heard.append(told)
        self.answered.append(409 if any(said != told for said in known) else 202)
        return 202


@pytest.fixture(scope="module")
def socket() -> Iterator[tuple[str, Callable[[Any], None]]]:
    with served() as listening:
        yield listening


@pytest.fixture
def portal(socket: tuple[str, Callable[[Any], None]]) -> Portal:
    address, serve = socket
    listening = Portal()
    listening.url = address
    serve(listening)
    return listening


@pytest.fixture
def world(sandbox: OutsideWorld, portal: Portal) -> World:
    """The same world, whose reports the portal hears."""
    chosen = replace(sandbox.world.settings, portal_url=portal.url)
    told = World(chosen, sandbox.world.sleep, sandbox.world.now)
    sandbox.application.world = told
    return told


def post(world: World, path: str, **fields: str) -> tuple[int, str]:
    return ask(world, "POST", path, urlencode(fields).encode())


def ask(world: World, method: str, path: str, body: bytes = b"", **more: str) -> tuple[int, str]:
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    started: list[Any] = []
    content = b"".join(Sandbox(world)(environ | more, lambda *given: started.extend(given)))
    return int(started[0][:3]), content.decode()


def change(world: World, what: str, way: str = "not at all", **more: str) -> tuple[int, str]:
    fields = {"party": PARTY, "type": "licence", "number": AN_LICENCE, "event_id": str(uuid4())}
    return post(world, f"/papers/{AN}/change", **(fields | {"what": what, "way": way} | more))


def licence(number: str = AN_LICENCE, person: str = AN) -> dict[str, Any]:
    answer = outside.call(
        PARTY, "POST", LICENCE.look_up,
        payload={"licence_no": number, "personal_number": person}, tag=f"eid-{PARTY}",
    )  # fmt: skip
    assert isinstance(answer, Accepted), answer
    found: dict[str, Any] = answer.data["licence"]
    return found


def correct(reference: str = "YC-261126-3KQ8", **more: Any) -> outside.Outcome:
    payload = {
        "reference": reference, "type": "licence", "number": WRONG_NAME, "personal_number": AN,
        "full_name": "Nguyễn Văn An", "birth_date": "1985-03-12", "side": "POPULATION",
        "fields": ["name"], "words": None,
    }  # fmt: skip
    return outside.call(
        PARTY, "POST", "/v1/corrections",
        payload=payload | more, tag=f"eid-{PARTY}", idempotency_key=reference,
    )  # fmt: skip


# --- Changes --------------------------------------------------------------------------------------
def test_points_are_deducted_once_for_a_form_pressed_twice_and_the_report_is_the_same(
    world, portal
):
    event = str(uuid4())
    for _press in range(2):
        status, page = change(world, "points", Way.ONCE, event_id=event)
        assert (status, "the portal answered 202" in page) == (200, True)

    assert licence()["points"] == 9
    assert portal.heard[0] == portal.heard[1] == {
        "event_id": event,
        "kind": "points",
        "at": portal.heard[0]["at"],
        "paper": {"type": "licence", "number": AN_LICENCE},
    }  # fmt: skip
    for _more in range(4):
        change(world, "points")
    assert licence()["points"] == 0
    assert len(portal.heard) == 2


def test_a_paper_gets_a_new_end_is_revoked_and_put_right(world, portal):
    change(world, "ends", Way.ONCE, day="2020-01-31")
    ended = licence()
    change(world, "revoked", Way.ONCE)
    revoked = licence()
    change(world, "right", Way.ONCE)

    assert (ended["status"], ended["classes"][1]["valid_until"]) == ("expired", "2020-01-31")
    assert revoked["status"] == "revoked"
    assert licence()["status"] == "valid"
    assert [said["kind"] for said in portal.heard] == ["changed", "revoked", "changed"]


def test_a_new_end_makes_an_expired_paper_valid(world):
    number = "011080000288"
    assert licence(number, BINH)["status"] == "expired"

    post(
        world, f"/papers/{BINH}/change", party=PARTY, type="licence", number=number, what="ends",
        day="2099-01-01", event_id=str(uuid4()),
    )  # fmt: skip

    assert licence(number, BINH)["status"] == "valid"


def test_what_was_changed_survives_a_restart(sandbox, world):
    change(world, "revoked")

    sandbox.application.world = World(world.settings, world.sleep, world.now)

    assert licence()["status"] == "revoked"


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "eaten"},
        {"event_id": "1"},
        {"way": "by pigeon"},
        {"number": "x"},
        {"type": "ü"},
        {"what": "ends", "day": "tomorrow"},
        {"party": "vehicle-register", "type": "vehicle", "number": "30K12391", "what": "points"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(world, wrong):
    status, _page = change(world, wrong.pop("what", "revoked"), wrong.pop("way", "once"), **wrong)

    assert status == 422


# --- Reports --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("way", "answers"),
    [
        (Way.ONCE, [202]),
        (Way.TWICE, [202, 202]),
        (Way.CHANGED, [202, 409]),
        (Way.LATE, [202]),
        (Way.STALE, [Refusal.TOO_OLD]),
        (Way.FORGED, [Refusal.WRONG_SIGNATURE]),
        (Way.REPLAYED, [202, 202]),
    ],
)
def test_reports_arrive_in_all_ways(world, portal, way, answers):
    change(world, "nothing", way)

    assert portal.answered == answers


def test_a_recorded_report_is_the_same_request_and_the_portal_knows_its_nonce(world, portal):
    change(world, "nothing", Way.REPLAYED)
    change(world, "nothing", Way.TWICE)

    recorded, again, first, second = portal.inputs
    assert recorded == again
    assert first != second


def test_a_late_report_is_of_yesterday(world, portal):
    change(world, "nothing", Way.LATE)

    (told,) = portal.heard
    assert datetime.fromisoformat(told["at"]) <= datetime.now(UTC) - timedelta(days=1)


def test_a_portal_that_is_away_is_said_to_be(sandbox):
    world = World(replace(sandbox.world.settings, portal_url="http://127.0.0.1:1"))
    status, page = change(world, "nothing", Way.ONCE)

    assert (status, "The portal did not answer" in page) == (200, True)


# --- Corrections ----------------------------------------------------------------------------------
def test_a_correction_is_taken_once(sandbox):
    first, again = correct(), correct()

    assert isinstance(first, Accepted)
    assert first == again
    assert set(first.data) == {"correction_id", "office"}
    assert correct(words="Tên tôi thiếu chữ đệm.") == Refused(
        "another_correction_has_this_reference",
        {"code": "another_correction_has_this_reference"},
    )
    assert len(sandbox.world.store.corrections()) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reference": "a b"}, "malformed_reference"),
        ({"side": "LEFT"}, "malformed_request"),
        ({"type": "vehicle"}, "malformed_request"),
        ({"number": "x"}, "malformed_request"),
        ({"personal_number": 1}, "malformed_request"),
        ({"fields": "name"}, "malformed_fields"),
        ({"words": "x" * 5001}, "malformed_words"),
    ],
)
def test_a_correction_that_cannot_be_read_is_refused(sandbox, change, code):
    reference = change.pop("reference", "R-1")

    assert correct(reference, **change) == Refused(code, {"code": code})


def test_a_registry_corrects_by_itself_after_its_delay_and_reports_it(world, portal):
    corrections.choose_delay(world, 0)
    taken = correct()
    assert isinstance(taken, Accepted)
    assert licence(WRONG_NAME)["full_name"] == "Nguyễn An"

    corrections.answer_due(world)
    corrections.answer_due(world)

    assert licence(WRONG_NAME)["full_name"] == "Nguyễn Văn An"
    (told,) = portal.heard
    assert told["kind"] == "corrected"
    assert told["correction_id"] == taken.data["correction_id"]
    assert told["paper"] == {"type": "licence", "number": WRONG_NAME}
    assert told["words"] == corrections.CORRECTED_WORDS


def test_a_missing_paper_is_there_once_it_was_corrected(world):
    corrections.choose_delay(world, 0)
    correct(number=MISSING, side="MISSING")

    corrections.answer_due(world)

    assert licence(MISSING)["full_name"] == "Nguyễn Văn An"


def test_before_its_time_and_without_a_delay_nothing_is_corrected(world, portal):
    correct("R-1")
    corrections.choose_delay(world, 60)
    correct("R-2", number=MISSING)

    corrections.answer_due(world)

    assert portal.heard == []
    assert {kept.verdict for kept in world.store.corrections()} == {"open"}


def test_the_holders_words_choose(world, portal):
    corrections.choose_delay(world, 0)
    assert correct("R-1", words="Xin sửa #reject") == Refused(
        "not_competent", {"code": "not_competent"}
    )
    correct("R-2", words="Xin sửa #refuse")
    correct("R-3", words="Xin sửa #wait", number=MISSING)

    corrections.answer_due(world)

    kept = {found.reference: found.verdict for found in world.store.corrections()}
    assert kept == {"R-2": "refused", "R-3": "open"}
    assert [said["kind"] for said in portal.heard] == ["correction_refused"]
    assert licence(WRONG_NAME)["full_name"] == "Nguyễn An"


def test_nobody_gets_somebody_elses_paper_by_a_correction(world, portal):
    corrections.choose_delay(world, 0)
    correct(number=AN_LICENCE, personal_number=BINH)

    corrections.answer_due(world)

    assert licence()["personal_number"] == AN
    assert portal.heard[0]["words"] == corrections.NOT_YOURS_WORDS


def test_a_report_that_the_portal_missed_is_made_again(world, portal):
    corrections.choose_delay(world, 0)
    correct()
    portal.up = False
    corrections.answer_due(world)
    assert portal.heard == []

    portal.up = True
    assert corrections.answer_due(world) == 1
    assert corrections.answer_due(world) == 0

    assert len(portal.heard) == 1


def test_a_correction_is_answered_on_the_page_once(world, portal):
    correct()
    page = ask(world, "GET", "/corrections/")[1]
    assert "YC-261126-3KQ8" in page
    assert "Correct it" in page

    fields = {"reference": "YC-261126-3KQ8", "way": Way.TWICE}
    post(world, "/corrections/answer", verdict="corrected", **fields)
    post(world, "/corrections/answer", verdict="refused", **fields)

    assert [said["kind"] for said in portal.heard] == ["corrected"] * 4
    assert len({json.dumps(said) for said in portal.heard}) == 1
    assert "Correct it" not in ask(world, "GET", "/corrections/")[1]


def test_a_correction_can_be_refused_on_the_page_without_a_report(world, portal):
    correct()
    post(
        world, "/corrections/answer", verdict="refused", reference="YC-261126-3KQ8", way="not at all"
    )  # fmt: skip

    corrections.answer_due(world)

    assert portal.heard == []
    (kept,) = world.store.corrections()
    assert kept.verdict == "refused"
    assert post(world, "/corrections/answer", verdict="refused", reference="R-0")[0] == 422


def test_the_delay_is_set_on_the_page(world):
    assert post(world, "/corrections/delay", seconds="30")[0] == 303
    assert corrections.delay(world) == timedelta(seconds=30)
    post(world, "/corrections/delay", seconds="")
    assert corrections.delay(world) is None
    assert post(world, "/corrections/delay", seconds="-1")[0] == 422


# --- Pages ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    ["/registries/", "/corrections/", f"/papers/{AN}/", "/papers/001216000004/"]
    + [f"/registries/{party}/" for party in registries.every()],
)
def test_a_page_is_whole_and_safe(world, path):
    correct(words="<script>alert(1)</script>")

    status, text = ask(world, "GET", path)

    assert status == 200
    assert len(re.findall(r"<h1>", text)) == 1
    assert not re.search(r"<script|style=|\son\w+=", text)


def test_a_persons_page_shows_every_paper_and_every_outcome(world):
    text = ask(world, "GET", f"/papers/{AN}/")[1]

    for module in registries.every().values():
        for kind in module.REGISTRY.kinds:
            for number in papers.held_by(kind, data.PEOPLE[AN], world.today):
                assert number in text
            for number, outcome in papers.to_try(kind, data.PEOPLE[AN]).items():
                assert number in text
                assert outcome.value in text


def test_nobody_has_no_papers_and_no_registry_has_no_page(world):
    assert ask(world, "GET", "/papers/001085999999/")[0] == 404
    assert ask(world, "GET", "/registries/fishing/")[0] == 404


def test_a_registry_is_switched_on_its_page(world):
    assert post(world, f"/registries/{PARTY}/switch", to="hanging")[0] == 303
    assert switches.of(world, PARTY) is Switch.HANGING
    assert "<strong>hanging</strong>" in ask(world, "GET", f"/registries/{PARTY}/")[1]
    assert post(world, f"/registries/{PARTY}/switch", to="drunk")[0] == 422


@pytest.mark.parametrize(
    "path",
    [
        f"/registries/{PARTY}/switch",
        f"/papers/{AN}/change",
        "/corrections/answer",
        "/corrections/delay",
    ],
)
def test_another_site_changes_nothing(world, path):
    assert ask(world, "POST", path, HTTP_SEC_FETCH_SITE="cross-site")[0] == 403


def test_programs_read_what_there_is_to_try(world):
    told = json.loads(ask(world, "GET", "/people.json")[1])

    assert [one["party"] for one in told["registries"]] == list(registries.every())
    an = next(person for person in told["people"] if person["personal_number"] == AN)
    held = {paper["type"]: paper for paper in an["papers"] if paper["outcome"] == "valid"}
    assert set(held) == {
        "licence", "vehicle", "certificate", "health_card", "record", "practice-certificate",
    }  # fmt: skip
    assert {paper["outcome"] for paper in an["papers"]} == {one.value for one in papers.Outcome}
