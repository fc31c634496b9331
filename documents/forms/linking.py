"""Which registries are asked, and the number of a paper."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField


class SearchForm(forms.Form):
    """Some of the registries; nothing is ticked beforehand."""

    registries = forms.MultipleChoiceField(
        label=_("Registries to ask"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Choose among the registries on this page")},
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.MultipleChoiceField", self.fields["registries"]).choices = choices


class NumberForm(forms.Form):
    """The number of a paper of one kind, as it is printed; the kind says what is wrong with it."""

    number = TextField(
        label=_("Number of the paper"),
        max_length=40,
        error_messages={
            "required": _("Enter the number of the paper"),
            "max_length": _("No paper has such a long number"),
        },
        widget=forms.TextInput(
            {
                "class": "idno govuk-input--width-20",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )

    def __init__(self, *args: Any, hint: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].help_text = hint
