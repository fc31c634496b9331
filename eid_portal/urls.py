"""The portal's addresses; each app brings its own."""

from django.contrib import admin
from django.urls import include, path

from eid_portal.core import api_docs

urlpatterns = [
    path("", include("eid_portal.core.urls")),
    path("", include("documents.urls")),  # its /verify/cards/ before any code at /verify/
    path("", include("payments.urls")),
    path("", include("procedures.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("documents.api.urls")),
    path("api/v1/", include("payments.api.urls")),
    path("api/v1/", include("procedures.api.urls")),
    path("api/schema/", api_docs.Schema.as_view(), name="api_schema"),
    path("api/docs/", api_docs.docs, name="api_docs"),
]

handler400 = "eid_portal.core.pages.handler400"
handler403 = "eid_portal.core.pages.handler403"
handler404 = "eid_portal.core.pages.handler404"
handler500 = "eid_portal.core.pages.handler500"
