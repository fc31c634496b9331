"""The relay: the only process that talks to the broker for the portal. Rows are the truth; it rings bells."""

import signal
import time
from importlib import import_module
from types import FrameType
from typing import Any, Final

import psycopg
import structlog
from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections, connection
from kombu.exceptions import OperationalError as BrokerDown

from eid_portal.core import jobs

log = structlog.get_logger()
POLL: Final = 1.0  # seconds: the longest a job waits when its NOTIFY was lost
REST: Final = 5.0  # seconds the broker is left alone after it failed


class Command(BaseCommand):
    help = "Ring Celery for due jobs; with --inline do them here, without Celery."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--inline", action="store_true")
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *, inline: bool, once: bool, **_options: Any) -> None:
        import_module(settings.CELERY_APP)
        current_app.loader.import_default_modules()
        self.stopping = False
        self.broker_rests_until = 0.0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        log.info("relay.started", inline=inline)
        while not self.stopping:
            try:
                self._listen(inline=inline, once=once)
            except (psycopg.Error, OperationalError):
                log.exception("relay.database_away")
                close_old_connections()
                time.sleep(POLL)
            if once:
                return

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _listen(self, *, inline: bool, once: bool) -> None:
        connection.ensure_connection()
        parameters = connection.get_connection_params()
        for name in ("cursor_factory", "context", "pool", "server_side_binding"):
            parameters.pop(name, None)
        with psycopg.connect(**parameters, autocommit=True) as listener:
            listener.execute(f"LISTEN {jobs.CHANNEL}")
            while not self.stopping:
                while self._ring(inline=inline):
                    pass
                if once:
                    return
                for _notice in listener.notifies(timeout=POLL, stop_after=1):
                    break

    def _ring(self, *, inline: bool) -> bool:
        """Ring for one batch; whether there was any."""
        batch = jobs.due()
        for job_id, name in batch:
            if self.stopping:
                break
            if inline or time.monotonic() < self.broker_rests_until:
                jobs.run_here(job_id, name)
                continue
            try:
                current_app.tasks[name].apply_async(
                    kwargs={"job_id": str(job_id)}, retry=False, ignore_result=True
                )
            except (BrokerDown, OSError):
                log.warning("relay.broker_away")
                self.broker_rests_until = time.monotonic() + REST
                jobs.run_here(job_id, name)
        return bool(batch)
