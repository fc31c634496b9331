"""VietQR: a transfer to an account as a QR code (NAPAS's VietQR 1.5.2 on EMVCo's merchant-presented codes).

A code is a row of objects: two digits say what, two how long, then the value; templates hold objects again. The last
object is a check sum over everything before it. What is read here is what can be paid here: a transfer in đồng to an
account at a bank that we know. Everything else is refused with its reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from payments.rules import banks

LONGEST: Final = 512  # EMVCo QRCPS §3.1
PURPOSE_MOST: Final = 25  # EMVCo QRCPS table 4.9
_GUID: Final = "A000000727"  # NAPAS
_TO_ACCOUNT: Final = "QRIBFTTA"
_FORMAT, _METHOD, _NAPAS, _CURRENCY, _AMOUNT, _COUNTRY, _NAME, _CITY, _ADDITIONAL, _CRC = (
    "00", "01", "38", "53", "54", "58", "59", "60", "62", "63",
)  # fmt: skip
_FEES: Final = ("55", "56", "57")  # a tip or fee on top, which a payer could not see here
_MERCHANTS: Final = frozenset(f"{tag:02}" for tag in range(2, 52))
_CRC_LENGTH: Final = 4
_METHODS: Final = {"11": False, "12": True}
_VIETNAM, _DONG = "VN", "704"
_TLV: Final = re.compile(r"([0-9]{2})([0-9]{2})")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9]{1,19}")
_BIN: Final = re.compile(r"[0-9]{6}")
_WHOLE: Final = re.compile(r"[1-9][0-9]{0,12}")
_PRINTABLE: Final = re.compile(r"[ -~]*")


class Flaw(StrEnum):
    """Why a code is not paid."""

    STRUCTURE = (
        "structure"  # not objects of the lengths they say, or one that must be there is missing
    )
    DUPLICATE = "duplicate"  # an object is there twice
    TRAILING = "trailing"  # something follows the check sum
    CHECKSUM = "checksum"
    FORMAT = "format"  # another version, country or kind of code
    CURRENCY = "currency"
    AMOUNT = "amount"
    FEE = "fee"  # it asks for a tip or fee on top
    PAYEE = "payee"  # a shop or card of another network, not an account
    BANK = "bank"
    ACCOUNT = "account"


class NotPayable(ValueError):
    """The code is not one that can be paid here; ``flaw`` says why, ``tag`` at which object."""

    def __init__(self, flaw: Flaw, tag: str = "") -> None:
        super().__init__(f"{flaw.value} {tag}".strip())
        self.flaw = flaw
        self.tag = tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a code says. ``purpose`` and the other texts are plain ASCII where we make it."""

    bank: str  # BIN
    account: str = field(repr=False)
    amount: int | None = None  # None: the payer says how much
    is_dynamic: bool = False  # made for one payment
    purpose: str = field(default="", repr=False)
    bill: str = field(default="", repr=False)
    reference: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    city: str = field(default="", repr=False)


def checksum(text: str) -> str:
    """CRC-16/CCITT-FALSE (polynomial 0x1021, from 0xFFFF, not reflected) in four capitals."""
    value = 0xFFFF
    for byte in text.encode(errors="surrogatepass"):  # half a character is a wrong one
        value ^= byte << 8
        for _bit in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return f"{value:04X}"


def read(text: str) -> Code:
    """What a code says.

    Raises:
        NotPayable: see ``Flaw``.
    """
    objects = _whole(text)
    _require(objects.get(_FORMAT) == "01", Flaw.FORMAT, _FORMAT)
    _require(objects.get(_METHOD, "11") in _METHODS, Flaw.FORMAT, _METHOD)
    _require(objects.get(_COUNTRY) == _VIETNAM, Flaw.FORMAT, _COUNTRY)
    _require(objects.get(_CURRENCY) == _DONG, Flaw.CURRENCY, _CURRENCY)
    for tag in _FEES:
        _require(tag not in objects, Flaw.FEE, tag)
    additional = _objects(objects.get(_ADDITIONAL, ""), within=_ADDITIONAL)
    bank, account = _payee(objects)
    return Code(
        bank=bank,
        account=account,
        amount=_amount(objects),
        is_dynamic=_METHODS[objects.get(_METHOD, "11")],
        purpose=additional.get("08", ""),
        bill=additional.get("01", ""),
        reference=additional.get("05", ""),
        name=objects.get(_NAME, ""),
        city=objects.get(_CITY, ""),
    )


