"""Transfers through a citizen's own application: whom an order pays, and the button that stops them all."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from accounts.api.account.answers import Answer, maybe_moment
from accounts.api.account.bodies import Body, OneOf, Text
from accounts.api.account.operations import CitizenOperation, operation
from payments import texts
from payments.forms.transfers import MessageForm, ToAccount, ToNumber, ToPhone
from payments.rules import amounts, banks, vietqr
from payments.selectors import transfers
from payments.services import ordering, scanning
from payments.services.ordering import PersonWanted, TransferWanted
from payments.services.payees import By

_TYPED: Final = 40
_PERSONS: Final[dict[str, type[forms.Form]]] = {
    By.NUMBER.value: ToNumber,
    By.PHONE.value: ToPhone,
}
_ONE_PAYEE: Final = _("Name the payee in one way: by a bank account, as a person, or by a code.")
_ANOTHER_AMOUNT: Final = _("The code asks for another amount. Leave it out, or send the same.")


# --- What is read -----------------------------------------------------------------------------------
@extend_schema_field(
    {"type": "integer", "format": "int64", "minimum": 1, "maximum": amounts.STORED_MOST}
)
class Amount(serializers.Field[int, Any, int, Any]):
    """Whole đồng: an integer, no text and no number with a point."""

    def to_internal_value(self, data: Any) -> int:
        """The amount.

        Raises:
            rest_framework.serializers.ValidationError: it is none.
        """
        try:
            return amounts.checked(data, most=amounts.STORED_MOST)
        except amounts.NotAnAmount as wrong:
            most = {"most": amounts.written(amounts.STORED_MOST)}
            words = str(texts.AMOUNTS[wrong.flaw.value]) % most
            raise serializers.ValidationError([ErrorDetail(words, wrong.flaw.value)]) from None

    def to_representation(self, value: int) -> int:
        """The same."""
        return value


class ToAccountBody(Body):
    """An account at a bank; the bank is asked whose it is."""

    bank = OneOf(tuple(banks.NAMES.items()), help_text="the bank's BIN")
    number = Text(max_length=_TYPED)

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        return ToAccount({"bank": values["bank"], "account": values["number"]})

    def name_of(self, field: str) -> str:
        return "number" if field == "account" else field


class ToPersonBody(Body):
    """A person and the account they linked; the answer says only whether the name is theirs."""

    by = OneOf(By)
    who = Text(max_length=_TYPED, help_text="the personal number, or the phone of their account")
    name = Text(max_length=100, help_text="the full name, as the payer typed it")

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        return _PERSONS[values["by"]](values)


class ToQrBody(Body):
    """An account at a bank, as a VietQR code names it."""

    code = Text(max_length=vietqr.LONGEST, help_text="the text of the code")

    def validate(self, attrs: Any) -> Any:
        """With what stands in it as ``read``.

        Raises:
            rest_framework.serializers.ValidationError: it is none that can be paid here.
        """
        values = super().validate(attrs)
        try:
            read = scanning.read_text(values["code"])
        except scanning.NotRead as wrong:
            raise _refused("code", wrong.message, wrong.code) from None
        if not ToAccount({"bank": read.bank, "account": read.account}).is_valid():
            flaw = vietqr.Flaw.ACCOUNT.value
            raise _refused("code", texts.QR_CODES[flaw], flaw)
        return values | {"read": read}


class TransferBody(Body):
    """To whom and how much: one of ``account``, ``person`` and ``qr``."""

    account = ToAccountBody(required=False, allow_null=True, default=None)
    person = ToPersonBody(required=False, allow_null=True, default=None)
    qr = ToQrBody(required=False, allow_null=True, default=None)
    amount = Amount(
        required=False, allow_null=True, default=None,
        help_text="whole đồng, without fees; a code that names one needs none",
    )  # fmt: skip
    message = Text(
        max_length=50, required=False, allow_blank=True, default="",
        help_text="what the payee reads; blank: what the code says",
    )  # fmt: skip

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        read = values["qr"]["read"] if values["qr"] else None
        return MessageForm({"message": values["message"] or (read.purpose if read else "")})

    def validate(self, attrs: Any) -> Any:
        """One payee, and the amount that the code or the payer named.

        Raises:
            rest_framework.serializers.ValidationError: there is none, or another than the code's.
        """
        values = super().validate(attrs)
        if sum(values[way] is not None for way in ("account", "person", "qr")) != 1:
            raise _refused("", _ONE_PAYEE, "one_payee")
        asked = values["qr"]["read"].amount if values["qr"] else None
        amount = asked if values["amount"] is None else values["amount"]
        if amount is None:
            raise _refused("amount", texts.AMOUNTS["empty"], "empty")
        if asked not in {None, amount}:
            raise _refused("amount", _ANOTHER_AMOUNT, "another_amount")
        return values | {"amount": amount}


def wanted_of(transfer: dict[str, Any]) -> TransferWanted | PersonWanted:
    """What a body that was read asks for."""
    sent = {"amount": transfer["amount"], "message": transfer["message"]}
    if person := transfer["person"]:
        return PersonWanted(by=By(person["by"]), who=person["who"], name=person["name"], **sent)
    if account := transfer["account"]:
        return TransferWanted(bank=account["bank"], account=account["account"], **sent)
    read = transfer["qr"]["read"]
    return TransferWanted(bank=read.bank, account=read.account, **sent)


def _refused(field: str, words: Any, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [ErrorDetail(str(words), code)]})


# --- What is answered -------------------------------------------------------------------------------
class StoppedAnswer(Answer):
    """What the stops of the last 24 hours took back, and until when no transfer goes out."""

    amount = serializers.IntegerField(help_text="of the orders that were taken back, with fees")
    until = maybe_moment(help_text="null: nothing is stopped")

    class Meta:
        ref_name = "TransfersStopped"


# --- Operations ---------------------------------------------------------------------------------------
class StopTransfers(CitizenOperation):
    """Somebody tells them to send money."""

    tag = "payments"

    @operation(
        "transfers_stopped", "Whether transfers are stopped, and until when.", gives=StoppedAnswer
    )
    def get(self, request: Any) -> Response:
        """How it stands."""
        return self.give(transfers.stopped(self.here.account, self.now))

    @operation(
        "stop_transfers",
        "Somebody tells me to send money: take back every transfer that was not sent, and send none for 24 hours."
        " Sent again it lasts from then.",
        gives=StoppedAnswer,
    )
    def post(self, request: Any) -> Response:
        """Stop."""
        account = self.here.account
        ordering.stop_transfers(account=account, actor=self.actor, now=self.now)
        return self.give(transfers.stopped(account, self.now))
