"""Anybody verifies what was shown or given to them: by a code typed by hand or in a link. Wrong codes are counted."""

from datetime import datetime
from typing import Final

from accounts import policy
from accounts.services import sessions
from eid_portal.core import limits, readonly, verify
from eid_portal.core.verify import Genuine, Nothing, Peek, Reported, Viewer, Why

LONGEST_TOKEN: Final = 80


class TooManyMisses(Exception):
    """So many codes from one network, or of one account, were none that the next must wait ``until``."""

    code = "too_many_misses"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


class TooManyReports(Exception):
    """So many reports came from one network that the next must wait ``until``."""

    code = "too_many_reports"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


def look_at(typed: str, *, viewer: Viewer, address: str, now: datetime) -> Peek | Nothing:
    """What a code is about; it is not used up.

    Raises:
        TooManyMisses: see the class.
    """
    key = _admit(viewer, address, now)
    code = verify.read(typed)
    answer = verify.peek(code, now=now) if code else Nothing(why=Why.NOT_OURS)
    _count(answer, key, now)
    return answer


def open_code(typed: str, *, viewer: Viewer, address: str, now: datetime) -> Genuine | Nothing:
    """What a code shows; one that works once is used up.

    Raises:
        TooManyMisses: see the class.
    """
    key = _admit(viewer, address, now)
    code = verify.read(typed)
    answer = verify.open_code(code, viewer=viewer, now=now) if code else Nothing(why=Why.NOT_OURS)
    _count(answer, key, now)
    return answer


def report(token: str, *, address: str, now: datetime) -> Reported | None:
    """Tell the holder that the person before who read is not them; nothing of who says so is kept or passed on.

    The same token again is answered the same. None: it is of no reading, or of one too long ago.

    Raises:
        TooManyReports: see the class.
    """
    answer = limits.hit(policy.VERIFY_REPORTS, sessions.network_of(address), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyReports(answer.until)
    return verify.report(token[:LONGEST_TOKEN], now=now)


def _admit(viewer: Viewer, address: str, now: datetime) -> str:
    """Whose misses are counted: who is signed in is not locked out by others on their network.

    Raises:
        TooManyMisses: see the class.
    """
    account = viewer.actor.account_id
    key = str(account) if account else sessions.network_of(address)
    answer = limits.peek(policy.VERIFY_MISSES, key, now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyMisses(answer.until)
    return key


def _count(answer: Peek | Genuine | Nothing, key: str, now: datetime) -> None:
    """A code that was never ours counts, also where it was only asked about: it may not be found by trying."""
    if isinstance(answer, Nothing) and answer.why == Why.NOT_OURS:
        with readonly.access_record():
            limits.hit(policy.VERIFY_MISSES, key, now=now)
