"""What every JSON operation stands on: strict bodies, problems (RFC 9457), signed parties, and nobody unless said.

REST framework finds these by their names in the settings while it loads its own views, so nothing here imports those.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, ClassVar, Final

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.encoding import force_str
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.mediatypes import _MediaType

from eid_portal.core import clock, outside, strict_json
from eid_portal.core.errors import answer_to, request_id
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.signatures import SignatureRefused

PROBLEM: Final = "application/problem+json"
_log = structlog.get_logger()
# A value no database or parser can hold is the sender's mistake, never a fault of ours.
_UNUSABLE: Final = (DataError, OverflowError, RecursionError)


class BodyTooLarge(exceptions.APIException):
    """The body is longer than ``settings.API_BODY_LIMIT``."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = "The body is too large."


class Malformed(exceptions.APIException):
    """The body, or a part of it, cannot be read; nothing was done."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "malformed"
    default_detail = "The request cannot be read."


class UnreadableParts(exceptions.APIException):
    """A body of parts that cannot be told apart; nothing was done."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "unreadable_parts"
    default_detail = "The parts of the body cannot be told apart."


class EventConflict(exceptions.APIException):
    """The event's id was taken before with another body."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"
    default_detail = "This event_id was taken before with another body."


# --- Bodies ---------------------------------------------------------------------------------------
def plain(request: Request) -> HttpRequest:
    """The request as Django has it, whose body and address are the ones that were sent."""
    return request._request  # noqa: SLF001 - REST framework gives it under no other name


def body_of(request: HttpRequest) -> bytes:
    """The whole body, kept for a later reader; a longer one than allowed is refused before it is read.

    Raises:
        BodyTooLarge: see the class.
    """
    if not hasattr(request, "_body"):
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not (declared.isascii() and declared.isdigit()):
            raise Malformed("Content-Length is no number.")
        if len(declared) > 12 or int(declared) > settings.API_BODY_LIMIT:  # noqa: PLR2004 - digits, before int()
            raise BodyTooLarge
        request._body = _bounded(request)  # noqa: SLF001 - where Django itself keeps it
    return request.body


def _bounded(stream: IO[bytes] | HttpRequest) -> bytes:
    body = stream.read(settings.API_BODY_LIMIT + 1)
    if len(body) > settings.API_BODY_LIMIT:
        raise BodyTooLarge
    return body


class StrictJSONParser(BaseParser):
    """``application/json`` in UTF-8, read by :mod:`strict_json`."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body's value.

        Raises:
            BodyTooLarge: see the class.
            Malformed: the body is not what :func:`strict_json.loads` takes; its code is the reason.
            rest_framework.exceptions.UnsupportedMediaType: another character set than UTF-8.
        """
        charset = _MediaType(media_type or "").params.get("charset", "utf-8")
        if force_str(charset).strip('"').lower() not in {"utf-8", "utf8"}:
            raise exceptions.UnsupportedMediaType(media_type or "")
        # REST framework gives the request itself, which keeps its body for a second reader.
        given: object = stream
        body = body_of(given) if isinstance(given, HttpRequest) else _bounded(stream)
        try:
            return strict_json.loads(body, depth=settings.API_DEPTH_LIMIT)
        except strict_json.NotStrict as refused:
            raise Malformed("The body is no strict JSON.", code=refused.code) from None


class PartsParser(BaseParser):
    """``multipart/form-data``, for operations that take a file: bounded as a page's (:mod:`uploads`)."""

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        """Fields and files.

        Raises:
            BodyTooLarge: no page would ever send so much.
            UnreadableParts: see the class.
        """
        try:
            return MultiPartParser().parse(stream, media_type, parser_context)
        except RequestDataTooBig:
            raise BodyTooLarge from None
        except (exceptions.ParseError, SuspiciousOperation):
            raise UnreadableParts from None


class JSONOnly(BaseContentNegotiation):
    """Answers are JSON whatever ``Accept`` says; requests are parsed by their content type."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of the media type, or None (415)."""
        named = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == named), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        """The view's first."""
        return renderers[0], renderers[0].media_type


# --- Who asks -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Party:
    """An outside system that proved itself by its signature, as ``request.user``."""

    name: str
    is_authenticated: ClassVar[bool] = True

    @property
    def actor(self) -> Actor:
        """The party, for the audit."""
        return Actor(kind=ActorKind.PARTY, party=self.name)


class SignedParty(BaseAuthentication):
    """The request is signed as in :mod:`signatures`; a subclass says by whom and for what."""

    party: ClassVar[str]
    tag: ClassVar[str]

    def authenticate(self, request: Request) -> tuple[Party, None]:
        """The party that signed; its nonce is used up.

        Raises:
            BodyTooLarge: see the class.
            rest_framework.exceptions.AuthenticationFailed: its code is the signature's refusal.
        """
        try:
            outside.accept_request(
                self.party,
                method=request.method or "",
                url=settings.PORTAL_URL + request.get_full_path(),
                headers=request.headers,
                body=body_of(plain(request)),
                tag=self.tag,
                now=clock.now(),
            )
        except SignatureRefused as refused:
            _log.warning("signature_refused", party=self.party, code=refused.code.value)
            raise exceptions.AuthenticationFailed(
                "The signature was refused.", code=refused.code.value
            ) from None
        return Party(self.party), None

    def authenticate_header(self, request: Request) -> str:
        """Makes the refusal a 401."""
        return 'Signature realm="api"'


def party_of(request: Request) -> Party:
    """Who signed a request that :class:`SignedOnly` let in."""
    party: object = request.user
    if not isinstance(party, Party):
        raise TypeError("the operation is open to others than signed parties")
    return party


class NobodyUnlessSaid(BasePermission):
    """An operation that does not say who may call it refuses everybody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """No."""
        return False


class SignedOnly(BasePermission):
    """Parties whose signature was verified."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request was signed."""
        return isinstance(request.user, Party)


# --- Problems -------------------------------------------------------------------------------------
def problem_handler(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Any exception as ``application/problem+json``, or None: a fault of ours, for the log and a 500."""
    request = context["request"]
    if isinstance(exception, Http404):
        exception = exceptions.NotFound()
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    elif isinstance(exception, _UNUSABLE):
        _log.error("value_reached_database", exc_info=exception)
        exception = Malformed()
    if not isinstance(exception, exceptions.APIException):
        return answer_to(request, exception)
    headers = {}
    if header := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(wait))
    status = HTTPStatus(exception.status_code)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "request_id": request_id(request),
    }
    if isinstance(exception, exceptions.ValidationError):
        problem |= {"code": "invalid", "errors": exception.get_full_details()}
    else:
        problem |= {"code": exception.get_codes(), "detail": force_str(exception.detail)}
    return Response(problem, status=status, headers=headers, content_type=PROBLEM)
