"""Define a kind of paper, and link the first demonstration citizen's papers, as an administrator and that person would.

The registries are asked by the worker.
"""

import json
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.enums import AccountKind
from accounts.models import Account
from accounts.models.indexes import PERSONAL_NUMBER
from accounts.services import sessions
from documents.gateways.definitions import DefinedField
from documents.models import Document
from documents.services import defining, linking
from eid_portal.core import clock, ids, sealed
from eid_portal.core.events import SYSTEM

HOLDER: Final = "001085000001"
# The registries' words for a paper and what asking about it does, and our word for its kind.
LINKED: Final = (
    ("licence", "valid", "DRIVER_LICENCE"),
    ("vehicle", "valid", "VEHICLE_REGISTRATION"),
    ("vehicle", "the name without its middle word", "VEHICLE_REGISTRATION"),
    ("health_card", "valid", "HEALTH_INSURANCE"),
)
# Nobody has linked one yet: a search finds the citizen's.
DEFINED: Final = defining.Defined(
    code="PRACTICE_CERTIFICATE",
    name="Chứng chỉ hành nghề xây dựng",
    name_en="Construction practice certificate",
    issuer="Sở Xây dựng",
    issuer_en="Department of Construction",
    registry="certificates",
    wire_type="practice-certificate",
    number_pattern=r"CC\d{10}",
    number_hint="CC và 10 chữ số",
    number_hint_en="CC and 10 digits",
    fields=tuple(
        DefinedField(code=code, label=label, label_en=label_en, sort=sort, level=level)
        for code, label, label_en, sort, level in (
            ("field", "Lĩnh vực", "Field", "text", "MINIMUM"),
            ("grade", "Hạng", "Grade", "text", "BASIC"),
            ("works", "Số công trình", "Works", "number", "FULL"),
            ("since", "Hành nghề từ", "Since", "date", "FULL"),
            ("abroad", "Ở nước ngoài", "Abroad", "yes_no", "FULL"),
        )
    ),
    compared=("personal_number", "name", "birth_date"),
)


class Command(BaseCommand):
    help = "Link the first demonstration citizen's papers, once; refuses to run in production."

    def handle(self, **_options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("demonstration papers do not belong here")
        told = json.loads((settings.VAR / "demo.json").read_text(encoding="utf-8"))
        person = next(one for one in told["people"] if one["personal_number"] == HOLDER)
        account = Account.objects.select_related("citizen").get(
            kind=AccountKind.CITIZEN,
            citizen__personal_number_index__in=sealed.blind_indexes(PERSONAL_NUMBER, HOLDER),
        )
        # A demonstration from before there were papers knows no numbers; its wallet stays empty.
        papers = person.get("papers", [])
        with transaction.atomic():
            if papers and not Document.objects.filter(citizen=account.citizen).exists():
                defining.define(DEFINED, actor=SYSTEM, now=clock.now())
                _link(account, papers)
        (settings.VAR / "demo-papers").touch()


def _link(account: Account, papers: list[dict[str, str]]) -> None:
    now = clock.now()
    # Nobody signed in: the holder's own hand is played, and no device is left in their list.
    session = sessions.Session(
        id=ids.uuid7(), account=account, device_id=ids.uuid7(), office_id=None, aal=2,
        amr=("pwd", "otp"), authenticated_at=now, seen_at=now, ends_at=now, idle_ends_at=now,
    )  # fmt: skip
    for type_, outcome, kind in LINKED:
        number = next(
            paper["number"]
            for paper in papers
            if (paper["type"], paper["outcome"]) == (type_, outcome)
        )
        linking.link_by_number(session=session, ward_id="", kind=kind, number=number, now=now)
