"""The outside world for tests and demonstrations: what it answers, and that it never breaks by itself."""

import base64
import http.client
import io
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from eid_portal.core import clock, signatures
from eid_portal.core.signatures import SentRequest, SigningKey
from eid_portal.sandbox import card_production, cards, data, photo, population, settings
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.data import Outcome
from eid_portal.sandbox.prepare import prepare
from eid_portal.sandbox.store import Anchor, SentMail, SentMessage
from eid_portal.sandbox.web import Refuse
from eid_portal.sandbox.world import World
from tests.outside_world import URL, new_world, served

TODAY = date(2026, 11, 25)
PORTAL = SigningKey("portal-1", bytes(32))


class Client:
    """Asks the application as a browser or, signed, as the portal."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.application = Sandbox(world)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path.partition("?")[0],
            "QUERY_STRING": path.partition("?")[2],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in (headers or {}).items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
            if name.lower() == "content-type":
                environ["CONTENT_TYPE"] = value
        started: list[Any] = []
        content = b"".join(self.application(environ, lambda *given: started.extend(given)))
        return int(started[0][:3]), dict(started[1]), content

    def page(self, path: str) -> str:
        status, _headers, content = self.ask("GET", path)
        assert status == 200
        return content.decode()

    def signed(
        self, party: str, path: str, payload: object | None, method: str = "POST"
    ) -> tuple[int, Any]:
        """The answer to a signed request, whose own signature is verified by the portal's code."""
        body = b"" if payload is None else json.dumps(payload).encode()
        tag, now = f"eid-{party}", datetime.now(UTC)
        headers = signatures.sign_request(
            method, URL + path, {}, body, key=PORTAL, tag=tag, now=now
        )
        status, answered, content = self.ask(method, path, body, headers)
        public = json.loads(self.world.settings.outside_keys.read_text())[party]
        signatures.verify_answer(
            status,
            answered,
            content,
            request=SentRequest(method, URL + path, headers),
            keys={keyid: base64.b64decode(key) for keyid, key in public.items()},
            tag=tag,
            now=now,
        )
        return status, json.loads(content)


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def client(tmp_path, waited) -> Client:
    world = new_world(tmp_path)
    public = Ed25519PrivateKey.from_private_bytes(PORTAL.private).public_key().public_bytes_raw()
    world.settings.portal_keys.write_text(
        json.dumps({PORTAL.keyid: base64.b64encode(public).decode()})
    )
    return Client(World(world.settings, sleep=waited.append))


def look_up(client: Client, number: object) -> tuple[int, Any]:
    return client.signed("population", "/population/v1/lookup", {"personal_number": number})


# --- Cards ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("born", "issued", "expires"),
    [
        (date(2000, 1, 1), date(2022, 6, 1), date(2025, 1, 1)),
        (date(2000, 1, 1), date(2023, 6, 1), date(2040, 1, 1)),
        (date(1990, 5, 5), date(2021, 5, 5), date(2030, 5, 5)),
        (date(1968, 3, 3), date(2026, 5, 5), None),
        (date(1960, 1, 1), date(2021, 1, 1), None),
        (date(2000, 2, 29), date(2020, 1, 1), date(2025, 3, 1)),
    ],
)
def test_a_card_ends_by_the_age_rule(born, issued, expires):
    assert cards.expiry(born, issued) == expires


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        (
            (
                "IDVNM2000000152001200000015<<3",
                "0001018M4001016VNM<<<<<<<<<<<4",
                "NGUYEN<<VAN<THU<<<<<<<<<<<<<<<",
            ),
            ("001200000015", "Nguyễn Văn Thu", date(2000, 1, 1), "M", date(2040, 1, 1)),
        ),
        (
            (
                "IDVNM1990000232079199000023<<2",
                "9912315F3912313VNM<<<<<<<<<<<0",
                "TRAN<<THI<MAU<<<<<<<<<<<<<<<<<",
            ),
            ("079199000023", "Trần Thị Mẫu", date(1999, 12, 31), "F", date(2039, 12, 31)),
        ),
    ],
)
def test_the_machine_readable_zone_is_right(lines, given):
    assert cards.mrz(*given) == lines


