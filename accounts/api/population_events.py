"""``POST /api/v1/population/events``: the population register tells of deaths, and of cards lost or revoked."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import ProblemSerializer
from accounts.enums import PopulationEventKind, PopulationEventOutcome
from accounts.services import population_events
from accounts.services.card_event_reading import Malformed as Unreadable
from eid_portal.core import clock, telling
from eid_portal.core.api import EventConflict, Malformed, SignedOnly, SignedParty, party_of


class PopulationEventSerializer(serializers.Serializer[Any]):
    """What happened to a person or their ID card."""

    event_id = serializers.UUIDField(
        help_text="lower case; the same id is answered the same for ever"
    )
    kind = serializers.ChoiceField(choices=PopulationEventKind.choices)
    personal_number = serializers.CharField(help_text="twelve digits")
    at = serializers.DateTimeField(help_text="ISO 8601 with offset")


class PopulationEventTakenSerializer(serializers.Serializer[Any]):
    """What became of it."""

    event_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=PopulationEventOutcome.choices)


class PopulationRegister(SignedParty):
    """The population register."""

    party = "population"
    tag = "eid-population-events"


class PopulationEvents(APIView):
    """``POST /api/v1/population/events``."""

    audience = "party"
    authentication_classes = (PopulationRegister,)
    permission_classes = (SignedOnly,)

    @extend_schema(
        operation_id="take_population_event",
        summary="Somebody died, or a card was lost or revoked: accounts are closed or locked at once.",
        request=PopulationEventSerializer,
        responses={
            200: OpenApiResponse(PopulationEventTakenSerializer, "Taken, now or before."),
            400: OpenApiResponse(ProblemSerializer, "The body cannot be read; nothing was done."),
            401: OpenApiResponse(ProblemSerializer, "The signature was refused."),
            409: OpenApiResponse(ProblemSerializer, "The id was taken before with another body."),
            413: OpenApiResponse(ProblemSerializer, "The body is too large."),
            415: OpenApiResponse(ProblemSerializer, "The body is not JSON in UTF-8."),
        },
    )
    def post(self, request: Request) -> Response:
        """Take one event."""
        party, now = party_of(request), clock.now()
        try:
            told = population_events.read(request.data, now=now)
        except Unreadable as refused:
            detail = f"{refused.field or 'The body'}: {refused.code}."
            raise Malformed(detail, code=refused.code) from None
        try:
            outcome = population_events.take(
                told, body=request.data, party=party.name, actor=party.actor, now=now
            )
        except telling.Conflict:
            raise EventConflict from None
        return Response({"event_id": str(told.event_id), "outcome": outcome.value})
