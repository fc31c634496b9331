"""The papers decisions end in: drawn and signed by a job, checked by anybody at `/verify/`, revoked by the desk.

The row is written with the decision, in one transaction, so that no decision is without a paper; everything it says is
in it. The document is Vietnamese, with the English below. Drawing waits at the gate of ``core.pdf``, outside any
transaction, and is tried again until it is done.
"""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.enums import Action, NoticeKind
from accounts.selectors import find_post
from accounts.services import assurance, sessions
from accounts.services.sessions import Session
from eid_portal.core import audit, clock, drawing, ids, jobs, pdf, sealed, verify
from eid_portal.core.models import AuditEvent
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why
from procedures import events, policy
from procedures.enums import Capacity, Outcome, RevocationReason
from procedures.models import Application, Decision, Result
from procedures.rules.documents import Document
from procedures.selectors import filed, wording
from procedures.services import drafts, telling
from procedures.services.conflicts import is_involved

DRAW: Final = "procedures.draw_result"
PURPOSE: Final = "result_check"
LANGUAGES: Final = ("vi", "en")
_TEMPLATE: Final = Path(__file__).with_name("result.typ")
_UNPRINTABLE: Final = re.compile("[^\n\u0020-\u024f\u1e00-\u20ff]")
_CLOCKS_DIFFER: Final = timedelta(minutes=1)


class NoSuchResult(LookupError):
    """There is no such result for who asks."""


class HeadInvolved(Exception):
    """The result is about the head of the desk, or about somebody they live with or are related to."""


def begin(row: Application, decision: Decision, *, document: Document, now: datetime) -> Result:
    """The result of a decision, written in the caller's transaction, to be drawn once that is committed."""
    code = verify.new_code(RESULTS)
    until = None
    if decision.outcome == Outcome.GRANTED and document.valid_until is not None:
        found = document.valid_until.value(filed.read(row).facts_on(clock.today(now)))
        until = found if isinstance(found, date) else None
    result = Result.objects.create(
        application=row,
        citizen_id=row.citizen_id,
        outcome=decision.outcome,
        token_hash=sealed.token_hash(code),
        code=code,
        says={lang: _says(row, decision, document, until, lang) for lang in LANGUAGES},
        made_at=now,
        valid_until=until,
    )
    jobs.enqueue(DRAW, subject_id=result.pk)
    return result


def in_language(row: Result) -> dict[str, Any]:
    """What a result says in the language of who reads it."""
    said: dict[str, Any] = row.says["en" if (get_language() or "").startswith("en") else "vi"]
    return said


def qr_of(row: Result) -> SafeString:
    """A QR code that leads to where the result is checked."""
    return drawing.qr_code(_address(row.code))


