"""Locking one's own account, and the code that stops something."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.activation import SlipCodeField
from accounts.rules import locks


class LockForm(forms.Form):
    """Why the owner locks."""

    why = forms.ChoiceField(
        label=_("Why do you lock it?"),
        choices=[(reason.value, reason.label) for reason in locks.CHOSEN],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why you lock your account")},
    )


class StopCodeField(SlipCodeField):
    """A stop code as people type it from a text message."""

    default_error_messages = {
        "required": _("Enter the stop code of the message"),
        "unlike": _("A stop code has 8 characters, for example K7QF 3MXA, never O, 0, I, 1 or L"),
    }


class StopForm(forms.Form):
    """The stop code."""

    code = StopCodeField(
        label=_("Stop code"),
        help_text=_(
            "8 characters in our message, for example K7QF 3MXA. Capitals and blanks do not matter"
        ),
        max_length=40,
        widget=forms.TextInput(
            {
                "class": "otp otp--long",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "maxlength": "40",
            }
        ),
    )
