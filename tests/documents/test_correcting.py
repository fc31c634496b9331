"""A request to correct: sent once, received, answered, taken back, late; and the paper verified anew by itself."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.db import connection

from accounts.enums import AccountKind, DataRequestState, NoticeKind
from accounts.models import Account, DataRequest, Notice
from accounts.services import data_requests
from documents import gateways, policy
from documents.enums import (
    CorrectionSide,
    CorrectionState,
    DocumentState,
    VerificationOutcome,
    VerificationReason,
)
from documents.models import Correction, Document, RegistryEvent, Verification
from documents.services import correcting, verification
from eid_portal.core import clock, metrics, outside
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent, CalendarDay, Job
from eid_portal.sandbox import switches
from eid_portal.sandbox.reports import Way
from eid_portal.sandbox.switches import Switch
from tests import factories
from tests.alarm import Alarm
from tests.documents import wired
from tests.documents.wired import FOREIGN, OTHER_DAY, OTHER_NAME, POLICE, UNKNOWN
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def near(settings: Any, sandbox: OutsideWorld) -> Iterator[None]:
    with wired.near(settings):
        yield


@pytest.fixture
def account(db: None) -> Account:
    return wired.make_an()


@pytest.fixture
def document(account: Account, sandbox: OutsideWorld) -> Document:
    """A licence whose name lacks a word."""
    return wired.link(account, OTHER_NAME)


def ask(
    document: Document,
    side: CorrectionSide = CorrectionSide.POPULATION,
    words: str = "",
    now: datetime | None = None,
) -> Correction:
    account = document.linked_by
    return correcting.request(
        account=account,
        citizen=document.citizen,
        public_id=document.public_id,
        side=side,
        words=words,
        actor=factories.actor_of(account),
        now=now or clock.now(),
    )


def sent(sandbox: OutsideWorld) -> list[Any]:
    return [one for one in sandbox.adapter.sent if "/v1/corrections" in str(one.url)]


def received(document: Document, words: str = "") -> Correction:
    """A request that its registry has."""
    row = ask(document, words=words)
    wired.work()
    row.refresh_from_db()
    return row


def told(kind: NoticeKind) -> int:
    return Notice.objects.filter(kind=kind, channel="INBOX").count()


def happened(row: Correction) -> list[str]:
    rows = AuditEvent.objects.filter(target_id=row.pk).order_by("pk")
    return [
        name.removeprefix("documents.correction_") for name in rows.values_list("name", flat=True)
    ]


# --- The whole way ----------------------------------------------------------------------------------
def test_from_a_mismatch_through_a_correction_to_verified(
    document: Document, sandbox: OutsideWorld, personal_data_alarm: Alarm
) -> None:
    assert document.state == DocumentState.MISMATCH

    row = ask(document)
    assert (row.state, row.fields) == (CorrectionState.SENDING, ["name"])
    wired.work()
    row.refresh_from_db()
    assert (row.state, bool(row.office), bool(row.outside_id)) == (CorrectionState.OPEN, True, True)
    assert len(sent(sandbox)) == 1
    assert sent(sandbox)[0].headers["Idempotency-Key"] == row.reference

    wired.answer(sandbox, row, words="Đã sửa.")
    assert wired.tell(sandbox, row)[0][0] == 202
    row.refresh_from_db()
    assert (row.state, row.answer) == (CorrectionState.CORRECTED, "Đã sửa.")
    assert Verification.objects.get(outcome=VerificationOutcome.PENDING).reason == "CORRECTION"
    wired.work()

    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED
    assert told(NoticeKind.CORRECTION_ANSWERED) == told(NoticeKind.PAPER_VERIFIED) == 1
    assert happened(row) == ["requested", "received", "ended"]


def test_a_paper_that_was_not_found_is_found_after_the_request(
    account: Account, sandbox: OutsideWorld
) -> None:
    document = wired.link(account, UNKNOWN)
    assert document.state == DocumentState.NOT_FOUND
    with pytest.raises(correcting.NothingToCorrect):
        ask(document, CorrectionSide.POPULATION)

    row = ask(document, CorrectionSide.MISSING)
    wired.work()
    wired.answer(sandbox, row)
    wired.tell(sandbox, row)
    wired.work()

    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED


def test_somebody_elses_number_is_only_looked_into(account: Account) -> None:
    document = wired.link(account, FOREIGN)
    assert document.state == DocumentState.MISMATCH
    for side in (CorrectionSide.POPULATION, CorrectionSide.REGISTRY, CorrectionSide.MISSING):
        with pytest.raises(correcting.NothingToCorrect):
            ask(document, side)

    assert ask(document, CorrectionSide.NEITHER).state == CorrectionState.SENDING


# --- Asking once --------------------------------------------------------------------------------------
def test_asked_twice_it_is_one_request(document: Document, sandbox: OutsideWorld) -> None:
    rows = {ask(document).pk for _time in range(3)} | {ask(document, CorrectionSide.NEITHER).pk}
    wired.work()
    wired.work()

    assert len(rows) == 1
    assert len(sent(sandbox)) == 1


def test_the_clock_counts_working_days(document: Document) -> None:
    friday = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    CalendarDay.objects.update_or_create(
        day=datetime(2026, 11, 24, tzinfo=UTC).date(), defaults={"works": False}
    )
    row = ask(document, now=friday)

    assert clock.today(row.due_at).isoformat() == "2026-11-26"  # Mon, Wed, Thu
    assert row.reference.startswith("YC-261120-")


def test_a_person_asks_for_so_many_at_a_time(account: Account, document: Document) -> None:
    others = [wired.link(account, f"79012345{place}91") for place in range(10, 20)]
    for other in others[: policy.CORRECTIONS_OPEN]:
        ask(other)

    with pytest.raises(correcting.TooManyOpen):
        ask(document)
    first = Correction.objects.order_by("pk")[0]
    correcting.withdraw(
        citizen=account.citizen, public_id=first.public_id, actor=SYSTEM, now=clock.now()
    )
    assert ask(document).state == CorrectionState.SENDING


def test_a_paper_that_agrees_can_be_reported_with_words(
    account: Account, sandbox: OutsideWorld
) -> None:
    document = wired.link(account, UNKNOWN)
    row = ask(document, CorrectionSide.MISSING)
    wired.work()
    wired.answer(sandbox, row)
    wired.tell(sandbox, row)
    wired.work()
    document.refresh_from_db()

    again = ask(document, CorrectionSide.NEITHER, "Địa chỉ cũ.")
    wired.work()
    correcting.follow(now=clock.now())

    again.refresh_from_db()
    assert again.state == CorrectionState.OPEN, "it agreed before: that settles nothing"


def test_nobody_elses_paper_is_corrected(document: Document) -> None:
    stranger = factories.make_account(factories.make_citizen(16))
    with pytest.raises(correcting.NothingToCorrect):
        correcting.request(
            account=stranger,
            citizen=stranger.citizen,
            public_id=document.public_id,
            side=CorrectionSide.POPULATION,
            words="",
            actor=factories.actor_of(stranger),
            now=clock.now(),
        )


# --- Sending ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("switch", [Switch.DOWN, Switch.BROKEN, Switch.HANGING])
def test_a_registry_that_does_not_answer_is_asked_again_and_has_it_once(
    switch: Switch, document: Document, sandbox: OutsideWorld
) -> None:
    switches.turn(sandbox.world, POLICE, switch)
    row = ask(document)
    wired.work()
    row.refresh_from_db()
    assert row.state == CorrectionState.SENDING
    assert Job.objects.get(task=correcting.SEND).last_error

    switches.turn(sandbox.world, POLICE, Switch.WORKING)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        wired.work()

    row.refresh_from_db()
    assert row.state == CorrectionState.OPEN
    assert len(sandbox.world.store.corrections()) == 1
    assert {one.headers["Idempotency-Key"] for one in sent(sandbox)} == {row.reference}


def test_an_answer_lost_on_the_way_is_asked_for_again(
    document: Document, sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(document)
    whole = sandbox.adapter.send

    def lost(request: Any, **options: Any) -> Any:
        whole(request, **options)
        raise requests.ReadTimeout

    with monkeypatch.context() as patch:
        patch.setattr(sandbox.adapter, "send", lost)
        wired.work()
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        wired.work()

    row.refresh_from_db()
    assert row.state == CorrectionState.OPEN
    assert len(sandbox.world.store.corrections()) == 1


def test_a_holder_whose_name_changed_between_two_tries_is_not_refused(
    document: Document, sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry answers the same reference with another body by 409: what was sent first is sent again."""
    row = ask(document, words="Tên của tôi")
    whole = sandbox.adapter.send

    def lost(request: Any, **options: Any) -> Any:
        whole(request, **options)
        raise requests.ReadTimeout

    with monkeypatch.context() as patch:
        patch.setattr(sandbox.adapter, "send", lost)
        wired.work()
    row.refresh_from_db()
    assert row.sent is not None
    citizen = document.citizen
    citizen.full_name = "Nguyễn Văn Anh"
    citizen.save(update_fields=["full_name"])
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        wired.work()

    row.refresh_from_db()
    assert (row.state, row.sent) == (CorrectionState.OPEN, None)
    first, second = sent(sandbox)
    assert first.body == second.body
    assert len(sandbox.world.store.corrections()) == 1


