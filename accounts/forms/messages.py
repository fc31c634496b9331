"""A text that somebody got and asks about."""

import unicodedata
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField

LONGEST: Final = 5000


class PastedTextField(TextField):
    """A text copied out of another programme, which may have put invisible marks around it."""

    def to_python(self, value: Any) -> Any:
        """The text without them."""
        if isinstance(value, str):
            value = "".join(
                character
                for character in value
                if character in "\r\n\t" or unicodedata.category(character) not in {"Cc", "Cf"}
            )
        return super().to_python(value)


class MessageCheckForm(forms.Form):
    """The whole text of a message."""

    text = PastedTextField(
        label=_("Paste the whole text of the message"),
        help_text=_(
            "A text message, an e-mail or a chat message. You need not sign in."
            " We compare the text and forget it: it is not kept."
        ),
        lines=True,
        max_length=LONGEST,
        error_messages={
            "required": _("Paste the text of the message"),
            "max_length": _("Paste at most 5,000 characters: the beginning of the message"),
        },
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
