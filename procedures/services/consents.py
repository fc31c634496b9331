"""Ask other people to agree to an application, each through their own account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import translation

from accounts.enums import AccountKind, AccountState, NoticeKind
from accounts.models import Account, Citizen
from accounts.services import notices, register
from eid_portal.core import clock
from procedures import policy
from procedures.enums import ConsentState
from procedures.models import Application, ConsentRequest
from procedures.rules.documents import Document
from procedures.rules.values import in_language


def ask(
    row: Application, awaited: Sequence[tuple[str, str]], *, document: Document, now: datetime
) -> None:
    """Ask for every consent an application lacks, in the caller's transaction: field and personal number.

    Who files never learns whether that person has an account.
    """
    for key, number in awaited:
        citizen = register.find_citizen(number)
        account = None if citizen is None else _account(citizen)
        asked = ConsentRequest.objects.create(
            state=ConsentState.ASKED,
            application=row,
            field=key,
            citizen=citizen if account else None,
            says=_says(row, document),
            asked_at=now,
            lapses_at=now + policy.CONSENT_WAITS,
        )
        if account is not None:
            _tell(asked, account, document, now)


def _account(citizen: Citizen) -> Account | None:
    rows = Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN)
    return rows.filter(state=AccountState.ACTIVE).first()


def _says(row: Application, document: Document) -> dict[str, Any]:
    """What the other person is told: who files, and what."""
    return {"name": row.citizen.full_name, "procedure": dict(document.name)}


def _tell(asked: ConsentRequest, account: Account, document: Document, now: datetime) -> None:
    until = asked.lapses_at.astimezone(clock.VIET_NAM)
    with translation.override(account.language):
        procedure = in_language(document.name)
    notices.tell(
        account=account,
        kind=NoticeKind.CONSENT_ASKED,
        values={
            "name": asked.application.citizen.full_name,
            "procedure": procedure,
            "until_date": f"{until:%d/%m/%Y}",
        },
        event_key=f"consent:{asked.pk}:asked",
        now=now,
    )
