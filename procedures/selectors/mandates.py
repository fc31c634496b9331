"""Mandates as who gave and who holds them sees them, and what one can be given for."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from accounts.models import Account
from eid_portal.core import clock
from procedures.enums import Capacity
from procedures.models import Mandate
from procedures.rules.values import in_language
from procedures.selectors import revisions

SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A mandate: the other person, for what, until when."""

    public_id: str
    name: str
    procedure: str
    code: str
    until: date
    is_given: bool  # by me; else I hold it


def list_in_force(account: Account, *, now: datetime) -> list[Line]:
    """Those that somebody gave and holds today, the latest first; one ends with its giver's death."""
    me = account.citizen_id
    rows = (
        Mandate.objects.select_related("giver", "holder", "procedure")
        .filter(Q(giver_id=me) | Q(holder_id=me), withdrawn_at__isnull=True)
        .filter(valid_until__gte=clock.today(now), giver__alive=True)
        .order_by("-pk")[:SHOWN]
    )
    names = dict(procedures(also=[row.procedure.code for row in rows]))
    return [
        Line(
            public_id=row.public_id,
            name=(row.holder if row.giver_id == me else row.giver).full_name,
            procedure=names.get(row.procedure.code, row.procedure.code),
            code=row.procedure.code,
            until=row.valid_until,
            is_given=row.giver_id == me,
        )
        for row in rows
    ]


def held(account: Account, *, now: datetime) -> QuerySet[Mandate]:
    """Those by which somebody acts today; one ends with its giver's death."""
    return Mandate.objects.select_related("giver", "procedure").filter(
        holder_id=account.citizen_id,
        giver__alive=True,
        withdrawn_at__isnull=True,
        valid_until__gte=clock.today(now),
    )


def procedures(*, also: list[str] | None = None) -> list[tuple[str, str]]:
    """What can be filed by mandate now, by code and name; ``also`` those that could be once."""
    found = [(code, revisions.document(pk)) for code, pk in revisions.in_force().items()]
    return [
        (code, in_language(document.name))
        for code, document in found
        if Capacity.MANDATE in document.data["filers"]["for"] or code in (also or [])
    ]
