"""Who can have a guardian, and when a guardianship ends by itself (Civil Code 2015 arts. 21, 22, 47, 62)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

from accounts import policy
from accounts.enums import GuardianshipBasis, GuardianshipEnd
from accounts.rules import card_validity


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the end of a guardianship follows from."""

    birth_date: date = field(repr=False)  # the ward's
    until_age: int | None
    until: date | None  # the last day the decision names


def may_have(basis: GuardianshipBasis, *, age: int) -> bool:
    """Whether somebody of this age can have a guardian on this basis: parents act for children under 14."""
    return basis != GuardianshipBasis.PARENT or age < policy.WARD_AGE


def until_age(basis: GuardianshipBasis, *, age: int) -> int | None:
    """The birthday it ends on, for a ward of this age now; None for an adult: the decision says, or it is for good."""
    if basis == GuardianshipBasis.PARENT:
        return policy.WARD_AGE
    return policy.FULL_AGE if age < policy.FULL_AGE else None


def ends_on(terms: Terms) -> date | None:
    """The day at whose first moment it is over, or None: it has no such day.

    A term ends with the end of its last day (Civil Code 2015 art. 148); a birthday ends it at 00:00.
    """
    return min((day for day, _reason in _ends(terms)), default=None)


def ended_by(terms: Terms, today: date) -> GuardianshipEnd | None:
    """Why it is over today; None while it goes on."""
    over = [(day, reason) for day, reason in _ends(terms) if day <= today]
    return min(over, key=lambda end: end[0])[1] if over else None


def review_month(terms: Terms) -> date | None:
    """The first day of the month it ends in: the day itself would give away the birthday."""
    end = ends_on(terms)
    return end.replace(day=1) if end else None


def warning_due(terms: Terms, today: date) -> bool:
    """Whether a child turns 14 so soon that an ID card should be asked for."""
    end = ends_on(terms)
    if end is None or terms.until_age != policy.WARD_AGE:
        return False
    if end != card_validity.birthday(terms.birth_date, policy.WARD_AGE):
        return False
    return 0 < (end - today).days <= policy.WARD_WARNED_DAYS


def free_place(taken: Collection[int]) -> int | None:
    """The place the next guardian takes; None if all are taken."""
    places = range(1, policy.GUARDIANS_MOST + 1)
    return next((place for place in places if place not in taken), None)


def basis_of(words: str) -> GuardianshipBasis | None:
    """What the population register's words say a guardianship rests on; None if they say nothing we know."""
    folded = words.casefold()
    known = {
        "parent": GuardianshipBasis.PARENT,
        "court": GuardianshipBasis.COURT,
        "commune": GuardianshipBasis.COMMUNE,
    }
    return next((basis for word, basis in known.items() if folded.startswith(word)), None)


def _ends(terms: Terms) -> list[tuple[date, GuardianshipEnd]]:
    ends = []
    if terms.until_age is not None:
        reason = (
            GuardianshipEnd.AGE_14 if terms.until_age == policy.WARD_AGE else GuardianshipEnd.AGE_18
        )
        ends.append((card_validity.birthday(terms.birth_date, terms.until_age), reason))
    if terms.until is not None:
        ends.append((terms.until + timedelta(days=1), GuardianshipEnd.DATE))
    return ends
