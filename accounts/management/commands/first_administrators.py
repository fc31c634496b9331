"""Make the two administrators an installation begins with."""

import json
import sys
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from accounts.services import officers
from eid_portal.core import clock

PARTS: Final = ("number", "sign_in_name", "phone")


class Command(BaseCommand):
    help = (
        "Make the first two administrators and print their activation codes, once. Reads JSON from standard input, so"
        " that no number stands in a command line: [{number, sign_in_name, phone}, {…}]."
    )

    def handle(self, **_options: Any) -> None:
        try:
            given = json.load(sys.stdin)
            people = [{part: str(person[part]) for part in PARTS} for person in given]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise CommandError(f"give two people as JSON, each with {', '.join(PARTS)}") from None
        try:
            made = officers.first_administrators(people=people, now=clock.now())
        except officers.OfficerRefused as refused:
            raise CommandError(str(refused.message)) from None
        for one in made:
            self.stdout.write(
                f"{one.account.sign_in_name}: activation code {one.code[:4]}-{one.code[4:]}"
            )
        self.stdout.write(
            "Each goes to /activate/ with sign-in name and code; the codes are shown only now."
        )
