"""The portal's addresses; each app brings its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("eid_portal.core.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "eid_portal.core.pages.handler400"
handler403 = "eid_portal.core.pages.handler403"
handler404 = "eid_portal.core.pages.handler404"
handler500 = "eid_portal.core.pages.handler500"