def test_what_was_to_be_sent_is_not_kept_once_it_was_taken_back(
    document: Document, sandbox: OutsideWorld
) -> None:
    switches.turn(sandbox.world, POLICE, Switch.DOWN)
    row = ask(document)
    wired.work()
    row.refresh_from_db()
    assert row.sent is not None

    correcting.withdraw(
        citizen=document.citizen, public_id=row.public_id, actor=SYSTEM, now=clock.now()
    )

    row.refresh_from_db()
    assert row.sent is None


def test_a_registry_that_does_not_take_it_is_a_refusal_with_a_way_on(document: Document) -> None:
    row = received(document, "#reject")

    assert (row.state, row.answer) == (CorrectionState.REFUSED, None)
    assert told(NoticeKind.CORRECTION_ANSWERED) == 1
    assert ask(document, words="Lần hai.").pk != row.pk


# --- Answers that come at odd times ---------------------------------------------------------------------
def test_an_answer_before_the_receipt_is_known(document: Document, sandbox: OutsideWorld) -> None:
    row = ask(document)
    # The registry has it, and its word that it has was lost.
    store = sandbox.world.store
    made = gateways.find(POLICE).correction_call(correcting._wrong(row))
    outside.call(
        POLICE, made.method, made.path, payload=made.payload, tag=made.tag,
        idempotency_key=made.idempotency_key,
    )  # fmt: skip
    assert len(store.corrections()) == 1

    wired.answer(sandbox, row, words="Đã sửa.")
    assert wired.tell(sandbox, row)[0][1]["outcome"] == "applied"
    row.refresh_from_db()
    assert (row.state, row.answer) == (CorrectionState.CORRECTED, "Đã sửa.")
    assert row.outside_id == store.corrections()[0].correction_id

    wired.work()
    row.refresh_from_db()
    document.refresh_from_db()
    assert row.state == CorrectionState.CORRECTED
    assert document.state == DocumentState.VERIFIED
    # Two of one millisecond stand in any order.
    assert sorted(happened(row)) == ["ended", "received", "requested"]


