"""A customer code to look under, and the name it is kept by."""

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField
from payments.selectors import bills

_LABEL_MOST = 40


class LabelForm(forms.Form):
    """The name of a saved code."""

    label = TextField(
        label=_("Name for yourself"),
        help_text=_("For example “Home” or “Mother’s house”"),
        max_length=_LABEL_MOST,
        required=False,
    )


class FindForm(LabelForm):
    """Whose code it is, and the code."""

    biller = forms.ChoiceField(
        label=_("Who bills"),
        choices=lambda: [("", _("Choose who bills")), *bills.billers()],
        error_messages={
            "required": _("Choose who bills"),
            "invalid_choice": _("Choose one of the billers on this page"),
        },
    )
    code = TextField(
        label=_("Customer code"),
        help_text=_("It stands at the top of the bill. Blanks do not matter."),
        max_length=60,
        error_messages={
            "required": _("Enter the customer code. It stands at the top of the bill.")
        },
    )
    field_order = ("biller", "code", "label")