def test_a_qr_code_has_seven_fields():
    assert data.PEOPLE["001085000001"].qr == (
        "001085000001|000000001|Nguyễn Văn An|12031985|Nam|"
        "Số 12 Phố Thử Nghiệm, Phường Hoàn Kiếm, Hà Nội|15082024"
    )


def test_the_portrait_is_a_picture():
    picture = photo.png("001085000001")

    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (90, 120)
    start = picture.index(b"IDAT")
    (length,) = struct.unpack(">I", picture[start - 4 : start])
    assert len(zlib.decompress(picture[start + 4 : start + 4 + length])) == 91 * 120
    assert photo.png("001187000002") != picture


# --- People ---------------------------------------------------------------------------------------
def test_everybody_is_made_up_and_fits_their_number():
    for number, person in data.PEOPLE.items():
        assert re.fullmatch(r"\d{6}0000\d\d", number)
        assert number[:3] in data.PROVINCES
        assert 1900 + 100 * (int(number[3]) // 2) + int(number[4:6]) == person.born.year
        assert all(len(line) == 30 for line in person.mrz)
        assert re.fullmatch(r"\+8450\d{7}", person.phone)
    assert len({person.phone for person in data.PEOPLE.values()}) == len(data.PEOPLE)
    assert len(data.PROVINCES) == 63


@given(
    st.sampled_from(sorted(data.PROVINCES)),
    st.integers(0, 125),
    st.integers(0, 1),
    st.integers(0, 99),
)
def test_every_synthetic_number_is_always_the_same_person(code, years, sex, serial):
    year = 1900 + years
    number = f"{code}{years // 100 * 2 + sex}{year % 100:02d}0000{serial:02d}"

    person = data.find(number, today=TODAY)

    assert person == data.find(number, today=TODAY)
    assert person is not None
    assert (person.born.year, person.sex) == (year, "MF"[sex])
    assert person.issued >= person.born
    assert json.dumps(population.describe(person))


@pytest.mark.parametrize(
    "number",
    [
        "001085000100",
        "003085000001",
        "001399000001",
        "00108500000",
        "００１０８５０００００１",
        "",
        "001985000001",
    ],
)
def test_other_numbers_are_nobody(number):
    assert data.find(number, today=TODAY) is None


@pytest.mark.parametrize(("ending", "outcome"), data.BY_LAST_TWO_DIGITS.items())
def test_the_table_shows_every_outcome(ending, outcome):
    assert any(
        person.number.endswith(ending) and person.outcome is outcome
        for person in data.PEOPLE.values()
    )


def test_a_generated_expired_card_is_expired():
    person = data.find("001190000088", today=TODAY)

    assert person is not None
    assert person.expires is not None
    assert person.expires < TODAY


# --- The population register ----------------------------------------------------------------------
def test_the_register_knows_a_family(client):
    status, answer = look_up(client, "001216000004")

    person = answer["person"]
    assert status == 200
    assert person["full_name"] == "Nguyễn Gia Đức"
    assert person["household"]["head"] == "001085000001"
    assert [m["relation"] for m in person["household"]["members"]] == [
        "head", "spouse", "child", "child", "parent",
    ]  # fmt: skip
    assert [g["personal_number"] for g in person["guardians"]] == ["001085000001", "001187000002"]
    assert person["card"]["state"] == "valid"
    assert base64.b64decode(person["photo"]["data"]).startswith(b"\x89PNG")
    wards = look_up(client, "001085000001")[1]["person"]["wards"]
    assert [ward["personal_number"] for ward in wards] == ["001312000003", "001216000004"]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 25, 16, 59, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 25, 17, 0, tzinfo=UTC), date(2026, 11, 26)),
        (datetime(2026, 11, 26, 0, 0, tzinfo=UTC), date(2026, 11, 26)),
    ],
)
def test_its_day_begins_at_midnight_in_viet_nam(client, at, day):
    world = replace(client.world, now=lambda: at)
    child = {
        "request_id": "made",
        "full_name": "Mẫu Gia An",
        "sex": "M",
        "birth_date": day.isoformat(),
    }
    child["residence"] = {"province": "Hà Nội", "commune": "Phường Hoàn Kiếm", "line": "Số 12"}
    child["parent"] = {"personal_number": "001085000001", "full_name": "Nguyễn Văn An"}

    assert world.today == day
    assert population.register_birth(world, child).status == 200
    with pytest.raises(Refuse, match="not_born_yet"):
        population.register_birth(
            world, {**child, "birth_date": (day + timedelta(days=1)).isoformat()}
        )


