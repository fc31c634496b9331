"""From the pressed button to the page that asks for agreement: draft the order, and send its code where one will do.

Whoever has a passkey is asked for that; a message is sent to them when they want one.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from accounts.models import Account
from accounts.services import codes, passkeys, sessions
from accounts.services.sessions import Session
from payments.enums import Assurance, LinkState, OrderState
from payments.models import PaymentOrder
from payments.services import authorising, ordering
from payments.services.ordering import Drafted, Wanted

_UNPAID = (OrderState.DRAFTED, OrderState.CANCELLED, OrderState.REFUSED)
log = structlog.get_logger()


def start(
    *,
    session: Session,
    wanted: Sequence[Wanted],
    link: str,
    key: str,
    now: datetime,
    expects: int | None = None,
) -> Drafted:
    """Draft the order of a key and have its code sent, once; without a ``link`` it is paid from the default account.

    ``expects`` is the amount that the payer was shown, if that is to be held.

    Raises:
        ordering.OrderRefused: see its subclasses; nothing was written.
    """
    drafted = ordering.draft(
        account=session.account,
        link=link,
        wanted=wanted,
        key=key,
        device_id=session.device_id,
        actor=sessions.actor_of(session),
        now=now,
        expects=expects,
    )
    if not drafted.replayed:
        _send_code(session, drafted.order, now)
    return drafted


def begin_again(*, session: Session, order: str, link: str, key: str, now: datetime) -> Drafted:
    """Draft anew what an order that was not paid wanted, as bills stand now; from another account with a ``link``.

    Raises:
        authorising.NoSuchOrder: see the class.
        ordering.OrderRefused: see its subclasses; nothing was written.
    """
    row = find_unpaid(session.account, order)
    same = row.link.public_id if row.link.state == LinkState.ACTIVE else ""
    wanted = ordering.wanted_again(row, now)
    return start(session=session, wanted=wanted, link=link or same, key=key, now=now)


def find_unpaid(account: Account, order: str) -> PaymentOrder:
    """An order for which no money moves.

    Raises:
        authorising.NoSuchOrder: there is none of this account.
        ordering.BeingPaid: money moves, or may.
    """
    row = (
        PaymentOrder.objects.select_related("link").filter(account=account, public_id=order).first()
    )
    if row is None:
        raise authorising.NoSuchOrder
    if row.state not in _UNPAID:
        raise ordering.BeingPaid
    return row


def _send_code(session: Session, order: PaymentOrder, now: datetime) -> None:
    """The page says whether one was sent; without it there is a button for another."""
    if order.needs != Assurance.CODE or passkeys.descriptors(session.account):
        return
    try:
        authorising.send_code(
            account=session.account,
            order=order.public_id,
            device_id=session.device_id,
            now=now,
        )
    except (authorising.NotAuthorised, codes.TooManyCodes) as refused:
        log.info("order.no_code", order_id=str(order.pk), code=refused.code)
