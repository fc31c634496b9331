"""Settings of the workers and relays that are killed again and again: leases and bells wait less than they do."""

from datetime import timedelta

from tests.core.worker_settings import *  # noqa: F403

CELERY_IMPORTS = ("tests.hostile.impatience",)
OUTSIDE_READ_TIMEOUT = timedelta(seconds=2)
