"""Files of citizens: what is kept, for whom, how often, and what is said of those that are not taken."""

import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client

from accounts.models import Account
from accounts.services import sessions
from eid_portal.core import clock, files, tidying, virus_scan
from procedures import policy
from procedures.api.problems import not_taken
from procedures.enums import Scan
from procedures.models import Application, Attachment
from procedures.rules import snapshot
from procedures.services import attachments, corrections, desks
from procedures.texts import FILES
from tests.core.test_files import pdf, picture
from tests.documents.papers import session_of
from tests.factories import make_account, make_citizen, signed_in
from tests.procedures import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


def _send(account: Account, content: bytes, name: str = "hợp đồng.pdf", **more: Any) -> Attachment:
    return attachments.add(
        session=more.pop("session", None) or session_of(account),
        citizen=more.pop("citizen", account.citizen),
        file=SimpleUploadedFile(name, content),
        now=more.pop("now", clock.now()),
    )


def _code(account: Account, content: bytes) -> str:
    with pytest.raises(attachments.NotTaken) as refused:
        _send(account, content)
    assert str(refused.value.message)
    assert "%(" not in str(refused.value.message)
    assert not Attachment.objects.exists()
    return refused.value.code


# --- What is kept ----------------------------------------------------------------------------------
def test_a_file_is_kept_sealed_with_a_name_that_is_no_path(account: Account) -> None:
    sent = pdf(2)

    row = _send(account, sent, "../../hợp đồng.pdf")

    row.refresh_from_db()
    assert (row.name, row.media_type, row.pages) == ("hợp đồng.pdf", files.PDF, 2)
    assert (row.size, row.scan) == (len(row.content), Scan.NONE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content, name, content_hash FROM procedures_attachment")
        content, name, digest = map(bytes, cursor.fetchone())
    assert b"%PDF" not in content
    assert "hợp".encode() not in name
    assert len(digest) == 34


def test_the_same_content_of_one_person_is_kept_once_and_of_two_people_twice(
    account: Account,
) -> None:
    other = make_account(make_citizen(16))
    sent = picture()

    first = _send(account, sent, now=clock.now() - timedelta(days=3))
    again = _send(account, sent, "another name.jpg")

    assert again.pk == first.pk
    assert again.uploaded_at - first.uploaded_at > timedelta(days=2)  # it stays as if sent now
    assert _send(other, sent).pk != first.pk
    assert Attachment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_the_same_at_once_keep_it_once(account: Account) -> None:
    sent, session, start = picture(), session_of(account), threading.Barrier(4)

    def send() -> str:
        start.wait()
        try:
            return _send(account, sent, session=session).public_id
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = {each.result() for each in [pool.submit(send) for _tab in range(4)]}

    assert len(found) == 1
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<svg><script/></svg>", "not_taken"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, "heic"),
        (picture()[:200], "broken"),
        (picture(size=(9000, 9000), quality=5), "pixels"),
        (pdf()[:3000] + b"%%EOF", "broken_pdf"),
        (pdf(files.PAGES_MOST + 1), "complex"),
    ],
)
def test_what_is_not_taken_is_told_why_and_nothing_is_kept(
    account: Account, content: bytes, code: str
) -> None:
    assert _code(account, content) == code


def test_a_file_that_is_too_large_is_told_the_limit_of_the_documents(
    account: Account, settings: Any
) -> None:
    from io import BytesIO

    from django.core.files.uploadedfile import InMemoryUploadedFile

    gone = InMemoryUploadedFile(BytesIO(), "f", "a.pdf", "application/pdf", 20_000_000, None)
    with pytest.raises(attachments.NotTaken) as refused:
        attachments.add(
            session=session_of(account), citizen=account.citizen, file=gone, now=clock.now()
        )

    assert refused.value.code == "large"
    assert "10 MB" in str(refused.value.message)
    assert settings.UPLOAD_LIMIT == 10 * 1024 * 1024


