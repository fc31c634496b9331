"""Activating an account: the slip, then a password."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.forms.sign_in import IdentifierField, SecretField
from eid_portal.core.text import TextField, ascii_digits
from eid_portal.core.widgets import DigitsInput

_MARKS: Final = re.compile(r"[\s.\-–—_]")


class SlipCodeField(TextField):
    """The code on the slip: upper case, without blanks and dashes.

    Raises:
        ValidationError: it is too short or too long, or has a character that no slip has.
    """

    default_error_messages = {
        "required": _("Enter the activation code"),
        "unlike": _(
            "The activation code has 8 characters, for example K7QF-3MXA, never O, 0, I, 1 or L"
        ),
    }

    def clean(self, value: Any) -> str:
        """The code in its one normal form."""
        code = _MARKS.sub("", ascii_digits(str(super().clean(value)))).upper()
        if len(code) != policy.SLIP_CODE_LENGTH or not set(code) <= set(policy.SLIP_ALPHABET):
            raise ValidationError(self.error_messages["unlike"], code="unlike")
        return code


class SlipForm(forms.Form):
    """The first page."""

    username = IdentifierField(
        label=_("Personal number"),
        help_text=_("12 digits, on your ID card. Officers enter their sign-in name"),
        widget=DigitsInput({"autocomplete": "username", "inputmode": "text", "maxlength": "40"}),
    )
    code = SlipCodeField(
        label=_("Activation code"),
        help_text=_("8 characters on the slip, for example K7QF-3MXA. Capitals do not matter"),
        max_length=20,
        widget=forms.TextInput(
            {
                "class": "idno govuk-input--width-10",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )


class NewPasswordForm(forms.Form):
    """A password of one's own; it may be pasted, and shown while typing instead of typed twice."""

    password = SecretField(
        label=_("Choose a password"),
        help_text=_(
            "At least 8 characters. A sentence you remember is better than signs you forget, for example"
            " four words that have nothing to do with each other. You can paste from a password manager"
        ),
        autocomplete="new-password",
        error_messages={"required": _("Enter a password")},
    )
