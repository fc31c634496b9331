"""Activate an account: the slip's code, the code sent to the phone, a password, a second factor, recovery codes.

What is set up waits as PENDING and becomes the account's in one transaction at the end, so every step can be done
again while the flow lives, and the slip is used up only when the account is active.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import policy
from accounts.enums import (
    AccountKind,
    AuthenticatorKind,
    CodePurpose,
    FlowKind,
)
from accounts.models import Account, ActivationSlip, Authenticator, Flow
from accounts.selectors import networks
from accounts.services import (
    activation_end,
    adding_app,
    adding_passkey,
    authenticators,
    codes,
    flows,
    proofs,
    tries,
)
from accounts.services.activation_end import Step
from accounts.services.activation_slip import (
    ActivationRefused,
    WrongSlip,
    find_phone,
    may_activate,
    refuse_changed_sim,
    send_to_phone,
)
from accounts.services.passkeys import Purpose
from accounts.services.signing_in import Entered, Visitor


class WrongStep(ActivationRefused):
    """This page comes later or earlier; ``step`` is where the activation stands."""

    code = "wrong_step"

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where an activation stands, for its pages."""

    step: Step
    account_kind: AccountKind
    sign_in_with: str = field(repr=False)  # the number or name to sign in with later
    totp_uri: str = field(repr=False)
    totp_secret: str = field(repr=False)
    phone: str = field(repr=False)  # E.164, empty without one
    sent_at: datetime | None
    sent_until: datetime | None
    waits: bool  # a second human will have to approve


# --- The phone ----------------------------------------------------------------------------------
def send_code(*, token: str, now: datetime) -> None:
    """Send another code to the phone.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        codes.TooManyCodes: see the class.
        activation_slip.SimChanged: see the class.
    """
    flow = _at(token, Step.CODE, now=now)
    refuse_changed_sim(flow.account_id, now=now)
    phone = find_phone(flow.account)
    if phone is not None:
        send_to_phone(flow, phone, now)


def confirm_code(*, token: str, code: str, now: datetime) -> None:
    """Prove that the phone confirmed at the counter is at hand.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        codes.CodeRefused: see its subclasses.
        tries.TooManyTries: see the class.
        proofs.NoAuthenticator: the phone was disabled after too many wrong codes.
        activation_slip.SimChanged: see the class.
    """
    flow = _at(token, Step.CODE, now=now)
    refuse_changed_sim(flow.account_id, now=now)
    tries.within(policy.SECOND_FACTOR, f"activation:{flow.account_id}", now)
    proofs.check_sms(
        account_id=flow.account_id,
        request_id=UUID(flow.data["slip"]),
        code=code,
        known_device=True,  # who is here has the slip
        now=now,
        purpose=CodePurpose.ACTIVATION,
    )
    flows.update(flow, step=Step.PASSWORD)


# --- Password, second factor, recovery codes --------------------------------------------------------
def set_password(*, token: str, password: str, now: datetime) -> None:
    """Choose the password; choosing again replaces it. An authenticator app's secret is made ready.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        authenticators.PasswordRefused: see the class.
        Busy: too many hashes are waiting.
    """
    flow = _at(token, Step.PASSWORD, Step.FACTOR, Step.RECOVERY, now=now)
    password_hash = authenticators.hash_new(flow.account, password)
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=flow.account_id)
        flows.lock(flow)
        flows.end_others(flow, now=now)
        chosen = authenticators.set_aside(
            account=flow.account, password_hash=password_hash, now=now
        )
        totp = authenticators.begin_totp(account=flow.account, now=now)
        flows.update(flow, step=Step.FACTOR, password=str(chosen.pk), totp=str(totp.pk), factor="")


def confirm_totp(*, token: str, code: str, now: datetime) -> None:
    """Choose the authenticator app, which shows the right code.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        tries.TooManyTries: see the class.
        proofs.WrongProof: see the class.
    """
    flow = _at(token, Step.FACTOR, Step.RECOVERY, now=now)
    tries.within(policy.SECOND_FACTOR, str(flow.pk), now)
    totp = Authenticator.objects.get(pk=UUID(flow.data["totp"]))
    authenticators.confirm_totp(authenticator=totp, code=code, now=now)
    flows.update(flow, step=Step.RECOVERY, factor=AuthenticatorKind.TOTP.value)


