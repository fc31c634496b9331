"""Files of a day as banks and billers write them, read in a stream: camt.053 (ISO 20022), and CSV (RFC 4180).

A line that cannot be read is reported by its number and a code for the place that is wrong, and the rest is read. A
file that is no file of its kind, is cut off, or brings definitions of its own is refused as a whole.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Final

from lxml import etree

from payments.enums import ReportKind, StatementFormat

MOST: Final = 10**13  # đồng, of one movement
_CAMT: Final = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.[0-9]{2}\}")
_AMOUNT: Final = re.compile(r"([1-9][0-9]{0,12})(?:\.0{1,2})?")
_SUM: Final = re.compile(r"([0-9]{1,18})(?:\.0{1,2})?")
_WORD: Final = re.compile(r"[\x21-\x7e]{1,64}")
_BANK: Final = re.compile(r"[A-Z0-9]{1,20}")
_COLUMNS: Final = ("reference", "bill", "customer_code", "amount", "paid_at", "receipt")
_SIDES: Final = {
    ReportKind.DEBIT: "CRDT", ReportKind.REFUND: "DBIT", ReportKind.PAYOUT: "DBIT",
}  # fmt: skip
_LONGEST: Final = 200  # characters of what stands in an element that is read


class Unreadable(ValueError):
    """The whole file is refused; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A movement that was done. The number is that of the line, or of the entry among entries."""

    number: int
    kind: ReportKind
    reference: str
    amount: int
    at: datetime
    bank: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that cannot be read; ``code`` names the place, never what stood there."""

    number: int
    code: str


class _Wrong(ValueError):
    pass


def read(
    chunks: Iterable[bytes], format_: StatementFormat, *, day: date, zone: tzinfo, longest: int
) -> Iterator[Line | Bad]:
    """The lines of a file of ``day`` in ``zone``; ``longest`` is what a line of CSV may have in bytes.

    Raises:
        Unreadable: see the class; what came before is of no worth.
    """
    lines = _camt(chunks) if format_ == StatementFormat.CAMT else _csv(chunks, longest)
    for line in lines:
        if isinstance(line, Line) and line.at.astimezone(zone).date() != day:
            yield Bad(line.number, "other_day")
        else:
            yield line


# --- What stands in a line ----------------------------------------------------------------------------
def _amount(written: str) -> int:
    found = _AMOUNT.fullmatch(written)
    if found is None or int(found[1]) > MOST:
        raise _Wrong("amount")
    return int(found[1])