def test_an_answer_after_it_was_taken_back_verifies_the_paper_all_the_same(
    document: Document, sandbox: OutsideWorld
) -> None:
    row = received(document)
    for _press in range(2):
        taken = correcting.withdraw(
            citizen=document.citizen, public_id=row.public_id, actor=SYSTEM, now=clock.now()
        )
        assert taken.state == CorrectionState.WITHDRAWN

    wired.answer(sandbox, row)
    assert wired.tell(sandbox, row)[0][1]["outcome"] == "applied"
    wired.work()

    row.refresh_from_db()
    document.refresh_from_db()
    assert row.state == CorrectionState.WITHDRAWN
    assert document.state == DocumentState.VERIFIED
    assert told(NoticeKind.CORRECTION_ANSWERED) == 0


def test_taken_back_before_it_was_sent_it_is_not_sent(
    document: Document, sandbox: OutsideWorld
) -> None:
    row = ask(document)
    correcting.withdraw(
        citizen=document.citizen, public_id=row.public_id, actor=SYSTEM, now=clock.now()
    )
    wired.work()

    assert not sent(sandbox)
    assert not Job.objects.filter(task=correcting.SEND, done_at__isnull=True).exists()


def test_what_was_answered_cannot_be_taken_back(document: Document, sandbox: OutsideWorld) -> None:
    row = received(document)
    wired.answer(sandbox, row, "refused", "Hồ sơ gốc đúng.")
    wired.tell(sandbox, row)

    with pytest.raises(correcting.NotOpen):
        correcting.withdraw(
            citizen=document.citizen, public_id=row.public_id, actor=SYSTEM, now=clock.now()
        )
    row.refresh_from_db()
    assert (row.state, row.answer) == (CorrectionState.REFUSED, "Hồ sơ gốc đúng.")


