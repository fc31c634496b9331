"""Officers and administrators: their accounts are made here, activated by them, and hold roles two people granted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    AuthenticatorKind,
    AuthenticatorState,
    Role,
)
from accounts.gateways import population
from accounts.gateways.population import RegisteredPerson
from accounts.models import Account, ActivationSlip, Authenticator, Office, OfficeRole
from accounts.models.indexes import phone_index
from accounts.rules import phones, scan
from accounts.services import authenticators, locking, officer_recovery, register, slips
from accounts.services.approving import ROLE
from eid_portal.core import approvals, audit
from eid_portal.core.database import only_one
from eid_portal.core.events import SYSTEM, Actor, ActorKind
from eid_portal.core.models import Approval, ApprovalState
from eid_portal.core.transitions import move

PURPOSE: Final = "officer"
ADMINISTRATOR: Final = "accounts.administrator"
FIRST: Final = 2  # administrators, so that each has a second pair of eyes


class OfficerRefused(Exception):
    """The account cannot be made or the role not granted; ``field`` says where the administrator went wrong."""

    code = "officer_refused"
    field = "__all__"
    message: Any = _("This cannot be done.")


class NotANumber(OfficerRefused):
    """No personal number."""

    code = "not_a_number"
    field = "number"
    message = _("Enter a personal number of 12 digits")


class NobodyOfThatNumber(OfficerRefused):
    """Neither we nor the register know the number, or the person died."""

    code = "nobody"
    field = "number"
    message = _("Nobody with this personal number is in the population register")


class RegisterAway(OfficerRefused):
    """We do not hold the person, and the register does not answer."""

    code = "register_away"
    field = "number"
    message = _("The population register does not answer. Try again in a few minutes")


class NotMobile(OfficerRefused):
    """No Vietnamese mobile number."""

    code = "not_mobile"
    field = "phone"
    message = _("Enter a mobile number of 10 digits, such as 0903 456 482")


class PhoneTaken(OfficerRefused):
    """Another officer or administrator has the phone."""

    code = "phone_taken"
    field = "phone"
    message = _("This phone belongs to another officer or administrator")


class NameTaken(OfficerRefused):
    """The sign-in name is somebody's."""

    code = "name_taken"
    field = "sign_in_name"
    message = _("This sign-in name is taken. Choose another")


class HasOne(OfficerRefused):
    """The person has a live account of that kind."""

    code = "has_one"
    field = "number"
    message = _("This person already has an account of that kind")


class HoldsIt(OfficerRefused):
    """The officer holds the role at that office."""

    code = "holds_it"
    message = _("The officer already has this role at this office")


class OwnRole(OfficerRefused):
    """Administrators propose nothing for themselves."""

    code = "own_role"
    message = _("This is your own account: a colleague must do it")


class OwnAccount(OfficerRefused):
    """Administrators close no account of their own."""

    code = "own_account"
    message = _("This is your own account: a colleague must do it")


class NotTheFirst(OfficerRefused):
    """The installation has administrators: they make the others."""

    code = "not_the_first"
    message = _("There is an administrator already. New ones are made in the admin")


class NotTwo(OfficerRefused):
    """One alone could approve nothing."""

    code = "not_two"
    message = _("Name two different people")


class NotApproved(slips.SlipRefused):
    """Nobody but the maker has agreed to this administrator yet."""

    code = "not_approved"
    message = _("Another administrator must approve this account first.")


class MakerPrints(slips.SlipRefused):
    """Who proposed an administrator may not hold the slip too."""

    code = "maker_prints"
    message = _("You proposed this account: the administrator who approved it prints the slip.")


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """A fresh account and the slip it is activated with; ``code`` is shown once. An administrator has no slip yet."""

    account: Account
    slip: ActivationSlip | None
    code: str = field(default="", repr=False)


def create_officer(
    *, number: str, kind: AccountKind, sign_in_name: str, phone: str, actor: Actor, now: datetime
) -> NewOfficer:
    """Make the account of an officer or administrator, who activates it with a slip and a code to the phone.

    Three steps: the person is looked for, the register asked if we do not hold them, the account written. An officer
    can do nothing until two people granted a role; an administrator is a proposal, and another administrator approves
    it and prints the slip.

    Raises:
        NotANumber, NobodyOfThatNumber, RegisterAway, NotMobile, PhoneTaken, NameTaken, HasOne, OwnRole: see there.
        Busy: too many hashes are waiting.
    """
    wanted = _wanted(number=number, sign_in_name=sign_in_name, phone=phone)
    made = None if kind == AccountKind.ADMINISTRATOR else slips.new_code()
    try:
        with transaction.atomic():
            account = _create(wanted, kind, actor=actor, now=now)
            if made is None:
                _propose(account, actor=actor, now=now)
                return NewOfficer(account=account, slip=None)
            slip = slips.write(account=account, case=None, made=made, actor=actor, now=now)
    except IntegrityError as error:
        raise _meaning(error) from error
    return NewOfficer(account=account, slip=slip, code=made.code)


