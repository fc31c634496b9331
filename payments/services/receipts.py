"""Receipts: signed PDF documents, and the codes on them by which anybody sees whether a payment was made or went back.

Nothing of a code is stored: it is the payment's key, encrypted (``core.verify``). So the page of a payment, which only
looks, has its code as well as the document has, and both say what is true when they are read.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.selectors import names
from eid_portal.core import audit, clock, drawing, ids, limits, pdf, verify
from eid_portal.core.models import AuditEvent
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why
from payments import events, policy
from payments.enums import PaymentState
from payments.rules.amounts import written
from payments.selectors import receipts
from payments.selectors.receipts import Receipt

KEYS: Final = "receipts"
PURPOSE: Final = "receipt_check"
_TEMPLATE: Final = Path(__file__).with_name("receipt.typ")
_LATIN: Final = re.compile("[\u0020-\u024f\u1e00-\u20ff]*")
_CLOCKS_DIFFER: Final = timedelta(minutes=1)


class ReceiptRefused(Exception):
    """No document was made; ``message`` says why."""

    code = "receipt_refused"
    message: Any = gettext_lazy("There is no receipt of this payment.")


class NoReceipt(ReceiptRefused):
    """The payment is not the person's, or has not ended in a way that a receipt says."""

    code = "no_receipt"


class TooManyReceipts(ReceiptRefused):
    """So many were made that the next must wait ``until``."""

    code = "too_many_receipts"
    message = gettext_lazy("You made many documents in a short time. Try again later.")

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


# --- The document ---------------------------------------------------------------------------------------
def make_document(*, account: Account, public_id: str, now: datetime) -> tuple[str, bytes]:
    """The number of a receipt and its signed document, in the language that is active.

    Raises:
        NoReceipt: see the class.
        TooManyReceipts: see the class.
        Busy: too many documents are being made.
    """
    receipt = receipts.find_receipt(account, public_id)
    if receipt is None or not receipt.is_receipt:
        raise NoReceipt
    allowed = limits.hit(policy.RECEIPTS, str(account.pk), now=now)
    if isinstance(allowed, limits.LockedUntil):
        raise TooManyReceipts(allowed.until)
    with pdf.gate.entered():
        return receipt.number, _document(receipt, now=now)


def code_of(receipt: Receipt) -> str:
    """The code on a receipt."""
    return verify.name(RECEIPTS, KEYS, receipt.payment.pk)


def qr_of(receipt: Receipt) -> SafeString:
    """The same as a QR code that leads to where it is checked."""
    return drawing.qr_code(_address(code_of(receipt)))


def _address(code: str) -> str:
    return f"{settings.PORTAL_URL}/verify/{code}/"


def _document(receipt: Receipt, *, now: datetime) -> bytes:
    code = code_of(receipt)
    lines = [
        _("Check this receipt: scan the code, or type %(code)s at %(address)s.")
        % {"code": verify.grouped(code), "address": f"{settings.PORTAL_URL}/verify/"},
        _("Signed by the portal at %(time)s on %(date)s, without a trusted time stamp.")
        % _moment(now),
        _(
            "The signature lies in this file: a PDF reader shows it. On paper, only the code counts."
        ),
    ]
    title = _("Receipt %(number)s") % {"number": receipt.number}
    drawn = {
        "language": get_language(),
        "brand": " · ".join((_("Digital Identity"), _("National e-ID portal"))),
        "title": title,
        "amount": f"{_amount(receipt.total)} ₫",
        "state": standing(receipt),
        "facts": facts_of(receipt),
        "qr": drawing.qr_file(_address(code)),
        "qr_label": _("QR code to check this receipt"),
        "lines": lines,
        "footer": _("The portal passes payments on and holds no deposits."),
    }
    try:
        return pdf.sign(pdf.draw(_TEMPLATE, drawn), reason=title)
    except pdf.Undrawable:  # a name or message in letters that our fonts lack: it is left out
        plain = [pair for pair in facts_of(receipt) if all(map(_is_printable, pair))]
        return pdf.sign(pdf.draw(_TEMPLATE, {**drawn, "facts": plain}), reason=title)


def _is_printable(text: str) -> bool:
    """Whether it is in Latin letters, which our fonts have."""
    return _LATIN.fullmatch(text) is not None


def standing(receipt: Receipt) -> str:
    """What became of it, in a few words."""
    if receipt.payment.state == PaymentState.REFUNDED or receipt.refunded >= receipt.total:
        return _("Refunded")
    if receipt.refunded:
        return _("Paid, partly refunded")
    return _("Paid")