def test_values_choose_the_outcome(client, waited):
    assert look_up(client, "026050000090")[1]["person"]["status"] == "deceased"
    assert look_up(client, "042093000091")[1]["person"]["full_name"] == "Trần Văn Hưng"
    assert look_up(client, "001182000092")[1]["person"]["birth_date"] == "1982-05-18"
    assert look_up(client, "096091000097") == (404, {"code": "not_found"})
    assert look_up(client, "082188000098")[1]["person"]["card"]["state"] == "revoked"
    assert look_up(client, "072086000099")[1]["person"]["card"]["state"] == "lost"
    assert look_up(client, "022194000094") == (500, {"code": "broken"})
    assert [look_up(client, "066185000096")[0] for _each in range(6)] == [503, 503, 200] * 2
    assert waited == []
    assert look_up(client, "010079000093")[0] == 200
    assert look_up(client, "020087000095")[0] == 504
    assert waited == [3.0, 15.0]


@pytest.mark.parametrize("number", ["", "12", 1, None, [], "０" * 12, "0010850000011"])
def test_a_malformed_number_is_refused(client, number):
    assert look_up(client, number) == (400, {"code": "malformed_number"})


@pytest.mark.parametrize("payload", [[], 5, "x", None])
def test_a_body_that_is_no_object_is_refused(client, payload):
    assert client.signed("population", "/population/v1/lookup", payload)[0] == 400


# --- Who may ask ----------------------------------------------------------------------------------
def test_only_the_portal_is_answered(client):
    body = b'{"personal_number": "001085000001"}'
    url, now = URL + "/population/v1/lookup", datetime.now(UTC)

    def ask(key=PORTAL, tag="eid-population", at=now, sent=body):
        headers = signatures.sign_request("POST", url, {}, body, key=key, tag=tag, now=at)
        return client.ask("POST", "/population/v1/lookup", sent, headers)[0]

    assert ask() == 200
    assert ask(key=SigningKey("portal-1", bytes(range(32)))) == 401
    assert ask(key=SigningKey("somebody", bytes(32))) == 401
    assert ask(tag="eid-sms") == 401
    assert ask(sent=body + b" ") == 401
    assert ask(at=datetime(2026, 1, 1, tzinfo=UTC)) == 401
    assert client.ask("POST", "/population/v1/lookup", body)[0] == 401


def test_a_request_is_answered_once_even_when_posted_many_times_at_once(client):
    body = b'{"personal_number": "001085000001"}'
    url = URL + "/population/v1/lookup"
    headers = signatures.sign_request(
        "POST", url, {}, body, key=PORTAL, tag="eid-population", now=datetime.now(UTC)
    )
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _each: client.ask("POST", "/population/v1/lookup", body, headers)[0],
                range(16),
            )
        )

    assert sorted(answers) == [200] + [401] * 15


# --- SMS ------------------------------------------------------------------------------------------
def send(client: Client, **changed: object) -> tuple[int, Any]:
    message = {"message_id": "m-1", "to": "+84500000001", "text": "Mã: 123456", "purpose": "TEST"}
    return client.signed("sms", "/sms/v1/messages", message | changed)


def test_a_message_is_kept_once_and_shown_on_the_phone(client):
    assert send(client)[0] == send(client)[0] == 202
    assert send(client, text="other") == (409, {"code": "another_message_has_this_id"})

    assert "Mã: 123456" in client.page("/phones/+84500000001/")
    assert client.page("/phones/0500000001/").count("123456") == 1
    [latest] = json.loads(client.page("/phones/+84500000001/messages.json"))["messages"]
    assert (latest["text"], latest["to"]) == ("Mã: 123456", "+84500000001")
    assert "+84500000001" in client.page("/phones/")
    assert json.loads(client.page("/phones/+84500000002/messages.json")) == {"messages": []}


