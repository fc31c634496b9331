"""A copy of everything the portal holds about a person: asked for, made in the background, fetched, deleted.

One is made at a time and one is kept, for some days. Both files lie sealed in their row. Asking and fetching need a
fresh proof of who it is: with the copy goes all there is.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import typst
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import events, policy, states
from accounts.enums import Action, ExportState, NoticeKind, StopKind
from accounts.models import DataExport
from accounts.selectors import rights
from accounts.services import assurance, notices, sessions, stopping
from accounts.services.data_copy import AccountsExporter
from eid_portal.core import audit, clock, exporting, jobs, limits
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import StaleState, move

MAKE: Final = "accounts.make_export"
LEASE: Final = timedelta(minutes=10)  # longer than the longest log takes
GIVEN_UP_AFTER: Final = timedelta(hours=1)  # what is not made by then can be asked for anew
FORMAT: Final = "eid-data-copy"
VERSION: Final = 1
_TEMPLATE: Final = Path(__file__).with_name("data_copy.typ")
_AT_ONCE: Final = 100

Kind = Literal["json", "pdf"]


class TooManyCopies(Exception):
    """So many copies were asked for today that the next must wait ``until``."""

    code = "too_many_copies"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to be kept by its owner."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def ask(*, session: sessions.Session, language: str, actor: Actor, now: datetime) -> DataExport:
    """Order a copy; the one that is being made, if there is one.

    Raises:
        assurance.StepUpNeeded: the session must prove afresh who it is.
        TooManyCopies: see the class.
    """
    assurance.require(session, Action.EXPORT, now=now)
    account = session.account
    waiting = DataExport.objects.filter(account=account, state=ExportState.PENDING)
    made = waiting.select_related("account").first()
    stuck = made is not None and rights.gave_up(made.pk)
    if made is not None and not stuck:
        return made
    allowed = limits.hit(policy.EXPORT_ASK, str(account.pk), now=now)
    if isinstance(allowed, limits.LockedUntil):
        raise TooManyCopies(allowed.until)
    try:
        with transaction.atomic():
            if made is not None:
                _delete(made, now=now)
            row = DataExport.objects.create(
                state=ExportState.PENDING, account=account, language=language, asked_at=now
            )
            audit.record(
                events.ExportAsked(),
                actor=actor,
                subject_id=account.citizen_id,
                target=row,
                now=now,
            )
            jobs.enqueue(MAKE, subject_id=row.pk)
    except (IntegrityError, StaleState):  # the other press of the button
        return waiting.get()
    return row


def make(claim: jobs.Claim) -> None:
    """Make the two files, then keep them, delete the copy before, and tell the person, all together."""
    row = DataExport.objects.select_related("account").get(pk=claim.subject_id)
    if row.state != ExportState.PENDING:
        claim.finish()
        return
    account, now = row.account, clock.now()
    with translation.override(row.language):
        person = exporting.Person(citizen_id=account.citizen_id, now=now)
        sections = [part for one in exporting.exporters() for part in one.sections(person)]
        as_json = json_of(sections, language=row.language, now=now)
        as_pdf = pdf_of(sections, language=row.language, now=now)
    delete_at = now + policy.EXPORT_KEPT
    local = delete_at.astimezone(clock.VIET_NAM)
    with transaction.atomic():
        for old in DataExport.objects.filter(account=account, state=ExportState.READY):
            _delete(old, now=now)
        move(
            row, states.EXPORT, to=ExportState.READY, event=events.ExportMade(), actor=SYSTEM,
            subject_id=account.citizen_id, now=now, json=as_json, pdf=as_pdf, json_size=len(as_json),
            pdf_size=len(as_pdf), made_at=now, delete_at=delete_at,
        )  # fmt: skip
        stop = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
        notices.tell(
            account=account,
            kind=NoticeKind.EXPORT_READY,
            values={"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"},
            private={"stop_code": stop.shown, "stop_link": stop.link},
            event_key=f"export:{row.pk}",
            now=now,
        )
        claim.finish()


@transaction.atomic
def fetch(
    *, session: sessions.Session, public_id: str, kind: Kind, actor: Actor, now: datetime
) -> File | None:
    """One of the files of a copy of one's own; None if there is no such copy, or no longer.

    Raises:
        assurance.StepUpNeeded: the session must prove afresh who it is.
    """
    ready = DataExport.objects.filter(account=session.account, state=ExportState.READY)
    row = ready.filter(public_id=public_id, delete_at__gt=now).first()
    if row is None:
        return None
    assurance.require(session, Action.EXPORT, now=now)
    content = row.json if kind == "json" else row.pdf
    row.fetched_at = now
    row.save(update_fields=["fetched_at"])
    audit.record(
        events.ExportFetched(form=kind),
        actor=actor,
        subject_id=session.account.citizen_id,
        target=row,
        now=now,
    )
    media_type = "application/json" if kind == "json" else "application/pdf"
    day = f"{clock.today(row.made_at or now):%Y%m%d}"
    return File(name=f"eid-data-{day}.{kind}", media_type=media_type, content=content)


def delete_due(*, now: datetime) -> int:
    """Delete copies that were kept long enough, and those that could not be made. Returns how many."""
    rows = DataExport.objects.filter(
        Q(state=ExportState.READY, delete_at__lte=now)
        | Q(state=ExportState.PENDING, asked_at__lte=now - GIVEN_UP_AFTER)
    )
    count = 0
    for row in rows.order_by("pk").select_related("account")[:_AT_ONCE]:
        try:
            _delete(row, now=now)
        except StaleState:  # made, or deleted, meanwhile
            continue
        count += 1
    return count


def _delete(row: DataExport, *, now: datetime) -> None:
    move(
        row, states.EXPORT, to=ExportState.DELETED, event=events.ExportDeleted(), actor=SYSTEM,
        subject_id=row.account.citizen_id, now=now, json=None, pdf=None,
    )  # fmt: skip


# --- The files --------------------------------------------------------------------------------------
def json_of(sections: list[exporting.Section], *, language: str, now: datetime) -> bytes:
    """The copy for programs; docs/data-copy.md describes it."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": now.astimezone(clock.VIET_NAM).isoformat(timespec="seconds"),
        "made_by": settings.PORTAL_URL,
        "language": language,
        "sections": [
            {
                "code": section.code,
                "title": section.title,
                "labels": dict(section.labels),
                "entries": section.entries,
            }
            for section in sections
        ],
        "left_out": [
            {"what": what, "why": str(why)}
            for exporter in exporting.exporters()
            for what, why in exporter.left_out.items()
        ],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def pdf_of(sections: list[exporting.Section], *, language: str, now: datetime) -> bytes:
    """The copy to read."""
    local = now.astimezone(clock.VIET_NAM)
    reasons = {
        str(why): None
        for exporter in exporting.exporters()
        for what, why in exporter.left_out.items()
    }
    copy: dict[str, Any] = {
        "title": _("All data the e-ID portal holds about you"),
        "language": language,
        "lines": [
            _("Made at %(time)s on %(date)s.") % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"},
            _("The same data for programs, and pictures, are in the JSON file that came with this one."),
        ],
        "sections": [
            {"title": section.title, "entries": section.shown} for section in sections
        ],
        "left_out_title": _("What is not in here, and why"),
        "left_out": list(reasons),
    }  # fmt: skip
    made: bytes = typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"copy": json.dumps(copy, ensure_ascii=False)},
        timestamp=int(now.timestamp()),
    )
    return made


def register() -> None:
    """Add what accounts give out; called in ``apps.ready()``."""
    exporting.register(AccountsExporter())
