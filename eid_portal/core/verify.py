"""The registry of what anybody can verify at `/verify/`: an app registers a kind of code and what reading it says.

A code is a letter that names its kind and random characters of Crockford's base 32, which no two people read in two
ways: it is typed by hand in groups of four, or stands at the end of a link. Only ``sealed.token_hash`` or a sealed
copy of it is stored, or nothing: what has a code for ever may have its key, encrypted, in place of random characters.
Asking what a code is about uses nothing up, because previews follow links; opening it may.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from eid_portal.core import keys
from eid_portal.core.events import Actor

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP: Final = 4
LONGEST: Final = 40
NAMED: Final = (
    27  # the length of a code that is a row's key, encrypted: 26 characters hold its 128 bits
)
_LETTER: Final = 5  # bits
_READ_AS: Final = str.maketrans(
    {"O": "0", "I": "1", "L": "1", " ": "", "-": "", "\xa0": "", "\u2013": ""}
)


class Why(StrEnum):
    """Why a code shows nothing."""

    NOT_OURS = "not_ours"
    EXPIRED = "expired"
    USED = "used"
    REVOKED = "revoked"
    NOT_NOW = "not_now"  # what it shows is not in order at present


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who reads a code, as far as they are known; ``press`` names one press of one button, for a second that follows.

    A browser without JavaScript sends a button that is pressed twice twice, and shows the second answer: the same
    press must then be answered the same, once.
    """

    actor: Actor
    press: str = field(repr=False)
    device: str  # "Chrome, Windows"
    place: str  # of the network, where one is configured


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """What may be said before the button is pressed: what it is about, in general words and without a name."""

    about: str  # "Photo, full name and the last four characters of an ID card"
    until: datetime | None
    notes: tuple[str, ...] = ()  # what else to know: that it works once, that the holder is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """It is genuine; ``template`` draws ``values`` below the verdict."""

    title: str
    text: str  # who confirmed it, and when
    template: str
    values: Mapping[str, Any] = field(repr=False)
    shows_face: bool = False  # then the page says what to do if the face is another
    # With it who reads may say, once, that the person before them is not the holder; nothing can be read from it.
    report: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """It shows nothing. ``title``, ``text`` and ``steps`` are the kind's own words, or empty for the usual ones."""

    why: Why
    title: str = ""
    text: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The holder was told that somebody else had what is theirs."""

    at: datetime


class Reports(Protocol):
    """Takes reports that the person before a reader is not the holder."""

    def __call__(self, token: str, now: datetime) -> Reported | None:
        """Tell the holder, once for each reading; None if ``token`` is of no reading, or of one too long ago."""


class Verifiable(Protocol):
    """A kind of code."""

    @property
    def prefix(self) -> str:
        """One letter of the alphabet."""

    @property
    def length(self) -> int:
        """Of the whole code."""

    def peek(self, code: str, now: datetime) -> Peek | Nothing:
        """What the page with the one button says; nothing is used up or written."""

    def open(self, code: str, viewer: Viewer, now: datetime) -> Genuine | Nothing:
        """What the code shows; a code that works once is used up."""


_kinds: Final[dict[str, Verifiable]] = {}
_reports: Final[list[Reports]] = []


def register(kind: Verifiable) -> None:
    """Add a kind of code; called in ``apps.ready()``.

    Raises:
        ValueError: another kind begins with the same letter, or it is no letter of the alphabet.
    """
    known = _kinds.setdefault(kind.prefix, kind)
    if type(known) is not type(kind) or kind.prefix not in ALPHABET or len(kind.prefix) != 1:
        raise ValueError(kind.prefix)


def register_reports(handler: Reports) -> None:
    """Have reports of what was read handled; called in ``apps.ready()``."""
    if handler not in _reports:
        _reports.append(handler)


def new_code(kind: Verifiable) -> str:
    """A fresh code of a kind: five random bits a character."""
    rest = (secrets.choice(ALPHABET) for _place in range(kind.length - 1))
    return kind.prefix + "".join(rest)


def name(kind: Verifiable, purpose: str, row_id: UUID) -> str:
    """A code of a row that works for ever and of which nothing is stored; of a kind whose codes are ``NAMED`` long.

    It is the row's key under our current one of ``purpose``: it says nothing of the row, and one that is guessed is the
    key of some row with a chance of one in 2**128 for each.
    """
    _key_id, key = keys.current(purpose)
    cipher = _cipher(key, kind).encryptor()
    number = int.from_bytes(cipher.update(row_id.bytes) + cipher.finalize(), "big")
    places = range((NAMED - 2) * _LETTER, -1, -_LETTER)
    return kind.prefix + "".join(ALPHABET[number >> place & len(ALPHABET) - 1] for place in places)


def named(kind: Verifiable, purpose: str, code: str) -> list[UUID]:
    """What the row of a code may have as its key, one for each key of ours; at most one of them is a row's."""
    number = 0
    for character in code.removeprefix(kind.prefix):
        number = number << _LETTER | ALPHABET.index(character)
    if number >= 1 << 128:
        return []
    block = number.to_bytes(16, "big")
    found = []
    for key in keys.every(purpose).values():
        cipher = _cipher(key, kind).decryptor()
        found.append(UUID(bytes=cipher.update(block) + cipher.finalize()))
    return found


def _cipher(key: bytes, kind: Verifiable) -> Cipher[modes.ECB]:
    # One block and no more is ever encrypted, and the same key must become the same code: a permutation is what is
    # wanted.
    own = hmac.digest(key, f"verify\0{kind.prefix}".encode(), "sha256")
    return Cipher(algorithms.AES(own), modes.ECB())  # noqa: S305


def read(typed: str) -> str | None:
    """A code as it was made, from what was typed or stands in a link; None if it can be no code of any kind."""
    if len(typed) > LONGEST:
        return None
    code = typed.strip().upper().translate(_READ_AS)
    kind = _kinds.get(code[:1])
    if kind is None or len(code) != kind.length or not set(code) <= set(ALPHABET):
        return None
    return code


def grouped(code: str) -> str:
    """A code as people read and type it: in groups of four."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def peek(code: str, *, now: datetime) -> Peek | Nothing:
    """What may be said of a code that :func:`read` gave, before the button is pressed."""
    return _kinds[code[0]].peek(code, now)


def open_code(code: str, *, viewer: Viewer, now: datetime) -> Genuine | Nothing:
    """What a code that :func:`read` gave shows to who pressed the button."""
    return _kinds[code[0]].open(code, viewer, now)


def report(token: str, *, now: datetime) -> Reported | None:
    """Say that the person before who read a code is not the holder; see :class:`Reports`."""
    answers = (handler(token, now) for handler in _reports)
    return next((answer for answer in answers if answer is not None), None)
