"""What of the history is looked for."""

import re
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField
from payments.enums import BillerKind, PaymentPurpose
from payments.rules import amounts
from payments.selectors.history import STATES, TRANSFER, Filters
from payments.texts import AMOUNTS

_MONTH: Final = re.compile(r"(0?[1-9]|1[0-2])\s*[/.-]\s*((?:19|20)[0-9]{2})")
_DECEMBER: Final = 12
_NARROW: Final = {"class": "num", "inputmode": "numeric", "autocomplete": "off"}


class MonthField(TextField):
    """A month as ``11/2026``, given as its first day.

    Raises:
        ValidationError: it is none.
    """

    def clean(self, value: Any) -> Any:
        """Its first day; None if nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        month = _MONTH.fullmatch(text)
        if month is None:
            raise forms.ValidationError(_("Write the month like 11/2026"), code="month")
        return date(int(month[2]), int(month[1]), 1)


class AmountField(TextField):
    """An amount as people type it.

    Raises:
        ValidationError: it is none.
    """

    def clean(self, value: Any) -> Any:
        """The amount; None if nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return amounts.read(text, most=amounts.STORED_MOST)
        except amounts.NotAnAmount as flaw:
            words = AMOUNTS[flaw.flaw] % {"most": amounts.written(amounts.STORED_MOST)}
            raise forms.ValidationError(words, code=flaw.flaw) from None


class HistoryForm(forms.Form):
    """The filters; nothing typed is everything."""

    q = TextField(
        max_length=100,
        required=False,
        label=_("Name, customer code, reference"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        required=False,
        label=_("What for"),
        choices=[("", _("Everything")), *BillerKind.choices, (TRANSFER, PaymentPurpose.TRANSFER.label)],
        widget=forms.Select({"class": "w100"}),
    )  # fmt: skip
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("Everything")), *((word, text) for word, (_states, text) in STATES.items())],
        widget=forms.Select({"class": "w100"}),
    )  # fmt: skip
    since = MonthField(
        max_length=10, required=False, label=_("From month"), widget=forms.TextInput(_NARROW)
    )
    until = MonthField(
        max_length=10, required=False, label=_("To month"), widget=forms.TextInput(_NARROW)
    )
    least = AmountField(
        max_length=40, required=False, label=_("Amount from"), widget=forms.TextInput(_NARROW)
    )
    most = AmountField(
        max_length=40, required=False, label=_("Amount to"), widget=forms.TextInput(_NARROW)
    )

    def clean(self) -> dict[str, Any]:
        """Refuse what could find nothing."""
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last month is before the first"))
        least, most = found.get("least"), found.get("most")
        if least and most and least > most:
            self.add_error("most", _("The highest amount is below the lowest"))
        return found

    @property
    def filters(self) -> Filters:
        """What was typed; everything if that is not in order."""
        if not self.is_valid():
            return Filters()
        said = self.cleaned_data
        return Filters(
            words=said["q"],
            kind=said["kind"],
            state=said["state"],
            since=said["since"],
            until=_after(said["until"]) if said["until"] else None,
            least=said["least"] or 0,
            most=said["most"],
        )


def _after(month: date) -> date:
    """The first day of the month that follows."""
    year, following = divmod(month.month, _DECEMBER)
    return date(month.year + year, following + 1, 1)
