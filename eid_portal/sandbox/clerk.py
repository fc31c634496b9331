"""The clerk of registries, banks and billers: does what its time has come for, and reports what the portal missed."""

import threading
import time
from typing import Final

import structlog

from eid_portal.sandbox import corrections
from eid_portal.sandbox.money import reporting
from eid_portal.sandbox.world import World

_EVERY: Final = 1.0  # seconds
_log = structlog.get_logger()


def start(world: World) -> None:
    """Let the clerk work beside the server, for as long as the process lives."""
    threading.Thread(target=_work, args=(world,), name="clerk", daemon=True).start()


def _work(world: World) -> None:
    while True:
        try:
            corrections.answer_due(world)
            reporting.work(world)
        except Exception:  # noqa: BLE001 - it has to go on; the next turn tries again
            _log.exception("sandbox_clerk_stumbled")
        time.sleep(_EVERY)
