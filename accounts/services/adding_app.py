"""Add an authenticator app to an active account: the secret waits as PENDING until the app shows the right code."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import ngettext, pgettext

from accounts import policy
from accounts.enums import Action, AuthenticatorKind, AuthenticatorState, NoticeKind
from accounts.models import Account, Authenticator
from accounts.services import assurance, authenticators, notices, sessions, tries
from accounts.services.proofs import ProofRefused
from eid_portal.core import transitions


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApp:
    """What the app needs to know."""

    uri: str = field(repr=False)
    secret: str = field(repr=False)


class TooManyApps(ProofRefused):
    """The account has as many apps as it may have."""

    code = "too_many_apps"

    def __init__(self) -> None:
        super().__init__(
            ngettext(
                "You have %(count)s authenticator app, and no more can be added. Remove one first.",
                "You have %(count)s authenticator apps, and no more can be added. Remove one first.",
                policy.APPS_MOST,
            )
            % {"count": policy.APPS_MOST}
        )


@transaction.atomic
def begin(*, session: sessions.Session, now: datetime) -> None:
    """Make a secret; an unfinished one dies.

    Raises:
        assurance.StepUpNeeded: see the class.
        TooManyApps: see the class.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    assurance.require(session, Action.ADD_AUTHENTICATOR, now=now)
    account = authenticators.lock(session)
    _refuse_many(account)
    authenticators.begin_totp(account=account, now=now)


def find(*, session: sessions.Session, now: datetime) -> NewApp | None:
    """The secret that waits for its first code. Read only.

    Raises:
        assurance.StepUpNeeded: see the class.
    """
    assurance.require(session, Action.ADD_AUTHENTICATOR, now=now)
    row = _pending(session.account)
    if row is None:
        return None
    return NewApp(
        uri=authenticators.otpauth_uri(row, name=app_name(session.account), issuer=issuer()),
        secret=row.secret,
    )


def confirm(*, session: sessions.Session, code: str, label: str = "", now: datetime) -> bool:
    """Bind the app that shows the right code, and tell the person elsewhere; False if nothing was begun.

    Raises:
        assurance.StepUpNeeded: see the class.
        TooManyApps: see the class.
        tries.TooManyTries: see the class.
        proofs.WrongProof: see the class.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    assurance.require(session, Action.ADD_AUTHENTICATOR, now=now)
    account = session.account
    row = _pending(account)
    if row is None:
        return False
    tries.within(policy.SECOND_FACTOR, f"new:{row.pk}", now)
    authenticators.confirm_totp(authenticator=row, code=code, now=now)
    with suppress(transitions.StaleState), transaction.atomic():  # pressed twice: it is bound
        authenticators.lock(session)
        Authenticator.objects.filter(pk=row.pk).update(label=label[: policy.LABEL_LONGEST])
        authenticators.bind(row, account=account, actor=sessions.actor_of(session), now=now)
        _refuse_many(account, already=1)
        notices.tell(
            account=account,
            kind=NoticeKind.AUTHENTICATOR_ADDED,
            values={
                "kind": AuthenticatorKind.TOTP.value,
                "helpline": settings.HELPLINE,
            },
            now=now,
        )
    return True


def app_name(account: Account) -> str:
    """What stands beside the code in the app: never a whole personal number."""
    return account.sign_in_name or f"•••• {account.citizen.personal_number[-4:]}"


def issuer() -> str:
    """The portal's name in the app."""
    return pgettext("authenticator app", "National e-ID portal")


def _refuse_many(account: Account, *, already: int = 0) -> None:
    apps = Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.TOTP, state=AuthenticatorState.ACTIVE
    )
    if apps.count() - already >= policy.APPS_MOST:
        raise TooManyApps


def _pending(account: Account) -> Authenticator | None:
    return Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.TOTP, state=AuthenticatorState.PENDING
    ).first()
