"""The web process for servers that speak ASGI only; WSGI is several times faster here."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eid_portal.settings.production")
application = get_asgi_application()
