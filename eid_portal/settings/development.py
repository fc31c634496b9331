"""`make run`: everything on one machine, with demonstration people and the sandbox as the outside world."""

from eid_portal.settings.base import *  # noqa: F403

DEMONSTRATION = True
