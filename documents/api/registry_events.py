"""``POST /api/v1/registries/<party>/events``: a registry tells that a paper changed, or what it corrected."""

from typing import Any, Final

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import ProblemSerializer
from accounts.services.card_event_reading import Malformed as Unreadable
from documents.enums import RegistryEventKind
from documents.services import registry_events
from eid_portal.core import clock, telling
from eid_portal.core.api import EventConflict, Malformed, SignedOnly, SignedParty, party_of

TAG: Final = "eid-registry-events"


class ReportedPaperSerializer(serializers.Serializer[Any]):
    """Which paper."""

    type = serializers.CharField(help_text="the registry's own word, as on its wire: licence")
    number = serializers.CharField()


class RegistryEventSerializer(serializers.Serializer[Any]):
    """What happened to a paper, or to a request to correct it."""

    event_id = serializers.UUIDField(
        help_text="lower case; the same id is answered the same for ever"
    )
    kind = serializers.ChoiceField(choices=RegistryEventKind.choices)
    at = serializers.DateTimeField(help_text="ISO 8601 with offset")
    paper = ReportedPaperSerializer()
    correction_id = serializers.CharField(
        required=False, help_text="of corrected and correction_refused: as the registry gave it"
    )
    words = serializers.CharField(required=False, help_text="for the holder of the paper")


class RegistryEventTakenSerializer(serializers.Serializer[Any]):
    """What became of it."""

    event_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=["applied", "not_linked"])


def signed_by(party: str) -> type[SignedParty]:
    """Who may call: one registry."""
    return type("Registry", (SignedParty,), {"party": party, "tag": TAG})


class RegistryEvents(APIView):
    """``POST /api/v1/registries/<party>/events``."""

    audience = "party"
    permission_classes = (SignedOnly,)

    def get_authenticators(self) -> list[Any]:
        """The registry of the address, and nobody for an address of none."""
        party = self.kwargs.get("public_id", "")
        return [signed_by(party)()] if party in registry_events.parties() else []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say at once that there is no such registry."""
        if kwargs["public_id"] not in registry_events.parties():
            raise Http404
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="take_registry_event",
        summary="A paper changed or was revoked, or a correction was answered: the paper is verified anew.",
        parameters=[
            OpenApiParameter(
                "public_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="the registry"
            )
        ],
        request=RegistryEventSerializer,
        responses={
            202: OpenApiResponse(RegistryEventTakenSerializer, "Taken, now or before."),
            400: OpenApiResponse(ProblemSerializer, "The body cannot be read; nothing was done."),
            401: OpenApiResponse(ProblemSerializer, "The signature was refused."),
            404: OpenApiResponse(ProblemSerializer, "There is no such registry."),
            409: OpenApiResponse(ProblemSerializer, "The id was taken before with another body."),
            413: OpenApiResponse(ProblemSerializer, "The body is too large."),
            415: OpenApiResponse(ProblemSerializer, "The body is not JSON in UTF-8."),
        },
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Take one event."""
        party, now = party_of(request), clock.now()
        try:
            told = registry_events.read(request.data, party=party.name, now=now)
        except Unreadable as refused:
            detail = f"{refused.field or 'The body'}: {refused.code}."
            raise Malformed(detail, code=refused.code) from None
        try:
            outcome = registry_events.take(
                told, body=request.data, party=party.name, actor=party.actor, now=now
            )
        except telling.Conflict:
            raise EventConflict from None
        answer = {"event_id": str(told.event_id), "outcome": outcome.value.lower()}
        return Response(answer, status=status.HTTP_202_ACCEPTED)
