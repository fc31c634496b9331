"""Run the benchmarks named on the command line, or all."""

import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.ground import measure
from benchmarks.meter import table

NAMES = (
    "sign_in_password",
    "sign_in_passkey",
    "sign_in_overload",
    "sign_in_timing",
    "first_page",
    "wallet_page",
    "wallet_silent_registry",
    "card_events_api",
    "card_events_import",
    "citizen_lookup",
    "signed_pdf",
    "verification",
    "payment_database",
    "payment_hot",
    "payment_service",
    "history_page",
    "reconciliation",
    "recheck",
    "due_date",
    "desk_queue",
    "form_page",
    "submission",
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
    with ProcessPoolExecutor(
        1, multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        for name in chosen:
            print(f"measuring {name} …", flush=True)
            fresh[name] = pool.submit(measure, name).result()
    path.write_text(
        json.dumps(results | fresh, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(table(fresh))


if __name__ == "__main__":
    main()
