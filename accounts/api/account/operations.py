"""What every operation stands on: who may ask, what is read and answered, how it is refused, what the schema says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeVar

from django.utils.translation import get_language
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.account import problems, samples
from accounts.api.account.bodies import Body
from accounts.api.authentication import CitizensOnly, SessionKey
from accounts.enums import AccountKind
from accounts.services import sessions, signing_in
from eid_portal.core import clock
from eid_portal.core.api import (
    PROBLEM,
    BodyTooLarge,
    Malformed,
    PartsParser,
    UnreadableParts,
    plain,
)
from eid_portal.core.errors import Busy
from eid_portal.core.events import Actor
from eid_portal.core.web import client_ip

DEVICE_HEADER: Final = "Device-Token"
NOTHING: Final = HTTPStatus.NO_CONTENT
H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a handler says of itself."""

    name: str
    summary: str
    takes: type[Body] | None
    gives: type[serializers.Serializer[Any]] | Mapping[str, Any] | None
    status: HTTPStatus
    refusals: tuple[type[Exception], ...]
    media_types: tuple[str, ...]


def operation(
    name: str,
    summary: str,
    *refusals: type[Exception],
    takes: type[Body] | None = None,
    gives: type[serializers.Serializer[Any]] | Mapping[str, Any] | None = None,
    status: HTTPStatus | None = None,
    media_types: tuple[str, ...] = ("application/json",),
) -> Callable[[H], H]:
    """Say what a handler is called, reads and gives, and which refusals of services it answers."""

    def mark(handler: H) -> H:
        vars(handler)["told"] = Told(
            name=name,
            summary=summary,
            takes=takes,
            gives=gives,
            status=status or (HTTPStatus.OK if gives else NOTHING),
            refusals=refusals,
            media_types=media_types,
        )
        return handler

    return mark


