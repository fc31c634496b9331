"""Where people live, as officials decided it: the home that is registered, and a temporary residence beside it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import events
from accounts.models import Citizen, Stay
from eid_portal.core import audit
from eid_portal.core.events import Actor


@transaction.atomic
def move(*, citizen_id: Any, address: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Register another permanent residence (Law on Residence 2020 art. 22); a stay at that place ends. Twice is once.

    ``address`` is ``{province, commune, line}``.
    """
    citizen = Citizen.objects.select_for_update(no_key=True).get(pk=citizen_id)
    before, after = citizen.residence, dict(address)
    if before == after:
        return
    citizen.residence = after
    citizen.save(update_fields=["residence"])
    stay = find_stay(citizen)
    if stay is not None and stay.address == after:
        stay.ended_at = now
        stay.save(update_fields=["ended_at"])
    audit.record(
        events.ResidenceMoved(before=_line(before), after=_line(after)),
        actor=actor, subject_id=citizen.pk, target=citizen, now=now,
    )  # fmt: skip


@transaction.atomic
def register_stay(
    *,
    citizen_id: Any,
    address: Mapping[str, Any],
    until: date,
    owner: str | None,
    actor: Actor,
    now: datetime,
) -> Stay:
    """Register a temporary residence up to a day, in place of the one before (arts. 27, 28). Twice is once.

    ``address`` is ``{province, commune, line}``, ``owner`` the personal number of its owner or head of household.
    """
    citizen = Citizen.objects.select_for_update(no_key=True).get(pk=citizen_id)
    before = find_stay(citizen)
    if before is not None:
        if (before.address, before.until, before.owner) == (dict(address), until, owner):
            return before
        before.ended_at = now
        before.save(update_fields=["ended_at"])
    stay = Stay.objects.create(
        citizen=citizen, address=dict(address), until=until, owner=owner, registered_at=now
    )
    audit.record(
        events.StayRegistered(address=_line(stay.address), until=until.isoformat()),
        actor=actor, subject_id=citizen.pk, target=stay, now=now,
    )  # fmt: skip
    return stay


def find_stay(citizen: Citizen) -> Stay | None:
    """The temporary residence that was registered last; it may be over by its day."""
    return Stay.objects.filter(citizen=citizen, ended_at__isnull=True).first()


def _line(address: Mapping[str, Any] | None) -> str:
    parts = address or {}
    return ", ".join(
        str(parts[name]) for name in ("line", "commune", "province") if parts.get(name)
    )