def test_an_answer_about_another_paper_closes_nothing(
    account: Account, document: Document, sandbox: OutsideWorld
) -> None:
    row = received(document)
    wired.link(account, OTHER_DAY)

    [(status, said)] = wired.report(
        sandbox, OTHER_DAY, "corrected", correction_id=row.outside_id, words="x"
    )

    assert (status, said["outcome"]) == (202, "applied")
    row.refresh_from_db()
    assert row.state == CorrectionState.OPEN


def test_an_answer_by_another_requests_id_closes_neither(
    account: Account, document: Document, sandbox: OutsideWorld
) -> None:
    row = received(document)
    unsent = ask(wired.link(account, OTHER_DAY))

    [(status, said)] = wired.report(
        sandbox, OTHER_DAY, "corrected", correction_id=row.outside_id, words="x"
    )

    assert (status, said["outcome"]) == (202, "applied")
    for one, state in ((row, CorrectionState.OPEN), (unsent, CorrectionState.SENDING)):
        one.refresh_from_db()
        assert one.state == state


def test_another_registrys_answer_closes_nothing(document: Document, sandbox: OutsideWorld) -> None:
    row = received(document)

    [(status, said)] = wired.report(
        sandbox,
        OTHER_NAME,
        "corrected",
        party="vehicle-register",
        correction_id=row.outside_id,
    )

    assert (status, said["outcome"]) == (202, "not_linked")
    row.refresh_from_db()
    assert row.state == CorrectionState.OPEN


# --- Late -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arrived", [True, False])
def test_a_late_request_is_escalated_once_and_its_holder_told_who_has_it(
    arrived: bool, document: Document, sandbox: OutsideWorld
) -> None:
    row = received(document) if arrived else ask(document)
    late = row.due_at + timedelta(seconds=1)

    assert correcting.follow(now=row.due_at - timedelta(seconds=1)) == 0
    assert [correcting.follow(now=late) for _time in range(3)] == [1, 0, 0]

    row.refresh_from_db()
    assert row.escalated_at == late
    [notice] = Notice.objects.filter(kind=NoticeKind.CORRECTION_LATE, channel="INBOX")
    assert row.reference in str(notice.text)
    assert (row.office in str(notice.text)) is arrived or not row.office
    assert b"eid_corrections_overdue 1.0" in metrics.exposition(now=late)
    if arrived:
        wired.answer(sandbox, row)
        wired.tell(sandbox, row)
        row.refresh_from_db()
        assert row.state == CorrectionState.CORRECTED


def test_a_paper_that_agrees_by_itself_closes_its_request(
    document: Document, sandbox: OutsideWorld
) -> None:
    row = received(document)
    wired.answer(sandbox, row)  # and never tells
    verification.request(document, reason=VerificationReason.NIGHTLY, now=clock.now())
    wired.work()

    assert correcting.follow(now=clock.now()) == 1
    row.refresh_from_db()
    assert row.state == CorrectionState.CORRECTED
    assert not Verification.objects.filter(outcome=VerificationOutcome.PENDING).exists()


# --- The population register ---------------------------------------------------------------------------
def test_what_the_population_register_has_wrong_goes_to_the_administrators(
    document: Document, sandbox: OutsideWorld
) -> None:
    row = ask(document, CorrectionSide.REGISTRY, "Tôi có giấy khai sinh.")

    made = DataRequest.objects.get()
    assert (row.state, row.registry) == (CorrectionState.OPEN, "population")
    assert (row.reference, row.outside_id, row.due_at) == (
        made.reference,
        made.public_id,
        made.done_by,
    )
    for part in ("NGUYỄN VĂN AN", "NGUYỄN AN", "Tôi có giấy khai sinh."):
        assert part in made.question
    wired.work()
    assert not sent(sandbox)
    with pytest.raises(correcting.NotWithdrawable):
        correcting.withdraw(
            citizen=document.citizen, public_id=row.public_id, actor=SYSTEM, now=clock.now()
        )