class Operation(APIView):
    """An address of the API. Each says whom it is for, as pages do."""

    audience: ClassVar[str]
    tag: ClassVar[str] = "account"
    # What stands in the query of a GET, and what it means.
    query: ClassVar[Mapping[str, str]] = {}
    # What else stands in the headers of a POST, always, and what it means.
    headers_of_post: ClassVar[Mapping[str, str]] = {}
    needs_device: ClassVar[bool] = False
    now: datetime

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Take the time once."""
        self.now = clock.now()
        return super().initialize_request(request, *args, **kwargs)

    def get_exception_handler(self) -> Any:
        """Refusals of services are problems."""
        return problems.answer

    def told(self) -> Told | None:
        """What the handler of this request says of itself; None where there is none."""
        handler = getattr(self, (self.request.method or "").lower(), None)
        return getattr(handler, "told", None)

    def refusals(self) -> tuple[type[Exception], ...]:
        """The refusals the operation answers."""
        told = self.told()
        return told.refusals if told else ()

    def read(self) -> dict[str, Any]:
        """What was posted, in its normal form.

        Raises:
            rest_framework.exceptions.ValidationError: a field is missing, wrong, or none of the operation's.
        """
        told = self.told()
        if told is None or told.takes is None:
            raise TypeError("the operation reads nothing")
        body = told.takes(data=self.request.data)
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = body.validated_data
        return values

    def give(self, value: Any = None) -> Response:
        """The answer, in the shape the operation promises."""
        told = self.told()
        if told is None or not isinstance(told.gives, type):
            return Response(value, status=told.status if told else None)
        return Response(told.gives(value).data, status=told.status)

    def nothing(self) -> Response:
        """Done."""
        return Response(status=NOTHING)

    def visitor(self, system: str = "") -> signing_in.Visitor:
        """What the application brings along; its name is one of ours, because it stands in messages."""
        return signing_in.Visitor(
            device_token=self.request.headers.get(DEVICE_HEADER) or None,
            device_label=", ".join(part for part in ("App", SYSTEMS.get(system, "")) if part),
            address=client_ip(plain(self.request)),
        )


SYSTEMS: Final = {"android": "Android", "ios": "iPhone", "ipados": "iPad"}


class PublicOperation(Operation):
    """For anybody; a session is not looked at."""

    audience = "public"
    authentication_classes = ()
    permission_classes = (AllowAny,)


class CitizenOperation(Operation):
    """For a citizen, by the key of their session."""

    audience = AccountKind.CITIZEN.value
    authentication_classes = (SessionKey,)
    permission_classes = (CitizensOnly,)

    @property
    def here(self) -> sessions.Session:
        """The session."""
        session: object = self.request.auth
        if not isinstance(session, sessions.Session):
            raise exceptions.NotAuthenticated
        return session

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return sessions.actor_of(self.here)


def language() -> str:
    """The language of the answer."""
    return get_language() or "vi"


# --- The schema -----------------------------------------------------------------------------------
def refusals_of(told: Told, view: Operation) -> list[type[Exception]]:
    """Every refusal an operation may answer with: its own, and those any operation of its kind may meet."""
    common: list[type[Exception]] = [Busy, problems.Unavailable, problems.BrokenRequest]
    if view.authentication_classes:
        common += [exceptions.NotAuthenticated, exceptions.PermissionDenied]
    if told.takes is not None:
        unreadable = UnreadableParts if PartsParser in view.parser_classes else Malformed
        common += [unreadable, BodyTooLarge, exceptions.UnsupportedMediaType]
        common.append(exceptions.ValidationError)
    return problems.documented([*told.refusals, *common])


class OperationSchema(AutoSchema):
    """Reads what a handler says of itself; in the language of who asks for the schema."""

    view: Any

    def told(self) -> Told:
        """What it says."""
        told: Told = getattr(self.view, self.method.lower()).told
        return told

    def get_operation_id(self) -> str:
        return self.told().name

    def get_summary(self) -> str:
        return self.told().summary

    def get_description(self) -> str:  # type: ignore[override] # REST framework's takes path and method
        return ""  # the summary says all

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_request_serializer(self) -> Any:
        return self.told().takes

    def get_override_parameters(self) -> list[Any]:
        found = [
            OpenApiParameter("Accept-Language", str, "header", description="vi or en: of all words")
        ]
        if self.method == "GET":
            found += [
                OpenApiParameter(name, str, "query", description=meaning)
                for name, meaning in self.view.query.items()
            ]
        if self.method == "POST":
            found += [
                OpenApiParameter(name, str, "header", required=True, description=meaning)
                for name, meaning in self.view.headers_of_post.items()
            ]
        if self.view.needs_device:
            words = "What signing in gave before, so that the device is known."
            found.append(OpenApiParameter(DEVICE_HEADER, str, "header", description=words))
        return found

    def get_examples(self) -> list[OpenApiExample]:
        told, found = self.told(), []
        if told.takes is not None:
            value = samples.of(told.takes())
            (parser, *_more) = self.view.parser_classes
            found.append(
                OpenApiExample("sent", value=value, request_only=True, media_type=parser.media_type)
            )
        if isinstance(told.gives, type):
            value = samples.of(told.gives())
            codes = [str(told.status.value)]
            found.append(
                OpenApiExample("answered", value=value, response_only=True, status_codes=codes)
            )
        return found

    def get_response_serializers(self) -> Any:
        told = self.told()
        answers: dict[Any, OpenApiResponse] = {
            (str(told.status.value), *told.media_types): OpenApiResponse(
                OpenApiTypes.BINARY if told.gives == {} else told.gives,
                description=told.status.phrase,
            )
        }
        by_status: dict[HTTPStatus, list[OpenApiExample]] = {}
        for refusal in refusals_of(told, self.view):
            status, _make = problems.KINDS[refusal]
            same = by_status.setdefault(status, [])
            for sample in problems.samples_of(refusal):
                made = problems.document(sample, status, now=problems.SAMPLED_AT)
                if made["code"] not in {each.name for each in same}:
                    same.append(OpenApiExample(made["code"], value=made | {"request_id": "0" * 32}))
        for status, examples in sorted(by_status.items()):
            codes = ", ".join(f"`{example.name}`" for example in examples)
            answers[str(status.value), PROBLEM] = OpenApiResponse(
                samples.ProblemSerializer,
                description=f"{problems.TITLES[status]}: {codes}.",
                examples=examples,
            )
        return answers


class ClosedBody(OpenApiSerializerExtension):  # type: ignore[no-untyped-call] # their hook has no types
    """A body takes the fields it names and no others."""

    target_class = "accounts.api.account.bodies.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Its schema, closed."""
        mapped = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001 - as documented
        return {**mapped, "additionalProperties": False}


# REST framework takes the schema's class from the view.
Operation.schema = OperationSchema()
