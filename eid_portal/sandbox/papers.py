"""The made-up papers of the made-up people, and the rule by which the last two digits of a number choose what happens.

A kind of paper makes its number of a person and finds the person in the number again, so that everybody's papers are
always the same; some are written. A number in the right form that nobody holds and that ends in an outcome's digits
gives that outcome to whoever asks, with a paper made of that person. Other numbers are not found.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from eid_portal.sandbox import cards, data
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.store import PaperChange
from eid_portal.sandbox.world import World

Document = dict[str, Any]
ALWAYS: Final = frozenset({"001085000001"})  # holds one of every kind
ENDED: Final = timedelta(days=40)  # how long ago what has expired did
_SEPARATORS: Final = str.maketrans("", "", "-. ,/_")


class Outcome(StrEnum):
    """What a registry does when asked about a paper."""

    VALID = "valid"
    OTHER_KEY = "the answer is signed with another key"
    OTHER_OWNER = "belongs to somebody else"
    REDIRECT = "a redirect to http://127.0.0.1:9/"
    LARGE = "an answer of 100 MB"
    TWO = "two answers: a list of two papers"
    EXPIRED = "expired"
    HTML = "HTML instead of JSON"
    OTHER_NUMBER = "answers about another number"
    OTHER_NAME = "the name without its middle word"
    OTHER_BIRTH_DATE = "another birth date"
    SLOW = "slow: 3 seconds"
    BROKEN = "broken: status 500"
    SILENT = "silent: no answer until the caller gives up"
    BUSY_TWICE = "busy: status 503 twice, then an answer"
    NOT_FOUND = "not found"
    REVOKED = "revoked"


BY_LAST_TWO_DIGITS: Final = {
    "83": Outcome.OTHER_KEY,
    "84": Outcome.OTHER_OWNER,
    "85": Outcome.REDIRECT,
    "86": Outcome.LARGE,
    "87": Outcome.TWO,
    "88": Outcome.EXPIRED,
    "89": Outcome.HTML,
    "90": Outcome.OTHER_NUMBER,
    "91": Outcome.OTHER_NAME,
    "92": Outcome.OTHER_BIRTH_DATE,
    "93": Outcome.SLOW,
    "94": Outcome.BROKEN,
    "95": Outcome.SILENT,
    "96": Outcome.BUSY_TWICE,
    "97": Outcome.NOT_FOUND,
    "98": Outcome.REVOKED,
}


def last_two_digits(number: str) -> str:
    """The digits that choose; letters do not count."""
    return "".join(letter for letter in number if letter in "0123456789")[-2:]


def outcome_of(number: str) -> Outcome:
    """What asking about a number does."""
    return BY_LAST_TWO_DIGITS.get(last_two_digits(number), Outcome.VALID)


def clean(number: str) -> str:
    """Without separators, in capitals."""
    return number.translate(_SEPARATORS).upper()


def ends_plainly(document: Document, day: date) -> None:
    """Let a paper with one last day end on ``day``; it began before that."""
    if document.get("valid_from", "") > day.isoformat():
        document["valid_from"] = cards.birthday(day, -1).isoformat()
    document["valid_until"] = day.isoformat()


def never_ends(_document: Document, _day: date) -> None:
    """For papers without a last day."""


@dataclass(frozen=True, slots=True)
class Written:
    """A paper that was written: whose it is, and what it says otherwise than one that was made."""

    owner: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of paper of one registry; ``name``, ``birth_date`` and ``holder`` are paths into its document."""

    type: str
    one: str  # the key of one in an answer
    many: str
    asked: str  # the key of the number, in the request and in the document
    look_up: str  # the path after the party's
    pattern: re.Pattern[str]
    number: Callable[[Person], str]  # the one made for a person
    in_number: Callable[[str], str | None]  # the person's number that a made number carries
    holds: Callable[[Person, date], bool]
    newborns: bool = False  # children whose birth was registered here hold one from then on
    always: bool = True  # those of ``ALWAYS`` hold one in any case
    make: Callable[[Person, str, date], Document]
    name: tuple[str, ...] = ("full_name",)
    birth_date: tuple[str, ...] = ("birth_date",)  # empty: not on it
    holder: tuple[str, ...] = ("personal_number",)
    end: Callable[[Document, date], None] = ends_plainly
    also: Callable[[Person], tuple[str, ...]] = (
        lambda _person: ()
    )  # other numbers of the same paper
    changed_as: Callable[[str], str] = lambda number: (
        number
    )  # the one of them that changes stand under
    written: Mapping[str, Written] = field(default_factory=dict)
    without: frozenset[str] = frozenset()  # who holds a written one instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A registry of papers."""

    party: str
    name: str
    vietnamese: str
    office: str  # who looks into a correction
    kinds: tuple[Kind, ...]
    search: str = "/v1/search"
    any_type: Callable[[str], Kind | None] = lambda _type: None  # of a type that is asked by name

    def kind(self, type_: str) -> Kind | None:
        """The kind of a type."""
        return next((kind for kind in self.kinds if kind.type == type_), self.any_type(type_))


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as asked for: what happens, and what its registry has of it."""

    kind: Kind
    number: str
    owner: Person
    outcome: Outcome
    document: Document = field(repr=False)


# --- Whose paper a number is ----------------------------------------------------------------------
def owner_of(kind: Kind, number: str, today: date) -> Person | None:
    """Who holds this paper from the beginning; None for nobody."""
    if number in kind.written:
        return data.find(kind.written[number].owner, today=today)
    person = data.find(kind.in_number(number) or "", today=today)
    if person is None or person.number in kind.without or number not in _numbers(kind, person):
        return None
    return person if _holds(kind, person, today) else None


def held_by(kind: Kind, person: Person, today: date) -> list[str]:
    """The numbers of a person's papers of a kind."""
    written = [number for number, paper in kind.written.items() if paper.owner == person.number]
    made = person.number not in kind.without and _holds(kind, person, today)
    return [*([kind.number(person)] if made else []), *written]


