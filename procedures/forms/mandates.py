"""Who may file what for me, and until when."""

import re
from collections.abc import Sequence
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField, ascii_digits
from eid_portal.core.widgets import DateBoxesField, DigitsInput
from procedures.texts import PROBLEMS

_BETWEEN: Final = re.compile(r"[\s.\-]")
_DIGITS: Final = 12


class HolderNumberField(TextField):
    """The personal number of who files: twelve digits, however they are grouped."""

    default_error_messages = {"required": _("Enter the personal number of the person who files")}

    def clean(self, value: Any) -> str:
        """The twelve digits.

        Raises:
            ValidationError: it is none.
        """
        digits = _BETWEEN.sub("", ascii_digits(str(super().clean(value))))
        if not digits.isdecimal():
            raise ValidationError(PROBLEMS["person_characters"], code="characters")
        if len(digits) != _DIGITS:
            raise ValidationError(PROBLEMS["person"] % {"count": len(digits)}, code="length")
        return digits


class MandateForm(forms.Form):
    """All of it; ``choices`` are the procedures that can be filed by mandate."""

    procedure = forms.ChoiceField(
        label=_("What may be filed for you"),
        widget=forms.Select({"class": "w100"}),
        error_messages={
            "required": _("Choose the procedure"),
            "invalid_choice": _("Choose one of the procedures on this page"),
        },
    )
    number = HolderNumberField(
        max_length=60,
        label=_("Personal number of the person who files"),
        help_text=_("12 digits. Ask them for it"),
        widget=DigitsInput({"autocomplete": "off"}),
    )
    name = TextField(
        label=_("Full name of the person who files"),
        help_text=_("As on their ID card"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter the full name of the person who files")},
    )
    until = DateBoxesField(
        label=_("Last day"), help_text=_("At most a year from today. You can withdraw it before")
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["procedure"])
        field.choices = [("", _("Choose a procedure")), *choices]
