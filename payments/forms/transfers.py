"""To whom, how much, from where."""

import re
from collections.abc import Sequence
from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField, ascii_digits
from payments.forms import banks
from payments.forms.amounts import AmountField
from payments.rules.vietqr import LONGEST, PURPOSE_MOST

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9]{4,19}")
_NUMBER: Final = re.compile(r"[0-9]{12}")
_PHONE: Final = re.compile(r"(?:0|\+?84)([0-9]{9})")
_BETWEEN: Final = re.compile(r"[\s.\-]")
_ASCII: Final = re.compile(r"[ -~]*")
_QUIET: Final = {"autocomplete": "off", "spellcheck": "false"}


class MessageForm(forms.Form):
    """What the payee reads."""

    message = TextField(
        label=_("Message"),
        required=False,
        max_length=50,
        error_messages={"max_length": _("Write at most 50 characters")},
        widget=forms.TextInput(_QUIET),
    )


class _Sending(MessageForm):
    """What every page has; ``sources`` are the accounts that can pay, by public id and name."""

    amount = AmountField()
    link = forms.ChoiceField(
        label=_("From account"),
        widget=forms.Select({"class": "w100"}),
        error_messages={
            "required": _("Choose the account that pays"),
            "invalid_choice": _("Choose one of your linked accounts"),
        },
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, sources: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["link"]).choices = sources


class ToAccount(forms.Form):
    """An account at a bank."""

    bank = forms.ChoiceField(
        label=_("Bank of the payee"),
        choices=lambda: [("", _("Choose a bank")), *banks.choices()],
        widget=forms.Select({"class": "w100"}),
        error_messages={
            "required": _("Choose the bank of the account"),
            "invalid_choice": _("Choose one of the banks on this page"),
        },
    )
    account = TextField(
        label=_("Account number"),
        max_length=40,
        error_messages={
            "required": _("Enter the account number"),
            "max_length": _("No account number is so long"),
        },
        widget=forms.TextInput({"class": "idno", **_QUIET}),
    )

    def clean_account(self) -> str:
        """Without blanks between the groups."""
        number = _BETWEEN.sub("", ascii_digits(self.cleaned_data["account"]))
        if not _ACCOUNT.fullmatch(number):
            raise forms.ValidationError(_("An account number has 4 to 19 digits or letters"))
        return number


class _ToPerson(forms.Form):
    """A person, named by number or phone; their name is compared, never shown."""

    who = TextField(max_length=40)
    name = TextField(
        label=_("Full name of the payee"),
        help_text=_(
            "You only hear whether it matches; no name is shown. The person sees that you asked."
        ),
        max_length=100,
        error_messages={
            "required": _("Enter the full name"),
            "max_length": _("Write at most 100 characters"),
        },
        widget=forms.TextInput(_QUIET),
    )


class ToNumber(_ToPerson):
    """By personal number."""

    who = TextField(
        label=_("Personal number of the payee"),
        help_text=_("12 digits"),
        max_length=40,
        error_messages={
            "required": _("Enter the personal number"),
            "max_length": _("A personal number has 12 digits"),
        },
        widget=forms.TextInput(
            {"class": "idno govuk-input--width-20", "inputmode": "numeric", **_QUIET}
        ),
    )

    def clean_who(self) -> str:
        """Twelve digits."""
        number = _BETWEEN.sub("", ascii_digits(self.cleaned_data["who"]))
        if not _NUMBER.fullmatch(number):
            raise forms.ValidationError(_("A personal number has 12 digits"))
        return number


class ToPhone(_ToPerson):
    """By phone."""

    who = TextField(
        label=_("Phone number of the payee"),
        help_text=_("The one their e-ID account has"),
        max_length=40,
        error_messages={
            "required": _("Enter the phone number"),
            "max_length": _("A phone number has 10 digits"),
        },
        widget=forms.TextInput(
            {"class": "idno govuk-input--width-20", "inputmode": "tel", **_QUIET}
        ),
    )

    def clean_who(self) -> str:
        """In E.164."""
        found = _PHONE.fullmatch(_BETWEEN.sub("", ascii_digits(self.cleaned_data["who"])))
        if found is None:
            raise forms.ValidationError(_("A phone number has 10 digits and begins with 0"))
        return f"+84{found[1]}"


class AccountForm(_Sending, ToAccount):
    """To an account at a bank."""

    field_order = ("bank", "account", "amount", "message", "link", "key")


class NumberForm(_Sending, ToNumber):
    """To a person, by personal number."""

    field_order = ("who", "name", "amount", "message", "link", "key")


class PhoneForm(_Sending, ToPhone):
    """To a person, by phone."""

    field_order = NumberForm.field_order


class PictureField(forms.FileField):
    """A picture of a code; what is in it is looked at where it is read."""

    def __init__(self, *, label: Any, **attrs: str) -> None:
        super().__init__(
            label=label,
            required=False,
            error_messages={"empty": _("This picture is empty. Choose it again, or take another.")},
            widget=forms.FileInput(attrs),
        )


class QrForm(forms.Form):
    """A VietQR code: a photo from the phone's camera, a picture that is there, or the text in it; the first counts."""

    # iPhones hand over a picture of theirs as JPEG to who takes no other kind.
    picture = PictureField(label=_("Choose a picture"), accept="image/jpeg,image/png,image/webp")
    photo = PictureField(
        label=_("Take a photo of the code"), accept="image/*", capture="environment"
    )
    code = TextField(
        label=_("Text of a VietQR code"),
        help_text=_("Scan the code with an app and paste the text it read"),
        required=False,
        max_length=LONGEST,
        strip=False,
        error_messages={"max_length": _("This is not a VietQR code: it is too long")},
        widget=forms.TextInput(_QUIET),
    )

    def clean(self) -> dict[str, Any]:
        """Something must be there to be read."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not self.given():
            self.add_error("picture", _("Choose a picture of a code, or paste its text"))
        return given

    def given(self) -> str:
        """The field that is read."""
        return next((name for name in self.fields if self.cleaned_data.get(name)), "")


class OwnQrForm(forms.Form):
    """The account that money shall come to: its number is used for the code and not kept."""

    link = forms.ChoiceField(
        label=_("Account"),
        widget=forms.Select({"class": "w100"}),
        error_messages={
            "required": _("Choose an account"),
            "invalid_choice": _("Choose one of your linked accounts"),
        },
    )
    number = TextField(
        label=_("Account number"),
        help_text=_("We keep only the last four digits, so type all of it. It is not stored."),
        max_length=40,
        error_messages={
            "required": _("Enter the account number"),
            "max_length": _("No account number is so long"),
        },
        widget=forms.TextInput({"class": "idno", **_QUIET}),
    )
    amount = AmountField(required=False)
    purpose = TextField(
        label=_("Message"),
        help_text=_("Letters without marks"),
        required=False,
        max_length=PURPOSE_MOST,
        error_messages={"max_length": _("Write at most 25 characters")},
        widget=forms.TextInput(_QUIET),
    )

    def __init__(self, *args: Any, sources: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["link"]).choices = sources

    def clean_number(self) -> str:
        """Without blanks between the groups."""
        number = _BETWEEN.sub("", ascii_digits(self.cleaned_data["number"]))
        if not _ACCOUNT.fullmatch(number):
            raise forms.ValidationError(_("An account number has 4 to 19 digits or letters"))
        return number

    def clean_purpose(self) -> str:
        """Plain letters."""
        purpose: str = self.cleaned_data["purpose"]
        if not _ASCII.fullmatch(purpose):
            raise forms.ValidationError(_("Write letters without marks and digits only"))
        return purpose