def make(code: Code) -> str:
    """The text of a code, to be drawn.

    Raises:
        NotPayable: it is none that :func:`read` would take, or a text is too long or not plain ASCII.
    """
    payee = _tlv({"00": code.bank, "01": code.account})
    additional = {"01": code.bill, "05": code.reference, "08": code.purpose}
    text = _tlv(
        {
            _FORMAT: "01",
            _METHOD: "12" if code.is_dynamic else "11",
            _NAPAS: _tlv({"00": _GUID, "01": payee, "02": _TO_ACCOUNT}),
            _CURRENCY: _DONG,
            _AMOUNT: "" if code.amount is None else str(code.amount),
            _COUNTRY: _VIETNAM,
            _NAME: code.name,
            _CITY: code.city,
            _ADDITIONAL: _tlv(additional),
        }
    )
    text += f"{_CRC}{_CRC_LENGTH:02}"
    text += checksum(text)
    _require(len(code.purpose) <= PURPOSE_MOST, Flaw.STRUCTURE, _ADDITIONAL)
    _require(_PRINTABLE.fullmatch(text) is not None, Flaw.STRUCTURE)
    _require(read(text) == code, Flaw.STRUCTURE)
    return text


def _whole(text: str) -> Mapping[str, str]:
    """The outer objects, with the check sum last and right."""
    _require(0 < len(text) <= LONGEST, Flaw.STRUCTURE)
    objects = _objects(text)
    _require(_CRC in objects, Flaw.STRUCTURE, _CRC)
    _require(len(objects[_CRC]) == _CRC_LENGTH, Flaw.STRUCTURE, _CRC)
    _require(checksum(text[:-_CRC_LENGTH]) == objects[_CRC], Flaw.CHECKSUM, _CRC)
    _require(next(iter(objects)) == _FORMAT, Flaw.FORMAT, _FORMAT)
    return objects


def _objects(text: str, within: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        _require(within or _CRC not in found, Flaw.TRAILING, _CRC)
        head = _TLV.match(text, place)
        if head is None:
            raise NotPayable(Flaw.STRUCTURE, within)
        tag, length = head[1], int(head[2])
        value = text[head.end() : head.end() + length]
        _require(length and len(value) == length, Flaw.STRUCTURE, within or tag)
        _require(tag not in found, Flaw.DUPLICATE, within or tag)
        found[tag] = value
        place = head.end() + length
    return found


def _payee(objects: Mapping[str, str]) -> tuple[str, str]:
    """Bank and account. A code may offer other networks beside NAPAS's."""
    if _NAPAS not in objects:
        raise NotPayable(Flaw.PAYEE if _MERCHANTS & objects.keys() else Flaw.STRUCTURE, _NAPAS)
    template = _objects(objects[_NAPAS], within=_NAPAS)
    _require(template.get("00") == _GUID, Flaw.PAYEE, _NAPAS)
    _require(template.get("02") == _TO_ACCOUNT, Flaw.PAYEE, _NAPAS)
    payee = _objects(template.get("01", ""), within=_NAPAS)
    bank, account = payee.get("00", ""), payee.get("01", "")
    _require(_BIN.fullmatch(bank) and bank in banks.NAMES, Flaw.BANK, _NAPAS)
    _require(_ACCOUNT.fullmatch(account), Flaw.ACCOUNT, _NAPAS)
    return bank, account


def _amount(objects: Mapping[str, str]) -> int | None:
    if _AMOUNT not in objects:
        return None
    _require(_WHOLE.fullmatch(objects[_AMOUNT]), Flaw.AMOUNT, _AMOUNT)
    return int(objects[_AMOUNT])


def _tlv(objects: Mapping[str, str]) -> str:
    """The objects that have a value, in their order."""
    text = ""
    for tag, value in objects.items():
        if value:
            _require(len(value) <= 99, Flaw.STRUCTURE, tag)  # noqa: PLR2004 - two digits say how long
            text += f"{tag}{len(value):02}{value}"
    return text


def _require(holds: object, flaw: Flaw, tag: str = "") -> None:
    if not holds:
        raise NotPayable(flaw, tag)
