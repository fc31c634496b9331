"""What registries found of a person, as their search's page shows it: what to link, what waits, what is missing."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from accounts.models import Citizen
from documents import kinds
from documents.enums import SearchOutcome
from documents.kinds.base import Drawn, Kind
from documents.models import Search, SearchAnswer
from documents.rules.papers import from_json
from documents.selectors import wallet
from documents.selectors.wallet import Entry
from eid_portal.core import clock, home

WITHDRAWN: Final = "consent_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A paper that a registry found and that is not in the wallet."""

    registry: str
    place: int  # in the registry's answer
    kind: Kind
    drawn: Drawn = field(repr=False)

    @property
    def masked(self) -> str:
        """Its number as a list shows it."""
        return wallet.masked(self.drawn.number, self.drawn.ending)

    @property
    def name(self) -> str:
        """What its button sends."""
        return f"{self.registry}.{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A registry that has not answered."""

    name: str
    holds: tuple[Any, ...]
    is_asked: bool  # right now, for the first time
    since: datetime
    next_try_at: datetime | None  # None: it is not asked again
    withdrawn: bool  # the consent was


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A search, and what came of it so far."""

    public_id: str
    asked_at: datetime
    registries: int
    answered: int
    answered_at: datetime | None  # the last answer
    proposals: tuple[Proposal, ...]
    linked: tuple[Entry, ...]
    silent: tuple[Silent, ...]
    missing: tuple[Kind, ...]  # of which a registry that answered has none
    had_numbers: bool  # the person had other personal numbers, which were searched too

    @property
    def found(self) -> int:
        """How many papers were found."""
        return len(self.proposals) + len(self.linked)

    @property
    def moves(self) -> bool:
        """Whether something may change on the page by itself soon."""
        waits = any(one.is_asked or one.next_try_at is not None for one in self.silent)
        return waits or any(entry.moves for entry in self.linked)


def open_search(citizen: Citizen, public_id: str, *, now: datetime) -> Page | None:
    """A search for the person's papers; None if there is no such search, or it is long over."""
    search = Search.objects.filter(citizen_id=citizen.pk, public_id=public_id).first()
    if search is None:
        return None
    rows = list(SearchAnswer.objects.filter(search=search).order_by("registry"))
    answered = [row for row in rows if row.outcome in _ANSWERED and row.code != WITHDRAWN]
    entries = {
        (entry.kind.code, entry.raw): entry
        for entry in wallet.open_wallet(citizen, now=now).entries
    }
    proposals, linked = _sort(answered, entries, clock.today(now))
    return Page(
        public_id=search.public_id,
        asked_at=search.asked_at,
        registries=len(rows),
        answered=len(answered),
        answered_at=max((row.answered_at for row in answered if row.answered_at), default=None),
        proposals=tuple(proposals),
        linked=tuple(linked),
        silent=tuple(_silent(row, search) for row in rows if row not in answered),
        missing=tuple(_missing(answered)),
        had_numbers=citizen.former_numbers.exists(),
    )


_ANSWERED: Final = frozenset({SearchOutcome.FOUND, SearchOutcome.NOTHING})


def _sort(
    rows: list[SearchAnswer], entries: dict[tuple[str, str], Entry], today: date
) -> tuple[list[Proposal], list[Entry]]:
    """What was found: not in the wallet yet, and in it already."""
    proposals, linked = [], []
    for row in rows:
        for place, found in enumerate(row.found or ()):
            kind = wallet.find_kind(found["kind"])
            if kind is None:
                continue
            entry = entries.get((kind.code, found["number"]))
            if entry is not None:
                linked.append(entry)
                continue
            drawn = kind.draw(from_json(found), today)
            proposals.append(Proposal(registry=row.registry, place=place, kind=kind, drawn=drawn))
    return proposals, linked


def _silent(row: SearchAnswer, search: Search) -> Silent:
    return Silent(
        name=home.party(row.registry),
        holds=tuple(kind.title for kind in _kinds_of(row.registry)),
        is_asked=row.outcome == SearchOutcome.PENDING,
        since=row.failed_since or search.asked_at,
        next_try_at=row.next_try_at,
        withdrawn=row.code == WITHDRAWN,
    )


def _missing(rows: list[SearchAnswer]) -> list[Kind]:
    there: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.code:  # something in its answer could not be read, so nothing is said to be missing
            continue
        there[row.registry] |= {found["kind"] for found in row.found or ()}
    return [
        kind
        for registry, codes in there.items()
        for kind in _kinds_of(registry)
        if kind.code not in codes
    ]


def _kinds_of(registry: str) -> list[Kind]:
    return [kind for kind in kinds.every().values() if kind.party == registry and kind.by_person]
