"""Requests about one's data: made once, with the law's clocks, handled by another, each step told."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import (
    AccountKind,
    DataRequestKind,
    DataRequestState,
    DataSubject,
    NoticeKind,
)
from accounts.models import Citizen, DataRequest, Notice
from accounts.services import data_requests, residence
from eid_portal.core import audit, clock, ids, metrics
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/account/data/requests/"
QUESTION = "Số điện thoại ghi ở lượt làm việc tại quầy là sai, số đúng là 0912000099."


@pytest.fixture
def account() -> Any:
    return factories.make_account()


@pytest.fixture
def reader(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


@pytest.fixture
def administrator() -> Any:
    return factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def admin(administrator: Any) -> Client:
    return factories.signed_in(Client(), administrator)


def ask(account: Any, **more: Any) -> DataRequest:
    values: dict[str, Any] = {
        "account": account,
        "form_id": ids.public_id(),
        "kind": DataRequestKind.CORRECT,
        "subject": DataSubject.COUNTER,
        "question": QUESTION,
        "actor": factories.actor_of(account),
        "now": clock.now(),
    }
    return data_requests.make(**values | more)


def step(
    admin: Client, row: DataRequest, name: str, words: str = "Chúng tôi đã xem và sửa."
) -> Any:
    return admin.post(f"/admin/accounts/datarequest/{row.pk}/step/{name}/", {"words": words})


# --- What is held -----------------------------------------------------------------------------------
def test_the_addresses_that_are_held_are_shown_with_their_source_and_days(
    reader: Client, account: Any
) -> None:
    def page(language: str) -> str:
        answer = reader.get("/account/data/", headers={"Accept-Language": language})
        return re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())

    def stays(line: str, until: date) -> None:
        residence.register_stay(
            citizen_id=account.citizen_id,
            address={"province": "Đà Nẵng", "commune": "Phường Mẫu", "line": line},
            until=until,
            owner=None,
            actor=factories.actor_of(account),
            now=datetime(2026, 3, 2, tzinfo=UTC),
        )

    citizen = Citizen.objects.get(pk=account.citizen_id)
    citizen.residence = None
    citizen.save(update_fields=["residence"])
    assert "Not on record" in page("en")
    assert "Temporary residence" not in page("en")
    home = {"province": "Hà Nội", "commune": "Phường Hoàn Kiếm", "line": "Số 1 Phố Mẫu"}
    citizen.residence = home
    citizen.save(update_fields=["residence"])
    stays("Số 41", clock.today() + timedelta(days=9))
    last = f"{clock.today() + timedelta(days=9):%d/%m/%Y}"

    for language, source in (("en", "Population register"), ("vi", "Dữ liệu dân cư")):
        shown = page(language)
        for said in (source, "Số 1 Phố Mẫu", "Số 41, Phường Mẫu, Đà Nẵng", "02/03/2026", last):
            assert said in shown, (language, said)
        assert not re.search("Over|Hết hạn", shown)

    assert re.search(r"Tạm trú từ ngày\s+02/03/2026", page("vi"))
    stays("Số 42", clock.today() - timedelta(days=1))
    assert "Số 41" not in page("vi")
    assert "Hết hạn" in page("vi")


# --- Making one -------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", list(DataRequestKind))
def test_each_kind_is_asked_by_a_form_and_followed_on_its_page(
    reader: Client, account: Any, kind: DataRequestKind
) -> None:
    address = f"{PATH}{kind.lower()}/new/"
    assert reader.get(address).status_code == 200
    form = {"form_id": "F" * 22, "subject": "COUNTER", "question": QUESTION}

    answer = reader.post(address, form)

    row = DataRequest.objects.get(citizen_id=account.citizen_id)
    assert (answer.status_code, answer["Location"]) == (303, f"{PATH}{row.public_id}/")
    assert (row.kind, row.question, row.state) == (kind, QUESTION, DataRequestState.RECEIVED)
    page = reader.get(answer["Location"]).content.decode()
    assert row.reference in page
    assert QUESTION in page
    assert row.reference in reader.get("/account/data/").content.decode()
    assert AuditEvent.objects.filter(name="accounts.data_request_made").count() == 1


def test_the_same_form_sent_twice_is_one_request(reader: Client) -> None:
    form = {"form_id": "F" * 22, "subject": "COUNTER", "question": QUESTION}
    places = {reader.post(f"{PATH}correct/new/", form)["Location"] for _press in range(2)}
    assert len(places) == 1
    assert DataRequest.objects.count() == 1


def test_a_form_id_of_somebody_else_shows_nothing_of_theirs(reader: Client) -> None:
    theirs = ask(factories.make_account(factories.make_citizen(16)))
    form = {"form_id": theirs.public_id, "subject": "OTHER", "question": "một việc khác hẳn"}
    answer = reader.post(f"{PATH}correct/new/", form)
    assert answer.status_code == 303
    assert theirs.public_id not in answer["Location"]
    assert DataRequest.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": "NOTHING"},
        {"question": ""},
        {"question": "ngắn"},
        {"question": "x" * 2001},
        {"question": "có ký tự \u202e không thấy"},
        {"form_id": "x"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    reader: Client, wrong: dict[str, str]
) -> None:
    form = {"form_id": "F" * 22, "subject": "COUNTER", "question": QUESTION} | wrong
    answer = reader.post(f"{PATH}correct/new/", form)
    assert answer.status_code == 422
    assert DataRequest.objects.count() == 0
    if "question" not in wrong:
        assert QUESTION in answer.content.decode()


def test_a_reference_says_kind_and_day(account: Any) -> None:
    row = ask(account, now=datetime(2026, 11, 26, 10, tzinfo=clock.VIET_NAM))
    assert row.reference.startswith("YS-261126-")
    assert len(row.reference) == 14


@pytest.mark.parametrize(
    ("kind", "subject", "days"),
    [
        (DataRequestKind.CORRECT, DataSubject.OTHER, 10),
        (DataRequestKind.RESTRICT, DataSubject.OTHER, 15),
        (DataRequestKind.RESTRICT, DataSubject.SHARING, 20),
        (DataRequestKind.OBJECT, DataSubject.IDENTITY, 20),
        (DataRequestKind.DELETE, DataSubject.OTHER, 20),
    ],
)
def test_the_clocks_are_the_laws(account: Any, kind: Any, subject: Any, days: int) -> None:
    # A Wednesday: two working days later is Friday; day 10, 15 and 20 move off days of rest.
    made = datetime(2026, 10, 7, 9, tzinfo=clock.VIET_NAM)
    row = ask(account, kind=kind, subject=subject, now=made)
    assert f"{clock.today(row.answer_by)}" == "2026-10-09"
    late = {10: "2026-10-19", 15: "2026-10-22", 20: "2026-10-27"}[days]
    assert f"{clock.today(row.done_by)}" == late


def test_ten_may_wait_at_once(reader: Client, account: Any) -> None:
    for _one in range(10):
        ask(account)
    form = {"form_id": "F" * 22, "subject": "COUNTER", "question": QUESTION}
    answer = reader.post(f"{PATH}correct/new/", form, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "Ten of your requests wait" in answer.content.decode()


def test_somebody_elses_request_looks_like_none(reader: Client) -> None:
    theirs = ask(factories.make_account(factories.make_citizen(16)))
    for public_id in (theirs.public_id, "A" * 22):
        assert reader.get(f"{PATH}{public_id}/").status_code == 404
    assert reader.get(f"{PATH}nonsense/new/").status_code == 404


# --- Handling one -----------------------------------------------------------------------------------
def test_an_administrator_answers_and_carries_out_and_each_step_is_told(
    admin: Client, administrator: Any, account: Any, reader: Client
) -> None:
    row = ask(account)
    listed = admin.get("/admin/accounts/datarequest/").content.decode()
    assert row.reference in listed
    assert QUESTION not in listed

    assert step(admin, row, "answer", "Chúng tôi sẽ sửa số này.").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.answer) == (DataRequestState.ANSWERED, "Chúng tôi sẽ sửa số này.")
    assert row.handled_by_id == administrator.pk
    assert step(admin, row, "done", "Đã sửa xong hôm nay.").status_code == 302
    row.refresh_from_db()
    assert row.state == DataRequestState.DONE
    assert row.answer == "Chúng tôi sẽ sửa số này.\n\nĐã sửa xong hôm nay."
    texts = [
        notice.text for notice in Notice.objects.filter(kind=NoticeKind.DATA_REQUEST).order_by("pk")
    ]
    assert len(texts) == 2
    assert "Chúng tôi sẽ sửa số này." in texts[0]
    page = reader.get(f"{PATH}{row.public_id}/").content.decode()
    assert "Đã sửa xong hôm nay." in page
    assert {"accounts.data_request_answered", "accounts.data_request_done"} <= set(
        AuditEvent.objects.filter(subject_id=account.citizen_id).values_list("name", flat=True)
    )


def test_a_refusal_has_reasons_that_the_person_reads(
    admin: Client, account: Any, reader: Client
) -> None:
    row = ask(account, kind=DataRequestKind.DELETE)
    step(admin, row, "refuse", "Luật buộc giữ nhật ký 5 năm.")
    row.refresh_from_db()
    assert (row.state, row.answer) == (DataRequestState.REFUSED, "Luật buộc giữ nhật ký 5 năm.")
    assert "Luật buộc giữ" in reader.get(f"{PATH}{row.public_id}/").content.decode()
    event = AuditEvent.objects.get(name="accounts.data_request_refused")
    assert audit.personal_data(event)["reason"] == "Luật buộc giữ nhật ký 5 năm."
    assert step(admin, row, "refuse", "").status_code == 200  # without a word nothing happens


def test_it_is_extended_once_for_at_most_fifteen_days(admin: Client, account: Any) -> None:
    row = ask(account)
    first = row.done_by
    step(admin, row, "extend", "Phải hỏi kho lưu trữ cũ.")
    row.refresh_from_db()
    extended = row.done_by
    assert timedelta(days=15) <= extended - first < timedelta(days=25)
    assert row.extension_reason == "Phải hỏi kho lưu trữ cũ."
    step(admin, row, "extend", "Phải hỏi thêm lần nữa.")
    row.refresh_from_db()
    assert (row.done_by, row.extension_reason) == (extended, "Phải hỏi kho lưu trữ cũ.")
    assert Notice.objects.filter(kind=NoticeKind.DATA_REQUEST).count() == 1
    assert AuditEvent.objects.filter(name="accounts.data_request_extended").count() == 1


@pytest.mark.parametrize("name", ["done", "answer", "refuse", "extend"])
def test_a_step_out_of_turn_is_refused(admin: Client, account: Any, name: str) -> None:
    row = ask(account)
    if name != "done":
        step(admin, row, "refuse")
    row.refresh_from_db()
    state, told = row.state, Notice.objects.count()
    answer = admin.post(
        f"/admin/accounts/datarequest/{row.pk}/step/{name}/",
        {"words": "Một lời đủ dài."},
        follow=True,
    )
    row.refresh_from_db()
    assert (answer.status_code, row.state, Notice.objects.count()) == (200, state, told)
    assert b"messagelist" in answer.content


def test_nobody_handles_a_request_of_their_own(account: Any) -> None:
    row = ask(account)
    self_made = factories.make_staff(kind=AccountKind.ADMINISTRATOR, citizen=account.citizen)
    own = factories.signed_in(Client(), self_made)
    for name in ("answer", "refuse", "extend"):
        step(own, row, name)
    row.refresh_from_db()
    assert (row.state, row.extended_at) == (DataRequestState.RECEIVED, None)


def test_opening_a_request_is_a_look_that_the_person_sees(
    admin: Client, administrator: Any, account: Any
) -> None:
    row = ask(account)
    for _time in range(2):
        page = admin.get(f"/admin/accounts/datarequest/{row.pk}/change/").content.decode()
        assert QUESTION in page
    seen = AuditEvent.objects.get(name="accounts.data_seen")
    assert (seen.actor_id, seen.subject_id) == (administrator.pk, account.citizen_id)
    assert seen.data == {"page": "account"}


def test_officers_and_citizens_do_not_handle_requests(reader: Client, account: Any) -> None:
    row = ask(account)
    officer = factories.signed_in(Client(), factories.make_staff(61), factories.make_office())
    for client in (reader, officer, Client()):
        assert client.get(f"/admin/accounts/datarequest/{row.pk}/change/").status_code in {302, 403}
        assert step(client, row, "answer").status_code in {302, 403}
    row.refresh_from_db()
    assert row.state == DataRequestState.RECEIVED


@pytest.mark.parametrize(
    ("subject", "hint"), [("name", "Write to the police"), ("portal", "see to it here")]
)
def test_the_administrator_reads_who_must_be_written_to(
    admin: Client, account: Any, subject: str, hint: str
) -> None:
    about = {"name": DataSubject.IDENTITY, "portal": DataSubject.CONTACT}[subject]
    row = ask(account, subject=about)
    page = admin.get(
        f"/admin/accounts/datarequest/{row.pk}/change/", headers={"Accept-Language": "en"}
    )
    assert hint in page.content.decode()


def test_what_is_overdue_can_be_seen_by_alarms(account: Any, admin: Client) -> None:
    row = ask(account)
    for state, column in (("RECEIVED", "answer_by"), ("ANSWERED", "done_by")):
        DataRequest.objects.filter(pk=row.pk).update(state=state)
        assert b"eid_data_requests_overdue 0.0" in metrics.exposition(now=clock.now())
        DataRequest.objects.filter(pk=row.pk).update(**{column: clock.now() - timedelta(minutes=1)})
        assert b"eid_data_requests_overdue 1.0" in metrics.exposition(now=clock.now())
