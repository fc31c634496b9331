"""Settings of the peer's Celery worker: the portal's, and the peer's task."""

from eid_portal.settings.development import *  # noqa: F403

CELERY_IMPORTS = ("benchmarks.peer.verifying",)
