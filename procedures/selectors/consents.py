"""Questions of others to a person, as they read them, and the consents that an application has."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from procedures.enums import ConsentState
from procedures.models import Application, ConsentRequest
from procedures.rules.answers import Consents
from procedures.rules.values import in_language
from procedures.selectors import revisions

SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: who asks, for what, the addresses and days in it, and the law behind it."""

    public_id: str
    state: ConsentState
    name: str = field(repr=False)
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


def given(application: Application) -> Consents:
    """The consents an application has, by field and who gave them."""
    rows = application.consent_requests.filter(state=ConsentState.GIVEN).select_related("citizen")
    return {
        (row.field, row.citizen.personal_number): row.public_id
        for row in rows
        if row.citizen is not None
    }


def _of(citizen_id: UUID) -> QuerySet[ConsentRequest]:
    return ConsentRequest.objects.select_related("application").filter(citizen_id=citizen_id)


def _asked(row: ConsentRequest) -> Asked:
    document = revisions.document(row.application.revision_id)
    of = document.find(row.field)
    return Asked(
        public_id=row.public_id,
        state=ConsentState(row.state),
        name=row.says["name"],
        procedure=in_language(row.says["procedure"]),
        what=in_language(of.label) if of else "",
        facts=tuple((in_language(each["label"]), each["value"]) for each in row.says["facts"]),
        sources=tuple(in_language(each["words"]) for each in document.data["sources"]),
        asked_at=row.asked_at,
        lapses_at=row.lapses_at,
        answered_at=row.answered_at,
    )
