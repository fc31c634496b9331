"""The one connection to Redis: gives up after 0.25 s and then leaves Redis alone for 5 s."""

import threading
import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

_lock = threading.Lock()
_client: redis.Redis | None = None
_resting_until = 0.0


def redis_client() -> redis.Redis | None:
    """A client, or None while Redis is being left alone."""
    global _client  # noqa: PLW0603 - one pool a process
    if time.monotonic() < _resting_until:
        return None
    with _lock:
        if _client is None:
            seconds = settings.REDIS_TIMEOUT.total_seconds()
            _client = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=seconds,
                socket_connect_timeout=seconds,
                retry=Retry(NoBackoff(), 0),  # its own retries would wait for seconds
            )
    return _client


def rest() -> None:
    """Leave Redis alone for a while: it just failed."""
    global _resting_until  # noqa: PLW0603 - one pool a process
    _resting_until = time.monotonic() + settings.REDIS_REST.total_seconds()
