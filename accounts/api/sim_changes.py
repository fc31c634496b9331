"""``POST /api/v1/sim-changes``: the SMS gateway tells that a SIM was changed."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import ProblemSerializer
from accounts.services import sim_changes
from accounts.services.card_event_reading import Malformed as Unreadable
from eid_portal.core import clock, telling
from eid_portal.core.api import EventConflict, Malformed, SignedOnly, SignedParty, party_of


class SimChangeSerializer(serializers.Serializer[Any]):
    """A SIM that was changed."""

    event_id = serializers.UUIDField(
        help_text="lower case; the same id is answered the same for ever"
    )
    phone = serializers.CharField(help_text="E.164, a Vietnamese mobile phone")
    changed_at = serializers.DateTimeField(help_text="ISO 8601 with offset")


class SimChangeTakenSerializer(serializers.Serializer[Any]):
    """The signal was taken. Whether the phone has an account is not said."""

    event_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=["taken"])


class SmsGateway(SignedParty):
    """The SMS gateway."""

    party = sim_changes.SMS_GATEWAY
    tag = "eid-sim-changes"


class SimChanges(APIView):
    """``POST /api/v1/sim-changes``."""

    audience = "party"
    authentication_classes = (SmsGateway,)
    permission_classes = (SignedOnly,)

    @extend_schema(
        operation_id="take_sim_change",
        summary="A SIM was changed: no codes go to that phone for 72 hours.",
        request=SimChangeSerializer,
        responses={
            200: OpenApiResponse(SimChangeTakenSerializer, "Taken, now or before."),
            400: OpenApiResponse(ProblemSerializer, "The body cannot be read; nothing was done."),
            401: OpenApiResponse(ProblemSerializer, "The signature was refused."),
            409: OpenApiResponse(ProblemSerializer, "The id was taken before with another body."),
            413: OpenApiResponse(ProblemSerializer, "The body is too large."),
            415: OpenApiResponse(ProblemSerializer, "The body is not JSON in UTF-8."),
        },
    )
    def post(self, request: Request) -> Response:
        """Take one signal."""
        party, now = party_of(request), clock.now()
        try:
            signal = sim_changes.read(request.data, now=now)
        except Unreadable as refused:
            detail = f"{refused.field or 'The body'}: {refused.code}."
            raise Malformed(detail, code=refused.code) from None
        try:
            sim_changes.take(
                signal, body=request.data, party=party.name, actor=party.actor, now=now
            )
        except telling.Conflict:
            raise EventConflict from None
        return Response({"event_id": str(signal.event_id), "outcome": "taken"})
