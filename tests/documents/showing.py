"""People whose papers are shown in tests: with an ID card, a photo, and what registries confirmed."""

import re
from datetime import timedelta
from typing import Any, Final

from django.test import Client

from accounts.models import Account, Citizen, Portrait
from documents import kinds
from documents.gateways import motor_insurance, traffic_police, vehicle_register
from documents.gateways.base import Read
from documents.models import Document
from documents.models.papers import NUMBER
from eid_portal.core import clock, sealed
from eid_portal.core.models import AuditEvent
from eid_portal.core.outside import Accepted
from tests import factories
from tests.documents import wire_samples

JPEG: Final = b"\xff\xd8\xff\xe0 a face"
ANDROID: Final = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
)


def make_holder(serial: int = 15, **columns: Any) -> Account:
    """A citizen with an account, a valid ID card and a photo in the register."""
    citizen = factories.make_citizen(serial, checked_with_register_at=clock.now(), **columns)
    factories.make_card(citizen)
    Portrait.objects.create(
        citizen=citizen, image=JPEG, media_type="image/jpeg", received_at=clock.now()
    )
    return factories.make_account(citizen)


def make_licence(account: Account, *, citizen: Citizen | None = None, **columns: Any) -> Document:
    """A driver licence as its registry answered."""
    holder = citizen or account.citizen
    answer = wire_samples.LICENCE | {
        "personal_number": holder.personal_number,
        "full_name": holder.full_name,
        "birth_date": holder.birth_date.isoformat(),
    }
    asked = (traffic_police.LICENCE, str(answer["licence_no"]))
    read = traffic_police.read_look_up(*asked, Accepted({"licence": answer}))
    return _link(account, holder, read, **columns)


def make_vehicle(account: Account, **columns: Any) -> Document:
    """A motorcycle's registration as its registry answered."""
    holder = account.citizen
    answer = wire_samples.VEHICLE | {
        "owner_personal_number": holder.personal_number,
        "owner_name": holder.full_name,
        "owner_birth_date": holder.birth_date.isoformat(),
    }
    plate = kinds.find(vehicle_register.VEHICLE).clean_number(str(answer["plate"]))
    read = vehicle_register.read_look_up(
        vehicle_register.VEHICLE, plate, Accepted({"vehicle": answer})
    )
    return _link(account, holder, read, **columns)


def make_insurance(account: Account, *, valid_until: str, **columns: Any) -> Document:
    """The compulsory insurance of that motorcycle as its insurer answered."""
    answer = wire_samples.INSURANCE | {
        "holder_personal_number": account.citizen.personal_number,
        "holder_name": account.citizen.full_name,
        "plate": wire_samples.VEHICLE["plate"],
        "valid_from": "2026-01-01",
        "valid_until": valid_until,
    }
    kind = motor_insurance.CERTIFICATE
    number = kinds.find(kind).clean_number(str(answer["certificate_no"]))
    read = motor_insurance.read_look_up(kind, number, Accepted({"certificate": answer}))
    return _link(account, account.citizen, read, **columns)


def _link(account: Account, holder: Citizen, read: Any, **columns: Any) -> Document:
    assert isinstance(read, Read), read
    now, paper = clock.now(), read.paper
    agreed = columns.get("state", "VERIFIED") != "VERIFYING"
    values: dict[str, Any] = {
        "state": "VERIFIED",
        "citizen": holder,
        "kind": paper.kind,
        "registry": kinds.find(paper.kind).party,
        "number": paper.number,
        "number_index": sealed.blind_index(NUMBER, paper.number),
        "paper": paper.as_json() if agreed else None,
        "verified_at": now if agreed else None,
        "since": now,
        "linked_at": now,
        "linked_by": account,
        "next_check_at": now + timedelta(days=1),
    }
    return Document.objects.create(**values | columns)


def reader() -> Client:
    """Somebody's browser, not signed in."""
    return Client(headers={"Accept-Language": "en", "User-Agent": ANDROID})


def phone(account: Account) -> Client:
    """The holder's own browser."""
    return factories.signed_in(Client(headers={"Accept-Language": "en"}), account)


def press_of(html: str) -> str:
    """Which press the button of a page would be."""
    found = re.search(r'name="press"[^>]*value="([^"]+)"', html)
    assert found, html
    return found[1]


def looks(account: Account, name: str) -> list[AuditEvent]:
    """Events of a name that the person sees, the oldest first."""
    rows = AuditEvent.objects.filter(subject_id=account.citizen_id, name=name, shown=True)
    return list(rows.order_by("pk"))