# --- The document -----------------------------------------------------------------------------------
def draw(claim: jobs.Claim) -> None:
    """Draw, sign and keep the document of a result; a job. Drawn twice is kept once.

    Raises:
        Busy: too many documents are being made.
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    row = Result.objects.select_related("application").get(pk=claim.subject_id)
    document = None
    now = clock.now()
    if row.drawn_at is None:
        with pdf.gate.entered():
            document = _document(row, now=now)
    with transaction.atomic():
        kept = Result.objects.select_for_update().defer("pdf").get(pk=row.pk)
        if kept.drawn_at is None and document is not None:
            kept.pdf, kept.drawn_at = document, now
            kept.save(update_fields=["pdf", "drawn_at"])
        claim.finish()


def fetch(*, session: Session, public_id: str, now: datetime) -> tuple[str, bytes]:
    """The number of the application and the document, for who may see it.

    Raises:
        NoSuchResult: there is none, it is not drawn yet, or it was revoked.
        NotForThem, StepUpNeeded: as for :func:`find`.
    """
    row = find(session=session, public_id=public_id, now=now, whole=True)
    if row.pdf is None or row.revoked_at is not None:
        raise NoSuchResult
    return row.application.reference, bytes(row.pdf)


def find(*, session: Session, public_id: str, now: datetime, whole: bool = False) -> Result:
    """A result for who it is about, their guardian, or who filed; without its document unless ``whole``.

    Raises:
        NoSuchResult: see the class.
        NotForThem: they filed it for somebody for whom they do not act any more.
        StepUpNeeded: a guardian must prove themselves afresh.
    """
    rows = Result.objects.select_related(
        "citizen", "application__procedure", "application__decision", "application__desk__office"
    ).filter(public_id=public_id)
    row = (rows if whole else rows.defer("pdf")).first()
    if row is None:
        raise NoSuchResult
    if row.citizen_id == session.account.citizen_id:
        return row
    application = row.application
    is_filer = application.filer_id == session.account.pk
    try:
        drafts.may_act(
            session,
            citizen=row.citizen,
            capacity=Capacity(application.capacity) if is_filer else Capacity.CHILD,
            procedure_id=application.procedure_id,
            now=now,
        )
    except drafts.NotForThem:
        if is_filer:
            raise
        raise NoSuchResult from None
    return row


def _document(row: Result, *, now: datetime) -> bytes:
    """Vietnamese, which counts, and English below it."""
    address = f"{settings.PORTAL_URL}/verify/"
    moment = now.astimezone(clock.VIET_NAM)
    drawn: dict[str, Any] = {"qr": drawing.qr_file(_address(row.code))}
    for lang in LANGUAGES:
        with translation.override(lang):
            said = row.says[lang]
            drawn[lang] = {
                **said,
                "brand": " · ".join((_("Digital Identity"), _("National e-ID portal"))),
                "qr_label": _("QR code to check this result"),
                "lines": [
                    _("Check this result: scan the code, or type %(code)s at %(address)s.")
                    % {"code": verify.grouped(row.code), "address": address},
                    _("Signed by the portal at %(time)s on %(date)s, without a trusted time stamp.")
                    % {"time": f"{moment:%H:%M}", "date": f"{moment:%d/%m/%Y}"},
                    _("The signature lies in this file: a PDF reader shows it. On paper, only the code counts."),
                ],
                "footer": _("The decision was made in Vietnamese; the English text is a translation."),
            }  # fmt: skip
    title = row.says["vi"]["title"]
    try:
        return pdf.sign(pdf.draw(_TEMPLATE, drawn), reason=title)
    except pdf.Undrawable:  # somebody wrote letters that our fonts lack; the page shows them
        return pdf.sign(pdf.draw(_TEMPLATE, _printable(drawn)), reason=title)


def _printable(said: Any) -> Any:
    """The same with a question mark for each character that our fonts lack."""
    if isinstance(said, dict):
        return {name: _printable(each) for name, each in said.items()}
    if isinstance(said, list):
        return [_printable(each) for each in said]
    return _UNPRINTABLE.sub("?", said) if isinstance(said, str) else said


def _address(code: str) -> str:
    return f"{settings.PORTAL_URL}/verify/{code}/"


def _says(
    row: Application, decision: Decision, document: Document, until: date | None, lang: str
) -> dict[str, Any]:
    """Everything the paper says, in one language."""
    with translation.override(lang):
        desk = row.desk.office
        office = desk.name_en if lang == "en" and desk.name_en else desk.name
        facts = [
            (_("Number"), row.reference),
            (_("Procedure"), document.name[lang]),
            (_("For"), row.citizen.full_name),
            (pgettext("office", "Decided by"), office),
            (_("Decided on"), f"{clock.today(decision.decided_at or row.since):%d/%m/%Y}"),
            (_("Valid until"), f"{until:%d/%m/%Y}" if until else ""),
        ]
        said = _granted(row, document, lang)
        if decision.outcome == Outcome.REFUSED:
            said = _refused(decision, document, lang)
            facts += [
                (_("Legal basis"), said["law"]),
                (_("Appeal to"), said["appeal_to"]),
                (_("Appeal until"), said["appeal_until"]),
            ]
        shown = [[str(label), value] for label, value in facts if value]
        return {"language": lang, **said, "facts": shown, "office": office}


def _granted(row: Application, document: Document, lang: str) -> dict[str, Any]:
    form = filed.read(row)
    result = document.data["result"]
    body = [
        wording.fill(document, each[lang], values=form.values, known_ones=form.known)
        for each in result["body"]
    ]
    return {"title": result["title"][lang], "body": body}


def _refused(decision: Decision, document: Document, lang: str) -> dict[str, Any]:
    reason = next(each for each in document.data["refusals"] if each["key"] == decision.refusal)
    return {
        "title": _("Refused: %(procedure)s") % {"procedure": document.name[lang]},
        "body": [reason["words"][lang], *([decision.words] if decision.words else [])],
        "law": reason["law"][lang],
        "appeal_to": document.data["appeal"]["to"][lang],
        "appeal_until": f"{decision.appeal_until:%d/%m/%Y}",
    }


# --- Revoking ---------------------------------------------------------------------------------------
def find_of_desk(*, session: Session, public_id: str) -> Result | None:
    """A result of the desk of an official's office; None if they do not work on its cases."""
    post = find_post(session.account, office_id=session.office_id)
    if post is None or not permissions.may_lead_cases(session.account, post.roles):
        return None
    rows = Result.objects.select_related("application__procedure", "citizen").defer("pdf")
    return rows.filter(application__desk__office=post.office, public_id=public_id).first()


