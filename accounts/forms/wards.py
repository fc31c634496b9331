"""A guardian names a child or ward, and what the guardianship rests on."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.enums import GuardianshipBasis
from accounts.forms.sign_in import IdentifierField
from eid_portal.core import clock
from eid_portal.core.text import TextField
from eid_portal.core.widgets import DateBoxesField, DigitsInput


class WardNumberField(IdentifierField):
    """The personal number of somebody else.

    Raises:
        ValidationError: it is none.
    """

    default_error_messages = {"required": _("Enter the personal number of the child or ward")}

    def clean(self, value: Any) -> str:
        """The twelve digits."""
        number = super().clean(value)
        if not number.isdecimal():
            raise ValidationError(self.error_messages["neither"], code="neither")
        return number


class AddWardForm(forms.Form):
    """Who, and on what basis."""

    number = WardNumberField(
        label=_("Personal number of the child or ward"),
        help_text=_("12 digits, on the birth certificate or ID card"),
        widget=DigitsInput({"autocomplete": "off"}),
    )
    birth_date = DateBoxesField(
        label=_("Date of birth of the child or ward"), help_text=_("For example 2 5 2017")
    )
    basis = forms.ChoiceField(
        label=_("You are"),
        choices=GuardianshipBasis,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the guardianship rests on")},
    )
    document = TextField(
        label=_("Number and issuer of the paper"),
        help_text=_(
            "Of the birth certificate or decision, for example 117/2017, Phường Bến Thành."
            " Bring the original to the counter."
        ),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter the number and issuer of the paper")},
    )
    until = DateBoxesField(
        label=_("Last day of the guardianship"),
        help_text=_("Only if a decision names one"),
        required=False,
    )

    def clean_until(self) -> date | None:
        """A last day that has not passed."""
        until: date | None = self.cleaned_data["until"]
        if until is not None and until < clock.today():
            raise ValidationError(_("This day has passed"), code="passed")
        return until
