"""An authority's written request to lock or unlock an account (Decree 69/2024 arts. 29, 30).

Who receives it forwards it within one working day; the head of the identity agency, another human who signs in afresh,
decides within two more: carries it out, or refuses in writing with the reason. The citizen is told each step.
"""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    LockOrderKind,
    LockOrderState,
    LockReason,
    NoticeKind,
)
from accounts.models import Account, LockOrder
from accounts.rules import scan
from accounts.services import locking, looking, notices
from eid_portal.core import approvals, audit, clock, metrics, working_days
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, ApprovalState
from eid_portal.core.transitions import move

KIND: Final = "accounts.lock_order"
PURPOSE: Final = "authority"


class OrderRefused(Exception):
    """The request cannot be taken; ``code`` says why, ``field`` where, and ``message`` tells the administrator."""

    code = "order_refused"
    field = "__all__"
    message: Any = ""


class NotANumber(OrderRefused):
    """It is no personal number."""

    code = "personal_number"
    field = "number"
    message = _("A personal number must have 12 digits.")


class NoAccount(OrderRefused):
    """Nobody of that number has an account that can be locked."""

    code = "no_account"
    field = "number"
    message = _("Nobody of this number has an activated account.")


class AboutOneself(OrderRefused):
    """Nobody takes, forwards or decides a request about themselves."""

    code = "about_oneself"
    message = _("This request is about you: somebody else must deal with it.")


class DoesNotFit(OrderRefused):
    """A lock needs an account that no authority locked; an unlock one that an authority did."""

    code = "does_not_fit"
    field = "kind"
    message = _("The account does not stand as this request needs it: look at its kind again.")


class NotPossibleNow(approvals.ApprovalRefused):
    """The account has changed since: it cannot be carried out any more."""

    code = "not_possible_now"
    message = _(
        "The account has changed since, so this cannot be carried out. Refuse it, and say so."
    )


