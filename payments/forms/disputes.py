"""What a payer says is wrong with a payment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField
from payments.enums import DisputeAbout


class DisputeForm(forms.Form):
    """What it is about, and in words; who says that it is something else says what."""

    what = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=DisputeAbout.choices,
        widget=forms.RadioSelect(),
        error_messages={
            "required": _("Choose what is wrong."),
            "invalid_choice": _("Choose what is wrong."),
        },
    )
    words = TextField(
        lines=True,
        required=False,
        max_length=1000,
        label=_("Tell us more"),
        help_text=_(
            "For example where and when you paid it before, or what the payee told you."
            " Do not write passwords or codes."
        ),
        widget=forms.Textarea({"rows": 5}),
        error_messages={"max_length": _("Write at most 1,000 characters.")},
    )

    def clean(self) -> dict[str, Any]:
        """Something else needs words.

        Raises:
            ValidationError: there are none.
        """
        given = super().clean() or {}
        if given.get("what") == DisputeAbout.OTHER and given.get("words") == "":
            self.add_error("words", _("Write what is wrong."))
        return given
