"""Card events by `manage.py import_card_events`, from its start to its end, against a plain COPY of the same rows."""

import re
import subprocess
import sys

from benchmarks import card_events
from benchmarks.ground import ROOT, Ground
from benchmarks.meter import Figure

ROUNDS, EACH = 5, 5_000


def measure(here: Ground) -> Figure:
    """Import and COPY in turn."""
    import django

    django.setup()
    figure = Figure("card_events_import", "events/s", limit_name="COPY of the same rows")
    file = here.var / "events.jsonl"

    def take(first: int) -> int:
        lines = card_events.make_events(first, EACH)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        said = subprocess.run(
            [sys.executable, "manage.py", "import_card_events", str(file)],
            cwd=ROOT, env=here.env, check=True, capture_output=True, text=True,
        )  # fmt: skip
        found = re.search(r"(\d+) accounts issued", said.stdout)
        return int(found[1]) if found else 0

    return card_events.measure(figure, here, take, rounds=ROUNDS, each=EACH)
