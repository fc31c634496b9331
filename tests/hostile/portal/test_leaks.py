"""After a full demonstration nothing personal and no secret stands in clear where the portal keeps or writes things."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import celery
import pytest
import redis

from eid_portal.run.stores import DATABASE
from tests.hostile.portal.canaries import Canaries
from tests.hostile.portal.demonstration import Demonstration
from tests.running import Portal, overheard

pytestmark = pytest.mark.slow

# Provinces and their days of validity are nobody's.
_REFERENCE = re.compile(
    rb"^COPY public\.accounts_(?:province|registrationcode) .*?^\\\.$", re.DOTALL | re.MULTILINE
)
PLACES = ("database", "redis file", "redis log of commands", "redis and task messages", "printed",
          "anchors", "web.log", "worker.log", "relay.log", "beat.log", "sandbox.log",
          "postgres.log", "redis.log", "prepare.log")  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """What was found where after the demonstration, and what must not be in it."""

    places: dict[str, bytes]
    canaries: Canaries


def kept(portal: Portal) -> dict[str, bytes]:
    """Everything the portal keeps: the database, Redis, and the files it writes."""
    with redis.Redis.from_url(portal.redis.url()) as client:
        client.config_set("rdbcompression", "no")
        client.save()
    logs = {path.name: path.read_bytes() for path in (portal.var / "log").iterdir()}
    anchors = [path.read_bytes() for path in (portal.var / "anchors").rglob("*") if path.is_file()]
    return {
        "database": portal.postgres.dump(DATABASE).encode(),
        "redis file": (portal.redis.data / "dump.rdb").read_bytes(),
        "redis log of commands": (portal.redis.data / "appendonly.aof").read_bytes(),
        "anchors": b"\n".join(anchors),
        **logs,
    }


@pytest.fixture(scope="module")
def evidence(running: Portal) -> Evidence:
    """What is left of a full demonstration."""
    demonstration = Demonstration(running)
    with overheard(running) as heard:
        demonstration.walk()
    places = kept(running) | {
        "redis and task messages": bytes(heard),
        "printed": demonstration.printed.encode(),
    }
    return Evidence(places, demonstration.canaries)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_stands_in_clear(evidence: Evidence, place: str) -> None:
    haystack = evidence.places[place]

    assert haystack
    assert evidence.canaries.find(haystack) == []
    assert evidence.canaries.find_days(_REFERENCE.sub(b"", haystack)) == 0


def test_no_place_was_forgotten(evidence: Evidence) -> None:
    assert set(PLACES) == set(evidence.places)


@pytest.mark.parametrize("place", [place for place in PLACES if place.endswith(".log")])
def test_no_log_has_a_traceback(evidence: Evidence, place: str) -> None:
    """It would repeat an exception's message. Our lines say its kind and where it came from."""
    assert b"Traceback (most recent call last)" not in evidence.places[place]


def test_the_demonstration_left_its_traces(evidence: Evidence) -> None:
    """Each mechanism ran: had one not, there would be nothing of it to look at."""
    database = evidence.places["database"].decode()
    for name in ("account_issued", "account_activated", "signed_in", "sign_in_failed", "case_waits", "case_approved",
                 "data_unmasked", "officer_created", "slip_printed", "card_replaced", "notice_sent"):  # fmt: skip
        assert f"accounts.{name}" in database
    messages = evidence.places["redis and task messages"]
    assert messages.count(b"accounts.send_notice") >= 5
    assert b"accounts.send_notice" in evidence.places["worker.log"]
    assert evidence.places["web.log"].count(b'"request_id"') > 100


# --- The alarm ----------------------------------------------------------------------------------
NAME, NUMBER, PHONE, BORN, SECRET = (
    *("Đặng Thị Mẫu", "001300000015", "+84912000099"),
    *(date(2000, 2, 29), "sen-tre-song-4711"),
)


@pytest.fixture(scope="module")
def made_up() -> Canaries:
    canaries = Canaries()
    canaries.add_name(NAME)
    canaries.add_number(NUMBER)
    canaries.add_phone(PHONE)
    canaries.add_birth_date(BORN)
    canaries.add_secret("a password", SECRET)
    canaries.add_secret("a code", "482913")
    canaries.add_bytes("a key", bytes(range(200, 232)))
    return canaries


