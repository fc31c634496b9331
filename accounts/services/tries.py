"""What signing in and proving oneself again have in common: budgets, and what is written of failures."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Account
from eid_portal.core import audit, clock, limits
from eid_portal.core.events import SYSTEM


class SignInRefused(Exception):
    """Not signed in; ``code`` says why and ``message`` tells the person."""

    code = "sign_in_refused"

    def __init__(self, message: str) -> None:
        super().__init__(self.code)
        self.message = message


class TooManyTries(SignInRefused):
    """Refused unchecked ``until`` then."""

    code = "too_many_tries"

    def __init__(self, until: datetime, *, stranger: bool) -> None:
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        text = _("Too many tries. You can try again after %(time)s on %(date)s.")
        text %= {"time": f"{local:%H:%M:%S}", "date": f"{local:%d/%m/%Y}"}
        if stranger:
            text += " " + _("On a device you have signed in on before, you can go on now.")
        super().__init__(text)


def within(limit: limits.Limit, key: str, now: datetime, *, stranger: bool = False) -> int:
    """Count one try, of a ``stranger`` or not. Returns how many are left.

    Raises:
        TooManyTries: see the class.
    """
    return left_of(limits.hit(limit, key, now=now), stranger=stranger)


def left_of(answer: limits.Answer, *, stranger: bool) -> int:
    """How many tries are left by a limit's answer.

    Raises:
        TooManyTries: see the class.
    """
    if isinstance(answer, limits.LockedUntil):
        raise TooManyTries(answer.until, stranger=stranger)
    return answer.left


def record_failure(
    account_id: UUID | None, citizen_id: UUID | None, *, factor: str, known: bool, now: datetime
) -> None:
    """Record a checked try that failed.

    It is written for accounts that do not exist too: that costs the same, and shows what is being tried.
    """
    audit.record(
        events.SignInFailed(factor=factor, known_device=known),
        actor=SYSTEM,
        subject_id=citizen_id,
        target=Account(pk=account_id) if account_id else None,
        now=now,
    )
