"""Who may see what in the Django admin: administrators, by one table. Signing in is not done here."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from accounts.models import Account


class RolesBackend(BaseBackend):
    """Answers the admin's permission questions; there are no superusers."""

    def authenticate(self, request: Any, **_credentials: Any) -> None:
        """Nobody signs in through Django's own forms."""
        return

    def get_user(self, user_id: Any) -> None:
        """Sessions are the portal's own."""
        return

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Administrators may look and change; what can really be changed each ModelAdmin says itself."""
        return isinstance(user_obj, Account) and user_obj.is_staff and ".delete_" not in perm

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Administrators see whatever has a window."""
        return isinstance(user_obj, Account) and user_obj.is_staff
