"""What `make run` runs with, and a database backend that can be told to die."""

from eid_portal.settings.development import *  # noqa: F403

DATABASES["default"]["ENGINE"] = "tests.chaos.failing"  # noqa: F405
