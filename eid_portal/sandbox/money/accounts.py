"""The made-up people's bank accounts: two at each bank, ten digits, and the person can be read in them again."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from eid_portal.sandbox import cards, data, papers
from eid_portal.sandbox.data import Person

BANKS: Final = {
    "970403": "Sacombank", "970405": "Agribank", "970407": "Techcombank", "970409": "Bac A Bank",
    "970412": "PVcomBank", "970415": "VietinBank", "970416": "ACB", "970418": "BIDV", "970419": "NCB",
    "970422": "MB", "970423": "TPBank", "970425": "ABBank", "970426": "MSB", "970428": "Nam A Bank",
    "970429": "SCB", "970431": "Eximbank", "970432": "VPBank", "970436": "Vietcombank", "970437": "HDBank",
    "970438": "BaoViet Bank", "970440": "SeABank", "970441": "VIB", "970443": "SHB", "970448": "OCB",
    "970449": "LPBank", "970452": "Kienlongbank", "970454": "BVBank",
}  # fmt: skip
_KINDS: Final = ("Tài khoản thanh toán", "Tài khoản lương")


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its bank shows it to its customer."""

    bank: str
    number: str
    kind: str
    holder: str


def of(person: Person, bank: str) -> list[Account]:
    """A person's accounts at a bank."""
    return [
        Account(bank, papers.ten_digits(person, f"{bank}{kind}"), kind, holder_name(person))
        for kind in _KINDS
    ]


def find(bank: str, number: str, *, today: date) -> Account | None:
    """The account of a number at a bank; None if there is none."""
    if bank not in BANKS or len(number) != 10 or not (number.isascii() and number.isdigit()):  # noqa: PLR2004
        return None
    person = data.find(papers.from_ten_digits(number), today=today)
    if person is None:
        return None
    return next((account for account in of(person, bank) if account.number == number), None)


def holder_name(person: Person) -> str:
    """The name as banks write it."""
    return cards.plain(person.name).upper()


def to_try(person: Person) -> list[dict[str, str]]:
    """Some of a person's accounts, for whoever tries the demonstration."""
    return [
        {"bank": bank, "bank_name": BANKS[bank], "account": account.number, "name": account.holder}
        for bank in ("970436", "970405", "970418")
        for account in of(person, bank)[:1]
    ]
