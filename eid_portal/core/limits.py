"""Named limits: how often something may be tried, counted atomically.

Counters that protect a secret live in PostgreSQL and survive everything; the rest live in Redis, and while Redis is
away they let pass.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import redis
from django.db import connection
from django.db.models import QuerySet

from eid_portal.core import bell, clock, sealed, statements
from eid_portal.core.models import LimitCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """``allowed`` tries per ``per``.

    With ``backoff`` every further try is followed by a wait that starts there and doubles up to ``per``; this is
    forgotten when nothing is tried for ``per`` after the last try or wait.

    ``store`` is ``rows`` where a secret is protected, ``redis`` elsewhere (without back-off).
    """

    name: str
    allowed: int
    per: timedelta
    backoff: timedelta | None = None
    store: Literal["rows", "redis"] = "rows"

    def __post_init__(self) -> None:
        """Refuse what would not do as it says."""
        if self.allowed < 1 or (self.backoff and self.store == "redis"):
            raise ValueError(self.name)


@dataclass(frozen=True, slots=True)
class Permitted:
    """The try may go on; ``left`` more follow."""

    left: int


@dataclass(frozen=True, slots=True)
class LockedUntil:
    """The try is refused, unchecked, until then (aware, UTC)."""

    until: datetime


Answer = Permitted | LockedUntil

# While locked nothing is written and no row comes back; the lock is then read by a statement of its own, because this
# one's snapshot may be older than the row it waited for.
_LOCK: Final = """
CASE WHEN c.window_ends_at <= %(now)s THEN CASE WHEN %(allowed)s = 1 THEN %(now)s + %(first)s END
     WHEN c.count + 1 < %(allowed)s THEN NULL
     WHEN %(slides)s THEN %(now)s + LEAST(%(first)s * power(2, LEAST(c.count + 1 - %(allowed)s, 20)), %(per)s)
     ELSE c.window_ends_at END
"""
HIT: Final = """
INSERT INTO core_limitcounter AS c (name, key, count, locked_until, window_ends_at)
VALUES (%(name)s, %(key)s, 1, CASE WHEN %(allowed)s = 1 THEN %(now)s + %(first)s END,
    %(now)s + %(per)s + CASE WHEN %(slides)s AND %(allowed)s = 1 THEN %(first)s ELSE interval '0' END)
ON CONFLICT (name, key) DO UPDATE SET
    count = CASE WHEN c.window_ends_at <= %(now)s THEN 1 ELSE c.count + 1 END,
    locked_until = {lock},
    window_ends_at = CASE
        WHEN %(slides)s THEN COALESCE({lock}, %(now)s) + %(per)s
        WHEN c.window_ends_at <= %(now)s THEN %(now)s + %(per)s
        ELSE c.window_ends_at END
WHERE c.locked_until IS NULL OR c.locked_until <= %(now)s
RETURNING count
""".replace("{lock}", _LOCK)
_SCRIPT: Final = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}
"""


def hit(limit: Limit, key: str, *, now: datetime | None = None) -> Answer:
    """Count one try, unless locked. Call it in a transaction of its own, so that a refusal later does not undo it."""
    moment = now or clock.now()
    if limit.store == "redis":
        return _hit_redis(limit, sealed.blind_index(_purpose(limit), key), moment)
    values = hit_values(limit, key, now=moment)
    while True:
        row = statements.fetch_one(HIT, values)
        if row is not None:
            return Permitted(max(limit.allowed - row[0], 0))
        match peek(limit, key, now=moment):
            case LockedUntil() as locked:
                return locked
            case Permitted():
                continue  # somebody's success made it forget in between


def hit_values(limit: Limit, key: str, *, now: datetime) -> dict[str, Any]:
    """The values of ``HIT``, for who counts a try and does something else by one statement.

    It answers with the count, or with nothing where the limit is used up.
    """
    return {
        "name": limit.name,
        "key": _current(limit, key),
        "now": now,
        "allowed": limit.allowed,
        "per": limit.per,
        "first": limit.backoff or limit.per,
        "slides": limit.backoff is not None,
    }


def peek(limit: Limit, key: str, *, now: datetime | None = None) -> Answer:
    """What a try would be answered, without counting it. Only for limits in rows."""
    moment = now or clock.now()
    rows = list(_counters(limit, key).order_by("-window_ends_at"))  # two while keys rotate
    if not rows:
        return Permitted(limit.allowed)
    locked = [row.locked_until for row in rows if row.locked_until and row.locked_until > moment]
    if locked:
        return LockedUntil(max(locked))
    row = rows[0]
    if row.window_ends_at <= moment:
        return Permitted(limit.allowed)
    return Permitted(max(limit.allowed - row.count, 0))


def forget(limit: Limit, key: str) -> None:
    """Start counting anew, after success."""
    statements.run(*forgetting(limit, key))


def forgetting(limit: Limit, key: str) -> statements.Step:
    """What :func:`forget` sends, for who sends more in the same trip."""
    return (
        "DELETE FROM core_limitcounter WHERE name = %s AND key = ANY(%s)",
        [limit.name, sealed.blind_indexes(_purpose(limit), key)],
    )


def give_back(limit: Limit, key: str) -> None:
    """Take one try back that was never made. Only for limits in rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_limitcounter SET count = GREATEST(count - 1, 0),"
            " locked_until = CASE WHEN count <= %s THEN NULL ELSE locked_until END"
            " WHERE name = %s AND key = %s",
            [limit.allowed, limit.name, _current(limit, key)],
        )


def _purpose(limit: Limit) -> str:
    return f"limit:{limit.name}"


def _counters(limit: Limit, key: str) -> QuerySet[LimitCounter]:
    hidden = sealed.blind_indexes(_purpose(limit), key)
    return LimitCounter.objects.filter(name=limit.name, key__in=hidden)


def _current(limit: Limit, key: str) -> UUID:
    """The counter's key; one that was counted under an older index key goes on under the current."""
    current, *older = sealed.blind_indexes(_purpose(limit), key)
    if older:  # only while keys rotate
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_limitcounter SET key = %(new)s WHERE id = (SELECT id FROM core_limitcounter"
                " WHERE name = %(name)s AND key = ANY(%(old)s) ORDER BY count DESC LIMIT 1)"
                " AND NOT EXISTS (SELECT FROM core_limitcounter WHERE name = %(name)s AND key = %(new)s)",
                {"new": current, "name": limit.name, "old": older},
            )
    return current


def _hit_redis(limit: Limit, key: UUID, now: datetime) -> Answer:
    client = bell.redis_client()
    if client is None:
        return Permitted(limit.allowed)
    try:
        count, left_ms = client.eval(  # type: ignore[no-untyped-call, unused-ignore]
            _SCRIPT, 1, f"limit:{limit.name}:{key}", int(limit.per.total_seconds() * 1000)
        )
    except redis.RedisError:
        bell.rest()
        return Permitted(limit.allowed)
    if count > limit.allowed:
        return LockedUntil(now + timedelta(milliseconds=left_ms))
    return Permitted(limit.allowed - count)
