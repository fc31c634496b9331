"""Whom an officer looks up and why, what more they need, and what is decided about looks."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import policy
from accounts.enums import InspectionState, LookField, LookReason
from accounts.rules import scan
from accounts.services.look_ups import NEEDS_REFERENCE
from eid_portal.core.text import TextField
from eid_portal.core.widgets import DateBoxesField, DigitsInput


class LookUpForm(forms.Form):
    """A case or a reason, and a whole number; nobody is found by name, phone or address."""

    case = TextField(
        max_length=40,
        required=False,
        label=gettext_lazy("1. Case number"),
        help_text=gettext_lazy(
            "Of a case or slip of your office. With it no reason is needed."
        ),
        widget=forms.TextInput({"class": "idno govuk-input--width-20", "autocomplete": "off",
                                "spellcheck": "false", "data-key": "F2"}),
    )  # fmt: skip
    reason = forms.ChoiceField(
        required=False,
        label=gettext_lazy("No case? Choose a reason"),
        choices=[
            ("", gettext_lazy("I have a case number")),
            *((one.value, one.label) for one in LookReason if one != LookReason.CASE),
        ],
    )
    reference = TextField(
        max_length=80,
        required=False,
        label=gettext_lazy("Number of the letter, incident or order"),
        help_text=gettext_lazy(
            "For an official letter, an emergency or a court order. The person can read it."
        ),
        widget=forms.TextInput({"class": "govuk-input--width-20", "autocomplete": "off"}),
    )
    hidden_until = DateBoxesField(
        required=False,
        label=gettext_lazy("Court order: hidden from the person until"),
        help_text=gettext_lazy(
            "At most a year from today. A supervisor must agree before anything is shown."
        ),
    )
    number = TextField(
        max_length=20,
        label=gettext_lazy("2. Personal number"),
        help_text=gettext_lazy("12 digits. Nobody is looked up by name, phone or address."),
        error_messages={"required": gettext_lazy("Enter the personal number of 12 digits")},
        widget=DigitsInput({"autocomplete": "off", "data-key": "F4"}),
    )

    def clean_number(self) -> str:
        """Twelve digits.

        Raises:
            ValidationError: it is something else.
        """
        try:
            reading = scan.read(self.cleaned_data["number"])
        except scan.ScanError:
            reading = None
        if not isinstance(reading, scan.TypedNumber):
            raise ValidationError(_("Enter the personal number of 12 digits"), code="number")
        return reading.number

    def clean(self) -> dict[str, Any]:
        """A case, or a reason with what it needs."""
        data = super().clean() or {}
        case, reason = data.get("case"), data.get("reason")
        if "case" in self.errors or "reason" in self.errors:
            return data
        if not case and not reason:
            self.add_error("case", _("Enter a case number, or choose a reason"))
        if case and reason:
            self.add_error("reason", _("Either a case number or a reason, not both"))
        needed = []
        if reason in NEEDS_REFERENCE:
            needed.append(("reference", _("Enter the number of the letter, incident or order")))
        if reason == LookReason.COURT_ORDER:
            needed.append(("hidden_until", _("Enter the day from which the person may see it")))
        for name, text in needed:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, text)
        return data


class UnmaskForm(forms.Form):
    """What more is needed, and what for, in words the person reads."""

    fields_wanted = forms.MultipleChoiceField(
        label=gettext_lazy("What do you need to see?"),
        error_messages={"required": gettext_lazy("Choose at least one field")},
        choices=LookField.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    need = TextField(
        min_length=10,
        max_length=policy.LOOK_NEED_LONGEST,
        label=gettext_lazy("What for?"),
        help_text=gettext_lazy("The person reads exactly these words."),
        error_messages={"required": gettext_lazy("Say what you need it for")},
    )

    def __init__(self, *args: Any, masked: list[LookField], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["fields_wanted"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - for the types
        field.choices = [(one.value, one.label) for one in masked]

    def chosen(self) -> list[LookField]:
        """The fields asked for."""
        return [LookField(code) for code in self.cleaned_data["fields_wanted"]]


class VerdictForm(forms.Form):
    """Reasonable, or an inspection."""

    verdict = forms.ChoiceField(choices=[("reasonable", ""), ("inspect", "")])


class AnswerForm(forms.Form):
    """What an inspection found, in words the person reads."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("What did you find?"),
        choices=[(one.value, one.label) for one in InspectionState if one != InspectionState.OPEN],
        error_messages={"required": gettext_lazy("Choose what you found")},
        widget=forms.RadioSelect,
    )
    answer = TextField(
        lines=True,
        min_length=20,
        max_length=2000,
        label=gettext_lazy("Answer"),
        help_text=gettext_lazy(
            "In plain words: who looked, what for, and what follows. The person reads exactly this."
        ),
        error_messages={"required": gettext_lazy("Write the answer")},
        widget=forms.Textarea({"rows": 6}),
    )


class QuestionForm(forms.Form):
    """What a person wants to know about a look; words are welcome and not needed."""

    question = TextField(
        lines=True,
        required=False,
        max_length=1000,
        label=gettext_lazy("What would you like to know?"),
        help_text=gettext_lazy("You can leave it empty: the office then explains the look."),
        widget=forms.Textarea({"rows": 4}),
    )
