"""Recovering an account: a number, a reference, what one proves oneself with."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.enums import AuthenticatorKind, RecoveryProof, RecoveryRoute
from accounts.forms.security import NewEmailForm
from accounts.forms.sign_in import CodeForm, IdentifierField, RecoveryCodeForm, SecretField
from eid_portal.core.text import TextField, ascii_digits
from eid_portal.core.widgets import DigitsInput

_MARKS: Final = re.compile(r"[\s.\-–—_]")
_REFERENCE: Final = re.compile(rf"DL([0-9]{{6}})([{policy.SLIP_ALPHABET}]{{6}})")


class NumberForm(forms.Form):
    """Whose account it is."""

    username = IdentifierField(
        label=_("Personal number"),
        help_text=_("12 digits, printed on your ID card"),
        widget=DigitsInput({"autocomplete": "username", "maxlength": "40"}),
    )


class ReferenceField(TextField):
    """The reference of a request, such as DL-261126-4M7TQ2; blanks, dashes and small letters are fine.

    Raises:
        ValidationError: it is none.
    """

    default_error_messages = {
        "required": _("Enter the reference of your request"),
        "unlike": _("A reference looks like DL-261126-4M7TQ2, never with O, 0, I, 1 or L at its end"),
    }  # fmt: skip

    def clean(self, value: Any) -> str:
        """The reference in its one form."""
        typed = _MARKS.sub("", ascii_digits(str(super().clean(value)))).upper()
        found = _REFERENCE.fullmatch(typed)
        if found is None:
            raise ValidationError(self.error_messages["unlike"], code="unlike")
        return f"DL-{found[1]}-{found[2]}"


class ReturnForm(NumberForm):
    """Coming back to a request."""

    reference = ReferenceField(
        label=_("Reference of your request"),
        help_text=_("It stood on the page when you began, and in your e-mail or inbox"),
        max_length=30,
        widget=forms.TextInput(
            {
                "class": "idno govuk-input--width-20",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )


class PasswordProofForm(forms.Form):
    """The password that is still known."""

    code = SecretField(
        label=_("Your present password"),
        autocomplete="current-password",
        error_messages={"required": _("Enter your password")},
    )


class PasskeyProofForm(forms.Form):
    """What the browser got from a passkey."""

    answer = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={"required": _("Your browser gave no answer of a passkey. Try again.")},
    )


def proof_form(way: RecoveryProof, *args: Any) -> forms.Form:
    """The form of a way to prove oneself: one field."""
    form: type[forms.Form] = CodeForm
    if way == RecoveryProof.PASSWORD:
        form = PasswordProofForm
    elif way == RecoveryProof.PASSKEY:
        form = PasskeyProofForm
    return form(*args)


# --- Ways back, chosen and tried ------------------------------------------------------------------
class WaysForm(forms.Form):
    """Two ways back, or all three."""

    routes = forms.MultipleChoiceField(
        label=_("Choose at least two ways"),
        choices=[
            (
                RecoveryRoute.RECOVERY_CODE.value,
                _("A recovery code and another way to sign in: 3 minutes"),
            ),
            (
                RecoveryRoute.DELAYED.value,
                _("Two proofs, 24 hours apart: needs your e-mail address"),
            ),
            (RecoveryRoute.COUNTER.value, _("Any ID-card counter, the same day")),
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least two ways")},
    )


class RoutesForm(WaysForm, NewEmailForm):
    """The same while the account is activated; the way with two proofs needs an address."""

    field_order = ("routes", "contact")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].label = _("Your e-mail address")
        self.fields["contact"].help_text = _(
            "Only for the way with two proofs. For notices and recovery, never to sign in. We send it a code"
        )
        widget = self.fields["routes"].widget
        wanted = widget.value_from_datadict(self.data, self.files, "routes")
        self.fields["contact"].required = RecoveryRoute.DELAYED in (wanted or [])

    def clean_contact(self) -> str:
        """The address in its one form, where one is needed."""
        if not self.fields["contact"].required:
            return ""
        return super().clean_contact()


def check_form(way: AuthenticatorKind, *args: Any) -> forms.Form:
    """The form to try a way back with: one field ``code``."""
    form = RecoveryCodeForm if way == AuthenticatorKind.RECOVERY_CODES else CodeForm
    return form(*args)
