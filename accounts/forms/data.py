"""What people type on the pages of their data: a search, a request."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import DataSubject
from eid_portal.core import ids
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


class RequestForm(forms.Form):
    """Ask something about one's data. ``form_id`` makes the same form sent twice one request."""

    form_id = forms.RegexField(r"\A[A-Za-z0-9_-]{22}\Z", required=False, widget=forms.HiddenInput())
    subject = forms.ChoiceField(
        choices=DataSubject.choices,
        label=_("What it is about"),
        widget=forms.RadioSelect(),
        error_messages={"required": _("Choose what it is about.")},
    )
    question = TextField(
        lines=True,
        min_length=10,
        max_length=2000,
        label=_("What you ask for"),
        help_text=_(
            "What is recorded now, what you want instead, and how you can show it. Do not write passwords or codes."
        ),
        widget=forms.Textarea({"rows": 6}),
        error_messages={
            "required": _("Write what you ask for."),
            "min_length": _("Write a little more, so that we understand what you ask for."),
        },
    )

    def clean_form_id(self) -> str:
        """Without one, the form is a new one."""
        return str(self.cleaned_data["form_id"] or ids.public_id())
