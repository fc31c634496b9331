"""Run the benchmarks named on the command line, or all."""

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.ground import ground
from benchmarks.meter import table

NAMES = (
    "sign_in_password",
    "first_page",
    "card_events_api",
    "card_events_import",
    "citizen_lookup",
)


def main() -> None:
    """Measure, print the table, keep the results."""
    chosen = [name for name in sys.argv[1:] if name] or list(NAMES)
    unknown = set(chosen) - set(NAMES)
    if unknown:
        raise SystemExit(
            f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}"
        )
    path = Path(__file__).with_name("results.json")
    results = json.loads(path.read_text()) if path.exists() else {}
    fresh = {}
    for name in chosen:
        print(f"measuring {name} …", flush=True)
        with ground() as here:
            fresh[name] = import_module(f"benchmarks.{name}").measure(here).as_row()
    path.write_text(
        json.dumps(results | fresh, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(table(fresh))


if __name__ == "__main__":
    main()
