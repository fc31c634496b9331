"""The sandbox's own process: ``granian --interface wsgi eid_portal.sandbox.wsgi:application``."""

from eid_portal.sandbox import settings
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.world import World

application = Sandbox(World(settings.read()))
