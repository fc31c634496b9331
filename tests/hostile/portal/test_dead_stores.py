"""Redis frozen or wiped, the worker killed: pages answer, a revoked session stays revoked, every notice is sent."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
import redis

from tests.hostile.portal.visitor import Visitor
from tests.running import Portal, overheard

pytestmark = pytest.mark.slow

MORE = 1.0  # seconds a page may take more than usual
TEXTS = 20
SILENT = "+84519990099"  # takes the first message and does not answer: the portal cannot know that it arrived
# What a program beside the web process does, so that many notices wait at the same moment.
_TELL = """
from django.db import transaction
from accounts.enums import NoticeChannel
from accounts.services import notices
from eid_portal.core import clock
with transaction.atomic():
    for phone in {phones!r}:
        notices.send_code(channel=NoticeChannel.SMS, to=phone, text="Tin nhan", account=None, now=clock.now())
"""


@dataclass
class Stage:
    """People who were signed in before the trouble, and how long the slowest page took them."""

    portal: Portal
    citizen: Visitor
    officer: Visitor
    revoked: Visitor
    usual: float = 0.0

    def look_around(self) -> float:
        """Open and send what people use most; how long the slowest answer took."""
        for visitor in (self.citizen, self.officer, self.revoked):
            visitor.slowest = 0.0
        assert self.citizen.is_signed_in()
        assert not self.revoked.is_signed_in()
        self.officer.get("/counter/")
        self.officer.send(card=self.portal.person("citizen, to be scanned at the counter")["qr"])
        assert self.officer.at.startswith("/counter/cases/")
        stranger = Visitor(self.portal)
        stranger.get("/sign-in/")
        stranger.send(username="001085000002", password="sai mật khẩu rồi")
        assert stranger.page.status_code == 200
        visitors = (self.citizen, self.officer, self.revoked, stranger)
        return max(visitor.slowest for visitor in visitors)


def signed_in_by_text(portal: Portal) -> Visitor:
    """The demonstration's citizen in a new browser; the code is a notice like any other."""
    person = portal.person("citizen, active")
    visitor = Visitor(portal)
    visitor.get("/sign-in/")
    visitor.send(username=person["sign_in_name"], password=person["password"])
    visitor.send(action="send")
    visitor.send(code=portal.code(person["phone"], within=30), way="SMS")
    assert visitor.is_signed_in(), visitor.page.text
    return visitor


def sign_out_but_keep_the_cookies(visitor: Visitor) -> Visitor:
    """Somebody else still has the cookies of a session that was ended."""
    thief = Visitor(visitor.portal)
    thief.http.cookies.update(visitor.http.cookies)
    assert thief.is_signed_in()
    visitor.send("/sign-out/")
    return thief


@pytest.fixture(scope="module")
def stage(running: Portal) -> Stage:
    officer = Visitor(running)
    officer.sign_in_staff(running.person("counter officer"))
    citizen = signed_in_by_text(running)
    revoked = sign_out_but_keep_the_cookies(signed_in_by_text(running))
    made = Stage(running, citizen, officer, revoked)
    made.usual = max(made.look_around() for _time in range(3))
    return made


# --- What must come true ----------------------------------------------------------------------------
def tell_many(portal: Portal, *phones: str) -> None:
    """Many text messages at the same moment, these phones' among them."""
    others = [f"+8451888{place:02d}10" for place in range(TEXTS)]
    portal.python("manage.py", "shell", "-v", "0", "-c", _TELL.format(phones=[*phones, *others]))


# At night what is not urgent waits for the morning; those are left out, whatever the hour of the test.
_TEXTS = """
SELECT {what} FROM accounts_notice AS notice JOIN core_job AS job ON job.subject_id = notice.id
WHERE channel = 'SMS' AND job.task = 'accounts.send_notice' AND job.next_attempt_at < now() + interval '10 minutes'
"""


def unsent(portal: Portal) -> int:
    return int(
        portal.sql(_TEXTS.format(what="count(*)") + "AND notice.state IN ('PENDING', 'FAILED')")
    )


def received(portal: Portal, query: str = "SELECT message_id FROM message") -> list[str]:
    """What the company that delivers text messages knows."""
    with closing(sqlite3.connect(portal.var / "sandbox" / "sandbox.sqlite3")) as memory:
        return [str(found) for (found,) in memory.execute(query)]


def eventually(true: Callable[[], bool], *, within: float) -> None:
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def assert_every_notice_is_sent_once(portal: Portal, *, within: float) -> None:
    eventually(lambda: unsent(portal) == 0, within=within)
    notices = portal.sql(_TEXTS.format(what="notice.id")).split()
    assert len(notices) >= TEXTS
    assert sorted(received(portal)) == sorted(notices)


def bells_ring(portal: Portal) -> bool:
    """Whether notices are sent by the worker, as usual, and not by the relay itself."""
    with overheard(portal) as heard:
        tell_many(portal)
        assert_every_notice_is_sent_once(portal, within=30)
    return heard.count(b"accounts.send_notice") >= TEXTS


def assert_pages_answer(stage: Stage) -> None:
    assert stage.look_around() <= stage.usual + MORE


def redis_pid(portal: Portal) -> int:
    with redis.Redis.from_url(portal.redis.url()) as client:
        return int(client.info("server")["process_id"])


def flush(portal: Portal) -> None:
    with redis.Redis.from_url(portal.redis.url()) as client:
        client.flushall()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that is there and does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


# --- Troubles ---------------------------------------------------------------------------------------
def test_redis_is_wiped_with_bells_in_it(stage: Stage) -> None:
    (worker,) = stage.portal.pids("celery", "worker")
    with stopped(worker):
        tell_many(stage.portal)
        with redis.Redis.from_url(stage.portal.redis.url()) as client:
            # The worker had asked for some before it was stopped.
            eventually(lambda: client.llen("celery") > TEXTS // 2, within=10)
        flush(stage.portal)
        assert unsent(stage.portal) >= TEXTS

    assert_pages_answer(stage)
    assert_every_notice_is_sent_once(stage.portal, within=30)
    flush(stage.portal)  # whatever the pages kept there meanwhile
    assert_pages_answer(stage)


def test_the_worker_is_killed_while_it_sends(stage: Stage) -> None:
    (worker,) = stage.portal.pids("celery", "worker")
    tell_many(stage.portal, SILENT)
    to_silent = f"SELECT message_id FROM message WHERE phone = '{SILENT}'"
    eventually(lambda: len(received(stage.portal, to_silent)) == 1, within=10)
    os.kill(worker, signal.SIGKILL)

    assert_pages_answer(stage)
    eventually(lambda: bool(stage.portal.pids("celery", "worker")), within=15)
    assert stage.portal.pids("celery", "worker") != [worker]
    assert_every_notice_is_sent_once(stage.portal, within=45)
    (message,) = received(stage.portal, to_silent)
    tries = f"SELECT value FROM counter WHERE name = 'silent:{message}'"
    assert received(stage.portal, tries) == ["2"]  # and the second was the first
    assert_pages_answer(stage)


def test_redis_is_frozen(stage: Stage) -> None:
    with stopped(redis_pid(stage.portal)):
        assert_pages_answer(stage)
        assert stage.citizen.get("/readyz").json()["redis"] == "down"
        tell_many(stage.portal)
        another = signed_in_by_text(stage.portal)
        assert not sign_out_but_keep_the_cookies(another).is_signed_in()
        assert_pages_answer(stage)
        assert_every_notice_is_sent_once(stage.portal, within=30)

    assert_pages_answer(stage)
    eventually(lambda: bells_ring(stage.portal), within=20)  # again
