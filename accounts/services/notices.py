"""Tell people things: an inbox row, a text message; the text is sealed, the row is the queue."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import events, policy, states
from accounts.enums import (
    AuthenticatorKind,
    AuthenticatorState,
    NoticeChannel,
    NoticeKind,
    NoticeState,
)
from accounts.gateways import sms
from accounts.models import Account, Authenticator, Notice
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.outside import Accepted, Outcome, Refused
from eid_portal.core.transitions import move

SEND = "accounts.send_notice"
SMS_LONGEST = 160  # GSM 03.38 characters in one message


def tell(
    *,
    account: Account,
    kind: NoticeKind,
    channels: tuple[NoticeChannel, ...],
    text: str,
    sms_text: str = "",
    sms_at: datetime | None = None,
    now: datetime,
) -> list[Notice]:
    """Write a notice a channel, in the caller's transaction. Without a phone the text message is left out.

    ``text`` is in the person's language; ``sms_text`` at most 160 characters without marks and without links,
    handed over at ``sms_at`` or at once.
    """
    written = []
    if NoticeChannel.INBOX in channels:
        written.append(
            Notice.objects.create(
                state=NoticeState.SENT,
                account=account,
                citizen_id=account.citizen_id,
                channel=NoticeChannel.INBOX,
                kind=kind,
                text=text,
                created_at=now,
                sent_at=now,
            )
        )
    if NoticeChannel.SMS in channels:
        phone = Authenticator.objects.filter(
            account=account, kind=AuthenticatorKind.SMS, state=AuthenticatorState.ACTIVE
        ).first()
        if phone is not None:
            written.append(
                send_sms(
                    to=phone.secret,
                    text=sms_text or text,
                    kind=kind,
                    account=account,
                    at=sms_at,
                    now=now,
                )
            )
    return written


def send_sms(
    *,
    to: str,
    text: str,
    kind: NoticeKind,
    account: Account | None,
    now: datetime,
    at: datetime | None = None,
    citizen_id: UUID | None = None,
) -> Notice:
    """Write a text message to a phone (E.164) and the job that sends it, in the caller's transaction.

    It is handed over at ``at`` or at once.
    """
    notice = Notice.objects.create(
        state=NoticeState.PENDING,
        account=account,
        citizen_id=account.citizen_id if account else citizen_id,
        channel=NoticeChannel.SMS,
        kind=kind,
        to=to,
        text=text[:SMS_LONGEST],
        created_at=now,
    )
    jobs.enqueue(SEND, subject_id=notice.pk, at=at)
    return notice


def by_day(now: datetime) -> datetime:
    """The next moment from ``now`` on at which a text message wakes nobody."""
    local = now.astimezone(clock.VIET_NAM)
    if policy.TEXTS_FROM <= local.time() < policy.TEXTS_UNTIL:
        return now
    day = local.date() if local.time() < policy.TEXTS_FROM else local.date() + timedelta(days=1)
    return datetime.combine(day, policy.TEXTS_FROM, tzinfo=clock.VIET_NAM)


def send(claim: jobs.Claim) -> None:
    """Hand a text message to the gateway: claimed, called outside any transaction, recorded.

    The notice's id is the idempotency key, so a message whose answer was lost is asked again without being sent twice.
    """
    notice = Notice.objects.get(pk=claim.subject_id)
    if notice.state != NoticeState.PENDING:
        claim.finish()
        return
    answer: Outcome
    if notice.kind == NoticeKind.CODE and clock.now() - notice.created_at > policy.CODE_LASTS:
        answer = Refused("too_late")  # a code that came now would only confuse
    else:
        answer = sms.send(message_id=notice.pk, to=notice.to, text=notice.text, purpose=notice.kind)
    now = clock.now()
    with transaction.atomic():
        if isinstance(answer, Accepted):
            event = events.NoticeSent(kind=notice.kind, channel=notice.channel)
            move(
                notice, states.NOTICE, to=NoticeState.SENT, event=event, actor=SYSTEM,
                subject_id=notice.citizen_id, now=now, sent_at=now,
            )  # fmt: skip
            claim.finish()
        elif isinstance(answer, Refused):
            failed = events.NoticeFailed(kind=notice.kind, channel=notice.channel, code=answer.code)
            move(
                notice, states.NOTICE, to=NoticeState.FAILED, event=failed, actor=SYSTEM,
                subject_id=notice.citizen_id, now=now,
            )  # fmt: skip
            claim.finish()
        else:
            claim.retry(error=type(answer).__name__)
