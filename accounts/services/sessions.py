"""Sessions and devices: the truth lies in PostgreSQL, the cookie holds a secret, here is only its hash."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language

from accounts import events, policy
from accounts.enums import AccountKind, AccountState, FlowKind, SessionEnd
from accounts.models import Account, Citizen, Device, DeviceSession, Flow
from accounts.rules import office_hours
from eid_portal.core import audit, clock, ids, readonly, sealed, statements
from eid_portal.core.events import Actor, ActorKind

_SESSION: Final = statements.Columns(DeviceSession, "s")
_ACCOUNT: Final = statements.Columns(Account, "a")
_CITIZEN: Final = statements.Columns(Citizen, "c")
_FIND: Final = f"""
SELECT (SELECT o.hours FROM accounts_office o WHERE o.id = s.office_id), {_SESSION.sql}, {_ACCOUNT.sql}, {_CITIZEN.sql}
FROM accounts_devicesession s
JOIN accounts_account a ON a.id = s.account_id
JOIN accounts_citizen c ON c.id = a.citizen_id
WHERE s.key_hash = %s AND s.ended_at IS NULL AND s.ends_at > %s
"""  # noqa: S608 - the models' own column names; values go apart
_PREFIXES: Final = {4: 24, 6: 48}  # bits of a network, by IP version
_BEFORE_A_SESSION: Final = (FlowKind.SIGN_IN, FlowKind.UNLOCK)
_BETWEEN: Final = "."  # tokens of a device cookie; they hold none
_ACCOUNTS: Final = 5  # of one browser that are known
# A device that is seen signing in has no other session any more: the browser lost that one's key.
_ONE_EACH: Final = """
WITH seen AS (
    UPDATE accounts_device SET last_seen_at = %(now)s WHERE {which} AND forgotten_at IS NULL
    RETURNING id, account_id
), ended AS (
    UPDATE accounts_devicesession s SET ended_at = %(now)s, end_reason = 'REPLACED' FROM seen
    WHERE s.account_id = seen.account_id AND s.device_id = seen.id AND s.ended_at IS NULL
)
SELECT id FROM seen
"""
_SEEING: Final = _ONE_EACH.format(which="id = %(device)s")
_SEE_DEVICE: Final = _ONE_EACH.format(
    which="""id = (SELECT id FROM accounts_device
    WHERE account_id = %(account)s AND token_hash = ANY(%(tokens)s) AND forgotten_at IS NULL LIMIT 1)"""
)
_END_OLDEST: Final = """
UPDATE accounts_devicesession SET ended_at = %(now)s, end_reason = 'REPLACED'
WHERE id IN (SELECT id FROM accounts_devicesession WHERE account_id = %(account)s AND ended_at IS NULL
    ORDER BY started_at DESC, id DESC OFFSET %(most)s)