def to_try(kind: Kind, person: Person) -> dict[str, Outcome]:
    """A number nobody holds for each outcome, in the form of the person's own."""
    own = kind.number(person)
    return {f"{own[:-2]}{ending}": outcome for ending, outcome in BY_LAST_TWO_DIGITS.items()}


def find(
    world: World, registry: Registry, kind: Kind, number: str, asker: Person | None
) -> Paper | None:
    """The paper of a number as ``asker``'s inquiry meets it; None if there is none."""
    change = world.store.paper_change(registry.party, kind.type, kind.changed_as(number))
    outcome = outcome_of(number)
    owner = _newborn(world, kind, number) or owner_of(kind, number, world.today)
    if change.owner is not None:
        owner, outcome = data.find(change.owner, today=world.today), Outcome.VALID
    elif owner is None and outcome is not Outcome.VALID:
        owner = asker
    if owner is None:
        return None
    document = kind.make(owner, number, world.today)
    if number in kind.written:
        document |= kind.written[number].fields
    _apply_outcome(document, kind, outcome, owner, world.today)
    _apply_change(document, kind, change, world.today)
    return Paper(kind, number, owner, outcome, document)


def newborn(world: World, number: str) -> Person | None:
    """The child of a number whose birth was registered here."""
    born = world.store.find_birth(number)
    if born is None:
        return None
    home = born["residence"]
    return Person(
        number,
        born["full_name"],
        date.fromisoformat(born["birth_date"]),
        home["province"],
        home["commune"],
        home["line"],
    )


def _newborn(world: World, kind: Kind, number: str) -> Person | None:
    """The child that holds this paper since its birth was registered."""
    person = newborn(world, kind.in_number(number) or "") if kind.newborns else None
    return person if person and number in _numbers(kind, person) else None


def papers_of_newborn(world: World, registry: Registry, child: Person) -> list[Paper]:
    """What a registry holds of a child whose birth was registered here."""
    kinds = tuple(kind for kind in registry.kinds if kind.newborns)
    return papers_of(world, replace(registry, kinds=kinds), child)


def papers_of(world: World, registry: Registry, person: Person) -> list[Paper]:
    """All papers a registry holds of a person, as they were made and changed."""
    return [
        found
        for kind in registry.kinds
        for number in held_by(kind, person, world.today)
        if (found := find(world, registry, kind, number, person)) is not None
    ]


