"""Who pays, and what: people with a bank account and open bills, as the portal, the bank and the billers know them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any, Final
from uuid import uuid4

BANK_ENDINGS: Final = tuple(
    range(101, 114)
)  # what the bank does with an amount: see the sandbox's outcomes
BILLER_ENDINGS: Final = tuple(range(201, 215))
BANK: Final = "970436"
SIZES: Final = (1, 2, 3)  # payments in an order
ORDERS_EACH: Final = 2  # codes are sent five times in half an hour


@dataclass(frozen=True)
class Owed:
    """A bill, by what each side calls it."""

    public_id: str
    party: str
    reference: str
    amount: int


@dataclass(frozen=True)
class Payer:
    """What an application of theirs knows."""

    session: str
    phone: str
    link: str
    orders: list[list[Owed]] = field(default_factory=list)


def make(payments: int, *, sandbox: Any) -> list[Payer]:
    """So many payments' worth of payers, each with orders to pay; ``sandbox`` is the world outside."""
    from accounts.models import Account
    from benchmarks.people import make_people
    from eid_portal.core import clock, sealed
    from eid_portal.sandbox.money import bills as outside
    from eid_portal.sandbox.money.written import Bill as Outside
    from payments.models import Bill, Biller, CustomerCode
    from payments.models.billing import CUSTOMER_CODE

    now = clock.now()
    billers = cycle(list(Biller.objects.filter(party__in=["evn", "water"]).order_by("code")[:4]))
    plans = plan(payments)
    people = make_people((len(plans) + ORDERS_EACH - 1) // ORDERS_EACH)
    payers = make_payers(people, sandbox=sandbox)
    for place, (person, payer) in enumerate(zip(people, payers, strict=True)):
        account = Account.objects.get(pk=person.account_id)
        for amounts in plans[place * ORDERS_EACH : (place + 1) * ORDERS_EACH]:
            payer.orders.append([])
            for amount in amounts:
                biller, code = next(billers), f"C{place:08d}"
                CustomerCode.objects.get_or_create(
                    account=account, biller=biller, code_index=sealed.blind_index(CUSTOMER_CODE, code),
                    defaults={"code": code, "label": "Nhà", "saved_at": now},
                )  # fmt: skip
                bill = Bill.objects.create(
                    state="OPEN", biller=biller, reference=uuid4().hex, customer_code=code,
                    customer_code_index=sealed.blind_index(CUSTOMER_CODE, code), period="2026-11",
                    amount=amount, details={}, since=now, fetched_at=now,
                )  # fmt: skip
                there = Outside(
                    reference=bill.reference, customer_code=code, period="2026-11", amount=amount,
                    due_on="2026-12-01", customer_name="N*** T***", details={},
                )  # fmt: skip
                outside._keep(sandbox, biller.party, "", [there])
                payer.orders[-1].append(Owed(bill.public_id, biller.party, bill.reference, amount))
    return payers


def make_payers(people: Sequence[Any], *, sandbox: Any) -> list[Payer]:
    """People who are signed in, with a phone and a bank account that the bank knows too; nothing to pay yet."""
    from accounts.models import Account, Authenticator, Device
    from accounts.services import sessions
    from eid_portal.core import clock, sealed
    from payments.models import BankLink

    now = clock.now()
    Device.objects.update(first_seen_at=now - timedelta(days=30))
    payers = []
    consents: list[tuple[Any, ...]] = []
    for place, person in enumerate(people):
        account = Account.objects.get(pk=person.account_id)
        phone = f"+8490{place:05d}10"
        Authenticator.objects.create(
            state="ACTIVE", account=account, account_kind=account.kind, kind="SMS", secret=phone,
            phone_index=sealed.blind_index("phone", phone), bound_at=now - timedelta(days=30),
        )  # fmt: skip
        token, number = uuid4().hex, f"{place:010d}"
        link = BankLink.objects.create(
            state="ACTIVE", account=account, bank=BANK, token=token, holder_name="NGUYEN THI DO LUONG",
            ending=number[-4:], is_default=True, since=now, begun_at=now,
        )  # fmt: skip
        consents.append(
            (
                uuid4().hex,
                uuid4().hex,
                BANK,
                "",
                "",
                person.number,
                "given",
                token,
                number,
                now.isoformat(),
            )
        )
        key, _device, _new = sessions.start(
            account=account, device_token=person.device_token, device_label="Firefox, Linux",
            amr=("pwd", "otp"), address="127.0.0.1", office_id=None, now=now,
        )  # fmt: skip
        payers.append(Payer(key, phone, link.public_id))
    with sandbox.store.step() as connection:
        connection.executemany(
            "INSERT INTO consent (consent_id, reference, bank, return_url, full_name, personal_number, standing,"
            " token, account, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            consents,
        )
    return payers


def plan(payments: int) -> list[list[int]]:
    """The amounts of orders: most go well, and every way in which a bank or a biller can fail comes again and again."""
    banks, billers, sizes = cycle(BANK_ENDINGS), cycle(BILLER_ENDINGS), cycle(SIZES)
    planned: list[list[int]] = []
    made = 0
    while made < payments:
        place = len(planned)
        amounts = [1000 * (100 + (made + each) % 400) for each in range(next(sizes))]
        if place % 9 == 0:  # alone in its order, so that the bank sees this amount
            amounts[0] += next(banks)
        elif place % 5 == 1:
            amounts[0] += next(billers)
        planned.append(amounts)
        made += len(amounts)
    return planned
