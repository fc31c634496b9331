"""Sessions and devices: the truth lies in PostgreSQL, the cookie holds a secret, here is only its hash."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts import events, policy
from accounts.enums import AccountKind, AccountState, SessionEnd
from accounts.models import Account, Citizen, Device, DeviceSession
from eid_portal.core import audit, ids, readonly, sealed, statements
from eid_portal.core.events import Actor, ActorKind

_SESSION: Final = statements.Columns(DeviceSession, "s")
_ACCOUNT: Final = statements.Columns(Account, "a")
_CITIZEN: Final = statements.Columns(Citizen, "c")
_FIND: Final = f"""
SELECT {_SESSION.sql}, {_ACCOUNT.sql}, {_CITIZEN.sql}
FROM accounts_devicesession s
JOIN accounts_account a ON a.id = s.account_id
JOIN accounts_citizen c ON c.id = a.citizen_id
WHERE s.key_hash = %s AND s.ended_at IS NULL AND s.ends_at > %s
"""  # noqa: S608 - column names
_SEE_DEVICE: Final = """
INSERT INTO accounts_device AS d (id, account_id, token_hash, label, first_seen_at, last_seen_at)
VALUES (%(id)s, %(account)s, %(token)s, %(label)s, %(now)s, %(now)s)
ON CONFLICT (account_id, token_hash) DO UPDATE SET last_seen_at =
    CASE WHEN d.forgotten_at IS NULL THEN EXCLUDED.last_seen_at ELSE d.last_seen_at END
RETURNING id, forgotten_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A confirmed session, as ``request.session``."""

    id: UUID
    account: Account
    device_id: UUID
    office_id: UUID | None
    aal: int
    amr: tuple[str, ...]
    authenticated_at: datetime
    seen_at: datetime
    ends_at: datetime
    idle_ends_at: datetime


def find(key: str, *, now: datetime) -> Session | None:
    """The live session of a cookie's key, by one look-up; None if it ended, idled out or its account is locked."""
    found = statements.fetch_one(_FIND, [sealed.token_hash(key), now])
    if found is None:
        return None
    row = _SESSION.row(found[: len(_SESSION)])
    row.account = _ACCOUNT.row(found[len(_SESSION) : -len(_CITIZEN)])
    row.account.citizen = _CITIZEN.row(found[-len(_CITIZEN) :])
    if row.account.state != AccountState.ACTIVE:
        return None
    idle_ends_at = row.seen_at + _idle(row.account.kind)
    if idle_ends_at <= now:
        return None
    return Session(
        id=row.pk,
        account=row.account,
        device_id=row.device_id,
        office_id=row.office_id,
        aal=row.aal,
        amr=tuple(row.amr),
        authenticated_at=row.authenticated_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        idle_ends_at=idle_ends_at,
    )


def touch(session: Session, *, now: datetime) -> None:
    """Keep the session from idling out; written at most every ``policy.SESSION_TOUCH``."""
    if now - session.seen_at < policy.SESSION_TOUCH:
        return
    with readonly.access_record():
        DeviceSession.objects.filter(pk=session.id, ended_at__isnull=True).update(seen_at=now)


def actor_of(session: Session) -> Actor:
    """Who acts in this session."""
    account = session.account
    return Actor(
        kind=ActorKind(account.kind),
        account_id=account.pk,
        citizen_id=account.citizen_id,
        office_id=session.office_id,
    )


