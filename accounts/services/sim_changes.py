"""Take the SMS gateway's word that a SIM was changed: for a time no codes go to that phone, and none from it count.

Who took over a number gets its messages; its owner is told by other ways. The answer does not say whether the phone
has an account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import events, policy
from accounts.enums import AuthenticatorKind, AuthenticatorState, NoticeKind
from accounts.models import Account, Authenticator, SimSignal
from accounts.models.indexes import phone_indexes
from accounts.services import card_event_reading as reading
from accounts.services import contacts, notices, recovering
from accounts.services.card_event_reading import Malformed
from eid_portal.core import audit, clock, telling
from eid_portal.core.events import Actor

SMS_GATEWAY: Final = "sms"  # the party whose signals are taken
NAMES: Final = frozenset({"event_id", "phone", "changed_at"})
_BODY: Final = "sim_signal"
_CLOCKS_DIFFER: Final = timedelta(minutes=5)  # as much as a signature may be old


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A SIM that was changed; ``phone`` is in E.164."""

    event_id: UUID
    phone: str = field(repr=False)
    changed_at: datetime


def read(body: Any, *, now: datetime) -> Signal:
    """Read a signal as it stands on the wire.

    Raises:
        Malformed: ``malformed``, ``missing``, ``unexpected`` or ``in_future``.
    """
    if not isinstance(body, Mapping):
        raise Malformed("malformed", "")
    if body.keys() - NAMES:
        raise Malformed("unexpected", "")
    event_id = reading.event_id_of(body)
    if event_id is None:
        raise Malformed("malformed" if "event_id" in body else "missing", "event_id")
    changed_at = reading.moment_of(body, "changed_at")
    if changed_at > now + _CLOCKS_DIFFER:
        raise Malformed("in_future", "changed_at")
    return Signal(event_id=event_id, phone=reading.phone_of(body), changed_at=changed_at)


def take(signal: Signal, *, body: Any, party: str, actor: Actor, now: datetime) -> None:
    """Stop codes to the phone for ``policy.SIM_CHANGE_BLOCKS`` and tell its owner; the same signal again is no news.

    ``body`` is what came, to know it again by.

    Raises:
        telling.Conflict: the id was taken before, with another body or from another party.
    """
    telling.once(
        SimSignal,
        lambda body_hash: _take(signal, body_hash=body_hash, party=party, actor=actor, now=now),
        event_id=signal.event_id,
        body=body,
        purpose=_BODY,
        party=party,
    )


@transaction.atomic
def _take(
    signal: Signal, *, body_hash: bytes, party: str, actor: Actor, now: datetime
) -> SimSignal:
    row = SimSignal.objects.create(
        event_id=signal.event_id,
        party=party,
        body_hash=body_hash,
        received_at=now,
    )
    until = signal.changed_at + policy.SIM_CHANGE_BLOCKS
    if until <= now:
        return row
    # One that was replaced can still be brought back, and is stopped too.
    stopped = Authenticator.objects.filter(
        phone_index__in=phone_indexes(signal.phone),
        kind=AuthenticatorKind.SMS,
        state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.REPLACED],
    )
    # The accounts first, as everywhere; one whose number is changed meanwhile is seen below.
    holders = Account.objects.filter(pk__in=stopped.values("account_id")).order_by("pk")
    list(holders.select_for_update(of=("self",), no_key=True))
    phones = (
        stopped.select_for_update(of=("self",), no_key=True)
        .select_related("account")
        .order_by("pk")
    )
    for phone in phones:
        if phone.blocked_until is not None and phone.blocked_until >= until:
            continue
        Authenticator.objects.filter(pk=phone.pk).update(blocked_until=until)
        recovering.cancel_resting_on(phone.pk, account_id=phone.account_id, now=now)
        _tell(phone, changed_at=signal.changed_at, until=until, actor=actor, now=now)
    return row


def _tell(
    phone: Authenticator, *, changed_at: datetime, until: datetime, actor: Actor, now: datetime
) -> None:
    audit.record(
        events.SimChanged(),
        actor=actor,
        subject_id=phone.account.citizen_id,
        target=phone,
        now=now,
    )
    changed, ends = (moment.astimezone(clock.VIET_NAM) for moment in (changed_at, until))
    notices.tell(
        account=phone.account,
        kind=NoticeKind.SIM_CHANGED,
        values={
            "place": contacts.place(phone),
            "time": f"{changed:%H:%M}",
            "date": f"{changed:%d/%m/%Y}",
            "until_time": f"{ends:%H:%M}",
            "until_date": f"{ends:%d/%m/%Y}",
            "helpline": settings.HELPLINE,
        },
        now=now,
    )
