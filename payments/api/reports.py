"""``POST /api/v1/banks/<party>/events`` and ``/api/v1/billers/<party>/events``: what became of money and of bills."""

from collections.abc import Collection
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
from eid_portal.core import clock, telling
from eid_portal.core.api import EventConflict, Malformed, SignedOnly, SignedParty, party_of
from payments.enums import ReportOutcome
from payments.services import reports

TAG: Final = "eid-payment-events"
_STATES: Final = ["done", "refused", "processing"]


class BankReportSerializer(serializers.Serializer[Any]):
    """What became of a debit, a refund, a payout or a consent."""

    event_id = serializers.UUIDField(
        help_text="lower case; the same id is answered the same for ever"
    )
    kind = serializers.ChoiceField(choices=["debit", "refund", "payout", "consent"])
    reference = serializers.CharField(help_text="as it was asked for")
    state = serializers.ChoiceField(
        choices=[*_STATES, "given", "ended"], help_text="given, refused or ended: of a consent"
    )
    amount = serializers.IntegerField(help_text="whole đồng; 0 of a consent")
    at = serializers.DateTimeField(help_text="ISO 8601 with offset")
    bank_reference = serializers.CharField(
        required=False, help_text="of a consent: the bank's id of it"
    )
    code = serializers.CharField(required=False, help_text="why it was refused")


class BillerReportSerializer(serializers.Serializer[Any]):
    """What became of a payment, or of a bill."""

    event_id = serializers.UUIDField(
        help_text="lower case; the same id is answered the same for ever"
    )
    kind = serializers.ChoiceField(choices=["payment", "bill_paid", "bill_withdrawn"])
    reference = serializers.CharField(required=False, help_text="of a payment: as it was told")
    bill = serializers.CharField(required=False, help_text="the biller's own id")
    customer_code = serializers.CharField(required=False)
    biller = serializers.CharField(required=False, help_text="of several that the party speaks for")
    amount = serializers.IntegerField(help_text="whole đồng")
    state = serializers.CharField(help_text="of a payment: done, refused or processing")
    at = serializers.DateTimeField(help_text="ISO 8601 with offset")
    receipt = serializers.CharField(required=False)
    code = serializers.CharField(required=False, help_text="why it was refused")


class ReportTakenSerializer(serializers.Serializer[Any]):
    """What became of it."""

    event_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=[code.lower() for code in ReportOutcome.values])


_RESPONSES: Final = {
    202: OpenApiResponse(ReportTakenSerializer, "Taken, now or before."),
    400: OpenApiResponse(ProblemSerializer, "The body cannot be read; nothing was done."),
    401: OpenApiResponse(ProblemSerializer, "The signature was refused."),
    404: OpenApiResponse(ProblemSerializer, "There is no such party."),
    409: OpenApiResponse(ProblemSerializer, "The id was taken before with another body."),
    413: OpenApiResponse(ProblemSerializer, "The body is too large."),
    415: OpenApiResponse(ProblemSerializer, "The body is not JSON in UTF-8."),
}
_PARTY: Final = OpenApiParameter(
    "public_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="the party"
)


class _Reports(APIView):
    audience = "party"
    permission_classes = (SignedOnly,)

    def parties(self) -> Collection[str]:
        """Who may report here."""
        raise NotImplementedError

    def get_authenticators(self) -> list[Any]:
        """The party of the address, and nobody for an address of none."""
        party = self.kwargs.get("public_id", "")
        if not party or party not in self.parties():
            return []
        return [type("Reporter", (SignedParty,), {"party": party, "tag": TAG})()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say at once that there is no such party."""
        if kwargs["public_id"] not in self.parties():
            raise Http404
        super().initial(request, *args, **kwargs)

    def take(self, request: Request) -> Response:
        """Take one report."""
        party, now = party_of(request), clock.now()
        try:
            report = reports.read(request.data, party=party.name, now=now)
        except Unreadable as refused:
            detail = f"{refused.field or 'The body'}: {refused.code}."
            raise Malformed(detail, code=refused.code) from None
        try:
            outcome = reports.take(
                report, body=request.data, party=party.name, actor=party.actor, now=now
            )
        except telling.Conflict:
            raise EventConflict from None
        answer = {"event_id": str(report.event_id), "outcome": outcome.value.lower()}
        return Response(answer, status=status.HTTP_202_ACCEPTED)


class BankReports(_Reports):
    """``POST /api/v1/banks/<party>/events``."""

    def parties(self) -> Collection[str]:
        """The switch, which speaks for all banks."""
        return reports.BANKS

    @extend_schema(
        operation_id="take_bank_report",
        summary="What became of a debit, a refund, a payout or a consent.",
        parameters=[_PARTY],
        request=BankReportSerializer,
        responses=_RESPONSES,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Take one report."""
        return self.take(request)


class BillerReports(_Reports):
    """``POST /api/v1/billers/<party>/events``."""

    def parties(self) -> Collection[str]:
        """The parties that speak for billers."""
        return reports.parties()

    @extend_schema(
        operation_id="take_biller_report",
        summary="What became of a payment, or of a bill.",
        parameters=[_PARTY],
        request=BillerReportSerializer,
        responses=_RESPONSES,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Take one report."""
        return self.take(request)
