"""A payer with a phone, a known device, a linked bank account and bills, and what they press."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Account, Device
from eid_portal.core import clock, sealed
from eid_portal.core.events import Actor, ActorKind
from payments.enums import BillState
from payments.models import BankLink, Bill, Biller, CustomerCode, PaymentOrder
from payments.models.billing import CUSTOMER_CODE
from payments.services import authorising, ordering
from payments.services.ordering import BillWanted, Drafted, Wanted
from tests import factories
from tests.payments.factories import make_biller, make_link

CODE = "PE01000123456"


@dataclass
class Payer:
    """Who pays, from what."""

    account: Account
    link: BankLink
    device_id: UUID

    @property
    def actor(self) -> Actor:
        return Actor(
            kind=ActorKind.CITIZEN,
            account_id=self.account.pk,
            citizen_id=self.account.citizen_id,
        )

    def draft(self, *wanted: Wanted, key: str | None = None) -> Drafted:
        return ordering.draft(
            account=self.account,
            link=self.link.public_id,
            wanted=wanted,
            key=key or str(uuid4()),
            device_id=self.device_id,
            actor=self.actor,
            now=clock.now(),
        )

    def order(self, *bills: Bill) -> PaymentOrder:
        return self.draft(*(BillWanted(bill=bill.public_id) for bill in bills)).order

    def send_code(self, order: PaymentOrder) -> str:
        authorising.send_code(
            account=self.account,
            order=order.public_id,
            device_id=self.device_id,
            now=clock.now(),
        )
        return factories.sent_code()

    def agree(self, order: PaymentOrder, code: str) -> PaymentOrder:
        return authorising.by_code(
            account=self.account,
            order=order.public_id,
            code=code,
            device_id=self.device_id,
            actor=self.actor,
            now=clock.now(),
        )

    def pay(self, *bills: Bill) -> PaymentOrder:
        order = self.order(*bills)
        return self.agree(order, self.send_code(order))


def make_payer(serial: int = 15, *, phone: str = factories.PHONE) -> Payer:
    """Somebody who can pay, and whose code is known to the biller."""
    account = factories.make_account(factories.make_citizen(serial))
    factories.make_phone(account, phone)
    now = clock.now()
    device = Device.objects.create(
        account=account,
        token_hash=uuid4().bytes,
        label="Firefox",
        first_seen_at=now - timedelta(days=30),
        last_seen_at=now,
    )
    save_code(account, make_biller())
    return Payer(account=account, link=make_link(account), device_id=device.pk)


def save_code(account: Account, biller: Biller, code: str = CODE) -> CustomerCode:
    return CustomerCode.objects.create(
        account=account,
        biller=biller,
        code=code,
        code_index=sealed.blind_index(CUSTOMER_CODE, code),
        label="Home",
        saved_at=clock.now(),
    )


def make_bill(amount: int = 415_000, **columns: Any) -> Bill:
    now = clock.now()
    values: dict[str, Any] = {
        "state": BillState.OPEN,
        "biller": make_biller(),
        "reference": f"HD-{uuid4().hex[:12]}",
        "customer_code": CODE,
        "customer_code_index": sealed.blind_index(CUSTOMER_CODE, CODE),
        "period": "2026-11",
        "amount": amount,
        "details": {},
        "since": now,
        "fetched_at": now,
    }
    return Bill.objects.create(**values | columns)
