"""What is chosen to be paid, and the code that agrees to it."""

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField, ascii_digits
from eid_portal.core.widgets import OneTimeCodeInput
from payments import policy
from payments.enums import PaymentPurpose
from payments.services.ordering import BillWanted, DueWanted, Wanted

_PUBLIC_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,22}")


class OrderForm(forms.Form):
    """The key of an order, made when its form was drawn, and the bank account it is paid from."""

    key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid"), _("This page was open for too long. Press the button again.")
        ),
    )
    link = forms.RegexField(
        rf"\A{_PUBLIC_ID.pattern}\Z",
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": _("Choose one of your bank accounts")},
    )


class StartForm(OrderForm):
    """What is paid: bills, or what another part of the portal asks for."""

    what = forms.ChoiceField(
        choices=[("", ""), ("due", "due")], required=False, widget=forms.HiddenInput
    )
    purpose = forms.ChoiceField(choices=PaymentPurpose, required=False, widget=forms.HiddenInput)
    about = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, bills: Sequence[str]) -> None:
        super().__init__(data)
        self.bills = list(dict.fromkeys(bills))

    def clean(self) -> dict[str, Any]:
        """Something to pay, and each thing once.

        Raises:
            ValidationError: nothing is chosen, too much, or it cannot be read.
        """
        values: dict[str, Any] = super().clean() or {}
        due = values.get("what") == "due"
        readable = all(_PUBLIC_ID.fullmatch(bill) for bill in self.bills)
        complete = bool(values.get("purpose") and values.get("about")) if due else self.bills
        if not complete or not readable or len(self.bills) > policy.PAYMENTS_AT_ONCE:
            raise ValidationError(
                _("Choose what you want to pay: from one to twenty payments, each once."),
                code="nothing",
            )
        return values

    @property
    def wanted(self) -> list[Wanted]:
        """What it asks for, once it is valid."""
        values = self.cleaned_data
        if values["what"] == "due":
            about: UUID = values["about"]
            return [DueWanted(purpose=PaymentPurpose(values["purpose"]), about=about)]
        return [BillWanted(bill=bill) for bill in self.bills]


class CodeForm(forms.Form):
    """A six-digit code."""

    code = TextField(
        label=_("One-time code"),
        max_length=12,
        widget=OneTimeCodeInput,
        error_messages={"required": _("Enter the code")},
    )

    def clean_code(self) -> str:
        """Six digits; blanks between them are fine.

        Raises:
            ValidationError: it is something else.
        """
        digits = "".join(ascii_digits(self.cleaned_data["code"]).split())
        if not re.fullmatch(r"[0-9]{6}", digits):
            raise ValidationError(_("The code has 6 digits"), code="length")
        return digits