def test_the_phone_chooses_the_outcome(client, waited):
    assert send(client, to="+84500000000") == (422, {"code": "no_such_phone"})
    assert [send(client, to="+84500000098")[0] for _each in range(3)] == [503, 503, 202]
    silent = {"to": "+84500000099", "message_id": "m-2"}
    assert [send(client, **silent)[0] for _each in range(2)] == [504, 202]
    assert waited == [15.0]


@pytest.mark.parametrize(
    "changed", [{"to": "0901"}, {"to": None}, {"text": ""}, {"text": "x" * 1001}, {"purpose": 3}]
)
def test_a_malformed_message_is_refused(client, changed):
    assert send(client, **changed)[0] == 422


def test_a_phone_page_loads_again_only_when_asked(client):
    assert "refresh" not in client.page("/phones/+84500000001/")
    assert 'content="5"' in client.page("/phones/+84500000001/?watch=1")


def test_text_is_never_markup(client):
    send(client, text="<script>alert(1)</script>")

    assert "<script>" not in client.page("/phones/+84500000001/")


def delivery(client: Client, party: str, message_id: str = "m-1") -> tuple[int, Any]:
    return client.signed(party, f"/{party}/v1/messages/{message_id}", None, "GET")


def test_whether_a_message_arrived_can_be_asked(client):
    assert delivery(client, "sms") == (404, {"code": "not_found"})
    _status, taken = send(client)

    told = {"message_id": "m-1", "state": "delivered", "at": taken["received_at"]}
    assert delivery(client, "sms") == (200, told)


def a_minute_ago() -> str:
    return (datetime.now(UTC) - timedelta(seconds=61)).isoformat(timespec="seconds")


@pytest.mark.parametrize(
    ("ending", "states"),
    [
        ("95", ["undelivered", "undelivered"]),
        ("96", ["delivered", "taken"]),
        ("97", ["taken", "taken"]),
    ],
)
def test_the_phone_chooses_whether_and_when_a_message_arrives(client, ending, states):
    phone = f"+845000000{ending}"
    client.world.store.keep_message(SentMessage("m-1", phone, "t", "p", a_minute_ago()))
    assert send(client, to=phone, message_id="m-2")[0] == 202

    assert [delivery(client, "sms", each)[1]["state"] for each in ("m-1", "m-2")] == states
    shown = json.loads(client.page(f"/phones/{phone}/messages.json"))["messages"]
    assert len(shown) == states.count("delivered")


# --- E-mail ---------------------------------------------------------------------------------------
def mail(client: Client, **changed: object) -> tuple[int, Any]:
    message = {
        "message_id": "m-1",
        "to": "An@example.com",
        "subject": "Báo",
        "text": "Mã: 123456",
        "purpose": "TEST",
    }
    return client.signed("email", "/email/v1/messages", message | changed)


def test_an_email_is_kept_once_and_shown_in_the_mailbox(client):
    assert mail(client)[0] == mail(client)[0] == 202
    assert mail(client, text="other") == (409, {"code": "another_message_has_this_id"})

    assert client.page("/mailboxes/an@example.com/").count("Mã: 123456") == 1
    [latest] = json.loads(client.page("/mailboxes/AN@example.com/messages.json"))["messages"]
    assert (latest["subject"], latest["to"]) == ("Báo", "an@example.com")
    assert "an@example.com" in client.page("/mailboxes/")
    assert json.loads(client.page("/mailboxes/b@example.com/messages.json")) == {"messages": []}


def test_the_address_chooses_the_outcome(client, waited):
    assert mail(client, to="refused@example.com") == (422, {"code": "no_such_address"})
    assert [mail(client, to="busy@example.com")[0] for _each in range(3)] == [503, 503, 202]
    silent = {"to": "silent@example.com", "message_id": "m-2"}
    assert [mail(client, **silent)[0] for _each in range(2)] == [504, 202]
    assert waited == [15.0]


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("an", ["delivered", "delivered"]),
        ("bounced", ["undelivered", "undelivered"]),
        ("late", ["delivered", "taken"]),
        ("lost", ["taken", "taken"]),
    ],
)
def test_the_address_chooses_whether_and_when_an_email_arrives(client, name, states):
    address = f"{name}@example.com"
    assert delivery(client, "email") == (404, {"code": "not_found"})
    client.world.store.keep_mail(SentMail("m-1", address, "s", "t", "p", a_minute_ago()))
    assert mail(client, to=address, message_id="m-2")[0] == 202

    assert [delivery(client, "email", each)[1]["state"] for each in ("m-1", "m-2")] == states
    shown = json.loads(client.page(f"/mailboxes/{address}/messages.json"))["messages"]
    assert len(shown) == states.count("delivered")


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "an"},
        {"to": "a b@example.com"},
        {"to": None},
        {"subject": ""},
        {"text": "x" * 10_001},
    ],
)
def test_a_malformed_email_is_refused(client, changed):
    assert mail(client, **changed)[0] == 422


