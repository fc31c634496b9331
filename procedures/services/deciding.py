"""Decide a file: grant or refuse with a reason of its document; with four eyes, another human agrees first.

Nobody decides what is about them or their household. Ending itself is ``lifecycle.decide``.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import Action
from accounts.models import Account
from accounts.services import assurance, sessions
from eid_portal.core.events import Actor
from procedures import events, states
from procedures.enums import ApplicationState, Outcome
from procedures.models import Application, Decision
from procedures.rules.documents import Document
from procedures.selectors import desk as pages
from procedures.selectors import revisions
from procedures.services import claiming, lifecycle, notes
from procedures.services.claiming import DeskRefused, OverAlready
from procedures.services.lifecycle import Verdict


class Waits(DeskRefused):
    """Somebody is asked something."""

    code = "waits"
    message = _(
        "This file waits for an answer. Take what was asked back before you decide, or wait for the answer."
    )


class NoSuchReason(DeskRefused):
    """A refusal needs a reason that the procedure has."""

    code = "no_such_reason"
    message = _("Choose the reason for the refusal. The law it rests on is told with it.")


class NothingToExempt(DeskRefused):
    """No fee was paid, or the procedure knows no exemption that an official applies."""

    code = "nothing_to_exempt"
    message = _("There is no fee here that you could waive.")


class SameHuman(DeskRefused):
    """Who proposed cannot agree."""

    code = "same_human"
    message = _("You proposed this decision: another person must agree to it.")


class NotAHead(DeskRefused):
    """Heads of desks agree."""

    code = "not_a_head"
    message = _("The head of the desk agrees to a proposed decision, or sends it back.")


def needs_two(document: Document) -> bool:
    """Whether another official must agree."""
    return bool(document.data.get("four_eyes"))


def may_exempt(application: Application, document: Document) -> bool:
    """Whether an official can waive the fee: one was paid, and some exemption is theirs to apply."""
    return application.fee > 0 and any(each.when is None for each in document.exempt)


@transaction.atomic
def decide(
    *, application: Application, verdict: Verdict, officer: Account, actor: Actor, now: datetime
) -> Application:
    """Grant or refuse; where two must, propose it. Returns the file as it is then.

    Raises:
        Waits, NoSuchReason, NothingToExempt: see there.
        TakenByAnother, OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row = claiming.hold(application.pk, actor=actor, now=now)
    if row.state in states.WAITING:
        raise Waits
    if row.state != ApplicationState.IN_REVIEW:
        raise OverAlready
    document = revisions.document(row.revision_id)
    _check(row, document, verdict)
    if needs_two(document):
        _propose(row, verdict, officer=officer, actor=actor, now=now)
    else:
        lifecycle.decide(row, verdict, officer=officer, actor=actor, now=now)
    return row


@transaction.atomic
def agree(*, session: sessions.Session, application: Application, now: datetime) -> Application:
    """Another human agrees to what was proposed, and it is decided.

    Raises:
        StepUpNeeded: they must prove themselves afresh, after it was proposed.
        SameHuman, NotAHead: see there.
        OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row, decision = _proposal(application, session)
    maker = decision.proposed_by
    if maker is None or maker.citizen_id == session.account.citizen_id:
        raise SameHuman
    if not _leads(session):
        raise NotAHead
    assurance.require(session, Action.DECIDE, now=now)
    if session.authenticated_at < decision.proposed_at:
        raise assurance.StepUpNeeded(
            Action.DECIDE, passkey=assurance.needs_passkey(session.account, Action.DECIDE, now=now)
        )
    verdict = Verdict(
        outcome=Outcome(decision.outcome),
        refusal=decision.refusal,
        words=decision.words or "",
        is_exempt=decision.is_exempt,
    )
    lifecycle.decide(
        row, verdict, officer=session.account, actor=sessions.actor_of(session), now=now
    )
    return row


@transaction.atomic
def send_back(
    *, session: sessions.Session, application: Application, words: str, now: datetime
) -> Application:
    """Not so: the file goes back to who proposed it, with a note. Who proposed may take it back too.

    Raises:
        NotAHead: see there.
        OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row, decision = _proposal(application, session)
    is_own = decision.proposed_by_id == session.account.pk
    if not is_own and not _leads(session):
        raise NotAHead
    actor = sessions.actor_of(session)
    maker = decision.proposed_by
    decision.delete()
    notes.add(row, words=words, actor=actor, now=now)
    lifecycle.move_on(
        row, to=ApplicationState.IN_REVIEW, event=events.DecisionSentBack(**lifecycle.of(row)),
        actor=actor, now=now,
    )  # fmt: skip
    lifecycle.refresh(row, actor=actor, now=now)
    if maker is not None:
        claiming.give(row, to=maker, actor=actor, now=now)
    return row


# --- Parts ----------------------------------------------------------------------------------------
def _check(row: Application, document: Document, verdict: Verdict) -> None:
    reasons = {each["key"] for each in document.data["refusals"]}
    is_refused = verdict.outcome == Outcome.REFUSED
    if is_refused and verdict.refusal not in reasons:
        raise NoSuchReason
    if not is_refused and verdict.refusal:
        raise NoSuchReason
    if verdict.is_exempt and not may_exempt(row, document):
        raise NothingToExempt


def _propose(
    row: Application, verdict: Verdict, *, officer: Account, actor: Actor, now: datetime
) -> None:
    Decision.objects.create(
        application=row,
        outcome=verdict.outcome,
        refusal=verdict.refusal,
        words=verdict.words or None,
        is_exempt=verdict.is_exempt,
        proposed_by=officer,
        proposed_at=now,
    )
    lifecycle.move_on(
        row, to=ApplicationState.PROPOSED,
        event=events.DecisionProposed(**lifecycle.of(row), outcome=verdict.outcome.value),
        actor=actor, now=now,
    )  # fmt: skip


def _leads(session: sessions.Session) -> bool:
    office_id = session.office_id
    return office_id is not None and pages.leads(session.account.pk, office_id=office_id)


def _proposal(application: Application, session: sessions.Session) -> tuple[Application, Decision]:
    """The file, held, and what was proposed about it."""
    row = claiming.hold_from_another(application.pk, actor=sessions.actor_of(session))
    decision = (
        Decision.objects.select_related("proposed_by")
        .filter(application=row, decided_at__isnull=True)
        .first()
    )
    if row.state != ApplicationState.PROPOSED or decision is None:
        raise OverAlready
    return row, decision
