"""The end of a visit: the account is issued with its slip in one transaction, or a second human is asked."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountState,
    CardEventKind,
    CaseState,
    CaseTask,
    ExceptionReason,
    RegisterStatus,
    ScanSource,
)
from accounts.models import Account, ActivationSlip, CardCase, Citizen
from accounts.rules import exceptions
from accounts.rules.exceptions import Check
from accounts.rules.findings import STOPS, Finding
from accounts.selectors import counter as counter_pages
from accounts.services import counter, grants, issuing, proofs, slips
from accounts.services.counter import AskFirst, CounterRefused, ForOneself, NotOpen
from eid_portal.core import approvals
from eid_portal.core.events import Actor
from eid_portal.core.transitions import move


class AlreadyIssued(NotOpen):
    """The account was issued; a slip can be printed again."""

    code = "already_issued"
    message = _("The account was issued already. Print the slip again if you need it.")


class TooOld(CounterRefused):
    """What card, register and citizen said was said too long ago."""

    code = "too_old"
    message = _("This case is more than a day old. Scan the card again.")


class CannotIssue(CounterRefused):
    """Something stands against it that nobody at a counter can approve."""

    code = "cannot_issue"
    message = _("No account can be issued with this card. The reason stands on the page.")

    def __init__(self, message: Any = None) -> None:
        super().__init__(self.code)
        if message is not None:
            self.message = message


class MissingChecks(CounterRefused):
    """The officer did not confirm all they must."""

    code = "missing_checks"
    message = _("Confirm every check, or leave the case open")


class PhoneNeeded(CounterRefused):
    """No phone was confirmed, and the officer did not say that there is none."""

    code = "phone_needed"
    message = _("Confirm the citizen's phone first, or choose “No phone of their own”")


class NoNewPhone(PhoneNeeded):
    """The phone that is to take the other's place was not confirmed."""

    message = _("Confirm the new phone first")


