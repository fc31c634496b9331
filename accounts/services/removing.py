"""Name and remove the ways to sign in, to be told and to recover; never the last way in."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import events, policy
from accounts.enums import (
    AccountKind,
    Action,
    AuthenticatorKind,
    AuthenticatorState,
    ContactState,
    NoticeChannel,
    NoticeKind,
)
from accounts.models import Account, Authenticator, ContactChange
from accounts.rules import last_way
from accounts.services import (
    assurance,
    authenticators,
    contacts,
    notices,
    route_checks,
    sessions,
)
from accounts.services.proofs import ProofRefused
from eid_portal.core import audit

_NAMED: Final = (AuthenticatorKind.PASSKEY, AuthenticatorKind.TOTP)  # of the others there is one
_CONTACTS: Final = (AuthenticatorKind.SMS, AuthenticatorKind.EMAIL)
_REMOVED: Final = {  # the phone of staff is set with their account
    AccountKind.CITIZEN: (*_NAMED, *_CONTACTS, AuthenticatorKind.RECOVERY_CODES),
    AccountKind.OFFICER: _NAMED,
    AccountKind.ADMINISTRATOR: _NAMED,
}
_HELD: Final = (AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED)


class LastWay(ProofRefused):
    """Nobody would get into the account any more."""

    code = "last_way"

    def __init__(self, *, new_ones: bool = False) -> None:
        super().__init__(
            _(
                "The phone you added can still be taken back, so this is the last way that is sure to let you in."
                " Remove it after 24 hours, or add a passkey first."
            )
            if new_ones
            else _(
                "This is the last way into your account. Add another way to sign in, then remove it."
            )
        )


class Unknown(ProofRefused):
    """The account has nothing of the kind that can be removed or named, or has it no more."""

    code = "unknown_authenticator"

    def __init__(self) -> None:
        super().__init__(_("Your account does not have this way to sign in any more."))


def find(*, session: sessions.Session, authenticator_id: UUID, now: datetime) -> Authenticator:
    """What is going to be removed, for the page that asks once more. Read only.

    Raises:
        assurance.StepUpNeeded: see the class.
        Unknown, LastWay: see there.
        contacts.ChangedLately: it took the place of another that can still take it back.
    """
    assurance.require(session, Action.REMOVE_AUTHENTICATOR, now=now)
    row = _find(session.account, authenticator_id, _REMOVED[AccountKind(session.account.kind)])
    _refuse(session.account, row, now=now)
    return row


@transaction.atomic
def remove(*, session: sessions.Session, authenticator_id: UUID, now: datetime) -> None:
    """Remove a way; its record stays. Of removals at the same moment each sees the one before.

    A phone or an address is told itself too, and routes of recovery that it leaves without means are given up.

    Raises:
        assurance.StepUpNeeded: see the class.
        Unknown, LastWay: see there.
        contacts.ChangedLately: see :func:`find`.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    assurance.require(session, Action.REMOVE_AUTHENTICATOR, now=now)
    account = authenticators.lock(session)
    actor = sessions.actor_of(session)
    row = _find(account, authenticator_id, _REMOVED[AccountKind(account.kind)])
    _refuse(account, row, now=now)
    authenticators.retire(row, account=account, actor=actor, now=now)
    route_checks.give_up_lost(account=account, actor=actor, now=now)
    values = {"kind": row.kind, "helpline": settings.HELPLINE}
    notices.tell(account=account, kind=NoticeKind.AUTHENTICATOR_REMOVED, values=values, now=now)
    if row.kind in _CONTACTS:
        notices.tell_at(
            account=account,
            kind=NoticeKind.AUTHENTICATOR_REMOVED,
            channel=NoticeChannel(row.kind),
            to=row.secret,
            values=values,
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
    row = _find(account, authenticator_id, _NAMED)
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


def _find(
    account: Account, authenticator_id: UUID, kinds: tuple[AuthenticatorKind, ...]
) -> Authenticator:
    row = Authenticator.objects.filter(
        pk=authenticator_id, account=account, kind__in=kinds, state__in=_HELD
    ).first()
    if row is None:
        raise Unknown
    return row


def _refuse(account: Account, row: Authenticator, *, now: datetime) -> None:
    """What is disabled, or a phone whose SIM was changed, lets nobody in; a disabled one may always go.

    Somebody is let in by what is left, and also by what is left if every change that can be taken back is.
    """
    if row.state == AuthenticatorState.DISABLED:
        return
    if row.kind in _CONTACTS:
        contacts.refuse_changed_lately(account=account, kind=AuthenticatorKind(row.kind), now=now)
    if row.kind not in last_way.COUNT:
        return
    ways = Authenticator.objects.filter(account=account).exclude(pk=row.pk)
    usable = ways.filter(Q(blocked_until__isnull=True) | Q(blocked_until__lte=now))
    active = usable.filter(state=AuthenticatorState.ACTIVE)
    if not _lets_in(active, account):
        raise LastWay
    changes = ContactChange.objects.filter(account=account, state=ContactState.REVERTIBLE)
    taken_back = usable.filter(pk__in=changes.values("old"), state=AuthenticatorState.REPLACED)
    if not _lets_in(active.exclude(pk__in=changes.values("new")) | taken_back, account):
        raise LastWay(new_ones=True)


def _lets_in(rows: QuerySet[Authenticator], account: Account) -> bool:
    kinds = {AuthenticatorKind(kind) for kind in rows.values_list("kind", flat=True)}
    return last_way.lets_in(kinds, AccountKind(account.kind))
