"""What a person without a session is in the middle of: a row, and a cookie with the token that finds it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.enums import FlowKind
from accounts.models import Flow
from eid_portal.core import ids, sealed


class FlowOver(Exception):
    """There is no such flow, it ended, or it took too long; start again."""

    code = "flow_over"
    message: Any = _("This took more than 20 minutes, or was finished elsewhere. Start again.")


def begin(
    *, kind: FlowKind, account_id: UUID, data: dict[str, Any], now: datetime
) -> tuple[Flow, str]:
    """Begin a flow in the caller's transaction; ``data`` holds ids and codes only. Also returns the cookie's token."""
    token = ids.token()
    flow = Flow.objects.create(
        kind=kind,
        token_hash=sealed.token_hash(token),
        account_id=account_id,
        data=data,
        created_at=now,
        expires_at=now + policy.FLOW_LASTS,
    )
    return flow, token


def get(token: str, *, kind: FlowKind, now: datetime) -> Flow:
    """The live flow of a token, with its account, by one look-up.

    Raises:
        FlowOver: see the class.
    """
    flow = (
        Flow.objects.select_related("account")
        .filter(
            token_hash=sealed.token_hash(token),
            kind=kind,
            ended_at__isnull=True,
            expires_at__gt=now,
        )
        .first()
        if token
        else None
    )
    if flow is None:
        raise FlowOver
    return flow


def update(flow: Flow, **data: Any) -> None:
    """Remember more ids and codes."""
    flow.data = {**flow.data, **data}
    Flow.objects.filter(pk=flow.pk).update(data=flow.data)


def end(flow: Flow, *, now: datetime) -> None:
    """End a flow, once, in the caller's transaction.

    Raises:
        FlowOver: another request ended it first.
    """
    if not Flow.objects.filter(pk=flow.pk, ended_at__isnull=True).update(ended_at=now):
        raise FlowOver
