"""People with papers in their wallets, and sessions as their browsers have them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from accounts.models import Account, Citizen
from accounts.services.sessions import Session
from documents import models
from documents.enums import DocumentState, PaperStatus
from documents.rules.papers import RegistryPaper
from eid_portal.core import clock, sealed

LICENCE = "790123456767"


def session_of(account: Account, *, began: datetime | None = None) -> Session:
    """A session of two factors that began a moment ago."""
    now = began or clock.now()
    return Session(
        id=uuid4(),
        account=account,
        device_id=uuid4(),
        office_id=None,
        aal=2,
        amr=("pwd", "otp"),
        authenticated_at=now,
        seen_at=now,
        ends_at=now + timedelta(hours=12),
        idle_ends_at=now + timedelta(minutes=15),
    )


def make_paper(
    account: Account,
    *,
    state: DocumentState = DocumentState.VERIFIED,
    instead_of: models.Document | None = None,
    citizen: Citizen | None = None,
    number: str = LICENCE,
    valid_until: str = "2035-06-09",
) -> models.Document:
    """A driver licence that agreed once, in a state; with ``instead_of`` that row becomes so, as time does it."""
    now = clock.now()
    unlinked = state == DocumentState.UNLINKED
    paper = RegistryPaper(
        kind="DRIVER_LICENCE",
        number=number,
        holder_name=account.citizen.full_name,
        holder_birth_date=account.citizen.birth_date,
        holder_number=account.citizen.personal_number,
        status=PaperStatus.VALID,
        issued_on=clock.today(),
        expires_on=None,
        issuer="Phòng Cảnh sát giao thông Hà Nội",
        values={
            "old_form": False,
            "classes": [
                {"code": "A1", "passed_on": "2020-05-10", "valid_until": None},
                {"code": "B", "passed_on": "2021-06-08", "valid_until": valid_until},
            ],
            "points": 12,
            "address": "Số 12 Phố Thử Nghiệm, Phường Hoàn Kiếm, Hà Nội",
        },
    )
    values: dict[str, Any] = {
        "citizen": citizen or account.citizen,
        "kind": paper.kind,
        "registry": "traffic-police",
        "number": number,
        "number_index": sealed.blind_index(models.papers.NUMBER, number),
        "paper": paper.as_json(),
        "state": state,
        "since": now,
        "linked_at": now,
        "linked_by": account,
        "verified_at": now,
        "checked_at": now,
        "next_check_at": now + timedelta(days=1),
        "unlinked_at": now if unlinked else None,
    }
    if instead_of is None:
        return models.Document.objects.create(**values)
    for name in ("state", "since", "unlinked_at"):
        setattr(instead_of, name, values[name])
    instead_of.save(update_fields=["state", "since", "unlinked_at"])
    return instead_of
