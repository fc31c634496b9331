"""How long a card is valid (Law on Identification 2023 art. 21): change at 14, 25, 40 and 60."""

from datetime import date

from accounts import policy


def birthday(birth_date: date, age: int) -> date:
    """The day somebody turns ``age``; born on 29 February, it is 1 March in ordinary years."""
    year = birth_date.year + age
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def age_on(birth_date: date, day: date) -> int:
    """Full years on a day."""
    years = day.year - birth_date.year
    return years if birthday(birth_date, years) <= day else years - 1


def expiry(birth_date: date, issued_on: date) -> date | None:
    """The day the card ends, or None: no expiry.

    A card issued within two years before an age is valid to the next one.
    """
    for age in policy.CARD_AGES:
        change = birthday(birth_date, age)
        if change <= issued_on:
            continue
        if birthday(birth_date, age - policy.CARD_GRACE_YEARS) <= issued_on:
            continue
        return change
    return None


def review_month(expires_on: date | None) -> date | None:
    """The first day of the month to look again in: the day itself would give away the birthday."""
    return expires_on.replace(day=1) if expires_on else None


def has_expired(expires_on: date | None, today: date) -> bool:
    """Whether a card is no longer valid: it is through the day it expires on."""
    return expires_on is not None and expires_on < today


def warning_due(expires_on: date, today: date, *, warned: int | None = None) -> int | None:
    """The warning to give now: 90, 30 or 7 days; None when none is due, or ``warned`` was as near already.

    Of several that were missed the nearest is given; a card that has expired gets none.
    """
    left = (expires_on - today).days
    due = min((days for days in policy.CARD_WARNINGS_DAYS if 0 <= left <= days), default=None)
    return None if due is not None and warned is not None and warned <= due else due