"""


class SessionOver(Exception):
    """The session was ended by another request."""


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
    """The live session of a cookie's key, by one look-up.

    None if it ended, idled out, its account is locked, or its office closed ``policy.AFTER_HOURS`` ago.
    """
    found = statements.fetch_one(_FIND, [sealed.token_hash(key), now])
    if found is None:
        return None
    hours, *found = found
    row = _SESSION.row(found[: len(_SESSION)])
    row.account = _ACCOUNT.row(found[len(_SESSION) : -len(_CITIZEN)])
    row.account.citizen = _CITIZEN.row(found[-len(_CITIZEN) :])
    if row.account.state != AccountState.ACTIVE:
        return None
    idle_ends_at = row.seen_at + _idle(row.account.kind)
    if idle_ends_at <= now:
        return None
    if hours and not _is_open(json.loads(hours), now):
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
    authenticator_id: UUID | None = None,
    device_id: UUID | None = None,
) -> tuple[str, str, bool]:
    """Begin a session after full authentication; an earlier one of the same device ends, and the oldest of too many.

    ``device_token`` is the browser's device cookie or None; ``address`` its IP address; ``authenticator_id`` what was
    proved beside the password; ``device_id`` the account's device, if it was just seen (:func:`seeing`). Returns the
    session key and the device token for the cookies, and whether the device is new to the account.

    A browser has a token for each account it was used for: one that was planted, or copied by somebody who used the
    same browser, makes them no known device of another's account.
    """
    _speak_to(account)
    device_id = device_id or _see_device(account, device_token, now=now)
    new, tokens = device_id is None, device_token or ""
    if device_id is None:
        device_id, tokens = _new_device(account, tokens, device_label, now=now)
    key = ids.token()
    session = DeviceSession(
        key_hash=sealed.token_hash(key),
        account=account,
        device_id=device_id,
        office_id=office_id,
        aal=2,
        amr=list(amr),
        authenticator_id=authenticator_id,
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
    if new:
        most = {"now": now, "account": account.pk, "most": policy.SESSIONS_MOST}
        statements.run(_END_OLDEST, most)
    return key, tokens, new


def seeing(device_id: UUID | None, *, now: datetime) -> statements.Step:
    """What notes that a device of an account is here; it meets no row if there is none, or it was forgotten."""
    return _SEEING, {"now": now, "device": device_id}


@transaction.atomic
def renew(session: Session, *, amr: tuple[str, ...], authenticator_id: UUID, now: datetime) -> str:
    """Note that the person proved themselves afresh, and with what; the key changes. Returns the new key.

    Raises:
        SessionOver: it was ended in the meantime.
    """
    key = ids.token()
    if not DeviceSession.objects.filter(pk=session.id, ended_at__isnull=True).update(
        key_hash=sealed.token_hash(key),
        authenticated_at=now,
        seen_at=now,
        amr=list(amr),
        authenticator_id=authenticator_id,
    ):
        raise SessionOver
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
    """End the sessions of accounts in the caller's transaction, ``but`` one. Returns how many ended.

    What was about to become one ends too: sign-ins half done, and offers to unlock. They rest on what was in force.
    """
    Flow.objects.filter(
        account_id__in=account_ids, kind__in=_BEFORE_A_SESSION, ended_at__isnull=True
    ).update(ended_at=now)
    rows = DeviceSession.objects.filter(account_id__in=account_ids, ended_at__isnull=True)
    if but is not None:
        rows = rows.filter(~Q(pk=but))
    return rows.update(ended_at=now, end_reason=reason)


def device_hashes(device_token: str | None) -> list[bytes]:
    """What the tokens in a device cookie are found by."""
    tokens = (device_token or "").split(_BETWEEN)[:_ACCOUNTS]
    return [sealed.token_hash(token) for token in tokens if token]


def _speak_to(account: Account) -> None:
    """What is sent out is written in the language its holder last signed in with."""
    language = get_language() or account.language
    if account.language != language:
        account.language = language
        account.save(update_fields=["language"])


def network_of(address: str) -> str:
    """The /24 or /48 an address lies in: enough to recognise, too little to follow."""
    try:
        prefix = _PREFIXES[ip_address(address).version]
        return str(ip_network(f"{address}/{prefix}", strict=False))
    except ValueError:
        return ""


def _see_device(account: Account, device_token: str | None, *, now: datetime) -> UUID | None:
    """The account's own device that the cookie names, seen now; None if it is not known, or was forgotten."""
    values = {"now": now, "account": account.pk, "tokens": device_hashes(device_token)}
    row = statements.fetch_one(_SEE_DEVICE, values)
    return row[0] if row else None


def _new_device(
    account: Account, device_token: str, label: str, *, now: datetime
) -> tuple[UUID, str]:
    """A device of the account, and the cookie with its token beside those of other accounts; the oldest goes."""
    token = ids.token()
    device = Device(
        account=account,
        token_hash=sealed.token_hash(token),
        label=label[:80],
        first_seen_at=now,
        last_seen_at=now,
    )
    statements.insert(device)
    kept = [each for each in device_token.split(_BETWEEN) if each][-(_ACCOUNTS - 1) :]
    return device.pk, _BETWEEN.join([*kept, token])


def _is_open(hours: list[list[object]], now: datetime) -> bool:
    local = now.astimezone(clock.VIET_NAM)
    return office_hours.is_open(hours, local, after=policy.AFTER_HOURS)


def _idle(kind: str) -> timedelta:
    return policy.CITIZEN_IDLE if kind == AccountKind.CITIZEN else policy.OFFICER_IDLE
