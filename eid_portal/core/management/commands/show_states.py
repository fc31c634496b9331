"""Print every state machine as a diagram."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from eid_portal.core import transitions


class Command(BaseCommand):
    help = (
        "Print the state tables in Markdown with Mermaid diagrams, as they stand in docs/states.md."
    )

    def handle(self, **_options: Any) -> None:
        self.stdout.write(
            "# States\n\n"
            "Printed by `manage.py show_states` from the tables that `core.transitions.move` obeys. Beside each move"
            " stands the\nevent that is written with it."
        )
        for model, table in sorted(transitions.tables().items()):
            self.stdout.write(f"\n## {model}\n\n```mermaid\nstateDiagram-v2")
            for line in _moves(table):
                self.stdout.write(f"    {line}")
            self.stdout.write("```")


def _moves(table: transitions.Transitions[Any]) -> Iterator[str]:
    """A line a move; first the state that rows are made in, last those that are left no more."""
    left = list(dict.fromkeys(old for old, _ in table.edges))
    entered = list(dict.fromkeys(new for _, new in table.edges))
    for state in left:
        if state not in entered:
            yield f"[*] --> {state.value}"
    for (old, new), event in table.edges.items():
        yield f"{old.value} --> {new.value}: {event.name}"
    for state in entered:
        if state not in left:
            yield f"{state.value} --> [*]"
