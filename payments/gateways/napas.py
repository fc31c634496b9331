"""The switch, which speaks for all banks: debits of consents, refunds, payouts. A reference is one movement."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eid_portal.core import outside
from payments.gateways.base import Answer, read

PARTY: Final = "napas"
TAG: Final = "eid-napas"


def debit(*, reference: str, token: str, amount: int, text: str, payees: Sequence[str]) -> Answer:
    """Take an amount from the account of a consent; asked again with the same reference it is the same debit."""
    said = {
        "reference": reference, "token": token, "amount": amount, "text": text, "payees": list(payees),
    }  # fmt: skip
    return _ask("/v1/debits", said, named="bank_reference")


def debit_status(*, reference: str) -> Answer:
    """What became of a debit."""
    return _inquire("/v1/debits/status", reference, named="bank_reference")


def refund(*, reference: str, debit_reference: str, amount: int) -> Answer:
    """Give an amount of a debit back; asked again with the same reference it is the same refund."""
    said = {"reference": reference, "debit_reference": debit_reference, "amount": amount}
    return _ask("/v1/refunds", said, named="bank_reference")


def refund_status(*, reference: str) -> Answer:
    """What became of a refund."""
    return _inquire("/v1/refunds/status", reference, named="bank_reference")


def pay_out(
    *, reference: str, bank: str, account: str, amount: int, message: str, payer_name: str
) -> Answer:
    """Pay an amount into an account at any bank; asked again with the same reference it is the same payout."""
    said = {
        "reference": reference, "bank": bank, "account": account, "amount": amount, "message": message,
        "payer_name": payer_name,
    }  # fmt: skip
    return _ask("/v1/payouts", said, named="switch_reference")


def payout_status(*, reference: str) -> Answer:
    """What became of a payout."""
    return _inquire("/v1/payouts/status", reference, named="switch_reference")


def _ask(path: str, said: Mapping[str, Any], *, named: str) -> Answer:
    outcome = outside.call(
        PARTY, "POST", path, payload=said, tag=TAG, idempotency_key=said["reference"]
    )
    return read(outcome, named=named, is_inquiry=False)


def _inquire(path: str, reference: str, *, named: str) -> Answer:
    outcome = outside.call(PARTY, "POST", path, payload={"reference": reference}, tag=TAG)
    return read(outcome, named=named, is_inquiry=True)
