"""Link the first demonstration citizen's papers, as that person would; the registries are asked by the worker."""

import json
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.enums import AccountKind
from accounts.models import Account
from accounts.models.indexes import PERSONAL_NUMBER
from accounts.services import sessions
from documents.models import Document
from documents.services import linking
from eid_portal.core import clock, ids, sealed

HOLDER: Final = "001085000001"
# The registries' words for a paper and what asking about it does, and our word for its kind.
LINKED: Final = (
    ("licence", "valid", "DRIVER_LICENCE"),
    ("vehicle", "valid", "VEHICLE_REGISTRATION"),
    ("vehicle", "the name without its middle word", "VEHICLE_REGISTRATION"),
    ("health_card", "valid", "HEALTH_INSURANCE"),
)


class Command(BaseCommand):
    help = "Link the papers of the first demonstration citizen, once; refuses to run in production."

    def handle(self, **_options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("demonstration papers do not belong here")
        told = json.loads((settings.VAR / "demo.json").read_text(encoding="utf-8"))
        person = next(one for one in told["people"] if one["personal_number"] == HOLDER)
        account = Account.objects.select_related("citizen").get(
            kind=AccountKind.CITIZEN,
            citizen__personal_number_index__in=sealed.blind_indexes(PERSONAL_NUMBER, HOLDER),
        )
        with transaction.atomic():
            if not Document.objects.filter(citizen=account.citizen).exists():
                _link(account, person["papers"])
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
