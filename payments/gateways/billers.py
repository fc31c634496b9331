"""Billers, all on one wire: telling one that a bill was paid ("gạch nợ"), and asking what became of that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from eid_portal.core import outside
from payments.gateways.base import Answer, read

HUB: Final = (
    "bill-hub"  # speaks for billers an administrator defined, and is told which one is meant
)


def pay(
    *, party: str, biller: str, reference: str, bill: str, amount: int, paid_at: datetime
) -> Answer:
    """Tell a biller that a bill was paid; told again with the same reference it is the same payment."""
    said = {
        "reference": reference,
        "bill": bill,
        "amount": amount,
        "paid_at": paid_at.isoformat(timespec="seconds"),
    }
    outcome = outside.call(
        party, "POST", "/v1/payments", payload=_to(party, biller, said), tag=f"eid-{party}",
        idempotency_key=reference,
    )  # fmt: skip
    return read(outcome, named="receipt", is_inquiry=False)


def payment_status(*, party: str, biller: str, reference: str) -> Answer:
    """What became of a payment."""
    outcome = outside.call(
        party, "POST", "/v1/payments/status", payload=_to(party, biller, {"reference": reference}),
        tag=f"eid-{party}",
    )  # fmt: skip
    return read(outcome, named="receipt", is_inquiry=True)


def _to(party: str, biller: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**said, "biller": biller} if party == HUB else said
