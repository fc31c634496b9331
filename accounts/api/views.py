"""The operations of the JSON API; each is one service call."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import (
    AnswersSerializer,
    CardEventsSerializer,
    ProblemSerializer,
    events_of,
)
from accounts.services import card_events
from accounts.services.card_events import Answer
from eid_portal.core import clock
from eid_portal.core.api import SignedOnly, SignedParty, party_of


class CardProduction(SignedParty):
    """The ID-card production system."""

    party = card_events.CARD_PRODUCTION
    tag = "eid-card-events"


class CardEvents(APIView):
    """``POST /api/v1/card-events``."""

    audience = "party"
    authentication_classes = (CardProduction,)
    permission_classes = (SignedOnly,)

    @extend_schema(
        operation_id="take_card_events",
        summary="Cards granted, renewed and re-issued: each issues or refreshes an account.",
        request=CardEventsSerializer,
        responses={
            200: OpenApiResponse(AnswersSerializer, "One answer an event, in order."),
            400: OpenApiResponse(ProblemSerializer, "The body cannot be read; nothing was done."),
            401: OpenApiResponse(ProblemSerializer, "The signature was refused."),
            413: OpenApiResponse(ProblemSerializer, "The body is too large."),
            415: OpenApiResponse(ProblemSerializer, "The body is not JSON in UTF-8."),
        },
    )
    def post(self, request: Request) -> Response:
        """Take a batch."""
        party = party_of(request)
        answers = card_events.take(
            events=events_of(request.data),
            party=party.name,
            actor=party.actor,
            now=clock.now(),
        )
        return Response({"answers": [_shown(answer) for answer in answers]})


def _shown(answer: Answer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "event_id": str(answer.event_id) if answer.event_id else None,
        "outcome": answer.outcome,
    }
    if answer.code:
        shown["code"] = answer.code
    if answer.field:
        shown["field"] = answer.field
    return shown
