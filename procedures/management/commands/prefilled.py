"""Print how much of each shipped procedure is known before anybody is asked."""

from typing import Any

from django.core.management.base import BaseCommand

from eid_portal.core import clock
from procedures.rules import documents
from procedures.rules.share import share


class Command(BaseCommand):
    help = "Print a line a shipped procedure: its code, its items, how many are known, and the share of them."

    def handle(self, **_options: Any) -> None:
        shipped = documents.shipped()
        width = max(map(len, shipped))
        for code, document in shipped.items():
            found = share(document, clock.today())
            self.stdout.write(
                f"{code:{width}}  {found.items:2}  {found.known:2}  {found.percent:3} %"
            )