def facts_of(receipt: Receipt) -> list[tuple[str, str]]:
    """What the receipt says, line by line, to its payer."""
    payment, order = receipt.payment, receipt.payment.order
    pairs = [
        (_("Receipt number"), receipt.number),
        (_("Payer"), receipt.payer),
        (_("What for"), receipt.title),
        (_("Payee"), receipt.payee),
        *receipt.facts,
        (_("Amount"), f"{_amount(payment.amount)} ₫"),
        (_("Fee"), f"{_amount(payment.fee)} ₫"),
        (_("Total"), f"{_amount(receipt.total)} ₫"),
        (_("Debited"), _said(order.debited_at)),
        (_("Reached the payee"), _said(payment.settled_at)),
        (_("From"), f"{receipt.bank} •••• {receipt.ending}"),
        (_("Our reference"), order.reference),
        (_("The bank’s reference"), order.bank_reference),
        (_("The payee’s reference"), payment.payee_reference),
        (_("Refunded"), f"{_amount(receipt.refunded)} ₫" if receipt.refunded else ""),
    ]
    return [(label, value) for label, value in pairs if value]


def _amount(amount: int) -> str:
    return written(amount, "," if get_language() == "en" else ".")


def _moment(at: datetime) -> dict[str, str]:
    local = at.astimezone(clock.VIET_NAM)
    return {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}


def _said(at: datetime | None) -> str:
    return "" if at is None else _("%(time)s on %(date)s") % _moment(at)


# --- Who checks one ---------------------------------------------------------------------------------------
class Receipts:
    """The codes on receipts; see ``core.verify.Verifiable``."""

    prefix = "R"
    length = verify.NAMED

    def peek(self, code: str, now: datetime) -> Peek | Nothing:
        """That it is a receipt, no more."""
        if _by_code(code) is None:
            return Nothing(why=Why.NOT_OURS)
        return Peek(
            about=_("The receipt of a payment"),
            until=None,
            notes=(_("Its payer reads that somebody checked it, and when."),),
        )

    def open(self, code: str, viewer: Viewer, now: datetime) -> Genuine | Nothing:
        """What was paid, and whether it went back; of the payer the first letters of the name."""
        receipt = _by_code(code)
        if receipt is None:
            return Nothing(why=Why.NOT_OURS)
        _record_check(receipt, viewer, now)
        payment = receipt.payment
        whole = payment.state == PaymentState.REFUNDED or receipt.refunded >= receipt.total
        return Genuine(
            title=_("Genuine receipt, refunded") if whole else _("Genuine receipt"),
            text=_("Checked at %(time)s on %(date)s") % _moment(now),
            template="payments/_checked_receipt.html",
            values={
                "number": receipt.number,
                "title": receipt.title,
                # A biller is no secret; a person who received a transfer is named like its payer.
                "payee": receipt.payee if payment.biller else names.first_letters(receipt.payee),
                "amount": payment.amount,
                "total": receipt.total,
                "fee": payment.fee,
                "paid_at": receipt.paid_at,
                "settled_at": payment.settled_at,
                "refunded": receipt.refunded,
                "whole": whole,
                "payer": names.first_letters(receipt.payer),
            },
        )


def _by_code(code: str) -> Receipt | None:
    keys = verify.named(RECEIPTS, KEYS, code)
    return receipts.find_by_keys(keys) if keys else None


@transaction.atomic
def _record_check(receipt: Receipt, viewer: Viewer, now: datetime) -> None:
    """Tell the payer that somebody checked it; presses of one button that follow each other at once are one check."""
    payment = receipt.payment
    whose = payment.order.account.citizen_id
    lately = AuditEvent.objects.filter(
        subject_id=whose,
        pk__gt=ids.uuid7_before(policy.SAME_CHECK + _CLOCKS_DIFFER),
        recorded_at__gt=now - policy.SAME_CHECK,
        name=events.ReceiptChecked.name,
        target_id=payment.pk,
        actor_id=viewer.actor.account_id,
    )
    if lately.exists():
        return
    audit.record(
        events.ReceiptChecked(purpose=payment.purpose, amount=payment.amount),
        actor=viewer.actor,
        subject_id=whose,
        target=payment,
        purpose=PURPOSE,
        now=now,
    )


RECEIPTS: Final = Receipts()


def register() -> None:
    """Let `/verify/` read our codes; called in ``apps.ready()``."""
    verify.register(RECEIPTS)
