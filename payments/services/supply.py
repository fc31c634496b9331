"""Where a person's electricity contract supplies: asked at most once in ``policy.SUPPLY_HOLDS``, and kept sealed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.models import Citizen
from eid_portal.core import audit, outside, statements
from eid_portal.core.events import Actor
from payments import events, policy
from payments.gateways import supply
from payments.gateways.base import NotFound
from payments.gateways.supply import Supplied
from payments.models import SupplyAddress

_ADDRESS: Final = statements.Columns(SupplyAddress, "s", only=("citizen_id", "address"))
_ADDRESS_OF: Final = "FROM payments_supplyaddress s WHERE s.citizen_id = %s"


def ask(*, citizen: Citizen, actor: Actor, now: datetime) -> None:
    """Ask the electricity company, unless it was asked of late; one that does not answer is asked another time.

    Raises:
        InsideTransaction: a database transaction is open.
    """
    there = SupplyAddress.objects.filter(pk=citizen.pk).only("asked_at").first()
    if there is not None and there.asked_at > now - policy.SUPPLY_HOLDS:
        return
    match supply.read(outside.send(supply.PARTY, supply.call(citizen.personal_number))):
        case Supplied(address):
            _keep(citizen, address, actor=actor, now=now)
        case NotFound():
            _keep(citizen, None, actor=actor, now=now)
        case _:
            return


def address_of(citizen: Citizen) -> Mapping[str, str] | None:
    """What was said last, if there is a contract: ``{province, commune, line}``."""
    rows = statements.read_all(_ADDRESS, _ADDRESS_OF, [citizen.pk])
    return rows[0].address if rows else None


@transaction.atomic
def _keep(citizen: Citizen, address: dict[str, str] | None, *, actor: Actor, now: datetime) -> None:
    row, _is_new = SupplyAddress.objects.update_or_create(pk=citizen.pk, defaults={"asked_at": now})
    row.address = address
    row.save(update_fields=["address"])
    audit.record(
        events.SupplyAsked(found=address is not None),
        actor=actor, subject_id=citizen.pk, target=row, now=now,
    )  # fmt: skip
