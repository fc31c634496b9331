"""What payments add to the first page: bills whose last day is near, and payments that are not certain yet."""

from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from eid_portal.core import clock, home
from eid_portal.core.home import Asker, Contribution, Rows, Todo
from payments import policy
from payments.rules import amounts

# A code and its bills may be indexed under different keys while these rotate; then the bill waits on its own page.
FIND: Final = """
SELECT 'bill' AS sort, count(*) AS count, coalesce(sum(bill.amount), 0)::bigint AS amount, min(bill.due_on) AS due_on,
  '' AS public_id
FROM payments_bill AS bill
WHERE bill.state = 'OPEN' AND bill.due_on IS NOT NULL
  AND EXISTS (SELECT FROM payments_customercode AS code WHERE code.account_id = %(account)s
    AND code.forgotten_at IS NULL AND code.biller_id = bill.biller_id AND code.code_index = bill.customer_code_index)
  AND NOT EXISTS (SELECT FROM payments_payment AS payment WHERE payment.bill_id = bill.id
    AND payment.state IN ('IN_FLIGHT', 'UNKNOWN', 'SETTLED'))
UNION ALL
SELECT 'unknown', 1, amount, NULL, public_id FROM payments_paymentorder
WHERE account_id = %(account)s AND state = 'UNKNOWN'
"""


def contribute(asker: Asker, rows: Rows) -> Contribution:
    """One line for all bills that are due soon, and one for each payment the bank has not answered about."""
    made = (_todo(asker, *row) for row in rows)
    return Contribution(todos=tuple(todo for todo in made if todo is not None))


def _todo(
    asker: Asker, sort: str, count: int, amount: int, due_on: date | None, public_id: str
) -> Todo | None:
    shown = f"{amounts.written(amount)} ₫"
    if sort == "unknown":
        return Todo(
            kind="",
            icon="clock",
            title=_("A payment of %(amount)s is not certain yet") % {"amount": shown},
            lines=(_("Do not pay again. We go on asking the bank."),),
            href=f"/payments/orders/{public_id}/",
            action=_("Look"),
            rank=15,
        )
    today = clock.today(asker.now)
    if due_on is None or due_on > today + policy.DUE_SOON:
        return None
    late = due_on < today
    day = {"day": f"{due_on:%d/%m/%Y}"}
    return Todo(
        kind="err" if late else "",
        icon="receipt-text",
        title=ngettext("%(count)s bill: %(amount)s", "%(count)s bills: %(amount)s", count)
        % {"count": count, "amount": shown},
        lines=(_("Was due on %(day)s") % day if late else _("Due on %(day)s") % day,),
        href="/bills/",
        action=pgettext("bill", "Pay"),
        rank=28,
    )


def register() -> None:
    """Add our part; called in ``apps.ready()``."""
    home.register(contribute, reads=FIND)
