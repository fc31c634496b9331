"""“Did you send me this?”: a pasted text is compared with what went out; it is neither kept nor logged.

Of a code that may still be valid this page confirms nothing but to its holder, signed in: with a yes or no to any
text, strangers could find out a code by trying them all.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Q

from accounts import policy, texts
from accounts.enums import CodePurpose, NoticeChannel, NoticeKind, NoticeState
from accounts.models import Account, Notice, OneTimeCode
from accounts.models.indexes import message_indexes
from accounts.selectors import messages
from accounts.services import notices, sessions
from eid_portal.core import clock, limits

_LIVE_FOR: Final = max(policy.CODE_LASTS, policy.EMAIL_CODE_LASTS)
_SIX_DIGITS: Final = re.compile(r"\d{6}")
_TIMES: Final = re.compile(r"(?<!\d)([01]\d|2[0-3]):([0-5]\d)(?!\d)")
# An address that a telephone makes a link of: with its scheme, or by a domain people are sent to.
_LINK: Final = re.compile(
    r"https?:|www\.|[a-z0-9-]\.(?:vn|com|net|org|info|xyz|top|cc|me|io|app|site|online|shop|club|link|ly|example)\b"
)
_PHONE: Final = re.compile(r"(?:\+?84|0)(?:[ .-]?\d){8,10}(?!\d)|\b1[89]00[ .-]?\d{4}")


class TooManyChecks(Exception):
    """So many texts were compared from one network that the next must wait ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class Sign(StrEnum):
    """What gives a text away that is not ours."""

    LINK = "link"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class NotOurs:
    """Nothing like it was sent since then."""

    since: datetime
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class MayBeLive:
    """It looks like a message with a code that may still be valid: not confirmed to just anybody."""


@dataclass(frozen=True, slots=True)
class OursToMany:
    """These words went to many people, and say nothing about this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """What became of the code in the message."""

    purpose: CodePurpose
    used_at: datetime | None
    void: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """It was sent."""

    kind: NoticeKind
    channel: NoticeChannel
    place: str
    state: NoticeState
    sent_at: datetime | None
    delivered_at: datetime | None
    code: CodeSent | None


Verdict = NotOurs | MayBeLive | OursToMany | Ours


def check(text: str, *, account: Account | None, address: str, now: datetime) -> Verdict:
    """Whether a text was sent by us; ``account`` is who is signed in, ``address`` the browser's.

    Raises:
        TooManyChecks: see the class.
    """
    answer = limits.hit(policy.MESSAGE_CHECK, sessions.network_of(address), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyChecks(answer.until)
    normal = notices.normal(text)
    since = now - policy.MESSAGES_CHECKED_FOR
    sent = Notice.objects.filter(text_index__in=message_indexes(normal), created_at__gte=since)
    mine = sent.filter(account=account).order_by("-created_at").first() if account else None
    if mine is not None:
        return _told(mine)
    signs = _signs(text)
    if Sign.LINK not in signs and _may_be_live(normal, now):
        return MayBeLive()
    others = sent.exclude(Q(kind=NoticeKind.CODE, created_at__gt=now - _LIVE_FOR))
    found = others.order_by("-created_at").first()
    if found is None:
        return NotOurs(since, signs)
    return _told(found) if _only_its_receiver_knows(found) else OursToMany()


def _may_be_live(normal: str, now: datetime) -> bool:
    """Whether the text has six digits and names a time at which a code that was sent lately ends."""
    if not _SIX_DIGITS.search(normal):
        return False
    local = now.astimezone(clock.VIET_NAM)
    for hour, minute in _TIMES.findall(normal):
        ends = local.replace(hour=int(hour), minute=int(minute), second=59)
        if ends < local:
            ends += timedelta(days=1)
        if ends - local <= _LIVE_FOR + timedelta(minutes=1):
            return True
    return False


def _only_its_receiver_knows(notice: Notice) -> bool:
    """Whether whoever has the text got the message: there is a code in it."""
    if notice.kind == NoticeKind.CODE:
        return True
    template = texts.TEMPLATES[NoticeKind(notice.kind)][notice.version - 1]
    return "%(stop_" in str(texts.body(template, NoticeChannel(notice.channel)))


def _told(notice: Notice) -> Ours:
    return Ours(
        kind=NoticeKind(notice.kind),
        channel=NoticeChannel(notice.channel),
        place=messages.place_of(notice),
        state=NoticeState(notice.state),
        sent_at=notice.sent_at,
        delivered_at=notice.delivered_at,
        code=_code_in(notice),
    )


def _code_in(notice: Notice) -> CodeSent | None:
    code_id = (notice.values or {}).get("code_id") if notice.kind == NoticeKind.CODE else None
    code = OneTimeCode.objects.filter(pk=UUID(code_id)).first() if code_id else None
    if code is None:
        return None
    return CodeSent(
        purpose=CodePurpose(code.purpose),
        used_at=code.used_at,
        void=code.void_at is not None,
        expires_at=code.expires_at,
    )


def _signs(text: str) -> tuple[Sign, ...]:
    low = text.casefold()
    found = ((Sign.LINK, _LINK), (Sign.PHONE, _PHONE))
    return tuple(sign for sign, pattern in found if pattern.search(low))
