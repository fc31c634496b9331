"""What a citizen writes to the office."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from eid_portal.core.text import TextField

_LONGEST: Final = 2000


class MessageForm(forms.Form):
    """A message about an application."""

    words = TextField(
        label=_("Your message"),
        max_length=_LONGEST,
        lines=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what you want to tell the office")},
    )
