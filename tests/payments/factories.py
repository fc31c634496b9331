"""Made-up billers, bank accounts, orders and payments; each function makes one row, or an order with its payments."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from accounts.models import Account
from eid_portal.core import clock, sealed
from payments.enums import (
    AuthorisedBy,
    BillerKind,
    DisputeAbout,
    DisputeState,
    LinkState,
    OrderState,
    PaymentPurpose,
    PaymentState,
    RefundReason,
    RefundState,
)
from payments.models import BankLink, Biller, Dispute, Payment, PaymentOrder, Refund
from payments.models.paying import PAYEE
from tests.factories import make_account

BANK = "970436"
PAYEE_ACCOUNT = "0000000042"


def make_biller(code: str = "evn-mau", **columns: Any) -> Biller:
    """A biller, made at the first call."""
    values: dict[str, Any] = {
        "kind": BillerKind.ELECTRICITY,
        "party": "evn",
        "name": "Điện lực Mẫu",
        "name_en": "Sample Power",
        "short_name": "Dien luc Mau",
        "code_pattern": r"PE\d{11}",
        "code_hint": "PE và 11 chữ số",
        "code_hint_en": "PE and 11 digits",
    }
    return Biller.objects.get_or_create(code=code, defaults=values | columns)[0]


def make_link(account: Account | None = None, **columns: Any) -> BankLink:
    """A bank account that its holder agreed to pay from."""
    now = clock.now()
    values: dict[str, Any] = {
        "state": LinkState.ACTIVE,
        "account": account or make_account(),
        "bank": BANK,
        "token": f"token-{uuid4()}",
        "holder_name": "DANG THI MAU",
        "ending": "0099",
        "since": now,
        "begun_at": now,
    }
    return BankLink.objects.create(**values | columns)


def make_order(
    link: BankLink | None = None,
    *,
    amounts: Sequence[int] = (500_000,),
    fees: Sequence[int] = (),
    billers: Sequence[Biller | None] = (),
    payment: PaymentState = PaymentState.WAITING,
    **columns: Any,
) -> tuple[PaymentOrder, list[Payment]]:
    """An authorised order with a payment for each amount; one without a biller is a transfer."""
    now = clock.now()
    link = link or make_link()
    fees = fees or [0] * len(amounts)
    payees = billers or [make_biller()] * len(amounts)
    values: dict[str, Any] = {
        "state": OrderState.AUTHORISED,
        "reference": f"TT-{uuid4().hex[:12]}",
        "account_id": link.account_id,
        "link": link,
        "key": str(uuid4()),
        "body_hash": bytes(32),
        "amount": sum(amounts) + sum(fees),
        "needs": "CODE",
        "authorised_by": AuthorisedBy.CODE,
        "drafted_at": now,
        "expires_at": now,
        "authorised_at": now,
        "since": now,
    }
    order = PaymentOrder.objects.create(**values | columns)
    payments = [
        Payment.objects.create(
            state=payment,
            order=order,
            purpose=PaymentPurpose.BILL if payee else PaymentPurpose.TRANSFER,
            amount=amount,
            fee=fee,
            biller=payee,
            payee_bank="" if payee else BANK,
            payee_account=None if payee else PAYEE_ACCOUNT,
            payee_index=None if payee else sealed.blind_index(PAYEE, PAYEE_ACCOUNT),
            since=now,
        )
        for amount, fee, payee in zip(amounts, fees, payees, strict=True)
    ]
    return order, payments


def make_refund(payment: Payment, amount: int | None = None, **columns: Any) -> Refund:
    """A refund of a payment, the whole of it unless told otherwise, that the bank is being asked for."""
    now = clock.now()
    values: dict[str, Any] = {
        "state": RefundState.SENDING,
        "payment": payment,
        "amount": payment.amount + payment.fee if amount is None else amount,
        "reason": RefundReason.PAYEE_REFUSED,
        "made_at": now,
        "since": now,
    }
    return Refund.objects.create(**values | columns)


def make_dispute(payment: Payment, **columns: Any) -> Dispute:
    """What its payer says is wrong with a payment, to be answered within ten days."""
    now = clock.now()
    values: dict[str, Any] = {
        "state": DisputeState.ASKED,
        "payment": payment,
        "about": DisputeAbout.TWICE,
        "words": "Tôi đã trả ở bưu điện.",
        "asked_at": now,
        "due_at": now + timedelta(days=10),
        "since": now,
    }
    return Dispute.objects.create(**values | columns)
