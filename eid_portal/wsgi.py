"""The web process."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eid_portal.settings.production")
application = get_wsgi_application()

# What is loaded now stays for good. Looking it through for garbage again and again stops all threads for a tenth of a
# second each time, and is a twelfth of the CPU time of a citizen's first page.
_ = get_resolver().url_patterns  # loads the views
gc.collect()
gc.freeze()
