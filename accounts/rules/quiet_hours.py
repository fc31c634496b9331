"""When a message wakes nobody."""

from datetime import datetime, timedelta

from accounts import policy


def end(local: datetime) -> datetime:
    """The moment itself (in Viet Nam's time), or the end of the quiet hours it lies in."""
    if policy.QUIET_UNTIL <= local.time() < policy.QUIET_FROM:
        return local
    late = local.time() >= policy.QUIET_FROM
    day = local.date() + timedelta(days=1) if late else local.date()
    return datetime.combine(day, policy.QUIET_UNTIL, tzinfo=local.tzinfo)
