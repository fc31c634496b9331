"""Seal the audit now, without waiting for the worker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from eid_portal.core import audit_anchors, audit_sealing


class Command(BaseCommand):
    help = (
        "Seal and anchor what waits; --everything also finds events of a restored database (slow)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--everything", action="store_true")

    def handle(self, *, everything: bool, **_options: Any) -> None:
        count = audit_sealing.seal(everything=everything)
        audit_anchors.write_missing()
        self.stdout.write(f"sealed {count} events")