def test_who_sends_very_many_waits(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    from eid_portal.core.limits import Limit

    few = Limit(name="procedures.send_file", allowed=1, per=timedelta(hours=1))
    monkeypatch.setattr(policy, "SEND_FILE", few)
    _send(account, picture())

    with pytest.raises(attachments.NotTaken) as refused:
        _send(account, pdf())
    assert refused.value.code == "too_often"


def test_what_one_sent_and_filed_nothing_with_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    filer = world.make_filer()
    sent = picture()
    monkeypatch.setattr(policy, "FILES_UNUSED_MOST", len(sent))
    kept = world.make_file(filer.account)

    with pytest.raises(attachments.NotTaken) as refused:
        _send(filer.account, sent)
    assert refused.value.code == "full"
    assert not_taken(refused.value).code == "file_full"
    assert Attachment.objects.get() == kept
    someone = make_account(make_citizen(19))
    assert _send(someone, sent, citizen=filer.account.citizen).size  # each has their own

    filer.file("temporary-residence", proof="contract", contract=kept.public_id)
    Attachment.objects.exclude(uses__isnull=False).delete()
    assert _send(filer.account, sent).size


def test_every_refusal_has_words() -> None:
    from eid_portal.core import pictures

    codes = {*files.Flaw, *pictures.Flaw} - {pictures.Flaw.KIND}
    assert {*map(str, codes), "large", "virus", "unscanned", "full", "too_often"} == set(FILES)


# --- The scanner -----------------------------------------------------------------------------------
@contextmanager
def scanner(path: Path, answer: bytes) -> Iterator[list[bytes]]:
    """A daemon that speaks clamd's INSTREAM once and answers as it is told; what it was sent."""
    got: list[bytes] = []
    ear = socket.socket(socket.AF_UNIX)
    ear.bind(str(path))
    ear.listen()
    ear.settimeout(10)

    def serve() -> None:
        line, _peer = ear.accept()
        with line, line.makefile("rb") as reader:
            assert reader.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", reader.read(4))[0]:
                got.append(reader.read(size))
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield got
    finally:
        thread.join(10)
        ear.close()


def test_a_scanner_that_finds_nothing_lets_the_file_in(
    account: Account, settings: Any, tmp_path: Path
) -> None:
    settings.CLAMD_SOCKET = str(tmp_path / "clamd")
    sent = picture(size=(2000, 2000), quality=95)

    with scanner(tmp_path / "clamd", b"stream: OK\0") as got:
        assert _send(account, sent).scan == Scan.CLEAN

    assert b"".join(got) == sent


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"stream: Eicar-Signature FOUND\0", "virus"),
        (b"INSTREAM size limit exceeded. ERROR\0", "unscanned"),
        (b"", "unscanned"),
        (b"stream: OK FOUND ERROR\0", "unscanned"),
    ],
)
def test_what_the_scanner_does_not_clear_is_not_taken(
    account: Account, settings: Any, tmp_path: Path, answer: bytes, code: str
) -> None:
    settings.CLAMD_SOCKET = str(tmp_path / "clamd")

    with scanner(tmp_path / "clamd", answer):
        assert _code(account, picture()) == code


