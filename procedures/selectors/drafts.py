"""The list of a person's drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Account
from eid_portal.core import clock
from procedures import policy
from procedures.enums import Capacity
from procedures.models import Draft
from procedures.rules.values import in_language
from procedures.selectors import revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A draft in the list."""

    public_id: str
    procedure: str
    on_behalf: str = field(repr=False)  # empty for oneself
    done: int  # pages
    pages: int
    saved_at: datetime
    kept_until: datetime
    is_renewed: bool  # there is a newer revision than the one it was saved on
    is_in_force: bool


def list_drafts(account: Account) -> list[Line]:
    """The drafts of a person, the last saved first."""
    rows = Draft.objects.select_related("procedure", "citizen").filter(filer=account)
    there = revisions.in_force()
    return [_line(row, there) for row in rows.order_by("-saved_at", "-pk")]


def find_newest(account: Account, code: str) -> Line | None:
    """The draft of a procedure that a person saved last."""
    rows = Draft.objects.select_related("procedure", "citizen").filter(
        filer=account, procedure__code=code
    )
    row = rows.order_by("-saved_at", "-pk").first()
    return None if row is None else _line(row, revisions.in_force())


def find_own(account: Account, public_id: str) -> Line | None:
    """A draft of a person, whether or not they may still act for whom it is."""
    rows = Draft.objects.select_related("procedure", "citizen").filter(filer=account)
    row = rows.filter(public_id=public_id).first()
    return None if row is None else _line(row, revisions.in_force())


def name_of(code: str) -> str:
    """A procedure in force by name, in the language of who reads; empty if there is none."""
    found = revisions.find_in_force(code)
    return "" if found is None else in_language(found[1].name)


def saved(at: datetime) -> str:
    """When a form was saved, as its page says it."""
    return _("Saved at %(time)s") % {"time": f"{at.astimezone(clock.VIET_NAM):%H:%M}"}


def _line(row: Draft, there: Mapping[str, UUID]) -> Line:
    document = revisions.document(row.revision_id)
    in_force = there.get(row.procedure.code)
    return Line(
        public_id=row.public_id,
        procedure=in_language(document.name),
        on_behalf="" if row.capacity == Capacity.SELF else row.citizen.full_name,
        done=len(row.done),
        pages=len(document.steps),
        saved_at=row.saved_at,
        kept_until=row.saved_at + policy.DRAFT_LASTS,
        is_renewed=in_force is not None and in_force != row.revision_id,
        is_in_force=in_force is not None,
    )
