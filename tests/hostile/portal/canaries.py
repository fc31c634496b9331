"""Values that must stand nowhere in clear, in the many ways a program may write them."""

import base64
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import quote, quote_plus

from eid_portal.core import clock
from eid_portal.core.text import fold

_PREFIX = 6  # bytes by which a place in the haystack is compared with all values at once
_SURE = 12  # a shorter row of digits counts only where it stands alone: ciphertext in hex has many
_JOINS = (" ", "", "-", "_", ".", "<", "+")
_WORD = re.compile(rb"[0-9A-Za-z]")
# Not inside of base64: a hash of a password has a few digits on both sides of a stroke now and then.
_DAY = re.compile(
    rb"(?<![0-9/+])(?<!(?<!\\)[A-Za-z])([0-9]{1,2})/([0-9]{1,2})(?![0-9A-Za-z+])(?!/(?![0-9]{2}))"
)
_ISO_DAY = re.compile(rb"(?<![0-9])[0-9]{4}-([0-9]{2})-([0-9]{2})(?![0-9])")


class Canaries:
    """Add values, then :meth:`find` them."""

    def __init__(self) -> None:
        self._known: dict[bytes, set[tuple[bytes, str, bool]]] = defaultdict(set)
        self._days: set[tuple[int, int]] = set()

    # --- What to watch for --------------------------------------------------------------------------
    def add_number(self, number: str) -> None:
        """A personal number, also in groups, and the card's number, which is its end."""
        groups = (number[:3], number[3:6], number[6:9], number[9:])
        for form in {number, *(join.join(groups) for join in (" ", "\xa0", ".", "-")), number[3:]}:
            self._add("a personal number", form)

    def add_name(self, name: str) -> None:
        """A full name: with and without marks, in any case, however its words are joined."""
        texts = {name, unicodedata.normalize("NFD", name), fold(name)}
        for text in texts:
            for cased in {text, text.lower(), text.upper(), text.title()}:
                for join in _JOINS:
                    self._add("a name", join.join(cased.split()))
        surname, *rest = fold(name).upper().split()
        self._add("a name", f"{surname}<<{'<'.join(rest)}")

    def add_birth_date(self, born: date) -> None:
        """A day in every order; day and month alone too, unless something lawful falls on such a day."""
        orders = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%d%m%Y", "%Y%m%d")
        for order in (*orders, "%y%m%d", "%d/%m/%y", "%m/%d/%Y"):
            self._add("a birth date", born.strftime(order))
        self._add("a birth date", f"{born.day}/{born.month}/{born.year}")
        self._add("a birth date", f"{born.day} tháng {born.month}")
        self._days.add((born.day, born.month))

    def forgive_day(self, *days: date) -> None:
        """A day and month that stand in clear for another reason."""
        self._days -= {(day.day, day.month) for day in days}

    def forgive_first_days_and_now(self) -> None:
        """First days stand for whole months; today, and what lasts some days from today, is no birthday."""
        today = clock.today(clock.now())
        self.forgive_day(*(today + timedelta(days=near) for near in range(-2, 15)))
        self._days = {(day, month) for day, month in self._days if day != 1}

    def add_phone(self, phone: str) -> None:
        """A phone number in E.164, as it is typed in the country, and in groups."""
        rest = phone.removeprefix("+84")
        for form in (phone, "84" + rest, "0" + rest, rest):
            self._add("a phone number", form)
        for join in (" ", ".", "-"):
            self._add("a phone number", join.join(("0" + rest[:3], rest[3:6], rest[6:])))
            self._add("a phone number", join.join(("0" + rest[:2], rest[2:5], rest[5:])))

    def add_secret(self, what: str, secret: str) -> None:
        """A code, password, key or cookie; as it is, without its marks, in any case."""
        bare = re.sub(r"[\s\-]", "", secret)
        for form in {secret, bare, bare.lower(), bare.upper()}:
            self._add(what, form)

    def add_bytes(self, what: str, secret: bytes) -> None:
        """Key material, also in hex and base64."""
        for form in {secret, secret.hex().encode(), secret.hex().upper().encode()}:
            self._keep(form, what)
        self._keep(b"\\x".join((b"", *(b"%02x" % byte for byte in secret))), what)
        for form in _in_base64(secret):
            self._keep(form, what)

    def _add(self, what: str, text: str) -> None:
        short = len(text) < _SURE and not re.search(r"[^\W\d]", text)
        for form in _encodings(text):
            self._keep(form, what, alone=short and form == text.encode())

    def _keep(self, form: bytes, what: str, *, alone: bool = False) -> None:
        if len(form) >= _PREFIX:
            self._known[form[:_PREFIX]].add((form, what, alone))

    # --- Looking ------------------------------------------------------------------------------------
    def find(self, haystack: bytes) -> list[str]:
        """What stands there: which kind of value, how often; never the value."""
        found: dict[str, int] = defaultdict(int)
        known = self._known
        for place in range(len(haystack) - _PREFIX + 1):
            for form, what, alone in known.get(haystack[place : place + _PREFIX], ()):
                if haystack.startswith(form, place) and not (
                    alone and _is_inside(haystack, place, place + len(form))
                ):
                    found[what] += 1
        return [f"{what} ({count} times)" for what, count in sorted(found.items())]

    def find_days(self, haystack: bytes) -> int:
        """How often the day and month of a birth date stand there, whatever the year."""
        days = [(int(day), int(month)) for day, month in _DAY.findall(haystack)]
        days += [(int(day), int(month)) for month, day in _ISO_DAY.findall(haystack)]
        return sum(day in self._days for day in days)


def _is_inside(haystack: bytes, start: int, end: int) -> bool:
    """Whether it is a part of something longer: a word, a fraction of a second."""
    before, after = haystack[max(0, start - 1) : start], haystack[end : end + 1]
    return bool(_WORD.match(before) or _WORD.match(after) or before == b".")


def _encodings(text: str) -> Iterator[bytes]:
    plain = text.encode()
    escaped = json.dumps(text)[1:-1]
    yield plain
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield from _in_base64(plain)
    if not text.isascii():
        yield escaped.encode()
        yield escaped.replace("\\", "\\\\").encode()  # JSON inside of something quoted again
        yield from _in_base64(escaped.encode())
        yield "".join(  # as Redis prints what it was told
            chr(byte) if byte < 128 else f"\\x{byte:02x}" for byte in plain
        ).encode()
    for quoted in {quote(text, safe=""), quote_plus(text)} - {text}:
        yield quoted.encode()
        yield quoted.lower().encode()


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """The part that is the same wherever the value begins in what was encoded."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + plain)
        first = (before * 8 + 5) // 6
        last = (before + len(plain)) * 8 // 6
        kept = coded[first:last]
        if len(kept) >= 8:  # shorter ones are chance
            yield kept
            yield kept.translate(bytes.maketrans(b"+/", b"-_"))
