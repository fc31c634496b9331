"""Four eyes, once for all: a proposal, and its approval by another human who signs in afresh.

What an approval does belongs to the app that proposes: it registers a handler for its kind in ``apps.ready()``.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import audit
from eid_portal.core.events import SYSTEM, Actor, Event
from eid_portal.core.models import Approval, ApprovalState
from eid_portal.core.transitions import StaleState, Transitions, move

# Signing in afresh means: not longer ago than this, and after the proposal was made.
FRESH: Final = timedelta(minutes=5)


class ApprovalRefused(Exception):
    """The approval cannot be given; ``code`` says why and ``message`` tells people."""

    code = "approval_refused"
    message: Any = _("This approval cannot be given.")


class SamePerson(ApprovalRefused):
    """Maker, approver and subject must be three different humans."""

    code = "same_person"
    message = _("You proposed this, or it is about you: somebody else must decide.")


class NotFresh(ApprovalRefused):
    """The approver must sign in again first."""

    code = "not_fresh"
    message = _("Sign in again before you decide.")


class AlreadyOpen(ApprovalRefused):
    """The same proposal is waiting already."""

    code = "already_open"
    message = _("The same proposal is already waiting for a decision.")


class TooLate(ApprovalRefused):
    """It was decided, or expired, in the meantime."""

    code = "too_late"
    message = _("This proposal was decided or has expired in the meantime.")


@dataclass(frozen=True, kw_only=True)
class ApprovalProposed(Event):
    """Somebody asked for a second pair of eyes."""

    name: ClassVar[str] = "core.approval_proposed"
    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ApprovalGiven(Event):
    """Another human agreed."""

    name: ClassVar[str] = "core.approval_given"
    kind: str


@dataclass(frozen=True, kw_only=True)
class ApprovalDenied(Event):
    """Another human said no; the note they typed stands in the approval alone, for it may name somebody."""

    name: ClassVar[str] = "core.approval_denied"
    kind: str


@dataclass(frozen=True, kw_only=True)
class ApprovalExpired(Event):
    """Nobody decided in time."""

    name: ClassVar[str] = "core.approval_expired"
    kind: str


@dataclass(frozen=True, kw_only=True)
class ApprovalWithdrawn(Event):
    """What it was asked for is no more."""

    name: ClassVar[str] = "core.approval_withdrawn"
    kind: str


TABLE: Final = Transitions[ApprovalState](
    "core.Approval",
    {
        (ApprovalState.PROPOSED, ApprovalState.APPROVED): ApprovalGiven,
        (ApprovalState.PROPOSED, ApprovalState.REFUSED): ApprovalDenied,
        (ApprovalState.PROPOSED, ApprovalState.EXPIRED): ApprovalExpired,
        (ApprovalState.PROPOSED, ApprovalState.WITHDRAWN): ApprovalWithdrawn,
    },
)


class Handler(Protocol):
    """What an app does about a decision, in the transaction of the decision."""

    def approved(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The proposal was approved: do what it asked for."""

    def closed(self, approval: Approval, *, actor: Actor, now: datetime) -> None:
        """The proposal was refused, withdrawn or expired: tidy up."""


_handlers: Final[dict[str, Handler]] = {}


def register(kind: str, handler: Handler) -> None:
    """Say what a kind of approval does."""
    _handlers[kind] = handler


@transaction.atomic
def propose(
    *,
    kind: str,
    target_id: UUID,
    reason: str,
    maker: Actor,
    subject_citizen_id: UUID | None,
    lasts: timedelta,
    now: datetime,
    details: dict[str, Any] | None = None,
    actor: Actor | None = None,
) -> Approval:
    """Ask for an approval. ``reason`` is a code that stands in the audit in clear; it expires after ``lasts``.

    ``maker`` answers for it; ``actor`` is who brings it about, if that is somebody else.

    Raises:
        SamePerson: the maker proposes about themselves.
        AlreadyOpen: the same proposal waits.
    """
    if kind not in _handlers:
        raise KeyError(kind)
    if subject_citizen_id and maker.citizen_id == subject_citizen_id:
        raise SamePerson
    try:
        with transaction.atomic():
            approval = Approval.objects.create(
                state=ApprovalState.PROPOSED,
                kind=kind,
                target_id=target_id,
                reason=reason,
                details=details or {},
                office_id=maker.office_id,
                subject_citizen_id=subject_citizen_id,
                maker_account_id=maker.account_id,
                maker_citizen_id=maker.citizen_id,
                proposed_at=now,
                expires_at=now + lasts,
            )
    except IntegrityError as error:
        if "approval_one_open" in str(error):
            raise AlreadyOpen from None
        raise
    audit.record(
        ApprovalProposed(kind=kind, reason=reason),
        actor=actor or maker,
        subject_id=subject_citizen_id,
        target=approval,
        now=now,
    )
    return approval


