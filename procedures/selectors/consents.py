"""Questions of others to a person, as they read them, and the consents that an application has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from procedures.enums import Capacity, ConsentState
from procedures.models import Application, ConsentRequest
from procedures.rules.answers import Consents
from procedures.rules.documents import Document, Field
from procedures.rules.expressions import Value
from procedures.rules.values import in_language
from procedures.selectors import revisions, wording

SHOWN = 50
# Known to the state, and what a question is about; whatever else is known is nobody else's business.
_TOLD: Final = frozenset({"stay_address", "stay_until"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: for whom, for what, the names, addresses and days in it, and the law behind it."""

    public_id: str
    state: ConsentState
    name: str = field(repr=False)  # of who it is filed for
    filer: str = field(repr=False)  # who filed it, if somebody else did
    procedure: str
    what: str  # the consent, in the document's words
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    sources: tuple[str, ...]
    asked_at: datetime
    lapses_at: datetime
    answered_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state == ConsentState.ASKED


def list_asked(*, citizen_id: UUID) -> list[Asked]:
    """What a person is and was asked: what waits first, then the latest."""
    rows = _of(citizen_id).order_by("-pk")[:SHOWN]
    return sorted(map(_asked, rows), key=lambda each: not each.is_open)


def find_asked(*, citizen_id: UUID, public_id: str) -> Asked | None:
    """One question to a person; None if there is none."""
    row = _of(citizen_id).filter(public_id=public_id).first()
    return None if row is None else _asked(row)


def told(document: Document, values: Mapping[str, Value]) -> list[dict[str, Any]]:
    """What of a form another person is told, and agrees to: its addresses and days, and what the document says so of.

    Each has the words the document has for them, or else the label of the form.
    """
    return [
        {"label": dict(each.told or each.label), "value": wording.plain(values[each.key])}
        for each in document.fields
        if values.get(each.key) is not None and _is_told(each)
    ]


def latest(application: Application) -> list[ConsentRequest]:
    """Of each field that others must agree to, what was asked last."""
    rows = application.consent_requests.select_related("citizen").order_by("pk")
    return list({row.field: row for row in rows}.values())


def given(application: Application, *, document: Document, values: Mapping[str, Value]) -> Consents:
    """The consents an application has, by field and who gave them; one to other addresses or days is none."""
    said = told(document, values)
    return {
        (row.field, row.citizen.personal_number): row.public_id
        for row in latest(application)
        if row.state == ConsentState.GIVEN and row.citizen and row.says["facts"] == said
    }


def _is_told(of: Field) -> bool:
    if of.known and of.known not in _TOLD:
        return False
    return of.kind in {"address", "date"} or of.told is not None


def _of(citizen_id: UUID) -> QuerySet[ConsentRequest]:
    rows = ConsentRequest.objects.select_related("application__filer__citizen")
    return rows.filter(citizen_id=citizen_id)


def _other_filer(row: Application) -> str:
    return "" if row.capacity == Capacity.SELF else row.filer.citizen.full_name


def _asked(row: ConsentRequest) -> Asked:
    document = revisions.document(row.application.revision_id)
    of = document.find(row.field)
    return Asked(
        public_id=row.public_id,
        state=ConsentState(row.state),
        name=row.says["name"],
        filer=_other_filer(row.application),
        procedure=in_language(row.says["procedure"]),
        what=in_language(of.label) if of else "",
        facts=tuple((in_language(each["label"]), each["value"]) for each in row.says["facts"]),
        sources=tuple(in_language(each["words"]) for each in document.data["sources"]),
        asked_at=row.asked_at,
        lapses_at=row.lapses_at,
        answered_at=row.answered_at,
    )