def keep_sms(*, token: str, now: datetime) -> None:
    """Choose codes by text message; citizens only.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        proofs.NoAuthenticator: there is no phone, or the account is an officer's.
    """
    flow = _at(token, Step.FACTOR, Step.RECOVERY, now=now)
    if flow.account.kind != AccountKind.CITIZEN or find_phone(flow.account) is None:
        raise proofs.NoAuthenticator
    flows.update(flow, step=Step.RECOVERY, factor=AuthenticatorKind.SMS.value)


def passkey_options(*, token: str, now: datetime) -> dict[str, Any]:
    """What the browser is asked to make to have a passkey as the second way in. Writes nothing.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
    """
    flow = _at(token, Step.FACTOR, Step.RECOVERY, now=now)
    return adding_passkey.creation_options(
        flow.account, Purpose.ACTIVATION, binding=str(flow.pk), now=now
    )


def choose_passkey(*, token: str, answer: str, label: str, now: datetime) -> None:
    """Choose a passkey that was just made; choosing again replaces it.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        passkeys.PasskeyRefused: see the class.
    """
    flow = _at(token, Step.FACTOR, Step.RECOVERY, now=now)
    new = adding_passkey.read(answer, purpose=Purpose.ACTIVATION, binding=str(flow.pk), now=now)
    with transaction.atomic():
        flows.lock(flow)
        chosen = adding_passkey.set_aside(new, account=flow.account, label=label, now=now)
        flows.update(
            flow,
            step=Step.RECOVERY,
            factor=AuthenticatorKind.PASSKEY.value,
            passkey=str(chosen.pk),
        )


def new_recovery_codes(*, token: str, now: datetime) -> list[str]:
    """Make the sheet of recovery codes; making it again replaces it. The codes are returned here and never again.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
    """
    flow = _at(token, Step.RECOVERY, now=now)
    with transaction.atomic():
        flows.lock(flow)
        sheet, plain = authenticators.new_recovery_codes(account=flow.account, now=now)
        flows.update(flow, recovery=str(sheet.pk))
    return plain


def finish(*, token: str, visitor: Visitor, now: datetime) -> Entered | None:
    """Make the account active and begin a session; None if a second human has to approve first.

    Raises:
        flows.FlowOver: see the class.
        WrongStep: see the class.
        NotIssued, CardNotValid, SlipExpired, WrongSlip: something happened in the meantime.
        unlocking.AccountLocked: all is set up, and the account is locked.
    """
    flow = _at(token, Step.RECOVERY, now=now)
    if not activation_end.is_complete(flow):
        raise WrongStep(Step.RECOVERY)
    slip = (
        ActivationSlip.objects.select_related("account", "case")
        .filter(pk=UUID(flow.data["slip"]), used_at__isnull=True, void_at__isnull=True)
        .first()
    )
    if slip is None:
        raise WrongSlip
    may_activate(slip, now)
    office = None
    if flow.account.kind == AccountKind.CITIZEN:
        office = networks.office_on_network(visitor.address)
    if flow.data["waits"] or office is not None:
        activation_end.wait(flow, office_id=office.pk if office else None, now=now)
        return None
    return activation_end.activate_and_enter(flow, visitor=visitor, now=now)


# --- Reading ------------------------------------------------------------------------------------
def show(*, token: str, now: datetime) -> Progress:
    """Where the activation stands. Read only.

    Raises:
        flows.FlowOver: see the class.
    """
    flow = flows.get(token, kind=FlowKind.ACTIVATION, now=now)
    account, step = flow.account, Step(flow.data["step"])
    citizen = account.citizen
    phone = find_phone(account)
    sent = codes.find(purpose=CodePurpose.ACTIVATION, request_id=UUID(flow.data["slip"]))
    live = sent if sent is not None and sent.used_at is None and sent.expires_at > now else None
    totp = None
    if step in {Step.FACTOR, Step.RECOVERY}:
        totp = Authenticator.objects.get(pk=UUID(flow.data["totp"]))
    name, issuer = adding_app.app_name(account), adding_app.issuer()
    return Progress(
        step=step,
        account_kind=AccountKind(account.kind),
        sign_in_with=account.sign_in_name or citizen.personal_number,
        totp_uri=authenticators.otpauth_uri(totp, name=name, issuer=issuer) if totp else "",
        totp_secret=totp.secret if totp else "",
        phone=phone.secret if phone else "",
        sent_at=live.sent_at if live else None,
        sent_until=live.expires_at if live else None,
        waits=bool(flow.data["waits"]),
    )


def _at(token: str, *steps: Step, now: datetime) -> Flow:
    flow = flows.get(token, kind=FlowKind.ACTIVATION, now=now)
    step = Step(flow.data["step"])
    if step not in steps:
        raise WrongStep(step)
    return flow
