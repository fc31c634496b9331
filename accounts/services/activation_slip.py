"""The first page of an activation: number or sign-in name, and the code on the slip."""

import re
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts import policy, selectors
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    FlowKind,
)
from accounts.models import Account, ActivationSlip, Authenticator, Citizen, Flow
from accounts.models.indexes import number_indexes
from accounts.selectors import networks
from accounts.services import (
    activation_end,
    authenticators,
    codes,
    flows,
    lifecycle,
    proofs,
    sessions,
    tries,
)
from accounts.services.activation_end import Step
from accounts.services.signing_in import Visitor
from eid_portal.core import clock, limits, passwords
from eid_portal.core.errors import Busy

_NUMBER: Final = re.compile(r"[0-9]{12}")


class ActivationRefused(Exception):
    """The activation cannot go on; ``code`` says why and ``message`` tells the person what to do."""

    code = "activation_refused"
    message: Any = _("This account cannot be activated now.")


class WrongSlip(ActivationRefused):
    """There is no such account, or no such slip for it, or the slip was used or replaced."""

    code = "wrong_slip"
    message = _(
        "The number or the activation code is not right. The code has 8 characters, never O, 0, I, 1 or L."
    )


class SlipExpired(ActivationRefused):
    """The slip is the right one and too old."""

    code = "slip_expired"
    message = _(
        "This slip is older than 7 days. Take your ID card to any counter for a new one; it is free."
    )


class NotIssued(ActivationRefused):
    """The account is active, locked or closed already."""

    code = "not_issued"
    message = _("This account was activated already. Sign in.")


class CardNotValid(ActivationRefused):
    """The ID card behind the account expired, was lost or revoked in the meantime."""

    code = "card_not_valid"
    message = _(
        "The ID card behind this account is no longer valid. Ask for a new card at any counter."
    )


class PhoneDisabled(ActivationRefused):
    """Too many wrong codes were typed for the phone of this account; the slip alone does not do."""

    code = "phone_disabled"
    message = _(
        "Too many wrong codes were typed for the phone of this account. Take your ID card to any counter; it is free."
    )


class StaffPhoneDisabled(PhoneDisabled):
    """The same for an officer or administrator, whom no counter serves."""

    message = _(
        "Too many wrong codes were typed for your phone. An administrator must close this account and make a new one."
    )


class SimChanged(ActivationRefused):
    """The phone's SIM was changed lately: no code is texted to it before ``until``."""

    code = "sim_changed"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()
        local = until.astimezone(clock.VIET_NAM)
        self.message = gettext(
            "The SIM of the phone of this account was changed a short time ago, so we send it no codes before %(time)s"
            " on %(date)s. Begin again then, or ask where you got the slip."
        ) % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}


# --- The slip -----------------------------------------------------------------------------------
def begin(*, identifier: str, slip_code: str, visitor: Visitor, now: datetime) -> str:
    """Check number or sign-in name, and the slip's code; send the phone a code. Returns the flow's token.

    Tries are counted a number and network, so that nobody elsewhere can use up a citizen's tries.

    Raises:
        WrongSlip, SlipExpired, NotIssued, CardNotValid, PhoneDisabled, SimChanged: see there; all but the first only
            after the right code.
        tries.TooManyTries: see the class.
        Busy: too many hashes are waiting; the try does not count.
    """
    network = sessions.network_of(visitor.address)
    key = f"{identifier}:{network}"
    tries.within(policy.ACTIVATION_NETWORK, network, now)
    tries.within(policy.ACTIVATION_TRY, key, now)
    slip = _find_slip(identifier)
    typed = slip_code.upper()
    try:
        if slip is None:
            passwords.spend_the_same(typed)
        right = slip is not None and passwords.matches(typed, slip.code_hash)
    except Busy:
        limits.give_back(policy.ACTIVATION_TRY, key)
        raise
    if slip is None or not right:
        account = slip.account if slip else None
        tries.record_failure(
            account.pk if account else None,
            account.citizen_id if account else None,
            factor="slip",
            known=False,
            now=now,
        )
        raise WrongSlip
    limits.forget(policy.ACTIVATION_TRY, key)
    may_activate(slip, now)
    return _start(slip, address=visitor.address, now=now)


def _find_slip(identifier: str) -> ActivationSlip | None:
    slips = ActivationSlip.objects.select_related("account", "case").filter(
        used_at__isnull=True, void_at__isnull=True
    )
    if _NUMBER.fullmatch(identifier):
        keys, of_citizens = (
            number_indexes(identifier),
            slips.filter(account__kind=AccountKind.CITIZEN),
        )
        if Citizen.objects.filter(personal_number_index__in=keys).exists():
            return of_citizens.filter(account__citizen__personal_number_index__in=keys).first()
        # Nobody has it now: who had it before theirs was re-established may still type it.
        return of_citizens.filter(
            account__citizen__former_numbers__personal_number_index__in=keys
        ).first()
    return slips.filter(account__sign_in_name=identifier).first()