def test_an_email_is_never_markup(client):
    mail(client, text="<script>alert(1)</script> http://example.com/", subject="<b>")

    page = client.page("/mailboxes/an@example.com/")
    assert "<script>" not in page
    assert "<b>" not in page


# --- Time stamps ----------------------------------------------------------------------------------
def test_an_anchor_is_kept_for_ever(client):
    path = "/timestamp/v1/anchors"
    block = {"block_number": 3, "block_hash": "a" * 64}

    first = client.signed("timestamp", path, block)

    assert first[0] == 200
    assert client.signed("timestamp", path, block) == first
    assert client.signed("timestamp", f"{path}/3", None, "GET") == first
    assert client.signed("timestamp", f"{path}/4", None, "GET")[0] == 404
    assert client.signed("timestamp", path, block | {"block_hash": "b" * 64})[0] == 409
    assert "a" * 64 in client.page("/anchors/")
    store = sqlite3.connect(client.world.settings.store)
    for statement in ("UPDATE anchor SET block_hash = 'x'", "DELETE FROM anchor"):
        with pytest.raises(sqlite3.IntegrityError):
            store.execute(statement)
    store.close()


@pytest.mark.parametrize(
    "block",
    [
        {"block_number": "3", "block_hash": "a" * 64},
        {"block_number": -1, "block_hash": "a" * 64},
        {"block_number": 2**70, "block_hash": "a" * 64},
        {"block_number": True, "block_hash": "a" * 64},
        {"block_number": 3, "block_hash": "A" * 64},
        {"block_number": 3},
    ],
)
def test_a_malformed_anchor_is_refused(client, block):
    assert client.signed("timestamp", "/timestamp/v1/anchors", block)[0] == 422


# --- An agency's own system -----------------------------------------------------------------------
MOVED = {
    "event_id": "019ac2d4-7c1e-7b3a-9a55-0c2f5f0d6a11",
    "reference": "HS-261127-3KQ8MN",
    "procedure": "temporary-residence",
    "state": "IN_REVIEW",
    "at": "2026-11-27T02:00:00.000000+00:00",
}
AGENCY = "/agency-desk/v1/applications/events"


def test_an_agency_keeps_what_it_is_told_once_and_by_its_moment(client):
    later = {
        **MOVED, "event_id": "019ac2d4-7c1e-7b3a-9a55-0c2f5f0d6a12", "state": "GRANTED",
        "at": "2026-11-28T02:00:00.000000+00:00",
    }  # fmt: skip
    assert client.signed("agency-desk", AGENCY, later)[0] == 200
    first = client.signed("agency-desk", AGENCY, MOVED)

    assert first[0] == 200
    assert client.signed("agency-desk", AGENCY, MOVED) == first
    assert client.signed("agency-desk", AGENCY, MOVED | {"state": "REFUSED"})[0] == 409
    kept = client.world.store.reports()
    assert [report.state for report in kept] == ["GRANTED", "IN_REVIEW"], "newest first"
    page = client.page("/agency/")
    assert page.index("GRANTED") < page.index("IN_REVIEW")
    assert MOVED["reference"] in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_id": "1"},
        {"reference": None},
        {"procedure": "<b>"},
        {"state": "granted"},
        {"at": "yesterday"},
        {"at": "2026-11-27T02:00:00"},
        {"name": "Mẫu Văn An"},
    ],
)
def test_an_agency_refuses_what_is_malformed_or_more_than_it_may_know(client, wrong):
    assert client.signed("agency-desk", AGENCY, MOVED | wrong)[0] == 422


