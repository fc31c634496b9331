"""Amounts as people type them."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField
from payments.rules import amounts
from payments.texts import AMOUNTS

MOST: Final = 10**12  # what nobody sends at once; the limits of the day are lower
_LONGEST: Final = 40


class AmountField(TextField):
    """Whole đồng; gives an ``int``, or None where none is needed."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(
            {"class": "idno", "inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}
        )
        errors = {"required": AMOUNTS["empty"], "max_length": AMOUNTS["too_much"] % _most()}
        given: dict[str, Any] = {
            "label": _("Amount (đồng)"),
            "max_length": _LONGEST,
            "widget": widget,
            "error_messages": errors,
        }
        super().__init__(**(given | kwargs))

    def clean(self, value: Any) -> Any:
        """The amount.

        Raises:
            forms.ValidationError: it is none.
        """
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return amounts.read(typed, most=MOST)
        except amounts.NotAnAmount as error:
            raise forms.ValidationError(AMOUNTS[error.flaw.value] % _most()) from None


def _most() -> dict[str, str]:
    return {"most": amounts.written(MOST)}
