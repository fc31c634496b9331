"""Give billers what they are owed: proposed by one administrator, decided by another, paid out by the switch once.

What is owed is what the books say. While one settlement with a biller is under way there is no other, and a refund of a
payment that was settled with its biller makes the next settlement smaller.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import approvals, audit, clock, jobs
from eid_portal.core.events import SYSTEM, Actor, Event
from eid_portal.core.models import Approval
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import Change, StaleState, move_together
from payments import events, policy, states
from payments.enums import ReportOutcome, SettlementState
from payments.gateways import napas
from payments.gateways.base import Done, NotDone, NotFound
from payments.models import Biller, Settlement
from payments.rules import books
from payments.selectors import ledger as accounts
from payments.services import asking, ledger

KIND: Final = "payments.settlement"
PAY: Final = "payments.pay_settlement"
PAYER: Final = "CONG DICH VU EID"  # as the biller's bank shows it
NOT_ARRIVED: Final = "not_arrived"
_LIVE: Final = (SettlementState.SENDING,)
log = structlog.get_logger()


class SettlementNotMade(Exception):
    """It cannot be proposed; ``message`` says why."""

    code = "settlement_not_made"
    message: Any = _("This cannot be settled.")


class NothingOwed(SettlementNotMade):
    """The biller is owed nothing, or owes us."""

    code = "nothing_owed"
    message = _("This biller is owed nothing.")


class NoBankAccount(SettlementNotMade):
    """Nobody said where the biller is paid."""

    code = "no_bank_account"
    message = _("First say at which bank account this biller is paid: on the page of the biller.")


class UnderWay(SettlementNotMade):
    """Another settlement with the biller is not over."""

    code = "under_way"
    message = _("A settlement with this biller is under way.")


class OwedLess(approvals.ApprovalRefused):
    """Since it was proposed refunds took off what is owed."""

    code = "owed_less"
    message = _("This biller is owed less by now: refuse this proposal and make another.")


class AccountChanged(approvals.ApprovalRefused):
    """The biller's bank account is another than the one that was proposed."""

    code = "account_changed"
    message = _("The bank account of this biller was changed: refuse this proposal and make another.")  # fmt: skip


class Handler:
    """What becomes of a proposed settlement; its target."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Have the switch pay it out.

        Raises:
            OwedLess: see the class; nothing is decided then.
            AccountChanged: see the class; nothing is decided then.
        """
        row = Settlement.objects.select_related("biller").get(pk=approval.target_id)
        if (row.bank, row.bank_account) != (row.biller.bank, row.biller.bank_account):
            raise AccountChanged
        if owed(row.biller_id) < row.amount:
            raise OwedLess
        change = _change(
            row,
            SettlementState.SENDING,
            events.SettlementApproved(**_of(row)),
            now,
            approval_id=approval.pk,
        )
        move_together(
            [(change, states.SETTLEMENT)],
            *jobs.enqueueing(PAY, subject_ids=[row.pk]),
            actor=actor,
            now=now,
        )

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Another can be proposed."""
        row = Settlement.objects.get(pk=approval.target_id)
        change = _change(row, SettlementState.DROPPED, events.SettlementDropped(**_of(row)), now)
        move_together([(change, states.SETTLEMENT)], actor=actor, now=now)


def register() -> None:
    """Tell the core what the approval of a settlement does; called in ``apps.ready()``."""
    approvals.register(KIND, Handler())


def owed(biller: str) -> int:
    """What a biller is owed by the books; below zero, it owes us."""
    return -accounts.balance(books.biller(biller))


@transaction.atomic
def propose(*, biller: str, actor: Actor, now: datetime) -> Settlement:
    """Propose to pay out all that a biller is owed now. Another administrator decides.

    Raises:
        NothingOwed: see the class.
        NoBankAccount: see the class.
        UnderWay: see the class.
    """
    row = Biller.objects.get(pk=biller)
    if not row.bank or not row.bank_account:
        raise NoBankAccount
    amount = owed(biller)
    if amount <= 0:
        raise NothingOwed
    try:
        with transaction.atomic():
            made = Settlement.objects.create(
                state=SettlementState.PROPOSED,
                biller=row,
                amount=amount,
                bank=row.bank,
                bank_account=row.bank_account,
                proposed_at=now,
                since=now,
            )
    except IntegrityError as error:
        if "settlement_one_at_a_time" in str(error):
            raise UnderWay from None
        raise
    approvals.propose(
        kind=KIND,
        target_id=made.pk,
        reason=row.code,
        maker=actor,
        subject_citizen_id=None,
        lasts=policy.PROPOSAL_LASTS,
        details={"amount": amount},
        now=now,
    )
    audit.record(events.SettlementProposed(**_of(made)), actor=actor, target=made, now=now)
    return made


def pay(claim: jobs.Claim) -> None:
    """Have the switch pay out a settlement, or ask what became of it; write down what it said.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    row = _find(claim.subject_id)
    if row.state not in _LIVE:
        claim.finish()
        return
    said = asking.ask(
        row,
        states=_LIVE,
        send=lambda: napas.pay_out(
            reference=row.public_id,
            to=napas.AccountAt(row.bank, row.bank_account),
            amount=row.amount,
            message=f"{row.biller.short_name} {row.public_id}",
            payer_name=PAYER,
        ),
        inquire=lambda: napas.payout_status(reference=row.public_id, amount=row.amount),
    )
    match said:
        case None:
            claim.finish()
        case Done(reference):
            record_paid(row.pk, receipt=reference, actor=SYSTEM, claim=claim)
        case NotDone(code):
            record_refused(row.pk, code=code, actor=SYSTEM, claim=claim)
        case NotFound():
            record_refused(row.pk, code=NOT_ARRIVED, actor=SYSTEM, claim=claim)
        case Unavailable() | Unknown():
            asking.again(claim, row, said)


