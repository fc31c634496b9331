"""What a person without a session is in the middle of: a row, and a cookie with the token that finds it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.enums import FlowKind
from accounts.models import Account, Flow
from eid_portal.core import ids, sealed, statements

_FLOW: Final = statements.Columns(Flow, "f")
_ACCOUNT: Final = statements.Columns(Account, "a")
_FIND: Final = f"""
SELECT {_FLOW.sql}, {_ACCOUNT.sql} FROM accounts_flow f JOIN accounts_account a ON a.id = f.account_id
WHERE f.token_hash = %s AND f.kind = %s AND f.ended_at IS NULL AND f.expires_at > %s
"""  # noqa: S608 - the models' own column names; values go apart
_END: Final = "UPDATE accounts_flow SET ended_at = %s WHERE id = %s AND ended_at IS NULL"


class FlowOver(Exception):
    """There is no such flow, it ended, or it took too long; start again."""

    code = "flow_over"
    message: Any = _("This took more than 20 minutes, or was finished elsewhere. Start again.")


class FlowMoved(FlowOver):
    """Another request of the same flow was faster; where it stands now is where it goes on."""

    code = "flow_moved"


def begin(
    *, kind: FlowKind, account_id: UUID, data: dict[str, Any], now: datetime
) -> tuple[Flow, str]:
    """Begin a flow in the caller's transaction; ``data`` holds ids and codes only. Also returns the cookie's token."""
    flow, token = prepare(kind=kind, account_id=account_id, data=data, now=now)
    statements.insert(flow)
    return flow, token


def prepare(
    *, kind: FlowKind, account_id: UUID, data: dict[str, Any], now: datetime
) -> tuple[Flow, str]:
    """What :func:`begin` writes and returns, not yet written."""
    token = ids.token()
    flow = Flow(
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
    row = statements.fetch_one(_FIND, [sealed.token_hash(token), kind.value, now])
    if row is None:
        raise FlowOver
    flow = _FLOW.row(row[: len(_FLOW)])
    flow.account = _ACCOUNT.row(row[len(_FLOW) :])
    return flow


def update(flow: Flow, **data: Any) -> None:
    """Remember more ids and codes.

    Raises:
        FlowMoved: another request changed or ended it since it was read.
    """
    changed = Flow.objects.filter(pk=flow.pk, ended_at__isnull=True, data=flow.data)
    flow.data = {**flow.data, **data}
    if not changed.update(data=flow.data):
        raise FlowMoved


def lock(flow: Flow) -> None:
    """Let nobody change the flow until the caller's transaction ends.

    Raises:
        FlowMoved: another request changed or ended it since it was read.
    """
    rows = Flow.objects.select_for_update().filter(pk=flow.pk, ended_at__isnull=True)
    if not rows.filter(data=flow.data).exists():
        raise FlowMoved


def end_others(flow: Flow, *, now: datetime) -> None:
    """End whatever of the same kind its account had begun beside it, in the caller's transaction."""
    beside = Flow.objects.filter(
        account_id=flow.account_id, kind=flow.kind, ended_at__isnull=True
    ).exclude(pk=flow.pk)
    beside.update(ended_at=now)


def end(flow: Flow, *more: statements.Step, now: datetime) -> list[int]:
    """End a flow, once, in the caller's transaction, and send ``more`` in the same trip; how many rows each met.

    ``more`` goes first, so that an account is locked before its flows, as everywhere.

    Raises:
        FlowOver: another request ended it first.
    """
    *counts, ended = statements.run_together(*more, (_END, [now, flow.pk]))
    if not ended:
        raise FlowOver
    return counts
