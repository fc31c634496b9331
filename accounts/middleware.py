"""Who is asking: every request confirms its session by one key look-up in PostgreSQL."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from accounts.services import sessions
from eid_portal.core import clock


class DeviceSessionMiddleware(SessionMiddleware, AuthenticationMiddleware):
    """Sets ``request.session`` (a ``sessions.Session`` or None) and ``request.user``.

    It stands where Django's two middlewares would; the admin's system checks look for their names.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Confirm the session, answer, and drop a cookie that opens nothing any more."""
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        now = clock.now()
        session = sessions.find(key, now=now) if key else None
        request.session = session  # type: ignore[assignment]
        request.user = session.account if session else AnonymousUser()
        if session:
            sessions.touch(session, now=now)
        response = self.answer(request)
        if key and session is None and settings.SESSION_COOKIE_NAME not in response.cookies:
            response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Lax")
            response.cookies[settings.SESSION_COOKIE_NAME]["secure"] = True
        return response
