"""Which bank."""

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.rules import banks

# Those that most people have an account at come first; the rest by name.
_FIRST = ("970405", "970418", "970436", "970415", "970422", "970407", "970416", "970432")


def choices() -> list[tuple[str, str]]:
    """BINs and names, the common ones first."""
    others = sorted(set(banks.NAMES) - set(_FIRST), key=lambda bin_: banks.NAMES[bin_].casefold())
    return [(bin_, banks.NAMES[bin_]) for bin_ in (*_FIRST, *others)]


class LinkForm(forms.Form):
    """The bank whose customer one is."""

    bank = forms.ChoiceField(
        label=_("Bank"),
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a bank"),
            "invalid_choice": _("Choose one of the banks on this page"),
        },
    )
