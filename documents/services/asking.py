"""Ask the registries: claim, call outside any transaction, record.

One worker drains the lane of a registry: it keeps so many calls in flight as the registry bears and has the answers
written down a few at a time (``answers``). While a registry is being spared its jobs stay where they are; one call at a
time finds out whether it is back.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from accounts.models import FormerPersonalNumber
from documents import gateways, kinds
from documents.enums import DocumentState, VerificationOutcome
from documents.gateways.base import NotThere, Read
from documents.kinds.base import Kind
from documents.models import Verification
from documents.rules.papers import Holder
from documents.services import answers, pacing
from documents.services.answers import Heard
from documents.services.verification import VERIFY
from eid_portal.core import circuit, clock, jobs, outside
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown

# Longer than a call takes at the worst, and short enough that a killed worker's papers are taken up within 30 s.
LEASE: Final = timedelta(seconds=25)
_FRESH: Final = 3.0  # seconds a claim may wait to be begun; then it is given back
_RECORD_AT_ONCE: Final = 16
_IDLE: Final = 0.02  # seconds to the next call in which what was answered is written down
_NOTE_EVERY: Final = 5.0  # seconds between two notes of when a registry last answered

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class _Asked:
    """A claimed verification and what is sent for it."""

    claim: jobs.Claim
    verification: Verification
    kind: Kind
    holder: Holder = field(repr=False)
    call: Call = field(repr=False)

    def heard(self, outcome: Outcome, milliseconds: int) -> Heard:
        """What the registry's answer means."""
        document = self.verification.document
        gateway = gateways.find(document.registry)
        answer: Read | NotThere | Unavailable | Unknown
        try:
            answer = gateway.read_look_up(document.kind, document.number, outcome)
            fields = (
                self.kind.compare(self.holder, answer.paper) if isinstance(answer, Read) else {}
            )
        except Exception as error:
            log.exception("verification.unreadable", verification_id=str(self.verification.pk))
            answer, fields = Unknown(type(error).__name__), {}
        return Heard(
            claim=self.claim,
            verification=self.verification,
            kind=self.kind,
            answer=answer,
            fields=fields,
            milliseconds=milliseconds,
        )


def drain(lane: jobs.Lane) -> None:
    """Verify what is due at one registry until nothing is, or the registry does not answer."""
    until, now = circuit.open_until(lane.name), clock.now()
    if until is not None and now < until:
        answers.note_resting(lane.name, until=until, now=now)
        return
    work = _Work(lane, was_open=until is not None)
    while work.round():
        pass


class _Work:
    """One worker's work on a lane."""

    def __init__(self, lane: jobs.Lane, *, was_open: bool) -> None:
        self.lane = lane
        self.party = lane.name
        self.pace = pacing.of(lane.name)
        self.was_open = was_open
        self.resting = False
        self.heard: list[Heard] = []
        self.note_at = {True: 0.0, False: 0.0}  # by whether it answered

    def round(self) -> bool:
        """Claim and ask until nothing is due; whether there was anything and the registry answers."""
        before = self.lane.claimed
        calls = outside.send_many(
            self.party, self._calls(), in_flight=self.pace.in_flight, idle=self._record
        )
        for asked, outcome, milliseconds in calls:
            self._note(outcome)
            self.heard.append(asked.heard(outcome, milliseconds))
            if len(self.heard) >= _RECORD_AT_ONCE:
                self._record()
        self._record()
        return self.lane.claimed > before and not self.resting

    def _calls(self) -> Iterator[tuple[_Asked, Call]]:
        while claims := [] if self.resting else self.lane.claim(self.pace.at_once):
            fresh_until = time.monotonic() + _FRESH
            prepared = self._prepare(claims)
            unbegun: list[jobs.Claim] = []
            turns = pacing.reserve(self.party, len(prepared), now=clock.now()) if prepared else None
            for asked in prepared:
                if turns is not None and not self.resting:
                    if turns.ahead > _IDLE:
                        self._record()
                    turns.wait()
                if self.resting or time.monotonic() > fresh_until:
                    unbegun.append(asked.claim)
                    continue
                yield asked, asked.call
            self.lane.settle(again=[(claim, clock.now(), "") for claim in unbegun])

    def _prepare(self, claims: Sequence[jobs.Claim]) -> list[_Asked]:
        """What is to be sent for each claim; one there is nothing to ask for is settled here."""
        rows = _open_verifications([claim.subject_id for claim in claims])
        former = _former_numbers([row.document.citizen_id for row in rows.values()])
        prepared: list[_Asked] = []
        settled: list[jobs.Claim] = []
        for claim in claims:
            row = rows.get(claim.subject_id)
            if row is None:
                settled.append(claim)
                continue
            try:
                if row.document.state == DocumentState.UNLINKED:
                    answers.drop(self.lane, claim, row, now=clock.now())
                    continue
                prepared.append(_asked(claim, row, former.get(row.document.citizen_id, ())))
            except Exception as error:  # a kind that is gone, a number that does not open
                log.exception("verification.cannot_be_asked", verification_id=str(row.pk))
                answers.give_up(self.lane, claim, row, type(error).__name__, now=clock.now())
        self.lane.settle(done=settled)
        Verification.objects.filter(pk__in=[one.verification.pk for one in prepared]).update(
            begun_at=clock.now()
        )
        return prepared

    def _note(self, outcome: Outcome) -> None:
        if isinstance(outcome, Unavailable) and outcome.reason == outside.RESTING:
            self.resting = self.was_open = True
            return
        answered = not isinstance(outcome, Unavailable | Unknown)
        if time.monotonic() >= self.note_at[answered]:
            pacing.note(self.party, answered=answered, now=clock.now())
            self.note_at[answered] = time.monotonic() + _NOTE_EVERY
        if answered and self.was_open:
            self.was_open = False
            jobs.hurry_lane(VERIFY, lane=self.party)  # it is back: nobody waits longer for it

    def _record(self) -> None:
        heard, self.heard = self.heard, []
        if heard:
            answers.record(self.lane, heard, now=clock.now())


def _open_verifications(pks: Sequence[UUID]) -> dict[UUID, Verification]:
    rows = Verification.objects.filter(pk__in=pks, outcome=VerificationOutcome.PENDING)
    return {row.pk: row for row in rows.select_related("document__citizen")}


def _former_numbers(citizen_ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, tuple[str, ...]] = {}
    rows = FormerPersonalNumber.objects.filter(citizen_id__in=citizen_ids).order_by("-ended_at")
    for row in rows:
        found[row.citizen_id] = (*found.get(row.citizen_id, ()), row.personal_number)
    return found


def _asked(claim: jobs.Claim, row: Verification, former: tuple[str, ...]) -> _Asked:
    document = row.document
    citizen = document.citizen
    holder = Holder(
        personal_number=citizen.personal_number,
        former_numbers=former,
        full_name=citizen.full_name,
        birth_date=citizen.birth_date,
    )
    gateway = gateways.find(document.registry)
    return _Asked(
        claim=claim,
        verification=row,
        kind=kinds.find(document.kind),
        holder=holder,
        call=gateway.look_up_call(document.kind, document.number, holder),
    )