def record_paid(
    settlement_id: UUID, *, receipt: str, actor: Actor, claim: jobs.Claim | None = None
) -> ReportOutcome:
    """Book that the switch paid a settlement out, once, in one transaction; with a ``claim`` its job is finished too.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    while True:
        row = _find(settlement_id)
        if row.state == SettlementState.PAID:
            _finish(claim)
            return ReportOutcome.KNOWN
        if row.state not in {*_LIVE, SettlementState.REFUSED}:
            log.error("settlement.paid_unasked", settlement_id=str(row.pk), state=row.state)
            _finish(claim)
            return ReportOutcome.CONTRADICTS
        now = clock.now()
        change = _change(
            row,
            SettlementState.PAID,
            events.SettlementPaid(**_of(row)),
            now,
            paid_at=now,
            switch_reference=receipt,
            code="",
        )
        try:
            with transaction.atomic():
                _write(change, actor, claim, now)
                ledger.book_settlement(
                    settlement_id=row.pk,
                    biller=row.biller_id,
                    bank=books.CLEARING,
                    amount=row.amount,
                    now=now,
                )
        except StaleState:
            continue
        return ReportOutcome.APPLIED


def record_refused(
    settlement_id: UUID, *, code: str, actor: Actor, claim: jobs.Claim | None = None
) -> ReportOutcome:
    """Write down that the switch will not pay a settlement out: another can be proposed; as :func:`record_paid`.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    while True:
        row = _find(settlement_id)
        if row.state not in _LIVE:
            _finish(claim)
            known = row.state == SettlementState.REFUSED
            return ReportOutcome.KNOWN if known else ReportOutcome.CONTRADICTS
        now = clock.now()
        refused = events.SettlementRefused(**_of(row), code=code)
        change = _change(row, SettlementState.REFUSED, refused, now, code=code)
        try:
            with transaction.atomic():
                _write(change, actor, claim, now)
        except StaleState:
            continue
        log.error("settlement.refused", settlement_id=str(row.pk), code=code)
        return ReportOutcome.APPLIED


def _find(settlement_id: UUID) -> Settlement:
    return Settlement.objects.select_related("biller").get(pk=settlement_id)


def _of(row: Settlement) -> dict[str, Any]:
    return {"biller": row.biller_id, "amount": row.amount}


def _change(
    row: Settlement, to: SettlementState, event: Event, now: datetime, **values: Any
) -> Change[SettlementState]:
    return Change(row=row, to=to, event=event, subject_id=None, values={"since": now, **values})


def _write(change: Change[Any], actor: Actor, claim: jobs.Claim | None, now: datetime) -> None:
    finishing = [claim.finishing()] if claim else []
    counts = move_together([(change, states.SETTLEMENT)], *finishing, actor=actor, now=now)
    if claim and not counts[-1]:
        raise jobs.LostClaim


def _finish(claim: jobs.Claim | None) -> None:
    if claim:
        claim.finish()
