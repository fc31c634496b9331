"""The bills that are there from the beginning, by customer code or person, for the months up to today."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from eid_portal.sandbox import cards, data, papers
from eid_portal.sandbox.data import Person

MONTHS: Final = 6  # this one and those before, which are paid
_BY_AMOUNT: Final = re.compile(r"[A-Z]{0,3}09(\d{8,9})", re.ASCII)
_BASE_SALARY: Final = 2_340_000  # Decree 73/2024/ND-CP
_HEALTH_RATE: Final = 45  # thousandths of it a month (Decree 188/2025/ND-CP)
_BY_ORDER: Final = (100, 70, 60, 50, 40)  # per cent, the first to the fifth of a household
LEAST_INCOME: Final = 1_500_000  # the poverty line of rural areas
_SOCIAL_RATE: Final = 22  # per cent
_SUPPORT: Final = {
    "poor": 50,
    "near_poor": 40,
    "minority": 30,
    "others": 20,
}  # per cent of the least, of the state
_TIMES_MOST: Final = 20  # base salaries
_YEAR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill as its biller holds it; ``owner`` is the personal number or household it can be found by."""

    reference: str
    customer_code: str
    period: str
    amount: int
    due_on: str
    customer_name: str
    details: dict[str, Any]
    state: str = "open"
    owner: str = ""
    meanwhile: str = ""  # what it turns out to be when it is paid: paid or withdrawn


@dataclass(frozen=True, slots=True)
class Customer:
    """Who stands behind a code that was written: amounts by month, this one first."""

    name: str
    amounts: tuple[int, ...]
    details: Callable[[int, str], dict[str, Any]]
    states: dict[int, str] = field(default_factory=dict)
    meanwhile: str = ""


def _electricity(amount: int, code: str) -> dict[str, Any]:
    net = round(amount / 1.08)
    used = max(1, round(net / 2_500))
    old = 10_000 + _grain(code, 5_000)
    return {
        "lines": [{"text": "Điện sinh hoạt", "quantity": used, "unit_price": None, "amount": net}],
        "net": net,
        "vat": amount - net,
        "meter_no": f"2306{_grain(code + 'meter', 10**8):08d}",
        "old_index": old,
        "new_index": old + used,
        "households": 1,
    }


def _water(amount: int, code: str) -> dict[str, Any]:
    net = round(amount / 1.05)
    used = max(1, round(net / 9_000))
    old = 500 + _grain(code, 500)
    return {
        "lines": [{"text": "Nước sinh hoạt", "quantity": used, "unit_price": None, "amount": net}],
        "net": net,
        "vat": amount - net,
        "meter_no": f"W{_grain(code + 'meter', 10**7):07d}",
        "old_index": old,
        "new_index": old + used,
        "households": 1,
    }


def _plain(amount: int, _code: str) -> dict[str, Any]:
    return {
        "lines": [{"text": "Tiền dịch vụ", "quantity": 1, "unit_price": amount, "amount": amount}],
        "net": amount,
        "vat": 0,
    }


_EVN: Final = {
    "PE01000123456": Customer(
        "NG*** T** M*** A**", (486_200, 463_900, 512_400, 598_100, 571_300, 540_800), _electricity
    ),
    "PE01000123457": Customer(
        "NG*** V** A*", (312_000, 298_500, 305_700), _electricity, states={0: "paid"}
    ),
    "PE01000123458": Customer(
        "TR*** T** B***", (227_000, 214_600, 236_900), _electricity, meanwhile="withdrawn"
    ),
    "PE01000123459": Customer(
        "L* H**** P***", (351_000, 344_200, 360_300), _electricity, meanwhile="paid"
    ),
}
_SAWACO: Final = {
    "0712345678": Customer(
        "NG*** T** M*** A**", (152_300, 148_700, 156_000, 161_900, 150_400, 149_100), _water
    ),
}
_CUSTOMERS: Final = {"evn": _EVN, "water": _SAWACO}
_DETAILS: Final = {"evn": _electricity, "water": _water}
TO_TRY: Final = {
    ("evn", "PE01000123456"): "a bill to pay",
    ("water", "0712345678"): "a bill to pay",
    ("evn", "PE01000123457"): "paid already",
    ("evn", "PE01000123458"): "withdrawn meanwhile",
    ("evn", "PE01000123459"): "paid elsewhere meanwhile",
    (
        "evn",
        "PE09000500204",
    ): "the amount in the code, here 500.204: the biller is silent, but done",
}


def to_try() -> list[dict[str, str]]:
    """Codes and what each is for, for programs."""
    coded = [
        {"biller": party, "customer_code": code, "what": what}
        for (party, code), what in TO_TRY.items()
    ]
    return [
        *coded,
        {"biller": "health-premiums", "what": "a year for the household, by personal number"},
        {
            "biller": "social-premiums",
            "what": "a month, by personal number; an income chosen with … as an amount",
        },
    ]


