"""The words for our events, as people read them on the first page and in the data log."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy

from eid_portal.core.home import Describe, Kind, Words, register_words
from payments import events
from payments.rules import banks


def _bank(kind: Kind, icon: str, title: Any) -> Describe:
    """Words that end with which bank it is."""

    def describe(data: Mapping[str, Any]) -> Words:
        bin_ = str(data.get("bank", ""))
        return Words(kind, icon, f"{title}: {banks.NAMES.get(bin_, bin_)}", "")

    return describe


def _unlinked(data: Mapping[str, Any]) -> Words:
    title = (
        gettext_lazy("The bank ended the consent of an account")
        if data.get("by_bank")
        else gettext_lazy("A bank account was unlinked")
    )
    return _bank("", "x", title)(data)


BANKS: Final[dict[str, Describe]] = {
    events.BankLinkBegun.name: _bank(
        "info", "landmark", gettext_lazy("You were sent to a bank to agree")
    ),
    events.BankLinked.name: _bank("ok", "landmark", gettext_lazy("A bank account was linked")),
    events.BankLinkRefused.name: _bank(
        "", "x", gettext_lazy("A bank account was not linked")
    ),
    events.BankUnlinked.name: _unlinked,
    events.BankMadeDefault.name: _bank(
        "", "check", gettext_lazy("Another bank account became the default")
    ),
}  # fmt: skip


def register() -> None:
    """Add our words; called in ``apps.ready()``."""
    register_words(BANKS)
