"""What a traffic officer looks at, and why."""

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.enums import RoadsidePurpose
from eid_portal.core.text import TextField


class RoadsideForm(forms.Form):
    """A reason first, then a code, a licence number or a plate."""

    reason = forms.ChoiceField(
        label=_("Reason for the check"),
        help_text=_("The driver reads this reason in their data log."),
        choices=RoadsidePurpose.choices,
        error_messages={"required": _("Choose the reason: nothing is looked at without one")},
        widget=forms.RadioSelect,
    )
    typed = TextField(
        max_length=60,
        label=_("The code the driver shows, a licence number, or a plate"),
        help_text=_("A scanner fills this in by itself."),
        error_messages={"required": _("Enter the code, the licence number or the plate")},
        widget=forms.TextInput(
            {"class": "idno", "autocomplete": "off", "autocapitalize": "characters",
             "spellcheck": "false"}
        ),
    )  # fmt: skip
    press = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def clean_typed(self) -> str:
        """What a scanner reads of our QR code is a link: its code is what counts."""
        typed: str = self.cleaned_data["typed"]
        return typed.rstrip("/").rpartition("/verify/")[2]
