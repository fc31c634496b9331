"""What procedures give out of a person's data, table by table; the test of the registry holds it complete.

What was filed for somebody is theirs whoever filed it; what another person was asked about it is that person's. Notes
that officials wrote each other are given with the application they are about (Law 91/2025). A decision that another
official must agree to is none before.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eid_portal.core import exporting
from eid_portal.core.export_tables import Table, TableExporter, own
from procedures import models, states
from procedures.rules.values import in_language
from procedures.selectors import applications, revisions


def _procedure(row: Any) -> str:
    found = row.revision_id if hasattr(row, "revision_id") else None
    return in_language(revisions.document(found).name) if found else str(row.procedure.code)


def _of_application(row: Any) -> str:
    return str(row.application.reference)


def _filed(row: Any) -> Any:
    data = json.loads(row.text)
    return {name: data[name] for name in ("values", "known", "fee", "filed_at")}


_BY_APPLICATION: Final = "application__citizen_id"
_TOLD: Final = gettext_lazy("What it is about is told in words, or stands beside it.")
_STAFF: Final = gettext_lazy("Which of the office's people it was: ask under My data.")
_OPERATING: Final = gettext_lazy("It only keeps the work in order and says nothing of a person.")

TABLES: Final = (
    Table(
        code="drafts",
        title=gettext_lazy("Forms you began"),
        model=models.Draft,
        rows=own("filer__citizen_id", models.Draft, "procedure"),
        fields=("capacity", "answers", "begun_at", "saved_at"),
        worked_out={"procedure": _procedure},
    ),
    Table(
        code="form_files",
        title=gettext_lazy("Files you sent"),
        model=models.Attachment,
        rows=own("citizen_id", models.Attachment),
        fields=("name", "media_type", "size", "pages", "content", "scan", "uploaded_at"),
    ),
    Table(
        code="mandates",
        title=gettext_lazy("Mandates you gave or hold"),
        model=models.Mandate,
        rows=lambda pk: models.Mandate.objects.filter(Q(giver_id=pk) | Q(holder_id=pk))
        .select_related("giver", "holder", "procedure")
        .order_by("pk"),
        fields=("given_at", "valid_until", "withdrawn_at"),
        worked_out={
            "giver_name": lambda row: row.giver.full_name,
            "holder_name": lambda row: row.holder.full_name,
            "procedure": _procedure,
        },
    ),
    Table(
        code="applications",
        title=gettext_lazy("Applications"),
        model=models.Application,
        rows=lambda pk: models.Application.objects.filter(Q(citizen_id=pk) | Q(filer__citizen_id=pk))
        .select_related("procedure", "desk__office")
        .order_by("pk"),
        fields=(
            "reference", "state", "capacity", "fee", "fee_receipt", "filed_at", "received_at", "received_on",
            "due_at", "promised_at", "ended_at",
        ),
        worked_out={
            "state": applications.code_of, "procedure": _procedure, "office": lambda row: row.desk.office.name,
        },
    ),
    Table(
        code="filed_forms",
        title=gettext_lazy("What was filed"),
        model=models.Snapshot,
        rows=own(_BY_APPLICATION, models.Snapshot, "application"),
        fields=("number", "reason", "sha256", "taken_at"),
        worked_out={"reference": _of_application, "form": _filed},
    ),
    Table(
        code="clock_pauses",
        title=gettext_lazy("When the clock stood still"),
        model=models.ClockPause,
        rows=own(_BY_APPLICATION, models.ClockPause, "application"),
        fields=("reason", "since", "until"),
        worked_out={"reference": _of_application},
    ),
    Table(
        code="consents_asked",
        title=gettext_lazy("What others asked you to agree to"),
        model=models.ConsentRequest,
        rows=own("citizen_id", models.ConsentRequest),
        fields=("state", "says", "asked_at", "lapses_at", "answered_at"),
    ),
    Table(
        code="requests_to_correct",
        title=gettext_lazy("What officials asked you"),
        model=models.CorrectionRequest,
        rows=own(_BY_APPLICATION, models.CorrectionRequest, "application"),
        fields=("state", "fields", "words", "answers", "asked_at", "answer_by", "answered_at"),
        worked_out={"reference": _of_application},
    ),
    Table(
        code="opinions",
        title=gettext_lazy("What other offices were asked"),
        model=models.OpinionRequest,
        rows=own(_BY_APPLICATION, models.OpinionRequest, "application"),
        fields=("state", "question", "answer", "asked_at", "answer_by", "answered_at"),
        worked_out={"reference": _of_application},
    ),
    Table(
        code="application_messages",
        title=gettext_lazy("Messages about applications"),
        model=models.Message,
        rows=own(_BY_APPLICATION, models.Message, "application"),
        fields=("writer", "text", "sent_at"),
        worked_out={"reference": _of_application},
    ),
    Table(
        code="application_notes",
        title=gettext_lazy("Notes of officials"),
        model=models.InternalNote,
        rows=own(_BY_APPLICATION, models.InternalNote, "application"),
        fields=("text", "written_at"),
        worked_out={"reference": _of_application},
    ),
    Table(
        code="decisions",
        title=gettext_lazy("Decisions"),
        model=models.Decision,
        rows=lambda pk: models.Decision.objects.filter(application__citizen_id=pk, decided_at__isnull=False)
        .select_related("application")
        .order_by("pk"),
        fields=("outcome", "refusal", "words", "is_exempt", "by_silence", "proposed_at", "decided_at", "appeal_until"),
        worked_out={"reference": _of_application},
    ),
    Table(
        code="results",
        title=gettext_lazy("Results"),
        model=models.Result,
        rows=own("citizen_id", models.Result, "application"),
        fields=("outcome", "says", "made_at", "valid_until", "revoked_at", "revoked_because"),
        worked_out={"reference": _of_application},
    ),
    Table(
        code="effects",
        title=gettext_lazy("What decisions changed"),
        model=models.EffectDone,
        rows=own(_BY_APPLICATION, models.EffectDone, "application"),
        fields=("do", "done_at", "failed_at"),
        worked_out={"reference": _of_application},
    ),
)  # fmt: skip
LEFT_OUT: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        (
            "procedures.Draft.procedure", "procedures.Mandate.procedure", "procedures.Application.procedure",
            "procedures.Draft.revision", "procedures.Application.revision", "procedures.Application.desk",
            "procedures.Snapshot.text", "procedures.ApplicationFile", "procedures.OpinionRequest.desk",
            "procedures.ConsentRequest.field", "procedures.Mandate.giver",
            "procedures.Mandate.holder", "procedures.Result.pdf", "procedures.Result.code",
            "procedures.StatusReport",
            *(
                f"procedures.{name}.application"
                for name in (
                    "Snapshot", "ClockPause", "ConsentRequest", "CorrectionRequest", "OpinionRequest", "Message",
                    "InternalNote", "Decision", "Result", "EffectDone",
                )
            ),
        ),
        _TOLD,
    ),
    **dict.fromkeys(
        (
            "procedures.Draft.done", "procedures.Draft.again", "procedures.Draft.version",
            "procedures.Application.draft_id", "procedures.Application.fee_payment_id",
            "procedures.Application.alert_at", "procedures.Application.alerted", "procedures.Application.since",
            "procedures.Application.claimed_at", "procedures.Application.claimed_until",
            "procedures.ConsentRequest.reminded_at",
            "procedures.Result.drawn_at", "procedures.EffectDone.number", "procedures.EffectDone.code",
            "procedures.Attachment.content_hash", "procedures.Result.token_hash",
        ),
        _OPERATING,
    ),
    **dict.fromkeys(
        (
            "procedures.Application.claimed_by", "procedures.CorrectionRequest.asked_by",
            "procedures.OpinionRequest.asked_by", "procedures.OpinionRequest.answered_by",
            "procedures.Message.account", "procedures.InternalNote.account", "procedures.Decision.proposed_by",
            "procedures.Decision.decided_by", "procedures.Result.revoked_by", "procedures.Draft.filer",
            "procedures.Application.filer", "procedures.Attachment.uploaded_by", "procedures.SavedFilter",
        ),
        _STAFF,
    ),
}  # fmt: skip


def _labels() -> dict[str, str]:
    return {
        "answer": _("Answer"),
        "answer_by": _("Answer by"),
        "answered_at": _("Answered"),
        "answers": _("Answers"),
        "appeal_until": _("Appeal until"),
        "asked_at": _("Asked"),
        "begun_at": _("Begun"),
        "by_silence": _("By rule, without an official"),
        "capacity": _("For whom"),
        "content": _("Content"),
        "decided_at": _("Decided"),
        "do": _("Change"),
        "done_at": _("Done"),
        "due_at": _("Due"),
        "ended_at": _("Ended"),
        "failed_at": _("Failed"),
        "fee": _("Fee (đồng)"),
        "fee_receipt": _("Receipt of the fee"),
        "fields": _("Questions"),
        "filed_at": _("Filed"),
        "form": _("Form"),
        "given_at": _("Given"),
        "giver_name": _("Who gave it"),
        "holder_name": _("Who holds it"),
        "is_exempt": _("Fee waived"),
        "lapses_at": _("Answer by"),
        "made_at": _("Made"),
        "media_type": _("Media type"),
        "name": _("Name"),
        "number": _("Number"),
        "office": _("Office"),
        "outcome": _("Outcome"),
        "pages": _("Pages"),
        "procedure": _("Procedure"),
        "promised_at": _("New date after a delay"),
        "proposed_at": _("Proposed"),
        "question": _("Question"),
        "reason": _("Reason"),
        "received_at": _("Received"),
        "received_on": _("Counts as received on"),
        "reference": _("Reference"),
        "refusal": _("Reason of the refusal"),
        "revoked_at": _("Revoked"),
        "revoked_because": _("Revoked because"),
        "saved_at": _("Saved"),
        "says": _("What it says"),
        "scan": _("Virus scan"),
        "sent_at": _("Sent"),
        "sha256": _("SHA-256"),
        "since": _("Since"),
        "size": _("Size (bytes)"),
        "state": _("State"),
        "taken_at": _("Written down"),
        "text": _("Text"),
        "until": _("Until"),
        "uploaded_at": _("Sent"),
        "valid_until": _("Valid until"),
        "withdrawn_at": _("Withdrawn"),
        "words": _("Words"),
        "writer": _("Who wrote"),
        "written_at": _("Written"),
    }


def _parts() -> dict[str, str]:
    """What stands inside a form is named by the form."""
    return {}


EXPORTER: Final = TableExporter(
    TABLES,
    left_out=LEFT_OUT,
    labels=_labels,
    parts=_parts,
    coded={},
    states={table.model: type(next(iter(table.edges))[0]) for table in states.ALL},
)


def register() -> None:
    """Add what procedures give out; called in ``apps.ready()``."""
    exporting.register(EXPORTER)
