"""Sign in: number and password, then a code; or a passkey alone.

Both steps of the first answer alike whether or not the account exists.

Order of the first step: network limit, one look-up, the visitor's budget (refused before any hashing), the count of
tries on the password itself, one hash (always one), and only then a difference. No transaction is open while hashing.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import policy, selectors
from accounts.enums import (
    AccountKind,
    AuthenticatorKind,
    CodePurpose,
    FlowKind,
    NoticeKind,
    StopKind,
)
from accounts.models import Account, Office
from accounts.models.indexes import HOLDER_OF_NUMBER, number_indexes
from accounts.rules import office_hours
from accounts.selectors import networks
from accounts.services import (
    codes,
    flows,
    notices,
    passkeys,
    proofs,
    second_factor,
    sessions,
    stopping,
    tries,
    unlocking,
)
from eid_portal.core import clock, limits, passwords, statements
from eid_portal.core.errors import Busy

_NUMBER: Final = re.compile(r"[0-9]{12}")
_FIND: Final = """
SELECT a.id, a.citizen_id,
    (SELECT d.id FROM accounts_device d
        WHERE d.account_id = a.id AND d.token_hash = ANY(%(device)s) AND d.forgotten_at IS NULL LIMIT 1),
    a.kind = 'citizen' AND EXISTS (SELECT FROM accounts_authenticator f
        WHERE f.account_id = a.id AND f.kind = 'SMS' AND f.state = 'ACTIVE')
    AND NOT EXISTS (SELECT FROM accounts_authenticator f
        WHERE f.account_id = a.id AND f.kind = 'TOTP' AND f.state = 'ACTIVE')
FROM accounts_account a WHERE a.state <> 'CLOSED' AND
"""
_BY_NUMBER: Final = f"a.kind = 'citizen' AND a.citizen_id = {HOLDER_OF_NUMBER}"
_BY_NAME: Final = "a.sign_in_name = %(who)s"
_STAYS_ACTIVE: Final = (
    "SELECT FROM accounts_account WHERE id = %s AND state = 'ACTIVE' FOR NO KEY UPDATE"
)


class WrongPassword(tries.SignInRefused):
    """Number or password is another; ``left`` tries remain."""

    code = "wrong_password"

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(
            ngettext(
                "The number or the password is not right. %(left)s try left.",
                "The number or the password is not right. %(left)s tries left.",
                left,
            )
            % {"left": left}
        )


class OutsideOffice(tries.SignInRefused):
    """An officer has proved who they are, and no office of theirs admits them: none is here, or none is open."""

    code = "outside_office"

    def __init__(self, closed: Office | None) -> None:
        """``closed`` is the office whose counter they sit at, out of its hours."""
        self.hours = office_hours.write_hours(closed.hours) if closed else ""
        super().__init__(
            _("Your office is closed now. You can sign in during its hours.")
            if closed
            else _("You can sign in at your office only, on its own network.")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """What a browser brings along."""

    device_token: str | None = field(repr=False)
    device_label: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A session has begun; the secrets go into cookies."""

    account: Account
    key: str = field(repr=False)
    device_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    account_id: UUID | None = None
    citizen_id: UUID | None = None
    device_id: UUID | None = None
    by_sms: bool = False  # text messages are the second factor they have


# --- The first step -----------------------------------------------------------------------------
def begin(*, identifier: str, password: str, visitor: Visitor, now: datetime) -> str:
    """Check number (twelve digits) or sign-in name, and password. Returns the token of the flow that goes on.

    Raises:
        WrongPassword: see the class; also where there is no such account, or it was never activated.
        tries.TooManyTries: see the class.
        Busy: too many hashes are waiting; the try does not count.
    """
    tries.within(policy.SIGN_IN_NETWORK, sessions.network_of(visitor.address), now)
    found = _find(identifier, visitor.device_token)
    known = found.device_id is not None
    if known:
        budget, key = policy.SIGN_IN_DEVICE, f"{found.account_id}:{found.device_id}"
    else:
        budget, key = policy.SIGN_IN_STRANGER, identifier
    answer, reserved = proofs.reserve_within(
        budget,
        key,
        account_id=found.account_id,
        kind=AuthenticatorKind.PASSWORD,
        known_device=known,
        now=now,
    )
    left = tries.left_of(answer, stranger=not known)
    right = _password_matches(password, reserved, budget=budget, key=key)
    account_id = found.account_id
    if not right or account_id is None:
        tries.record_failure(account_id, found.citizen_id, factor="password", known=known, now=now)
        proofs.fail(reserved, now=now)
        raise WrongPassword(left)
    proofs.refresh_password(reserved[0], password)
    flow, token = flows.prepare(
        kind=FlowKind.SIGN_IN,
        account_id=account_id,
        data={"device": str(found.device_id) if found.device_id else None},
        now=now,
    )
    in_force, *_others = statements.run_together(
        proofs.success(reserved[0], now=now),
        limits.forgetting(budget, key),
        statements.insertion(flow),
    )
    if not in_force:  # it was changed while this one was compared
        raise WrongPassword(left)
    if found.by_sms:
        # The next page says when another may be sent, or that none is.
        with suppress(codes.TooManyCodes, proofs.SimChangedLately):
            second_factor.send_code(account=flow.account, request_id=flow.pk, now=now)
    return token


