"""Ask the citizen for other answers in single fields; these can be changed, and nothing else of the form.

The citizen's side: :func:`page` is what is drawn (a ``Step`` with exactly the fields that may be changed), and
:func:`answer` takes what was posted of it. The whole form is settled again, as on the day it was filed; what a changed
answer makes wrong or missing elsewhere is opened too. Then the next snapshot is taken, and the clock goes on.
"""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import NoticeKind
from accounts.services import sessions
from eid_portal.core import audit
from eid_portal.core.events import Actor
from eid_portal.core.transitions import move
from procedures import events, policy, states
from procedures.enums import (
    ApplicationState,
    Capacity,
    ConsentState,
    RequestState,
    SnapshotReason,
)
from procedures.models import Application, CorrectionRequest
from procedures.rules import answers, clocks, pages, snapshot, values
from procedures.rules.answers import Consents, Settled
from procedures.rules.documents import Document, Exemption, Step
from procedures.rules.expressions import ALWAYS, Facts, Value
from procedures.rules.fees import Fee
from procedures.selectors import case, filed, revisions
from procedures.selectors import consents as asked_of_others
from procedures.selectors.filed import Filed
from procedures.services import claiming, consents, desks, drafts, filing, lifecycle, telling
from procedures.services.claiming import DeskRefused, OverAlready

STEP: Final = "correction"
_SALT_BYTES: Final = 16


class NothingChosen(DeskRefused):
    """No field was chosen, or one that nobody answers."""

    code = "nothing_chosen"
    message = _("Choose what the citizen should answer again.")


class AskedAlready(DeskRefused):
    """A request is open."""

    code = "asked_already"
    message = _(
        "The citizen is asked already. Take that request back first, or wait for the answer."
    )


class NoSuchRequest(LookupError):
    """Nobody asks this person for that, or not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A request as the citizen answers it."""

    request: CorrectionRequest
    application: Application
    document: Document
    step: Step  # the fields that may be changed, as one page
    facts: Facts = field(repr=False)  # the form as it stands: for ``pages.read_page`` and drawing
    answers: Mapping[str, Value] = field(repr=False)  # of the whole form, as it stands
    held: Mapping[str, Collection[str]] = field(repr=False)
    consents: Consents = field(repr=False)
    provinces: Sequence[str] = ()

    @property
    def words(self) -> str:
        """What the official wrote."""
        text: str = self.request.words
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of an answer: done, or the page to draw again, with its problems and what was typed."""

    is_done: bool
    correction: Correction
    page: pages.Page


# --- The office's side ----------------------------------------------------------------------------
@transaction.atomic
def ask(
    *, application: Application, fields: Collection[str], words: str, actor: Actor, now: datetime
) -> CorrectionRequest:
    """Ask for other answers in ``fields`` (their keys); who filed is told, and the clock stops where the law says so.

    Raises:
        NothingChosen, AskedAlready: see there.
        TakenByAnother, OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row = claiming.hold(application.pk, actor=actor, now=now)
    if row.state == ApplicationState.PROPOSED:
        raise OverAlready
    keys = [key for key in case.askable(row) if key in fields]
    if not keys or len(keys) != len(set(fields)):
        raise NothingChosen
    try:
        with transaction.atomic():
            request = CorrectionRequest.objects.create(
                state=RequestState.OPEN,
                application=row,
                fields=keys,
                words=words,
                asked_by_id=claiming.account_of(actor),
                asked_at=now,
                answer_by=clocks.last_moment(now, policy.CORRECTION_WAITS),
            )
    except IntegrityError:
        raise AskedAlready from None
    audit.record(
        events.CorrectionAsked(**lifecycle.of(row), fields=tuple(keys)),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )
    lifecycle.refresh(row, actor=actor, now=now)
    telling.tell(row, NoticeKind.APPLICATION_ASKED, now=now)
    return request


@transaction.atomic
def take_back(*, application: Application, actor: Actor, now: datetime) -> None:
    """The answer is no longer needed; if it came meanwhile, nothing changes.

    Raises:
        TakenByAnother, OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row = claiming.hold(application.pk, actor=actor, now=now)
    for request in row.corrections.filter(state=RequestState.OPEN):
        move(
            request, states.CORRECTION, to=RequestState.CLOSED,
            event=events.CorrectionClosed(**lifecycle.of(row)),
            actor=actor, subject_id=row.citizen_id, now=now, answered_at=now,
        )  # fmt: skip
    lifecycle.refresh(row, actor=actor, now=now)


# --- The citizen's side ---------------------------------------------------------------------------
def page(*, session: sessions.Session, public_id: str, now: datetime) -> Correction:
    """An open request, by its public id, to who filed the application.

    Raises:
        NoSuchRequest: see the class.
        NotForThem: the guardianship or mandate is over.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    request = _find(session, public_id)
    row = request.application
    _may_act(session, row, now)
    return _open(request, row, now)


