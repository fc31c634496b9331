"""A code that somebody reads from a screen or a paper."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eid_portal.core import verify
from eid_portal.core.text import TextField

LONGEST: Final = 60


class CodeForm(forms.Form):
    """The code below a QR code."""

    code = TextField(
        label=_("Code"),
        help_text=_("The letters and digits below the QR code, such as X7C4-QM9R-2T8K"),
        max_length=LONGEST,
        error_messages={"required": _("Enter the code")},
        widget=forms.TextInput(
            {"class": "idno", "autocomplete": "off", "autocapitalize": "characters",
             "spellcheck": "false"}
        ),
    )  # fmt: skip

    def clean_code(self) -> Any:
        """The code as it was made.

        Raises:
            ValidationError: it can be none of ours.
        """
        code = verify.read(self.cleaned_data["code"])
        if code is None:
            raise ValidationError(
                _(
                    "This is no code of ours. Compare it letter by letter; it has groups of four"
                    " letters and digits"
                ),
                code="code",
            )
        return code
