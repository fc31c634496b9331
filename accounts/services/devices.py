"""End sessions, forget devices, and say of a new device whose it was."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.enums import ActedBy, Action, LockReason, OwnerLockReason, SessionEnd
from accounts.models import Device, DeviceSession
from accounts.selectors import devices as selectors
from accounts.services import assurance, locking, sessions
from accounts.services.sessions import Session
from eid_portal.core import audit
from eid_portal.core.events import Event


class NoSuchDevice(Exception):
    """The account has no such device or session, or it is over already."""

    code = "no_such_device"


class NotKnownHere(Exception):
    """This device is newer than the one in question, or nobody has said whose it is: it confirms no other."""

    code = "not_known_here"
    message: Any = _(
        "Say so on a device that you used before that one: this one is new itself, so it cannot vouch for another."
    )


@transaction.atomic
def end_session(*, session: Session, session_id: UUID, now: datetime) -> None:
    """End another session of the same account at once.

    Raises:
        NoSuchDevice: see the class.
    """
    rows = DeviceSession.objects.filter(pk=session_id).exclude(pk=session.id)
    if not _end(session, rows=list(rows.filter(account=session.account)), now=now):
        raise NoSuchDevice


@transaction.atomic
def end_others(*, session: Session, now: datetime) -> int:
    """End all sessions of the account but this one. Returns how many ended."""
    rows = DeviceSession.objects.filter(account=session.account).exclude(pk=session.id)
    return _end(session, rows=list(rows.filter(ended_at__isnull=True)), now=now)


@transaction.atomic
def forget(*, session: Session, device_id: UUID, now: datetime) -> None:
    """Forget a device: its sessions end, and it counts as new when it signs in again.

    Raises:
        NoSuchDevice: see the class.
    """
    device = _own(session, device_id)
    device.forgotten_at = now
    device.save(update_fields=["forgotten_at"])
    rows = DeviceSession.objects.filter(device=device, ended_at__isnull=True)
    _end(session, rows=list(rows.exclude(pk=session.id)), now=now)
    _record(events.DeviceForgotten(), session, device, now)


@transaction.atomic
def confirm(*, session: Session, device_id: UUID, now: datetime) -> None:
    """Note that a new device was its holder's own: on an older device that is known, proved afresh.

    Raises:
        NoSuchDevice, NotKnownHere: see there.
        assurance.StepUpNeeded: the proof is too old, or too weak.
    """
    device = _own(session, device_id)
    if device.confirmed_at is None:
        here = Device.objects.get(pk=session.device_id)
        if not (selectors.is_older(here, device) and selectors.is_known(session.account, here.pk)):
            raise NotKnownHere
        assurance.require(session, Action.ADD_AUTHENTICATOR, now=now)
        device.confirmed_at = now
        device.save(update_fields=["confirmed_at"])
        _record(events.DeviceConfirmed(), session, device, now)


@transaction.atomic
def not_me(*, session: Session, device_id: UUID, now: datetime) -> int:
    """Lock the account at once because a device was not its holder's, and forget it. Returns how many sessions ended.

    Raises:
        NoSuchDevice: see the class.
        locking.NotActive: see the class.
    """
    ended = locking.lock(
        account=session.account,
        by=ActedBy.OWNER,
        reason=LockReason.OWNER,
        why=OwnerLockReason.NOT_ME,
        actor=sessions.actor_of(session),
        now=now,
    )
    forget(session=session, device_id=device_id, now=now)
    return ended


# --- Parts --------------------------------------------------------------------------------------
def _own(session: Session, device_id: UUID) -> Device:
    device = (
        Device.objects.select_for_update()
        .filter(pk=device_id, account=session.account, forgotten_at__isnull=True)
        .exclude(pk=session.device_id)
        .first()
    )
    if device is None:
        raise NoSuchDevice
    return device


def _end(session: Session, *, rows: list[DeviceSession], now: datetime) -> int:
    count = 0
    for row in rows:
        live = DeviceSession.objects.filter(pk=row.pk, ended_at__isnull=True)
        if live.update(ended_at=now, end_reason=SessionEnd.REVOKED):
            _record(events.SignedOut(reason=SessionEnd.REVOKED.value), session, row, now)
            count += 1
    return count


def _record(event: Event, session: Session, target: Device | DeviceSession, now: datetime) -> None:
    audit.record(
        event,
        actor=sessions.actor_of(session),
        subject_id=session.account.citizen_id,
        target=target,
        now=now,
    )
