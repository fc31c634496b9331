"""How refusals of payments are answered, beside those of the account's API."""

from http import HTTPStatus
from typing import Any, Final

from django.utils.translation import gettext_lazy

from accounts.api.account import problems
from accounts.api.account.problems import SAMPLED_AT, Kind
from payments.rules.assurance import Because
from payments.services import authorising, disputes, ordering, payees

_400, _404, _409 = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
_422, _429 = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS


class NoIdempotencyKey(Exception):
    """The request says not which of several equal ones it is."""

    code = "no_idempotency_key"
    message: Any = gettext_lazy(
        "Send an Idempotency-Key: one text of your own for every payment, the same whenever it is sent again."
    )


def _forbidden() -> Exception:
    return ordering.Forbidden(Because.TOO_MUCH, {"largest": "500.000.000"})


KINDS: Final[dict[type[Exception], Kind]] = {
    NoIdempotencyKey: (_400, NoIdempotencyKey),
    # --- beginning
    ordering.KeyReused: (_409, ordering.KeyReused),
    ordering.NothingWanted: (_422, ordering.NothingWanted),
    ordering.NoBankAccount: (_409, ordering.NoBankAccount),
    ordering.NoSuchBill: (_404, ordering.NoSuchBill),
    ordering.BillClosed: (_409, ordering.BillClosed),
    ordering.BeingPaid: (_409, ordering.BeingPaid),
    ordering.NothingDue: (_409, ordering.NothingDue),
    ordering.BadAmount: (_422, ordering.BadAmount),
    ordering.AmountChanged: (_409, ordering.AmountChanged),
    ordering.NameTooOld: (_409, ordering.NameTooOld),
    ordering.Forbidden: (_409, _forbidden),
    # --- whom a transfer goes to
    payees.NoSuchAccount: (_422, payees.NoSuchAccount),
    payees.NoSuchBank: (_422, payees.NoSuchBank),
    payees.NameUnknown: (_409, payees.NameUnknown),
    payees.NameChanged: (_409, payees.NameChanged),
    payees.NoMatch: (_422, payees.NoMatch),
    payees.OwnAccount: (_422, payees.OwnAccount),
    payees.TooManyLooks: (_429, lambda: payees.TooManyLooks(SAMPLED_AT)),
    # --- agreeing
    authorising.NoSuchOrder: (_404, authorising.NoSuchOrder),
    authorising.DraftOver: (_409, authorising.DraftOver),
    authorising.Changed: (_409, authorising.Changed),
    authorising.StrongerNeeded: (_409, authorising.StrongerNeeded),
    authorising.NoPhone: (_409, authorising.NoPhone),
    # --- disputes
    disputes.NoSuchPayment: (_404, disputes.NoSuchPayment),
    disputes.NoMoneyMoved: (_409, disputes.NoMoneyMoved),
    disputes.BackAlready: (_409, disputes.BackAlready),
    disputes.TooOld: (_409, disputes.TooOld),
    disputes.TooManyDisputes: (_429, lambda: disputes.TooManyDisputes(SAMPLED_AT)),
    disputes.NoneOpen: (_409, disputes.NoneOpen),
}
CODES: Final[dict[type[Exception], str]] = {
    authorising.NoSuchOrder: "not_found",
    disputes.NoSuchPayment: "not_found",
}


def register() -> None:
    """Add our refusals to the table; called where our operations begin."""
    problems.register(KINDS, details={}, codes=CODES)
