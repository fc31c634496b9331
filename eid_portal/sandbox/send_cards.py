"""Send made-up card events to the portal: ``python -m eid_portal.sandbox.send_cards --count 10``.

``--write FILE`` writes them as JSON lines instead, for ``manage.py import_card_events``.
"""

import argparse
import json
import sys
from pathlib import Path

from eid_portal.sandbox import card_production, settings
from eid_portal.sandbox.world import World


def main() -> int:
    """Send, or write, and say what came back; 1 if a batch was not taken."""
    parser = argparse.ArgumentParser(description="Send made-up card events to the portal.")
    parser.add_argument("--count", type=int, default=10, help="how many people get a card")
    parser.add_argument("--write", type=Path, help="write JSON lines to this file instead")
    chosen = parser.parse_args()
    world = World(settings.read())
    if chosen.write:
        with chosen.write.open("w", encoding="utf-8") as file:
            for event in card_production.grants(world, chosen.count):
                file.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.write(f"wrote {chosen.count} events\n")
        return 0
    for first in range(0, chosen.count, card_production.LARGEST_BATCH):
        size = min(card_production.LARGEST_BATCH, chosen.count - first)
        sent = card_production.send(world, card_production.grants(world, size))
        sys.stdout.write(f"{size} events: status {sent.status}\n{sent.answer}\n")
        if sent.status // 100 != 2:  # noqa: PLR2004 - RFC 9110 §15.3
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