@pytest.mark.parametrize("refused", [True, False])
def test_what_becomes_of_it_is_seen_and_the_paper_verified_anew(
    refused: bool, document: Document
) -> None:
    row = ask(document, CorrectionSide.REGISTRY)
    made = DataRequest.objects.get()
    boss = factories.actor_of(factories.make_staff(kind=AccountKind.ADMINISTRATOR))
    now = clock.now()
    data_requests.answer(request=made, words="Đã chuyển.", actor=boss, now=now)
    assert correcting.follow(now=now) == 0
    data_requests.extend(request=made, reason="Chờ hồ sơ gốc.", actor=boss, now=now)
    correcting.follow(now=now)
    row.refresh_from_db()
    made.refresh_from_db()
    assert row.due_at == made.done_by
    end = data_requests.refuse if refused else data_requests.finish
    words = {"reason": "Không có căn cứ."} if refused else {"words": "Đã sửa."}
    end(request=made, actor=boss, now=now, **words)

    assert correcting.follow(now=now) == 1
    row.refresh_from_db()
    expected = CorrectionState.REFUSED if refused else CorrectionState.CORRECTED
    assert row.state == expected
    assert Verification.objects.filter(
        outcome=VerificationOutcome.PENDING, reason="CORRECTION"
    ).exists()
    assert DataRequest.objects.get().state in {DataRequestState.DONE, DataRequestState.REFUSED}


# --- At the same moment ---------------------------------------------------------------------------------
def at_once(*work: Callable[[], Any]) -> list[Any]:
    """All at once, each in a thread with a connection of its own; what each returned or raised."""

    def run(one: Callable[[], Any]) -> Any:
        try:
            return one()
        except correcting.CorrectionRefused as refused:
            return type(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_are_one(document: Document, sandbox: OutsideWorld) -> None:
    rows = at_once(*[lambda: ask(document).pk for _time in range(6)])
    wired.work()

    assert len(set(rows)) == 1
    assert Correction.objects.count() == len(sent(sandbox)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(4))
def test_an_answer_and_a_withdrawal_at_once_are_one_of_the_two(
    _time: int, document: Document, sandbox: OutsideWorld
) -> None:
    row = received(document)
    wired.answer(sandbox, row)

    def withdraw() -> Any:
        return correcting.withdraw(
            citizen=document.citizen, public_id=row.public_id, actor=SYSTEM, now=clock.now()
        ).state

    [[(status, _said)], taken] = at_once(lambda: wired.tell(sandbox, row), withdraw)

    assert status == 202
    row.refresh_from_db()
    if taken == correcting.NotOpen:
        assert row.state == CorrectionState.CORRECTED
    else:
        assert row.state == taken == CorrectionState.WITHDRAWN
    assert len([name for name in happened(row) if name in {"ended", "withdrawn"}]) == 1
    wired.work()
    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED


@pytest.mark.django_db(transaction=True)
def test_an_answer_told_ten_times_at_once_is_one(document: Document, sandbox: OutsideWorld) -> None:
    row = received(document)
    wired.answer(sandbox, row)

    answers = at_once(*[lambda: wired.tell(sandbox, row) for _time in range(10)])

    assert {(status, said["outcome"]) for [(status, said)] in answers} == {(202, "applied")}
    assert RegistryEvent.objects.count() == 1
    assert sorted(happened(row)) == ["ended", "received", "requested"]
    assert told(NoticeKind.CORRECTION_ANSWERED) == 1


def test_a_forged_or_stale_answer_closes_nothing(document: Document, sandbox: OutsideWorld) -> None:
    row = received(document)
    wired.answer(sandbox, row)

    for way in (Way.FORGED, Way.STALE):
        [(status, _said)] = wired.tell(sandbox, row, way)
        assert status == 401
    row.refresh_from_db()
    assert row.state == CorrectionState.OPEN
