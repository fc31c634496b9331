"""Text from outside: one normal form, no invisible characters; Vietnamese fold and sort keys."""

import unicodedata
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# Control, format (bidirectional, zero-width, byte-order mark, tags), half and unassigned characters, line separators.
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Unicode counts these among letters, marks and symbols, yet nobody sees them: one text looks like another.
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_IN_NAMES: Final = frozenset(" -'’.")
# The alphabet of TCVN 6909 as letters without tone; tones in dictionary order.
_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


class UnreadableText(ValueError):
    """The text holds characters nobody sees: NUL, control, bidirectional, zero-width, or half a character."""


def clean(value: str, *, lines: bool = False) -> str:
    """``value`` in NFC without surrounding blanks; tabs and line breaks (as ``\\n``) only where ``lines`` allows them.

    Raises:
        UnreadableText: see the class.
    """
    allowed = ""
    if lines:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        allowed = "\n\t"
    for character in set(value).difference(allowed):
        if unicodedata.category(character) in _REFUSED or character in _UNSEEN:
            raise UnreadableText
    return unicodedata.normalize("NFC", value).strip()


def ascii_digits(value: str) -> str:
    """Full-width and other decimal digits as 0–9; everything else as it is."""
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in value
    )


def fold(value: str) -> str:
    """Lower case without marks, blanks made single: ``"Đặng  Thị Mẫu"`` → ``"dang thi mau"``."""
    plain = unicodedata.normalize("NFD", value.casefold()).replace("đ", "d")
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(kept.split())


def is_name(value: str) -> bool:
    """Whether it is letters of any script, with blanks, hyphens, apostrophes and full stops after the first."""
    return unicodedata.category(value[:1] or " ").startswith("L") and all(
        character in _IN_NAMES or unicodedata.category(character)[0] in "LM" for character in value
    )


def without_marks(value: str) -> str:
    """Vietnamese as text messages carry it: letters without marks, case kept."""
    plain = unicodedata.normalize("NFD", value).replace("đ", "d").replace("Đ", "D")
    return "".join(character for character in plain if not unicodedata.combining(character))


def sort_key(value: str) -> str:
    """A key that sorts as a Vietnamese dictionary does: syllable by syllable, letters first, tones after.

    What is no letter comes before letters; letters with marks of other languages come after their tones.
    """
    words = unicodedata.normalize("NFC", value.casefold()).split()
    return " ".join(_sort_key_of_word(word) for word in words)


def _sort_key_of_word(word: str) -> str:
    letters, tones = [], []
    for character in word:
        parts = unicodedata.normalize("NFD", character)
        tone = next((_TONES[part] for part in parts if part in _TONES), 0)
        letter = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES))
        if not letter or letter not in _LETTERS:
            letter, tone = parts[0], 9 if len(parts) > 1 else 0
        place = _LETTERS.find(letter)
        letters.append(f"{place + 20:02d}" if place >= 0 else f"1{letter}")
        tones.append(str(tone))
    return "".join(letters) + " " + "".join(tones)


class TextField(forms.CharField):
    """A form's text field: every text a person types passes here."""

    default_error_messages = {
        "unreadable": _("Remove characters that cannot be seen, and type the text again."),
    }

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 1000)
        self.lines = lines
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Clean the text; see :func:`clean`."""
        try:
            return super().to_python(clean(value, lines=self.lines) if value else value)
        except UnreadableText:
            raise ValidationError(self.error_messages["unreadable"], code="unreadable") from None


class SerializerTextField(serializers.CharField):
    """The same for the JSON API."""

    default_error_messages = {"unreadable": _("Contains characters that are not allowed.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 1000)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Clean the text; see :func:`clean`."""
        try:
            return clean(super().to_internal_value(data))
        except UnreadableText:
            self.fail("unreadable")
