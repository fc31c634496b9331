"""Who is insured, or on which income, and for how many months."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from payments.forms.amounts import AmountField
from payments.rules import amounts
from payments.texts import INCOMES


class _PremiumForm(forms.Form):
    """``months`` are those that are offered; ``key`` is the same for the same press."""

    months = forms.TypedChoiceField(
        label=_("For how many months?"),
        coerce=int,
        widget=forms.RadioSelect(),
        error_messages={
            "required": _("Choose for how many months"),
            "invalid_choice": _("Choose one of the numbers of months on this page"),
        },
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, data: Any = None, *, months: Sequence[int], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field: Any = self.fields["months"]
        field.choices = [
            (str(each), ngettext("%(count)s month", "%(count)s months", each) % {"count": each})
            for each in months
        ]


class HouseholdForm(_PremiumForm):
    """``members`` are those who can be chosen, as the insurer calls them, with their names."""

    members = forms.MultipleChoiceField(
        label=_("Who is insured?"),
        widget=forms.CheckboxSelectMultiple(),
        error_messages={
            "required": _("Choose at least one person"),
            "invalid_choice": _("Choose among the people on this page"),
            "invalid_list": _("Choose among the people on this page"),
        },
    )
    field_order = ("members", "months")

    def __init__(
        self, data: Any = None, *, members: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        field: Any = self.fields["members"]
        field.choices = list(members)


class SocialForm(_PremiumForm):
    """The income that the premium, and later the pension, is worked out from."""

    income = AmountField(label=_("Income to be insured, a month (đồng)"))
    field_order = ("income", "months")

    def __init__(self, data: Any = None, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.least, self.most = least, most
        self.fields["income"].help_text = _("From %(least)s to %(most)s đồng") % {
            "least": amounts.written(least),
            "most": amounts.written(most),
        }

    def clean_income(self) -> int:
        """Between the least and the most.

        Raises:
            forms.ValidationError: it is not.
        """
        income: int = self.cleaned_data["income"]
        if income < self.least:
            raise forms.ValidationError(INCOMES["low"] % {"bound": amounts.written(self.least)})
        if income > self.most:
            raise forms.ValidationError(INCOMES["high"] % {"bound": amounts.written(self.most)})
        return income
