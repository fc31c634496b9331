"""Events of the tests themselves."""

from dataclasses import dataclass
from typing import ClassVar

from eid_portal.core.events import Event, sealed


@dataclass(frozen=True, kw_only=True)
class Happened(Event):
    """Something without personal data."""

    name: ClassVar[str] = "tests.happened"
    what: str


@dataclass(frozen=True, kw_only=True)
class Told(Event):
    """Something with personal data."""

    name: ClassVar[str] = "tests.told"
    words: str = sealed()
