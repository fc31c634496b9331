"""The relay: the only process that talks to the broker for the portal. Rows are the truth; it rings bells."""

import signal
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, Final

import psycopg
import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseAway
from django.db import close_old_connections, connection
from kombu.exceptions import KombuError

from eid_portal.core import jobs

log = structlog.get_logger()
POLL: Final = 1.0  # seconds: the longest a job waits when its NOTIFY was lost
REST: Final = 5.0  # seconds the broker is left alone after it failed
SHARE: Final = 1.0  # seconds that a lane is drained here, one after another: nobody's code waits for a registry


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # the web process makes them; a bell should ring soon
    help = "Ring Celery for due jobs; with --inline do them here, without Celery."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--inline", action="store_true")
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *, inline: bool, once: bool, **_options: Any) -> None:
        jobs.load_tasks()
        self.stopping = False
        self.broker_rests_until = 0.0
        if once:
            while self._ring(inline=inline):
                pass
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        log.info("relay.started", inline=inline)
        while not self.stopping:
            try:
                self._listen(inline=inline)
            except (psycopg.Error, DatabaseAway):
                log.exception("relay.database_away")
                close_old_connections()
                time.sleep(POLL)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _listen(self, *, inline: bool) -> None:
        connection.ensure_connection()
        parameters = connection.get_connection_params()
        for name in ("cursor_factory", "context", "pool", "server_side_binding"):
            parameters.pop(name, None)
        with psycopg.connect(**parameters, autocommit=True) as listener:
            listener.execute(f"LISTEN {jobs.CHANNEL}")
            while not self.stopping:
                while self._ring(inline=inline):
                    pass
                for patience, number in ((POLL, 1), (0, None)):  # one, and what came with it
                    for _notice in listener.notifies(timeout=patience, stop_after=number):
                        pass

    def _ring(self, *, inline: bool) -> bool:
        """Ring for one batch and for every lane; whether there may be more."""
        batch, lanes = jobs.due(), jobs.due_lanes()
        for job_id, name in batch:
            self._ring_one(name, jobs.ring, jobs.run_here, job_id, name, inline=inline)
        drain_here = partial(jobs.run_lane_here, seconds=SHARE)
        for name, lane in lanes:
            self._ring_one(name, jobs.ring_lane, drain_here, name, lane, inline=inline)
        return bool(batch or lanes) and not self.stopping

    def _ring_one(
        self,
        name: str,
        there: Callable[..., Any],
        here: Callable[..., Any],
        *about: Any,
        inline: bool,
    ) -> None:
        if self.stopping:
            return
        try:
            if inline or not self._heard(there, *about):
                here(*about)
        except jobs.NoSuchTask:  # of a newer version: its own relay knows it
            log.error("relay.unknown_task", task=name)  # noqa: TRY400 - a trace would say no more

    def _heard(self, bell: Callable[..., Any], *about: Any) -> bool:
        """Ring, unless the broker is being left alone; whether it took it."""
        if time.monotonic() < self.broker_rests_until:
            return False
        try:
            bell(*about)
        except (KombuError, OSError):
            log.warning("relay.broker_away")
            self.broker_rests_until = time.monotonic() + REST
            return False
        return True