def test_nothing_is_taken_while_the_scanner_is_silent(
    account: Account, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLAMD_SOCKET = str(tmp_path / "nobody")
    assert _code(account, picture()) == "unscanned"

    monkeypatch.setattr(virus_scan, "PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        deaf.listen()
        settings.CLAMD_SOCKET = str(tmp_path / "deaf")
        assert _code(account, picture()) == "unscanned"


# --- Who gets it back ------------------------------------------------------------------------------
def test_a_file_comes_back_as_an_attachment_to_its_owner_alone(
    client: Client, account: Account
) -> None:
    row = _send(account, pdf())

    answer = signed_in(client, account).get(f"/files/{row.public_id}/", secure=True)

    assert (answer.status_code, answer.content) == (200, row.content)
    assert answer["Content-Type"] == files.PDF
    assert answer["Content-Disposition"] == (
        f'attachment; filename="eid-file-{row.public_id[:6]}.pdf"'
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    stranger = signed_in(Client(), make_account(make_citizen(16)))
    assert stranger.get(f"/files/{row.public_id}/", secure=True).status_code == 404
    assert stranger.get("/files/nothing/", secure=True).status_code == 404


def test_who_acts_for_somebody_sees_only_what_they_sent(account: Account) -> None:
    helper = make_account(make_citizen(16))
    own = _send(account, picture())
    theirs = _send(helper, pdf(), citizen=account.citizen)

    assert attachments.list_of(account.citizen, account=account) == [theirs, own]
    assert attachments.list_of(account.citizen, account=helper) == [theirs]
    with pytest.raises(attachments.NoSuchFile):
        attachments.open_own(session=session_of(helper), public_id=own.public_id)


# --- Tidying ---------------------------------------------------------------------------------------
def test_a_file_nobody_uses_is_deleted_in_the_end(account: Account) -> None:
    old = clock.now() - policy.FILES_UNUSED_FOR - timedelta(hours=1)
    _send(account, picture(), now=old)
    kept = _send(account, pdf())

    assert tidying.delete_old(now=clock.now())["unused_files"] == 1
    assert list(Attachment.objects.all()) == [kept]


def test_the_person_reads_that_a_file_was_sent(account: Account) -> None:
    from eid_portal.core.models import AuditEvent

    row = _send(account, picture())

    event = AuditEvent.objects.get(name="procedures.file_sent")
    assert event.subject_id == account.citizen_id
    assert event.data == {"media_type": "image/jpeg", "size": row.size}
    assert sessions.actor_of(session_of(account)).citizen_id == event.actor_citizen_id


# --- Thrown away while it is filed -----------------------------------------------------------------
def _thrown_away_during(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, public_id: str
) -> None:
    """Another tab throws the file away just before the module calls that."""
    real = getattr(module, name)

    def throw_away() -> None:
        try:
            Attachment.objects.filter(public_id=public_id).delete()
        finally:
            connections.close_all()

    def meanwhile(*args: Any, **values: Any) -> Any:
        with ThreadPoolExecutor(1) as other:
            other.submit(throw_away).result()
        return real(*args, **values)

    monkeypatch.setattr(module, name, meanwhile)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_gone_when_the_form_is_filed_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    filer = world.make_filer()
    form = filer.fill(filer.begin("temporary-residence"), proof="contract")
    _thrown_away_during(monkeypatch, desks, "find", str(form.settled.answers["contract"]))

    answer = signed_in(client, filer.account).post(
        f"/drafts/{form.draft.public_id}/check/", {"seen": form.seen}, secure=True,
        headers={"Accept-Language": "en"},
    )  # fmt: skip

    assert answer.status_code == 409
    assert "Something changed since you checked your answers" in answer.content.decode()
    assert not Application.objects.exists()
    assert [each.at for each in filer.open(form.draft).settled.problems] == ["contract"]
    row = filer.submit(filer.fill(form.draft, proof="contract"))
    assert row.files.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_gone_when_a_correction_is_sent_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    filer = world.make_filer()
    row = filer.file_paid("temporary-residence", proof="contract")
    officer = world.session_of(world.make_officer(row.desk.office), row.desk.office)
    request = corrections.ask(
        application=row, fields=["contract"], words="Mời gửi lại.",
        actor=sessions.actor_of(officer), now=clock.now(),
    )  # fmt: skip
    gone, kept = world.make_file(filer.account), world.make_file(filer.account)
    place = f"/corrections/{request.public_id}/"
    browser = signed_in(client, filer.account)
    with monkeypatch.context() as patched:
        _thrown_away_during(patched, snapshot, "take", gone.public_id)
        answer = browser.post(place, {"contract": gone.public_id}, secure=True)

    assert answer.status_code == 422
    assert 'href="#f-contract"' in answer.content.decode()
    assert row.snapshots.count() == 1
    answer = browser.post(place, {"contract": kept.public_id}, secure=True)
    assert answer.status_code == 303
    assert row.snapshots.count() == 2