def test_an_agency_listens_to_the_portal_alone(client):
    body = json.dumps(MOVED).encode()
    assert client.ask("POST", AGENCY, body, {"Content-Type": "application/json"})[0] == 401
    assert client.world.store.reports() == []


# --- Card production ------------------------------------------------------------------------------
def portal_that_answers(status: int, seen: list[Any]) -> Callable[..., list[bytes]]:
    def application(environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = {k[5:].replace("_", "-"): v for k, v in environ.items() if k.startswith("HTTP_")}
        headers["CONTENT-TYPE"] = environ["CONTENT_TYPE"]
        seen.append((headers, body))
        start_response(f"{status} X", [("Content-Type", "application/json")])
        return [b'{"taken": 1}']

    return application


def test_cards_are_granted_in_one_signed_request(tmp_path):
    seen: list[Any] = []
    with served() as (address, serve):
        serve(portal_that_answers(200, seen))
        client = Client(new_world(tmp_path, portal_url=address))
        form = urlencode({"kind": "granted", "count": "10", "number": ""}).encode()
        status, _headers, page = client.ask("POST", "/cards/send", form)

    assert status == 200
    assert "The portal answered 200" in page.decode()
    ((headers, body),) = seen
    public = json.loads(client.world.settings.outside_keys.read_text())["card-production"]
    verified = signatures.verify_request(
        "POST",
        address + "/api/v1/card-events",
        headers,
        body,
        keys={keyid: base64.b64decode(key) for keyid, key in public.items()},
        tag="eid-card-events",
        now=datetime.now(UTC),
    )
    assert verified.keyid == "card-production-1"
    events = json.loads(body)["events"]
    assert len({event["event_id"] for event in events}) == len(events) == 10
    assert {event["kind"] for event in events} == {"granted"}
    assert set(events[0]) == {
        "event_id", "kind", "occurred_at", "personal_number", "full_name", "birth_date", "sex", "nationality",
        "residence", "card", "phone", "photo",
    }  # fmt: skip


def test_each_batch_is_of_others_and_no_phone_belongs_to_two(client):
    events = card_production.grants(client.world, 700) + card_production.grants(client.world, 700)

    numbers = {event["personal_number"] for event in events}
    phones = [event["phone"] for event in events if event["phone"]]
    assert len(numbers) == 1400
    assert len(set(phones)) == len(phones) > 1300
    assert not numbers & set(data.PEOPLE)


def test_one_persons_card_is_renewed(tmp_path):
    seen: list[Any] = []
    with served() as (address, serve):
        serve(portal_that_answers(200, seen))
        client = Client(new_world(tmp_path, portal_url=address))
        form = urlencode({"kind": "renewed", "count": "", "number": "001085000001"}).encode()
        client.ask("POST", "/cards/send", form)

    (event,) = json.loads(seen[0][1])["events"]
    assert (event["kind"], event["personal_number"]) == ("renewed", "001085000001")
    assert event["card"]["issued_on"] == clock.today().isoformat()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "granted", "count": "0"},
        {"kind": "granted", "count": "1001"},
        {"kind": "granted", "count": "x"},
        {"kind": "stolen", "count": "1"},
        {"kind": "renewed", "number": "1"},
        {},
    ],
)
def test_a_form_filled_in_wrongly_says_what_to_do(client, fields):
    status, _headers, page = client.ask("POST", "/cards/send", urlencode(fields).encode())

    assert status == 422
    assert 'role="alert"' in page.decode()


def test_a_portal_that_does_not_listen_is_reported(client):
    form = urlencode({"kind": "granted", "count": "1"}).encode()
    dead = Client(World(replace(client.world.settings, portal_url="http://127.0.0.1:1")))
    status, _headers, page = dead.ask("POST", "/cards/send", form)

    assert status == 200
    assert "Not sent" in page.decode()


