"""The dispute of a payment as its payer sees it: where it stands, and whether one can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from accounts.models import Account
from payments import policy
from payments.enums import DisputeState, RefundState
from payments.models import Dispute
from payments.rules import disputes as rules
from payments.selectors.receipts import Receipt
from payments.texts import NOT_DISPUTED

ON_A_PAGE: Final = 20

# How its state is marked, as `ui.tag` names it.
_TAGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        DisputeState.ASKED: ("info", "search"),
        DisputeState.PROPOSED: ("info", "clock"),
        DisputeState.UPHELD: ("ok", "check"),
        DisputeState.REJECTED: ("err", "x"),
        DisputeState.WITHDRAWN: ("info", "x"),
    }
)
_OPEN: Final = frozenset({DisputeState.ASKED, DisputeState.PROPOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A dispute, and whether it should have been answered by now."""

    dispute: Dispute
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The last dispute of a payment, if there is one; ``why_not`` is empty if one can be asked."""

    last: Dispute | None
    is_open: bool
    is_late: bool
    why_not: Any

    @property
    def asked(self) -> Asked | None:
        """The last one."""
        return Asked(dispute=self.last, is_late=self.is_late) if self.last else None

    @property
    def label(self) -> str:
        """Where the last one stands, in words."""
        return str(DisputeState(self.last.state).label) if self.last else ""

    @property
    def tag(self) -> tuple[str, str]:
        """How that is marked."""
        return _TAGS[self.last.state] if self.last else ("", "")

    @property
    def can_ask(self) -> bool:
        """Whether it can be asked now."""
        return not self.is_open and not self.why_not


def standing_of(receipt: Receipt, *, now: datetime) -> Standing:
    """How it stands about a payment."""
    payment, order = receipt.payment, receipt.payment.order
    last = Dispute.objects.filter(payment=payment).order_by("-pk").first()
    is_open = last is not None and last.state in _OPEN
    flaw = rules.flaw(
        state=payment.state,
        order_state=order.state,
        begun_at=order.debited_at or order.authorised_at,
        paid=payment.amount,
        back=sum(row.amount for row in receipt.refunds if row.state != RefundState.REFUSED),
        now=now,
    )
    return Standing(
        last=last,
        is_open=is_open,
        is_late=last is not None and _is_late(last, now),
        why_not=NOT_DISPUTED[flaw] % {"days": policy.DISPUTABLE.days} if flaw else "",
    )


def list_disputes(account: Account, *, before: str, now: datetime) -> dict[str, Any]:
    """A page of the disputes of an account, newest first; ``before`` is the public id of the last one seen."""
    rows = Dispute.objects.select_related("payment").filter(payment__order__account=account)
    last = rows.filter(public_id=before).first() if before else None
    if last:
        rows = rows.filter(pk__lt=last.pk)
    found = list(rows.order_by("-pk")[: ON_A_PAGE + 1])
    shown = found[:ON_A_PAGE]
    return {
        "disputes": [Asked(dispute=row, is_late=_is_late(row, now)) for row in shown],
        "next": shown[-1].public_id if len(found) > ON_A_PAGE else None,
    }


def _is_late(dispute: Dispute, now: datetime) -> bool:
    return dispute.state in _OPEN and dispute.due_at <= now