# --- Receiving and forwarding -----------------------------------------------------------------------
def receive(
    *,
    number: str,
    kind: LockOrderKind,
    authority: str,
    document_number: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> LockOrder:
    """Record a written request about the account of a personal number.

    Raises:
        NotANumber, NoAccount, AboutOneself, DoesNotFit: see there.
        looking.TooManySearches: see the class.
    """
    try:
        digits = scan.read(number).number
    except scan.ScanError:
        raise NotANumber from None
    citizen = looking.find_citizen(number=digits, actor=actor, now=now)
    account = _account_of(citizen.pk) if citizen else None
    if account is None:
        raise NoAccount
    return _receive(
        account, kind=kind, authority=authority, document_number=document_number, reason=reason,
        actor=actor, now=now,
    )  # fmt: skip


@transaction.atomic
def _receive(
    account: Account,
    *,
    kind: LockOrderKind,
    authority: str,
    document_number: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> LockOrder:
    _refuse_own(account, actor)
    if not _fits(account, kind):
        raise DoesNotFit
    order = LockOrder.objects.create(
        state=LockOrderState.RECEIVED,
        account=account,
        kind=kind,
        authority=authority,
        document_number=document_number,
        reason=reason,
        received_by=Account.objects.get(pk=str(actor.account_id)),
        received_at=now,
        forward_by=working_days.due(now, working_days=policy.ORDER_FORWARDED_WITHIN),
    )
    audit.record(
        events.LockOrderReceived(kind=kind.value),
        actor=actor,
        subject_id=account.citizen_id,
        target=order,
        purpose=PURPOSE,
        now=now,
    )
    _tell(order, reason=reason, now=now)
    return order


@transaction.atomic
def forward(*, order: LockOrder, actor: Actor, now: datetime) -> None:
    """Put a request before the head of the identity agency.

    Raises:
        AboutOneself: see the class.
        transitions.StaleState, transitions.IllegalTransition: it was forwarded already.
    """
    _refuse_own(order.account, actor)
    proposal = _propose(order, actor=actor, now=now)
    move(
        order,
        states.LOCK_ORDER,
        to=LockOrderState.FORWARDED,
        event=events.LockOrderForwarded(kind=order.kind),
        actor=actor,
        subject_id=order.account.citizen_id,
        purpose=PURPOSE,
        now=now,
        forwarded_by_id=actor.account_id,
        forwarded_at=now,
        decide_by=working_days.due(now, working_days=policy.ORDER_DECIDED_WITHIN),
        approval_id=proposal.pk,
    )
    _tell(order, reason=order.reason, now=now)


@transaction.atomic
def forward_again(*, order: LockOrder, actor: Actor, now: datetime) -> None:
    """Put a request before the head once more whose proposal nobody decided in time; it stays as late as it is.

    Raises:
        AboutOneself: see the class.
        approvals.AlreadyOpen: it waits for a decision, or is decided.
    """
    _refuse_own(order.account, actor)
    row = (
        LockOrder.objects.select_for_update(of=("self",)).select_related("account").get(pk=order.pk)
    )
    if not is_lapsed(row):
        raise approvals.AlreadyOpen
    proposal = _propose(row, actor=actor, now=now)
    row.approval_id = proposal.pk
    row.save(update_fields=["approval_id"])


def _propose(order: LockOrder, *, actor: Actor, now: datetime) -> Approval:
    return approvals.propose(
        kind=KIND,
        target_id=order.pk,
        reason=order.kind,
        maker=actor,
        subject_citizen_id=order.account.citizen_id,
        lasts=policy.ORDER_WAITS_LONGEST,
        now=now,
    )


# --- Deciding ---------------------------------------------------------------------------------------
class OrderHandler:
    """What a decision about a request does."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """Carry the request out."""
        order = _of(approval)
        _refuse_who_dealt_with_it(order, actor)
        try:
            _carry_out(order, actor=actor, now=now)
        except locking.LockingRefused:
            raise NotPossibleNow from None
        event = events.LockOrderExecuted(kind=order.kind)
        _decided(order, LockOrderState.EXECUTED, event, actor=actor, now=now)
        _tell(order, reason=order.reason, now=now)

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """A refusal is written by :func:`decide`; one that nobody decided is forwarded again."""


def register() -> None:
    """Tell the core what a decision does, and let alarms see what is late; called in ``apps.ready()``."""
    approvals.register(KIND, OrderHandler())
    metrics.register(
        "eid_lock_orders_overdue",
        "Requests of authorities that were to be forwarded or decided by now",
        "SELECT count(*) FROM accounts_lockorder WHERE (state = 'RECEIVED' AND forward_by <= %(now)s)"
        " OR (state = 'FORWARDED' AND decide_by <= %(now)s)",
    )


@transaction.atomic
def decide(
    *,
    order: LockOrder,
    execute: bool,
    refusal: str,
    actor: Actor,
    signed_in_at: datetime,
    now: datetime,
) -> None:
    """Carry a request out, or refuse it with a written reason.

    Raises:
        approvals.SamePerson, approvals.NotFresh, approvals.TooLate: see there.
        NotPossibleNow: see the class.
    """
    approval = Approval.objects.get(pk=str(order.approval_id))
    if execute:
        approvals.approve(approval=approval, approver=actor, signed_in_at=signed_in_at, now=now)
        return
    _refuse_who_dealt_with_it(order, actor)
    approvals.refuse(
        approval=approval, approver=actor, signed_in_at=signed_in_at, note="in writing", now=now
    )
    event = events.LockOrderRefused(kind=order.kind, reason=refusal)
    _decided(order, LockOrderState.REFUSED, event, actor=actor, now=now, refusal=refusal)
    _tell(order, reason=refusal, now=now)


def needs_fresh_sign_in(order: LockOrder, *, signed_in_at: datetime, now: datetime) -> bool:
    """Whether somebody who proved themselves at ``signed_in_at`` must do so again before deciding."""
    approval = Approval.objects.filter(pk=str(order.approval_id)).first()
    proposed_at = approval.proposed_at if approval else now
    return signed_in_at < proposed_at or now - signed_in_at > approvals.FRESH


def is_open(order: LockOrder) -> bool:
    """Whether a request that was forwarded can be decided."""
    waits = Approval.objects.filter(pk__in=[order.approval_id], state=ApprovalState.PROPOSED)
    return order.state == LockOrderState.FORWARDED and waits.exists()


def is_lapsed(order: LockOrder) -> bool:
    """Whether a request was forwarded and nobody decided it while that was possible."""
    return order.state == LockOrderState.FORWARDED and not is_open(order)


def is_overdue(order: LockOrder, *, now: datetime) -> bool:
    """Whether the law's time for the next step, or for the last one, was not kept."""
    forwarded, decided = order.forwarded_at or now, order.decided_at or now
    late = order.decide_by is not None and decided > order.decide_by
    return forwarded > order.forward_by or late


# --- Parts ------------------------------------------------------------------------------------------
def _account_of(citizen_id: Any) -> Account | None:
    return (
        Account.objects.select_related("citizen")
        .filter(citizen_id=citizen_id, kind=AccountKind.CITIZEN)
        .exclude(state__in=[AccountState.CLOSED, AccountState.ISSUED])
        .first()
    )


def _fits(account: Account, kind: LockOrderKind) -> bool:
    by_authority = account.lock_reason == LockReason.AUTHORITY
    return by_authority if kind == LockOrderKind.UNLOCK else not by_authority


def _refuse_own(account: Account, actor: Actor) -> None:
    if account.citizen_id == actor.citizen_id:
        raise AboutOneself


def _refuse_who_dealt_with_it(order: LockOrder, actor: Actor) -> None:
    """Who received it decides no more than who forwarded it, whatever account of theirs they use."""
    dealt = {order.received_by.citizen_id}
    if order.forwarded_by is not None:
        dealt.add(order.forwarded_by.citizen_id)
    if actor.citizen_id in dealt:
        raise approvals.SamePerson


def _of(approval: Approval) -> LockOrder:
    return LockOrder.objects.select_related("account", "received_by", "forwarded_by").get(
        pk=approval.target_id
    )


def _carry_out(order: LockOrder, *, actor: Actor, now: datetime) -> None:
    if order.kind == LockOrderKind.LOCK:
        locking.lock(
            account=order.account, by=ActedBy.AUTHORITY, reason=LockReason.AUTHORITY, actor=actor,
            purpose=PURPOSE, now=now,
        )  # fmt: skip
    else:
        locking.unlock(
            account=order.account, by=ActedBy.AUTHORITY, actor=actor, purpose=PURPOSE, now=now
        )


def _decided(
    order: LockOrder,
    to: LockOrderState,
    event: events.LockOrderExecuted | events.LockOrderRefused,
    *,
    actor: Actor,
    now: datetime,
    **values: Any,
) -> None:
    move(
        order, states.LOCK_ORDER, to=to, event=event, actor=actor,
        subject_id=order.account.citizen_id, purpose=PURPOSE, now=now,
        decided_by_id=actor.account_id, decided_at=now, **values,
    )  # fmt: skip


def _tell(order: LockOrder, *, reason: str, now: datetime) -> None:
    notices.tell(
        account=order.account,
        kind=NoticeKind.LOCK_ORDER,
        values={
            "authority": order.authority,
            "document": order.document_number,
            "order_kind": order.kind,
            "order_state": order.state,
            "date": f"{clock.today(now):%d/%m/%Y}",
            "reason": reason,
            "helpline": settings.HELPLINE,
        },
        now=now,
    )
