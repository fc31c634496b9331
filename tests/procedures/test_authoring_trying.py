"""A draft is filled in by its author as a citizen would: marked as a test, nothing kept, its hash at the end."""

import re
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import translation

from accounts.enums import AccountKind
from eid_portal.core import clock
from procedures.models import Desk, Revision
from procedures.rules import answers, documents, editing
from procedures.selectors import forms, told
from procedures.services import authoring, publishing, trying
from tests import factories
from tests.payments.staff import actor_of
from tests.procedures import filling, world

pytestmark = pytest.mark.django_db
SHIPPED = sorted(documents.SHIPPED.glob("*.json"))


@pytest.fixture
def window() -> Client:
    administrator = factories.make_staff(61, kind=AccountKind.ADMINISTRATOR)
    return factories.signed_in(Client(headers={"accept-language": "en"}), administrator)


def make(code: str) -> Revision:
    text = (documents.SHIPPED / f"{code}.json").read_text(encoding="utf-8")
    return publishing.draft(text, documents.read(text), now=clock.now())


def at(row: Revision) -> str:
    return f"/admin/procedures/revision/{row.pk}/try/"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def filled(row: Revision) -> tuple[trying.Trial, dict[str, Any]]:
    trial = trying.begin(row, now=clock.now())

    def settle(given: Any) -> Any:
        return answers.settle(
            trial.document, given, known=trial.known, today=trial.today, held=trial.held,
            provinces=trial.provinces,
        )  # fmt: skip

    return trial, filling.fill(trial.document, settle, today=trial.today, held=trial.held)


def counts() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("procedures").get_models()
    }


@pytest.mark.parametrize("code", [path.stem for path in SHIPPED])
def test_every_shipped_form_is_tried_to_its_end(window: Client, code: str) -> None:
    world.make_desks()
    row = make(code)
    trial, given = filled(row)
    before = counts()

    page = window.get(at(row)).content.decode()
    for _page in trial.document.steps:
        assert "somebody made up" in page
        key = hidden(page, "form-at")
        if not key:
            break
        step = next(each for each in trial.document.steps if each.key == key)
        sent = forms.typed_of(step.fields, given)
        answer = window.post(
            at(row), sent | {"form-kept": hidden(page, "form-kept"), "form-at": key}
        )
        assert answer.status_code == 200
        page = answer.content.decode()

    assert "What would be filed" in page
    assert re.search(r'<div id="a-\w+" tabindex="-1"><dt>', page)
    assert re.search(r"\b[0-9a-f]{64}\b", page), "its hash"
    with translation.override("en"):
        desk = told.name_desk(Desk.objects.get(agency=trial.document.data["agency"]))
    assert desk in unescape(page)
    assert counts() == before, "nothing is kept"


def test_what_is_wrong_is_told_and_stays_typed(window: Client) -> None:
    row = make("absence-declaration")
    kept = hidden(window.get(at(row)).content.decode(), "form-kept")
    page = window.post(
        at(row), {"form-kept": kept, "form-at": "dates", "start_day": "31", "start_month": "2"}
    ).content.decode()
    assert "Enter the day, month and year" in page
    assert 'value="31"' in page
    assert hidden(page, "form-at") == "dates"


def test_one_goes_back_from_the_check(window: Client) -> None:
    row = make("absence-declaration")
    trial, given = filled(row)
    kept = trying.onto(
        trial, trial.steps[0], trial.read(trial.steps[0], forms.typed_of(trial.steps[0].fields, given)),
        now=clock.now(),
    ).keep()  # fmt: skip
    page = window.post(at(row), {"form-kept": kept, "form-go": "check"}).content.decode()
    assert "It cannot be filed like this" in page
    page = window.post(at(row), {"form-kept": kept, "form-go": "dates"}).content.decode()
    assert f'value="{given["end"].year}"' in page, "as it was answered"


def test_rows_are_added(window: Client) -> None:
    data = documents.shaped((documents.SHIPPED / "passport.json").read_text(encoding="utf-8"))
    assert data["steps"]
    words = {"vi": "Người", "en": "People"}
    name = {"key": "name", "type": "text", "label": words}
    rows = {"key": "people", "type": "rows", "label": words, "fields": [name]}
    data["steps"].insert(0, {"key": "first", "title": words, "fields": [rows]})
    text = editing.written(data)
    row = publishing.draft(text, documents.read(text), now=clock.now())
    kept = hidden(window.get(at(row)).content.decode(), "form-kept")
    sent = {"form-kept": kept, "form-at": "first", "people-0-name": "Mẫu", "form-add": "people"}
    page = window.post(at(row), sent).content.decode()
    assert 'name="people-1-name"' in page
    page = window.post(at(row), sent | {"form-add": "", "form-remove": "people-0"}).content.decode()
    assert "Mẫu" not in re.findall(r'name="people-0-name"[^>]*value="([^"]*)"', page)


@pytest.mark.parametrize("kept", ["", "x", "a.b.c", "🙂" * 300])
def test_answers_of_somebody_elses_making_are_refused(window: Client, kept: str) -> None:
    row = make("absence-declaration")
    answer = window.post(at(row), {"form-kept": kept, "form-at": "dates"}, follow=True)
    assert "Begin anew" in answer.content.decode()


def test_a_document_that_was_changed_begins_anew_and_a_faulty_one_is_not_tried(
    window: Client,
) -> None:
    row = make("absence-declaration")
    kept = hidden(window.get(at(row)).content.decode(), "form-kept")
    actor = actor_of(factories.make_staff(62, kind=AccountKind.ADMINISTRATOR))
    text = row.text.replace("Declare an", "State an")
    row = authoring.save(row, text, was=row.digest, actor=actor, now=clock.now())
    answer = window.post(at(row), {"form-kept": kept, "form-at": "dates"})
    assert (answer.status_code, answer["Location"]) == (302, at(row))
    row = authoring.save(row, "{}", was=row.digest, actor=actor, now=clock.now())
    assert window.get(at(row))["Location"].endswith(f"{row.pk}/change/")
