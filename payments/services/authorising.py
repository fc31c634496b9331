"""Authorise an order: by a code in a message that names payee and amount, or a passkey bound to both.

A code of an authenticator app is never taken: it says nothing of payee and amount. What the order needs is decided
anew, and its bills are looked at again. The order's state decides who of many authorised it; all see the same order.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from accounts.enums import AuthenticatorKind, AuthenticatorState, CodePurpose
from accounts.models import Account, Authenticator
from accounts.policy import SECOND_FACTOR
from accounts.services import codes, passkeys, tries
from accounts.services.passkeys import Purpose
from accounts.services.sessions import Session
from eid_portal.core import jobs, text
from eid_portal.core.events import Actor
from eid_portal.core.transitions import Change, StaleState, move_together
from payments import events, policy, purposes, states
from payments.enums import (
    Assurance,
    AuthorisedBy,
    BillState,
    LinkState,
    OrderState,
    PaymentPurpose,
)
from payments.models import Payment, PaymentOrder
from payments.rules import amounts
from payments.rules.assurance import Decision
from payments.services import needs
from payments.services.debiting import DEBIT
from payments.services.telling import payee_of

_NAME_MOST: Final = 22  # characters of a payee in a message
_STRENGTH: Final = (Assurance.NONE, Assurance.CODE, Assurance.USER_VERIFIED)


class NotAuthorised(Exception):
    """The order was not authorised; ``message`` says why."""

    code = "not_authorised"
    message: Any = _("This payment was not confirmed.")


class NoSuchOrder(NotAuthorised):
    """There is no such order of this payer."""

    code = "no_such_order"
    message = _("There is no such payment.")


class DraftOver(NotAuthorised):
    """Its time ran out, or it was taken back."""

    code = "draft_over"
    message = _("You took too long, or chose anew. Nothing was paid. Begin again.")


class Changed(NotAuthorised):
    """What is to be paid is no longer what the page said."""

    code = "changed"
    message = _("A bill has changed or was paid meanwhile. Nothing was paid. Look at it again.")


class StrongerNeeded(NotAuthorised):
    """A code is not enough, or nothing is."""

    code = "stronger_needed"
    message = _("This payment needs a passkey, or cannot be made now.")


class NoPhone(NotAuthorised):
    """No phone of the account counts for money: none, a new one, or one whose SIM was changed lately."""

    code = "no_phone"
    message = _(
        "No code can be sent: your phone is new here or its SIM was changed. Use a passkey."
    )


def send_code(*, account: Account, order: str, device_id: UUID, now: datetime) -> datetime:
    """Send the account's phone a code that opens this order alone; until when it is good.

    Raises:
        NotAuthorised: see its subclasses.
        codes.TooManyCodes: see the class.
    """
    row = _find(account, order)
    payments = _payments_of(row, now)
    _refuse_weak(row, payments, AuthorisedBy.CODE, device_id, now)
    sent = codes.send(
        purpose=CodePurpose.PAYMENT,
        request_id=row.pk,
        account=account,
        to=_phone_of(account, now),
        action_text=_action(row, payments),
        lasts=policy.CODE_LASTS,
        now=now,
    )
    return sent.expires_at


def by_code(
    *, account: Account, order: str, code: str, device_id: UUID, actor: Actor, now: datetime
) -> PaymentOrder:
    """Authorise an order with the code that was sent for it; one authorised already is given as it stands.

    Raises:
        NotAuthorised: see its subclasses.
        codes.CodeRefused: see its subclasses; also of a code that was sent for another order.
    """
    row = _find(account, order)
    if _is_sent(row):
        return row
    payments = _payments_of(row, now)
    _refuse_weak(row, payments, AuthorisedBy.CODE, device_id, now)
    _refuse_changed(row, payments)
    try:
        codes.check(
            purpose=CodePurpose.PAYMENT,
            request_id=row.pk,
            to=_phone_of(account, now),
            code=code,
            now=now,
        )
    except codes.NoCode:
        row = _find(account, order)
        if _is_sent(row):  # the same press, sent twice
            return row
        raise
    with transaction.atomic():
        return _authorise(row, payments, AuthorisedBy.CODE, actor=actor, now=now)


def passkey_options(*, account: Account, order: str, now: datetime) -> dict[str, Any]:
    """What a browser is asked to sign for this order, its payees and amounts. Read only.

    Raises:
        NotAuthorised: see its subclasses.
    """
    row = _find(account, order)
    payments = _payments_of(row, now)
    return passkeys.options(
        Purpose.PAYMENT, binding=binding_of(row, payments), account=account, now=now
    )


def by_passkey(
    *, session: Session, order: str, answer: str, actor: Actor, now: datetime
) -> PaymentOrder:
    """Authorise an order with a passkey's answer; one authorised already is given as it stands.

    Raises:
        NotAuthorised: see its subclasses.
        passkeys.PasskeyRefused: see the class; also of an answer to another order, payee or amount.
        proofs.NoAuthenticator: it failed too often.
        tries.TooManyTries: see the class.
    """
    account = session.account
    row = _find(account, order)
    if _is_sent(row):
        return row
    payments = _payments_of(row, now)
    _refuse_weak(row, payments, AuthorisedBy.PASSKEY, session.device_id, now)
    _refuse_changed(row, payments)
    tries.within(SECOND_FACTOR, f"{account.pk}:{session.device_id}", now)
    proved = passkeys.verify(
        answer,
        purpose=Purpose.PAYMENT,
        binding=binding_of(row, payments),
        account_id=account.pk,
        known_device=True,
        now=now,
    )
    with transaction.atomic():
        passkeys.use(proved, now=now)
        return _authorise(row, payments, AuthorisedBy.PASSKEY, actor=actor, now=now)


def by_schedule(*, order: PaymentOrder, actor: Actor, now: datetime) -> PaymentOrder:
    """Authorise an order by a standing consent, in the caller's transaction; never what a code would not be enough for.

    Raises:
        NotAuthorised: see its subclasses.
    """
    if _is_sent(order):
        return order
    payments = _payments_of(order, now)
    decision, _limits, _held = needs.decide(
        account=order.account, payments=payments, device_id=None, now=now, standing=True
    )
    if strongest(order, decision) != Assurance.CODE:
        raise StrongerNeeded
    _refuse_changed(order, payments)
    return _authorise(order, payments, AuthorisedBy.SCHEDULE, actor=actor, now=now)


def binding_of(order: PaymentOrder, payments: Sequence[Payment]) -> str:
    """What a passkey's challenge is derived from: the order, its source, and every payee with the amount."""
    parts = [
        [
            str(payment.pk), payment.biller_id or "", str(payment.bill_id or payment.about or ""),
            payment.payee_bank, payment.payee_account or "", payment.payee_name or "",
            str(payment.payee_link_id or ""),
            payment.amount, payment.fee,
        ]
        for payment in payments
    ]  # fmt: skip
    said = json.dumps([str(order.pk), str(order.link_id), order.amount, parts], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _authorise(
    order: PaymentOrder,
    payments: Sequence[Payment],
    how: AuthorisedBy,
    *,
    actor: Actor,
    now: datetime,
) -> PaymentOrder:
    agreed = Change(
        row=order,
        to=OrderState.AUTHORISED,
        event=events.OrderAuthorised(amount=order.amount, payments=len(payments), how=how.value),
        subject_id=order.account.citizen_id,
        values={"authorised_by": how.value, "authorised_at": now, "since": now},
    )
    sending = jobs.enqueueing(DEBIT, subject_ids=[order.pk], at=order.held_until)
    try:
        with transaction.atomic():
            move_together([(agreed, states.ORDER)], *sending, actor=actor, now=now)
    except StaleState:
        found = _find(order.account, order.public_id)
        if not _is_sent(found):
            raise DraftOver from None
        return found
    return order


def _find(account: Account, order: str) -> PaymentOrder:
    row = (
        PaymentOrder.objects.select_related("account", "link")
        .filter(account=account, public_id=order)
        .first()
    )
    if row is None:
        raise NoSuchOrder
    return row


def _is_sent(order: PaymentOrder) -> bool:
    return order.state not in {OrderState.DRAFTED, OrderState.CANCELLED}


def _payments_of(order: PaymentOrder, now: datetime) -> list[Payment]:
    if order.state != OrderState.DRAFTED or order.expires_at <= now:
        raise DraftOver
    return list(order.payments.select_related("biller", "bill").order_by("pk"))


def _refuse_weak(
    order: PaymentOrder,
    payments: Sequence[Payment],
    how: AuthorisedBy,
    device_id: UUID,
    now: datetime,
) -> None:
    """What was needed at the draft is still the least: a limit that fell meanwhile makes no order weaker."""
    decision, _limits, _held = needs.decide(
        account=order.account, payments=payments, device_id=device_id, now=now
    )
    needed = strongest(order, decision)
    if needed == Assurance.NONE:
        raise StrongerNeeded
    if needed == Assurance.USER_VERIFIED and how != AuthorisedBy.PASSKEY:
        raise StrongerNeeded


def strongest(order: PaymentOrder, decision: Decision) -> Assurance:
    """What an order needs now: never less than when it was drafted, and ``NONE`` if it cannot be paid at all."""
    if decision.needs == Assurance.NONE:
        return Assurance.NONE
    return max(decision.needs, Assurance(order.needs), key=_STRENGTH.index)


def _refuse_changed(order: PaymentOrder, payments: Sequence[Payment]) -> None:
    if order.link.state != LinkState.ACTIVE:
        raise Changed
    for payment in payments:
        bill = payment.bill
        if bill and (bill.state != BillState.OPEN or bill.amount != payment.amount):
            raise Changed
        if payment.about:
            due = purposes.find(PaymentPurpose(payment.purpose)).due(
                order.account_id, payment.about
            )
            if due is None or (due.biller, due.amount) != (payment.biller_id, payment.amount):
                raise Changed


def find_phone(account: Account, now: datetime) -> str | None:
    """The phone of an account that counts for money, if it has one."""
    phone = Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.SMS, state=AuthenticatorState.ACTIVE
    ).first()
    if phone is None or not phone.is_trusted(now) or phone.secret is None:
        return None
    return str(phone.secret)


def _phone_of(account: Account, now: datetime) -> str:
    phone = find_phone(account, now)
    if phone is None:
        raise NoPhone
    return phone


def _action(order: PaymentOrder, payments: Sequence[Payment]) -> str:
    """Payee and amount, in letters without marks, short enough for one message."""
    first, others = payments[0], len(payments) - 1
    name = first.biller.short_name if first.biller else first.payee_name or ""
    payee = text.without_marks(name or payee_of(first))[:_NAME_MOST].strip().upper()
    if first.payee_account:
        payee += f" {first.payee_account[-4:]}"
    values = {"amount": amounts.written(order.amount), "payee": payee, "others": others}
    if not others:
        return pgettext("sms", "PAY %(amount)sd to %(payee)s") % values
    return (
        ngettext(
            "PAY %(amount)sd to %(payee)s and %(others)s other",
            "PAY %(amount)sd to %(payee)s and %(others)s others",
            others,
        )
        % values
    )
