"""Health-insurance cards and contribution records, of social insurance.

A card answers to its 15 characters, to the 10 digits of the social-insurance number and to the 12 of the person.
"""

import re
from datetime import date
from typing import Final

from eid_portal.sandbox import cards, data, wire
from eid_portal.sandbox.data import Person
from eid_portal.sandbox.papers import (
    Document,
    Kind,
    Registry,
    age,
    from_ten_digits,
    grain,
    holder,
    never_ends,
    place,
    ten_digits,
)

_SMALL, _ADULT, _RETIRED = 6, 18, 62
_PERSONAL_NUMBER: Final = 12
_EMPLOYERS: Final = (
    "Công ty TNHH Mẫu",
    "Trường Trung học phổ thông Thử Nghiệm",
    "Hợp tác xã Mẫu Xanh",
)


def _number(person: Person) -> str:
    return ten_digits(person, "social")


def _card_number(person: Person) -> str:
    """The category and benefit a card had when it was first made stay in its number."""
    born = data.register_birth_date(person)
    group = "HS4" if born.year >= 2009 else "HT3" if born.year < 1964 else "DN4"  # noqa: PLR2004
    return f"{group}{person.number[1:3]}{_number(person)}"


def _in_number(number: str) -> str | None:
    return number if len(number) == _PERSONAL_NUMBER else from_ten_digits(number[-10:])


def _other_numbers(person: Person) -> tuple[str, ...]:
    return (_number(person), person.number)


def _shortest(number: str) -> str:
    return number if len(number) == _PERSONAL_NUMBER else number[-10:]


def _has_worked(person: Person, today: date) -> bool:
    return age(person, today) >= _ADULT + 2 and grain(f"works{person.number}", 10) < 9  # noqa: PLR2004


def _make_card(person: Person, number: str, today: date) -> Document:
    short = number if re.match(r"[A-Z]", number) else _card_number(person)
    begun = date(today.year, 1, 1)
    five_years = age(person, today) > _ADULT
    return holder(person) | {
        "card_no": number,
        "sex": person.sex,
        "category": short[:2],
        "benefit": int(short[2]),
        "province": person.province,
        "first_facility": {
            "code": f"{person.number[1:3]}{1 + grain(person.number, 60):03d}",
            "name": f"Trạm y tế {person.commune}",
        },
        "valid_from": begun.isoformat(),
        "valid_until": date(today.year, 12, 31).isoformat(),
        "five_years_from": date(today.year - 2, 1, 1).isoformat() if five_years else None,
        "issuer": f"Bảo hiểm xã hội {place(person)}",
        "status": "valid",
    }


def _make_record(person: Person, number: str, today: date) -> Document:
    """Two employers, without a gap, since some years after coming of age, until the month before this one."""
    grown = cards.birthday(data.register_birth_date(person), _ADULT).year
    begun = max(grown + grain(f"begun{number}", 3), 1995)
    until = min(today.year * 12 + today.month - 2, (grown + _RETIRED - _ADULT) * 12)
    first = max(begun * 12, until - 40 * 12)
    change = first + (until - first) * 2 // 3
    salary = 5_000_000 + grain(number, 40) * 100_000
    spans = ((first, change, salary), (change + 1, until, salary * 3 // 2))
    return holder(person) | {
        "social_insurance_no": number,
        "issued_on": f"{first // 12}-{first % 12 + 1:02d}-15",
        "issuer": f"Bảo hiểm xã hội {place(person)}",
        "months": sum(end - start + 1 for start, end, _salary in spans),
        "periods": [
            {
                "from": _month(start),
                "to": _month(end),
                "employer": _EMPLOYERS[(grain(number, 3) + turn) % len(_EMPLOYERS)],
                "salary": paid,
            }
            for turn, (start, end, paid) in enumerate(spans)
        ],
        "status": "valid",
    }


def _month(count: int) -> str:
    return f"{count // 12}-{count % 12 + 1:02d}"


PARTY: Final = "social-insurance"
REGISTRY: Final = Registry(
    party=PARTY,
    name="Social insurance: health cards and contribution records",
    vietnamese="Bảo hiểm xã hội: thẻ bảo hiểm y tế và quá trình đóng",
    office="Bảo hiểm xã hội nơi quản lý",
    kinds=(
        Kind(
            type="health_card",
            one="card",
            many="health_cards",
            asked="card_no",
            look_up="/v1/health-cards/lookup",
            pattern=re.compile(r"[A-Z]{2}[1-5]\d{12}|\d{10}|\d{12}", re.ASCII),
            number=_card_number,
            in_number=_in_number,
            also=_other_numbers,
            changed_as=_shortest,
            holds=lambda _person, _today: True,
            newborns=True,
            make=_make_card,
        ),
        Kind(
            type="record",
            one="record",
            many="records",
            asked="social_insurance_no",
            look_up="/v1/records/lookup",
            pattern=re.compile(r"\d{10}", re.ASCII),
            number=_number,
            in_number=from_ten_digits,
            holds=_has_worked,
            make=_make_record,
            end=never_ends,
        ),
    ),
)
ROUTES: Final = wire.signed_routes(REGISTRY)
