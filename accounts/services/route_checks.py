"""Once a year, in 30 seconds: do the ways back into the account still work?

A recovery code that is tried is not used up; a code to the phone or the e-mail address opens nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import events, policy
from accounts.enums import (
    AccountKind,
    AccountState,
    Action,
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    NoticeChannel,
    NoticeKind,
    RecoveryRoute,
)
from accounts.models import Account, Authenticator
from accounts.services import assurance, codes, notices, proofs, recovering, recovery_codes, tries
from accounts.services.sessions import Session, actor_of
from eid_portal.core import audit
from eid_portal.core.events import Actor

FEWEST: Final = 2  # ways back
_AT_ONCE: Final = 500  # asked by one run of the periodic task
_WAYS: Final = (AuthenticatorKind.RECOVERY_CODES, AuthenticatorKind.EMAIL, AuthenticatorKind.SMS)
_CHANNELS: Final = {
    AuthenticatorKind.EMAIL: NoticeChannel.EMAIL,
    AuthenticatorKind.SMS: NoticeChannel.SMS,
}


class RoutesRefused(Exception):
    """These ways back will not do; ``message`` tells the person why."""

    code = "routes_refused"

    def __init__(self, message: str) -> None:
        super().__init__(self.code)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the page offers."""

    ways: tuple[AuthenticatorKind, ...]
    routes: tuple[RecoveryRoute, ...]  # those the holder chose
    tested_at: datetime | None
    sent_at: datetime | None


def require_enough(routes: tuple[RecoveryRoute, ...]) -> None:
    """Go on only with two ways or more.

    Raises:
        RoutesRefused: see the class.
    """
    if len(set(routes)) < FEWEST:
        raise RoutesRefused(
            _("Choose at least two ways, so that one is left when the other is lost.")
        )


def choose(*, session: Session, routes: tuple[RecoveryRoute, ...], now: datetime) -> None:
    """Rely on other ways back from now on; the same ones again are no news.

    Raises:
        assurance.StepUpNeeded: see the class.
        RoutesRefused: too few, or one that the account has no means for.
    """
    assurance.require(session, Action.NEW_RECOVERY_CODES, now=now)
    account = session.account
    require_enough(routes)
    if RecoveryRoute.DELAYED in routes and len(recovering.ways_of(account, now=now)) < FEWEST:
        raise RoutesRefused(
            _(
                "For two proofs the account needs another way beside the phone: add an e-mail address first."
            )
        )
    if RecoveryRoute.RECOVERY_CODE in routes and not _find(
        account, AuthenticatorKind.RECOVERY_CODES
    ):
        raise RoutesRefused(_("You have no recovery codes. Make a sheet under Security first."))
    chosen = [route.value for route in RecoveryRoute if route in routes]
    with transaction.atomic():
        others = Account.objects.filter(pk=account.pk).exclude(recovery_routes=chosen)
        if others.update(recovery_routes=chosen):
            audit.record(
                events.RecoveryRoutesChosen(routes=chosen),
                actor=actor_of(session),
                subject_id=account.citizen_id,
                target=account,
                now=now,
            )


def give_up_lost(*, account: Account, actor: Actor, now: datetime) -> None:
    """Rely no more on ways the account has no means for, in the caller's transaction: something was removed."""
    routes = [RecoveryRoute(route) for route in account.recovery_routes]
    lost = set()
    if len(recovering.ways_of(account, now=now)) < FEWEST:
        lost.add(RecoveryRoute.DELAYED)
    if not _find(account, AuthenticatorKind.RECOVERY_CODES):
        lost.add(RecoveryRoute.RECOVERY_CODE)
    kept = [route.value for route in routes if route not in lost]
    if len(kept) == len(routes):
        return
    Account.objects.filter(pk=account.pk).update(recovery_routes=kept)
    audit.record(
        events.RecoveryRoutesChosen(routes=kept),
        actor=actor,
        subject_id=account.citizen_id,
        target=account,
        now=now,
    )


