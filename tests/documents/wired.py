"""Papers of a made-up person, verified and corrected over the registries' real wire as the sandbox answers it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final
from unittest.mock import patch
from uuid import uuid4

from django.test import Client

from accounts.models import Account
from documents import kinds
from documents.enums import DocumentState, VerificationReason
from documents.models import Correction, Document
from documents.models.papers import NUMBER
from documents.services import verification
from eid_portal.core import clock, jobs
from eid_portal.core.models import Job
from eid_portal.core.sealed import blind_index
from eid_portal.sandbox import corrections, reports, to_portal
from eid_portal.sandbox.to_portal import Letter, Sent
from tests import factories
from tests.outside_world import OutsideWorld

AN: Final = "001085000001"
LICENCE, VEHICLE = "DRIVER_LICENCE", "VEHICLE_REGISTRATION"
POLICE: Final = "traffic-police"
PHONE: Final = "+84912000001"  # one that gets its messages at once
# Numbers that nobody holds: the last two digits choose.
OTHER_NAME, OTHER_DAY, FOREIGN, UNKNOWN = (
    "790123456791",
    "790123456792",
    "790123456784",
    "790123456797",
)


def make_an(**columns: Any) -> Account:
    """Nguyễn Văn An, with a phone."""
    citizen = factories.make_citizen(
        personal_number=AN, full_name="Nguyễn Văn An", birth_date=date(1985, 3, 12), sex="M"
    )
    account = factories.make_account(citizen, **columns)
    factories.make_phone(account, PHONE)
    return account


def link(account: Account, number: str, kind: str = LICENCE) -> Document:
    """A paper in the wallet, verified with its registry as far as that answers."""
    now = clock.now()
    document = Document.objects.create(
        state=DocumentState.VERIFYING,
        citizen=account.citizen,
        kind=kind,
        registry=kinds.find(kind).party,
        number=number,
        number_index=blind_index(NUMBER, number),
        since=now,
        linked_at=now,
        linked_by=account,
        next_check_at=now,
    )
    verification.request(document, reason=VerificationReason.LINK, now=now)
    work()
    document.refresh_from_db()
    return document


def work() -> None:
    """Do what is due."""
    Job.objects.update(rung_at=None)
    jobs.run_due()


def delivered(letter: Letter) -> Sent:
    """A signed request reaches the portal in this process."""
    headers = dict(letter.message.headers)
    kind = headers.pop("content-type", "") or headers.pop("Content-Type", "")
    path = letter.message.url.removeprefix("http://localhost:8000")
    answer = Client(raise_request_exception=False).generic(
        "POST", path, letter.body, headers=headers, content_type=kind
    )
    return Sent(answer.status_code, answer.content.decode())


@contextmanager
def near(settings: Any) -> Iterator[None]:
    """The sandbox's reports reach the portal in this process."""
    settings.PORTAL_URL = "http://localhost:8000"
    with patch.object(to_portal, "deliver", delivered):
        yield


def answer(
    sandbox: OutsideWorld, row: Correction, verdict: str = "corrected", words: str = ""
) -> None:
    """The registry decides on a request; it has not told yet."""
    assert corrections.answer(sandbox.world, row.reference, verdict, words)


def tell(
    sandbox: OutsideWorld, row: Correction, way: reports.Way = reports.Way.ONCE
) -> list[tuple[int, dict[str, Any]]]:
    """The registry tells what it decided; status and body of each answer of the portal."""
    return [
        (sent.status, json.loads(sent.answer))
        for sent in corrections.tell(sandbox.world, row.reference, way)
    ]


def report(
    sandbox: OutsideWorld,
    number: str,
    kind: str = "changed",
    *,
    party: str = POLICE,
    way: reports.Way = reports.Way.ONCE,
    **more: Any,
) -> list[tuple[int, dict[str, Any]]]:
    """The registry reports of a paper."""
    event = {
        "event_id": str(uuid4()),
        "kind": kind,
        "at": clock.now().isoformat(timespec="seconds"),
        "paper": {"type": "licence", "number": number},
    } | more
    return [
        (sent.status, json.loads(sent.answer))
        for sent in reports.send(sandbox.world, party, event, way)
    ]
