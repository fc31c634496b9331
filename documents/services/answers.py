"""Write down what registries answered, a few answers in one short transaction, each exactly once.

Locks are taken in one order: accounts, papers, the rest. The job is settled in the same transaction, so whoever lost
its claim writes nothing. A nightly answer that changes nothing costs a share of three statements and no event.
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.enums import NoticeKind
from accounts.services import notices
from documents import events, policy, states
from documents.enums import DocumentState, FieldResult, VerificationOutcome, VerificationReason
from documents.gateways.base import NotThere, Read
from documents.kinds.base import Drawn, Kind
from documents.models import Document, Verification
from documents.rules import verifying as rules
from documents.rules.papers import RegistryPaper, from_json
from documents.services import expiry, telling, verification
from eid_portal.core import bulk, circuit, clock, jobs, outside, sealed, statements
from eid_portal.core.events import SYSTEM
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import Change, move, move_each

EVENTS: Final[dict[DocumentState, type[events.PaperChecked]]] = {
    DocumentState.VERIFIED: events.PaperVerified,
    DocumentState.MISMATCH: events.PaperMismatched,
    DocumentState.NOT_FOUND: events.PaperNotFound,
    DocumentState.UNAVAILABLE: events.PaperUnavailable,
    DocumentState.EXPIRED: events.PaperExpired,
    DocumentState.REVOKED: events.PaperRevoked,
}
_BAD_NEWS: Final = {
    DocumentState.MISMATCH: NoticeKind.PAPER_MISMATCH,
    DocumentState.NOT_FOUND: NoticeKind.PAPER_NOT_FOUND,
    DocumentState.EXPIRED: NoticeKind.PAPER_EXPIRED,
    DocumentState.REVOKED: NoticeKind.PAPER_REVOKED,
}
_AGREED: Final = frozenset({DocumentState.VERIFIED, DocumentState.EXPIRED, DocumentState.REVOKED})
_SPREAD: Final = timedelta(seconds=3)  # over which those that wait for a registry come again
_SWEPT: Final = 500
_ENDING: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a registry answered about a claimed verification."""

    claim: jobs.Claim
    verification: Verification
    kind: Kind
    answer: Read | NotThere | Unavailable | Unknown
    fields: Mapping[str, FieldResult]
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What an answer makes of a paper."""

    heard: Heard
    state: DocumentState
    paper: RegistryPaper | None
    drawn: Drawn | None

    @property
    def agrees(self) -> bool:
        """Whether it is the holder's, valid or not."""
        return self.state in _AGREED

    @property
    def expires_on(self) -> date | None:
        """When it ends, as it is drawn."""
        return self.drawn.expires_on if self.drawn else None

    @property
    def ending(self) -> str:
        """The last characters of its number."""
        document = self.heard.verification.document
        return self.drawn.ending if self.drawn else str(document.number)[-_ENDING:]

    def copy(self) -> dict[str, Any] | None:
        """The registry's copy, as it is kept."""
        return self.paper.as_json() if self.paper else None

    def changes(self, document: Document, today: date) -> bool:
        """Whether anything but the time of the check is to be written."""
        return (
            document.state != self.state
            or document.differing != dict(self.heard.fields)
            or document.answer != (None if self.agrees else self.copy())
            or (self.agrees and document.paper != self.copy())
            or expiry.warning(document, self.state, self.expires_on, today) is not None
        )


def record(lane: jobs.Lane, heard: Sequence[Heard], *, now: datetime) -> None:
    """Write down answers and failures, and settle their jobs."""
    today = clock.today(now)
    failed = [one for one in heard if isinstance(one.answer, Unavailable | Unknown)]
    found = [
        _found(one, one.answer, today)
        for one in heard
        if not isinstance(one.answer, Unavailable | Unknown)
    ]
    same = [one for one in found if not one.changes(one.heard.verification.document, today)]
    moved = _record_unchanged(lane, same, now=now)
    unchanged = {id(one) for one in same} - {id(one) for one in moved}
    changed = [one for one in found if id(one) not in unchanged]
    if changed:
        _record_changes(lane, changed, now=now)
    if failed:
        _record_failures(lane, failed, now=now)


def _found(heard: Heard, answer: Read | NotThere, today: date) -> _Found:
    if isinstance(answer, NotThere):
        return _Found(heard=heard, state=DocumentState.NOT_FOUND, paper=None, drawn=None)
    drawn = heard.kind.draw(answer.paper, today)
    state = rules.state_of(heard.fields, answer.paper.status, drawn.expires_on, today)
    return _Found(heard=heard, state=state, paper=answer.paper, drawn=drawn)