class NewException(CounterRefused):
    """Since the approval something came up that was not approved."""

    code = "new_exception"
    message = _("Something changed since the approval. Open a new case.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The case waits for a supervisor."""

    reasons: tuple[ExceptionReason, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The account was issued or refreshed; an active account that was refreshed needs no slip. ``code`` shows once."""

    account: Account
    slip: ActivationSlip | None
    code: str = field(default="", repr=False)


def issue(
    *,
    case: CardCase,
    checks: list[str],
    level_2_requested: bool,
    no_phone: bool,
    actor: Actor,
    now: datetime,
) -> Waiting | Done:
    """Issue or refresh the account of a case and make its slip, or put an exception before a second human.

    ``checks`` are codes of ``rules.exceptions.Check``; ``no_phone``: the officer says that the citizen has none.

    Raises:
        AlreadyIssued, TooOld, CannotIssue, MissingChecks, PhoneNeeded, NewException: see there.
        counter.NotOpen, counter.AskFirst, counter.ForOneself: see there.
        Busy: too many hashes are waiting.
    """
    made = slips.new_code()  # costs a hash: made before anything is locked
    with transaction.atomic():
        row = _locked(case)
        if row.state == CaseState.APPROVED and row.task != CaseTask.ISSUE:
            raise NewException  # something else was approved
        citizen = row.citizen
        if counter.is_too_old(row, now=now):
            raise TooOld
        if citizen is None:
            raise AskFirst
        if citizen.pk == actor.citizen_id:
            raise ForOneself
        page = counter_pages.case_page(row, now=now)
        _refuse(page, checks=checks, no_phone=no_phone)
        phone = row.phone if row.phone_verified_at and not no_phone else None
        has_phone = bool(phone or page.held_phone) and not no_phone
        why = exceptions.reasons(
            source=ScanSource.TYPED if was_typed(row, now=now) else ScanSource(row.source),
            status=RegisterStatus(row.register_status),
            findings=row.findings,
            has_phone=has_phone,
            phone_changes=page.phone_changes and not no_phone,
            issued_recently=_issued_recently(row, citizen, now=now),
        )
        if row.state == CaseState.OPEN and why:
            return _propose(row, why, checks=checks, actor=actor, now=now)
        if not set(why) <= set(row.exceptions):
            raise NewException
        return _issue(
            row, page, made, checks=checks, phone=phone,
            level_2_requested=level_2_requested, actor=actor, now=now,
        )  # fmt: skip


def print_again(*, case: CardCase, actor: Actor, now: datetime) -> Done:
    """Make the slip of an issued case anew; the code printed before opens nothing any more.

    Raises:
        counter.NotOpen: the case did not end with an account, or so long ago that the card must be scanned again.
        slips.SlipRefused: see its subclasses.
        Busy: too many hashes are waiting.
    """
    account = case.account
    if case.state != CaseState.ISSUED or account is None or case.closed_at is None:
        raise NotOpen
    if now - case.closed_at > policy.SLIP_AGAIN:
        raise NotOpen
    slip, code = slips.print_slip(account=account, case=case, actor=actor, now=now)
    return Done(account=account, slip=slip, code=code)


# --- Parts --------------------------------------------------------------------------------------
def _locked(case: CardCase) -> CardCase:
    try:
        return counter.locked(case, also=CaseState.APPROVED)
    except NotOpen:
        issued = CardCase.objects.filter(pk=case.pk, state=CaseState.ISSUED).exists()
        raise (AlreadyIssued if issued else NotOpen) from None


def _refuse(page: counter_pages.CasePage, *, checks: list[str], no_phone: bool) -> None:
    case = page.case
    if case.register_status == RegisterStatus.NOT_ASKED:
        raise AskFirst
    if {Finding(code) for code in case.findings} & STOPS:
        raise CannotIssue
    if not {Check(code) for code in checks} >= set(page.checks):
        raise MissingChecks
    on_file = (
        page.held_phone and not case.phone
    )  # a phone that was named must be confirmed, or forgotten
    if not (case.phone_verified_at or on_file or no_phone):
        raise PhoneNeeded


def was_typed(case: CardCase, *, now: datetime) -> bool:
    """Whether the officer saw the register's answer before any card was read: a payload can be written from it."""
    return (
        case.number_typed
        or CardCase.objects.filter(
            officer_id=case.officer_id,
            citizen=case.citizen,
            number_typed=True,
            opened_at__gt=now - counter.LEFT_AFTER,
        ).exists()
    )


def _issued_recently(case: CardCase, citizen: Citizen, *, now: datetime) -> bool:
    return (
        CardCase.objects.filter(
            citizen=citizen, state=CaseState.ISSUED, closed_at__gt=now - policy.REISSUE_WINDOW
        )
        .exclude(pk=case.pk)
        .exists()
    )


def _propose(
    case: CardCase, why: list[ExceptionReason], *, checks: list[str], actor: Actor, now: datetime
) -> Waiting:
    codes = [reason.value for reason in why]
    move(
        case,
        states.CASE,
        to=CaseState.WAITING,
        event=events.CaseWaits(reasons=codes),
        actor=actor,
        subject_id=case.citizen_id,
        purpose=counter.PURPOSE,
        now=now,
        exceptions=codes,
        checks=sorted(checks),
    )
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


def _issue(
    case: CardCase,
    page: counter_pages.CasePage,
    made: slips.NewCode,
    *,
    checks: list[str],
    phone: str | None,
    level_2_requested: bool,
    actor: Actor,
    now: datetime,
) -> Done:
    grant = _grant(case, page, phone=phone, level_2_requested=level_2_requested)
    try:
        issued = issuing.issue_account(grant=grant, by="counter", actor=actor, now=now)
    except issuing.IssuingRefused as refused:
        raise CannotIssue(refused.message) from None
    account = Account.objects.get(pk=issued.account_id)
    proofs.forgive(account)
    slip = None
    if account.state == AccountState.ISSUED:
        slip = slips.write(account=account, case=case, made=made, actor=actor, now=now)
    move(
        case,
        states.CASE,
        to=CaseState.ISSUED,
        event=events.CaseIssued(seconds=int((now - case.opened_at).total_seconds())),
        actor=actor,
        subject_id=case.citizen_id,
        purpose=counter.PURPOSE,
        now=now,
        account=account,
        checks=sorted(checks),
        closed_at=now,
    )
    return Done(account=account, slip=slip, code=made.code if slip else "")


def _grant(
    case: CardCase,
    page: counter_pages.CasePage,
    *,
    phone: str | None,
    level_2_requested: bool,
) -> grants.Grant:
    """What the register says; while it is away, what we hold of a citizen it once told us about."""
    told, citizen = page.register or page.held, case.citizen
    if told is None or citizen is None or told.birth_date is None or told.sex is None:
        raise AskFirst
    if told.issued_on is None:
        raise CannotIssue
    answer = case.register_answer
    newer = page.held is not None and page.held.issued_on not in {None, told.issued_on}
    return grants.Grant(
        person=grants.Person(
            personal_number=told.number,
            full_name=told.name,
            birth_date=told.birth_date,
            sex=told.sex,
            nationality=answer["nationality"] if answer else citizen.nationality,
            residence=answer["residence"] if answer else citizen.residence,
        ),
        card=grants.Card(
            number=answer["card_number"] if answer else told.number[3:],
            issued_on=told.issued_on,
            expires_on=told.expires_on,
        ),
        kind=CardEventKind.RENEWED if newer else CardEventKind.GRANTED,
        phone=phone,
        replaces_phone=ExceptionReason.PHONE_CHANGE in case.exceptions,
        level_2_requested=level_2_requested,
    )
