"""The private link by which a person's calendars fetch when papers expire: made, made anew, stopped.

Each page that changes it names the link it saw, so that a button pressed twice does its work once.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts.enums import AccountState
from accounts.models import Account
from accounts.selectors.wards import Ward
from accounts.services import guardianships
from documents import events, policy
from documents.models import CalendarFeed
from eid_portal.core import audit, ids, limits, sealed
from eid_portal.core.events import Actor
from eid_portal.core.limits import LockedUntil


class TooManyFetches(Exception):
    """The calendar was fetched so often that the next must wait ``until``."""

    code = "too_many_fetches"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whose calendar a link fetches, and for whom they may act at this moment."""

    account: Account = field(repr=False)
    wards: tuple[Ward, ...] = field(repr=False)


@transaction.atomic
def make(*, account: Account, actor: Actor, now: datetime) -> CalendarFeed:
    """The person's link: the one there is, or a new one."""
    feed = _hold(account)
    return feed if feed is not None else _make(account, actor=actor, now=now)


@transaction.atomic
def renew(*, account: Account, public_id: str, actor: Actor, now: datetime) -> CalendarFeed | None:
    """Another link in place of ``public_id``, which fetches nothing from now on.

    If it is no longer the person's link, nothing changes; returns the one there is.
    """
    feed = _hold(account)
    if feed is None or feed.public_id != public_id:
        return feed
    _stop(feed, actor=actor, now=now)
    return _make(account, actor=actor, now=now)


@transaction.atomic
def stop(*, account: Account, public_id: str, actor: Actor, now: datetime) -> None:
    """The link fetches nothing from now on; stopping one that is stopped changes nothing."""
    feed = _hold(account)
    if feed is not None and feed.public_id == public_id:
        _stop(feed, actor=actor, now=now)


def open_link(*, token: str, address: str, now: datetime) -> Subscriber | None:
    """Whose calendar the link fetches; None if there is no such link, it was stopped, or the account is not in use.

    Nothing is written.

    Raises:
        TooManyFetches: see the class.
    """
    feed = (
        CalendarFeed.objects.select_related("account__citizen")
        .filter(token_hash=sealed.token_hash(token), revoked_at__isnull=True)
        .filter(account__state=AccountState.ACTIVE)
        .first()
    )
    # Calendars of many people fetch from few addresses, so those with a link are counted by the link.
    key = address if feed is None else str(feed.pk)
    answer = limits.hit(policy.CALENDAR_FETCHED, key, now=now)
    if isinstance(answer, LockedUntil):
        raise TooManyFetches(answer.until)
    if feed is None:
        return None
    wards = guardianships.list_acting(account=feed.account, now=now)
    return Subscriber(feed.account, tuple(wards))


def _hold(account: Account) -> CalendarFeed | None:
    """The person's link; nobody else changes it until the transaction ends."""
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    return CalendarFeed.objects.filter(account=account, revoked_at__isnull=True).first()


def _make(account: Account, *, actor: Actor, now: datetime) -> CalendarFeed:
    token = ids.token()
    feed = CalendarFeed.objects.create(
        account=account, token=token, token_hash=sealed.token_hash(token), made_at=now
    )
    audit.record(
        events.CalendarLinkMade(), actor=actor, subject_id=account.citizen_id, target=feed, now=now
    )
    return feed


def _stop(feed: CalendarFeed, *, actor: Actor, now: datetime) -> None:
    CalendarFeed.objects.filter(pk=feed.pk).update(revoked_at=now)
    audit.record(
        events.CalendarLinkStopped(),
        actor=actor,
        subject_id=feed.account.citizen_id,
        target=feed,
        now=now,
    )
