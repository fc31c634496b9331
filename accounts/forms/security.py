"""What owners type about their ways to sign in: names, a new password, a new phone or e-mail address."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.forms.sign_in import CodeForm, SecretField
from accounts.rules import emails, phones
from eid_portal.core.text import TextField, ascii_digits


class LabelField(TextField):
    """The name of a passkey or an app."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=policy.LABEL_LONGEST,
            required=False,
            label=_("Name"),
            widget=forms.TextInput({"autocomplete": "off", "maxlength": policy.LABEL_LONGEST}),
            **kwargs,
        )


class WhichForm(forms.Form):
    """Which passkey or app a button is about."""

    id = forms.UUIDField(widget=forms.HiddenInput)

    @property
    def chosen(self) -> UUID:
        """Its id, once the form is valid."""
        found: UUID = self.cleaned_data["id"]
        return found


class NameForm(WhichForm):
    """Another name for it."""

    label = LabelField(
        help_text=_("At most 40 characters, such as where it is kept. You alone see it"),
    )


class NewAppForm(CodeForm):
    """The first code of an app, and what to call it."""

    label = LabelField(help_text=_("Such as “Tablet”, if you use several. It may stay empty"))


class AnotherPasswordForm(forms.Form):
    """A new password; it may be pasted, and shown while typing instead of typed twice."""

    password = SecretField(
        label=_("New password"),
        help_text=_(
            "At least 8 characters. A sentence you remember is better than signs you forget. You can paste from a"
            " password manager"
        ),
        autocomplete="new-password",
        error_messages={"required": _("Enter a password")},
    )


class NewPhoneForm(forms.Form):
    """A new phone."""

    contact = TextField(
        max_length=20,
        label=_("New phone number"),
        help_text=_("10 digits, on a SIM in your own name. We text it a code"),
        error_messages={"required": _("Enter the phone number")},
        widget=forms.TextInput(
            {
                "class": "idno govuk-input--width-10",
                "type": "tel",
                "inputmode": "tel",
                "autocomplete": "tel",
            }
        ),
    )

    def clean_contact(self) -> str:
        """The number in E.164.

        Raises:
            ValidationError: it is no Vietnamese mobile number.
        """
        try:
            return phones.to_e164(ascii_digits(self.cleaned_data["contact"]))
        except phones.NotMobile:
            raise ValidationError(
                _("Enter a mobile number of 10 digits, such as 0903 456 482"), code="not_mobile"
            ) from None


class NewEmailForm(forms.Form):
    """A new e-mail address."""

    contact = TextField(
        max_length=emails.LONGEST,
        label=_("New e-mail address"),
        help_text=_("For notices and for recovery, never to sign in. We send it a code"),
        error_messages={"required": _("Enter an e-mail address")},
        widget=forms.TextInput(
            {
                "type": "email",
                "inputmode": "email",
                "autocomplete": "email",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )

    def clean_contact(self) -> str:
        """The address in its one form.

        Raises:
            ValidationError: it is no address.
        """
        try:
            return emails.to_normal(self.cleaned_data["contact"])
        except emails.NotEmail:
            raise ValidationError(
                _("Enter an e-mail address, such as an@example.com"), code="not_email"
            ) from None
