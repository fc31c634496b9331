"""What an answer makes of a paper, when a registry is asked again, and when its holder is warned."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

from documents import policy
from documents.enums import DocumentState, FieldResult, PaperStatus

_AGREES = frozenset({FieldResult.SAME, FieldResult.SPELLING})


def differing(fields: Mapping[str, FieldResult]) -> list[str]:
    """The compared fields that do not agree."""
    return [name for name, result in fields.items() if result not in _AGREES]


def state_of(
    fields: Mapping[str, FieldResult], status: PaperStatus, expires_on: date | None, today: date
) -> DocumentState:
    """What a paper is by its registry's answer. Whose it is comes first; it is valid through its last day."""
    if differing(fields):
        return DocumentState.MISMATCH
    if status == PaperStatus.REVOKED:
        return DocumentState.REVOKED
    if status == PaperStatus.EXPIRED or (expires_on is not None and expires_on < today):
        return DocumentState.EXPIRED
    return DocumentState.VERIFIED


def wait(tries: int, chance: float) -> timedelta:
    """How long to wait after so many tries without an answer; ``chance`` (0 to 1) spreads the many that wait alike."""
    tripled: timedelta = policy.FIRST_RETRY * 3 ** min(tries - 1, 16)
    return min(tripled, policy.LONGEST_RETRY) * (0.75 + chance / 2)


def next_night(now: datetime, zone: tzinfo) -> datetime:
    """When the next nightly check begins."""
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), policy.NIGHT_BEGINS, tzinfo=zone)
    return tonight if tonight > local else tonight + timedelta(days=1)


def warning_due(expires_on: date, today: date, *, warned: int | None) -> int | None:
    """The warning to give now: 90, 30 or 7 days; None when none is due, or ``warned`` was as near already.

    Of several that were missed the nearest is given; a paper that has expired gets none.
    """
    left = (expires_on - today).days
    due = min((days for days in policy.EXPIRY_WARNINGS_DAYS if 0 <= left <= days), default=None)
    return None if due is not None and warned is not None and warned <= due else due


def warned_still(expires_on: date | None, today: date, *, warned: int | None) -> int | None:
    """What a paper was warned of, forgotten once it is renewed: it ends later than that warning speaks of."""
    if warned is None or expires_on is None or (expires_on - today).days > warned:
        return None
    return warned
