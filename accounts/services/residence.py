"""Where people live, as officials decided it: the home that is registered, and a temporary residence beside it."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from accounts import events
from accounts.models import Citizen, Stay
from accounts.selectors.stays import list_stays
from eid_portal.core import audit, clock
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
    for stay in list_stays(citizen.pk, now=now):
        if stay.address == after:
            _end(stay, at=now)
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
    since: date | None = None,
) -> Stay:
    """Register a temporary residence up to a day, in place of the one before (arts. 27, 28). Twice is once.

    ``address`` is ``{province, commune, line}``, ``owner`` the personal number of its owner or head of household. It
    begins ``since`` a day, or today; the one before lasts until then, and one that was to begin later never does.
    """
    citizen = Citizen.objects.select_for_update(no_key=True).get(pk=citizen_id)
    begins = since or clock.today(now)
    there = list_stays(citizen.pk, now=now)
    for before in there:
        same = (before.address, before.until, before.owner) == (dict(address), until, owner)
        if before.ended_at is None and same and since in {None, before.since}:
            return before
    from_then = max(now, datetime.combine(begins, time.min, tzinfo=clock.VIET_NAM))
    for before in there:
        _end(before, at=from_then if before.since < begins else now)
    stay = Stay.objects.create(
        citizen=citizen,
        address=dict(address),
        since=begins,
        until=until,
        owner=owner,
        registered_at=now,
    )
    audit.record(
        events.StayRegistered(address=_line(stay.address), until=until.isoformat()),
        actor=actor, subject_id=citizen.pk, target=stay, now=now,
    )  # fmt: skip
    return stay


def _end(stay: Stay, *, at: datetime) -> None:
    if stay.ended_at is None or stay.ended_at > at:
        stay.ended_at = at
        stay.save(update_fields=["ended_at"])


def _line(address: Mapping[str, Any] | None) -> str:
    parts = address or {}
    return ", ".join(
        str(parts[name]) for name in ("line", "commune", "province") if parts.get(name)
    )