def test_a_phones_page_tells_the_portal_signed_that_its_sim_was_changed(tmp_path):
    seen: list[Any] = []
    with served() as (address, serve):
        serve(portal_that_answers(200, seen))
        client = Client(new_world(tmp_path, portal_url=address))
        _status, _headers, shown = client.ask("GET", "/phones/0501234567/")
        status, _headers, page = client.ask("POST", "/phones/+84501234567/sim")

    assert "/phones/+84501234567/sim" in shown.decode()
    assert status == 200
    assert "The portal answered 200" in page.decode()
    ((headers, body),) = seen
    public = json.loads(client.world.settings.outside_keys.read_text())["sms"]
    signatures.verify_request(
        "POST",
        address + "/api/v1/sim-changes",
        headers,
        body,
        keys={keyid: base64.b64decode(key) for keyid, key in public.items()},
        tag="eid-sim-changes",
        now=datetime.now(UTC),
    )
    signal = json.loads(body)
    assert set(signal) == {"event_id", "phone", "changed_at"}
    assert signal["phone"] == "+84501234567"


def test_another_site_cannot_change_a_sim(client):
    status, _headers, _body = client.ask(
        "POST", "/phones/0501234567/sim", b"", {"Sec-Fetch-Site": "cross-site"}
    )

    assert status == 403


def test_the_register_tells_the_portal_signed_what_happened_to_somebody(tmp_path):
    seen: list[Any] = []
    number = "079090000006"
    with served() as (address, serve):
        serve(portal_that_answers(200, seen))
        client = Client(new_world(tmp_path, portal_url=address))
        _status, _headers, shown = client.ask("POST", "/people/card", f"number={number}".encode())
        form = f"number={number}&kind=card_lost".encode()
        status, _headers, page = client.ask("POST", "/people/event", form)

    assert "/people/event" in shown.decode()
    assert (status, "The portal answered 200" in page.decode()) == (200, True)
    ((headers, body),) = seen
    public = json.loads(client.world.settings.outside_keys.read_text())["population"]
    signatures.verify_request(
        "POST",
        address + "/api/v1/population/events",
        headers,
        body,
        keys={keyid: base64.b64decode(key) for keyid, key in public.items()},
        tag="eid-population-events",
        now=datetime.now(UTC),
    )
    told = json.loads(body)
    assert set(told) == {"event_id", "kind", "personal_number", "at"}
    assert (told["kind"], told["personal_number"]) == ("card_lost", number)


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [
        (b"number=079090000006&kind=born", {}, 422),
        (b"number=1&kind=died", {}, 422),
        (b"number=079090000006&kind=died", {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_the_register_tells_nothing_else(client, form, headers, status):
    assert client.ask("POST", "/people/event", form, headers)[0] == status


def test_another_site_cannot_send_cards(client):
    status, _headers, _body = client.ask(
        "POST", "/cards/send", b"kind=granted&count=1", {"Sec-Fetch-Site": "cross-site"}
    )

    assert status == 403


def test_the_command_writes_lines_for_the_import(tmp_path):
    file = tmp_path / "events.jsonl"
    environment = os.environ | {"EID_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": ""}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "eid_portal.sandbox.send_cards",
            "--count",
            "25",
            "--write",
            str(file),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "wrote 25 events\n"
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 25


# --- Pages and bad input --------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/people",
        "/phones/",
        "/mailboxes/",
        "/cards/",
        "/anchors/",
        "/agency/",
        "/phones/0500000001/",
        "/mailboxes/an@example.com/",
    ],
)
def test_a_page_is_whole_and_safe(client, path):
    status, headers, content = client.ask("GET", path)

    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    text = content.decode()
    assert '<html lang="en">' in text
    assert len(re.findall(r"<h1>", text)) == 1
    assert not re.search(r"<script|style=|\son\w+=", text)
    assert client.ask("HEAD", path)[2] == b""


def test_the_people_are_listed_for_people_and_programs(client):
    page = client.page("/people")
    listed = json.loads(client.page("/people.json"))["people"]

    assert len(listed) == len(data.PEOPLE)
    for person in listed:
        assert person["personal_number"] in page
        assert person["qr"].count("|") == 6


def test_any_made_up_card_can_be_seen(client):
    status, _headers, page = client.ask("POST", "/people/card", b"number=079199000023")

    assert status == 200
    assert "IDVNM1990000232079199000023" in page.decode()
    assert client.ask("POST", "/people/card", b"number=1")[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/people", 405),
        ("GET", "/population/v1/lookup", 405),
        ("GET", "/phones/../etc/passwd", 404),
        ("GET", "/\xff", 400),
    ],
)
def test_a_wrong_address_gets_a_plain_refusal(client, method, path, status):
    answer = client.ask(method, path)

    assert answer[0] == status
    assert "code" in json.loads(answer[2])