def _find(identifier: str, device_token: str | None) -> _Found:
    by_number = _NUMBER.fullmatch(identifier)
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND + (_BY_NUMBER if by_number else _BY_NAME),
            {
                "who": number_indexes(identifier) if by_number else identifier,
                "device": sessions.device_hashes(device_token),
            },
        )
        row = cursor.fetchone()
    if row is None:
        return _Found()
    return _Found(account_id=row[0], citizen_id=row[1], device_id=row[2], by_sms=row[3])


def _password_matches(
    password: str, reserved: list[proofs.Try], *, budget: limits.Limit, key: str
) -> bool:
    """One hash, whether there is something to compare with or not."""
    try:
        if reserved:
            return passwords.matches(password, reserved[0].password_hash)
        passwords.spend_the_same(password)
    except Busy:
        proofs.give_back(reserved)
        limits.give_back(budget, key)
        raise
    return False


# --- The second step ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStep:
    """What the second page shows."""

    account_kind: AccountKind
    ways: tuple[AuthenticatorKind, ...]  # the preferred one first
    phone: str = field(repr=False)  # E.164, empty without one
    sent_at: datetime | None
    sent_until: datetime | None


def show_second_step(*, token: str, now: datetime) -> SecondStep:
    """Which ways the person of a flow can go on. Read only.

    Raises:
        flows.FlowOver: see the class.
    """
    flow = flows.get(token, kind=FlowKind.SIGN_IN, now=now)
    code = codes.find(purpose=CodePurpose.SIGN_IN, request_id=flow.pk)
    live = code if code is not None and code.used_at is None and code.expires_at > now else None
    phone = second_factor.find_phone(flow.account)
    return SecondStep(
        account_kind=AccountKind(flow.account.kind),
        ways=second_factor.ways_of(flow.account),
        phone=phone.secret if phone else "",
        sent_at=live.sent_at if live else None,
        sent_until=live.expires_at if live else None,
    )


def send_code(*, token: str, now: datetime) -> None:
    """Send a code to the phone of the person of a flow.

    Raises:
        flows.FlowOver: see the class.
        proofs.NoAuthenticator: they have no phone, or may not sign in with one.
        codes.TooManyCodes: see the class.
    """
    flow = flows.get(token, kind=FlowKind.SIGN_IN, now=now)
    second_factor.send_code(account=flow.account, request_id=flow.pk, now=now)


def enter(
    *,
    token: str,
    way: AuthenticatorKind,
    code: str,
    visitor: Visitor,
    only: AccountKind | None = None,
    now: datetime,
) -> Entered:
    """Check the second factor and begin the session; ``only`` of accounts of that kind.

    Raises:
        flows.FlowOver: see the class; also of an account of another kind.
        tries.TooManyTries: see the class.
        proofs.ProofRefused: see its subclasses.
        codes.CodeRefused: see its subclasses.
        unlocking.AccountLocked: both factors are right, and the account is locked or closed; the flow ends.
        OutsideOffice: both factors are right, and no office of the officer admits them here and now.
    """
    flow = flows.get(token, kind=FlowKind.SIGN_IN, now=now)
    account = flow.account
    if only not in {None, account.kind}:
        raise flows.FlowOver
    device = flow.data["device"]  # what was known at the first step: cookies can be changed
    known, key = device is not None, f"{account.pk}:{device or ''}"
    tries.within(policy.SECOND_FACTOR, key, now)
    proved = second_factor.check(
        account=account, request_id=flow.pk, way=way, code=code, known=known, now=now
    )
    office_id = _admitting_office(account, address=visitor.address)
    with transaction.atomic():
        _forgotten, active = flows.end(
            flow,
            limits.forgetting(policy.SECOND_FACTOR, key),
            (_STAYS_ACTIVE, [account.pk]),  # so that whoever locks it now finds this session
            now=now,
        )
        if active:
            return _begin_session(
                account,
                amr=second_factor.AMR[way],
                authenticator_id=proved,
                visitor=visitor,
                office_id=office_id,
                now=now,
            )
    raise unlocking.refuse(
        account=account, amr=second_factor.AMR[way], authenticator_id=proved, now=now
    )


