"""The dispute of a payment as its payer sees it: where it stands, and whether one can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from payments import policy
from payments.enums import DisputeState, RefundState
from payments.models import Dispute
from payments.rules import disputes as rules
from payments.selectors.receipts import Receipt
from payments.texts import NOT_DISPUTED

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
class Standing:
    """The last dispute of a payment, if there is one; ``why_not`` is empty if one can be asked."""

    last: Dispute | None
    is_open: bool
    is_late: bool
    why_not: Any

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
        is_late=last is not None and is_open and last.due_at <= now,
        why_not=NOT_DISPUTED[flaw] % {"days": policy.DISPUTABLE.days} if flaw else "",
    )
