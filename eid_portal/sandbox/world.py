"""One sandbox: its settings, its memory, and how it waits and tells the time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from threading import BoundedSemaphore
from typing import Final, Never

from eid_portal.sandbox.data import VIET_NAM
from eid_portal.sandbox.settings import Settings
from eid_portal.sandbox.store import Store
from eid_portal.sandbox.web import Refuse

# A party that is silent holds a thread of the server; the others and the pages need theirs.
_HELD: Final = BoundedSemaphore(8)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """What every handler needs; tests exchange the clock and the waiting."""

    settings: Settings
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _now

    @cached_property
    def store(self) -> Store:
        """The memory, made on first use."""
        return Store(self.settings.store)

    @property
    def today(self) -> date:
        """The day it is in Viet Nam, which from 17:00 UTC on is the next."""
        return self.now().astimezone(VIET_NAM).date()

    def busy_twice(self, what: str) -> bool:
        """True for the first two of every three calls about the same thing."""
        return self.store.count(f"busy:{what}") % 3 != 0

    def hang(self) -> Never:
        """Say nothing until the caller gives up; when too many wait already, turn this one away.

        Raises:
            Refuse: always, in the end.
        """
        if not _HELD.acquire(blocking=False):
            raise Refuse(503, "silent", retry_after=1)
        try:
            self.sleep(self.settings.silent.total_seconds())
        finally:
            _HELD.release()
        raise Refuse(504, "silent")
