"""Codes sent to a phone or an e-mail address: one purpose, one request, six digits, once (SP 800-63B-4 §3.1.3)."""

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts import policy
from accounts.enums import CodePurpose, NoticeChannel
from accounts.models import Account, OneTimeCode
from accounts.services import notices
from eid_portal.core import clock, limits, sealed
from eid_portal.core.text import ascii_digits

# Anybody with an account can name a phone or address here: its holder's own budget is not touched.
_NOT_YET_THEIRS: Final = frozenset({CodePurpose.NEW_PHONE, CodePurpose.NEW_EMAIL})


class CodeRefused(Exception):
    """The code does not open anything; ``code`` says why and ``message`` tells the person."""

    code = "code_refused"

    def __init__(self, message: str) -> None:
        super().__init__(self.code)
        self.message = message


class NoCode(CodeRefused):
    """None was sent, or it was used, or a newer one replaced it."""

    code = "no_code"

    def __init__(self) -> None:
        super().__init__(_("That code can no longer be used. Send a new code."))


class WrongCode(CodeRefused):
    """Another code was sent; ``left`` tries remain."""

    code = "wrong_code"

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(
            ngettext(
                "The code is not right. %(left)s try left.",
                "The code is not right. %(left)s tries left.",
                left,
            )
            % {"left": left}
            if left
            else _("The code is not right, and it was tried too often. Send a new code.")
        )


class TriedTooOften(WrongCode):
    """So many wrong ones were given that this one was not compared any more."""

    def __init__(self) -> None:
        super().__init__(0)


class CodeExpired(CodeRefused):
    """It came too late."""

    code = "code_expired"

    def __init__(self, at: datetime) -> None:
        super().__init__(_("The code expired at %(time)s. Send a new code.") % {"time": _clock(at)})


class TooManyCodes(CodeRefused):
    """So many were sent that the next must wait ``until``."""

    code = "too_many_codes"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(
            _("Too many codes were sent. You can ask for another after %(time)s.")
            % {"time": _clock(until)}
        )


def send(
    *,
    purpose: CodePurpose,
    request_id: UUID,
    account: Account | None,
    to: str,
    action_text: str,
    now: datetime,
    channel: NoticeChannel = NoticeChannel.SMS,
    lasts: timedelta | None = None,
) -> OneTimeCode:
    """Make a code and have it sent; older ones of the same purpose and request die.

    ``to`` is a phone in E.164, or with the channel EMAIL an address: codes by e-mail are one of two proofs of a
    recovery, or confirm a new address, and never sign in. ``action_text`` says what the code
    is for, in capitals where it matters, without marks. ``lasts`` is for codes that live shorter than others.
    Call it outside transactions: a limit that was reached stays counted.

    Raises:
        TooManyCodes: see the class.
    """
    sender = str(account.pk if account else request_id)
    if purpose in _NOT_YET_THEIRS:
        _count(policy.NEW_CONTACT_SEND, sender, now)
        _count(policy.NEW_CONTACT_SEND_TO, to, now)
    else:
        _count(policy.CODE_SEND, sender, now)
        _count(policy.CODE_SEND_PHONE, to, now)
    code = f"{secrets.randbelow(10**policy.CODE_DIGITS):0{policy.CODE_DIGITS}d}"
    by_email = channel == NoticeChannel.EMAIL
    expires_at = now + (lasts or (policy.EMAIL_CODE_LASTS if by_email else policy.CODE_LASTS))
    row = OneTimeCode(
        purpose=purpose,
        request_id=request_id,
        account=account,
        channel=channel,
        to=to,
        sent_at=now,
        expires_at=expires_at,
    )
    row.code_hash = sealed.keyed_hash(_place(row), code)
    live = OneTimeCode.objects.filter(
        purpose=purpose, request_id=request_id, used_at__isnull=True, void_at__isnull=True
    )
    try:
        with transaction.atomic():
            live.update(void_at=now)
            row.save(force_insert=True)
            notices.send_code(
                channel=channel,
                to=to,
                text=_message(code, action_text, expires_at),
                account=account,
                code_id=row.pk,
                now=now,
            )
    except IntegrityError:  # the button was pressed twice: the other one was sent
        return live.get()
    return row


def find(*, purpose: CodePurpose, request_id: UUID) -> OneTimeCode | None:
    """The last code that was sent and not replaced; for pages that say when and where to."""
    return (
        OneTimeCode.objects.filter(purpose=purpose, request_id=request_id, void_at__isnull=True)
        .order_by("-sent_at")
        .first()
    )


def void(*, purpose: CodePurpose, request_id: UUID, now: datetime) -> None:
    """Kill what was sent for a request, in the caller's transaction: it goes on with another phone, or with none."""
    OneTimeCode.objects.filter(
        purpose=purpose, request_id=request_id, used_at__isnull=True, void_at__isnull=True
    ).update(void_at=now)


def check(*, purpose: CodePurpose, request_id: UUID, to: str, code: str, now: datetime) -> None:
    """Use up the code that was sent ``to`` a phone (E.164) or an address.

    Of any number of equal codes at the same moment one passes.

    Each call is one try, and is counted in a statement of its own: call it outside transactions.

    Raises:
        NoCode: see the class.
        WrongCode: see the class.
        CodeExpired: see the class.
    """
    row = find(purpose=purpose, request_id=request_id)
    if row is None or row.to != to:
        raise NoCode
    right = sealed.keyed_hash_matches(_place(row), _digits(code), bytes(row.code_hash))
    counted = OneTimeCode.objects.filter(
        pk=row.pk,
        used_at__isnull=True,
        void_at__isnull=True,
        expires_at__gt=now,
        tries__lt=policy.CODE_TRIES,
    ).update(tries=F("tries") + 1, used_at=now if right else None)
    if counted and right:
        return
    if counted:
        raise WrongCode(max(policy.CODE_TRIES - row.tries - 1, 0))
    row.refresh_from_db(fields=["tries", "used_at", "void_at"])
    if row.used_at or row.void_at:
        raise NoCode
    if row.expires_at <= now:
        raise CodeExpired(row.expires_at)
    raise TriedTooOften


def _count(limit: limits.Limit, key: str, now: datetime) -> None:
    answer = limits.hit(limit, key, now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyCodes(answer.until)


def _message(code: str, action: str, until: datetime) -> str:
    return pgettext(
        "sms",
        "%(code)s is your code to %(action)s. Valid until %(time)s. Do not give it to anyone.",
    ) % {"code": code, "action": action, "time": _clock(until)}


def _place(row: OneTimeCode) -> str:
    """A hash is bound to its row: it matches nowhere else."""
    return f"one_time_code:{row.pk}"


def _digits(typed: str) -> str:
    return "".join(ascii_digits(typed).split())


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(clock.VIET_NAM):%H:%M}"
