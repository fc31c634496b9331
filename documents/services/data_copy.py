"""What documents give out of a person's data, table by table; the test of the registry holds it complete.

Tokens of links and codes never leave, nor does what a registry said of somebody else.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents import kinds, models, states
from documents.enums import FieldResult
from documents.kinds.base import Kind
from documents.rules.papers import from_json
from eid_portal.core import clock, exporting, home
from eid_portal.core.export_tables import Table, TableExporter, own


def _kind(row: Any) -> Kind | None:
    try:
        return kinds.find(row.kind)
    except kinds.NoSuchKind:
        return None


def _title(row: Any) -> str:
    kind = _kind(row)
    return str(kind.title if kind else row.kind)


def _title_of(row: Any) -> str:
    """The title of the paper it was made of; without one it is the ID card."""
    return _title(row.document) if row.document else str(kinds.find("ID_CARD").title)


def _facts(row: Any) -> dict[str, str]:
    """What the last copy that agreed says, as its page says it."""
    kind = _kind(row)
    if kind is None or row.paper is None:
        return {}
    drawn = kind.draw(from_json(row.paper), clock.today())
    return {str(line.label): line.value for line in drawn.facts}


def _fields(kind_row: Any, results: Mapping[str, str]) -> dict[str, str]:
    """Which field agreed how, in words."""
    kind = _kind(kind_row)
    return {
        str(kind.field_label(code) if kind else code): str(FieldResult(said).label)
        for code, said in results.items()
    }


def _registry(row: Any) -> str:
    return home.party(row.registry) or str(row.registry)


def _answers(row: Any) -> list[str]:
    """Which registries were asked, and how many papers each found."""
    return [
        f"{_registry(answer)}: {answer.get_outcome_display()} ({len(answer.found or ())})"
        for answer in row.answers.all()
    ]


def _views(row: Any) -> list[str]:
    """When, on what device and from where the copy was opened."""
    return [
        ", ".join(part for part in (_moment(view.at), view.device, view.place) if part)
        for view in row.views.order_by("pk")
    ]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(clock.VIET_NAM):%H:%M %d/%m/%Y}"


_PAPER: Final = {"paper_title": _title_of}
TABLES: Final = (
    Table(
        code="papers",
        title=gettext_lazy("Papers in your wallet"),
        model=models.Document,
        rows=own("citizen_id", models.Document),
        fields=(
            "state", "number", "since", "linked_at", "verified_at", "checked_at", "next_check_at", "warned_days",
            "unlinked_at",
        ),
        worked_out={
            "paper_title": _title,
            "paper_registry": _registry,
            "paper_facts": _facts,
            "paper_fields": lambda row: _fields(row, row.differing),
        },
    ),
    Table(
        code="verifications",
        title=gettext_lazy("How papers were verified"),
        model=models.Verification,
        rows=own("document__citizen_id", models.Verification, "document"),
        fields=("reason", "outcome", "requested_at", "begun_at", "failed_since", "tries", "done_at", "resolved_at"),
        worked_out={
            "paper_title": _title_of,
            "paper_registry": _registry,
            "paper_fields": lambda row: _fields(row.document, row.fields),
        },
    ),
    Table(
        code="searches",
        title=gettext_lazy("When registries were asked for your papers"),
        model=models.Search,
        rows=own("citizen_id", models.Search),
        fields=("asked_at",),
        worked_out={"paper_answers": _answers},
    ),
    Table(
        code="corrections",
        title=gettext_lazy("Corrections you asked registers for"),
        model=models.Correction,
        rows=own("document__citizen_id", models.Correction, "document"),
        fields=(
            "state", "reference", "side", "words", "office", "requested_at", "received_at", "due_at", "escalated_at",
            "answered_at", "answer", "withdrawn_at",
        ),
        worked_out={"paper_title": _title_of, "paper_registry": _registry},
    ),
    Table(
        code="presentations",
        title=gettext_lazy("Codes that showed a paper for a minute"),
        model=models.Presentation,
        rows=own("citizen_id", models.Presentation, "document"),
        fields=("level", "made_at", "expires_at", "used_at"),
        worked_out=_PAPER,
    ),
    Table(
        code="shares",
        title=gettext_lazy("Copies you shared, and who opened them"),
        model=models.Share,
        rows=own("citizen_id", models.Share, "document"),
        fields=("level", "purpose", "made_at", "ends_at", "views_allowed", "views_used", "revoked_at"),
        worked_out={**_PAPER, "paper_views": _views},
    ),
    Table(
        code="signed_copies",
        title=gettext_lazy("Signed PDF copies"),
        model=models.SignedCopy,
        rows=own("citizen_id", models.SignedCopy, "document"),
        fields=("purpose", "level", "language", "made_at", "revoked_at"),
        worked_out=_PAPER,
    ),
    Table(
        code="printed_cards",
        title=gettext_lazy("Printed cards"),
        model=models.PrintedCard,
        rows=own("citizen_id", models.PrintedCard, "document"),
        fields=("level", "language", "made_at", "expires_at", "revoked_at"),
        worked_out=_PAPER,
    ),
    Table(
        code="calendar_links",
        title=gettext_lazy("Links to the calendar of your papers"),
        model=models.CalendarFeed,
        rows=own("account__citizen_id", models.CalendarFeed),
        fields=("made_at", "revoked_at"),
    ),
)  # fmt: skip

_KEY: Final = gettext_lazy("A key that only ties rows together.")
_OPENS: Final = gettext_lazy(
    "Whoever has it can open the paper: its own page shows it while it works."
)
_TOLD: Final = gettext_lazy("Stands in words beside it.")
_OPERATING: Final = gettext_lazy("How the portal works on it; nothing about you.")
LEFT_OUT: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        ("*.linked_by", "*.made_by", "*.asked_by", "*.requested_by"),
        gettext_lazy("Who did it stands in the log."),
    ),
    **dict.fromkeys(("*.token", "documents.PrintedCard.code"), _OPENS),
    **dict.fromkeys(("*.press", "*.used_press", "*.document", "*.outside_id", "*.key_id"), _KEY),
    **dict.fromkeys(
        (
            "documents.Document.kind", "documents.Document.registry", "documents.Document.paper",
            "documents.Document.differing", "documents.Verification.registry", "documents.Verification.fields",
            "documents.Correction.registry", "documents.Correction.fields",
        ),
        _TOLD,
    ),
    **dict.fromkeys(
        (
            "documents.Verification.code", "documents.Verification.next_try_at", "documents.Verification.milliseconds",
            "documents.Verification.again", "documents.Verification.note", "documents.Verification.resolved_by",
        ),
        _OPERATING,
    ),
    "documents.Correction.sent": gettext_lazy(
        "Kept until the registry has received it; what is in it stands beside it and in the register."
    ),
    "documents.RegistryEvent": gettext_lazy("What became of a registry's report stands with the paper."),
    "documents.SearchAnswer": gettext_lazy(
        "Stands with its search, whose page shows what was found for seven days."
    ),
    "documents.ShareView": gettext_lazy("Stands with the copy you shared."),
    "documents.HolderReport": gettext_lazy("That you were told of one stands in your data log."),
    "documents.RoadsideLook": gettext_lazy("Each look stands in your data log, with its reference."),
    "documents.Document.answer": gettext_lazy("It may be about somebody else; the paper's page shows what it may."),
    "documents.SignedCopy.pdf": gettext_lazy("The file itself is fetched on the paper's page."),
    "documents.SignedCopy.says": gettext_lazy("Stands in the file."),
    "documents.SignedCopy.content_hash": gettext_lazy("What the same copy is found by; it follows from the copy."),
}  # fmt: skip


def _labels() -> dict[str, str]:
    """What each field is, in the language that is active."""
    return {
        "answer": _("Answer"),
        "answered_at": _("Answered"),
        "asked_at": _("Asked"),
        "begun_at": _("Last asked"),
        "checked_at": _("Last answered"),
        "done_at": _("Ended"),
        "due_at": _("To be answered by"),
        "ends_at": _("Ends by itself"),
        "escalated_at": _("Its superiors were told"),
        "expires_at": _("Works until"),
        "failed_since": _("Without an answer since"),
        "language": _("Language"),
        "level": _("How much"),
        "linked_at": _("Linked"),
        "made_at": _("Made"),
        "next_check_at": _("To be checked again"),
        "number": _("Number"),
        "office": _("Office"),
        "outcome": _("Result"),
        "paper_answers": _("Answers"),
        "paper_facts": _("What it says"),
        "paper_fields": _("Compared with the population register"),
        "paper_registry": _("Registry"),
        "paper_title": _("Paper"),
        "paper_views": _("Opened"),
        "purpose": _("What for"),
        "reason": _("Why"),
        "received_at": _("Received"),
        "reference": _("Reference"),
        "requested_at": _("Asked for"),
        "resolved_at": _("Settled by an operator"),
        "revoked_at": _("Revoked"),
        "side": _("Which is right"),
        "since": _("In this state since"),
        "state": _("State"),
        "tries": _("Tries"),
        "unlinked_at": _("Left the wallet"),
        "used_at": _("Used"),
        "verified_at": _("Last agreed"),
        "views_allowed": _("Views allowed"),
        "views_used": _("Views used"),
        "warned_days": _("Last warning, days before"),
        "withdrawn_at": _("Withdrawn on"),
        "words": _("Words"),
    }


EXPORTER: Final = TableExporter(
    TABLES,
    left_out=LEFT_OUT,
    labels=_labels,
    parts=dict,
    coded={},
    states={table.model: type(next(iter(table.edges))[0]) for table in states.ALL},
)


def register() -> None:
    """Add what documents give out; called in ``apps.ready()``."""
    exporting.register(EXPORTER)
