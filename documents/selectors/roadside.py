"""What a traffic officer sees of a paper they looked at: what driving needs, while the look lasts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Account
from documents.enums import DocumentState
from documents.kinds import driver_licence, vehicle_registration
from documents.kinds.base import Line, NumberRefused
from documents.models import Document, RoadsideLook
from documents.rules.papers import from_json
from documents.selectors import papers, showing
from documents.selectors.papers import Paper
from eid_portal.core import clock

INSURANCE: Final = "MOTOR_INSURANCE"
# What is shown of each kind, by the codes the driver reads in words; nothing else of the paper is.
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    driver_licence.KIND.code: ("photo", "name", "birth_date", "number", "classes", "points"),
    vehicle_registration.KIND.code: ("plate", "brand", "name", "expires_on", "insurance"),
}
_LINES: Final[dict[str, tuple[str, ...]]] = {
    driver_licence.KIND.code: ("name", "birth_date", "number", "points"),
    vehicle_registration.KIND.code: ("plate", "brand", "colour", "name", "expires_on"),
}
_ENDED: Final = (DocumentState.EXPIRED, DocumentState.REVOKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A thing that is in order or not: ok, wait or bad."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A paper as an officer on the road sees it."""

    look: RoadsideLook
    kind: str  # ok, late or bad
    title: str
    text: str
    photo: str = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    classes: tuple[Any, ...]  # of a licence
    checks: tuple[Check, ...]  # of a vehicle


def find_look(account: Account, *, office_id: UUID, public_id: str) -> RoadsideLook | None:
    """An officer's own look at the office of their session, over or not."""
    rows = RoadsideLook.objects.select_related("document", "office").filter(
        officer=account, office_id=office_id
    )
    return rows.filter(public_id=public_id).first()


def seen(look: RoadsideLook, *, now: datetime) -> Seen | None:
    """What a look that lasts shows; None once it is masked again."""
    if look.masked_at <= now or look.document.paper is None:
        return None
    paper = papers.of_document(look.document, now=now)
    licence = paper.kind.code == driver_licence.KIND.code
    kind, title = _licence(paper) if licence else _vehicle(paper)
    local = paper.verified_at.astimezone(clock.VIET_NAM)
    said = _("%(issuer)s confirmed it at %(time)s on %(date)s")
    if paper.state in _ENDED:
        said = _("%(issuer)s last confirmed it at %(time)s on %(date)s")
    lines = {line.code: line for line in paper.drawn.facts}
    return Seen(
        look=look,
        kind=kind,
        title=title,
        text=said
        % {"issuer": paper.kind.issuer, "time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"},
        photo=showing.picture_of(paper.citizen_id) if licence else "",
        lines=tuple(lines[code] for code in _LINES[paper.kind.code] if code in lines),
        classes=tuple(paper.drawn.more["classes"]) if licence else (),
        checks=() if licence else tuple(_checks(look, paper, now)),
    )


def _licence(paper: Paper) -> tuple[str, str]:
    valid = [row.code for row in paper.drawn.more["classes"] if row.is_valid]
    match paper.state:
        case DocumentState.REVOKED:
            return "bad", _("May not drive: the licence is revoked")
        case DocumentState.EXPIRED:
            return "bad", _("May not drive: no class is valid today")
        case DocumentState.VERIFIED if paper.paper.values["points"] == 0:
            return "bad", _("May not drive: no points are left")
        case DocumentState.VERIFIED if valid:
            return "ok", _("May drive: %(classes)s") % {"classes": ", ".join(valid)}
        case DocumentState.VERIFIED:
            return "bad", _("May not drive: no class is valid today")
        case _:
            return "late", _("Not confirmed at present: ask for the paper card")


def _vehicle(paper: Paper) -> tuple[str, str]:
    match paper.state:
        case DocumentState.VERIFIED:
            return "ok", _("Registered: %(plate)s") % {"plate": paper.drawn.number}
        case DocumentState.REVOKED:
            return "bad", _("The registration is revoked")
        case DocumentState.EXPIRED:
            return "bad", _("The registration has expired")
        case _:
            return "late", _("Not confirmed at present: ask for the paper card")


def _checks(look: RoadsideLook, paper: Paper, now: datetime) -> list[Check]:
    """Whose vehicle it is, as far as the officer looked at a driver, and its insurance."""
    checks = []
    driver = (
        RoadsideLook.objects.filter(
            officer_id=look.officer_id, masked_at__gt=now, document__kind=driver_licence.KIND.code
        )
        .order_by("-looked_at")
        .first()
    )
    if driver is not None and driver.citizen_id == look.citizen_id:
        checks.append(Check(kind="ok", text=_("Its owner is the driver you looked at last")))
    elif driver is not None:
        checks.append(Check(kind="wait", text=_("Its owner is not the driver you looked at last")))
    return [*checks, _insurance(look.citizen_id, paper.paper.number, now)]


def _insurance(citizen_id: UUID, plate: str, now: datetime) -> Check:
    """The compulsory insurance of a vehicle, if its owner has it in the wallet."""
    rows = Document.objects.filter(citizen_id=citizen_id, kind=INSURANCE, paper__isnull=False)
    found = [
        papers.of_document(row, now=now)
        for row in rows.exclude(state=DocumentState.UNLINKED)
        if _plate(str(from_json(row.paper).values.get("plate", ""))) == plate
    ]
    valid = [paper for paper in found if paper.state == DocumentState.VERIFIED]
    if valid:
        ends = max(paper.drawn.expires_on or clock.today(now) for paper in valid)
        return Check(
            kind="ok",
            text=_("Compulsory insurance until %(date)s") % {"date": f"{ends:%d/%m/%Y}"},
        )
    if any(paper.state in _ENDED for paper in found):
        return Check(kind="bad", text=_("The compulsory insurance in the wallet has ended"))
    return Check(
        kind="wait", text=_("No compulsory insurance in the wallet: ask for the certificate")
    )


def _plate(text: str) -> str:
    try:
        return vehicle_registration.KIND.clean_number(text)
    except NumberRefused:
        return ""
