"""Papers for tests: rows as linking and verifying leave them, without a registry."""

from datetime import date, timedelta
from typing import Any

from accounts.models import Account
from accounts.services import sessions
from documents import gateways, kinds
from documents.enums import DocumentState, VerificationOutcome, VerificationReason
from documents.gateways.base import ReadMany
from documents.models import Document, Verification
from documents.models.papers import NUMBER
from documents.rules.papers import RegistryPaper
from eid_portal.core import clock, sealed
from eid_portal.core.outside import Accepted
from eid_portal.sandbox import data
from tests import factories
from tests.documents import wire_samples

LICENCE, VEHICLE = "DRIVER_LICENCE", "VEHICLE_REGISTRATION"


def known(number: str = wire_samples.AN, **columns: Any) -> Account:
    """The account of one of the outside world's people, with the card."""
    person = data.PEOPLE[number]
    citizen = factories.make_citizen(
        personal_number=number, full_name=person.name, birth_date=person.born, sex=person.sex
    )
    factories.make_card(citizen)
    return factories.make_account(citizen, **columns)


def session_of(account: Account) -> sessions.Session:
    """A session that began now."""
    key, _device, _new = sessions.start(
        account=account, device_token=None, device_label="", amr=("pwd", "otp"),
        address="203.0.113.9", office_id=None, now=clock.now(),
    )  # fmt: skip
    found = sessions.find(key, now=clock.now())
    assert found
    return found


def licence(**values: Any) -> RegistryPaper:
    """A licence as its gateway reads it."""
    return _read(
        "traffic-police", {"licences": [wire_samples.changed(wire_samples.LICENCE, **values)]}
    )


def vehicle(**values: Any) -> RegistryPaper:
    """A registration as its gateway reads it."""
    return _read(
        "vehicle-register", {"vehicles": [wire_samples.changed(wire_samples.VEHICLE, **values)]}
    )


def _read(party: str, answer: dict[str, Any]) -> RegistryPaper:
    said = gateways.find(party).read_search(Accepted(answer))
    assert isinstance(said, ReadMany)
    return said.papers[0]


def link(
    account: Account,
    registered: RegistryPaper,
    state: DocumentState = DocumentState.VERIFIED,
    **columns: Any,
) -> Document:
    """A paper in somebody's wallet; one that is verified has its copy."""
    now = clock.now()
    agreed = state not in {DocumentState.VERIFYING, DocumentState.MISMATCH, DocumentState.NOT_FOUND}
    values: dict[str, Any] = {
        "state": state,
        "citizen": account.citizen,
        "kind": registered.kind,
        "registry": kinds.find(registered.kind).party,
        "number": registered.number,
        "number_index": sealed.blind_index(NUMBER, registered.number),
        "paper": registered.as_json() if agreed else None,
        "verified_at": now if agreed else None,
        "checked_at": now if state != DocumentState.VERIFYING else None,
        "since": now,
        "linked_at": now,
        "linked_by": account,
        "next_check_at": now + timedelta(days=1),
    }
    return Document.objects.create(**values | columns)


def verification(
    document: Document, outcome: VerificationOutcome = VerificationOutcome.PENDING, **columns: Any
) -> Verification:
    """A time a registry is, or was, asked."""
    now = clock.now()
    values: dict[str, Any] = {
        "document": document,
        "registry": document.registry,
        "reason": VerificationReason.LINK,
        "outcome": outcome,
        "requested_at": now,
        "done_at": None if outcome == VerificationOutcome.PENDING else now,
    }
    return Verification.objects.create(**values | columns)


def in_days(count: int) -> str:
    """A day so many days from today, as registries write it."""
    return (clock.today() + timedelta(days=count)).isoformat()


def day(text: str) -> str:
    """A registry's day as pages write it."""
    return f"{date.fromisoformat(text):%d/%m/%Y}"
