"""Two ways back into the account, chosen while it is activated, and one of them tried before it is in use.

What is chosen stands in the flow until the account is active; trying a recovery code does not use it up.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import policy
from accounts.enums import (
    AccountKind,
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    FlowKind,
    NoticeChannel,
    RecoveryRoute,
)
from accounts.models import Authenticator, Flow
from accounts.services import (
    activating,
    authenticators,
    codes,
    flows,
    proofs,
    recovery_codes,
    route_checks,
    tries,
)
from accounts.services.activating import WrongStep
from accounts.services.activation_end import Step
from accounts.services.signing_in import Entered, Visitor


class NotChosen(Exception):
    """The routes come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is tried next."""

    by_email: bool  # a code to the address, else a recovery code typed back
    address: str = field(repr=False)
    sent_at: datetime | None


def choose(*, token: str, routes: tuple[RecoveryRoute, ...], address: str, now: datetime) -> None:
    """Choose two routes or all three; with the delayed one an e-mail address, to which a code is sent.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        route_checks.RoutesRefused: one way is one too few.
        codes.TooManyCodes: see the class.
    """
    flow = _at(token, now=now)
    route_checks.require_enough(routes)
    email = None
    with transaction.atomic():
        flows.lock(flow)
        authenticators.discard_pending(
            account=flow.account, kinds=(AuthenticatorKind.EMAIL,), now=now
        )
        if RecoveryRoute.DELAYED in routes:
            email = Authenticator.objects.create(
                state=AuthenticatorState.PENDING,
                account=flow.account,
                account_kind=flow.account.kind,
                kind=AuthenticatorKind.EMAIL,
                secret=address,
                created_at=now,
            )
        flows.update(
            flow,
            routes=[route.value for route in routes],
            email=str(email.pk) if email else "",
            tried="",
        )
    if email is not None:
        _send(flow, address, now=now)


def show(*, token: str, now: datetime) -> Chosen:
    """What is to be tried. Read only.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        NotChosen: see the class.
    """
    flow = _at(token, now=now)
    address = _address(flow)
    sent = codes.find(purpose=CodePurpose.NEW_EMAIL, request_id=flow.pk)
    live = sent if sent is not None and sent.used_at is None and sent.expires_at > now else None
    return Chosen(by_email=bool(address), address=address, sent_at=live.sent_at if live else None)


def send_code(*, token: str, now: datetime) -> None:
    """Send another code to the address that was chosen.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        NotChosen: see the class.
        codes.TooManyCodes: see the class.
    """
    flow = _at(token, now=now)
    address = _address(flow)
    if address:
        _send(flow, address, now=now)


def try_and_finish(*, token: str, code: str, visitor: Visitor, now: datetime) -> Entered | None:
    """Try a way with its code, and end the activation as ``activating.finish`` does.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        NotChosen: see the class.
        tries.TooManyTries: see the class.
        codes.CodeRefused: see its subclasses.
        proofs.WrongProof: it is no code of the sheet that was just made.
        activation_slip.ActivationRefused, unlocking.AccountLocked: see ``activating.finish``.
    """
    flow = _at(token, now=now)
    address = _address(flow)
    if not flow.data.get("tried"):
        tries.within(policy.SECOND_FACTOR, f"routes:{flow.pk}", now)
        if address:
            _check_sent(flow, address, code, now=now)
            tried = RecoveryRoute.DELAYED
        else:
            _check_kept(flow, code)
            tried = RecoveryRoute.RECOVERY_CODE
        flows.update(flow, tried=tried.value)
    return activating.finish(token=token, visitor=visitor, now=now)


def _check_sent(flow: Flow, address: str, code: str, *, now: datetime) -> None:
    try:
        codes.check(
            purpose=CodePurpose.NEW_EMAIL, request_id=flow.pk, to=address, code=code, now=now
        )
    except codes.NoCode:
        with transaction.atomic():
            flows.lock(flow)  # pressed twice, the first press has used it up, and the flow moved
        raise


def _check_kept(flow: Flow, code: str) -> None:
    found = recovery_codes.find(authenticator_id=UUID(flow.data["recovery"]), typed=code)
    if found is None:
        raise proofs.WrongProof(
            _(
                "That is none of the codes you were just shown. Look at your sheet, or make a new one."
            )
        )


def _at(token: str, *, now: datetime) -> Flow:
    flow = flows.get(token, kind=FlowKind.ACTIVATION, now=now)
    step = Step(flow.data["step"])
    if step != Step.RECOVERY or flow.account.kind != AccountKind.CITIZEN:
        raise WrongStep(step)
    if not flow.data.get("recovery"):
        raise WrongStep(step)
    return flow


def _address(flow: Flow) -> str:
    if not flow.data.get("routes"):
        raise NotChosen
    if not flow.data["email"]:
        return ""
    return str(Authenticator.objects.get(pk=UUID(flow.data["email"])).secret)


def _send(flow: Flow, address: str, *, now: datetime) -> None:
    codes.send(
        purpose=CodePurpose.NEW_EMAIL,
        request_id=flow.pk,
        account=flow.account,
        to=address,
        channel=NoticeChannel.EMAIL,
        action_text=pgettext("sms", "USE THIS ADDRESS for your e-ID account"),
        now=now,
    )
