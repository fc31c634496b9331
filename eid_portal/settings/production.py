"""A real installation: TLS before it, real registries, no demonstration people."""

from eid_portal.settings.base import *  # noqa: F403

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked from inside, before any proxy
