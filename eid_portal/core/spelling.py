"""Compare names as people mean them: marks that differ, and marks a scanner typed as Telex or VNI keys."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

_VOWEL: Final = re.compile(r"[aeiouyw]")  # w alone is ư
_KEYS: Final = re.compile(r"[sfrxjzw]")  # no Vietnamese syllable has these letters after its vowel
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_DOUBLED: Final = re.compile(r"aa|ee|oo|dd")


class Sameness(StrEnum):
    """How alike two names are."""

    SAME = "same"
    MARKS = "marks"  # marks were lost on the way, or the tone stands on another letter (Thuý, Thúy)
    KEYBOARD = "keyboard"  # one of them is what a Vietnamese keyboard driver made of the other
    OTHER = "other"


def compare_names(one: str, two: str) -> Sameness:
    """How alike two names are, whatever their case and blanks."""
    if _plain(one) == _plain(two):
        return Sameness.SAME
    first, second = folded(one), folded(two)
    if first == second:
        pairs = zip(_plain(one).split(), _plain(two).split(), strict=True)
        return Sameness.MARKS if all(_marks_only(*pair) for pair in pairs) else Sameness.OTHER
    if untelexed(first) == second or first == untelexed(second):
        return Sameness.KEYBOARD
    return Sameness.OTHER


def folded(text: str) -> str:
    """Lower case without marks, blanks made single."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def untelexed(text: str) -> str:
    """Folded text without the keys of Telex and VNI: ``nguyeenx thij maaux`` → ``nguyen thi mau``."""
    return " ".join(_untelex_word(word) for word in text.split())


def _untelex_word(word: str) -> str:
    word = _DOUBLED.sub(lambda found: found[0][0], re.sub(r"[0-9]", "", word))
    vowel = _VOWEL.search(word)
    if vowel is None:
        return word
    return word[: vowel.end()].replace("w", "u") + _KEYS.sub("", word[vowel.end() :])


def _marks_only(one: str, two: str) -> bool:
    """Whether a word lost its marks or moved its tone; Hùng and Hưng are different names."""
    return folded(one) == one or folded(two) == two or _toneless(one) == _toneless(two)


def _toneless(word: str) -> tuple[str, list[str]]:
    parts = unicodedata.normalize("NFD", word)
    letters = "".join(part for part in parts if part not in _TONES)
    return unicodedata.normalize("NFC", letters), [part for part in parts if part in _TONES]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
