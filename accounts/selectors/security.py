"""The ways into an account as its holder sees them: in use, and every one that ever was."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from accounts.enums import AuthenticatorKind, AuthenticatorState, ContactState
from accounts.models import Account, Authenticator, ContactChange, DeviceSession
from accounts.rules import emails

_IN_USE = (AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way into an account, or of hearing about it."""

    id: UUID
    kind: AuthenticatorKind
    label: str
    contact: str = field(repr=False)  # a phone in E.164, an address masked; else empty
    disabled: bool
    bound_at: datetime
    used_at: datetime | None
    device: str  # the browser it was last used on; empty where that is not known
    ended_at: datetime | None
    counts_from: datetime | None  # a new phone or address: for money and recovery
    blocked_until: datetime | None  # a phone whose SIM was changed
    codes_left: int
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of phone or e-mail address that can still be taken back."""

    kind: AuthenticatorKind
    old: str = field(repr=False)
    new: str = field(repr=False)
    made_at: datetime
    revert_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What the page of the ways to sign in shows."""

    passkeys: list[Way]
    password: Way | None
    apps: list[Way]
    phone: Way | None
    codes: Way | None
    email: Way | None
    removed: list[Way]  # the latest first
    changes: list[Change]


def way_of(account: Account, authenticator_id: UUID, *, now: datetime) -> Way | None:
    """One way that is in use or disabled, as the page names it."""
    ways = ways_of(account, now=now)
    single = (ways.password, ways.phone, ways.codes, ways.email)
    held = (*ways.passkeys, *ways.apps, *(way for way in single if way))
    return next((way for way in held if way.id == authenticator_id), None)


def ways_of(account: Account, *, now: datetime) -> Ways:
    """Every way of an account, by a fixed number of queries."""
    rows = list(
        Authenticator.objects.filter(account=account, bound_at__isnull=False)
        .annotate(
            codes_all=Count("codes"), codes_left=Count("codes", Q(codes__used_at__isnull=True))
        )
        .order_by("bound_at", "pk")
    )
    devices = _devices(account)
    held = [_way(row, devices, now=now) for row in rows if row.state in _IN_USE]
    ended = [_way(row, devices, now=now) for row in rows if row.state not in _IN_USE]

    def of(kind: AuthenticatorKind) -> list[Way]:
        # One in use before one that was disabled, whose place it took.
        return sorted((way for way in held if way.kind == kind), key=lambda way: way.disabled)

    def one(kind: AuthenticatorKind) -> Way | None:
        return next(iter(of(kind)), None)

    return Ways(
        passkeys=of(AuthenticatorKind.PASSKEY),
        password=one(AuthenticatorKind.PASSWORD),
        apps=of(AuthenticatorKind.TOTP),
        phone=one(AuthenticatorKind.SMS),
        codes=one(AuthenticatorKind.RECOVERY_CODES),
        email=one(AuthenticatorKind.EMAIL),
        removed=sorted(ended, key=lambda way: way.ended_at or way.bound_at, reverse=True),
        changes=_changes(account, now=now),
    )


def _devices(account: Account) -> dict[UUID | str, str]:
    """The browser each was last used on: by authenticator, and of the password, which no session names."""
    sessions = DeviceSession.objects.filter(account=account).order_by("-authenticated_at")
    found: dict[UUID | str, str] = dict(
        sessions.filter(authenticator__isnull=False)
        .order_by("authenticator_id", "-authenticated_at")
        .distinct("authenticator_id")
        .values_list("authenticator_id", "device__label")
    )
    password = sessions.filter(amr__contains=["pwd"]).values_list("device__label", flat=True)
    found[AuthenticatorKind.PASSWORD] = password.first() or ""
    return found


def _way(row: Authenticator, devices: dict[UUID | str, str], *, now: datetime) -> Way:
    kind = AuthenticatorKind(row.kind)
    in_use = row.state == AuthenticatorState.ACTIVE
    by = AuthenticatorKind.PASSWORD if kind == AuthenticatorKind.PASSWORD and in_use else row.pk
    later = {
        name: moment if moment is not None and moment > now else None
        for name, moment in (("from", row.trusted_from), ("until", row.blocked_until))
    }
    assert row.bound_at is not None  # noqa: S101 - those alone are asked for
    return Way(
        id=row.pk,
        kind=kind,
        label=row.label,
        contact=_shown(row),
        disabled=row.state == AuthenticatorState.DISABLED,
        bound_at=row.bound_at,
        used_at=row.last_used_at,
        device=devices.get(by, "") if row.last_used_at else "",
        ended_at=row.ended_at,
        counts_from=later["from"],
        blocked_until=later["until"],
        codes_left=getattr(row, "codes_left", 0),
        codes=getattr(row, "codes_all", 0),
    )


def _changes(account: Account, *, now: datetime) -> list[Change]:
    rows = (
        ContactChange.objects.filter(
            account=account, state=ContactState.REVERTIBLE, revert_until__gt=now
        )
        .select_related("old", "new")
        .order_by("made_at")
    )
    return [
        Change(
            kind=AuthenticatorKind(row.new.kind),
            old=_shown(row.old) if row.old else "",
            new=_shown(row.new),
            made_at=row.made_at,
            revert_until=row.revert_until,
        )
        for row in rows
    ]


def _shown(row: Authenticator) -> str:
    if row.kind == AuthenticatorKind.SMS:
        return str(row.secret)
    return emails.masked(row.secret) if row.kind == AuthenticatorKind.EMAIL else ""
