"""End every session of everybody, after an incident: ``manage.py end_sessions --everybody``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import ending_sessions
from eid_portal.core import clock


class Command(BaseCommand):
    help = "Ends every session there is, at once; people sign in again. Devices stay known."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--everybody", action="store_true", help="say that you mean it")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["everybody"]:
            raise CommandError("this signs everybody out: say --everybody")
        ended = ending_sessions.end_everybodys(now=clock.now())
        self.stdout.write(f"ended {ended} sessions")