def may_activate(slip: ActivationSlip, now: datetime) -> None:
    """Refuse a slip that is too old, an account that is not waiting for it, a card that is not valid.

    Raises:
        SlipExpired, NotIssued, CardNotValid: see there.
    """
    account = slip.account
    if slip.expires_at <= now:
        raise SlipExpired
    in_use = {AccountState.ACTIVE, AccountState.LOCKED}
    if account.state not in (in_use if slip.recovers else {AccountState.ISSUED}):
        raise NotIssued
    if not lifecycle.has_valid_card(account, now=now):
        raise CardNotValid


def _start(slip: ActivationSlip, *, address: str, now: datetime) -> str:
    account = slip.account
    phone = find_phone(account)
    if phone is None and not _may_have_none(account):
        raise PhoneDisabled if account.kind == AccountKind.CITIZEN else StaffPhoneDisabled
    refuse_changed_sim(account.pk, now=now)
    office_id = _waits_at(slip, phone, address)
    first = Step.CODE if phone else Step.PASSWORD
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)  # one start at a time
        waiting = activation_end.find_waiting(account, now=now)
        if waiting is not None:
            return activation_end.continue_waiting(waiting)
        # A button pressed twice begins twice, and the browser keeps the token of either one.
        pressed_twice = Q(created_at__gt=now - policy.PRESSED_TWICE, data__step=first)
        Flow.objects.filter(
            account=account, kind=FlowKind.ACTIVATION, ended_at__isnull=True
        ).exclude(pressed_twice).update(ended_at=now)
        authenticators.discard_pending(account=account, kinds=tuple(AuthenticatorKind), now=now)
        flow, token = flows.begin(
            kind=FlowKind.ACTIVATION,
            account_id=account.pk,
            data={
                "step": first,
                "slip": str(slip.pk),
                "waits": office_id is not None or phone is None,
                "no_phone": phone is None,
                "office": str(office_id) if office_id else None,
            },
            now=now,
        )
    if phone is not None and not _was_just_sent(slip.pk, phone, now):
        with suppress(codes.TooManyCodes):  # the next page says when another may be sent
            send_to_phone(flow, phone, now)
    return token


def _was_just_sent(slip_id: UUID, phone: Authenticator, now: datetime) -> bool:
    sent = codes.find(purpose=CodePurpose.ACTIVATION, request_id=slip_id)
    return (
        sent is not None
        and sent.to == phone.secret
        and sent.used_at is None
        and sent.sent_at > now - policy.PRESSED_TWICE
    )


def _may_have_none(account: Account) -> bool:
    """Only citizens who never had a phone activate without one; a disabled phone is no way around it."""
    had = Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.SMS, state=AuthenticatorState.DISABLED
    )
    return account.kind == AccountKind.CITIZEN and not had.exists()


def _waits_at(slip: ActivationSlip, phone: Authenticator | None, address: str) -> UUID | None:
    """The office whose supervisor has to approve.

    An officer may be at the keyboard, or no phone proves that the slip is in the right hands.
    """
    office = networks.office_on_network(address)
    if office is not None and slip.account.kind == AccountKind.CITIZEN:
        return (
            office.pk
        )  # officers are there by duty, and it was an administrator who printed their slip
    if phone is not None:
        return None
    if slip.case is not None:
        return slip.case.office_id
    return next((post.pk for post in selectors.list_posts(slip.printed_by)), None)


# --- The phone ----------------------------------------------------------------------------------
def send_to_phone(flow: Flow, phone: Authenticator, now: datetime) -> None:
    """Send the code of an activation; it belongs to the slip, so that a slip entered twice has one code.

    Raises:
        codes.TooManyCodes: see the class.
    """
    codes.send(
        purpose=CodePurpose.ACTIVATION,
        request_id=UUID(flow.data["slip"]),
        account=flow.account,
        to=phone.secret,
        action_text=pgettext("sms", "ACTIVATE your e-ID account"),
        now=now,
    )


def refuse_changed_sim(account_id: UUID, *, now: datetime) -> None:
    """Go on only if codes may be texted to the phone of an account, and taken from it.

    Raises:
        SimChanged: see the class.
    """
    try:
        proofs.refuse_changed_sim(account_id=account_id, now=now)
    except proofs.SimChangedLately as lately:
        raise SimChanged(lately.until) from None


def find_phone(account: Account) -> Authenticator | None:
    """The phone that was confirmed when the account was issued."""
    return Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.SMS, state=AuthenticatorState.ACTIVE
    ).first()