def show(*, session: Session, now: datetime) -> Check:
    """What the account has to try. Read only."""
    account = session.account
    has = set(
        Authenticator.objects.filter(
            account=account, kind__in=_WAYS, state=AuthenticatorState.ACTIVE
        ).values_list("kind", flat=True)
    )
    sent = codes.find(purpose=CodePurpose.ROUTE_CHECK, request_id=session.id)
    live = sent if sent is not None and sent.used_at is None and sent.expires_at > now else None
    return Check(
        ways=tuple(way for way in _WAYS if way in has),
        routes=tuple(RecoveryRoute(route) for route in account.recovery_routes),
        tested_at=account.routes_tested_at,
        sent_at=live.sent_at if live else None,
    )


def send_code(*, session: Session, way: AuthenticatorKind, now: datetime) -> None:
    """Send a code to the phone or e-mail address on file.

    Raises:
        proofs.NoAuthenticator: there is none.
        proofs.SimChangedLately: see the class.
        codes.TooManyCodes: see the class.
    """
    contact = _find(session.account, way)
    if way not in _CHANNELS or contact is None:
        raise proofs.NoAuthenticator
    if way == AuthenticatorKind.SMS:
        proofs.refuse_changed_sim(account_id=session.account.pk, now=now)
    codes.send(
        purpose=CodePurpose.ROUTE_CHECK,
        request_id=session.id,
        account=session.account,
        to=contact.secret,
        channel=_CHANNELS[way],
        action_text=pgettext("sms", "CHECK a way of recovery of your e-ID account"),
        now=now,
    )


def check(*, session: Session, way: AuthenticatorKind, code: str, now: datetime) -> None:
    """Try a way, and note that it works.

    Raises:
        tries.TooManyTries: see the class.
        proofs.ProofRefused: see its subclasses; also a recovery code that was used already.
        codes.CodeRefused: see its subclasses.
    """
    account = session.account
    tries.within(policy.SECOND_FACTOR, f"routes:{account.pk}", now)
    row = _find(account, way)
    if row is None:
        raise proofs.NoAuthenticator
    if way == AuthenticatorKind.RECOVERY_CODES:
        found = recovery_codes.find(authenticator_id=row.pk, typed=code)
        if found is None:
            raise proofs.WrongProof(
                _("That is no code of your present sheet. If you cannot find it, print a new one.")
            )
        if found.used_at is not None:
            raise proofs.UsedProof(
                _("That code was used already. Try one that is not crossed out.")
            )
        route = RecoveryRoute.RECOVERY_CODE
    else:
        if way == AuthenticatorKind.SMS:
            proofs.refuse_changed_sim(account_id=account.pk, now=now)
        codes.check(
            purpose=CodePurpose.ROUTE_CHECK,
            request_id=session.id,
            to=row.secret,
            code=code,
            now=now,
        )
        route = RecoveryRoute.DELAYED
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(
            routes_tested_at=now, routes_due_at=now + policy.ROUTES_CHECKED_EVERY
        )
        audit.record(
            events.RecoveryRoutesTested(routes=[route.value]),
            actor=actor_of(session),
            subject_id=account.citizen_id,
            target=account,
            now=now,
        )


def ask_due(*, now: datetime) -> int:
    """Ask those whose year is over, some at a time, each once a year. Returns how many were asked.

    Who is locked is asked after the unlock: they could not try anything now.
    """
    with transaction.atomic():
        due = list(
            Account.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(kind=AccountKind.CITIZEN, state=AccountState.ACTIVE, routes_due_at__lte=now)
            .order_by("routes_due_at")[:_AT_ONCE]
        )
        for account in due:
            notices.tell(
                account=account,
                kind=NoticeKind.ROUTES_CHECK,
                event_key=f"routes:{account.pk}:{account.routes_due_at:%Y%m%d}",
                now=now,
            )
        Account.objects.filter(pk__in=[account.pk for account in due]).update(
            routes_due_at=now + policy.ROUTES_CHECKED_EVERY
        )
    return len(due)


def _find(account: Account, way: AuthenticatorKind) -> Authenticator | None:
    if way not in _WAYS:
        return None
    return Authenticator.objects.filter(
        account=account, kind=way, state=AuthenticatorState.ACTIVE
    ).first()
