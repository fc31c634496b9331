"""Limits count exactly, whoever comes at the same moment, and survive what they must survive."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
from django.db import connection

from accounts import policy
from eid_portal.core import bell, clock, limits, sealed
from eid_portal.core.limits import Limit, LockedUntil, Permitted
from eid_portal.core.models import LimitCounter
from eid_portal.run.stores import Place, Redis
from tests.stores import ground

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
KEY = "001300000015"
FIVE = Limit(name="tests.five", allowed=5, per=10 * MINUTE)
BACKING_OFF = Limit(name="tests.backing_off", allowed=3, per=10 * MINUTE, backoff=30 * SECOND)
IN_REDIS = Limit(name="tests.redis", allowed=5, per=timedelta(seconds=1), store="redis")


@pytest.fixture(autouse=True)
def _rested() -> Iterator[None]:
    bell._resting_until = 0.0
    yield
    bell._resting_until = 0.0
    bell._client = None


def hits(limit: Limit, *moments: datetime, key: str = KEY) -> list[limits.Answer]:
    return [limits.hit(limit, key, now=moment) for moment in moments]


def race(threads: int, times: int, limit: Limit, key: str) -> list[limits.Answer]:
    together = threading.Barrier(threads)

    def run(_number: int) -> list[limits.Answer]:
        together.wait(timeout=20)
        try:
            return [limits.hit(limit, key) for _ in range(times)]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [answer for answers in pool.map(run, range(threads)) for answer in answers]


# --- Exactness ----------------------------------------------------------------------------------
@pytest.mark.parametrize("store", ["rows", "redis"])
@pytest.mark.django_db(transaction=True)
def test_eight_threads_of_fifty_count_to_four_hundred(store: Literal["rows", "redis"]) -> None:
    roomy = Limit(name="tests.roomy", allowed=400, per=timedelta(hours=1), store=store)

    answers = race(8, 50, roomy, uuid4().hex)

    assert Counter(a.left for a in answers if isinstance(a, Permitted)) == Counter(range(400))


@pytest.mark.parametrize("store", ["rows", "redis"])
@pytest.mark.parametrize("allowed", [1, 10])
@pytest.mark.django_db(transaction=True)
def test_of_400_at_once_exactly_so_many_pass(allowed: int, store: Literal["rows", "redis"]) -> None:
    narrow = Limit(name="tests.narrow", allowed=allowed, per=timedelta(hours=1), store=store)

    answers = race(8, 50, narrow, uuid4().hex)

    assert sum(isinstance(answer, Permitted) for answer in answers) == allowed
    assert len({a.until for a in answers if isinstance(a, LockedUntil)}) >= 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_so_many_pass_before_backing_off() -> None:
    answers = race(8, 20, BACKING_OFF, KEY)

    assert sum(isinstance(answer, Permitted) for answer in answers) == 3


# --- Windows ------------------------------------------------------------------------------------
def test_a_window_locks_when_it_is_used_up_and_opens_at_its_end(db: None) -> None:
    assert hits(FIVE, *[NOW + n * SECOND for n in range(5)]) == [
        Permitted(left) for left in (4, 3, 2, 1, 0)
    ]

    until = NOW + 10 * MINUTE
    for moment in (NOW + 5 * SECOND, NOW + MINUTE, until - timedelta(microseconds=1)):
        assert hits(FIVE, moment) == [LockedUntil(until)]
        assert limits.peek(FIVE, KEY, now=moment) == LockedUntil(until)
    assert limits.peek(FIVE, KEY, now=until) == Permitted(5)
    assert hits(FIVE, until, until + SECOND) == [Permitted(4), Permitted(3)]


def test_a_window_does_not_slide(db: None) -> None:
    assert hits(FIVE, NOW, NOW + 9 * MINUTE, NOW + 10 * MINUTE - SECOND) == [
        Permitted(left) for left in (4, 3, 2)
    ]
    assert hits(FIVE, NOW + 10 * MINUTE) == [Permitted(4)]


def test_tries_while_locked_neither_count_nor_write(db: None) -> None:
    hits(FIVE, *[NOW] * 5)
    before = LimitCounter.objects.values().get()

    hits(FIVE, *[NOW + SECOND] * 50)

    assert LimitCounter.objects.values().get() == before


def test_back_off_doubles_up_to_the_whole_window(db: None) -> None:
    moment, waits = NOW, []
    assert hits(BACKING_OFF, NOW, NOW) == [Permitted(2), Permitted(1)]
    for _ in range(8):
        assert hits(BACKING_OFF, moment) == [Permitted(0)]
        locked = limits.peek(BACKING_OFF, KEY, now=moment)
        assert isinstance(locked, LockedUntil)
        assert hits(BACKING_OFF, locked.until - timedelta(microseconds=1)) == [locked]
        waits.append((locked.until - moment).total_seconds())
        moment = locked.until

    assert waits == [30, 60, 120, 240, 480, 600, 600, 600]


def test_back_off_is_forgotten_when_nothing_is_tried_for_a_window(db: None) -> None:
    hits(BACKING_OFF, NOW, NOW, NOW)
    forgotten = NOW + 30 * SECOND + 10 * MINUTE

    assert limits.peek(BACKING_OFF, KEY, now=forgotten - SECOND) == Permitted(0)
    assert hits(BACKING_OFF, forgotten) == [Permitted(2)]


@pytest.mark.parametrize("backoff", [None, 30 * SECOND])
def test_a_limit_of_one(db: None, backoff: timedelta | None) -> None:
    one = Limit(name="tests.one", allowed=1, per=10 * MINUTE, backoff=backoff)
    until = NOW + (backoff or one.per)

    assert hits(one, NOW, NOW) == [Permitted(0), LockedUntil(until)]
    assert hits(one, until) == [Permitted(0)]


def test_keys_and_names_count_apart(db: None) -> None:
    other = Limit(name="tests.other", allowed=5, per=10 * MINUTE)
    hits(FIVE, *[NOW] * 5)

    assert hits(FIVE, NOW, key="another") == [Permitted(4)]
    assert hits(other, NOW) == [Permitted(4)]


def test_success_starts_anew(db: None) -> None:
    hits(FIVE, *[NOW] * 6)
    limits.forget(FIVE, KEY)

    assert limits.peek(FIVE, KEY, now=NOW) == Permitted(5)
    assert hits(FIVE, NOW) == [Permitted(4)]


def test_peeking_does_not_count(db: None) -> None:
    hits(FIVE, NOW)
    for _ in range(10):
        assert limits.peek(FIVE, KEY, now=NOW) == Permitted(4)


def test_the_clock_is_asked_when_no_moment_is_given(db: None) -> None:
    with clock.frozen(NOW):
        for _ in range(5):
            limits.hit(FIVE, KEY)
        assert limits.hit(FIVE, KEY) == LockedUntil(NOW + 10 * MINUTE)


def test_a_key_does_not_stand_in_the_table(db: None) -> None:
    hits(FIVE, NOW)

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM core_limitcounter t")
        assert KEY not in cursor.fetchone()[0]


def test_a_limit_that_cannot_be_is_refused() -> None:
    for wrong in ({"allowed": 0}, {"allowed": 5, "store": "redis", "backoff": SECOND}):
        with pytest.raises(ValueError, match=r"tests\.wrong"):
            Limit(name="tests.wrong", per=MINUTE, **wrong)


def test_what_protects_a_secret_counts_in_rows() -> None:
    named = [limit for limit in vars(policy).values() if isinstance(limit, Limit)]

    assert {limit.name for limit in named if limit.store == "redis"} == {
        "sign_in.network",
        "activation.network",
        "recovery.network",
        "message.check",
    }
    assert len({limit.name for limit in named}) == len(named)


# --- Redis --------------------------------------------------------------------------------------
def test_the_window_in_redis_ends() -> None:
    key = uuid4().hex
    answers = [limits.hit(IN_REDIS, key) for _ in range(7)]

    assert answers[:5] == [Permitted(left) for left in (4, 3, 2, 1, 0)]
    for answer in answers[5:]:
        assert isinstance(answer, LockedUntil)
        assert timedelta() < answer.until - clock.now() <= IN_REDIS.per
    time.sleep(1.1)
    assert limits.hit(IN_REDIS, key) == Permitted(4)


def test_redis_holds_no_key_in_clear() -> None:
    limits.hit(IN_REDIS, KEY)

    client = bell.redis_client()
    assert client is not None
    names = [name.decode() for name in client.scan_iter("limit:*")]
    assert f"limit:tests.redis:{sealed.blind_index('limit:tests.redis', KEY)}" in names
    assert not any(KEY in name for name in names)


@pytest.fixture
def own_redis(settings: Any) -> Iterator[Redis]:
    folder = ground().folder / uuid4().hex[:8]
    folder.mkdir(mode=0o711)
    server = Redis(Place.under(folder), log=folder / "redis.log", durable=False)
    server.start()
    settings.REDIS_URL = server.url()
    bell._client = None
    yield server
    assert server.process is not None
    server.process.send_signal(signal.SIGCONT)
    server.stop()


@pytest.mark.parametrize("fault", ["frozen", "gone"])
def test_without_redis_tries_pass_after_a_quarter_second_and_then_at_once(
    own_redis: Redis, fault: str
) -> None:
    limits.hit(IN_REDIS, KEY)
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGSTOP if fault == "frozen" else signal.SIGKILL)

    begun = time.monotonic()
    assert limits.hit(IN_REDIS, KEY) == Permitted(5)
    assert time.monotonic() - begun < 0.25 + 0.15

    begun = time.monotonic()
    for _ in range(100):
        assert limits.hit(IN_REDIS, KEY) == Permitted(5)
    assert time.monotonic() - begun < 0.2
    assert bell.redis_client() is None


def test_redis_is_asked_again_after_its_rest(own_redis: Redis, settings: Any) -> None:
    settings.REDIS_REST = timedelta(milliseconds=100)
    limits.hit(IN_REDIS, KEY)
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGSTOP)
    limits.hit(IN_REDIS, KEY)
    own_redis.process.send_signal(signal.SIGCONT)
    time.sleep(0.15)

    roomy = Limit(name="tests.roomy", allowed=100, per=MINUTE, store="redis")
    assert limits.hit(roomy, KEY) == Permitted(99)
    assert limits.hit(roomy, KEY) == Permitted(98)


def test_limits_in_rows_do_not_need_redis(db: None, own_redis: Redis) -> None:
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGKILL)

    hits(FIVE, *[NOW] * 5)

    assert hits(FIVE, NOW) == [LockedUntil(NOW + 10 * MINUTE)]


def test_five_seconds_is_the_rest_and_a_quarter_the_patience(settings: Any) -> None:
    assert settings.REDIS_REST.total_seconds() == 5
    assert settings.REDIS_TIMEOUT.total_seconds() == 0.25