@transaction.atomic(savepoint=False)
def start(
    *,
    account: Account,
    device_token: str | None,
    device_label: str,
    amr: tuple[str, ...],
    address: str,
    office_id: UUID | None,
    now: datetime,
) -> tuple[str, str, bool]:
    """Begin a session after full authentication.

    ``device_token`` is the browser's device cookie or None; ``address`` its IP address. Returns the session key and the
    device token for the cookies, and whether the device is new to the account.
    """
    token = device_token or ids.token()
    device_id, new, forgotten = _see_device(account, token, device_label, now=now)
    if forgotten:  # the owner removed it: the old cookie makes no known device again
        token = ids.token()
        device_id, new, _forgotten = _see_device(account, token, device_label, now=now)
    key = ids.token()
    session = DeviceSession(
        key_hash=sealed.token_hash(key),
        account=account,
        device_id=device_id,
        office_id=office_id,
        aal=2,
        amr=list(amr),
        network=network_of(address),
        started_at=now,
        authenticated_at=now,
        seen_at=now,
        ends_at=now + policy.SESSION_LASTS,
    )
    actor = Actor(
        kind=ActorKind(account.kind),
        account_id=account.pk,
        citizen_id=account.citizen_id,
        office_id=office_id,
    )
    event = audit.prepare(
        events.SignedIn(amr=list(amr), new_device=new),
        actor=actor,
        subject_id=account.citizen_id,
        target=account,
        now=now,
    )
    statements.insert(session, event)
    return key, token, new


@transaction.atomic
def renew(session: Session, *, amr: tuple[str, ...], now: datetime) -> str:
    """Note that the person proved themselves afresh; the key changes. Returns the new key."""
    key = ids.token()
    DeviceSession.objects.filter(pk=session.id, ended_at__isnull=True).update(
        key_hash=sealed.token_hash(key), authenticated_at=now, seen_at=now, amr=list(amr)
    )
    audit.record(
        events.SignedInAfresh(amr=list(amr)),
        actor=actor_of(session),
        subject_id=session.account.citizen_id,
        target=session.account,
        now=now,
    )
    return key


@transaction.atomic
def end(session: Session, *, reason: SessionEnd, now: datetime) -> None:
    """End one session; from this moment every request with its key is a stranger's."""
    ended = DeviceSession.objects.filter(pk=session.id, ended_at__isnull=True).update(
        ended_at=now, end_reason=reason
    )
    if ended:
        audit.record(
            events.SignedOut(reason=reason),
            actor=actor_of(session),
            subject_id=session.account.citizen_id,
            target=session.account,
            now=now,
        )


def end_all(
    *, account_ids: list[UUID], reason: SessionEnd, now: datetime, but: UUID | None = None
) -> int:
    """End the sessions of accounts in the caller's transaction, ``but`` one. Returns how many ended."""
    rows = DeviceSession.objects.filter(account_id__in=account_ids, ended_at__isnull=True)
    if but is not None:
        rows = rows.filter(~Q(pk=but))
    return rows.update(ended_at=now, end_reason=reason)


def knows_device(*, account_id: UUID, device_token: str | None) -> bool:
    """Whether this browser once signed in fully to the account."""
    if not device_token:
        return False
    return Device.objects.filter(
        account_id=account_id, token_hash=sealed.token_hash(device_token), forgotten_at__isnull=True
    ).exists()


def network_of(address: str) -> str:
    """The /24 or /48 an address lies in: enough to recognise, too little to follow."""
    try:
        prefix = 24 if ip_address(address).version == 4 else 48  # noqa: PLR2004 - IP versions and prefix lengths
        return str(ip_network(f"{address}/{prefix}", strict=False))
    except ValueError:
        return ""


def _see_device(
    account: Account, token: str, label: str, *, now: datetime
) -> tuple[UUID, bool, bool]:
    """The account's device of a token, made if it has none: its id, whether it is new, whether it was forgotten."""
    fresh = ids.uuid7()
    row = statements.fetch_one(
        _SEE_DEVICE,
        {
            "id": fresh,
            "account": account.pk,
            "token": sealed.token_hash(token),
            "label": label[:80],
            "now": now,
        },
    )
    assert row is not None  # noqa: S101 - an upsert without a condition always returns its row
    return row[0], row[0] == fresh, row[1]


def _idle(kind: str) -> timedelta:
    return policy.CITIZEN_IDLE if kind == AccountKind.CITIZEN else policy.OFFICER_IDLE
