"""Requests about one's data: correct, restrict, object, delete; with the clocks of Decree 356/2025/ND-CP.

Whoever made one reads each step. An administrator answers within two working days, then carries it out or refuses
with reasons; once, and for a reason, it may take longer.
"""

import secrets
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    DataRequestKind,
    DataRequestNews,
    DataRequestState,
    DataSubject,
    NoticeKind,
)
from accounts.models import Account, DataRequest
from accounts.services import notices
from eid_portal.core import audit, clock, ids, metrics, working_days
from eid_portal.core.events import Actor
from eid_portal.core.transitions import StaleState, move

OPEN: Final = (DataRequestState.RECEIVED, DataRequestState.ANSWERED)
# The original stands in the population register: an administrator writes to them, and the clock runs on.
KEPT_ELSEWHERE: Final = frozenset({DataSubject.IDENTITY, DataSubject.RESIDENCE, DataSubject.CARD})
PREFIXES: Final = {
    DataRequestKind.CORRECT: "YS",
    DataRequestKind.RESTRICT: "HC",
    DataRequestKind.OBJECT: "PD",
    DataRequestKind.DELETE: "YX",
}
_TAIL: Final = 4


class RequestRefused(Exception):
    """The request cannot be made or moved so; ``message`` says why."""

    code = "data_request_refused"
    message: Final = _("This cannot be done with the request any more. Look at it again.")


class TooManyOpen(RequestRefused):
    """So many of the person's requests wait that another has to wait for their answers."""

    code = "too_many_open_requests"
    message = _("Ten of your requests wait for an answer. Wait for one of them.")  # type: ignore[misc]


class OwnRequest(RequestRefused):
    """Nobody handles a request of their own."""

    code = "own_data_request"
    message = _("This request is your own. Another administrator handles it.")  # type: ignore[misc]


@transaction.atomic
def make(
    *,
    account: Account,
    form_id: str,
    kind: DataRequestKind,
    subject: DataSubject,
    question: str,
    actor: Actor,
    now: datetime,
) -> DataRequest:
    """Receive a request and start its clocks. The same form sent twice is one request.

    Raises:
        TooManyOpen: see the class.
    """
    Account.objects.select_for_update().get(pk=account.pk)  # one request of a person after another
    mine = DataRequest.objects.filter(citizen_id=account.citizen_id)
    made = DataRequest.objects.filter(public_id=form_id).first()
    if made is not None and made.citizen_id == account.citizen_id:
        return made
    public_id = form_id if made is None else ids.public_id()  # never somebody else's
    if mine.filter(state__in=OPEN).count() >= policy.REQUESTS_OPEN:
        raise TooManyOpen
    third_parties = subject in KEPT_ELSEWHERE or subject == DataSubject.SHARING
    row = DataRequest.objects.create(
        state=DataRequestState.RECEIVED,
        public_id=public_id,
        reference=_new_reference(kind, now),
        citizen_id=account.citizen_id,
        kind=kind,
        subject=subject,
        question=question,
        third_parties=third_parties,
        made_at=now,
        answer_by=working_days.due(now, working_days=policy.ANSWER_WITHIN),
        done_by=working_days.due(now, calendar_days=days_for(kind, third_parties=third_parties)),
    )
    audit.record(
        events.DataRequestMade(kind=kind.value),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )
    return row


def register() -> None:
    """Let operators' alarms see what waits too long; called in ``apps.ready()``."""
    metrics.register(
        "eid_data_requests_overdue",
        "Requests about data that were to be answered or carried out by now",
        "SELECT count(*) FROM accounts_datarequest WHERE (state = 'RECEIVED' AND answer_by <= %(now)s)"
        " OR (state = 'ANSWERED' AND done_by <= %(now)s)",
    )


def days_for(kind: DataRequestKind, *, third_parties: bool) -> int:
    """Within how many days a request of the kind is carried out."""
    match kind:
        case DataRequestKind.CORRECT:
            return policy.CORRECT_WITHIN
        case DataRequestKind.DELETE:
            return policy.DELETE_WITHIN
        case DataRequestKind.RESTRICT | DataRequestKind.OBJECT:
            return policy.WITH_THIRD_PARTIES_WITHIN if third_parties else policy.RESTRICT_WITHIN


