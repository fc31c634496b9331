"""The Django admin as the portal runs it: behind our own sign-in, without groups or Django users."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class PortalAdminSite(admin.AdminSite):
    """The stock site; only an administrator with two factors passes."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may see any of it."""
        return bool(getattr(request.user, "is_staff", False))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send people to the portal's own sign-in."""
        return redirect(f"/sign-in/?next={request.path}")


class PortalAdminConfig(AdminConfig):
    """Puts the site in place of Django's own."""

    default_site = "accounts.admin_site.PortalAdminSite"
