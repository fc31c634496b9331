"""The end of an activation: at once, or after a second human's approval."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    FlowKind,
    NoticeKind,
    RecoveryRoute,
)
from accounts.models import Account, ActivationSlip, Authenticator, Flow
from accounts.selectors.counter import ACTIVATION
from accounts.services import (
    authenticators,
    flows,
    lifecycle,
    locking,
    notices,
    recovery_end,
    second_factor,
    sessions,
    unlocking,
)
from accounts.services.signing_in import Entered, Visitor, office_for
from eid_portal.core import approvals, audit, clock, ids, sealed
from eid_portal.core.events import SYSTEM, Actor, ActorKind
from eid_portal.core.models import Approval, ApprovalState
from eid_portal.core.transitions import move

# The second factors that are set up in the flow, and where it keeps their ids; a phone was there before.
_MADE_HERE: Final = {AuthenticatorKind.TOTP: "totp", AuthenticatorKind.PASSKEY: "passkey"}


class SlipGone(approvals.ApprovalRefused):
    """A newer slip was printed in the meantime, or the one in question was used."""

    code = "slip_gone"
    message = gettext_lazy("The slip of this activation is no longer valid. It must begin again.")


class CardGone(approvals.ApprovalRefused):
    """The ID card behind the account expired, was lost or revoked in the meantime."""

    code = "card_gone"
    message = gettext_lazy(
        "The ID card behind this account is no longer valid. Refuse the activation."
    )


class Step(StrEnum):
    """Where an activation stands."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - a step's name
    FACTOR = "factor"
    RECOVERY = "recovery"
    WAITING = "waiting"


def is_complete(flow: Flow) -> bool:
    """Whether all is set up; recovery codes and a way back that was tried are the citizens'."""
    needed = ["password", "totp", "factor"]
    if flow.account.kind == AccountKind.CITIZEN:
        needed += ["recovery", "tried"]
    return all(flow.data.get(name) for name in needed)


def activate_and_enter(flow: Flow, *, visitor: Visitor, now: datetime) -> Entered:
    """Make the account of a flow active and begin a session.

    Raises:
        flows.FlowOver: another request did it first.
        unlocking.AccountLocked: all is set up, and the account is locked.
    """
    account = flow.account
    actor = Actor(
        kind=ActorKind(account.kind), account_id=account.pk, citizen_id=account.citizen_id
    )
    amr, proved = second_factor.AMR[AuthenticatorKind(flow.data["factor"])], _factor_id(flow)
    with transaction.atomic():
        account = _activate(flow, device_label=visitor.device_label, actor=actor, now=now)
        if account.state == AccountState.ACTIVE:
            key, device_token, _is_new = sessions.start(
                account=account,
                device_token=visitor.device_token,
                device_label=visitor.device_label,
                amr=amr,
                authenticator_id=proved,
                address=visitor.address,
                office_id=office_for(account, address=visitor.address),
                now=now,
            )
            return Entered(account=account, key=key, device_token=device_token)
    raise unlocking.refuse(account=account, amr=amr, authenticator_id=proved, now=now)


def _activate(flow: Flow, *, device_label: str, actor: Actor, now: datetime) -> Account:
    """All or nothing: the slip is used up, the authenticators bound, the account active, its holder told.

    Returns the account, which is held until the transaction ends.
    """
    account, data = locking.hold(flow.account_id), flow.data
    flows.lock(flow)
    flows.end(flow, now=now)
    ActivationSlip.objects.filter(pk=UUID(data["slip"])).update(used_at=now)
    chosen = [data["password"], data.get("recovery"), data.get("email")]
    if data["factor"] in _MADE_HERE:
        chosen.append(data[_MADE_HERE[data["factor"]]])
    in_use = account.state != AccountState.ISSUED
    if in_use:  # it was recovered at a counter: its level and its lock stay
        _end_what_was(account, data, device_label=device_label, actor=actor, now=now)
    for row in Authenticator.objects.filter(pk__in=[UUID(pk) for pk in chosen if pk]):
        authenticators.bind(row, account=account, actor=actor, now=now)
    authenticators.discard_pending(account=account, kinds=tuple(AuthenticatorKind), now=now)
    if not in_use:
        move(
            account,
            states.ACCOUNT,
            to=AccountState.ACTIVE,
            event=events.AccountActivated(),
            actor=actor,
            subject_id=account.citizen_id,
            now=now,
            activated_at=now,
        )
        _tell(account, now=now)
    if account.kind == AccountKind.CITIZEN:
        _keep_routes(account, data, actor=actor, now=now)
    lifecycle.lock_if_expired(account=account, now=now)
    return account


def _end_what_was(
    account: Account, data: dict[str, Any], *, device_label: str, actor: Actor, now: datetime
) -> None:
    """End the recovery as any other ends; no way in stays but the phone that was just confirmed.

    An address that was there is told like everything else, before it goes; the new one counts for recovery a day later.
    """
    recovery_end.complete(
        account=account,
        device_label=device_label or _("unknown"),
        money_held_until=now + policy.MONEY_HELD,
        now=now,
    )
    before = Authenticator.objects.filter(
        account=account, state__in=[AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED]
    ).exclude(kind=AuthenticatorKind.SMS, state=AuthenticatorState.ACTIVE)
    authenticators.give_up(list(before), account=account, actor=actor, now=now)
    if data.get("email"):
        Authenticator.objects.filter(pk=UUID(data["email"])).update(
            trusted_from=now + policy.REVERT_WITHIN
        )
    audit.record(
        events.RecoveryFinished(route=RecoveryRoute.COUNTER, proofs=[]),
        actor=actor,
        subject_id=account.citizen_id,
        target=account,
        now=now,
    )


