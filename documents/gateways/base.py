"""What every registry's gateway gives and takes, whatever the registry's own words are.

A gateway is a module of this package; ``documents.gateways.find`` finds it by its party. It has

* ``PARTY``: the party's name, as in ``settings.OUTSIDE``;
* ``NAME``, ``CORRECTS``: the registry's name for people, and the office that corrects its papers (lazy texts);
* ``TYPES``: its words for what it holds, and our kinds; or ``DEFINED``, if administrators define kinds for it;
* ``look_up_call`` and ``read_look_up``: one paper by number; ``search_call`` and ``read_search``: all of a person;
* ``correction_call`` and ``read_correction``: a request to correct.

The pairs are apart because the call in between is ``core.outside``'s, one at a time or many in flight.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown


@dataclass(frozen=True, slots=True)
class Read:
    """The registry has this paper."""

    paper: RegistryPaper


@dataclass(frozen=True, slots=True)
class NotThere:
    """The registry has no such paper."""


@dataclass(frozen=True, slots=True)
class ReadMany:
    """All the registry holds of a person, perhaps nothing; ``unread`` says why some could not be read, without data."""

    papers: tuple[RegistryPaper, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The registry took a request to correct."""

    outside_id: str
    office: str  # who has it


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The registry refuses to look into it; ``code`` is its word for why."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is to be corrected: of which paper, which fields, and what the holder says."""

    reference: str  # ours, and the idempotency key
    kind: str
    number: str = field(repr=False)
    holder: Holder
    side: str  # a CorrectionSide
    fields: tuple[str, ...]
    words: str = field(repr=False)


class Gateway(Protocol):
    """A registry's gateway; modules are instances of it."""

    PARTY: str
    NAME: Any
    CORRECTS: Any

    def look_up_call(self, kind: str, number: str, holder: Holder) -> Call:
        """What is sent to ask about one paper."""

    def read_look_up(
        self, kind: str, number: str, outcome: Outcome
    ) -> Read | NotThere | Unavailable | Unknown:
        """What the answer means; one that cannot be understood, or is about another paper, is ``Unknown``."""

    def search_call(self, holder: Holder) -> Call | None:
        """What is sent to ask for everything of a person; None if the registry cannot find by person."""

    def read_search(self, outcome: Outcome) -> ReadMany | Unavailable | Unknown:
        """What the answer means."""

    def correction_call(self, wrong: Wrong) -> Call:
        """What is sent to ask for a correction; sent again it is the same request."""

    def read_correction(self, outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
        """What the answer means."""
