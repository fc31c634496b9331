"""Signing in: number or sign-in name and password, then a code."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.enums import AuthenticatorKind
from eid_portal.core.text import TextField, ascii_digits
from eid_portal.core.widgets import DigitsInput, OneTimeCodeInput

_NUMBER_LENGTH: Final = 12
_NUMBER_MARKS: Final = re.compile(r"[\s.\-]")
_SIGN_IN_NAME: Final = re.compile(r"[a-z][a-z0-9._\-]{2,39}")


class IdentifierField(TextField):
    """A personal number (twelve digits, blanks and dots between them are fine) or a sign-in name, lower case.

    Raises:
        ValidationError: it can be neither.
    """

    default_error_messages = {
        "required": _("Enter your personal number"),
        "length": _("A personal number has 12 digits. You entered %(count)s"),
        "neither": _("Enter the 12 digits of your personal number, for example 001 300 000 015"),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 60)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """The number or name in its one normal form."""
        text = ascii_digits(str(super().clean(value)))
        digits = _NUMBER_MARKS.sub("", text)
        if digits.isdecimal():
            if len(digits) != _NUMBER_LENGTH:
                params = {"count": len(digits)}
                raise ValidationError(self.error_messages["length"], code="length", params=params)
            return digits
        name = text.lower()
        if not _SIGN_IN_NAME.fullmatch(name):
            raise ValidationError(self.error_messages["neither"], code="neither")
        return name


class SecretField(forms.CharField):
    """A password or another secret: taken as it is typed, never shown again."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        widget = forms.PasswordInput({"autocomplete": autocomplete})
        super().__init__(strip=False, widget=widget, **kwargs)


class SignInForm(forms.Form):
    """The first step."""

    username = IdentifierField(
        label=_("Personal number"),
        help_text=_("12 digits, printed on your ID card"),
        widget=DigitsInput({"autocomplete": "username webauthn", "maxlength": "40"}),
    )
    password = SecretField(
        label=_("Password"),
        autocomplete="current-password",
        error_messages={"required": _("Enter your password")},
    )


class OfficerSignInForm(SignInForm):
    """The first step of officers and administrators."""

    username = IdentifierField(
        label=_("Sign-in name"),
        error_messages={
            "required": _("Enter your sign-in name"),
            "neither": _("Enter your sign-in name as it stands on your activation slip"),
        },
        widget=forms.TextInput(
            {
                "autocomplete": "username webauthn",
                "autocapitalize": "none",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )


class CodeForm(forms.Form):
    """A six-digit code."""

    code = TextField(
        label=_("One-time code"),
        max_length=12,
        widget=OneTimeCodeInput,
        error_messages={"required": _("Enter the code")},
    )

    def clean_code(self) -> str:
        """Six digits; blanks between them are fine."""
        digits = "".join(ascii_digits(self.cleaned_data["code"]).split())
        if not re.fullmatch(r"[0-9]{6}", digits):
            raise ValidationError(_("The code has 6 digits"), code="length")
        return digits


class RecoveryCodeForm(forms.Form):
    """One of the codes that were printed."""

    code = TextField(
        label=_("Recovery code"),
        help_text=_("24 letters and digits. Blanks and dashes do not matter"),
        max_length=60,
        widget=forms.TextInput(
            {
                "class": "idno",
                "autocomplete": "off",
                "spellcheck": "false",
                "autocapitalize": "characters",
            }
        ),
        error_messages={"required": _("Enter one of your recovery codes")},
    )


def code_form(way: AuthenticatorKind | None, *args: Any) -> forms.Form:
    """The form of a way to prove oneself."""
    form = RecoveryCodeForm if way == AuthenticatorKind.RECOVERY_CODES else CodeForm
    return form(*args)


class AgainForm(CodeForm):
    """Password and code on one page."""

    password = SecretField(
        label=_("Password"),
        autocomplete="current-password",
        error_messages={"required": _("Enter your password")},
    )
    field_order = ("password", "code")