def revoke(*, session: Session, public_id: str, reason: RevocationReason, now: datetime) -> Result:
    """Take a result back, for good; the head of the desk that decided does. What was done stays done. Once is enough.

    Raises:
        NoSuchResult: there is none, or it is another desk's.
        HeadInvolved: see the class.
        StepUpNeeded: they must prove themselves afresh.
    """
    found = find_of_desk(session=session, public_id=public_id)
    if found is None:
        raise NoSuchResult
    if is_involved(found.application, sessions.actor_of(session)):
        raise HeadInvolved
    assurance.require(session, Action.DECIDE, now=now)
    with transaction.atomic():
        row = Result.objects.select_for_update().defer("pdf").get(pk=found.pk)
        if row.revoked_at is not None:
            return row
        row.revoked_at, row.revoked_by = now, session.account
        row.revoked_because = reason.value
        row.save(update_fields=["revoked_at", "revoked_by", "revoked_because"])
        audit.record(
            events.ResultRevoked(
                procedure=found.application.procedure.code,
                reference=found.application.reference,
                reason=reason.value,
            ),
            actor=sessions.actor_of(session),
            subject_id=row.citizen_id,
            target=row,
            now=now,
        )
        telling.tell(found.application, NoticeKind.RESULT_REVOKED, now=now)
    return row


# --- Who checks one ---------------------------------------------------------------------------------
class Results:
    """The codes on results; see ``core.verify.Verifiable``."""

    prefix = "K"
    length = 24

    def peek(self, code: str, now: datetime) -> Peek | Nothing:
        """That it is a result, no more."""
        if _by_code(code) is None:
            return Nothing(why=Why.NOT_OURS)
        return Peek(
            about=_("The result of an application"),
            until=None,
            notes=(_("Its holder reads that somebody checked it, and when."),),
        )

    def open(self, code: str, viewer: Viewer, now: datetime) -> Genuine | Nothing:
        """What it says, if it is in force still."""
        row = _by_code(code)
        if row is None:
            return Nothing(why=Why.NOT_OURS)
        _record_check(row, viewer, now)
        if row.revoked_at is not None:
            day = {"day": f"{clock.today(row.revoked_at):%d/%m/%Y}"}
            return Nothing(
                why=Why.REVOKED,
                title=_("Do not rely on it"),
                text=_("It was genuine when it was made. The office took it back on %(day)s.")
                % day,
            )
        if row.valid_until is not None and row.valid_until < clock.today(now):
            day = {"day": f"{row.valid_until:%d/%m/%Y}"}
            return Nothing(
                why=Why.EXPIRED,
                title=_("Not valid any more"),
                text=_("It is genuine, and was valid until %(day)s.") % day,
            )
        said = in_language(row)
        return Genuine(
            title=_("Genuine result"),
            text=_("Compare every line with the paper in your hands."),
            template="procedures/_checked_result.html",
            values={name: said[name] for name in ("title", "body", "facts")},
        )


def _by_code(code: str) -> Result | None:
    rows = Result.objects.filter(token_hash=sealed.token_hash(code))
    return rows.select_related("application__procedure").defer("pdf").first()


@transaction.atomic
def _record_check(row: Result, viewer: Viewer, now: datetime) -> None:
    """Tell the holder that somebody checked it; presses of one button that follow each other at once are one check."""
    lately = AuditEvent.objects.filter(
        subject_id=row.citizen_id,
        pk__gt=ids.uuid7_before(policy.SAME_CHECK + _CLOCKS_DIFFER),
        recorded_at__gt=now - policy.SAME_CHECK,
        name=events.ResultChecked.name,
        target_id=row.pk,
        actor_id=viewer.actor.account_id,
    )
    if lately.exists():
        return
    audit.record(
        events.ResultChecked(
            procedure=row.application.procedure.code, reference=row.application.reference
        ),
        actor=viewer.actor,
        subject_id=row.citizen_id,
        target=row,
        purpose=PURPOSE,
        now=now,
    )


RESULTS: Final = Results()


def register() -> None:
    """Let `/verify/` read our codes; called in ``apps.ready()``."""
    verify.register(RESULTS)
