"""The portal's addresses, and operations on orders beside them."""

from typing import Any

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import CitizensOnly, SessionKey
from accounts.services import codes, sessions
from eid_portal.core import clock
from payments.models import PaymentOrder
from payments.services import authorising, ordering, starting


class _Operation(APIView):
    authentication_classes = (SessionKey,)
    permission_classes = (CitizensOnly,)


def _shown(order: PaymentOrder) -> dict[str, Any]:
    parts = order.payments.order_by("pk")
    return {
        "id": order.public_id,
        "reference": order.reference,
        "amount": order.amount,
        "state": order.state,
        "payments": [
            {"id": part.public_id, "amount": part.amount, "state": part.state} for part in parts
        ],
    }


class Orders(_Operation):
    """POST: an order of a key."""

    def post(self, request: Request) -> Response:
        session: Any = request.auth
        asked: Any = request.data
        drafted = starting.start(
            session=session,
            wanted=[ordering.BillWanted(bill=bill) for bill in asked["bills"]],
            link=asked["account"],
            key=request.headers["Idempotency-Key"],
            now=clock.now(),
        )
        return Response(_shown(drafted.order), status=200 if drafted.replayed else 201)


class Order(_Operation):
    """GET: an order."""

    def get(self, request: Request, order: str) -> Response:
        session: Any = request.auth
        return Response(_shown(PaymentOrder.objects.get(account=session.account, public_id=order)))


class Code(_Operation):
    """POST: a code, please."""

    def post(self, request: Request, order: str) -> Response:
        session: Any = request.auth
        try:
            authorising.send_code(
                account=session.account, order=order, device_id=session.device_id, now=clock.now()
            )
        except (authorising.NotAuthorised, codes.TooManyCodes) as refused:
            return Response({"code": refused.code}, status=422)
        return Response(status=202)


class Authorisation(_Operation):
    """POST: the code."""

    def post(self, request: Request, order: str) -> Response:
        session: Any = request.auth
        asked: Any = request.data
        try:
            agreed = authorising.by_code(
                account=session.account,
                order=order,
                code=asked["code"],
                device_id=session.device_id,
                actor=sessions.actor_of(session),
                now=clock.now(),
            )
        except (authorising.NotAuthorised, codes.CodeRefused) as refused:
            return Response({"code": refused.code}, status=422)
        return Response(_shown(agreed))


urlpatterns = [
    path("api/v1/payments/orders", Orders.as_view()),
    path("api/v1/payments/orders/<str:order>", Order.as_view()),
    path("api/v1/payments/orders/<str:order>/code", Code.as_view()),
    path("api/v1/payments/orders/<str:order>/confirm", Authorisation.as_view()),
    path("", include("eid_portal.urls")),
]
