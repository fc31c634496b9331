"""Redis is gone: a procedure is found, filled in with a file, filed, decided and delivered as ever."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from eid_portal.core import bell, jobs
from eid_portal.core.models import Job
from procedures.enums import ApplicationState
from procedures.models import Application, Attachment, Desk, Draft, Message, Result
from procedures.services import results
from tests import factories
from tests.core.test_files import picture
from tests.procedures import world
from tests.procedures.test_filing_pages import (
    Inputs,
    answers_to,
    begin,
    contract_page,
    errors,
    get,
    key_of,
    post,
    send,
    typed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def silent_redis(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that takes every connection and answers nothing."""
    monkeypatch.setattr(bell, "_client", None)
    monkeypatch.setattr(bell, "_resting_until", 0.0)
    with socket.socket(socket.AF_UNIX) as ear:
        ear.bind(str(tmp_path / "redis"))
        ear.listen()
        settings.REDIS_URL = f"unix://{tmp_path}/redis"
        yield


def test_from_search_to_result(client: Client) -> None:
    filer = world.make_filer()
    browser = factories.signed_in(client, filer.account)

    assert "absence-declaration" in get(browser, "/procedures/?q=tam+vang")
    place = begin(browser, "absence-declaration")
    assert bell.redis_client() is None  # it was asked in vain, and is left alone
    draft = Draft.objects.get()
    answers = answers_to(filer, draft)
    while "/steps/" in place:
        answer = send(browser, place, typed(draft, key_of(place), answers))
        assert answer.status_code == 303, errors(answer)
        place = answer["Location"]
    assert post(browser, place, Inputs(get(browser, place)).sent).status_code == 303
    application = Application.objects.get()
    written = {"words": "Tôi gửi thêm giấy tờ được không?"}
    assert post(browser, f"/applications/{application.public_id}/messages/", written)["Location"]
    assert Message.objects.get().text == written["words"]

    office = Desk.objects.select_related("office").all()[0].office
    desk = factories.signed_in(Client(), world.make_officer(office), office)
    at = desk.post("/desk/next/")["Location"]
    assert application.public_id in at
    given = {"decide-outcome": "GRANTED", "decide-refusal": "", "decide-words": "", "sure": "1"}
    assert desk.post(f"{at}decide/", given).status_code == 303
    application.refresh_from_db()
    assert application.state == ApplicationState.GRANTED

    jobs.run_here(Job.objects.get(task=results.DRAW).pk, results.DRAW)
    result = Result.objects.get()
    paper = browser.get(f"/results/{result.public_id}/pdf/", secure=True)
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")


def test_a_file_that_is_sent(client: Client) -> None:
    browser = factories.signed_in(client, world.make_filer().account)
    place, fields = contract_page(browser)

    sent = SimpleUploadedFile("hop dong.jpg", picture(), content_type="image/jpeg")
    answer = post(browser, place, {**fields, "contract-file": sent})

    assert answer.status_code == 303
    assert Draft.objects.get().answers["contract"] == Attachment.objects.get().public_id
