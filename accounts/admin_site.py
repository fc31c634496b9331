"""The Django admin as the portal runs it: behind our own sign-in, without groups or Django users."""

from collections.abc import Iterable
from typing import Any, NoReturn
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy


class PortalAdminSite(admin.AdminSite):
    """The stock site; only an administrator with two factors passes."""

    index_title = gettext_lazy("Administration")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As the stock site does, without Django's groups: roles are ours, and take two people."""
        models = (
            model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        )
        ours = [model for model in models if model._meta.app_label != "auth"]
        super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may see any of it."""
        return bool(getattr(request.user, "is_staff", False))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send people to the portal's own sign-in, which brings administrators back.

        Raises:
            PermissionDenied: signed in already, but not as an administrator.
        """
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        wanted = urlencode({"next": request.GET.get("next", "/admin/")})
        return redirect(f"{reverse('accounts:sign_in')}?{wanted}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> NoReturn:
        """The portal's own sign-out is the only one.

        Raises:
            Http404: always.
        """
        raise Http404

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> NoReturn:
        """Passwords are authenticators of the portal.

        Raises:
            Http404: always.
        """
        raise Http404

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> NoReturn:
        """As above.

        Raises:
            Http404: always.
        """
        raise Http404


class PortalAdminConfig(AdminConfig):
    """Puts the site in place of Django's own."""

    default_site = "accounts.admin_site.PortalAdminSite"
