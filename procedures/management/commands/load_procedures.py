"""Publish the procedures that come with the portal and are new or changed; those that were written here stay."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from procedures.rules import documents
from procedures.services import publishing


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many, or every fault of a document."""
        try:
            count = publishing.publish_shipped(actor=SYSTEM, now=clock.now())
        except documents.Refused as refused:
            faults = [f"line {each.line}, {each.place}: {each.words}" for each in refused.faults]
            raise CommandError("\n".join(faults)) from None
        self.stdout.write(f"{count} published")
