"""Tasks of the tests themselves; the worker and the relay that a test starts load them too."""

import time
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import events, states
from accounts.enums import NoticeState
from accounts.models import Notice
from eid_portal.core import jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.transitions import move

SEND: Final = "tests.send"
HANG_ONCE: Final = "tests.hang_once"
FAIL: Final = "tests.fail"
GIVE_UP_SOON: Final = "tests.give_up_soon"
DRAIN: Final = "tests.drain"
BREAK: Final = UUID(int=0)

drained: list[
    UUID
] = []  # the subjects of this process's drains; with BREAK among them a drain fails

if settings.SETTINGS_MODULE == "tests.core.worker_settings":
    jobs.RING_AGAIN = timedelta(seconds=2)  # type: ignore[misc] # a test does not wait for ten


def send_notice(claim: jobs.Claim) -> None:
    """The effect and "done" in one transaction."""
    with transaction.atomic():
        notice = Notice.objects.get(pk=claim.subject_id)
        event = events.NoticeSent(kind=notice.kind, channel=notice.channel)
        move(notice, states.NOTICE, to=NoticeState.SENT, event=event, actor=SYSTEM)
        claim.finish()


@jobs.task(SEND)
def send(claim: jobs.Claim) -> None:
    """Send a notice."""
    send_notice(claim)


@jobs.task(HANG_ONCE, lease=timedelta(seconds=2))
def hang_once(claim: jobs.Claim) -> None:
    """Send a notice, but hang at the first attempt until killed."""
    if claim.attempt == 1:
        (settings.VAR / f"hanging-{claim.subject_id}").touch()
        time.sleep(60)
    send_notice(claim)


@jobs.task(FAIL, tries=3)
def fail(claim: jobs.Claim) -> None:
    """Fail with a message that names somebody."""
    raise ValueError("Đặng Thị Mẫu")


@jobs.task(GIVE_UP_SOON, tries=1)
def give_up_soon(claim: jobs.Claim) -> None:
    """Fail for good."""
    raise ValueError


@jobs.drain(DRAIN)
def drain(lane: jobs.Lane) -> None:
    """Take note of each subject, ten at a time."""
    while claims := lane.claim(10):
        if BREAK in drained:
            raise ZeroDivisionError
        drained.extend(claim.subject_id for claim in claims)
        lane.settle(done=claims)
