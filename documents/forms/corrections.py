"""What people say when they ask for a correction: which value is right, and what they add."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.enums import CorrectionSide
from eid_portal.core.text import TextField


class CorrectionForm(forms.Form):
    """Which value is right, of those that can be; with one alone there is nothing to choose."""

    side = forms.ChoiceField(
        widget=forms.RadioSelect(),
        error_messages={
            "required": _("Choose which is right."),
            "invalid_choice": _("Choose which is right."),
        },
    )
    words = TextField(
        lines=True,
        required=False,
        max_length=500,
        label=_("Anything the office should know"),
        help_text=_("For example when the paper was issued. Do not write passwords or codes."),
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "required": _("Write what is wrong."),
            "max_length": _("Write at most 500 characters."),
        },
    )

    def __init__(
        self, *args: Any, sides: Sequence[CorrectionSide], words_needed: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        side = self.fields["side"]
        assert isinstance(side, forms.ChoiceField)  # noqa: S101 - for the type
        side.choices = [(one.value, one.label) for one in sides]
        if len(sides) == 1:
            side.widget = forms.HiddenInput()
            self.initial["side"] = sides[0].value
        if words_needed:
            self.fields["words"].required = True
            self.fields["words"].label = _("What is wrong, and what is right")
