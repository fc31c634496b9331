"""Who filed an application, or whom it is about, follows it: opened by nobody else, and taken back before its end."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.services import sessions
from procedures.enums import ApplicationState, Capacity
from procedures.models import Application
from procedures.services import drafts, fees, lifecycle


class NoSuchApplication(LookupError):
    """There is no such application of this person."""


class FeeMoves(lifecycle.CannotWithdraw):
    """A bank is asked for the fee at this moment."""

    code = "fee_moves"
    message: Any = _("The fee is being paid at this moment. Withdraw when the payment is certain.")


def find(*, session: sessions.Session, public_id: str, now: datetime) -> Application:
    """An application that the person filed, or that is about them.

    Raises:
        NoSuchApplication: see the class.
        NotForThem: they filed it for somebody for whom they do not act any more.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    account = session.account
    mine = Q(filer=account) | Q(citizen_id=account.citizen_id)
    rows = Application.objects.select_related("procedure", "citizen", "filer", "desk__office")
    row = rows.filter(mine, public_id=public_id).first()
    if row is None:
        raise NoSuchApplication
    if row.citizen_id != account.citizen_id:
        drafts.may_act(
            session,
            citizen=row.citizen,
            capacity=Capacity(row.capacity),
            procedure_id=row.procedure_id,
            now=now,
        )
    return row


def withdraw(*, session: sessions.Session, public_id: str, now: datetime) -> Application:
    """Take an application back. Twice is once.

    Raises:
        NoSuchApplication, NotForThem, StepUpNeeded: as for :func:`find`.
        CannotWithdraw: it was decided, or see :class:`FeeMoves`.
    """
    found = find(session=session, public_id=public_id, now=now)
    with transaction.atomic():
        row = lifecycle.hold(found.pk)
        if row.state == ApplicationState.WITHDRAWN:
            return row
        if fees.is_being_paid(row.pk):
            raise FeeMoves
        lifecycle.withdraw(row, actor=sessions.actor_of(session), now=now)
    return row
