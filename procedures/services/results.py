"""The papers decisions end in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import translation

from accounts.enums import AccountKind, AccountState
from accounts.models import Account
from eid_portal.core import ids, sealed
from procedures.enums import Outcome
from procedures.models import Application, Decision, Result
from procedures.rules.documents import Document
from procedures.selectors import filed, wording


def begin(row: Application, decision: Decision, *, document: Document, now: datetime) -> Result:
    """The result of a decision, written in the caller's transaction."""
    code = ids.token()
    until = None
    if decision.outcome == Outcome.GRANTED and document.valid_until is not None:
        found = document.valid_until.value(filed.read(row).facts)
        until = found if isinstance(found, date) else None
    return Result.objects.create(
        application=row,
        citizen_id=row.citizen_id,
        outcome=decision.outcome,
        token_hash=sealed.token_hash(code),
        code=code,
        says={lang: _says(row, decision, document, lang) for lang in ("vi", "en")},
        made_at=now,
        valid_until=until,
    )


def accounts_of(citizen_id: UUID) -> list[Account]:
    """The accounts of a person that can be written to."""
    rows = Account.objects.filter(citizen_id=citizen_id, kind=AccountKind.CITIZEN)
    return list(rows.filter(state__in=[AccountState.ACTIVE, AccountState.LOCKED]))


def _says(row: Application, decision: Decision, document: Document, lang: str) -> dict[str, Any]:
    """Everything the paper says, in one language."""
    form = filed.read(row)
    with translation.override(lang):
        if decision.outcome == Outcome.GRANTED:
            result = document.data["result"]
            body = [
                wording.fill(document, each[lang], values=form.values, known_ones=form.known)
                for each in result["body"]
            ]
            return {"title": result["title"][lang], "body": body}
        reason = next(each for each in document.data["refusals"] if each["key"] == decision.refusal)
        return {
            "title": document.name[lang],
            "body": [reason["words"][lang], *([decision.words] if decision.words else [])],
            "law": reason["law"][lang],
            "appeal_to": document.data["appeal"]["to"][lang],
            "appeal_until": f"{decision.appeal_until:%d/%m/%Y}",
        }
