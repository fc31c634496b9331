"""A person's bank accounts, as they are shown: the bank, the last four digits, the holder's name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from accounts.models import Account
from payments.enums import LinkState
from payments.models import BankLink
from payments.rules import banks

_SHOWN_ENDED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A bank account of the person."""

    public_id: str
    bank: str
    bank_name: str
    ending: str
    holder_name: str = field(repr=False)
    is_default: bool
    since: datetime
    state: LinkState
    by_bank: bool = False
    page: str = field(default="", repr=False)
    onward: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The bank and the last four digits."""
        return f"{self.bank_name} •••• {self.ending}" if self.ending else self.bank_name

    @property
    def begin_again(self) -> str:
        """Where the same bank is asked anew, with the same way on."""
        onward = {"next": self.onward} if self.onward else {}
        return f"/banks/link/?{urlencode({'bank': self.bank, **onward})}"


def active(account: Account) -> Sequence[Linked]:
    """Those that pay, the default one first."""
    rows = BankLink.objects.filter(account=account, state=LinkState.ACTIVE)
    return [_shown(row) for row in rows.order_by("-is_default", "since", "pk")]


def ended_by_bank(account: Account) -> Sequence[Linked]:
    """Those whose banks ended the consent, newest first, where the same was not linked anew."""
    rows = BankLink.objects.filter(account=account, state=LinkState.UNLINKED, code="bank")
    linked = {(one.bank, one.ending) for one in active(account)}
    shown = [_shown(row) for row in rows.order_by("-since")[:_SHOWN_ENDED]]
    return [one for one in shown if (one.bank, one.ending) not in linked]


def find(account: Account, public_id: str) -> Linked | None:
    """One of them, whatever its state."""
    row = BankLink.objects.filter(account=account, public_id=public_id).first()
    return None if row is None else _shown(row)


def begun(account: Account, consent_id: str) -> Linked | None:
    """The one whose consent the browser came back with."""
    if not consent_id.isprintable():
        return None
    row = BankLink.objects.filter(account=account, consent_id=consent_id).first()
    return None if row is None else _shown(row)


def _shown(row: BankLink) -> Linked:
    return Linked(
        public_id=row.public_id,
        bank=row.bank,
        bank_name=banks.NAMES.get(row.bank, row.bank),
        ending=row.ending,
        holder_name=row.holder_name or "",
        is_default=row.is_default,
        since=row.since,
        state=LinkState(row.state),
        by_bank=row.code == "bank",
        page=row.page if row.state == LinkState.LINKING else "",
        onward=row.onward,
    )
