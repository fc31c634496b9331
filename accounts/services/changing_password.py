"""Change the password: the old one goes, the new one is in force, and every other session ends in the same moment."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import (
    Action,
    AuthenticatorKind,
    AuthenticatorState,
    NoticeKind,
    SessionEnd,
    StopKind,
)
from accounts.models import Account, Authenticator
from accounts.services import assurance, authenticators, notices, sessions, stopping
from accounts.services.proofs import ProofRefused
from eid_portal.core import clock, passwords


class SamePassword(ProofRefused):
    """The new password is the old one."""

    code = "same_password"

    def __init__(self) -> None:
        super().__init__(_("This is your password already. Choose another."))


class ChangedElsewhere(ProofRefused):
    """Another window of the same session changed it at the same moment, to another one."""

    code = "changed_elsewhere"

    def __init__(self) -> None:
        super().__init__(_("The password was changed in another window a moment ago. Try again."))


def change_password(*, session: sessions.Session, password: str, now: datetime) -> None:
    """Put another password in force; pressed twice, it is done once. The account's level is untouched.

    Hashes, so call it outside transactions.

    Raises:
        assurance.StepUpNeeded: see the class.
        authenticators.PasswordRefused: see the class.
        SamePassword, ChangedElsewhere: see there.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
        Busy: too many hashes are waiting.
    """
    account = session.account
    assurance.require(session, Action.CHANGE_PASSWORD, now=now)
    seen = _in_force(account)
    if _was_just_set(seen, password, now=now):
        return
    password_hash = authenticators.hash_new(account, password)
    done = _replace(session, password_hash, seen=seen, now=now)
    if not done and not _was_just_set(_in_force(account), password, now=now):
        raise ChangedElsewhere


@transaction.atomic
def _replace(
    session: sessions.Session, password_hash: str, *, seen: Authenticator | None, now: datetime
) -> bool:
    """Whether the password was changed; not where another request changed it while this one was hashing."""
    account = authenticators.lock(session)
    if _in_force(account) != seen:
        return False
    actor = sessions.actor_of(session)
    authenticators.retire_kind(
        account=account, kind=AuthenticatorKind.PASSWORD, actor=actor, now=now
    )
    fresh = authenticators.set_aside(account=account, password_hash=password_hash, now=now)
    authenticators.bind(fresh, account=account, actor=actor, now=now)
    sessions.end_all(account_ids=[account.pk], but=session.id, reason=SessionEnd.PASSWORD, now=now)
    _tell(account, now=now)
    return True


def _in_force(account: Account) -> Authenticator | None:
    return Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.PASSWORD, state=AuthenticatorState.ACTIVE
    ).first()


def _was_just_set(current: Authenticator | None, password: str, *, now: datetime) -> bool:
    """Whether this button was pressed twice, and the first press made this password the one in force.

    Raises:
        SamePassword: it has been in force for longer.
    """
    if current is None or not passwords.matches(password, current.password_hash):
        return False
    if current.bound_at is None or now - current.bound_at > policy.PRESSED_TWICE:
        raise SamePassword
    return True


def _tell(account: Account, *, now: datetime) -> None:
    local = now.astimezone(clock.VIET_NAM)
    stop = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
    notices.tell(
        account=account,
        kind=NoticeKind.PASSWORD_CHANGED,
        values={
            "time": f"{local:%H:%M}",
            "date": f"{local:%d/%m/%Y}",
            "helpline": settings.HELPLINE,
        },
        private={"stop_code": stop.shown, "stop_link": stop.link},
        now=now,
    )
