"""The words for our events, as people read them on the first page and in the data log."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eid_portal.core.home import (
    Describe,
    Kind,
    Words,
    register_looks,
    register_purposes,
    register_words,
)
from payments import events
from payments.enums import AuthorisedBy
from payments.rules import amounts, banks


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

TRANSFERS: Final[dict[str, Describe]] = {
    events.NameCompared.name: lambda data: Words(
        "info",
        "eye",
        _("Somebody who wants to send you money compared a name with yours"),
        (_("It matched") if data.get("agrees") else _("It did not match")),
    ),
    events.TransfersStopped.name: lambda _data: Words(
        "", "lock", _("You stopped transfers from your account"), ""
    ),
}


def _amount(kind: Kind, icon: str, title: Any, seen: Any = "") -> Describe:
    """Words that end with how much it is."""

    def describe(data: Mapping[str, Any]) -> Words:
        amount = data.get("amount")
        about = f"{title}: {amounts.written(amount)} ₫" if amount else str(title)
        return Words(kind, icon, about, str(seen))

    return describe


PAYING: Final[dict[str, Describe]] = {
    events.OrderUnknown.name: _amount(
        "", "clock", gettext_lazy("A bank has not answered about a payment")
    ),
    events.OrderDebited.name: _amount(
        "info", "landmark", gettext_lazy("Your bank debited a payment")
    ),
    events.OrderRefused.name: _amount("err", "x", gettext_lazy("Your bank did not pay")),
    events.OrderCancelled.name: _amount(
        "plain", "x", gettext_lazy("A payment was not confirmed")
    ),
    events.PaymentInFlight.name: _amount(
        "info", "send", gettext_lazy("A payment is on its way to its payee")
    ),
    events.PaymentUnknown.name: _amount(
        "", "clock", gettext_lazy("A payee has not answered about a payment")
    ),
    events.PaymentSettled.name: _amount("ok", "check", gettext_lazy("A payment was made")),
    events.PaymentRefunding.name: _amount(
        "", "refresh-cw", gettext_lazy("A payment is being refunded")
    ),
    events.PaymentRefunded.name: _amount(
        "ok", "refresh-cw", gettext_lazy("A payment is back in your account")
    ),
    events.PaymentNotMade.name: _amount(
        "plain", "x", gettext_lazy("A payment was not made: no money moved")
    ),
}  # fmt: skip

RECEIPTS: Final[dict[str, Describe]] = {
    events.ReceiptChecked.name: _amount(
        "info",
        "eye",
        gettext_lazy("Somebody checked a receipt of yours"),
        gettext_lazy("Payee, amount, times, the first letters of your name"),
    ),
}


REFUNDS: Final[dict[str, Describe]] = {
    events.RefundDecided.name: _amount(
        "info", "check", gettext_lazy("Two officers decided that money goes back to you")
    ),
    events.RefundDone.name: _amount("ok", "check", gettext_lazy("Your bank took a refund")),
    events.RefundRefused.name: _amount(
        "", "x", gettext_lazy("Your bank did not take a refund; an officer looks into it")
    ),
}


def _bill(kind: Kind, icon: str, title: Any) -> Describe:
    return lambda _data: Words(kind, icon, str(title), "")


BILLS: Final[dict[str, Describe]] = {
    events.BillPaid.name: _bill("ok", "check", gettext_lazy("A bill was paid")),
    events.BillWithdrawn.name: _bill("", "x", gettext_lazy("A biller withdrew a bill")),
}


def _scheduled(data: Mapping[str, Any]) -> Words:
    title = (
        gettext_lazy("Automatic payment paid one of your bills")
        if data.get("how") == AuthorisedBy.SCHEDULE
        else gettext_lazy("You confirmed a payment")
    )
    return _amount("info", "lock", title)(data)


def _cap(data: Mapping[str, Any]) -> str:
    return _("Up to %(cap)s ₫ for one bill") % {"cap": amounts.written(data.get("cap") or 0)}


SCHEDULES: Final[dict[str, Describe]] = {
    events.OrderAuthorised.name: _scheduled,
    events.ScheduleAgreed.name: lambda data: Words(
        "ok", "check", _("You agreed that bills are paid automatically"), _cap(data)
    ),
    events.ScheduleEnded.name: lambda data: Words(
        "", "x", _("Automatic payment of bills ended, or was not set up"), _cap(data)
    ),
    events.ScheduledBillOrdered.name: _amount(
        "info", "send", gettext_lazy("A bill went to your bank automatically")
    ),
    events.ScheduledBillSkipped.name: _amount(
        "plain", "x", gettext_lazy("You left one bill out of automatic payment")
    ),
    events.ScheduledBillOverCap.name: _amount(
        "", "circle-alert", gettext_lazy("A bill rose above your cap and is not paid automatically")
    ),
    events.ScheduledBillNotPaid.name: _amount(
        "", "x", gettext_lazy("A bill was not paid automatically")
    ),
}


DISPUTES: Final[dict[str, Describe]] = {
    events.DisputeAsked.name: _amount("info", "circle-help", gettext_lazy("You disputed a payment")),
    events.DisputeTaken.name: _amount(
        "info", "search", gettext_lazy("An officer looks into a payment you disputed")
    ),
    events.DisputeProposed.name: _amount(
        "info", "clock", gettext_lazy("A refund of a payment you disputed was proposed; a second officer decides")
    ),
    events.DisputeReopened.name: _amount(
        "", "search", gettext_lazy("A payment you disputed is looked into again: the refund was not agreed to")
    ),
    events.DisputeUpheld.name: _amount(
        "ok", "check", gettext_lazy("Your dispute of a payment was upheld")
    ),
    events.DisputeRejected.name: _amount(
        "", "x", gettext_lazy("Your dispute of a payment was answered: no money goes back")
    ),
    events.DisputeWithdrawn.name: _amount(
        "plain", "x", gettext_lazy("You withdrew the dispute of a payment")
    ),
}  # fmt: skip


SUPPLY: Final[dict[str, Describe]] = {
    events.SupplyAsked.name: lambda data: Words(
        "info",
        "zap",
        _("The electricity company was asked for the address of your contract"),
        _("Address of your electricity contract") if data.get("found") else "",
    ),
}


def register() -> None:
    """Add our words; called in ``apps.ready()``."""
    register_words(BANKS | SUPPLY | TRANSFERS)
    register_words(PAYING)
    register_words(SCHEDULES)
    register_words(BILLS)
    register_words(REFUNDS)
    register_words(RECEIPTS)
    register_words(DISPUTES)
    register_looks([events.ReceiptChecked.name])
    register_purposes({"receipt_check": gettext_lazy("To check a receipt")})
