"""Confirm the citizen's phone at the counter; the activation code is worth nothing without it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts import events, policy
from accounts.enums import AccountKind, AuthenticatorKind, AuthenticatorState, CodePurpose
from accounts.models import Account, Authenticator, CardCase
from accounts.models.indexes import phone_index, phone_indexes
from accounts.rules import phones
from accounts.services import codes, counter
from accounts.services.counter import CounterRefused
from eid_portal.core import audit, clock, limits
from eid_portal.core.events import Actor


class PhoneRefused(CounterRefused):
    """This phone cannot be the citizen's; ``code`` says why."""

    code = "phone_refused"


class NotMobile(PhoneRefused):
    """No Vietnamese mobile number."""

    code = "not_mobile"
    message = _("Enter a mobile number of 10 digits, such as 0903 456 482")


class TakenPhone(PhoneRefused):
    """The phone of somebody else, who reads that it was asked for."""


class OwnPhone(TakenPhone):
    """The phone of the officer who serves the citizen."""

    code = "own_phone"
    message = _("This is your own phone. Only the citizen's own phone can get the code")


class StaffPhone(TakenPhone):
    """The phone of another officer or administrator, at work or at home."""

    code = "staff_phone"
    message = _("This is a colleague's phone. Only the citizen's own phone can get the code")


class UsedPhone(TakenPhone):
    """The phone of another account: one own-name SIM, one account (Decree 69/2024 art. 10)."""

    code = "used_phone"
    message = _("This phone belongs to another account. Ask for a SIM in the citizen's own name")


class TooManyPhones(PhoneRefused):
    """So many phones were tried that the next must wait: whose a phone is may not be found out by asking."""

    code = "too_many_phones"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _("You entered too many phones within an hour. Go on after %(time)s.") % {
            "time": f"{local:%H:%M}"
        }


class NoPhoneYet(PhoneRefused):
    """No code was sent for this case."""

    code = "no_phone_yet"
    message = _("Send a code to the citizen's phone first")


def send_phone_code(*, case: CardCase, phone: str, actor: Actor, now: datetime) -> None:
    """Send a code to the phone the citizen names; the one named before is forgotten.

    Whose a phone is may not be found out by asking: every phone counts, and who has one that was asked for reads it.

    Raises:
        TooManyPhones: see the class.
        NotMobile, OwnPhone, StaffPhone, UsedPhone: see there.
        counter.AskFirst: it is not known yet who the citizen is.
        counter.NotOpen: the case ended.
        codes.TooManyCodes: see there.
    """
    try:
        number = phones.to_e164(phone)
    except phones.NotMobile:
        raise NotMobile from None
    answer = limits.hit(policy.COUNTER_PHONE, str(actor.account_id), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyPhones(answer.until)
    people = _people_with(number)
    try:
        _name(number, people, case=case, actor=actor, now=now)
    except TakenPhone:
        _record_refusal(case, people, actor=actor, now=now)
        raise
    codes.send(
        purpose=CodePurpose.COUNTER_PHONE,
        request_id=case.pk,
        account=None,
        to=number,
        action_text=pgettext("sms", "GET an e-ID account"),
        now=now,
    )


def _name(number: str, people: set[UUID], *, case: CardCase, actor: Actor, now: datetime) -> None:
    """Write the phone on the case unless it is somebody else's."""
    with transaction.atomic():
        row = counter.locked(case)
        if row.citizen_id is None:
            raise counter.AskFirst
        _refuse_others(people, citizen_id=row.citizen_id, actor=actor)
        if row.phone != number:
            codes.void(purpose=CodePurpose.COUNTER_PHONE, request_id=case.pk, now=now)
        row.phone, row.phone_index, row.phone_verified_at = number, phone_index(number), None
        row.save(update_fields=["phone", "phone_index", "phone_verified_at"])


def confirm_phone(*, case: CardCase, code: str, actor: Actor, now: datetime) -> None:
    """The citizen read out the code: the phone is theirs.

    Raises:
        NoPhoneYet: see the class.
        codes.CodeRefused: see its subclasses.
        counter.NotOpen: the case ended.
    """
    if case.phone_index is None:
        raise NoPhoneYet
    codes.check(
        purpose=CodePurpose.COUNTER_PHONE,
        request_id=case.pk,
        to=case.phone,
        code=code,
        now=now,
    )
    with transaction.atomic():
        row = counter.locked(case)
        if row.phone != case.phone:  # another number was named meanwhile
            raise NoPhoneYet
        row.phone_verified_at = now
        row.save(update_fields=["phone_verified_at"])
        audit.record(
            events.PhoneVerified(ending=row.phone[-3:]),
            actor=actor,
            subject_id=row.citizen_id,
            target=row,
            purpose=counter.PURPOSE,
            now=now,
        )


def forget_phone(*, case: CardCase, now: datetime) -> None:
    """Start again with another phone.

    Raises:
        counter.NotOpen: the case ended.
    """
    with transaction.atomic():
        row = counter.locked(case)
        row.phone, row.phone_index, row.phone_verified_at = None, None, None
        row.save(update_fields=["phone", "phone_index", "phone_verified_at"])
        codes.void(purpose=CodePurpose.COUNTER_PHONE, request_id=case.pk, now=now)


def _people_with(number: str) -> set[UUID]:
    holders = Authenticator.objects.filter(
        phone_index__in=phone_indexes(number),
        kind=AuthenticatorKind.SMS,
        state__in=[
            AuthenticatorState.ACTIVE,
            AuthenticatorState.PENDING,
            AuthenticatorState.REPLACED,
        ],
    ).select_related("account")
    return {row.account.citizen_id for row in holders}


@transaction.atomic
def _record_refusal(case: CardCase, people: set[UUID], *, actor: Actor, now: datetime) -> None:
    """Of the officer's own phone, and of who stands at the counter, there is nothing to tell."""
    for citizen_id in sorted(people - {case.citizen_id, actor.citizen_id}):
        audit.record(
            events.PhoneRefusedAtCounter(),
            actor=actor,
            subject_id=citizen_id,
            target=case,
            purpose=counter.PURPOSE,
            now=now,
        )


def _refuse_others(people: set[UUID], *, citizen_id: UUID, actor: Actor) -> None:
    staff = [AccountKind.OFFICER, AccountKind.ADMINISTRATOR]
    if actor.citizen_id in people:
        raise OwnPhone
    if Account.objects.filter(citizen_id__in=people - {citizen_id}, kind__in=staff).exists():
        raise StaffPhone
    if people - {citizen_id}:
        raise UsedPhone