def of_code(party: str, biller: str, code: str, today: date) -> list[Bill]:
    """The bills that a code has from the beginning."""
    customer = _CUSTOMERS.get(party, {}).get(code)
    if customer is None:
        chosen = _BY_AMOUNT.fullmatch(code)
        if chosen is None or int(chosen[1]) == 0:
            return []
        customer = Customer("KH*** H***", (int(chosen[1]),), _DETAILS.get(party, _plain))
    prefix = f"{biller}-" if biller else ""
    return [
        Bill(
            reference=f"{prefix}{code}-{month:%Y%m}",
            customer_code=code,
            period=f"{month:%Y-%m}",
            amount=amount,
            due_on=_due(month).isoformat(),
            customer_name=customer.name,
            details=customer.details(amount, f"{code}{month:%Y%m}"),
            state=customer.states.get(place, "paid" if place else "open"),
            meanwhile="" if place else customer.meanwhile,
        )
        for place, (month, amount) in enumerate(zip(_months(today), customer.amounts, strict=False))
    ]


def of_person(party: str, person: Person, today: date) -> list[Bill]:
    """The premiums a person can pay from the beginning."""
    match party:
        case "health-premiums":
            return [_health(person, today)]
        case "social-premiums":
            return [_social(person, today)]
        case _:
            return []


def owner_of(party: str, person: Person) -> str:
    """Under whom a person's bills are found: health premiums are a whole household's."""
    household = data.household_of(person)
    return household[0].number if party == "health-premiums" else person.number


def _health(person: Person, today: date) -> Bill:
    """The premium of a household for a year."""
    household = data.household_of(person)
    code = health_code(person)
    return health_bill(
        person,
        household,
        _YEAR,
        reference=f"{code}-{today:%Y}",
        period=f"{today:%Y}",
        due_on=date(today.year, 12, 12),
    )


def health_code(person: Person) -> str:
    """The code of a person's household."""
    return f"HGD{papers.ten_digits(data.household_of(person)[0], 'household')}"


def member_of(person: Person) -> str:
    """How the insurer calls a member of a household."""
    return f"M{papers.ten_digits(person, 'member')}"


def health_bill(
    person: Person,
    members: list[Person],
    months: int,
    *,
    reference: str,
    period: str,
    due_on: date,
    paid_before: int = 0,
) -> Bill:
    """The premium of some of a household, of whom others paid before; from the fifth on each pays as the fifth."""
    head = data.household_of(person)[0]
    full = _BASE_SALARY * _HEALTH_RATE // 1000 * months
    placed = [(who, _BY_ORDER[min(place, 4)]) for place, who in enumerate(members, paid_before)]
    lines = [
        {
            "text": masked(member),
            "member": member_of(member),
            "quantity": months,
            "unit_price": None,
            "percent": percent,
            "amount": full * percent // 100,
        }
        for member, percent in placed
    ]
    amount = sum(full * percent // 100 for _member, percent in placed)
    return Bill(
        reference=reference,
        customer_code=health_code(person),
        period=period,
        amount=amount,
        due_on=due_on.isoformat(),
        customer_name=masked(head),
        details={"lines": lines, "net": amount, "vat": 0, "members": len(members)},
        owner=head.number,
    )


def _social(person: Person, today: date) -> Bill:
    """The lowest premium of a month."""
    month = today.replace(day=1)
    return social_bill(
        person,
        LEAST_INCOME,
        1,
        reference=f"{social_code(person)}-{month:%Y%m}",
        period=f"{month:%Y-%m}",
        due_on=end_of(month),
    )


def social_code(person: Person) -> str:
    """The code of somebody who insures themself."""
    return f"TN{papers.ten_digits(person, 'social')}"


def most_income() -> int:
    """The highest income that can be insured."""
    return _TIMES_MOST * _BASE_SALARY


def group_of(person: Person) -> str:
    """Whom the state's register counts a person among: those of whole tens are of a poor household."""
    return "poor" if person.number.endswith("0") else "others"


def social_bill(
    person: Person, income: int, months: int, *, reference: str, period: str, due_on: date
) -> Bill:
    """22 % of an income, of which the state pays a part of what the least costs."""
    full = (income * _SOCIAL_RATE * 2 + 100) // 200
    support = LEAST_INCOME * _SOCIAL_RATE * _SUPPORT[group_of(person)] // 10_000
    lines = [
        {"text": "Mức đóng", "quantity": months, "unit_price": full, "amount": full * months},
        {"text": "Nhà nước hỗ trợ", "quantity": months, "unit_price": -support, "amount": -support * months},
    ]  # fmt: skip
    amount = (full - support) * months
    return Bill(
        reference=reference,
        customer_code=social_code(person),
        period=period,
        amount=amount,
        due_on=due_on.isoformat(),
        customer_name=masked(person),
        details={"lines": lines, "net": amount, "vat": 0},
        owner=person.number,
    )


def masked(person: Person) -> str:
    """A name as billers show it: the first letter of each word."""
    return " ".join(
        word[0] + "*" * (len(word) - 1) for word in cards.plain(person.name).upper().split()
    )


def _months(today: date) -> Iterator[date]:
    month = today.replace(day=1)
    for _place in range(MONTHS):
        yield month
        month = (month - timedelta(days=1)).replace(day=1)


def _due(month: date) -> date:
    return end_of(month) + timedelta(days=5)


def end_of(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _grain(text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % size