def _moment(written: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise _Wrong(name) from None
    if at.tzinfo is None:
        raise _Wrong(name)
    return at


def _word(written: str, name: str) -> str:
    if not _WORD.fullmatch(written):
        raise _Wrong(name)
    return written


# --- CSV ------------------------------------------------------------------------------------------------
def _csv(chunks: Iterable[bytes], longest: int) -> Iterator[Line | Bad]:
    rows = _rows(chunks, longest)
    _number, head = next(rows, (0, None))
    if head is None or _cells(head.removeprefix(b"\xef\xbb\xbf")) != list(_COLUMNS):
        raise Unreadable("header")
    for number, row in rows:
        cells = None if row is None else _cells(row)
        if cells == []:
            continue  # an empty line
        if cells is None or len(cells) != len(_COLUMNS):
            yield Bad(number, "line")
            continue
        try:
            yield _payment(number, dict(zip(_COLUMNS, cells, strict=True)))
        except _Wrong as wrong:
            yield Bad(number, str(wrong))


def _payment(number: int, cells: Mapping[str, str]) -> Line:
    return Line(
        number=number,
        kind=ReportKind.PAYMENT,
        reference=_word(cells["reference"], "reference"),
        amount=_amount(cells["amount"]),
        at=_moment(cells["paid_at"], "paid_at"),
        receipt=_word(cells["receipt"], "receipt"),
    )


def _rows(chunks: Iterable[bytes], longest: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines, each by itself, so that a bad one spoils no other; of one that is too long nothing is kept."""
    number, kept, too_long = 1, b"", False
    for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            row = kept + part
            yield number, None if too_long or len(row) > longest else row
            number, kept, too_long = number + 1, b"", False
        kept += rest
        if len(kept) > longest:
            kept, too_long = b"", True
    if kept or too_long:
        yield number, None if too_long else kept


def _cells(row: bytes) -> list[str] | None:
    try:
        found = list(csv.reader([row.decode().removesuffix("\r")], strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return found[0] if found else []


# --- camt.053 -------------------------------------------------------------------------------------------
_ENTRY: Final = ("Document", "BkToCstmrStmt", "Stmt", "Ntry")
_READ: Final = {
    ("Amt",): "amount",
    ("CdtDbtInd",): "side",
    ("Sts", "Cd"): "status",
    ("BookgDt", "DtTm"): "at",
    ("AcctSvcrRef",): "receipt",
    ("BkTxCd", "Prtry", "Cd"): "kind",
    ("NtryDtls", "TxDtls", "Refs", "EndToEndId"): "reference",
}  # fmt: skip
_STATEMENT: Final = _ENTRY[:3]
_SERVICER: Final = (*_STATEMENT, "Acct", "Svcr", "FinInstnId", "ClrSysMmbId", "MmbId")
_BALANCE: Final = (*_STATEMENT, "Bal")
_BALANCE_READ: Final = {("Tp", "CdOrPrtry", "Cd"): "type", ("Amt",): "amount", ("CdtDbtInd",): "side"}  # fmt: skip


class _Target:
    """Hears the elements of a document as they come, and keeps the lines until they are fetched."""

    def __init__(self) -> None:
        self.lines: list[Line | Bad] = []
        self.number = 0
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._of: dict[str, str] = {}
        self._currency = ""
        self._bank = ""
        self._balances: dict[str, int] = {}
        self._total = 0
        self._all_read = True
        self._namespace = ""

    def doctype(self, *_said: Any) -> None:
        """A document that defines entities of its own is none of ours."""
        raise Unreadable("doctype")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if not self._path:
            found = _CAMT.match(tag)
            if found is None or tag != f"{found[0]}Document":
                raise Unreadable("not_camt")
            self._namespace = found[0]
        self._path.append(tag.removeprefix(self._namespace))
        path = tuple(self._path)
        if path == _STATEMENT:
            self._bank, self._balances, self._total, self._all_read = "", {}, 0, True
        elif path in {_ENTRY, _BALANCE}:
            self._of, self._currency = {}, ""
            self.number += path == _ENTRY
        elif self._name(path):
            self._text = []
            if path[-1] == "Amt":
                self._currency = attributes.get("Ccy", "")

    def data(self, text: str) -> None:
        """Text of an element, perhaps in parts."""
        if self._text is not None:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        """An element ends."""
        path = tuple(self._path)
        self._path.pop()
        name = self._name(path)
        if name and self._text is not None:
            text = "".join(self._text).strip()[:_LONGEST]
            self._text = None
            if path == _SERVICER:
                self._bank = text
            elif name in self._of:
                self._of["twice"] = name
            else:
                self._of[name] = text
        elif path == _ENTRY:
            self._entry()
        elif path == _BALANCE:
            self._balance()
        elif path == _STATEMENT:
            self._check()

    def close(self) -> None:
        """The document is whole."""

    def fetch(self) -> list[Line | Bad]:
        """The lines that came since the last call."""
        found, self.lines = self.lines, []
        return found

    def _name(self, path: tuple[str, ...]) -> str:
        if path == _SERVICER:
            return "bank"
        if path[: len(_ENTRY)] == _ENTRY:
            return _READ.get(path[len(_ENTRY) :], "")
        if path[: len(_BALANCE)] == _BALANCE:
            return _BALANCE_READ.get(path[len(_BALANCE) :], "")
        return ""

    def _entry(self) -> None:
        try:
            line = self._line()
        except _Wrong as wrong:
            self._all_read = False
            self.lines.append(Bad(self.number, str(wrong)))
        else:
            self._total += line.amount if line.kind == ReportKind.DEBIT else -line.amount
            self.lines.append(line)

    def _line(self) -> Line:
        of = self._of
        if "twice" in of:
            raise _Wrong(of["twice"])
        for name in _READ.values():
            if not of.get(name):
                raise _Wrong(name)
        if of["kind"] not in _SIDES:
            raise _Wrong("kind")
        kind = ReportKind(of["kind"])
        if of["side"] != _SIDES[kind]:
            raise _Wrong("side")
        if of["status"] != "BOOK":
            raise _Wrong("status")
        if self._currency != "VND":
            raise _Wrong("currency")
        if not _BANK.fullmatch(self._bank):
            raise _Wrong("bank")
        return Line(
            number=self.number,
            kind=kind,
            reference=_word(of["reference"], "reference"),
            amount=_amount(of["amount"]),
            at=_moment(of["at"], "at"),
            bank=self._bank,
            receipt=_word(of["receipt"], "receipt"),
        )

    def _balance(self) -> None:
        of = self._of
        found = _SUM.fullmatch(of.get("amount", ""))
        if found is None:
            self._all_read = False
            self.lines.append(Bad(self.number, "balance"))
            return
        amount = int(found[1])
        self._balances[of.get("type", "")] = amount if of.get("side") == "CRDT" else -amount

    def _check(self) -> None:
        """The balances say whether any entry is missing from the file itself."""
        if not self._all_read or not {"OPBD", "CLBD"} <= self._balances.keys():
            return
        if self._balances["OPBD"] + self._total != self._balances["CLBD"]:
            self.lines.append(Bad(self.number, "balance"))


def _camt(chunks: Iterable[bytes]) -> Iterator[Line | Bad]:
    target = _Target()
    parser = etree.XMLParser(
        target=target, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for chunk in chunks:
            parser.feed(chunk)
            yield from target.fetch()
        parser.close()
    except etree.LxmlError:
        raise Unreadable("not_xml") from None
    yield from target.fetch()