@transaction.atomic
def answer(*, request: DataRequest, words: str, actor: Actor, now: datetime) -> None:
    """Say what will be done.

    Raises:
        RequestRefused: it was answered before, or is the administrator's own.
    """
    event = events.DataRequestAnswered(kind=request.kind)
    _step(request, DataRequestState.ANSWERED, event, words, actor=actor, now=now, answered_at=now)


@transaction.atomic
def finish(*, request: DataRequest, words: str, actor: Actor, now: datetime) -> None:
    """Say what was done.

    Raises:
        RequestRefused: it was not answered yet, is over, or is the administrator's own.
    """
    event = events.DataRequestDone(kind=request.kind)
    _step(request, DataRequestState.DONE, event, words, actor=actor, now=now, closed_at=now)


@transaction.atomic
def refuse(*, request: DataRequest, reason: str, actor: Actor, now: datetime) -> None:
    """Refuse with reasons, which the person reads.

    Raises:
        RequestRefused: it is over, or is the administrator's own.
    """
    event = events.DataRequestRefused(kind=request.kind, reason=reason)
    _step(request, DataRequestState.REFUSED, event, reason, actor=actor, now=now, closed_at=now)


@transaction.atomic
def extend(*, request: DataRequest, reason: str, actor: Actor, now: datetime) -> None:
    """Take longer, once, for a reason that the person reads.

    Raises:
        RequestRefused: it was extended before, is over, or is the administrator's own.
    """
    _refuse_own(request, actor)
    row = DataRequest.objects.select_for_update().get(pk=request.pk)
    if row.state not in OPEN or row.extended_at is not None:
        raise RequestRefused
    row.extended_at, row.extension_reason = now, reason
    row.done_by = working_days.due(row.done_by, calendar_days=policy.EXTEND_BY)
    row.save(update_fields=["extended_at", "extension_reason", "done_by"])
    audit.record(
        events.DataRequestExtended(kind=row.kind, reason=reason),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )
    _tell(row, DataRequestNews.EXTENDED, reason, now=now)


def _step(
    request: DataRequest,
    to: DataRequestState,
    event: events.DataRequestAnswered | events.DataRequestDone | events.DataRequestRefused,
    words: str,
    *,
    actor: Actor,
    now: datetime,
    **columns: Any,
) -> None:
    _refuse_own(request, actor)
    if (request.state, to) not in states.DATA_REQUEST.edges:
        raise RequestRefused
    said = f"{request.answer}\n\n{words}" if request.answer else words
    try:
        move(
            request, states.DATA_REQUEST, to=to, event=event, actor=actor,
            subject_id=request.citizen_id, now=now, answer=said, handled_by_id=actor.account_id, **columns,
        )  # fmt: skip
    except StaleState:
        raise RequestRefused from None
    _tell(request, DataRequestNews(to.value), words, now=now)


def _refuse_own(request: DataRequest, actor: Actor) -> None:
    if actor.citizen_id == request.citizen_id:
        raise OwnRequest


def _tell(row: DataRequest, news: DataRequestNews, words: str, *, now: datetime) -> None:
    live = Account.objects.filter(citizen_id=row.citizen_id, kind=AccountKind.CITIZEN)
    account = live.exclude(state=AccountState.CLOSED).first()
    if account is None:
        return
    values = {
        "reference": row.reference,
        "request_kind": row.kind,
        "request_news": news.value,
        "words": words,
    }
    notices.tell(
        account=account,
        kind=NoticeKind.DATA_REQUEST,
        values=values,
        event_key=f"request:{row.pk}:{news.value}",
        now=now,
    )


def _new_reference(kind: DataRequestKind, now: datetime) -> str:
    """Such as ``YS-261126-2K8P``; nobody has it yet, and who makes another at the same time is refused by the table."""
    day = f"{clock.today(now):%y%m%d}"
    while True:
        tail = "".join(secrets.choice(policy.SLIP_ALPHABET) for _place in range(_TAIL))
        reference = f"{PREFIXES[kind]}-{day}-{tail}"
        if not DataRequest.objects.filter(reference=reference).exists():
            return reference
