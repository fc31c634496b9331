"""A person's inbox, by day: what they were told, and how it went out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models.enums import TextChoices
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import texts
from accounts.enums import NoticeChannel, NoticeKind, NoticeState
from accounts.models import Account, Notice
from accounts.rules import masking, quiet_hours
from eid_portal.core import clock

ON_A_PAGE: Final = 20
_SECURITY: Final = [kind for kind, versions in texts.TEMPLATES.items() if versions[-1].security]


class Show(TextChoices):
    """Which messages."""

    ALL = "all", _("All")
    UNREAD = "unread", _("Unread")
    SECURITY = "security", _("Security")
    OTHER = "other", _("Other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A text message or e-mail about the same."""

    channel: NoticeChannel
    place: str  # how the number ends, or the masked address
    state: NoticeState
    written_at: datetime
    held_until: datetime | None  # the end of the quiet hours
    sent_at: datetime | None
    delivered_at: datetime | None
    moved: bool  # because the other channel did not deliver


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One notice."""

    public_id: str
    title: str
    text: str
    language: str  # of the text, if it is not the reader's
    at: datetime
    unread: bool
    security: bool
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The messages of a day, newest first."""

    day: date
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of it."""

    days: tuple[Day, ...]
    unread: int  # in the whole inbox
    older: str  # the message after which the next page begins; "" at the end


def read_inbox(account: Account, *, show: Show, before: str = "") -> Inbox:
    """A page of the account's inbox; ``before`` is the last message of the page before it, by its public id."""
    mine = Notice.objects.filter(account=account, channel=NoticeChannel.INBOX)
    rows = _shown(mine, show).order_by("-created_at", "-pk")
    last = mine.filter(public_id=before).only("created_at").first() if before else None
    if last is not None:
        rows = rows.filter(
            Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
        )
    found = list(rows[: ON_A_PAGE + 1])
    page = found[:ON_A_PAGE]
    went_out = _went_out(account, page)
    messages = [_message(row, went_out[row.event_key or ""]) for row in page]
    return Inbox(
        days=tuple(
            Day(day, tuple(group)) for day, group in groupby(messages, lambda m: clock.today(m.at))
        ),
        unread=mine.filter(read_at__isnull=True).count(),
        older=page[-1].public_id if len(found) > ON_A_PAGE else "",
    )


def text_of(notice: Notice) -> tuple[str, str]:
    """The words of an inbox notice, and their language if it is not the one now active.

    Those without a template stand as they were written.
    """
    if notice.values is None:
        written_in = notice.language
        return str(notice.text), "" if written_in == get_language() else written_in
    return texts.words(notice.kind, notice.version, notice.values), ""


def place_of(notice: Notice) -> str:
    """Where a message went, as far as it is shown: how the number ends, or the masked address."""
    to = str(notice.to or "")
    return masking.masked_email(to) if notice.channel == NoticeChannel.EMAIL else to[-3:]


def _shown(rows: QuerySet[Notice], show: Show) -> QuerySet[Notice]:
    match show:
        case Show.ALL:
            return rows
        case Show.UNREAD:
            return rows.filter(read_at__isnull=True)
        case Show.SECURITY:
            return rows.filter(kind__in=_SECURITY)
        case Show.OTHER:
            return rows.exclude(kind__in=_SECURITY)


def _went_out(account: Account, page: Sequence[Notice]) -> dict[str, list[Notice]]:
    """What went out about the same events."""
    together: dict[str, list[Notice]] = defaultdict(list)
    keys = [row.event_key for row in page if row.event_key]
    rows = Notice.objects.filter(account=account, event_key__in=keys)
    for row in rows.exclude(channel=NoticeChannel.INBOX).order_by("created_at", "pk"):
        together[str(row.event_key)].append(row)
    return together


def _message(row: Notice, went_out: Sequence[Notice]) -> Message:
    text, language = text_of(row)
    return Message(
        public_id=row.public_id,
        title=str(NoticeKind(row.kind).label),
        text=text,
        language=language,
        at=row.created_at,
        unread=row.read_at is None,
        security=row.kind in _SECURITY,
        deliveries=tuple(_delivery(each) for each in went_out),
    )


def _delivery(row: Notice) -> Delivery:
    security = texts.TEMPLATES[NoticeKind(row.kind)][row.version - 1].security
    wakes = quiet_hours.end(row.created_at.astimezone(clock.VIET_NAM))
    return Delivery(
        channel=NoticeChannel(row.channel),
        place=place_of(row),
        state=NoticeState(row.state),
        written_at=row.created_at,
        held_until=wakes if not security and wakes > row.created_at else None,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        moved=row.instead_of_id is not None,
    )
