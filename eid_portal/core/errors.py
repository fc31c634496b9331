"""Pages for what went wrong: what it is, what is safe, one way on; JSON below ``/api/``."""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from csp.utils import build_policy
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation

from eid_portal.core import clock

log = structlog.get_logger()

PAGES: Final = frozenset({400, 403, 404, 405, 429, 500, 503})
_REQUEST_ID: Final = "eid.request_id"
_TITLES: Final = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_CODES: Final = {
    400: "broken_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many_requests",
    500: "fault",
    503: "unavailable",
}
_DATABASE_REST: Final = 10  # seconds until a visitor may try again while the database is away


class Busy(Exception):
    """The portal cannot do this at the moment; the visitor gets a 503 page with ``Retry-After``."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


class TooMany(Exception):
    """A limit is used up; the visitor gets a 429 page that says until when."""

    def __init__(self, *, until: datetime) -> None:
        super().__init__("a limit is used up")
        self.until = until


def request_id(request: HttpRequest) -> str:
    """The id that stands in the request's log lines and on its error page."""
    return str(request.META.get(_REQUEST_ID, ""))


def set_request_id(request: HttpRequest, value: str) -> None:
    """Give the request its id; the outermost middleware does so once."""
    request.META[_REQUEST_ID] = value


def answer_to(request: HttpRequest, exception: BaseException) -> HttpResponse | None:
    """The answer to an exception that is no fault of the code, or None."""
    if isinstance(exception, Busy):
        until = clock.now() + timedelta(seconds=exception.retry_after)
        return error_page(request, 503, until=until)
    if isinstance(exception, TooMany):
        return error_page(request, 429, until=exception.until)
    if isinstance(exception, DataError):
        # The last net: a value the database cannot hold should have been refused by a form.
        log.error("value_reached_database", exc_info=exception)
        return error_page(request, 400)
    if isinstance(exception, OperationalError | InterfaceError):
        log.error("database_unavailable", exc_info=exception)
        return error_page(request, 503, until=clock.now() + timedelta(seconds=_DATABASE_REST))
    return None


def error_page(
    request: HttpRequest, status: int, *, until: datetime | None = None, reason: str = ""
) -> HttpResponse:
    """The page (or problem+json, RFC 9457) for ``status``; needs no database and no session.

    ``until`` says when to try again; ``reason`` picks a text inside the page.
    """
    wait = max(1, round((until - clock.now()).total_seconds())) if until else 0
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES[status],
            "status": status,
            "code": _CODES[status],
            "detail": f"{_TITLES[status]}.",
            "request_id": request_id(request),
        }
        if wait:
            problem["retry_after"] = wait
        response = JsonResponse(problem, status=status, content_type="application/problem+json")
    else:
        response = HttpResponse(_page(request, status, until, reason), status=status)
    if wait:
        response["Retry-After"] = str(wait)
    protect(response)
    return response


def protect(response: HttpResponse) -> None:
    """The headers of every answer, for those that are made before the middleware that sets them."""
    for name, value in {
        "Cache-Control": "no-store",
        "Content-Security-Policy": build_policy(),
        "Cross-Origin-Opener-Policy": str(settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
        "Referrer-Policy": str(settings.SECURE_REFERRER_POLICY),
        "X-Content-Type-Options": "nosniff",
    }.items():
        response.headers.setdefault(name, value)


def _page(request: HttpRequest, status: int, until: datetime | None, reason: str) -> str:
    language = translation.get_language_from_request(request)
    context = {"request_id": request_id(request), "until": until, "reason": reason}
    context["retry_path"] = request.get_full_path() if request.method == "GET" else ""
    with translation.override(language):
        try:
            return render_to_string(f"errors/{status}.html", context, request)
        except Exception:  # the page about a fault must not fail because of that fault
            log.exception("error_page_failed", status=status)
            return (
                f"<!doctype html><html lang=en><title>{status}</title><h1>{_TITLES[status]}</h1>"
                f"<p>{request_id(request)}</p>"
            )