def find_over(*, session: sessions.Session, public_id: str) -> Application | None:
    """The application of a request to this person that is not open any more; None if there never was one."""
    request = (
        CorrectionRequest.objects.select_related("application")
        .filter(public_id=public_id, application__filer=session.account)
        .exclude(state=RequestState.OPEN)
        .first()
    )
    return request.application if request else None


def answer(
    *, session: sessions.Session, public_id: str, posted: pages.Posted, now: datetime
) -> Answered:
    """Take what was posted of the page. What can be read of it is kept, also if something is wrong.

    A file that was thrown away while it was sent is asked for again.

    Raises:
        NoSuchRequest: see the class; also of two presses the second.
        NotForThem: the guardianship or mandate is over.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    try:
        return _answer(session, public_id, posted, now)
    except filing.FileGone:  # read anew, it is not among those that may be named
        return _answer(session, public_id, posted, now)


@transaction.atomic
def _answer(
    session: sessions.Session, public_id: str, posted: pages.Posted, now: datetime
) -> Answered:
    found = _find(session, public_id)
    row = lifecycle.hold(found.application_id)
    request = _find(session, public_id)  # as it is now that nobody else moves it
    _may_act(session, row, now)
    opened = _open(request, row, now)
    before = filed.read(row)
    read, settled = _read(opened, before, posted)
    kept = opened
    if not read.problems and not settled.is_complete:
        # Something else became wrong or is asked now: it is opened, and read out of the same post.
        kept = _widen(opened, settled)
        read, settled = _read(kept, before, posted)
    given = read.onto(kept.step, opened.answers)
    if read.problems or not settled.is_complete:
        mine = {each.key for each in kept.step.fields}
        request.answers = values.to_json({key: each for key, each in given.items() if key in mine})
        request.save(update_fields=["answers"])
        outside = [each for each in settled.problems if each.at not in read.errors]
        if not read.problems:
            read = replace(read, problems=tuple(outside))
        return Answered(is_done=False, correction=kept, page=read)
    _finish(request, row, before, settled, actor=sessions.actor_of(session), now=now)
    return Answered(is_done=True, correction=kept, page=read)


# --- Parts ----------------------------------------------------------------------------------------
def _find(session: sessions.Session, public_id: str) -> CorrectionRequest:
    request = (
        CorrectionRequest.objects.select_related(
            "application__procedure", "application__citizen", "application__filer"
        )
        .filter(public_id=public_id, application__filer=session.account, state=RequestState.OPEN)
        .first()
    )
    if request is None:
        raise NoSuchRequest
    return request


def _may_act(session: sessions.Session, row: Application, now: datetime) -> None:
    drafts.may_act(
        session,
        citizen=row.citizen,
        capacity=Capacity(row.capacity),
        procedure_id=row.procedure_id,
        now=now,
    )


def _open(request: CorrectionRequest, row: Application, now: datetime) -> Correction:
    document = revisions.document(row.revision_id)
    form = filed.read(row)
    held = drafts.held(document, row.citizen, filer=row.filer)
    saved = {
        key: each
        for key, each in answers.answers_from_json(document, request.answers or {}).items()
        if not each or key not in held or each in held[key]  # what is gone is asked for again
    }
    given = {**form.answers, **saved}
    settled, consented = _settle(row, form, given)
    opened = Correction(
        request=request,
        application=row,
        document=document,
        step=_step(document, request.fields),
        facts=Facts(answers=settled.values, known=form.known, today=form.today),
        answers=given,
        held=held,
        consents=consented,
        provinces=drafts.provinces(form.today),
    )
    return opened if settled.is_complete or not saved else _widen(opened, settled)


def _read(opened: Correction, form: Filed, posted: pages.Posted) -> tuple[pages.Page, Settled]:
    read = pages.read_page(
        opened.step,
        posted,
        opened.facts,
        held=opened.held,
        consents=opened.consents,
        provinces=opened.provinces,
    )
    given = read.onto(opened.step, opened.answers)
    return read, _settle(opened.application, form, given)[0]


def _settle(row: Application, form: Filed, given: Mapping[str, Value]) -> tuple[Settled, Consents]:
    """The form with these answers, and the consents to what it says with them."""
    said = form.settle(given).values
    consented = asked_of_others.given(row, document=form.document, values=said)
    return form.settle(given, consents=consented), consented


def _widen(opened: Correction, settled: Settled) -> Correction:
    """With the fields that the form needs answered beside those that were asked for."""
    names = [*settled.missing, *(each.at for each in settled.problems)]
    keys = {each.key for each in opened.step.fields} | set(_keys(opened.document, names))
    return replace(opened, step=_step(opened.document, keys))


def _keys(document: Document, names: Iterable[str]) -> Iterable[str]:
    """The fields that names of a form belong to: ``key``, ``key_commune``, ``key-0-name``."""
    for name in names:
        key = name.partition("-")[0]
        of_part = key.rpartition("_")[0]
        found = document.find(key) or document.find(of_part)
        if found is not None and case.can_be_asked(found):
            yield found.key


def _step(document: Document, keys: Collection[str]) -> Step:
    chosen = [each for each in document.fields if each.key in keys and case.can_be_asked(each)]
    return Step(key=STEP, title=document.name, why=None, when=ALWAYS, fields=chosen)


def _finish(
    request: CorrectionRequest,
    row: Application,
    before: Filed,
    settled: Settled,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    document = before.document
    taken = snapshot.take(
        document,
        settled,
        revision=str(row.revision_id),
        known=before.known,
        fee=_fee(row),
        at=now,
        salt=secrets.token_hex(_SALT_BYTES),
    )
    filing.keep_snapshot(row, taken, reason=SnapshotReason.CORRECTED, now=now)
    filing.keep_files(row, document, settled.answers)
    move(
        request, states.CORRECTION, to=RequestState.ANSWERED,
        event=events.CorrectionAnswered(**lifecycle.of(row), sha256=taken.sha256),
        actor=actor, subject_id=row.citizen_id, now=now, answered_at=now, answers=None,
    )  # fmt: skip
    _ask_others(row, before, settled, actor=actor, now=now)
    _route(row, document, Facts(answers=settled.values, known=before.known, today=before.today))
    lifecycle.refresh(row, actor=actor, now=now)


def _fee(row: Application) -> Fee:
    """The fee stays what was asked for when the form was filed."""
    said: dict[str, Any] = json.loads(row.snapshots.get(number=1).text)["fee"]
    words = said["exemption"]
    exemption = Exemption(words=words, when=None) if words else None
    return Fee(said["amount_vnd"], said["full_vnd"], exemption)


def _ask_others(
    row: Application, before: Filed, settled: Settled, *, actor: Actor, now: datetime
) -> None:
    """Ask anew where another person is named, or who is named would agree to other addresses or days.

    Whoever was asked before need not answer that any more; who let the question lapse is asked once more.
    """
    told = asked_of_others.told
    says_else = told(before.document, before.values) != told(before.document, settled.values)
    changed = {
        each.key
        for each in before.document.fields
        if each.kind == "consent"
        and (says_else or before.values.get(each.of) != settled.values.get(each.of))
    }
    for asked in row.consent_requests.filter(state=ConsentState.ASKED):
        if asked.field in changed or asked.field not in settled.awaited:
            move(
                asked, states.CONSENT, to=ConsentState.CLOSED,
                event=events.ConsentClosed(**lifecycle.of(row), field=asked.field),
                actor=actor, subject_id=asked.citizen_id, now=now, answered_at=now,
            )  # fmt: skip
    # What was given and is awaited all the same was given by somebody else, or to something else.
    stays = {ConsentState.ASKED, ConsentState.DENIED}
    known = {each.field for each in asked_of_others.latest(row) if each.state in stays} - changed
    awaited = [
        (key, str(settled.values[of.of]))
        for key in settled.awaited
        if key not in known and (of := before.document.find(key)) is not None
    ]
    consents.ask(row, awaited, document=before.document, now=now)


def _route(row: Application, document: Document, facts: Facts) -> None:
    """A corrected address may be another desk's; nobody there has it yet."""
    try:
        desk = desks.find(document, facts)
    except desks.NoDesk:
        return
    if desk.pk != row.desk_id:
        Application.objects.filter(pk=row.pk).update(
            desk=desk, claimed_by=None, claimed_at=None, claimed_until=None
        )
        row.desk = desk
