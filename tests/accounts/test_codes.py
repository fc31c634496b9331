"""Codes sent to a phone."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts import policy
from accounts.enums import CodePurpose
from accounts.models import Notice, OneTimeCode
from accounts.services import codes, notices
from eid_portal.core import clock, jobs
from eid_portal.core.models import Job
from tests import factories
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
SIGN_IN = CodePurpose.SIGN_IN


def send(request_id: Any, purpose: CodePurpose = SIGN_IN, phone: str = factories.PHONE) -> str:
    codes.send(
        purpose=purpose,
        request_id=request_id,
        account=None,
        to=phone,
        action_text="SIGN IN to the e-ID portal",
        now=clock.now(),
    )
    return factories.sent_code()


def check(request_id: Any, code: str, purpose: CodePurpose = SIGN_IN) -> None:
    codes.check(
        purpose=purpose, request_id=request_id, to=factories.PHONE, code=code, now=clock.now()
    )


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_code_works_once_and_blanks_and_full_width_digits_do_not_matter() -> None:
    request = uuid4()
    code = send(request)
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code)

    check(request, f" {wide[:3]} {wide[3:]} ")

    with pytest.raises(codes.NoCode):
        check(request, code)


@pytest.mark.parametrize("purpose", [CodePurpose.NEW_PHONE, CodePurpose.NEW_EMAIL])
def test_whoever_names_anothers_phone_uses_up_nothing_of_its_holders(purpose: CodePurpose) -> None:
    sent = 0
    for _sender in range(20):
        try:
            send(uuid4(), purpose)
        except codes.TooManyCodes:
            continue
        sent += 1

    assert sent == policy.NEW_CONTACT_SEND_TO.allowed
    for _again in range(policy.CODE_SEND_PHONE.allowed):  # all of it is left to sign in with
        send(uuid4())


def test_one_sender_cannot_name_ever_more_phones() -> None:
    sender = uuid4()
    for place in range(policy.NEW_CONTACT_SEND.allowed):
        send(sender, CodePurpose.NEW_PHONE, f"+8491200{place:04d}")

    with pytest.raises(codes.TooManyCodes):
        send(sender, CodePurpose.NEW_PHONE, "+84912009999")


def test_a_code_is_bound_to_its_request_and_purpose() -> None:
    request, another = uuid4(), uuid4()
    code = send(request)
    send(another)

    with pytest.raises(codes.CodeRefused):
        check(another, code)
    with pytest.raises(codes.NoCode):
        check(request, code, CodePurpose.ACTIVATION)
    check(request, code)


def test_a_newer_code_kills_the_older() -> None:
    request = uuid4()
    old = send(request)
    new = send(request)
    while new == old:
        new = send(request)

    with pytest.raises(codes.WrongCode):
        check(request, old)
    check(request, new)


def test_five_tries_and_no_more() -> None:
    request = uuid4()
    code = send(request)
    lefts = []
    for _try in range(5):
        with pytest.raises(codes.WrongCode) as refused:
            check(request, other(code))
        lefts.append(refused.value.left)

    assert lefts == [4, 3, 2, 1, 0]
    with pytest.raises(codes.WrongCode):
        check(request, code)


def test_ten_minutes_and_no_longer() -> None:
    request = uuid4()
    code = send(request)
    with (
        clock.frozen(clock.now() + timedelta(minutes=10)),
        pytest.raises(codes.CodeExpired) as late,
    ):
        check(request, code)
    assert late.value.code == "code_expired"


def test_only_a_hash_is_kept_and_the_message_is_a_job() -> None:
    request = uuid4()
    code = send(request)

    row = OneTimeCode.objects.get()
    assert code.encode() not in bytes(row.code_hash)
    message = Notice.objects.get()
    assert message.text.startswith(f"{code} ")
    assert len(message.text) <= 160
    assert "://" not in message.text
    assert Job.objects.get().subject_id == message.pk
    assert jobs.CHANNEL


def test_five_codes_in_half_an_hour_and_ten_a_day_to_one_phone() -> None:
    request = uuid4()
    for _sent in range(5):
        send(request)
    with pytest.raises(codes.TooManyCodes):
        send(request)
    for _sent in range(5):
        send(uuid4())
    with pytest.raises(codes.TooManyCodes) as refused:
        send(uuid4())
    assert refused.value.until > clock.now() + timedelta(hours=23)
    send(uuid4(), phone="+84912000098")


def test_a_code_that_could_not_be_sent_in_its_time_is_never_sent(
    db: None, sandbox: OutsideWorld
) -> None:
    notice = factories.make_notice(
        to="+84500000002", text="482913", created_at=factories.ago(minutes=11)
    )
    jobs.enqueue(notices.SEND, subject_id=notice.pk)

    jobs.run_due()

    notice.refresh_from_db()
    assert notice.state == "FAILED"
    assert not sandbox.messages("+84500000002")
