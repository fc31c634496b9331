"""Files of forms through a citizen's own application: sent, given again, thrown away; by the service of the pages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from eid_portal.core import clock, files
from eid_portal.core.models import AuditEvent
from procedures import policy
from procedures.models import Application, ApplicationFile, Attachment
from procedures.rules import documents
from procedures.services import attachments
from procedures.texts import FILES
from tests.accounts.application import App, operation_at, signed_in
from tests.core.test_files import pdf, picture
from tests.procedures import world
from tests.procedures.test_procedures_api import begin, field, save, submit
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
CODE = "temporary-residence"
API = "/api/v1/"
BOUNDARY = "part-of-a-form"
MULTIPART_CONTENT = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


@pytest.fixture
def app(filer: Filer) -> App:
    return signed_in(filer.account)


@pytest.fixture
def draft(app: App) -> dict[str, Any]:
    return begin(app, CODE)


def at(draft: dict[str, Any], more: str = "") -> str:
    return f"{API}drafts/{draft['id']}/files{more}"


def send(
    app: App, draft: dict[str, Any], content: bytes, name: str = "hợp đồng.pdf", **more: str
) -> Any:
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile(name, content), **more})
    return app.send(at(draft), body, MULTIPART_CONTENT)


def file_fields(code: str) -> list[str]:
    return [each.key for each in documents.shipped()[code].fields if each.kind == "file"]


def test_a_file_is_sent_named_in_a_page_and_filed(app: App, filer: Filer) -> None:
    form = filer.fill(filer.begin(CODE), proof="contract")
    form.draft.answers.pop("contract")
    form.draft.save()
    Attachment.objects.all().delete()
    draft = app.get(f"{API}drafts/{form.draft.public_id}").json()
    assert field(draft, "contract")["held"] == []

    answer = send(app, draft, pdf(2))

    assert answer.status_code == 201, answer.json()
    kept = answer.json()
    assert (kept["name"], kept["media_type"], kept["pages"]) == ("hợp đồng.pdf", files.PDF, 2)
    draft = app.get(f"{API}drafts/{draft['id']}").json()
    assert field(draft, "contract")["held"] == [kept["id"]]
    (page,) = [
        each for each in draft["pages"] if "contract" in {one["key"] for one in each["fields"]}
    ]
    given = {
        one["key"]: one["value"]
        for one in page["fields"]
        if one["asked"] and one["value"] is not None
    }
    saved = save(app, draft, page["key"], **given | {"contract": kept["id"]})
    assert saved.status_code == 200, saved.json()
    assert saved.json()["wrong"] == []
    assert submit(app, saved.json()).status_code == 201
    assert ApplicationFile.objects.get(field="contract").attachment.public_id == kept["id"]


def test_the_same_file_again_is_the_one_that_is_there_and_can_be_given_in_another_draft(
    app: App, draft: dict[str, Any]
) -> None:
    first = send(app, draft, picture()).json()
    assert send(app, draft, picture(), "another.jpg").json()["id"] == first["id"]
    other = begin(app, "permanent-residence")
    listed = app.get(at(other)).json()["files"]
    assert [each["id"] for each in listed] == [first["id"]]
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "file_empty"),
        (b"<svg><script/></svg>", 422, "file_type"),
        (picture()[:200], 422, "file_broken"),
        (pdf(files.PAGES_MOST + 1), 422, "file_complex"),
        (b"\xff\xd8\xff" + b"x" * 11 * 1024 * 1024, 413, "file_large"),
    ],
    ids=["empty", "type", "broken", "complex", "large"],
)
def test_what_is_not_taken_is_a_problem_and_nothing_is_kept(
    app: App, draft: dict[str, Any], content: bytes, status: int, code: str
) -> None:
    answer = send(app, draft, content)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem["detail"]
    assert "%(" not in problem["detail"]
    assert not Attachment.objects.exists()


def test_who_sends_too_many_waits_and_a_silent_scanner_says_when_to_come_back(
    app: App, draft: dict[str, Any], settings: Any, tmp_path: Path
) -> None:
    settings.CLAMD_SOCKET = str(tmp_path / "nobody")
    silent = send(app, draft, picture())
    assert (silent.status_code, silent.json()["code"]) == (503, "file_unscanned")
    assert int(silent["Retry-After"]) > 0
    settings.CLAMD_SOCKET = ""
    for _each in range(policy.SEND_FILE.allowed - 1):
        send(app, draft, b"x")
    answer = send(app, draft, picture())
    assert (answer.status_code, answer.json()["code"]) == (429, "file_too_often")
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert not Attachment.objects.exists()


PARTS = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("image/jpeg", picture(), 415),
        ("", b"x", 415),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data; boundary=x", b"--x--", 422),
        (MULTIPART_CONTENT, f'{PARTS}"file"\r\n\r\ntext\r\n--{BOUNDARY}--\r\n'.encode(), 422),
        (MULTIPART_CONTENT, f'{PARTS}"file"; filename="a'.encode(), 422),
        (MULTIPART_CONTENT, f'{PARTS}"x{{}}"\r\n\r\n\r\n'.encode() * 2000, 400),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_meant_is_told_so(
    app: App, draft: dict[str, Any], content_type: str, body: bytes, status: int
) -> None:
    answer = app.send(at(draft), body, content_type)
    assert answer.status_code == status, answer.content
    assert answer.json()["detail"]
    assert not Attachment.objects.exists()


def test_a_body_that_no_page_would_send_is_refused_before_it_is_read(
    app: App, draft: dict[str, Any], settings: Any
) -> None:
    settings.UPLOAD_READ_MOST = 100
    answer = send(app, draft, picture())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert not Attachment.objects.exists()


def test_another_field_beside_the_file_is_named(app: App, draft: dict[str, Any]) -> None:
    answer = send(app, draft, picture(), citizen="001300000016")
    assert (answer.status_code, answer.json()["errors"][""][0]["code"]) == (422, "unknown")
    assert not Attachment.objects.exists()


def test_only_forms_that_ask_for_files_take_any(app: App) -> None:
    assert file_fields("absence-declaration") == []
    answer = send(app, begin(app, "absence-declaration"), picture())
    assert (answer.status_code, answer.json()["code"]) == (409, "no_file_asked")
    assert not Attachment.objects.exists()


def test_a_file_is_thrown_away_once_and_the_form_asks_for_another(app: App, filer: Filer) -> None:
    form = filer.fill(filer.begin(CODE), proof="contract")
    draft = {"id": form.draft.public_id}
    kept = Attachment.objects.get()
    for _time in range(2):
        assert app.post(at(draft, "/discard"), id=kept.public_id).status_code == 204
    assert not Attachment.objects.exists()
    told = AuditEvent.objects.get(name="procedures.file_discarded")
    assert told.subject_id == filer.account.citizen_id
    after = app.get(f"{API}drafts/{draft['id']}").json()
    assert {each["at"] for each in after["wrong"]} == {"contract"}


def test_a_file_that_was_filed_stays(app: App, filer: Filer) -> None:
    filer.file(CODE, proof="contract")
    kept = ApplicationFile.objects.get().attachment
    other = begin(app, "permanent-residence")
    answer = app.post(at(other, "/discard"), id=kept.public_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "file_in_use")
    assert Attachment.objects.filter(pk=kept.pk).exists()
    assert Application.objects.count() == 1


def test_nobody_sends_to_or_sees_or_throws_away_anothers(app: App, draft: dict[str, Any]) -> None:
    kept = send(app, draft, picture()).json()
    stranger = world.make_person(16)
    other = signed_in(stranger)
    assert send(other, draft, picture()).status_code == 404
    assert other.get(at(draft)).status_code == 404
    assert other.post(at(draft, "/discard"), id=kept["id"]).status_code == 404
    own = begin(other, CODE)
    assert other.get(at(own)).json()["files"] == []
    assert other.post(at(own, "/discard"), id=kept["id"]).status_code == 204
    assert send(App(), draft, picture()).status_code == 401
    assert Attachment.objects.get().public_id == kept["id"]


def test_the_schema_says_how_a_file_is_sent_and_names_every_refusal(draft: dict[str, Any]) -> None:
    told = operation_at("post", at(draft))
    assert told is not None
    content = told["requestBody"]["content"]
    assert list(content) == ["multipart/form-data"]
    named = {
        one["value"]["code"]
        for answer in told["responses"].values()
        for kind in answer.get("content", {}).values()
        for one in kind.get("examples", {}).values()
        if "code" in one["value"]
    }
    expected = {attachments_code(code) for code in FILES}
    assert expected <= named


def attachments_code(code: str) -> str:
    from procedures.api import problems

    return problems.not_taken(
        attachments.NotTaken(code, {"most": 10}, until=clock.now() + timedelta(hours=1))
    ).code
