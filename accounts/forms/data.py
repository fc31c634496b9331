"""What people type on the pages of their data: a search, a request."""

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField


class LogForm(forms.Form):
    """Look for something in the data log; both may be empty."""

    words = TextField(
        required=False,
        max_length=60,
        label=_("Words in the log"),
        help_text=_("With or without marks, in Vietnamese or English."),
        widget=forms.TextInput({"class": "govuk-input--width-20", "autocomplete": "off"}),
    )
    day = forms.DateField(
        required=False,
        label=_("On this day or before"),
        widget=forms.DateInput(
            {"type": "date", "class": "govuk-input--width-10", "max": "9999-12-31"},
            format="%Y-%m-%d",
        ),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": _("Enter a day, such as 26/11/2026.")},
    )