def approve(*, approval: Approval, approver: Actor, signed_in_at: datetime, now: datetime) -> None:
    """Agree, and do what was proposed, in one transaction.

    ``signed_in_at`` is when the approver last proved that it is them.

    Raises:
        SamePerson: see the class.
        NotFresh: see the class.
        TooLate: see the class.
    """
    _check(approval, approver, signed_in_at, now)
    with transaction.atomic():
        _decide(
            approval, ApprovalState.APPROVED, ApprovalGiven(kind=approval.kind), approver, "", now
        )
        with _races_are_late():
            _handlers[approval.kind].approved(approval, actor=approver, now=now)


def refuse(
    *, approval: Approval, approver: Actor, signed_in_at: datetime, note: str, now: datetime
) -> None:
    """Say no, with a note without personal data.

    Raises:
        SamePerson: see the class.
        NotFresh: see the class.
        TooLate: see the class.
    """
    _check(approval, approver, signed_in_at, now)
    with transaction.atomic():
        event = ApprovalDenied(kind=approval.kind)
        _decide(approval, ApprovalState.REFUSED, event, approver, note, now)
        with _races_are_late():
            _handlers[approval.kind].closed(approval, actor=approver, now=now)


def withdraw(*, kind: str, target_id: UUID, actor: Actor, now: datetime) -> None:
    """Close the open proposal about a row, if there is one: what it asks for is no more.

    One that is decided at the same moment stays decided. Call it before the row itself is locked, as deciding does.
    """
    approval = Approval.objects.filter(
        kind=kind, target_id=target_id, state=ApprovalState.PROPOSED
    ).first()
    if approval is not None:
        with suppress(StaleState), transaction.atomic():
            _close(approval, ApprovalState.WITHDRAWN, ApprovalWithdrawn(kind=kind), actor, now)


def expire_old(*, now: datetime) -> int:
    """Close proposals nobody decided in time. Returns how many."""
    count = 0
    for approval in Approval.objects.filter(state=ApprovalState.PROPOSED, expires_at__lte=now)[
        :1000
    ]:
        try:
            with transaction.atomic():
                event = ApprovalExpired(kind=approval.kind)
                _close(approval, ApprovalState.EXPIRED, event, SYSTEM, now)
        except StaleState:
            continue
        count += 1
    return count


@contextmanager
def _races_are_late() -> Iterator[None]:
    """What a proposal is about was changed by somebody at the same moment."""
    try:
        yield
    except StaleState:
        raise TooLate from None


def _close(
    approval: Approval, to: ApprovalState, event: Event, actor: Actor, now: datetime
) -> None:
    move(
        approval,
        TABLE,
        to=to,
        event=event,
        actor=actor,
        subject_id=approval.subject_citizen_id,
        now=now,
    )
    _handlers[approval.kind].closed(approval, actor=actor, now=now)


def _check(approval: Approval, approver: Actor, signed_in_at: datetime, now: datetime) -> None:
    people = {approval.maker_citizen_id, approval.subject_citizen_id}
    if approver.citizen_id is None or approver.citizen_id in people:
        raise SamePerson
    if approver.account_id is None or approver.account_id == approval.maker_account_id:
        raise SamePerson
    if signed_in_at < approval.proposed_at or now - signed_in_at > FRESH:
        raise NotFresh
    if approval.state != ApprovalState.PROPOSED or approval.expires_at <= now:
        raise TooLate


def _decide(
    approval: Approval, to: ApprovalState, event: Event, approver: Actor, note: str, now: datetime
) -> None:
    try:
        move(
            approval,
            TABLE,
            to=to,
            event=event,
            actor=approver,
            subject_id=approval.subject_citizen_id,
            now=now,
            approver_account_id=approver.account_id,
            approver_citizen_id=approver.citizen_id,
            decided_at=now,
            decision_note=note,
        )
    except StaleState:
        raise TooLate from None
