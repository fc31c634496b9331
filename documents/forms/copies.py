"""What people choose for a signed copy or a printed card."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.enums import Level
from eid_portal.core.text import TextField

PURPOSE_LONGEST = 80
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]


class LevelForm(forms.Form):
    """How much of the paper, and in which language; ``levels`` say what each shows."""

    level = forms.ChoiceField(
        label=_("How much of the paper?"),
        widget=forms.RadioSelect(),
        error_messages={"required": _("Choose how much of the paper.")},
    )
    language = forms.ChoiceField(
        choices=LANGUAGES,
        label=_("In which language?"),
        widget=forms.RadioSelect(),
        error_messages={"required": _("Choose a language.")},
    )

    def __init__(self, *args: Any, levels: list[tuple[Level, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level: Any = self.fields["level"]
        level.choices = [(value.value, words) for value, words in levels]


class CopyForm(LevelForm):
    """A signed copy is for one purpose."""

    purpose = TextField(
        max_length=PURPOSE_LONGEST,
        min_length=3,
        label=_("For whom, and what for?"),
        help_text=_("Printed across the copy, so that it serves nothing else."),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Write for whom the copy is, and what for."),
            "min_length": _("Write for whom the copy is, and what for."),
        },
    )
    field_order = ("purpose", "level", "language")


class CardForm(LevelForm):
    """A printed card; ``form_id`` makes the same form sent twice one card."""

    form_id = forms.RegexField(r"\A[0-9A-HJKMNP-TV-Z]{22}\Z", widget=forms.HiddenInput())
    with_name = forms.BooleanField(
        required=False, initial=True, label=_("Print my name, so that others can compare it")
    )
    field_order = ("form_id", "level", "with_name", "language")
