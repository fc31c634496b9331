"""Text from outside: one normal form, no invisible characters; Vietnamese fold and sort keys."""

import unicodedata
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# Bidirectional controls, zero-width characters and the byte-order mark: they make one text look like another.
_INVISIBLE: Final = frozenset(
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb"
)
# The alphabet of TCVN 6909 as letters without tone; tones in dictionary order.
_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


class UnreadableText(ValueError):
    """The text holds characters no person types: NUL, control, bidirectional, or half a character."""


def clean(value: str, *, lines: bool = False) -> str:
    """``value`` in NFC without surrounding blanks; line breaks only where ``lines`` allows them.

    Raises:
        UnreadableText: see the class.
    """
    for character in value:
        if lines and character in "\n\r\t":
            continue
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Co", "Cn"} or character in _INVISIBLE:
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


def sort_key(value: str) -> str:
    """A key that sorts as a Vietnamese dictionary does: letters first, tones after."""
    letters, tones = [], []
    for character in unicodedata.normalize("NFC", value.casefold()):
        parts = unicodedata.normalize("NFD", character)
        tone = next((_TONES[part] for part in parts if part in _TONES), 0)
        letter = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES))
        place = _LETTERS.find(letter)
        letters.append(f"{place + 20:02d}" if place >= 0 else f"00{letter}")
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

    def to_internal_value(self, data: Any) -> str:
        """Clean the text; see :func:`clean`."""
        try:
            return clean(super().to_internal_value(data))
        except UnreadableText:
            self.fail("unreadable")
