"""Work off differences: take one, write notes, have the books adjusted by two people, and say how it was resolved."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import approvals, audit
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, ApprovalState
from eid_portal.core.transitions import move
from payments import events, policy, states
from payments.enums import AccountKind, CaseState, CaseStep, EntryKind
from payments.models import CaseNote, LedgerAccount, MoneyCase
from payments.rules import books
from payments.services import ledger

KIND: Final = "payments.adjustment"
# What is in flight belongs to payments, and follows their states alone.
ADJUSTED: Final = (AccountKind.BANK, AccountKind.BILLER, AccountKind.PAYOUT, AccountKind.FEES)
_LIVE: Final = frozenset({CaseState.OPEN, CaseState.TAKEN})


class CaseRefused(Exception):
    """It cannot be done; ``message`` says why."""

    code = "case_refused"
    message: Any = _("This cannot be done.")


class CaseOver(CaseRefused):
    """Resolved, or gone by itself."""

    code = "case_over"
    message = _("This difference is resolved or gone by now.")


class TakenBefore(CaseRefused):
    """Somebody looks into it."""

    code = "taken_before"
    message = _("A colleague looks into this difference.")


class NotAdjusted(CaseRefused):
    """The account follows payments alone, or the amount is none."""

    code = "not_adjusted"
    message = _("Choose an account that can be adjusted, and an amount.")


class AdjustmentWaits(CaseRefused):
    """What was proposed for it must be decided first."""

    code = "adjustment_waits"
    message = _("An adjustment for this difference waits for a decision.")


class Handler:
    """What becomes of a proposed adjustment; its target is the case, its details say account and amount."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Book it against the differences."""
        case = MoneyCase.objects.get(pk=approval.target_id)
        account, amount = approval.details["account"], approval.details["amount"]
        ledger.book(
            kind=EntryKind.ADJUSTMENT,
            key=f"adjust:{approval.pk}",
            lines=books.adjustment(account=account, amount=amount),
            now=now,
        )
        _note(case, CaseStep.ADJUSTED, f"{account} {amount:+d}", actor, now)
        adjusted = events.DifferenceAdjusted(**_of(case), account=account, amount=amount)
        audit.record(adjusted, actor=actor, target=case, now=now)

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Nothing was booked."""


def register() -> None:
    """Tell the core what the approval of an adjustment does; called in ``apps.ready()``."""
    approvals.register(KIND, Handler())


@transaction.atomic
def take(*, case_id: UUID, actor: Actor, now: datetime) -> None:
    """Look into a difference.

    Raises:
        TakenBefore: see the class.
        CaseOver: see the class.
    """
    case = _live(case_id)
    if case.state == CaseState.TAKEN:
        if case.taken_by_id != actor.account_id:
            raise TakenBefore
        return
    move(
        case,
        states.DIFFERENCE,
        to=CaseState.TAKEN,
        event=events.DifferenceTaken(**_of(case)),
        actor=actor,
        now=now,
        since=now,
        taken_by_id=actor.account_id,
    )
    _note(case, CaseStep.TAKEN, "", actor, now)


@transaction.atomic
def note(*, case_id: UUID, words: str, actor: Actor, now: datetime) -> None:
    """Write down what was found out.

    Raises:
        CaseOver: see the class.
    """
    case = _live(case_id)
    _note(case, CaseStep.NOTE, words, actor, now)
    audit.record(events.DifferenceNoted(**_of(case)), actor=actor, target=case, now=now)


@transaction.atomic
def resolve(*, case_id: UUID, words: str, actor: Actor, now: datetime) -> None:
    """Say how it was resolved; nothing is moved or booked by that.

    Raises:
        CaseOver: see the class.
        AdjustmentWaits: see the class.
    """
    case = _live(case_id)
    if find_open(case) is not None:
        raise AdjustmentWaits
    move(
        case,
        states.DIFFERENCE,
        to=CaseState.RESOLVED,
        event=events.DifferenceResolved(**_of(case)),
        actor=actor,
        now=now,
        since=now,
    )
    _note(case, CaseStep.RESOLVED, words, actor, now)


@transaction.atomic
def propose_adjustment(
    *, case_id: UUID, account: str, amount: int, words: str, actor: Actor, now: datetime
) -> Approval:
    """Propose to book ``amount`` on an account against the differences, for this case. Another one decides.

    Above zero the account is debited: a bank holds more, a biller is owed less.

    Raises:
        CaseOver: see the class.
        NotAdjusted: see the class.
        approvals.AlreadyOpen: one waits for a decision.
        approvals.SamePerson: the case is about the one who proposes.
    """
    case = _live(case_id)
    known = LedgerAccount.objects.filter(pk=account, kind__in=ADJUSTED)
    if not known.exists() or not 0 < abs(amount) <= books.MOST:
        raise NotAdjusted
    approval = approvals.propose(
        kind=KIND,
        target_id=case.pk,
        reason=case.difference,
        maker=actor,
        subject_citizen_id=citizen_of(case),
        lasts=policy.PROPOSAL_LASTS,
        details={"account": account, "amount": amount},
        now=now,
    )
    _note(case, CaseStep.NOTE, words, actor, now)
    audit.record(events.DifferenceNoted(**_of(case)), actor=actor, target=case, now=now)
    return approval


def find_open(case: MoneyCase) -> Approval | None:
    """The adjustment of a case that waits for a decision."""
    return Approval.objects.filter(
        kind=KIND, target_id=case.pk, state=ApprovalState.PROPOSED
    ).first()


def citizen_of(case: MoneyCase) -> UUID | None:
    """Whose payment it is about, if it is anybody's."""
    order = case.order or (case.payment.order if case.payment else None)
    return order.account.citizen_id if order else None


def _live(case_id: UUID) -> MoneyCase:
    case = MoneyCase.objects.select_for_update(of=("self",)).get(pk=case_id)
    if case.state not in _LIVE:
        raise CaseOver
    return case


def _of(case: MoneyCase) -> dict[str, Any]:
    return {"party": case.party, "difference": case.difference}


def _note(case: MoneyCase, step: CaseStep, words: str, actor: Actor, now: datetime) -> None:
    CaseNote.objects.create(case=case, step=step, by_id=actor.account_id, words=words, at=now)
