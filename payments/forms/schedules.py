"""What is paid by itself: which code's bills, up to how much each, from where."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.forms.amounts import AmountField


class ScheduleForm(forms.Form):
    """A saved code, a cap, a bank account."""

    code = forms.ChoiceField(
        label=_("Which bills"),
        error_messages={
            "required": _("Choose one of your saved codes"),
            "invalid_choice": _("Choose one of your saved codes"),
        },
    )
    cap = AmountField(
        label=_("At most for one bill (đồng)"),
        help_text=_("A bill above this is not paid automatically; you are told instead."),
    )
    link = forms.ChoiceField(
        label=_("From account"),
        error_messages={
            "required": _("Choose one of your bank accounts"),
            "invalid_choice": _("Choose one of your bank accounts"),
        },
    )

    def __init__(
        self,
        data: Any = None,
        *,
        codes: Sequence[tuple[str, str]],
        links: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        code, link = self.fields["code"], self.fields["link"]
        cast("forms.ChoiceField", code).choices = list(codes)
        cast("forms.ChoiceField", link).choices = list(links)