def test_a_large_body_is_not_read(client):
    assert client.ask("POST", "/people/card", b"x" * (64 * 1024 + 1))[0] == 413


@given(
    st.binary(max_size=300),
    st.sampled_from(["/people/card", "/cards/send", "/sms/v1/messages", "/email/v1/messages"]),
)
def test_no_body_breaks_it(tmp_path_factory, body, path):
    client = Client(new_world(tmp_path_factory.mktemp("sandbox"), portal_url="http://127.0.0.1:1"))

    assert client.ask("POST", path, body)[0] < 500


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 10_000, b"\xff\xfe", b"{", b"\x00"])
def test_json_that_cannot_be_read_is_refused_signed(client, body):
    headers = signatures.sign_request(
        "POST", URL + "/sms/v1/messages", {}, body, key=PORTAL, tag="eid-sms", now=datetime.now(UTC)
    )
    status, answered, content = client.ask("POST", "/sms/v1/messages", body, headers)

    assert (status, json.loads(content)) == (400, {"code": "malformed_json"})
    assert "Signature" in answered


# --- Its own process ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "environment",
    [{"DJANGO_SETTINGS_MODULE": "eid_portal.settings.production"}, {"EID_PRODUCTION": "yes"}],
)
def test_it_refuses_to_run_in_production(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(settings.NotInProduction):
        settings.read()


def test_preparing_again_changes_no_key_and_keeps_others(tmp_path):
    world = new_world(tmp_path)
    document = json.loads(world.settings.outside_keys.read_text())
    world.settings.outside_keys.write_text(json.dumps(document | {"bank": {"b-1": "AA=="}}))
    before = world.settings.own_keys.read_bytes()

    prepare(world.settings)

    assert world.settings.own_keys.read_bytes() == before
    assert world.settings.own_keys.stat().st_mode & 0o777 == 0o600
    after = json.loads(world.settings.outside_keys.read_text())
    assert after == document | {"bank": {"b-1": "AA=="}}
    assert set(document) == {
        "population", "sms", "email", "timestamp", "card-production",
        "traffic-police", "vehicle-register", "motor-insurance", "social-insurance", "certificates",
        "napas", "evn", "water", "health-premiums", "social-premiums", "treasury", "bill-hub",
        "agency-desk",
    }  # fmt: skip


def test_it_needs_no_django():
    code = "import eid_portal.sandbox.app, sys; sys.exit('django' in sys.modules or 'requests' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_store_can_be_used_by_many_at_once(client):
    store = client.world.store
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _each: store.count("x"), range(80)))
        kept = list(
            pool.map(
                lambda place: store.keep_message(
                    SentMessage("same", f"+8450{place}", "t", "p", "now")
                ),
                range(16),
            )
        )
        anchored = set(
            pool.map(lambda place: store.keep_anchor(Anchor(1, str(place), "n", "s")), range(16))
        )

    assert sorted(counts) == list(range(1, 81))
    assert len({message.phone for message in kept}) == 1
    assert len(anchored) == 1


def test_every_outcome_is_explained_on_the_first_page(client):
    page = client.page("/")

    for outcome in Outcome:
        assert outcome.value in page


def test_it_answers_over_a_real_socket(client):
    with served() as (address, serve):
        serve(client.application)
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=5)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()

        assert (answer.status, answer.read()) == (200, b'{"status": "ok"}')
        connection.close()


@pytest.mark.parametrize(
    ("today", "born"),
    [
        (date(2026, 11, 26), date(2012, 12, 21)),
        (date(2026, 12, 20), date(2013, 1, 14)),
        (date(2028, 2, 4), date(2014, 2, 28)),  # fourteen years before there was no 29 February
    ],
)
def test_a_child_always_turns_14_soon(today: date, born: date) -> None:
    assert data._soon_14(today) == born
    [son] = [person for person in data.PEOPLE.values() if person.name == "Nguyễn Gia Bảo"]
    assert son.number[4:6] == f"{son.born:%y}"
    assert son.born == data._SOON_14