# --- Nothing changed --------------------------------------------------------------------------------
_CHECKED: Final = """
UPDATE documents_document SET checked_at = %(now)s, next_check_at = %(next)s,
    verified_at = CASE WHEN id = ANY(%(agreed)s) THEN %(now)s ELSE verified_at END
WHERE id = ANY(%(all)s)"""
_ANSWERED: Final = """
UPDATE documents_verification AS v SET outcome = new.outcome, fields = new.fields, milliseconds = new.milliseconds,
    code = '', tries = v.tries + 1, done_at = %s, next_try_at = NULL
FROM unnest(%s::uuid[], %s::text[], %s::jsonb[], %s::integer[]) AS new(id, outcome, fields, milliseconds)
WHERE v.id = new.id
RETURNING v.id, v.again"""


@transaction.atomic
def _record_unchanged(lane: jobs.Lane, found: Sequence[_Found], *, now: datetime) -> list[_Found]:
    """Note that papers were checked; gives those that somebody changed meanwhile, not written."""
    if not found:
        return []
    here = {row.pk: row for row in _lock(found).only("id", "state", "checked_at")}
    same: list[_Found] = []
    moved: list[_Found] = []
    for one in found:
        before = one.heard.verification.document
        row = here[before.pk]
        kept = (row.state, row.checked_at) == (before.state, before.checked_at)
        (same if kept else moved).append(one)
    ours = lane.settle(done=[one.heard.claim for one in same])
    same = [one for one in same if one.heard.claim.job_id in ours]
    statements.run(
        _CHECKED,
        {
            "now": now,
            "next": rules.next_night(now, clock.VIET_NAM),
            "all": [one.heard.verification.document_id for one in same],
            "agreed": [one.heard.verification.document_id for one in same if one.agrees],
        },
    )
    _end(same, now=now)
    return moved


def _lock(answered: Iterable["_Found | _Failed"]) -> QuerySet[Document]:
    pks = [one.heard.verification.document_id for one in answered]
    return Document.objects.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",))


def _end(found: Sequence[_Found], *, now: datetime) -> None:
    """End the verifications; whose registry is to be asked once more is asked for anew."""
    if not found:
        return
    rows = statements.fetch_all(
        _ANSWERED,
        [
            now,
            [one.heard.verification.pk for one in found],
            [one.state.value for one in found],
            [json.dumps(one.heard.fields) for one in found],
            [one.heard.milliseconds for one in found],
        ],
    )
    again = {pk: reason for pk, reason in rows if reason}
    for one in found:
        reason = again.get(one.heard.verification.pk)
        if reason:
            document = one.heard.verification.document
            verification.request(document, reason=VerificationReason(reason), now=now)


