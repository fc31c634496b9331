"""Adding a passkey: what it is called."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import policy
from eid_portal.core.text import TextField


class AddPasskeyForm(forms.Form):
    """A name to tell it from others by; without one it is called by the browser."""

    label = TextField(
        label=_("Name of this passkey"),
        help_text=_("So that you recognise it later, for example: my phone"),
        max_length=policy.LABEL_LONGEST,
        required=False,
    )
