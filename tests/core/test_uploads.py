"""Files of a form are kept in memory up to a limit; more is read and thrown away; far more is refused at once."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from eid_portal.core import uploads


def _post(files: dict[str, bytes], **more: Any) -> Any:
    sent = {name: SimpleUploadedFile(name, content) for name, content in files.items()}
    return RequestFactory().post("/transfers/", sent, **more)


@pytest.fixture(autouse=True)
def limits(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOAD_LIMIT = 100_000
    settings.UPLOAD_READ_MOST = 1_000_000
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return tmp_path


def test_files_up_to_the_limit_are_kept_in_memory(limits: Path) -> None:
    request = _post({"a": b"a" * 60_000, "b": b"b" * 40_000, "c": b""})
    assert uploads.content(request.FILES["a"]) == b"a" * 60_000
    assert uploads.content(request.FILES["b"]) == b"b" * 40_000
    assert uploads.content(request.FILES["c"]) == b""
    assert not list(limits.iterdir())


def test_what_is_more_has_its_size_and_no_content() -> None:
    request = _post({"a": b"a" * 60_000, "b": b"b" * 40_001, "c": b"c"})
    assert uploads.content(request.FILES["a"]) == b"a" * 60_000
    for name, size in (("b", 40_001), ("c", 1)):
        file = request.FILES[name]
        assert (file.size, file.read()) == (size, b"")
        with pytest.raises(uploads.TooLarge):
            uploads.content(file)


def test_a_body_no_page_would_send_is_refused_before_it_is_read() -> None:
    request = _post({"a": b"a" * 2_000_000})
    with pytest.raises(RequestDataTooBig):
        request.FILES["a"]
    assert len(request.META["wsgi.input"].read()) > 2_000_000


def test_a_stranger_is_answered(client: Client) -> None:
    file = SimpleUploadedFile("a", b"a" * 2_000_000)
    assert client.post("/sign-in/", {"a": file}, secure=True).status_code == 400


def test_a_days_file_may_be_large(limits: Path) -> None:
    path = reverse("admin:payments_statementfile_add")
    request = _post({"file": b"a" * 2_000_000})
    request.resolver_match = resolve(path)
    file = request.FILES["file"]
    file.close()
    assert isinstance(file, TemporaryUploadedFile)
    assert file.size == 2_000_000