def first_administrators(*, people: Sequence[Mapping[str, str]], now: datetime) -> list[NewOfficer]:
    """Make the two administrators an installation begins with; each one's slip counts as printed by the other.

    ``people`` are two of ``{number, sign_in_name, phone}``.

    Raises:
        NotTheFirst: there is an administrator.
        NotTwo: it is not two people.
        NotANumber, NobodyOfThatNumber, RegisterAway, NotMobile, PhoneTaken, NameTaken: see there.
        Busy: too many hashes are waiting.
    """
    wanted = [_wanted(**person) for person in people]
    made = [slips.new_code() for _one in wanted]
    try:
        with transaction.atomic():
            if not only_one("accounts.first_administrators") or _has_administrator():
                raise NotTheFirst
            accounts = [
                _create(one, AccountKind.ADMINISTRATOR, actor=SYSTEM, now=now) for one in wanted
            ]
            if len({account.citizen_id for account in accounts}) != FIRST:
                raise NotTwo
            return [
                NewOfficer(
                    account=account,
                    slip=slips.write(
                        account=account,
                        case=None,
                        made=code,
                        actor=Actor(
                            kind=ActorKind.ADMINISTRATOR,
                            account_id=other.pk,
                            citizen_id=other.citizen_id,
                        ),
                        now=now,
                    ),
                    code=code.code,
                )
                for account, other, code in zip(accounts, reversed(accounts), made, strict=True)
            ]
    except IntegrityError as error:
        raise _meaning(error) from error


def print_slip(*, account: Account, actor: Actor, now: datetime) -> tuple[ActivationSlip, str]:
    """Make a slip for an account that was not activated; an older one dies. The code is returned here and never again.

    Raises:
        NotApproved, MakerPrints: see there.
        slips.AlreadyActive, slips.OwnSlip: see there.
        Busy: too many hashes are waiting.
    """
    # Only the first administrators of an installation were never proposed.
    approval = Approval.objects.filter(kind=ADMINISTRATOR, target_id=account.pk).first()
    if approval is not None:
        if approval.state != ApprovalState.APPROVED:
            raise NotApproved
        if approval.maker_citizen_id == actor.citizen_id:
            raise MakerPrints
    return slips.print_slip(account=account, case=None, actor=actor, now=now)


@transaction.atomic
def close_account(*, account: Account, actor: Actor, now: datetime) -> None:
    """Close the account of an officer or administrator who left: nothing that opens it works, roles end at once.

    One administrator is enough to take away.

    Raises:
        OwnAccount: see the class.
    """
    if account.citizen_id == actor.citizen_id:
        raise OwnAccount
    for role in OfficeRole.objects.filter(account=account, ended_at__isnull=True):
        end_role(role_id=role.pk, actor=actor, now=now)
    approvals.withdraw(kind=ADMINISTRATOR, target_id=account.pk, actor=actor, now=now)
    officer_recovery.withdraw(account, actor=actor, now=now)
    locked = locking.hold(account.pk)
    if locked.state != AccountState.CLOSED:
        _close(locked, reason="left", actor=actor, now=now)


class AdministratorHandler:
    """A new administrator; the target is the account."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """A slip may be printed from now on."""

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The account never comes into use."""
        account = locking.hold(approval.target_id)
        _close(account, reason="not_approved", actor=actor, now=now)


def register_approvals() -> None:
    """Tell the core what these approvals do; called in ``apps.ready()``."""
    approvals.register(ADMINISTRATOR, AdministratorHandler())