def change(
    world: World,
    registry: Registry,
    kind: Kind,
    number: str,
    edit: Callable[[PaperChange], PaperChange],
    *,
    event_id: str,
) -> datetime:
    """Change a paper once for this event; when that was, so that its report is always the same."""
    at = world.now().isoformat(timespec="seconds")

    def once(before: PaperChange) -> PaperChange:
        if before.event_id == event_id:
            return before
        return replace(edit(before), event_id=event_id, at=at)

    kept = world.store.change_paper(registry.party, kind.type, kind.changed_as(number), once)
    return datetime.fromisoformat(kept.at or at)


def _numbers(kind: Kind, person: Person) -> tuple[str, ...]:
    return (kind.number(person), *kind.also(person))


def _holds(kind: Kind, person: Person, today: date) -> bool:
    return (kind.always and person.number in ALWAYS) or kind.holds(person, today)


# --- What it says ---------------------------------------------------------------------------------
def _apply_outcome(
    document: Document, kind: Kind, outcome: Outcome, owner: Person, today: date
) -> None:
    match outcome:
        case Outcome.EXPIRED:
            kind.end(document, today - ENDED)
            document["status"] = "expired"
        case Outcome.REVOKED:
            document["status"] = "revoked"
        case Outcome.OTHER_NAME:
            words = data.register_name(owner).split()
            _put(document, kind.name, " ".join((words[0], *words[2:])))
        case Outcome.OTHER_BIRTH_DATE:
            born = data.register_birth_date(owner)
            _put(document, kind.birth_date, born.replace(day=born.day % 28 + 1).isoformat())
        case Outcome.OTHER_OWNER:
            other = somebody_else(owner)
            _put(document, kind.name, other.name)
            _put(document, kind.birth_date, other.born.isoformat())
            _put(document, kind.holder, other.number)
        case _:
            pass


def _apply_change(document: Document, kind: Kind, change: PaperChange, today: date) -> None:
    if change.ends is not None:
        day = date.fromisoformat(change.ends)
        kind.end(document, day)
        document["status"] = "valid" if day >= today else "expired"
    if change.points is not None and "points" in document:
        document["points"] = change.points
    if change.status is not None:
        document["status"] = change.status


def somebody_else(person: Person) -> Person:
    """A person who is not this one."""
    return next(other for other in data.PEOPLE.values() if other.number != person.number)


def _put(document: Document, path: tuple[str, ...], value: str) -> None:
    if not path:
        return
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


# --- What kinds make their papers of --------------------------------------------------------------
def grain(text: str, below: int) -> int:
    """A whole number from 0 to ``below``, always the same for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % below


def age(person: Person, today: date) -> int:
    """How old somebody is."""
    born = data.register_birth_date(person)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def ten_digits(person: Person, what: str) -> str:
    """Province, sex and century, year and serial of a person, then three digits that choose nothing."""
    number = person.number
    tail = f"{grain(what + number, 10)}{grain(number + what, 80):02d}"
    return f"{number[1:3]}{number[3:6]}{number[-2:]}{tail}"


def from_ten_digits(digits: str) -> str:
    """The personal number in what :func:`ten_digits` made."""
    return f"0{digits[:5]}0000{digits[5:7]}"


def letters(text: str, length: int, alphabet: str) -> str:
    """A word of an alphabet, always the same for a text."""
    return "".join(alphabet[grain(f"{place}{text}", len(alphabet))] for place in range(length))


def holder(person: Person) -> dict[str, str]:
    """Name, birth date and number as the population register has them."""
    return {
        "full_name": data.register_name(person),
        "birth_date": data.register_birth_date(person).isoformat(),
        "personal_number": person.number,
    }


_CITIES: Final = ("Hà Nội", "Hải Phòng", "Huế", "Đà Nẵng", "Cần Thơ", "Đồng Nai")


def place(person: Person) -> str:
    """The province as offices are named after it."""
    if person.province.startswith("Thành phố"):
        return person.province[0].lower() + person.province[1:]
    return f"{'thành phố' if person.province in _CITIES else 'tỉnh'} {person.province}"


def address(person: Person) -> str:
    """Where somebody lives, in one line."""
    return f"{person.line}, {person.commune}, {person.province}"


def day_of(text: str, first: date, last: date) -> date:
    """A day between two, always the same for a text."""
    return first + timedelta(days=grain(text, max((last - first).days, 1)))
