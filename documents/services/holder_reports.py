"""Who read a paper may say, once, that the person before them is not its holder, who is told at once.

What they have for it is a token of that one reading: neither the paper nor its holder can be read from it.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.enums import AccountKind, AccountState, NoticeKind
from accounts.models import Account
from accounts.services import notices
from documents import events, policy
from documents.models import HolderReport
from documents.models.showing import OfPaper
from documents.services import showable
from eid_portal.core import audit, limits, sealed, tidying, verify
from eid_portal.core.events import ANYONE
from eid_portal.core.verify import Reported

PURPOSE: Final = "documents.holder_report"  # of the keyed hash


def allow(*, reading: UUID, shown: OfPaper, kind: str, now: datetime) -> str:
    """The token of a reading of ``shown``, in the caller's transaction; the same reading has the same."""
    token = base64.urlsafe_b64encode(sealed.keyed_hash(PURPOSE, str(reading))).decode()
    row = HolderReport(
        pk=reading,
        token_hash=sealed.token_hash(token),
        citizen_id=shown.citizen_id,
        made_by_id=shown.made_by_id,
        kind=kind,
        ends_at=now + policy.HOLDER_REPORT_LASTS,
    )
    HolderReport.objects.bulk_create([row], ignore_conflicts=True)
    return token


def report(token: str, now: datetime) -> Reported | None:
    """Tell the holder, once, that who read had somebody else before them; see ``core.verify.Reports``."""
    rows = HolderReport.objects.filter(token_hash=sealed.token_hash(token), ends_at__gt=now)
    row = rows.first()
    if row is None:
        return None
    if row.reported_at is None:
        _report(row, now=now)
        row.refresh_from_db()
    return Reported(at=row.reported_at or now)


def _report(row: HolderReport, *, now: datetime) -> None:
    # Who has the code of a card or copy could go on for ever: the data log has each report, the phone the first few.
    heard = isinstance(
        limits.hit(policy.HOLDER_TOLD, str(row.citizen_id), now=now), limits.Permitted
    )
    with transaction.atomic():
        people = hold_people(citizen_id=row.citizen_id, made_by_id=row.made_by_id, now=now)
        mine = HolderReport.objects.filter(pk=row.pk, reported_at__isnull=True)
        if not mine.update(reported_at=now):
            return  # the other press of the button
        audit.record(
            events.HolderDoubted(kind=row.kind, reference=""),
            actor=ANYONE,  # also where they are signed in: it is not passed on who says so
            subject_id=row.citizen_id,
            target=row,
            now=now,
        )
        if heard:
            tell(
                people,
                NoticeKind.HOLDER_DOUBTED,
                reading=row.pk,
                values={"paper": row.kind},
                now=now,
            )


# --- Who is told ----------------------------------------------------------------------------------
def hold_people(*, citizen_id: UUID, made_by_id: UUID, now: datetime) -> list[Account]:
    """The holder's account, and of who showed the paper while they act for them; locked in the caller's transaction."""
    rows = (
        Account.objects.filter(
            Q(citizen_id=citizen_id) | Q(pk=made_by_id), kind=AccountKind.CITIZEN
        )
        .exclude(state=AccountState.CLOSED)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    return [
        account
        for account in rows
        if account.citizen_id == citizen_id or showable.acts_for(account, citizen_id, now=now)
    ]


def tell(
    people: list[Account],
    kind: NoticeKind,
    *,
    reading: UUID,
    values: Mapping[str, Any],
    now: datetime,
) -> None:
    """Tell them of a report, in the caller's transaction."""
    for account in people:
        key = f"holder:{reading.hex}:{account.pk.hex[-8:]}"
        notices.tell(account=account, kind=kind, values=values, event_key=key, now=now)


def register() -> None:
    """Take reports of what was read at `/verify/`, and have old tokens deleted; called in ``apps.ready()``."""
    verify.register_reports(report)
    tidying.register("holder_reports", lambda now: HolderReport.objects.filter(ends_at__lt=now))