@transaction.atomic
def propose_role(
    *, account_id: UUID, office_id: UUID, role: Role, actor: Actor, now: datetime
) -> Approval:
    """Propose a role at an office; a second administrator decides.

    Raises:
        HoldsIt: see the class.
        OwnRole: see the class.
        approvals.AlreadyOpen: the same proposal waits.
    """
    account = Account.objects.get(pk=account_id, kind=AccountKind.OFFICER)
    office = Office.objects.get(pk=office_id)
    if account.citizen_id == actor.citizen_id:
        raise OwnRole
    if OfficeRole.objects.filter(
        account=account, office=office, role=role, ended_at__isnull=True
    ).exists():
        raise HoldsIt
    return approvals.propose(
        kind=ROLE,
        target_id=uuid5(account.pk, f"{office.pk}:{role.value}"),
        reason=f"{account.sign_in_name}: {role.value} @ {office.code}",
        maker=actor,
        subject_citizen_id=account.citizen_id,
        lasts=policy.APPROVAL_LASTS,
        now=now,
        details={
            "account_id": str(account.pk),
            "office_id": str(office.pk),
            "role": role.value,
        },
    )


@transaction.atomic
def end_role(*, role_id: UUID, actor: Actor, now: datetime) -> None:
    """End a role at an office at once; one administrator is enough to take away."""
    row = OfficeRole.objects.select_for_update().select_related("account").get(pk=role_id)
    if row.ended_at is not None:
        return
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    audit.record(
        events.RoleEnded(role=row.role),
        actor=actor,
        subject_id=row.account.citizen_id,
        target=row,
        now=now,
    )


# --- Parts --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Wanted:
    """Somebody who is to get an account; ``person`` is what the register said of them, if we do not hold them."""

    number: str = field(repr=False)
    sign_in_name: str
    phone: str = field(repr=False)
    person: RegisteredPerson | None = field(repr=False)


def _wanted(*, number: str, sign_in_name: str, phone: str) -> _Wanted:
    try:
        digits = scan.read(number).number
    except scan.ScanError:
        raise NotANumber from None
    try:
        mobile = phones.to_e164(phone)
    except phones.NotMobile:
        raise NotMobile from None
    person = _ask(digits) if register.find_citizen(digits) is None else None
    return _Wanted(digits, sign_in_name, mobile, person)


def _has_administrator() -> bool:
    live = Account.objects.filter(kind=AccountKind.ADMINISTRATOR).exclude(state=AccountState.CLOSED)
    return live.exists()


def _ask(number: str) -> RegisteredPerson:
    match population.look_up(number):
        case population.Found(person) if person.alive:
            return person
        case population.Found() | population.NotFound():
            raise NobodyOfThatNumber
        case _:
            raise RegisterAway


def _create(wanted: _Wanted, kind: AccountKind, *, actor: Actor, now: datetime) -> Account:
    known = register.find_citizen(wanted.number)
    citizen = register.take_in(wanted.person, now=now) if wanted.person else known
    if citizen is None:
        raise NobodyOfThatNumber
    if citizen.pk == actor.citizen_id:
        raise OwnRole
    account = Account.objects.create(
        state=AccountState.ISSUED,
        kind=kind,
        citizen=citizen,
        sign_in_name=wanted.sign_in_name,
        created_at=now,
    )
    mobile = Authenticator.objects.create(
        state=AuthenticatorState.PENDING,
        account=account,
        account_kind=kind,
        kind=AuthenticatorKind.SMS,
        secret=wanted.phone,
        phone_index=phone_index(wanted.phone),
        created_at=now,
    )
    audit.record(
        events.OfficerCreated(),
        actor=actor,
        subject_id=citizen.pk,
        target=account,
        purpose=PURPOSE,
        now=now,
    )
    authenticators.bind(mobile, account=account, actor=actor, now=now)
    return account


def _propose(account: Account, *, actor: Actor, now: datetime) -> None:
    approvals.propose(
        kind=ADMINISTRATOR,
        target_id=account.pk,
        reason=f"{account.sign_in_name}: {AccountKind.ADMINISTRATOR.name}",
        maker=actor,
        subject_citizen_id=account.citizen_id,
        lasts=policy.APPROVAL_LASTS,
        now=now,
    )


def _close(account: Account, *, reason: str, actor: Actor, now: datetime) -> None:
    move(
        account,
        states.ACCOUNT,
        to=AccountState.CLOSED,
        event=events.AccountClosed(reason=reason),
        actor=actor,
        subject_id=account.citizen_id,
        purpose=PURPOSE,
        now=now,
        closed_at=now,
    )
    locking.end_everything(account, by=ActedBy.SYSTEM, actor=actor, now=now)


def _meaning(error: IntegrityError) -> OfficerRefused | IntegrityError:
    for constraint, refusal in (
        ("account_one_live", HasOne),
        ("sign_in_name", NameTaken),
        ("authenticator_phone_once", PhoneTaken),
    ):
        if constraint in str(error):
            return refusal()
    return error
