"""What every request and response passes: its id, language, headers, refusal if it is broken."""

import ipaddress
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import structlog
from csp.utils import build_policy
from django.conf import settings
from django.forms.renderers import BaseRenderer, Jinja2
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.loader import get_template
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from whitenoise.storage import CompressedManifestStaticFilesStorage

from eid_portal.core.errors import (
    PAGES,
    Busy,
    TooMany,
    answer_to,
    error_page,
    request_id,
    set_request_id,
)

__all__ = ["Busy", "TooMany", "error_page", "request_id"]

log = structlog.get_logger()

Answer = Callable[[HttpRequest], HttpResponse]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Only ids made by our own proxies are taken over: no visitor can write a person's number into our logs.
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Django leaves bytes of a path that are no UTF-8 percent-encoded.
_BROKEN: Final = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")
_HEADER_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # a tab may fold a header
_PATH_LIMIT: Final = 2048
_QUERY_LIMIT: Final = 4096
_HEADER_LIMIT: Final = 16_384
_REST_LIMIT: Final = 262_144  # bytes
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_PERMISSIONS: Final = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


# --- Middleware, outermost first ------------------------------------------------------------------
class RequestContextMiddleware:
    """Gives the request its id, writes its one log line, and turns known exceptions into pages."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with ``X-Request-ID``; the log has the route, never the address."""
        offered = request.headers.get("X-Request-ID", "")
        taken = _REQUEST_ID.fullmatch(offered) and _is_proxy(
            _address(request.META.get("REMOTE_ADDR", ""))
        )
        name = offered if taken else secrets.token_hex(16)
        set_request_id(request, name)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            _read_the_rest(request)
            if not request.path_info.startswith(settings.STATIC_URL):
                log.info(
                    "request",
                    method=request.method,
                    route=request.resolver_match.route if request.resolver_match else "",
                    status=response.status_code,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )
        finally:
            structlog.contextvars.clear_contextvars()
        response["X-Request-ID"] = name
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A full queue, a used-up limit or an absent database is an answer, not a fault."""
        return answer_to(request, exception)


class RefuseBrokenRequestMiddleware:
    """Refuses NUL, control characters, invalid UTF-8 and overlong parts before any view."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or 400."""
        if _is_broken(request):
            log.warning("broken_request")
            return error_page(request, 400)
        return self.get_response(request)


class PrivateResponseMiddleware:
    """Only static files are kept by a cache, unless a view said so; no page asks for devices or foreign content."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.policy = build_policy()  # one for all pages, so it is composed once

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers; a refusal without a body gets its page."""
        response = self.get_response(request)
        if response.status_code in PAGES and not response.streaming and not response.content:
            page = error_page(request, response.status_code)
            if response.has_header("Allow"):
                page["Allow"] = response["Allow"]
            response = page
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", str(settings.X_FRAME_OPTIONS))
        return response


def allow_inline_images(response: HttpResponse) -> None:
    """Let a page draw pictures that stand in it: those that may have no address of their own."""
    response["Content-Security-Policy"] = _policy_with_pictures()


@cache
def _policy_with_pictures() -> str:
    return build_policy(update={"img-src": ["data:"]})


class LanguageMiddleware:
    """The language of the cookie, else of the browser, else Vietnamese."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in that language, and say so."""
        language = translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def _read_the_rest(request: HttpRequest) -> None:
    """Take in what is left of a small body that nobody read: of a form refused before it was looked at, say.

    Else the server closes the connection while the visitor is still sending, and the answer is lost on the way.
    """
    if request.method not in _WITHOUT_BODY:
        with suppress(UnreadablePostError):  # the visitor has gone
            request.read(_REST_LIMIT)


def _is_broken(request: HttpRequest) -> bool:
    meta = request.META
    path = request.path_info
    query = str(meta.get("QUERY_STRING", "")).encode("latin-1", "replace")
    if len(path) > _PATH_LIMIT or len(query) > _QUERY_LIMIT:
        return True
    if _CONTROL.search(path) or _BROKEN.search(path) or _unreadable(unquote_to_bytes(query)):
        return True
    for name, value in meta.items():
        if not name.startswith(("HTTP_", "CONTENT_")) or not isinstance(value, str):
            continue
        if len(value) > _HEADER_LIMIT or _HEADER_CONTROL.search(value) or not _is_utf8(value):
            return True
    # A quoted cookie may carry escaped control characters that only appear when it is read.
    return any(
        _CONTROL.search(name) or _CONTROL.search(value) for name, value in request.COOKIES.items()
    )


def _unreadable(raw: bytes) -> bool:
    try:
        return bool(_CONTROL.search(raw.decode()))
    except UnicodeDecodeError:
        return True


def _is_utf8(header: str) -> bool:
    if header.isascii():
        return True
    try:
        header.encode("latin-1").decode()
    except UnicodeError:
        return False
    return True


# --- What views ask -------------------------------------------------------------------------------
def client_ip(request: HttpRequest) -> str:
    """The visitor's address: the peer, or what trusted proxies say; ``0.0.0.0`` when there is none.

    The rightmost address of ``X-Forwarded-For`` that is not one of ``settings.TRUSTED_PROXIES``
    (addresses or networks) counts; the rest is what the visitor wrote.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    found = _address(request.META.get("REMOTE_ADDR", ""))
    while found and forwarded and _is_proxy(found):
        earlier = _address(forwarded.pop())
        if not earlier:
            break
        found = earlier
    return str(found or "0.0.0.0")  # noqa: S104 - not a binding


def _is_proxy(address: Address | None) -> bool:
    trusted = (ipaddress.ip_network(entry, strict=False) for entry in settings.TRUSTED_PROXIES)
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Where the request's ``next`` points, if that is a page of the portal; else ``default``."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return default


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form that was open too long, or a browser that refuses cookies."""
    said = reason.partition(" - ")[0]  # the rest repeats what the visitor's headers say
    log.warning("csrf_refused", reason=said)
    return error_page(request, 403, reason="csrf")


# --- Forms and static files ---------------------------------------------------------------------
class PortalFormRenderer(BaseRenderer):
    """Our markup for ``field.as_field_group()``, Django's for widgets, the admin's own there."""

    def __init__(self) -> None:
        self.stock = Jinja2()

    def get_template(self, template_name: str) -> Any:
        """Ours for a field, Django's Jinja2 for its widgets, else whatever engine has it."""
        if template_name.startswith("django/forms/") and template_name != self.field_template_name:
            return self.stock.get_template(template_name)
        return get_template(template_name)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # no types
    """Every static file under a name with its hash, those that scripts import included."""

    support_js_module_import_aggregation = True
