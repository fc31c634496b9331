"""The only source of "now"; tests freeze it here."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """The moment it is, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today(moment: datetime | None = None) -> date:
    """The day it is in Viet Nam, at ``moment`` or now."""
    return (moment or now()).astimezone(VIET_NAM).date()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold "now" at ``moment`` (aware) in this thread; for tests and demonstration data."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)
