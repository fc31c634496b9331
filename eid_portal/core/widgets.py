"""Inputs for forms: codes, digits, a date in three boxes; drawn by `django/forms/field.html`."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import ascii_digits


class OneTimeCodeInput(forms.TextInput):
    """One box for a six-digit code; the phone offers the code from the message."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {
                "class": "otp",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "maxlength": "7",
                "pattern": "[0-9 ]*",
                **(attrs or {}),
            }
        )


class DigitsInput(forms.TextInput):
    """A box for a long number: even figures, the number keys on a phone, no spelling marks."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {
                "class": "idno govuk-input--width-20",
                "inputmode": "numeric",
                "spellcheck": "false",
                "maxlength": "20",
                **(attrs or {}),
            }
        )


class DateBoxes(forms.MultiWidget):
    """Day, month and year in three boxes: a browser's own box follows its language, not ours."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        labels = (_("Day"), _("Month"), _("Year"))
        super().__init__([forms.TextInput({"data-label": label}) for label in labels], attrs)

    def decompress(self, value: Any) -> list[Any]:
        """The date's three numbers."""
        if isinstance(value, date):
            return [value.day, value.month, value.year]
        return [None, None, None]


class DateBoxesField(forms.MultiValueField):
    """A date from three boxes.

    Raises:
        ValidationError: a box is empty, or there is no such day.
    """

    widget = DateBoxes
    default_error_messages = {
        "required": _("Enter the day, month and year"),
        "incomplete": _("Enter the day, month and year"),
        "unreal": _("Enter a date that exists, for example 30 11 2026"),
    }

    def __init__(self, **kwargs: Any) -> None:
        boxes = [forms.CharField(max_length=4, required=False) for _box in range(3)]
        super().__init__(boxes, require_all_fields=False, **kwargs)

    def compress(self, data_list: Sequence[Any]) -> date | None:
        """The date, or None when all boxes are empty and the field may be."""
        parts = [ascii_digits(str(part or "")).strip() for part in data_list]
        if not any(parts):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        if not all(parts):
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        try:
            day, month, year = (int(part) for part in parts)
            return date(year, month, day)
        except ValueError:
            raise ValidationError(self.error_messages["unreal"], code="unreal") from None
