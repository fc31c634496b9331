"""Driver licences: their numbers, their classes before and since 2025, how long each is valid, and what is exchanged.

Sources: Law 36/2024/QH15 arts. 57, 89 for the classes since 1 January 2025 and what becomes of the older ones; Law
23/2008/QH12 art. 59 for those. The registry's own dates decide; years are said where people ask how long a class lasts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from documents import policy
from documents.rules.numbers import Flaw, NotANumber
from eid_portal.core.patterns import compact

_CARD: Final = re.compile(r"[0-9]{12}")
_PAPER: Final = re.compile(r"[A-Z]{0,2}[0-9]{5,9}")  # paper licences, before 2012: no one form


@dataclass(frozen=True, slots=True)
class LicenceClass:
    """A class as the licence has it; ``valid_until`` is None where the class does not end."""

    code: str
    passed_on: date
    valid_until: date | None

    def is_valid(self, on: date) -> bool:
        """Whether it may be driven with on a day; the last day counts."""
        return self.valid_until is None or self.valid_until >= on


def number(written: str) -> str:
    """The number of a licence: twelve digits on cards, up to two letters and five to nine digits on old paper.

    Raises:
        NotANumber: it is not.
    """
    compacted = compact(written)
    if not compacted:
        raise NotANumber(Flaw.EMPTY)
    if not re.fullmatch(r"[A-Z0-9]+", compacted):
        raise NotANumber(Flaw.CHARACTERS)
    if _CARD.fullmatch(compacted) or _PAPER.fullmatch(compacted):
        return compacted
    raise NotANumber(Flaw.LENGTH if compacted.isdigit() else Flaw.SHAPE)


def is_card(licence_number: str) -> bool:
    """Whether it is a plastic card's number, printed in groups of three."""
    return _CARD.fullmatch(licence_number) is not None


def known(*, old_form: bool) -> Mapping[str, int | None]:
    """The classes a licence of that form can have, and for how many years each is given; None: it does not end."""
    return policy.LICENCE_YEARS_BEFORE_2025 if old_form else policy.LICENCE_YEARS


def exchanged(code: str) -> str:
    """The class that one from before 2025 becomes when the licence is exchanged; itself if there is none."""
    return policy.LICENCE_EXCHANGE.get(code, code)


def in_order(classes: Iterable[LicenceClass], *, old_form: bool) -> tuple[LicenceClass, ...]:
    """The classes as people say them: the largest vehicles first."""
    order = list(known(old_form=old_form))
    return tuple(sorted(classes, key=lambda each: -order.index(each.code)))


def valid(classes: Iterable[LicenceClass], on: date) -> tuple[LicenceClass, ...]:
    """Those that are valid on a day."""
    return tuple(each for each in classes if each.is_valid(on))


def first_end(classes: Iterable[LicenceClass], on: date) -> date | None:
    """The next day on which a class ends; of a licence whose classes have all ended, the day of the last one.

    None if what is still valid does not end.
    """
    ends = {each.valid_until for each in classes}
    ahead = [end for end in ends if end is not None and end >= on]
    if ahead:
        return min(ahead)
    return None if None in ends else max((end for end in ends if end is not None), default=None)