# --- Something changed ------------------------------------------------------------------------------
@transaction.atomic
def _record_changes(lane: jobs.Lane, found: Sequence[_Found], *, now: datetime) -> None:
    """Write down what changed, move states, and tell people."""
    people = telling.lock_people([one.heard.verification.document for one in found])
    here = {row.pk: row for row in _lock(found)}
    ours = lane.settle(done=[one.heard.claim for one in found])
    mine = [
        (one, here[one.heard.verification.document_id])
        for one in found
        if one.heard.claim.job_id in ours
    ]
    live = [(one, row) for one, row in mine if row.state != DocumentState.UNLINKED]
    for one, row in mine:
        if row.state == DocumentState.UNLINKED:
            _finish(one.heard.verification, VerificationOutcome.DROPPED, now=now)
    changes = [_change(one, row, people, now=now) for one, row in live]
    _write(changes, now=now)
    _end([one for one, _row in live], now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What is written about a paper, and who is told what."""

    document: Document
    state: DocumentState
    event: events.PaperChecked
    values: dict[str, Any]
    told: list[notices.Told]


def _change(found: _Found, document: Document, people: telling.People, *, now: datetime) -> _Change:
    today = clock.today(now)
    before = DocumentState(document.state)
    warning = expiry.warning(document, found.state, found.expires_on, today)
    values: dict[str, Any] = {
        "checked_at": now,
        "next_check_at": rules.next_night(now, clock.VIET_NAM),
        "differing": dict(found.heard.fields),
        "answer": None if found.agrees else found.copy(),
        "paper": found.copy() if found.agrees else document.paper,
        "verified_at": now if found.agrees else document.verified_at,
        "warned_days": warning or expiry.still_warned(document, found.expires_on, today),
        "since": document.since if before == found.state else now,
    }
    event = EVENTS[found.state](
        kind=document.kind,
        reason=found.heard.verification.reason,
        differing=rules.differing(found.heard.fields),
    )
    say = partial(telling.said, people, document, ending=found.ending, expires_on=found.expires_on)
    told: list[notices.Told] = []
    news = _news(before, found.state, shown=_shown(found, document, today))
    if news is not None:
        told += say(news, about=str(found.heard.verification.pk))
    if warning is not None:
        about = f"{document.pk.hex}:{found.expires_on}:{warning}"
        told += say(NoticeKind.PAPER_EXPIRES, about=about)
    return _Change(document=document, state=found.state, event=event, values=values, told=told)


def _write(changes: Sequence[_Change], *, now: datetime) -> None:
    """Write down changes of papers: those that move with their events, and what people are told."""
    moving = [each for each in changes if each.document.state != each.state]
    staying = [each for each in changes if each.document.state == each.state]
    bulk.update(
        [each.document for each in staying],
        [sealed.seal_values(each.document, each.values) for each in staying],
    )
    move_each(
        [
            Change(
                row=each.document,
                to=each.state,
                event=each.event,
                subject_id=each.document.citizen_id,
                values=each.values,
            )
            for each in moving
        ],
        states.DOCUMENT,
        actor=SYSTEM,
        now=now,
    )
    told = [one for each in changes for one in each.told]
    if told:
        notices.tell_many(told, now=now)


class _Shown(Enum):
    """How what a paper shows compares with what it showed before."""

    FIRST = auto()
    SAME = auto()
    CHANGED = auto()


def _shown(found: _Found, document: Document, today: date) -> _Shown:
    if document.paper is None or found.drawn is None:
        return _Shown.FIRST
    before = found.heard.kind.draw(from_json(document.paper), today)
    facts = [[(line.code, line.value) for line in drawn.facts] for drawn in (before, found.drawn)]
    return _Shown.SAME if facts[0] == facts[1] else _Shown.CHANGED


def _news(before: DocumentState, state: DocumentState, *, shown: _Shown) -> NoticeKind | None:
    """What its holder is told of an answer; None: nothing that matters to them."""
    if state != before and state in _BAD_NEWS:
        return _BAD_NEWS[state]
    if state != DocumentState.VERIFIED:
        return None
    if shown == _Shown.FIRST or before in {DocumentState.MISMATCH, DocumentState.NOT_FOUND}:
        return NoticeKind.PAPER_VERIFIED
    if shown == _Shown.CHANGED or before in {DocumentState.EXPIRED, DocumentState.REVOKED}:
        return NoticeKind.PAPER_CHANGED
    return None


# --- No answer --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    """A try without an answer, and what follows from it."""

    heard: Heard
    code: str
    tries: int
    since: datetime
    next_at: datetime
    given_up: bool

    def is_long(self, document: Document, now: datetime) -> bool:
        """Whether the paper is no longer called what it was."""
        if document.state == DocumentState.VERIFYING:
            return (
                self.given_up
                or self.tries >= policy.UNANSWERED_TRIES
                or now - self.since >= policy.UNANSWERED_AFTER
            )
        return _is_stale(document, now)


_FAILED: Final = """
UPDATE documents_verification AS v SET tries = new.tries, failed_since = new.since, code = new.code,
    milliseconds = new.milliseconds, next_try_at = CASE WHEN new.given_up THEN NULL ELSE new.next_at END,
    outcome = CASE WHEN new.given_up THEN 'GIVEN_UP' ELSE v.outcome END,
    done_at = CASE WHEN new.given_up THEN %s END
FROM unnest(%s::uuid[], %s::integer[], %s::timestamptz[], %s::text[], %s::integer[], %s::timestamptz[], %s::boolean[])
    AS new(id, tries, since, code, milliseconds, next_at, given_up)
WHERE v.id = new.id"""


def _record_failures(lane: jobs.Lane, heard: Sequence[Heard], *, now: datetime) -> None:
    resting_until = circuit.open_until(lane.name)
    failed = [_failed(one, resting_until, now) for one in heard]
    with transaction.atomic():
        long = [one for one in failed if one.is_long(one.heard.verification.document, now)]
        here = {row.pk: row for row in _lock(long)}
        ours = lane.settle(
            again=[(one.heard.claim, one.next_at, one.code) for one in failed if not one.given_up],
            done=[one.heard.claim for one in failed if one.given_up],
        )
        failed = [one for one in failed if one.heard.claim.job_id in ours]
        statements.run(
            _FAILED,
            [
                now,
                [one.heard.verification.pk for one in failed],
                [one.tries for one in failed],
                [one.since for one in failed],
                [one.code for one in failed],
                [one.heard.milliseconds for one in failed],
                [one.next_at for one in failed],
                [one.given_up for one in failed],
            ],
        )
        for one in failed:
            row = here.get(one.heard.verification.document_id)
            if row is not None and one.is_long(row, now):
                _make_unavailable(row, one.heard.verification.reason, now=now)


def _failed(heard: Heard, resting_until: datetime | None, now: datetime) -> _Failed:
    answer, row = heard.answer, heard.verification
    reason = answer.reason if isinstance(answer, Unavailable | Unknown) else ""
    patience = (answer.retry_after if isinstance(answer, Unavailable) else None) or timedelta()
    since = row.failed_since or now
    spread = secrets.randbelow(1000) / 1000  # so that those that wait do not come together
    if resting_until is None:  # it is this paper's try that failed, not the registry as a whole
        tries = row.tries + 1
        wait = max(rules.wait(tries, spread), patience)
    else:
        tries = row.tries
        wait = max(resting_until - now, patience) + _SPREAD * spread
    return _Failed(
        heard=heard,
        code=reason[:80],
        tries=tries,
        since=since,
        next_at=now + wait,
        given_up=tries >= policy.VERIFICATION_TRIES or now - since >= policy.VERIFIED_WITHIN,
    )


def _is_stale(document: Document, now: datetime) -> bool:
    return (
        document.state == DocumentState.VERIFIED
        and document.verified_at is not None
        and now - document.verified_at >= policy.STALE_AFTER
    )


def _make_unavailable(document: Document, reason: str, *, now: datetime) -> None:
    event = events.PaperUnavailable(kind=document.kind, reason=reason, differing=[])
    move(
        document, states.DOCUMENT, to=DocumentState.UNAVAILABLE, event=event, actor=SYSTEM,
        subject_id=document.citizen_id, now=now, since=now,
    )  # fmt: skip


def give_up(
    lane: jobs.Lane, claim: jobs.Claim, row: Verification, code: str, *, now: datetime
) -> None:
    """Put a verification that cannot even be asked for aside, for an operator to see."""
    with transaction.atomic():
        document = Document.objects.select_for_update(of=("self",)).get(pk=row.document_id)
        if not lane.settle(done=[claim]):
            return
        _finish(row, VerificationOutcome.GIVEN_UP, code=code, now=now)
        if document.state == DocumentState.VERIFYING:
            _make_unavailable(document, row.reason, now=now)


def drop(lane: jobs.Lane, claim: jobs.Claim, row: Verification, *, now: datetime) -> None:
    """End the verification of a paper that left the wallet."""
    with transaction.atomic():
        if lane.settle(done=[claim]):
            _finish(row, VerificationOutcome.DROPPED, now=now)


def _finish(
    row: Verification, outcome: VerificationOutcome, *, now: datetime, code: str = ""
) -> None:
    Verification.objects.filter(pk=row.pk).update(
        outcome=outcome, code=code, done_at=now, next_try_at=None, tries=F("tries") + 1
    )


# --- While a registry is being spared ----------------------------------------------------------------
_RESTING: Final = """
UPDATE documents_verification AS v SET failed_since = COALESCE(failed_since, %(now)s), next_try_at = %(until)s,
    code = CASE WHEN code = '' THEN %(code)s ELSE code END
WHERE registry = %(party)s AND outcome = 'PENDING' AND (next_try_at IS NULL OR next_try_at < %(now)s)
    AND EXISTS (SELECT FROM core_job WHERE subject_id = v.id AND done_at IS NULL AND next_attempt_at <= %(now)s)"""


def note_resting(party: str, *, until: datetime, now: datetime) -> None:
    """Note since when, and until when, what is due at a registry that is being spared has to wait."""
    statements.run(_RESTING, {"now": now, "until": until, "party": party, "code": outside.RESTING})


def note_unanswered(*, now: datetime) -> int:
    """Stop calling papers verified, or being verified, whose registry has not answered for too long.

    Returns how many were looked at, some at a time.
    """
    failing = Verification.objects.filter(
        outcome=VerificationOutcome.PENDING,
        failed_since__lte=now - policy.UNANSWERED_AFTER,
        document__state=DocumentState.VERIFYING,
    )
    stale = Document.objects.filter(
        state=DocumentState.VERIFIED, verified_at__lte=now - policy.STALE_AFTER
    )
    reasons = dict(failing.values_list("document_id", "reason")[:_SWEPT])
    reasons |= dict.fromkeys(
        stale.values_list("pk", flat=True)[:_SWEPT], VerificationReason.NIGHTLY.value
    )
    with transaction.atomic():
        rows = Document.objects.filter(pk__in=list(reasons)).order_by("pk")
        for row in rows.select_for_update(of=("self",), skip_locked=True):
            if row.state == DocumentState.VERIFYING or _is_stale(row, now):
                _make_unavailable(row, reasons[row.pk], now=now)
    return len(reasons)
