"""Print every state machine as a table."""

from typing import Any

from django.core.management.base import BaseCommand

from eid_portal.core import transitions


class Command(BaseCommand):
    help = "Print the state tables in Markdown, as they stand in docs/states.md."

    def handle(self, **_options: Any) -> None:
        for model, table in sorted(transitions.tables().items()):
            self.stdout.write(f"## {model}\n\n| from | to | event |\n|---|---|---|")
            for (old, new), event in table.edges.items():
                self.stdout.write(f"| {old.value} | {new.value} | `{event.name}` |")
            self.stdout.write("")
