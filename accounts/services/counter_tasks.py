"""What a counter does beside issuing: recovery, phone, removal, lock and unlock, a lost card, guardianships.

Each is a case with its checks. What changes a way in needs a second human: the case waits, and once it is approved the
officer finishes what was approved and nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    ActedBy,
    AuthenticatorKind,
    AuthenticatorState,
    CardState,
    CaseState,
    CaseTask,
    ExceptionReason,
    LockReason,
    NoticeKind,
    OwnerLockReason,
    RecoveryState,
    RegisterStatus,
    ScanSource,
    SessionEnd,
)
from accounts.models import (
    Account,
    ActivationSlip,
    Authenticator,
    CardCase,
    Recovery,
)
from accounts.rules import counter_tasks as rules
from accounts.rules import exceptions, last_way, locks
from accounts.rules.exceptions import Check
from accounts.selectors import counter as counter_pages
from accounts.services import (
    authenticators,
    contacts,
    counter,
    counter_issue,
    counter_phone,
    guardianships,
    issuing,
    locking,
    notices,
    proofs,
    recovering,
    sessions,
    slips,
)
from accounts.services.counter import AskFirst, CounterRefused, ForOneself
from eid_portal.core import approvals
from eid_portal.core.events import Actor
from eid_portal.core.transitions import move

REMOVABLE: Final = (
    AuthenticatorKind.PASSKEY,
    AuthenticatorKind.TOTP,
    AuthenticatorKind.RECOVERY_CODES,
)
# Whoever lost control of the account may have left these to somebody else; the address is told once more.
_GIVEN_UP: Final = (*REMOVABLE, AuthenticatorKind.PASSWORD, AuthenticatorKind.EMAIL)
_LIVE: Final = (AuthenticatorState.ACTIVE, AuthenticatorState.DISABLED)


_DECISIONS: Final[dict[str, Any]] = {
    "confirm": guardianships.confirm,
    "refuse": guardianships.refuse,
    "end": guardianships.end_by_decision,
}


class NotForThisAccount(CounterRefused):
    """The task makes no sense for the account as it is now."""

    code = "not_for_this_account"
    message = _("This cannot be done for this account as it is now. Look at the case again.")


class ChooseOne(CounterRefused):
    """Nothing was chosen, or something that is gone."""

    code = "choose_one"
    message = _("Choose what this is about")


class SamePhone(CounterRefused):
    """The phone that was confirmed is the account's already."""

    code = "same_phone"
    message = _("The account has this phone already. Confirm another one.")


class LastWay(CounterRefused):
    """Without it nobody gets into the account any more."""

    code = "last_way"
    message = _(
        "Without this one nothing is left that lets the holder in. Do a recovery instead: it removes every way in and"
        " prints a slip for new ones."
    )


