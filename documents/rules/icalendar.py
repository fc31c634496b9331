"""All-day entries as a calendar reads them (RFC 5545)."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

LONGEST: Final = 75  # octets of a line without its end, RFC 5545 §3.1
PRODUCT: Final = "-//National e-ID portal//Papers//EN"
# What TEXT may not hold as it is, §3.3.11; other control characters are left out.
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One day; ``uid`` stays the same for the same thing, ``stamp`` is when it was last said so."""

    uid: str
    day: date
    title: str
    words: str = field(repr=False)
    link: str
    stamp: datetime


def write(
    entries: Sequence[Entry], *, name: str, language: str, refreshed_every: timedelta
) -> bytes:
    """The calendar; the same entries are the same bytes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME;LANGUAGE={language}:{_text(name)}",  # RFC 7986 §5.1; the next is what came before it
        f"X-WR-CALNAME:{_text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_duration(refreshed_every)}",
        f"X-PUBLISHED-TTL:{_duration(refreshed_every)}",
    ]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_text(entry.uid)}",
            f"DTSTAMP:{entry.stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{entry.day.isoformat().replace('-', '')}",
            f"SUMMARY;LANGUAGE={language}:{_text(entry.title)}",
            f"DESCRIPTION;LANGUAGE={language}:{_text(entry.words)}",
            f"URL:{entry.link}",
            "TRANSP:TRANSPARENT",
            "CLASS:PRIVATE",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(piece + b"\r\n" for line in lines for piece in _folded(line))


def _text(words: str) -> str:
    kept = "".join(one for one in words if one == "\n" or unicodedata.category(one) != "Cc")
    return kept.translate(_ESCAPED)


def _duration(length: timedelta) -> str:
    return f"PT{length // timedelta(hours=1)}H"


def _folded(line: str) -> Iterator[bytes]:
    """Pieces of at most 75 octets, each but the first after a blank; no letter is cut in two."""
    piece = b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > LONGEST:
            yield piece
            piece = b" "
        piece += octets
    yield piece
