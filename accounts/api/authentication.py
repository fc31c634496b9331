"""Who asks through a citizen's own application: the key of a session, in ``Authorization: Bearer …`` alone.

The browser's cookie is never looked at, so no page elsewhere can make a browser act here. A key is found exactly as
the middleware finds a cookie's.
"""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.enums import AccountKind
from accounts.services import sessions
from eid_portal.core import clock

SCHEME: Final = "Bearer"
NOT_SIGNED_IN: Final = "session_over"


class SessionKey(BaseAuthentication):
    """A live session by its key, as ``request.auth``; its account as ``request.user``."""

    def authenticate(self, request: Request) -> tuple[Any, sessions.Session] | None:
        """The session; None without the header.

        Raises:
            rest_framework.exceptions.AuthenticationFailed: the key opens nothing, or opens nothing any more.
        """
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _blank, key = header.partition(" ")
        now = clock.now()
        session = sessions.find(key, now=now) if scheme.lower() == SCHEME.lower() else None
        if session is None:
            raise exceptions.AuthenticationFailed(code=NOT_SIGNED_IN)
        sessions.touch(session, now=now)
        return session.account, session

    def authenticate_header(self, request: Request) -> str:
        """Makes the refusal a 401."""
        return f'{SCHEME} realm="account"'


class CitizensOnly(BasePermission):
    """Citizens: staff have no application of their own, and their sessions open nothing here."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether a citizen is signed in."""
        session: object = request.auth
        return isinstance(session, sessions.Session) and session.account.kind == AccountKind.CITIZEN


class SessionKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # their hook has no types
    """How the schema describes :class:`SessionKey`."""

    target_class = "accounts.api.authentication.SessionKey"
    name = "SessionKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The key that signing in gave, another after every fresh proof.",
        }
