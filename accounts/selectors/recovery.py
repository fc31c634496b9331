"""What the pages of a recovery show: the wait as it stands, and counters that are open."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.utils.translation import get_language

from accounts import policy
from accounts.enums import NoticeChannel, NoticeKind, NoticeState, RecoveryProof, RecoveryState
from accounts.models import Account, Notice, Office, Recovery
from accounts.models.offices import in_force
from accounts.rules import emails
from eid_portal.core import clock

COUNTERS: Final = 8
_WEEK: Final = 7


# --- The wait -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A channel on which the holder was told, and what became of it."""

    channel: NoticeChannel
    to: str = field(repr=False)  # the end of a phone number, a masked address, or nothing
    state: NoticeState


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delayed reset as whoever has its number and reference sees it."""

    reference: str
    state: RecoveryState
    first_proof: RecoveryProof
    device: str
    opened_at: datetime
    ready_at: datetime
    expires_at: datetime
    reminders_at: tuple[datetime, ...]
    ready: bool
    told: tuple[Told, ...]


def waiting_of(account: Account, *, now: datetime) -> Waiting | None:
    """The delayed reset of an account that waits; for its owner signed in."""
    recovery = Recovery.objects.filter(account=account, state=RecoveryState.OPEN).first()
    return waiting(recovery, now=now) if recovery else None


def waiting(recovery: Recovery, *, now: datetime) -> Waiting:
    """One delayed reset, with how its holder was told of it."""
    notices = Notice.objects.filter(
        account_id=recovery.account_id,
        kind=NoticeKind.RECOVERY_STARTED,
        created_at=recovery.opened_at,
    ).order_by("id")
    state = RecoveryState(recovery.state)
    if state == RecoveryState.OPEN and now >= recovery.expires_at:
        state = RecoveryState.EXPIRED
    return Waiting(
        reference=recovery.reference,
        state=state,
        first_proof=RecoveryProof(recovery.first_proof),
        device=recovery.device_label,
        opened_at=recovery.opened_at,
        ready_at=recovery.ready_at,
        expires_at=recovery.expires_at,
        reminders_at=tuple(recovery.opened_at + wait for wait in policy.RECOVERY_REMINDERS),
        ready=state == RecoveryState.OPEN and now >= recovery.ready_at,
        told=tuple(
            Told(
                channel=NoticeChannel(notice.channel),
                to=_shown(notice),
                state=NoticeState(notice.state),
            )
            for notice in notices
        ),
    )


def _shown(notice: Notice) -> str:
    match notice.channel:
        case NoticeChannel.SMS:
            return str(notice.to)[-3:]
        case NoticeChannel.EMAIL:
            return emails.masked(notice.to)
        case _:
            return ""


# --- Counters ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """An office: open until then, or opening then; neither where its hours are not known."""

    name: str
    province: str
    open_until: datetime | None
    opens_at: datetime | None


def list_counters(*, now: datetime) -> list[Counter]:
    """Offices in force, those that are open now first, then those that open soonest."""
    offices = Office.objects.filter(in_force(clock.today(now))).select_related("province")
    found = [_counter(office, now) for office in offices]
    far = now + timedelta(days=_WEEK + 1)
    found.sort(key=lambda one: (one.open_until is None, one.opens_at or far, one.name))
    return found[:COUNTERS]


def _counter(office: Office, now: datetime) -> Counter:
    open_until = opens_at = None
    for start, end in _hours(office.hours, clock.today(now)):
        if start <= now < end and open_until is None:
            open_until = end
        elif start > now and (opens_at is None or start < opens_at):
            opens_at = start
    return Counter(
        name=office.name_en if get_language() == "en" else office.name,
        province=office.province.name,
        open_until=open_until,
        opens_at=None if open_until else opens_at,
    )


def _hours(hours: list[list[Any]], today: date) -> list[tuple[datetime, datetime]]:
    """When an office is open from today on, for a week."""
    spans = []
    for offset in range(_WEEK + 1):
        day = today + timedelta(days=offset)
        spans += [
            (_at(day, start), _at(day, end)) for weekday, start, end in hours if weekday == day.weekday()
        ]  # fmt: skip
    return spans


def _at(day: date, text: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), tzinfo=clock.VIET_NAM)