def _keep_routes(account: Account, data: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """The ways back its holder chose, and that one was tried."""
    Account.objects.filter(pk=account.pk).update(
        recovery_routes=data["routes"],
        routes_tested_at=now,
        routes_due_at=now + policy.ROUTES_CHECKED_EVERY,
    )
    audit.record(
        events.RecoveryRoutesTested(routes=[data["tried"]]),
        actor=actor,
        subject_id=account.citizen_id,
        target=account,
        now=now,
    )


# --- With a second human ------------------------------------------------------------------------
@transaction.atomic
def wait(flow: Flow, *, office_id: UUID | None, now: datetime) -> None:
    """Put the activation before a supervisor: it comes from a counter's own network, or no phone was confirmed."""
    flows.lock(flow)
    account = flow.account
    reason = "counter_network" if office_id or not flow.data.get("no_phone") else "no_phone"
    place = office_id or (UUID(flow.data["office"]) if flow.data["office"] else None)
    printer = _slip_of(flow).printed_by
    approval = approvals.propose(
        kind=ACTIVATION,
        target_id=account.pk,
        reason=reason,
        # Whoever printed the slip knows its code: they may not be the second human.
        maker=Actor(
            kind=ActorKind(printer.kind),
            account_id=printer.pk,
            citizen_id=printer.citizen_id,
            office_id=place,
        ),
        actor=SYSTEM,
        subject_citizen_id=account.citizen_id,
        lasts=policy.APPROVAL_LASTS,
        now=now,
        details={"flow": str(flow.pk)},
    )
    flows.update(flow, step=Step.WAITING)
    Flow.objects.filter(pk=flow.pk).update(expires_at=approval.expires_at)
    audit.record(
        events.ActivationWaits(),
        actor=SYSTEM,
        subject_id=account.citizen_id,
        target=account,
        purpose=reason,
        now=now,
    )


def find_waiting(account: Account, *, now: datetime) -> Flow | None:
    """The activation of an account that waits for approval."""
    return Flow.objects.filter(
        account=account,
        kind=FlowKind.ACTIVATION,
        ended_at__isnull=True,
        expires_at__gt=now,
        data__step=Step.WAITING,
    ).first()


def continue_waiting(flow: Flow) -> str:
    """A new token for an activation that waits: its holder came back with the slip."""
    token = ids.token()
    Flow.objects.filter(pk=flow.pk).update(token_hash=sealed.token_hash(token))
    return token


class ActivationHandler:
    """What a supervisor's decision about an activation does."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The account becomes active as its holder set it up; they sign in.

        Raises:
            SlipGone, CardGone: see there.
            approvals.SamePerson: the approver issued the account.
        """
        flow = _flow_of(approval)
        slip = _slip_of(flow)
        if (
            slip.used_at
            or slip.void_at
            or flow.data["step"] != Step.WAITING
            or not is_complete(flow)
        ):
            raise SlipGone
        if slip.case is not None and slip.case.officer.citizen_id == actor.citizen_id:
            raise approvals.SamePerson
        if not lifecycle.has_valid_card(flow.account, now=now):
            raise CardGone
        _activate(flow, device_label="", actor=actor, now=now)

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """What was set up goes; after a refusal the slip is worth nothing either."""
        flow = _flow_of(approval)
        if flow.ended_at is None:
            flows.end(flow, now=now)
        authenticators.discard_pending(
            account=flow.account, kinds=tuple(AuthenticatorKind), now=now
        )
        if approval.state == ApprovalState.REFUSED:
            ActivationSlip.objects.filter(pk=UUID(flow.data["slip"])).update(void_at=now)


def register() -> None:
    """Tell the core what this approval does; called in ``apps.ready()``."""
    approvals.register(ACTIVATION, ActivationHandler())


def _flow_of(approval: Approval) -> Flow:
    return Flow.objects.select_related("account").get(pk=UUID(approval.details["flow"]))


def _factor_id(flow: Flow) -> UUID | None:
    """The second factor that was chosen, as an authenticator."""
    factor = flow.data["factor"]
    if factor in _MADE_HERE:
        return UUID(flow.data[_MADE_HERE[factor]])
    phone = second_factor.find_phone(flow.account)
    return phone.pk if phone else None


def _slip_of(flow: Flow) -> ActivationSlip:
    rows = ActivationSlip.objects.select_related("printed_by", "case__officer")
    return rows.get(pk=UUID(flow.data["slip"]))


def _tell(account: Account, *, now: datetime) -> None:
    local = now.astimezone(clock.VIET_NAM)
    values: dict[str, Any] = {
        "time": f"{local:%H:%M}",
        "date": f"{local:%d/%m/%Y}",
        "helpline": settings.HELPLINE,
    }
    notices.tell(account=account, kind=NoticeKind.ACCOUNT_ACTIVATED, values=values, now=now)
