"""Settings of the workers and relays that tests start: bells really ring."""

from eid_portal.settings.test import *  # noqa: F403

CELERY_TASK_ALWAYS_EAGER = False
CELERY_IMPORTS = ("tests.core.some_tasks",)