class AnotherTask(CounterRefused):
    """Something else was put before the second human."""

    code = "another_task"
    message = _("Something else was approved for this case. Open a new case for this.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The case waits for a supervisor."""

    reasons: tuple[ExceptionReason, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The task is done. Of a recovery there is a slip; its ``code`` shows once."""

    account: Account
    slip: ActivationSlip | None = None
    code: str = field(default="", repr=False)


def perform(
    *,
    case: CardCase,
    task: CaseTask,
    checks: list[str],
    choice: str,
    actor: Actor,
    now: datetime,
) -> Waiting | Done:
    """Do a task of an open or approved case, or put it before a second human.

    ``checks`` are codes of ``rules.exceptions.Check``. ``choice`` says what it is about: the id of the authenticator
    to remove, the reason for a lock (``rules.locks.CHOSEN_AT_COUNTER``), or ``confirm:ID``, ``refuse:ID`` or
    ``end:ID`` of a guardianship (its public id).

    Raises:
        NotForThisAccount, ChooseOne, AnotherTask, LastWay, SamePhone: see there.
        counter_phone.UsedPhone: the phone became somebody else's in the meantime.
        counter_issue.TooOld, counter_issue.CannotIssue, counter_issue.MissingChecks, counter_issue.NoNewPhone:
            see there.
        counter_issue.NewException: something came up that was not approved.
        counter.NotOpen, counter.AskFirst, counter.ForOneself: see there.
        guardianship_records.GuardianshipUnable, locking.LockingRefused: see their subclasses.
        Busy: too many hashes are waiting.
    """
    made = (
        slips.new_code() if task == CaseTask.RECOVERY else None
    )  # a hash: before anything is locked
    with transaction.atomic():
        row = counter.locked(case, also=CaseState.APPROVED)
        account = _account_of(row, actor=actor, now=now)
        if row.state == CaseState.APPROVED and (row.task, row.task_data.get("choice", "")) != (
            task.value,
            choice,
        ):
            raise AnotherTask
        facts = counter_pages.task_facts(account, now=now)
        if task not in facts.tasks:
            raise NotForThisAccount
        _require_checks(row, task, checks, choice, now=now)
        why = _reasons(row, task, account, now=now)
        if row.state == CaseState.OPEN and why:
            _look_at_choice(task, choice, account)
            return _propose(row, task, choice, why, checks=checks, actor=actor, now=now)
        if not set(why) <= set(row.exceptions):
            raise counter_issue.NewException
        done = _do(row, task, choice, account, made, actor=actor, now=now)
        move(
            row, states.CASE, to=CaseState.DONE, event=events.CaseDone(task=task.value), actor=actor,
            subject_id=row.citizen_id, purpose=counter.PURPOSE, now=now, account=account,
            task=task, checks=sorted(checks), closed_at=now,
        )  # fmt: skip
    return done


# --- May it be done? ------------------------------------------------------------------------------
def _account_of(case: CardCase, *, actor: Actor, now: datetime) -> Account:
    if counter.is_too_old(case, now=now):
        raise counter_issue.TooOld
    if case.citizen is None or case.register_status == RegisterStatus.NOT_ASKED:
        raise AskFirst
    if case.citizen_id == actor.citizen_id:
        raise ForOneself
    held = counter_pages.citizen_account(case.citizen)
    if held is None:
        raise NotForThisAccount
    issuing.lock_people([case.citizen.personal_number])  # as issuing does: people before accounts
    return Account.objects.select_for_update(of=("self",)).select_related("citizen").get(pk=held.pk)


def _require_checks(
    case: CardCase, task: CaseTask, checks: list[str], choice: str, *, now: datetime
) -> None:
    if rules.stops(task, case.findings):
        raise counter_issue.CannotIssue(
            _("This cannot be done with this card. The reason stands on the page.")
        )
    needed = set(counter_pages.task_checks(counter_pages.case_page(case, now=now), task))
    if choice.startswith("refuse:"):
        needed.discard(Check.PAPER)  # that there is none may be why
    if not {Check(code) for code in checks} >= needed:
        raise counter_issue.MissingChecks
    if task == CaseTask.PHONE_CHANGE and not case.phone_verified_at:
        raise counter_issue.NoNewPhone


def _reasons(
    case: CardCase, task: CaseTask, account: Account, *, now: datetime
) -> list[ExceptionReason]:
    """Why a second human must agree; nothing that only protects needs one."""
    own = rules.SECOND_HUMAN.get(task)
    if own is None:
        return []
    takes_phone = bool(case.phone_verified_at) and counter_pages.held_phone(account) != case.phone
    general = exceptions.reasons(
        source=ScanSource.TYPED
        if counter_issue.was_typed(case, now=now)
        else ScanSource(case.source),
        status=RegisterStatus(case.register_status),
        findings=case.findings,
        has_phone=True,
        phone_changes=takes_phone,
        issued_recently=False,
    )
    return list(dict.fromkeys([own, *general]))


def _propose(
    case: CardCase,
    task: CaseTask,
    choice: str,
    why: list[ExceptionReason],
    *,
    checks: list[str],
    actor: Actor,
    now: datetime,
) -> Waiting:
    codes = [reason.value for reason in why]
    move(
        case, states.CASE, to=CaseState.WAITING, event=events.CaseWaits(reasons=codes), actor=actor,
        subject_id=case.citizen_id, purpose=counter.PURPOSE, now=now, exceptions=codes,
        checks=sorted(checks), task=task, task_data={"choice": choice},
    )  # fmt: skip
    approvals.propose(
        kind=counter_pages.CASE,
        target_id=case.pk,
        reason=",".join(codes),
        maker=actor,
        subject_citizen_id=case.citizen_id,
        lasts=policy.APPROVAL_LASTS,
        now=now,
    )
    return Waiting(reasons=tuple(why))


# --- Doing it -------------------------------------------------------------------------------------
def _do(
    case: CardCase,
    task: CaseTask,
    choice: str,
    account: Account,
    made: slips.NewCode | None,
    *,
    actor: Actor,
    now: datetime,
) -> Done:
    match task:
        case CaseTask.RECOVERY if made is not None:
            return _recover(case, account, made, actor=actor, now=now)
        case CaseTask.PHONE_CHANGE:
            _take_phone(case, account, actor=actor, now=now)
        case CaseTask.REMOVAL:
            row = _chosen_authenticator(account, choice)
            authenticators.give_up([row], account=account, actor=actor, now=now)
            notices.tell(
                account=account,
                kind=NoticeKind.AUTHENTICATOR_REMOVED,
                values={"kind": row.kind, "helpline": settings.HELPLINE},
                now=now,
            )
        case CaseTask.LOCK:
            locking.lock(
                account=account, by=ActedBy.COUNTER, reason=LockReason.OWNER,
                why=_chosen_reason(choice), actor=actor, now=now, purpose=counter.PURPOSE,
            )  # fmt: skip
        case CaseTask.UNLOCK:
            locking.unlock(
                account=account, by=ActedBy.COUNTER, actor=actor, now=now, purpose=counter.PURPOSE
            )
        case CaseTask.LOST_CARD:
            lost = locking.lock_for_card(
                citizen=account.citizen, to=CardState.LOST, by=ActedBy.COUNTER, actor=actor,
                now=now, purpose=counter.PURPOSE,
            )  # fmt: skip
            if not lost:
                raise NotForThisAccount
        case CaseTask.GUARDIANSHIP:
            _decide_guardianship(case, account, choice, actor=actor, now=now)
        case _:
            raise NotForThisAccount
    return Done(account=account)


def _recover(
    case: CardCase, account: Account, made: slips.NewCode, *, actor: Actor, now: datetime
) -> Done:
    """All ways in go but the phone, every session ends, and a slip opens the way to new ones. The level stays."""
    if case.phone_verified_at and counter_pages.held_phone(account) != case.phone:
        _take_phone(case, account, actor=actor, now=now)
    _tell(account, CaseTask.RECOVERY, now=now)
    rows = Authenticator.objects.filter(account=account, kind__in=_GIVEN_UP, state__in=_LIVE)
    authenticators.give_up(list(rows), account=account, actor=actor, now=now)
    sessions.end_all(account_ids=[account.pk], reason=SessionEnd.RECOVERED, now=now)
    for recovery in Recovery.objects.select_related("account").filter(
        account=account, state=RecoveryState.OPEN
    ):
        recovering.cancel(recovery=recovery, by=ActedBy.COUNTER, now=now)
    proofs.forgive(account)
    slip = slips.write(account=account, case=case, made=made, actor=actor, now=now, recovers=True)
    return Done(account=account, slip=slip, code=made.code)


def _take_phone(case: CardCase, account: Account, *, actor: Actor, now: datetime) -> None:
    """The phone confirmed in this visit takes the place of the one on file, as when its owner changes it."""
    try:
        contacts.change_at_counter(account=account, phone=case.phone, actor=actor, now=now)
    except contacts.Same:
        raise SamePhone from None
    except contacts.PhoneNotYours:  # it became somebody else's since it was confirmed
        raise counter_phone.UsedPhone from None


def _decide_guardianship(
    case: CardCase, account: Account, choice: str, *, actor: Actor, now: datetime
) -> None:
    decision, _mark, public_id = choice.partition(":")
    row = counter_pages.open_guardianships(account.citizen_id).filter(public_id=public_id).first()
    decide = _DECISIONS.get(decision)
    if row is None or decide is None:
        raise ChooseOne
    decide(guardianship=row, case=case, actor=actor, now=now)


def _look_at_choice(task: CaseTask, choice: str, account: Account) -> None:
    if task == CaseTask.REMOVAL:
        _chosen_authenticator(account, choice)


def _chosen_reason(choice: str) -> OwnerLockReason:
    """What the person gives as the reason for the lock."""
    if choice not in locks.CHOSEN_AT_COUNTER:
        raise ChooseOne
    return OwnerLockReason(choice)


def _chosen_authenticator(account: Account, choice: str) -> Authenticator:
    try:
        key = UUID(choice)
    except ValueError:
        raise ChooseOne from None
    row = Authenticator.objects.filter(
        pk=key, account=account, kind__in=REMOVABLE, state__in=_LIVE
    ).first()
    if row is None:
        raise ChooseOne
    left = Authenticator.objects.filter(account=account, state=AuthenticatorState.ACTIVE)
    kinds = {AuthenticatorKind(each.kind) for each in left if each != row}
    # What is disabled lets nobody in, and what does not count towards getting in may always go.
    counts = row.state == AuthenticatorState.ACTIVE and row.kind in last_way.COUNT
    if counts and not last_way.lets_in(kinds, AccountKind(account.kind)):
        raise LastWay
    return row


def _tell(account: Account, task: CaseTask, *, now: datetime) -> None:
    notices.tell(
        account=account,
        kind=NoticeKind.CASE_DONE,
        values={"task": task.value, "helpline": settings.HELPLINE},
        now=now,
    )
