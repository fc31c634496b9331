"""A form in words: what was answered and what is known, and the names of files, papers and offices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from documents.selectors import papers
from eid_portal.core import clock
from payments.rules import amounts
from procedures.models import Attachment, Desk
from procedures.rules.documents import Document, Field
from procedures.rules.expressions import Value
from procedures.rules.values import is_there
from procedures.selectors import wording

_FILES: Final = 8  # that are offered again


@dataclass(frozen=True, slots=True)
class Held:
    """A file or paper that a field may name, in words."""

    reference: str
    name: str
    detail: str = ""


Holdings = Mapping[str, Sequence[Held]]  # by the key of the field
NO_HOLDINGS: Final[Holdings] = {}


# --- Files and papers ----------------------------------------------------------------------------------
def name_held(
    document: Document,
    held: Mapping[str, Collection[str]],
    *,
    citizen_id: UUID,
    chosen: Collection[str] = (),
    now: datetime,
) -> Holdings:
    """The files and papers that fields may name, in words: of files the newest, and those that are chosen."""
    wanted = {
        each.key: _newest(list(held.get(each.key, ())), chosen)
        for each in document.fields
        if each.kind == "file"
    }
    files = {
        row.public_id: Held(row.public_id, row.name, _size(row))
        for row in Attachment.objects.defer("content").filter(
            public_id__in={each for all_of in wanted.values() for each in all_of}
        )
    }
    found = {
        key: [files[each] for each in all_of if each in files] for key, all_of in wanted.items()
    }
    for each in document.fields:
        if each.kind == "paper":
            rows = (
                papers.find_paper(citizen_id=citizen_id, public_id=one, now=now)
                for one in held.get(each.key, ())
            )
            found[each.key] = [
                Held(paper.public_id, str(paper.kind.title), paper.drawn.ending)
                for paper in rows
                if paper
            ]
    return found


def _newest(references: list[str], chosen: Collection[str]) -> list[str]:
    kept = references[:_FILES]
    return kept + [each for each in references[_FILES:] if each in chosen]


def _size(row: Attachment) -> str:
    kind = "PDF" if row.media_type == "application/pdf" else _("Picture")
    return f"{kind}, {max(row.size // 1024, 1)} KB"


# --- Words ---------------------------------------------------------------------------------------------
def said(of: Field, value: Value, *, held: Sequence[Held] = ()) -> str:
    """A value as its owner reads it, in the language of who reads; nothing if there is none.

    Rows are told whole, files by their names; of other people's numbers and the phone a part is shown.
    """
    if not is_there(value):
        return ""
    match of.known or of.kind, value:
        case "rows", list():
            return "; ".join(
                ", ".join(filter(None, (said(each, row.get(each.key)) for each in of.fields)))
                for row in value
                if isinstance(row, Mapping)
            )
        case "file" | "paper", str():
            names = {each.reference: each.name for each in held}
            return names.get(value, _("A file"))
        case "number", int():
            return _whole(value)
        case "money", int():
            return f"{_whole(value)}\u00a0₫"
        case "phone", str():
            local = f"0{value[3:]}" if value.startswith("+84") else value
            return f"{local[:4]} ••• {local[-3:]}"
        case "head_number" | "stay_owner", str():
            return f"•••• •••• {value[-4:]}"
        case _:
            return wording.value(of, value)


def _whole(value: int) -> str:
    return amounts.written(value, "," if get_language() == "en" else ".")


# --- Others -------------------------------------------------------------------------------------------
def name_desk(desk: Desk) -> str:
    """The office of a desk, in the language of who reads."""
    return desk.office.name_en if get_language() == "en" else desk.office.name


def moment(at: datetime) -> str:
    """A moment in words: ``17:00, 27/11/2026``."""
    return f"{at.astimezone(clock.VIET_NAM):%H:%M, %d/%m/%Y}"
