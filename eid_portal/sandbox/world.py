"""One sandbox: its settings, its memory, and how it waits and tells the time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from eid_portal.sandbox.settings import Settings
from eid_portal.sandbox.store import Store


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
        """The day it is."""
        return self.now().date()

    def busy_twice(self, what: str) -> bool:
        """True for the first two of every three calls about the same thing."""
        return self.store.count(f"busy:{what}") % 3 != 0
