"""A person's own VietQR code: the bank says that the account is theirs; its number is used for it and not kept."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from payments.enums import LinkState
from payments.models import BankLink
from payments.rules import vietqr
from payments.services import payees


class NotMade(Exception):
    """No code was made; ``message`` says why."""

    code = "not_made"
    message: Any = _("This account number does not belong to the account you chose.")


def make(
    *, account: Account, link: str, number: str, amount: int | None, purpose: str, now: datetime
) -> str:
    """The text of the code.

    Raises:
        NotMade: the number is not that of the linked account.
        payees.PayeeRefused: see its subclasses.
    """
    row = BankLink.objects.filter(account=account, public_id=link, state=LinkState.ACTIVE).first()
    if row is None or not row.ending or not number.endswith(row.ending):
        raise NotMade
    held = payees.at_bank(
        payer=account, source=None, bank=row.bank, number=number, shown="", now=now
    )
    if held.name != row.holder_name:
        raise NotMade
    return vietqr.make(
        vietqr.Code(
            bank=row.bank,
            account=number,
            amount=amount,
            is_dynamic=amount is not None,
            purpose=purpose,
        )
    )
