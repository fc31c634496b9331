"""Name and remove passkeys and authenticator apps; never the last way in."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import events, policy
from accounts.enums import AccountKind, Action, AuthenticatorKind, AuthenticatorState, NoticeKind
from accounts.models import Account, Authenticator
from accounts.rules import last_way
from accounts.services import assurance, authenticators, notices, sessions
from accounts.services.proofs import ProofRefused
from eid_portal.core import audit

KINDS: Final = (AuthenticatorKind.PASSKEY, AuthenticatorKind.TOTP)
_HELD: Final = (AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED)


class LastWay(ProofRefused):
    """Nobody would get into the account any more."""

    code = "last_way"

    def __init__(self) -> None:
        super().__init__(
            _("This is the last way into your account. Add another way to sign in, then remove it.")
        )


class Unknown(ProofRefused):
    """The account has no such passkey or app, or has it no more."""

    code = "unknown_authenticator"

    def __init__(self) -> None:
        super().__init__(_("Your account does not have this way to sign in any more."))


def find(*, session: sessions.Session, authenticator_id: UUID, now: datetime) -> Authenticator:
    """What is going to be removed, for the page that asks once more. Read only.

    Raises:
        assurance.StepUpNeeded: see the class.
        Unknown, LastWay: see there.
    """
    assurance.require(session, Action.REMOVE_AUTHENTICATOR, now=now)
    row = _find(session.account, authenticator_id)
    _refuse_last(session.account, row, now=now)
    return row


@transaction.atomic
def remove(*, session: sessions.Session, authenticator_id: UUID, now: datetime) -> None:
    """Remove a passkey or an app; its record stays. Of removals at the same moment each sees the one before.

    Raises:
        assurance.StepUpNeeded: see the class.
        Unknown, LastWay: see there.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    assurance.require(session, Action.REMOVE_AUTHENTICATOR, now=now)
    account = authenticators.lock(session)
    row = _find(account, authenticator_id)
    _refuse_last(account, row, now=now)
    authenticators.retire(row, account=account, actor=sessions.actor_of(session), now=now)
    notices.tell(
        account=account,
        kind=NoticeKind.AUTHENTICATOR_REMOVED,
        values={"kind": row.kind, "helpline": settings.HELPLINE},
        now=now,
    )


@transaction.atomic
def rename(*, session: sessions.Session, authenticator_id: UUID, label: str, now: datetime) -> None:
    """Give a passkey or an app another name; the same name again is no news.

    Raises:
        Unknown: see the class.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    account = authenticators.lock(session)
    row = _find(account, authenticator_id)
    label = label[: policy.LABEL_LONGEST]
    if row.label == label:
        return
    Authenticator.objects.filter(pk=row.pk).update(label=label)
    audit.record(
        events.AuthenticatorNamed(kind=row.kind),
        actor=sessions.actor_of(session),
        subject_id=account.citizen_id,
        target=row,
        now=now,
    )


def _find(account: Account, authenticator_id: UUID) -> Authenticator:
    row = Authenticator.objects.filter(
        pk=authenticator_id, account=account, kind__in=KINDS, state__in=_HELD
    ).first()
    if row is None:
        raise Unknown
    return row


def _refuse_last(account: Account, row: Authenticator, *, now: datetime) -> None:
    """What is disabled, or a phone whose SIM was changed, lets nobody in; a disabled one may always go."""
    if row.state == AuthenticatorState.DISABLED:
        return
    left = (
        Authenticator.objects.filter(account=account, state=AuthenticatorState.ACTIVE)
        .filter(Q(blocked_until__isnull=True) | Q(blocked_until__lte=now))
        .exclude(pk=row.pk)
        .values_list("kind", flat=True)
    )
    kinds = {AuthenticatorKind(kind) for kind in left}
    if not last_way.lets_in(kinds, AccountKind(account.kind)):
        raise LastWay
