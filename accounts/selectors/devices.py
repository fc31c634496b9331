"""A person's devices and sessions, live and of the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from accounts import policy
from accounts.enums import AccountKind, AuthenticatorKind, SessionEnd
from accounts.models import Account, Device, DeviceSession
from accounts.selectors import places

_MOST: Final = 100  # sessions on one page; those that live were seen last
# RFC 8176, of sessions that do not name what was proved in them.
_WAYS: Final = {
    "pop": AuthenticatorKind.PASSKEY,
    "otp": AuthenticatorKind.TOTP,
    "sms": AuthenticatorKind.SMS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A session as its owner reads it."""

    id: UUID
    device_id: UUID
    device: str  # browser and system; empty if it did not say
    is_here: bool
    way: AuthenticatorKind  # beside the password, or a passkey
    name: str  # what its holder calls that
    network: str
    place: str
    known_since: datetime
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    end_reason: SessionEnd | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device that signed in for the first time lately, and of which its holder has not said whose it is."""

    device_id: UUID
    device: str
    at: datetime
    session: SessionLine
    network_is_new: bool
    may_confirm: bool  # here: a device that is older and known may say whose this one is


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What the page of devices shows."""

    new: tuple[NewDevice, ...]
    live: tuple[SessionLine, ...]  # this one first
    ended: tuple[SessionLine, ...]
    known: tuple[Device, ...]  # remembered, and not signed in now


def list_devices(account: Account, *, session_id: UUID, device_id: UUID, now: datetime) -> Devices:
    """The devices and sessions of an account, for its owner in one of the sessions."""
    since = now - policy.SESSIONS_SHOWN
    rows = (
        DeviceSession.objects.filter(account=account)
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=since), started_at__gt=since)
        .select_related("device", "authenticator")
        .order_by("-seen_at")[:_MOST]
    )
    idle = policy.CITIZEN_IDLE if account.kind == AccountKind.CITIZEN else policy.OFFICER_IDLE
    lines = [_line(row, here=session_id, idle=idle, now=now) for row in rows]
    live = [line for line in lines if line.ended_at is None]
    live.sort(key=lambda line: not line.is_here)
    known_here = is_known(account, device_id)
    signed_in = {line.device_id for line in live}
    devices = list(
        Device.objects.filter(account=account, forgotten_at__isnull=True).order_by("-last_seen_at")
    )
    return Devices(
        new=tuple(_new(devices, lines, here=device_id, known_here=known_here, now=now)),
        live=tuple(live),
        ended=tuple(line for line in lines if line.ended_at is not None),
        known=tuple(
            device
            for device in devices
            if device.pk not in signed_in and device.last_seen_at > now - policy.DEVICE_LASTS
        ),
    )


def is_known(account: Account, device_id: UUID) -> bool:
    """Whether a device is the account's first one ever, or was confirmed: another could be a thief's."""
    first = Device.objects.filter(account=account).order_by("first_seen_at", "pk").first()
    if first is not None and first.pk == device_id:
        return True
    return Device.objects.filter(account=account, pk=device_id, confirmed_at__isnull=False).exists()


def is_older(device: Device, than: Device) -> bool:
    """Whether a device was seen before another one."""
    return (device.first_seen_at, device.pk) < (than.first_seen_at, than.pk)


def _new(
    devices: list[Device],
    lines: list[SessionLine],
    *,
    here: UUID,
    known_here: bool,
    now: datetime,
) -> list[NewDevice]:
    """Not the device one sits at, and not the first one ever: nobody else could say whose those are."""
    first = min(devices, key=lambda device: device.first_seen_at, default=None)
    at = next((device for device in devices if device.pk == here), None)
    found = []
    for device in devices:
        seen_lately = device.first_seen_at > now - policy.NEW_DEVICE_SHOWN
        if not seen_lately or device.confirmed_at or device.pk == here:
            continue
        own = [line for line in lines if line.device_id == device.pk]
        if device == first or not own:
            continue
        begun = own[-1]
        others = {line.network for line in lines if line.device_id != device.pk}
        found.append(
            NewDevice(
                device_id=device.pk,
                device=device.label,
                at=device.first_seen_at,
                session=begun,
                network_is_new=begun.network not in others,
                may_confirm=known_here and at is not None and is_older(at, device),
            )
        )
    return found


def _line(row: DeviceSession, *, here: UUID, idle: timedelta, now: datetime) -> SessionLine:
    ended_at, reason = row.ended_at, SessionEnd(row.end_reason) if row.end_reason else None
    idle_ends_at = row.seen_at + idle
    if ended_at is None and min(idle_ends_at, row.ends_at) <= now:  # nobody wrote that it ran out
        ran_idle = idle_ends_at <= row.ends_at
        ended_at = idle_ends_at if ran_idle else row.ends_at
        reason = SessionEnd.IDLE if ran_idle else SessionEnd.OVER
    proved = row.authenticator
    way = next((_WAYS[name] for name in row.amr if name in _WAYS), AuthenticatorKind.PASSWORD)
    return SessionLine(
        id=row.pk,
        device_id=row.device_id,
        device=row.device.label,
        is_here=row.pk == here,
        way=AuthenticatorKind(proved.kind) if proved else way,
        name=proved.label if proved else "",
        network=row.network,
        place=places.place_of(row.network),
        known_since=row.device.first_seen_at,
        started_at=row.started_at,
        seen_at=row.seen_at,
        ended_at=ended_at,
        end_reason=reason,
    )
