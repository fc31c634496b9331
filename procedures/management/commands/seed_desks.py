"""Give the demonstration's office the desks of all agencies, for the whole country; twice is once.

One of them has a system of its own, which the sandbox plays: what it is told stands at the sandbox's `/agency/`.
"""

from datetime import date
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Office
from procedures.enums import Agency
from procedures.models import Desk

OFFICE: Final = "HN-MC"
SINCE: Final = date(2025, 7, 1)
PARTIES: Final = {Agency.COMMUNE_POLICE: "agency-desk"}  # whose own system is told


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses to run in production, where administrators say who decides where."""
        if not settings.DEMONSTRATION:
            raise CommandError("demonstration desks do not belong here")
        office = Office.objects.get(code=OFFICE)
        for agency in Agency:
            Desk.objects.get_or_create(
                agency=agency,
                province=None,
                commune="",
                valid_from=SINCE,
                defaults={"office": office, "party": PARTIES.get(agency, "")},
            )
        self.stdout.write(f"{len(Agency)} desks")
