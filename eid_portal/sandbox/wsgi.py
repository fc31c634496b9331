"""The sandbox's own process: ``granian --interface wsgi eid_portal.sandbox.wsgi:application``."""

from eid_portal.sandbox import clerk, settings
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.world import World

_world = World(settings.read())
application = Sandbox(_world)
clerk.start(_world)
