"""When and from where the officers of an office sign in: its hours and the networks of its counters.

Hours are ``[[weekday, "HH:MM", "HH:MM"], …]`` with Monday as 0, in Viet Nam time; no hours, and no networks, mean no
restriction. Until "24:00" means to the end of the day.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final

DAYS: Final = 7
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_LINE: Final = re.compile(r"([1-7])(?:\s*-\s*([1-7]))?\s+(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")

Window = tuple[int, str, str]


class NotHours(ValueError):
    """A line says no hours; ``code`` is ``form``, ``order`` or ``overlap``, and ``line`` the line."""

    def __init__(self, code: str, line: str) -> None:
        super().__init__(code)
        self.code, self.line = code, line


def is_open(
    hours: Sequence[Sequence[object]], local: datetime, *, after: timedelta = timedelta()
) -> bool:
    """Whether an office is open at a moment of its own time, or was ``after`` before."""
    if not hours:
        return True
    return any(_contains(window, moment) for window in hours for moment in (local, local - after))


def is_inside(networks: Iterable[str], address: str) -> bool:
    """Whether an address lies in one of the networks; without networks every address does."""
    known = list(networks)
    if not known:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return any(here in ip_network(network, strict=False) for network in known)


def read_hours(text: str) -> list[Window]:
    """Hours as people type them, a line each: ``1-5 07:30-11:30``, with Monday as 1 and Sunday as 7.

    Raises:
        NotHours: see the class.
    """
    windows: list[Window] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _LINE.fullmatch(line)
        if found is None:
            raise NotHours("form", line)
        first, last = int(found[1]), int(found[2] or found[1])
        start, end = found[3].zfill(5), found[4].zfill(5)
        if not (_TIME.fullmatch(start) and _TIME.fullmatch(end)):
            raise NotHours("form", line)
        if first > last or start >= end:
            raise NotHours("order", line)
        for day in range(first - 1, last):
            if any(day == d and start < until and since < end for d, since, until in windows):
                raise NotHours("overlap", line)
            windows.append((day, start, end))
    return sorted(windows)


def write_hours(windows: Iterable[Sequence[object]]) -> str:
    """Hours as people type them, days with the same hours together."""
    lines: list[tuple[int, int, object, object]] = []
    for day, start, end in sorted(windows, key=lambda one: (str(one[1]), int(str(one[0])))):
        here = int(str(day)) + 1
        if lines and lines[-1][1] == here - 1 and lines[-1][2:] == (start, end):
            lines[-1] = (lines[-1][0], here, start, end)
        else:
            lines.append((here, here, start, end))
    return "\n".join(
        f"{first}{f'-{last}' if last > first else ''} {start}-{end}"
        for first, last, start, end in sorted(lines, key=lambda one: (one[0], str(one[2])))
    )


def _contains(window: Sequence[object], moment: datetime) -> bool:
    day, start, end = window
    return moment.weekday() == day and str(start) <= f"{moment:%H:%M}" < str(end)
