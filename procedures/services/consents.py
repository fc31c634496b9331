"""Ask other people to agree to an application, each through their own account.

They read for whom it is, and only the addresses and days of what was filed, and a name where the document says so.
Who files never learns whether a person has an account: whom nobody reaches does not answer. Whom one filer asks often
is told in the inbox only.
``services.consent_answers`` has what becomes of a question.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.utils import translation

from accounts.enums import AccountKind, AccountState, NoticeChannel, NoticeKind
from accounts.models import Account, Citizen
from accounts.services import notices, register
from eid_portal.core import clock, jobs, limits
from procedures import policy
from procedures.enums import ConsentState
from procedures.models import Application, ConsentRequest
from procedures.rules import clocks
from procedures.rules.documents import Document
from procedures.rules.values import in_language
from procedures.selectors import consents as selectors
from procedures.selectors import filed

LAPSE: Final = "procedures.lapse_consent"


def ask(
    row: Application, awaited: Sequence[tuple[str, str]], *, document: Document, now: datetime
) -> None:
    """Ask for every consent an application lacks, in the caller's transaction: field and personal number.

    Who files never learns whether that person has an account.
    """
    says = _says(row, document) if awaited else {}
    for key, number in awaited:
        citizen = register.find_citizen(number)
        account = None if citizen is None else account_of(citizen)
        asked = ConsentRequest.objects.create(
            state=ConsentState.ASKED,
            application=row,
            field=key,
            citizen=citizen if account else None,
            says=says,
            asked_at=now,
            lapses_at=clocks.last_moment(now, policy.CONSENT_WAITS),
        )
        jobs.enqueue(LAPSE, subject_id=asked.pk, at=asked.lapses_at)
        if account is not None:
            tell(asked, account, document, now)


def account_of(citizen: Citizen) -> Account | None:
    """The account through which somebody can answer now."""
    rows = Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN)
    return rows.filter(state=AccountState.ACTIVE).first()


def tell(asked: ConsentRequest, account: Account, document: Document, now: datetime) -> None:
    """Write to who is asked, for the first time or again: to their inbox only where this filer did so often today."""
    until = asked.lapses_at.astimezone(clock.VIET_NAM)
    with translation.override(account.language):
        procedure = in_language(document.name)
    pair = f"{asked.application.filer_id}:{account.citizen_id}"
    is_often = isinstance(limits.hit(policy.ASK_ALOUD, pair, now=now), limits.LockedUntil)
    notices.tell(
        account=account,
        kind=NoticeKind.CONSENT_ASKED,
        values={
            "name": asked.application.filer.citizen.full_name,
            "procedure": procedure,
            "until_time": f"{until:%H:%M}",
            "until_date": f"{until:%d/%m/%Y}",
        },
        channels=(NoticeChannel.INBOX,) if is_often else (),
        event_key=f"consent:{asked.pk}:{now.isoformat()}",
        now=now,
    )


def _says(row: Application, document: Document) -> dict[str, Any]:
    """What the other person is told: for whom it is, what, and the addresses, days and names in it."""
    facts = selectors.told(document, filed.read(row).values)
    return {"name": row.citizen.full_name, "procedure": dict(document.name), "facts": facts}