# --- With a passkey, which is both factors --------------------------------------------------------
def enter_with_passkey(
    *, answer: str, visitor: Visitor, only: AccountKind | None = None, now: datetime
) -> Entered:
    """Check a passkey's answer and begin the session: no number, no password, no second step.

    With ``only`` the passkeys of accounts of another kind are unknown.

    Only answers that prove nothing count against the network: nobody guesses a signature, and many sign in from one.

    Raises:
        tries.TooManyTries: see the class.
        proofs.ProofRefused: see its subclasses.
        unlocking.AccountLocked: the passkey is right, and the account is locked or closed.
        OutsideOffice: the passkey is right, and no office of the officer admits them here and now.
    """
    try:
        return _enter_with_passkey(answer=answer, visitor=visitor, only=only, now=now)
    except proofs.ProofRefused:
        tries.within(policy.SIGN_IN_NETWORK, sessions.network_of(visitor.address), now)
        raise


def _enter_with_passkey(
    *, answer: str, visitor: Visitor, only: AccountKind | None, now: datetime
) -> Entered:
    proved = passkeys.verify(
        answer, purpose=passkeys.Purpose.SIGN_IN, device_token=visitor.device_token, now=now
    )
    account = proved.account
    if only not in {None, account.kind}:
        raise passkeys.PasskeyRefused(passkeys.Refusal.UNKNOWN)
    office_id = _admitting_office(account, address=visitor.address)
    with transaction.atomic():
        active, seen = passkeys.use(
            proved,
            (_STAYS_ACTIVE, [account.pk]),
            sessions.seeing(proved.device_id, now=now),
            now=now,
        )
        if active:
            return _begin_session(
                account,
                amr=second_factor.AMR[AuthenticatorKind.PASSKEY],
                authenticator_id=proved.authenticator_id,
                visitor=visitor,
                office_id=office_id,
                device_id=proved.device_id if seen else None,
                now=now,
            )
    raise unlocking.refuse(
        account=account,
        amr=second_factor.AMR[AuthenticatorKind.PASSKEY],
        authenticator_id=proved.authenticator_id,
        now=now,
    )


# --- Parts --------------------------------------------------------------------------------------
def office_for(account: Account, *, address: str) -> UUID | None:
    """The office an officer signs in at, None if none of theirs admits them here and now.

    The one whose network they are on, else the first by code that has no networks; each in its hours.
    """
    try:
        return _admitting_office(account, address=address)
    except OutsideOffice:
        return None


def _admitting_office(account: Account, *, address: str) -> UUID | None:
    if account.kind != AccountKind.OFFICER:
        return None
    posts = selectors.list_posts(account)
    if not posts:
        return None
    local = clock.now().astimezone(clock.VIET_NAM)
    reachable = [one for one in posts if office_hours.is_inside(one.networks, address)]
    admitting = [one for one in reachable if office_hours.is_open(one.hours, local)]
    if not admitting:
        raise OutsideOffice(reachable[0] if reachable else None)
    chosen = networks.office_on_network(address, among=admitting) or admitting[0]
    return chosen.pk


def _begin_session(
    account: Account,
    *,
    amr: tuple[str, ...],
    authenticator_id: UUID,
    visitor: Visitor,
    office_id: UUID | None,
    now: datetime,
    device_id: UUID | None = None,
) -> Entered:
    """The session, and word of a device that is new to the account."""
    key, device_token, new = sessions.start(
        account=account,
        device_id=device_id,
        device_token=visitor.device_token,
        device_label=visitor.device_label,
        amr=amr,
        authenticator_id=authenticator_id,
        address=visitor.address,
        office_id=office_id,
        now=now,
    )
    if new:
        _tell_of_new_device(account, visitor.device_label, now=now)
    return Entered(account=account, key=key, device_token=device_token)


def _tell_of_new_device(account: Account, label: str, *, now: datetime) -> None:
    local = now.astimezone(clock.VIET_NAM)
    values = {
        "device": label or _("unknown"),
        "time": f"{local:%H:%M}",
        "date": f"{local:%d/%m/%Y}",
        "helpline": settings.HELPLINE,
    }
    code = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
    notices.tell(
        account=account,
        kind=NoticeKind.NEW_DEVICE,
        values=values,
        private={"stop_code": code.shown, "stop_link": code.link},
        now=now,
    )
