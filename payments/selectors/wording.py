"""What a payment is called, in the language that is active: whose it is, what for, and the picture beside it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from payments.enums import BillerKind, PaymentPurpose
from payments.models import Biller, Payment
from payments.rules import banks, receipts

_ICONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        BillerKind.ELECTRICITY: "zap",
        BillerKind.WATER: "droplets",
        BillerKind.HEALTH_INSURANCE: "heart-pulse",
        BillerKind.SOCIAL_INSURANCE: "shield-check",
        BillerKind.STATE_FEE: "landmark",
        BillerKind.DEFINED: "receipt-text",
    }
)


def biller_name(biller: Biller) -> str:
    """Its name."""
    return biller.name_en if get_language() == "en" and biller.name_en else biller.name


def bank_name(bank: str) -> str:
    """A bank by its BIN, which stands for one we do not know."""
    return banks.NAMES.get(bank, bank)


def payee(payment: Payment) -> str:
    """Who receives it."""
    if payment.biller is not None:
        return biller_name(payment.biller)
    return payment.payee_name or bank_name(payment.payee_bank)


def title(payment: Payment) -> str:
    """What it is for, without a name of a person."""
    if payment.biller is None:
        return str(PaymentPurpose.TRANSFER.label)
    kind = BillerKind(payment.biller.kind)
    is_defined = kind == BillerKind.DEFINED
    name = str(PaymentPurpose(payment.purpose).label if is_defined else kind.label)
    if payment.bill is None or not payment.bill.period:
        return name
    period = receipts.period(payment.bill.period)
    return pgettext("bill", "%(what)s, %(period)s") % {"what": name, "period": period}


def called(payment: Payment) -> str:
    """What it is for, as its payer reads it in a list."""
    if payment.biller is None:
        return _("Transfer to %(name)s") % {"name": payee(payment)}
    return title(payment)


def icon(payment: Payment) -> str:
    """The picture beside it."""
    return "send" if payment.biller is None else _ICONS.get(payment.biller.kind, "receipt-text")