@pytest.mark.parametrize(
    "leak",
    [
        NAME.encode(), b"Dang Thi Mau", b"DANG THI MAU", "ĐẶNG THỊ MẪU".encode(), b"dang-thi-mau",
        b"DANG<<THI<MAU", NAME.encode("utf-16-le"), b"D\\u1eb7ng Th\\u1ecb M\\u1eabu".replace(b"D", b"\\u0110", 1),
        b"%C4%90%E1%BA%B7ng%20Th%E1%BB%8B%20M%E1%BA%ABu", NAME.encode().hex().encode(),
        b"\\xc4\\x90\\xe1\\xba\\xb7ng Th\\xe1\\xbb\\x8b M\\xe1\\xba\\xabu", b"xxRGFuZyBUaGkgTWF1",
        b"001300000015", b"001 300 000 015", "001\xa0300\xa0000\xa0015".encode(),
        b"IDVNM3000000150001300000015<<4", b"300000015",
        b"MDAxMzAwMDAwMDE1", b"303031333030303030303135",
        b"+84912000099", b"0912000099", b"0912 000 099", b"84912000099", b"912000099", b"%2B84912000099",
        b"29/02/2000", b"2000-02-29", b"29022000", b"20000229", b"000229", b"29 th\xc3\xa1ng 2",
        b"sen-tre-song-4711", b"SENTRESONG4711", b"c2VuLXRyZS1zb25nLTQ3MTE", b"code=482913", b"482913 la ma",
        bytes(range(200, 232)), bytes(range(200, 232)).hex().encode(),
    ],
    ids=repr,
)  # fmt: skip
def test_a_leak_is_found_however_it_is_written(made_up: Canaries, leak: bytes) -> None:
    assert made_up.find(b"id 42\t" + leak + b"\n")


@pytest.mark.parametrize("leak", [b"29/02", b"29/2", b"2045-02-29", b"29/02/2045", rb"to:\n29/2, "])
def test_day_and_month_are_found_in_any_year(made_up: Canaries, leak: bytes) -> None:
    assert made_up.find_days(b"id 42\t" + leak + b"\n") == 1


@pytest.mark.parametrize(
    "innocent",
    [
        b"********0015", b"Dang T. M.", b"2026-11-25 10:00:00.482913+00", b"\\x00482913ff",
        b"2000-02-28", b"1300000", b"2029-02-20", b"a482913b", b"p=1$29/2hJNxs2", b"VRSYg29/2=",
    ],
    ids=repr,
)  # fmt: skip
def test_chance_is_no_leak(made_up: Canaries, innocent: bytes) -> None:
    assert made_up.find(b"id 42\t" + innocent + b"\n") == []
    assert made_up.find_days(b"id 42\t" + innocent + b"\n") == 0


def leak_into_database(portal: Portal, text: str) -> None:
    portal.sql(f"UPDATE accounts_office SET name = name || ' {text}' WHERE code = 'DN-HC'")


def leak_into_redis(portal: Portal, text: str) -> None:
    with redis.Redis.from_url(portal.redis.url()) as client:
        client.set("tests:leak", text, ex=60)


def leak_into_task(portal: Portal, text: str) -> None:
    with celery.Celery(broker=portal.redis.broker_url()) as app:
        app.send_task("tests.leak", kwargs={"to": text}, queue="tests")


def leak_into_log(portal: Portal, text: str) -> None:
    with (portal.var / "log" / "web.log").open("a", encoding="utf-8") as log:
        log.write(f'{{"event": "{text}"}}\n')


@pytest.mark.parametrize(
    ("leak", "place"),
    [
        (leak_into_database, "database"),
        (leak_into_redis, "redis file"),
        (leak_into_task, "redis and task messages"),
        (leak_into_log, "web.log"),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
@pytest.mark.parametrize("text", [NAME, NAME.upper(), PHONE, NUMBER, "29/02/2000", SECRET])
def test_a_leak_put_there_is_found(
    running: Portal,
    evidence: Evidence,
    made_up: Canaries,
    leak: Callable[[Portal, str], Any],
    place: str,
    text: str,
) -> None:
    """After the evidence was taken, so that it stays clean."""
    assert made_up.find(evidence.places[place]) == []
    with overheard(running) as heard:
        leak(running, text)
        found = kept(running) | {"redis and task messages": bytes(heard)}

    assert made_up.find(found[place])
