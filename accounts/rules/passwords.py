"""Which passwords are refused (NIST SP 800-63B-4 §3.1.1.2): short, long, common, or made of the person's own data.

There are no rules of composition: any letters, marks, blanks and symbols will do.
"""

import gzip
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from accounts import policy

SERVICE_WORDS: Final = (
    "vneid", "vnid", "eid", "dinhdanh", "dinhdanhdientu", "cancuoc", "cccd", "cmnd", "canhan", "taikhoan",
    "dichvucong", "congdan", "bocongan", "congan", "matkhau", "mat", "khau", "password", "pass", "vietnam", "vn",
)  # fmt: skip
_SHORT_WORD: Final = 2  # a name's syllable shorter than this says nothing


class Refusal(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    OWN_DATA = "own_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What others may know of the person: an attacker tries it first."""

    full_name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)  # personal number, phone: digits
    sign_in_name: str = ""


def refuse(password: str, owner: Owner) -> Refusal | None:
    """Why this password may not be used, or None. ``password`` is in NFKC already."""
    if len(password) < policy.PASSWORD_SHORTEST:
        return Refusal.SHORT
    if len(password) > policy.PASSWORD_LONGEST:
        return Refusal.LONG
    if _is_common(password):
        return Refusal.COMMON
    if _is_own_data(password, owner):
        return Refusal.OWN_DATA
    return None


def _is_common(password: str) -> bool:
    lowered = password.casefold()
    folded = _folded(password)
    if lowered in _blocklist() or folded in _blocklist():
        return True
    if len(set(folded)) <= 2:  # noqa: PLR2004 - aaaaaaaa, 12121212
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(folded)}
    if len(steps) == 1 and steps <= {1, -1}:  # abcdefgh, 87654321
        return True
    letters = _letters(folded)
    return bool(letters) and (letters in _own_list() or _is_made_of(letters, SERVICE_WORDS))


def _is_own_data(password: str, owner: Owner) -> bool:
    folded = _folded(password)
    digits = re.sub(r"\D", "", folded)
    if any(number and number in digits for number in _numbers(owner)):
        return True
    words = [word for word in _folded_words(owner.full_name) if len(word) >= _SHORT_WORD]
    words += _initials(owner.full_name)
    if owner.sign_in_name:
        words += [owner.sign_in_name.casefold(), _letters(owner.sign_in_name)]
    letters = _letters(folded)
    return bool(letters) and bool(words) and _is_made_of(letters, (*words, *SERVICE_WORDS))


def _numbers(owner: Owner) -> Iterable[str]:
    for number in owner.numbers:
        yield number
        yield number[-9:]  # a phone without 0 or 84, the personal number without its province
    born = owner.birth_date
    if born is not None:
        day, month, year = f"{born:%d}", f"{born:%m}", f"{born:%Y}"
        for form in (day + month, f"{born.day}{born.month}", month + day):
            yield form + year
            yield year + form
        yield day + month + year[2:]
        yield year[2:] + month + day


def _initials(name: str) -> list[str]:
    words = _folded_words(name)
    first = "".join(word[0] for word in words)
    # minhanh, anhnt, ntmanh
    return [first, first[:-1]] if len(words) > 1 else []


def _is_made_of(text: str, words: Iterable[str]) -> bool:
    """Whether the text is nothing but these words, in any order."""
    reached = {0}
    known = {word for word in words if word}
    for place in range(len(text)):
        if place in reached:
            reached |= {place + len(word) for word in known if text.startswith(word, place)}
    return len(text) in reached


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"\s+", "", kept)


def _folded_words(text: str) -> list[str]:
    return [_folded(word) for word in text.split()]


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalpha())


@cache
def _own_list() -> frozenset[str]:
    """What people in Viet Nam choose."""
    text = files("accounts").joinpath("rules/common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _blocklist() -> frozenset[str]:
    """The same, and the twenty thousand most common of the world that Django brings."""
    stock = files("django").joinpath("contrib/auth/common-passwords.txt.gz").read_bytes()
    lines = gzip.decompress(stock).decode().splitlines()
    return _own_list() | {line.strip().casefold() for line in lines}
