"""The tests: the same portal with its own data folder; `tests/conftest.py` sets the stores' addresses."""

from eid_portal.settings.base import *  # noqa: F403

DEMONSTRATION = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
