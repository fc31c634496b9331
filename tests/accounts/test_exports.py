"""The copy of all data: complete, without secrets, made in the background, fetched afresh, deleted."""

import json
import re
import zlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.utils import translation

from accounts import events
from accounts.enums import (
    AuthenticatorKind,
    CodePurpose,
    ConsentPurpose,
    DataCategory,
    DataRequestKind,
    DataSubject,
    ExportState,
    LookReason,
    NoticeKind,
)
from accounts.models import DataExport, DeviceSession, Notice, SealedLook
from accounts.services import codes, consents, data_copy, data_requests, exports, sessions
from eid_portal.core import audit, clock, exporting, ids, jobs
from eid_portal.core.events import SYSTEM, Actor, ActorKind
from eid_portal.core.export_tables import Table, TableExporter
from eid_portal.core.models import AuditEvent, Job
from eid_portal.env import ROOT
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/account/data/"


@pytest.fixture
def account() -> Any:
    return factories.make_account()


@pytest.fixture
def reader(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


def made(client: Client, language: str = "vi") -> DataExport:
    """A copy that was asked for and made."""
    answer = client.post(PATH, headers={"Accept-Language": language})
    assert (answer.status_code, answer["Location"]) == (303, PATH)
    row = DataExport.objects.latest("pk")
    jobs.run_here(Job.objects.get(subject_id=row.pk).pk, exports.MAKE)
    row.refresh_from_db()
    assert row.state == ExportState.READY
    return row


def fetched(client: Client, row: DataExport, form: str) -> bytes:
    answer = client.post(f"{PATH}copies/{row.public_id}/{form}/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="eid-data-')
    assert answer["Cache-Control"] == "no-store"
    return bytes(answer.content)


def letters_of(pdf: bytes) -> set[str]:
    """The letters that the fonts in a PDF draw, by their own tables."""
    letters: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            table = zlib.decompress(stream)
            if b"beginbfchar" in table or b"beginbfrange" in table:
                drawn = re.findall(rb"<([0-9a-fA-F]{4,})>\s*\n", table)
                letters |= {
                    bytes.fromhex(one.decode()).decode("utf-16-be", "ignore") for one in drawn
                }
    return {letter for drawn in letters for letter in drawn}


# --- Complete ---------------------------------------------------------------------------------------
def about_people(tables: Iterable[type[models.Model]]) -> set[type[models.Model]]:
    """The tables that have the id of a citizen or an account, or a key to a table that has, however far away."""
    left = set(tables)
    found: set[type[models.Model]] = set()
    while more := {model for model in left - found if _names_a_person(model, found)}:
        found |= more
    return found


def _names_a_person(model: type[models.Model], found: set[type[models.Model]]) -> bool:
    if model._meta.label in {"accounts.Citizen", "accounts.Account"}:
        return True
    return any(
        one.related_model in found
        if one.is_relation
        else re.search(r"(citizen|account|subject|officer)_id$", one.name)
        for one in model._meta.concrete_fields
    )


CORE = {
    "core.AuditEvent": "is the section “log”",
    "core.AuditMembership": "says in which block an event of the log was sealed",
    "core.SubjectKey": "is a key",
    "core.Job": "says which row is worked on",
    "core.Approval": "stands in the log as events, when they may be shown",
    "admin.LogEntry": "says which reference data an administrator changed",
}


def unnamed(exporters: Any) -> list[str]:
    """Tables and columns of people that no exporter names."""
    tables = {label: names for one in exporters for label, names in one.tables.items()}
    left_out = {what for one in exporters for what in one.left_out}
    missing = []
    people = about_people(apps.get_models())
    for model in apps.get_models():
        label = model._meta.label
        if label not in tables and (model not in people or label in left_out or label in CORE):
            continue
        if label not in tables:
            missing.append(label)
            continue
        missing += [
            f"{label}.{one.name}"
            for one in model._meta.concrete_fields
            if one.name not in tables[label]
            and f"*.{one.name}" not in left_out
            and f"{label}.{one.name}" not in left_out
        ]
    return missing


def test_every_table_and_column_about_people_is_given_out_or_left_out_for_a_reason() -> None:
    assert unnamed(exporting.exporters()) == []
    assert {model for model in CORE if not apps.get_model(model)} == set()


def test_a_table_that_nobody_names_is_seen() -> None:
    class Lazy:
        tables: Any = {"accounts.Citizen": frozenset({"full_name"})}
        left_out: Any = {"*.id": "a key"}

    missing = unnamed([Lazy()])
    assert {"accounts.Citizen.birth_date", "accounts.Notice", "accounts.Passkey"} <= set(missing)
    assert "accounts.Citizen.id" not in missing
    assert "accounts.Province" not in missing


def test_a_key_to_a_key_to_a_person_is_followed() -> None:
    """Three keys away: a note on a difference about a payment of an order of an account."""

    class Lazy:
        tables: Any = {}
        left_out: Any = {}

    labels = {model._meta.label for model in about_people(apps.get_models())}
    assert {"payments.Payment", "payments.Refund", "payments.RefundProposal"} <= labels
    assert {"payments.CaseNote", "payments.Posting", "documents.ShareView"} <= labels
    assert not labels & {"accounts.Province", "payments.Biller", "payments.Tariff"}
    assert {"payments.CaseNote", "payments.RefundProposal"} <= set(unnamed([Lazy()]))


def test_every_reason_is_of_something_there_is() -> None:
    """What was once left out and is gone is left out of the list too."""
    labels = {model._meta.label for model in apps.get_models()}
    columns = {
        f"{model._meta.label}.{one.name}"
        for model in apps.get_models()
        for one in model._meta.concrete_fields
    }
    names = {f"*.{column.rpartition('.')[2]}" for column in columns}
    for one in exporting.exporters():
        assert set(one.left_out) <= labels | columns | names
        assert set(one.tables) <= labels


def every_table() -> list[Table]:
    found: list[Table] = []
    for exporter in exporting.exporters():
        assert isinstance(exporter, TableExporter)
        found += exporter.each
    return found


def test_no_section_has_the_name_of_another() -> None:
    codes = [table.code for table in every_table()]
    assert len(codes) == len(set(codes))


def test_no_secret_is_among_what_is_given_out() -> None:
    for table in every_table():
        for name in table.fields:
            assert not re.search(r"hash|secret|token|seed|credential|public_key|_index", name), (
                table.code,
                name,
            )


# --- What is in it ----------------------------------------------------------------------------------
def full_life(account: Any) -> dict[str, str]:
    """Something in many tables; secrets by name."""
    now = clock.now()
    factories.make_card(account.citizen)
    password = factories.make_password(account)
    factories.make_totp(account)
    factories.make_phone(account)
    factories.make_authenticator(account, AuthenticatorKind.EMAIL, secret="mau@example.vn")
    codes.send(
        purpose=CodePurpose.SIGN_IN, request_id=ids.uuid7(), account=account, to=factories.PHONE,
        action_text="đăng nhập", now=now,
    )  # fmt: skip
    consents.give(
        citizen_id=account.citizen_id, party="x", party_name="Điện lực Mẫu", words="Tôi đồng ý đủ điều",
        categories=[DataCategory.NAME], purpose=ConsentPurpose.BILLS, third_parties=False, valid_until=None,
        actor=SYSTEM, now=now,
    )  # fmt: skip
    data_requests.make(
        account=account, form_id=ids.public_id(), kind=DataRequestKind.CORRECT, subject=DataSubject.OTHER,
        question="Xin sửa một điều", actor=SYSTEM, now=now,
    )  # fmt: skip
    audit.record(
        events.DataUnmasked(fields=["full_name"], reason="Kiểm tra đơn số 7"),
        actor=Actor(kind=ActorKind.ADMINISTRATOR, account_id=ids.uuid7(), citizen_id=ids.uuid7()),
        subject_id=account.citizen_id,
    )
    return {
        "totp": factories.TOTP_SECRET,
        "password": password.password_hash,
        "code": factories.sent_code(),
    }


def test_it_holds_everything_and_no_secret(reader: Client, account: Any) -> None:
    secrets = full_life(account)

    row = made(reader)
    text = fetched(reader, row, "json").decode()
    copy = json.loads(text)

    assert (copy["format"], copy["version"], copy["language"]) == ("eid-data-copy", 1, "vi")
    found = {section["code"]: section["entries"] for section in copy["sections"]}
    (person,) = found["person"]
    assert person["full_name"] == factories.NAME
    assert person["personal_number"] == account.citizen.personal_number
    assert person["birth_date"] == "2000-02-29"
    contacts = {one["phone_or_address"] for one in found["authenticators"]}
    assert {factories.PHONE, "mau@example.vn", None} <= contacts
    assert found["consents"][0]["words"] == "Tôi đồng ý đủ điều"
    assert found["requests"][0]["question"] == "Xin sửa một điều"
    assert "Kiểm tra đơn số 7" in str(found["log"])
    assert found["sessions"]
    for name, secret in secrets.items():
        assert secret not in text, name
        assert len(secret) > 5
    tokens = DeviceSession.objects.get(account=account)
    assert bytes(tokens.key_hash).hex() not in text
    for section in copy["sections"]:
        for entry in section["entries"]:
            assert set(entry) == set(section["labels"]), section["code"]
    assert {one["what"] for one in copy["left_out"]} >= {"accounts.Flow", "*.password_hash"}


def test_somebody_elses_data_is_not_in_it(reader: Client, account: Any) -> None:
    other = factories.make_account(factories.make_citizen(16, full_name="Phan Thị Khác"))
    full_life(account)
    factories.make_card(other.citizen)
    text = fetched(reader, made(reader), "json").decode()
    assert "Phan Thị Khác" not in text
    assert other.citizen.personal_number not in text


def test_what_a_court_order_hides_is_not_in_it(reader: Client, account: Any) -> None:
    hidden = audit.record(
        events.LookedUp(reason=LookReason.COURT_ORDER, fields=[], reference="QĐ 7"),
        actor=SYSTEM,
        subject_id=account.citizen_id,
    )
    SealedLook.objects.create(
        event_id=hidden.pk, order_number="QĐ 7", hidden_until=clock.now() + timedelta(days=9),
        approval_id=ids.uuid7(), sealed_at=clock.now(),
    )  # fmt: skip
    text = fetched(reader, made(reader), "json").decode()
    assert str(hidden.pk) not in text
    assert "QĐ 7" not in text


def test_a_person_reads_every_value_in_words(account: Any) -> None:
    full_life(account)
    person = exporting.Person(citizen_id=account.citizen_id, now=clock.now())
    with translation.override("vi"):
        exporter = data_copy.AccountsExporter()
        shown = {section.code: section.shown for section in exporter.sections(person)}

    who = dict(shown["person"][0])
    assert who["Giới tính"] == "Nữ"
    assert who["Ngày sinh"] == "29/02/2000"
    assert any("Hà Nội" in words and "province" not in words for words in who.values())
    assert who["Còn sống"] == "có"
    consent = dict(shown["consents"][0])
    assert (consent["Dữ liệu"], consent["Bên khác cũng có dữ liệu"]) == ("họ tên", "không")
    assert {dict(one)["Loại"] for one in shown["authenticators"]} >= {"Mật khẩu"}


def test_a_long_log_is_drawn_in_little_time_and_space() -> None:
    pairs = tuple((f"Nhãn {n}", "Một lời như thường thấy trong nhật ký") for n in range(5))
    section = exporting.Section(
        code="log", title="Nhật ký", labels={}, entries=[], shown=[pairs] * 3000
    )
    assert len(exports.pdf_of([section], language="vi", now=clock.now())) < 5_000_000


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pdf_speaks_the_persons_language(reader: Client, account: Any, language: str) -> None:
    full_life(account)
    row = made(reader, language)
    pdf = fetched(reader, row, "pdf")
    assert pdf.startswith(b"%PDF-")
    assert row.language == language
    assert re.search(rb"/Lang ?\(" + language.encode() + rb"\)", pdf)
    assert set("ĐặgTMẫuộ") <= letters_of(pdf)
    assert row.pdf_size == len(pdf)


def test_the_schema_is_documented() -> None:
    text = (ROOT / "docs" / "data-copy.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert told == {table.code for table in every_table()} | {"log"}


def test_every_field_has_a_label() -> None:
    log = {"at", "who", "title", "why", "basis", "seen", "details", "event_id"}
    for exporter in exporting.exporters():
        assert isinstance(exporter, TableExporter)
        used = {name for table in exporter.each for name in (*table.fields, *table.worked_out)}
        more = log if isinstance(exporter, data_copy.AccountsExporter) else set()
        assert set(exporter.labels()) == used | more


# --- Its life ---------------------------------------------------------------------------------------
def test_one_is_made_at_a_time(reader: Client, account: Any) -> None:
    for _press in range(2):
        assert reader.post(PATH).status_code == 303
    assert DataExport.objects.count() == 1
    assert Job.objects.filter(task=exports.MAKE).count() == 1
    page = reader.get(PATH).content.decode()
    assert "data-waiting" in page
    assert "eid/waiting" in page


def test_a_new_copy_takes_the_place_of_the_old(reader: Client) -> None:
    first = made(reader)
    second = made(reader)
    first.refresh_from_db()
    assert (first.state, first.json, first.pdf) == (ExportState.DELETED, None, None)
    assert reader.post(f"{PATH}copies/{first.public_id}/pdf/").status_code == 404
    assert fetched(reader, second, "pdf")


def test_the_job_run_twice_makes_it_once(reader: Client, account: Any) -> None:
    factories.make_phone(account)
    row = made(reader)
    again = jobs.enqueue(exports.MAKE, subject_id=row.pk)
    jobs.run_here(again.pk, exports.MAKE)
    assert AuditEvent.objects.filter(name="accounts.export_made").count() == 1
    told = Notice.objects.filter(kind=NoticeKind.EXPORT_READY)
    assert sorted(told.values_list("channel", flat=True)) == ["INBOX", "SMS"]
    assert "/stop/" in told.get(channel="SMS").text


def test_it_is_sealed_in_its_row(reader: Client, account: Any) -> None:
    from django.db import connection

    row = made(reader)
    with connection.cursor() as cursor:
        cursor.execute("SELECT json, pdf FROM accounts_dataexport WHERE id = %s", [row.pk])
        as_json, as_pdf = cursor.fetchone()
    assert account.citizen.personal_number.encode() not in bytes(as_json)
    assert not bytes(as_pdf).startswith(b"%PDF")


def test_asking_and_fetching_need_a_fresh_proof(client: Client, account: Any) -> None:
    old = factories.ago(minutes=10)
    with clock.frozen(old):
        reader = factories.signed_in(client, account)
    row = DataExport.objects.create(
        state=ExportState.READY, account=account, asked_at=clock.now(), made_at=clock.now(),
        delete_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    for address in (PATH, f"{PATH}copies/{row.public_id}/pdf/"):
        answer = reader.post(address)
        assert answer.status_code == 303
        assert answer["Location"].startswith("/sign-in/again/?next=%2Faccount%2Fdata%2F")
        assert "for=export" in answer["Location"]
        assert reader.get(address).status_code in {200, 303}  # the way back leads somewhere
    assert DataExport.objects.count() == 1
    assert AuditEvent.objects.filter(name="accounts.export_fetched").count() == 0


def test_a_fetch_is_told_in_the_log(reader: Client) -> None:
    row = made(reader)
    fetched(reader, row, "json")
    row.refresh_from_db()
    assert row.fetched_at is not None
    assert AuditEvent.objects.get(name="accounts.export_fetched").data == {"form": "json"}


def test_it_is_deleted_after_its_days(reader: Client) -> None:
    row = made(reader)
    assert row.delete_at is not None
    assert exports.delete_due(now=row.delete_at - timedelta(seconds=1)) == 0
    assert exports.delete_due(now=row.delete_at) == 1
    assert exports.delete_due(now=row.delete_at) == 0
    row.refresh_from_db()
    assert (row.state, row.json, row.pdf) == (ExportState.DELETED, None, None)
    assert reader.post(f"{PATH}copies/{row.public_id}/json/").status_code == 404


def test_what_was_not_deleted_in_time_is_not_given_out(client: Client, account: Any) -> None:
    row = made(factories.signed_in(client, account))
    assert row.delete_at is not None
    session = sessions.find(client.cookies["__Host-session"].value, now=clock.now())
    assert session is not None
    file = exports.fetch(
        session=session, public_id=row.public_id, kind="pdf", actor=SYSTEM, now=row.delete_at
    )
    assert file is None


def test_one_that_cannot_be_made_can_be_asked_for_again(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.post(PATH)
    row = DataExport.objects.get()
    job = Job.objects.get(subject_id=row.pk)
    with monkeypatch.context() as patch:
        patch.setattr(exports, "pdf_of", lambda *_args, **_more: 1 / 0)
        jobs.run_job(job.pk, exports.make, tries=1)
    page = reader.get(PATH, headers={"Accept-Language": "en"}).content.decode()
    assert "The last copy could not be made" in page

    assert made(reader).pk != row.pk
    row.refresh_from_db()
    assert row.state == ExportState.DELETED


def test_one_left_behind_is_given_up(reader: Client) -> None:
    reader.post(PATH)
    row = DataExport.objects.get()
    assert exports.delete_due(now=row.asked_at + exports.GIVEN_UP_AFTER) == 1
    page = reader.get(PATH, headers={"Accept-Language": "en"}).content.decode()
    assert "The last copy could not be made" in page


def test_so_many_a_day(reader: Client) -> None:
    for _copy in range(5):
        made(reader)
    assert reader.post(PATH).status_code == 429


def test_somebody_elses_copy_looks_like_none(reader: Client) -> None:
    other = factories.make_account(factories.make_citizen(16))
    theirs = made(factories.signed_in(Client(), other))
    for public_id in (theirs.public_id, "A" * 22):
        assert reader.post(f"{PATH}copies/{public_id}/pdf/").status_code == 404
    assert reader.post(f"{PATH}copies/{theirs.public_id}/exe/").status_code == 404


def test_markup_in_data_is_only_text(account: Any) -> None:
    nasty = '#panic("x") *đậm* $x$ ]#[ \\ " <b> @y // z'
    section = exporting.Section(
        code="x",
        title=nasty,
        labels={"a": nasty},
        entries=[{"a": nasty}],
        shown=[((nasty, nasty),)],
    )
    pdf = exports.pdf_of([section], language="vi", now=clock.now())
    assert pdf.startswith(b"%PDF-")
