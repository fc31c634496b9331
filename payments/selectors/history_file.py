"""The history as a CSV file for spreadsheets: UTF-8 with a mark of it, and no cell that is a formula."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account
from eid_portal.core import clock
from payments.rules import csv_cells
from payments.rules import receipts as rules
from payments.selectors import history, wording
from payments.selectors.history import STATES, Filters, Found

MARK: Final = "\ufeff"  # spreadsheets take a file without it for another encoding
_PORTION: Final = 500


def file_of(account: Account, *, filters: Filters, language: str) -> Iterator[str]:
    """The file, in portions: of a million payments it never holds more than some hundred."""
    rows = history.export(account, filters=filters)
    with translation.override(language):
        yield MARK + _written([_heads()])
    while True:
        # The language is the request's, which may be over when the file is still being sent.
        with translation.override(language):
            lines = [_cells(row) for row in islice(rows, _PORTION)]
        if not lines:
            return
        yield _written(lines)


def _written(lines: list[list[str | int]]) -> str:
    here = io.StringIO()
    csv.writer(here, lineterminator="\r\n").writerows(
        [csv_cells.text(cell) if isinstance(cell, str) else cell for cell in line] for line in lines
    )
    return here.getvalue()


def _heads() -> list[str | int]:
    return [
        _("Date"),
        _("Time"),
        _("What for"),
        _("Payee"),
        _("Code or account"),
        _("Amount"),
        _("Fee"),
        _("Refunded"),
        _("State"),
        _("Bank"),
        _("Account"),
        _("Our reference"),
        _("The bank’s reference"),
        _("The payee’s reference"),
        _("Message"),
    ]


def _cells(row: Found) -> list[str | int]:
    payment, order = row.payment, row.payment.order
    local = history.agreed_at(payment).astimezone(clock.VIET_NAM)
    code = payment.bill.customer_code if payment.bill else payment.payee_account or ""
    _states, state = STATES[history.state_of(row)]
    return [
        f"{local:%d/%m/%Y}",
        f"{local:%H:%M}",
        wording.called(payment),
        wording.payee(payment),
        rules.ending(code) if code else "",
        payment.amount,
        payment.fee,
        row.refunded,
        str(state),
        wording.bank_name(order.link.bank),
        f"{rules.HIDDEN} {order.link.ending}",
        order.reference,
        order.bank_reference,
        payment.payee_reference,
        payment.message or "",
    ]
