"""Procedures are written in the admin: forms and JSON, nothing typed is lost, and two people publish."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.enums import AccountKind
from accounts.models import Account
from eid_portal.core import approvals, clock
from eid_portal.core.models import Approval, AuditEvent
from procedures.enums import RevisionState
from procedures.models import Procedure, Revision
from procedures.rules import documents, editing
from procedures.services import authoring, publishing
from tests import factories
from tests.payments.staff import actor_of, approve

pytestmark = pytest.mark.django_db
CODE = "absence-declaration"
NEW = {"type": "text", "step": "where", "label_vi": "a", "label_en": "a", "comes": "asked"}
TEXT = (documents.SHIPPED / f"{CODE}.json").read_text(encoding="utf-8")


@pytest.fixture
def author() -> Account:
    return factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def window(author: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), author)


@pytest.fixture
def published(author: Account) -> Revision:
    made = publishing.draft(TEXT, documents.read(TEXT), now=clock.now())
    publishing.publish(made, actor=actor_of(author), now=clock.now())
    return Revision.objects.get(pk=made.pk)


@pytest.fixture
def draft(author: Account, published: Revision) -> Revision:
    return authoring.follow(published, actor=actor_of(author), now=clock.now())


def at(row: Revision, page: str = "change/") -> str:
    return f"/admin/procedures/revision/{row.pk}/{page}"


def again(row: Revision) -> Revision:
    return Revision.objects.select_related("procedure").get(pk=row.pk)


def filled(window: Client, address: str) -> dict[str, Any]:
    """What a form's page would send if nothing was typed."""
    answer = window.get(address)
    assert answer.status_code == 200, address
    form = answer.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: field.prepare_value(sent[name]) for name, field in form.fields.items()}
    return {name: each for name, each in sent.items() if each is not None and each is not False}


def audited(name: str) -> list[Any]:
    return [row.data for row in AuditEvent.objects.filter(name=f"procedures.{name}").order_by("pk")]


# --- Drafts ------------------------------------------------------------------------------------------
def test_the_next_revision_begins_as_the_one_before(window: Client, published: Revision) -> None:
    answer = window.post(at(published, "follow/"))

    made = Revision.objects.get(state="DRAFTED")
    assert (answer.status_code, answer["Location"]) == (302, at(made))
    assert (made.number, made.text, made.is_shipped) == (2, TEXT, False)
    assert [each["number"] for each in audited("revision_begun")] == [2]
    page = window.get(at(made)).content.decode()
    assert "Propose to publish it" in page
    assert "Write the next revision" in window.get(at(published)).content.decode()


def test_another_procedure_begins_from_one(window: Client, published: Revision) -> None:
    answer = window.post(at(published, "copy/"), {"code": "absence-abroad"})
    made = Revision.objects.get(procedure__code="absence-abroad")
    assert answer["Location"] == at(made)
    assert documents.read(made.text).code == "absence-abroad"
    for taken, said in (
        (CODE, "There is a procedure of this code"),
        ("Absence Abroad", "Use small letters"),
        ("", ""),
    ):
        page = window.post(at(published, "copy/"), {"code": taken})
        assert page.context["form"].errors["code"]
        assert said in page.content.decode()
    assert Procedure.objects.count() == 2


def test_a_draft_is_thrown_away_and_what_is_published_is_not(
    window: Client, published: Revision, draft: Revision
) -> None:
    assert "gone for good" in window.get(at(draft, "discard/")).content.decode()
    window.post(at(draft, "discard/"))
    assert not Revision.objects.filter(pk=draft.pk).exists()
    assert window.post(at(draft, "discard/")).status_code == 404
    page = window.post(at(published, "discard/"), follow=True).content.decode()
    assert "Write the next one" in page
    assert again(published).text == TEXT
    window.post(at(published, "copy/"), {"code": "absence-abroad"})
    window.post(at(Revision.objects.get(state="DRAFTED"), "discard/"))
    assert not Procedure.objects.filter(code="absence-abroad").exists(), "it never had another"


# --- Forms -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["part/names/", "part/fee/", "part/clock/", "texts/"])
@pytest.mark.parametrize(
    "path", sorted(documents.SHIPPED.glob("*.json")), ids=lambda path: path.stem
)
def test_a_form_that_is_sent_untouched_changes_nothing(
    window: Client, author: Account, page: str, path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    row = publishing.draft(text, documents.read(text), now=clock.now())
    answer = window.post(at(row, page), filled(window, at(row, page)))
    assert answer.status_code == 302, answer.context["form"].errors
    assert documents.read(again(row).text).data == json.loads(text)


@pytest.mark.parametrize(
    "path", sorted(documents.SHIPPED.glob("*.json")), ids=lambda path: path.stem
)
def test_a_fields_form_that_is_sent_untouched_changes_nothing(window: Client, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    row = publishing.draft(text, documents.read(text), now=clock.now())
    for field in documents.read(text).fields:
        page = at(row, f"field/{field.key}/")
        answer = window.post(page, filled(window, page))
        assert answer.status_code == 302, (field.key, answer.context["form"].errors)
    assert documents.read(again(row).text).data == json.loads(text)


def test_names_fee_and_clock_are_changed(window: Client, draft: Revision) -> None:
    names = filled(window, at(draft, "part/names/"))
    window.post(
        at(draft, "part/names/"), names | {"name_en": "Going away", "words_en": "away\n\n gone "}
    )
    fee = filled(window, at(draft, "part/fee/"))
    window.post(at(draft, "part/fee/"), fee | {"amount": "9000", "at_desk": "0"})
    clock_ = filled(window, at(draft, "part/clock/"))
    five = {"count": "5", "received_before": "15:00", "pauses": ["opinion"]}
    window.post(at(draft, "part/clock/"), clock_ | five)

    data = documents.read(again(draft).text).data
    assert (data["name"]["en"], data["words"]["en"]) == ("Going away", ["away", "gone"])
    assert data["fee"] == {"amount": 9000, "at_desk": 0}
    assert data["clock"] == {
        "kind": "working_days", "count": 5, "received_before": "15:00", "pauses": ["opinion"],
    }  # fmt: skip
    assert len(audited("revision_written")) == 3


@pytest.mark.parametrize(
    ("page", "wrong", "field"),
    [
        ("part/names/", {"name_vi": " "}, "name_vi"),
        ("part/names/", {"name_vi": "a\u200bb"}, "name_vi"),
        ("part/names/", {"life_events": []}, "life_events"),
        ("part/names/", {"minutes": "0"}, "minutes"),
        ("part/names/", {"national_code": "1.2"}, "national_code"),
        ("part/fee/", {"amount": ""}, "amount"),
        ("part/fee/", {"amount": "1.5"}, "amount"),
        ("part/fee/", {"exempt": '[\n{"words": }]'}, "exempt"),
        ("part/fee/", {"exempt": '[{"word": 1}]'}, "__all__"),
        ("part/fee/", {"exempt": "[" * 3000}, "exempt"),
        ("part/clock/", {"count": ""}, "count"),
        ("part/clock/", {"kind": "instant"}, "count"),
        ("part/clock/", {"received_before": "25:00"}, "received_before"),
        ("part/clock/", {"pauses": ["lunch"]}, "pauses"),
        ("texts/", {"en-0": ""}, "en-0"),
        ("field/start/", {"label_en": ""}, "label_en"),
        ("field/start/", {"hint_vi": "chỉ một tiếng"}, "hint_en"),
        ("field/start/", {"comes": "known", "source": ""}, "source"),
        ("field/start/", {"rest": "[]"}, "rest"),
        ("field/start/", {"rest": '{"label": 1}'}, "rest"),
        ("field/start/", {"rest": '{"nonsense": 1}'}, "__all__"),
        ("field/group/", {"options": "one | một"}, "options"),
        ("fields/add/", NEW | {"key": "start"}, "key"),
        ("fields/add/", NEW | {"key": "Nơi"}, "key"),
        ("fields/library/", {"shelf": "nothing", "step": "dates"}, "shelf"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_beside_its_box_and_stays_typed(
    window: Client, draft: Revision, page: str, wrong: dict[str, Any], field: str
) -> None:
    answer = window.post(at(draft, page), filled(window, at(draft, page)) | wrong)
    assert answer.status_code == 200
    form = answer.context["form"]
    assert list(form.errors) == [field]
    for name, typed in wrong.items():
        assert form[name].value() == typed, "what was typed"
    assert again(draft).text == draft.text


def test_json_faults_of_a_part_name_their_line(window: Client, draft: Revision) -> None:
    sent = filled(window, at(draft, "part/fee/")) | {"exempt": '[\n\n{"words": }]'}
    errors = window.post(at(draft, "part/fee/"), sent).context["form"].errors["exempt"]
    assert "Line 3" in errors[0]


# --- Fields ------------------------------------------------------------------------------------------
def keys(row: Revision) -> list[list[str]]:
    data = json.loads(again(row).text)
    return [[field["key"] for field in step["fields"]] for step in data["steps"]]


def press(window: Client, row: Revision, do: str) -> None:
    answer = window.post(at(row, "fields/"), {"do": do, "was": again(row).digest}, follow=True)
    assert answer.status_code == 200


def test_fields_move_up_and_down_and_to_the_next_page(window: Client, draft: Revision) -> None:
    before = keys(draft)
    press(window, draft, "up:reason")
    assert keys(draft)[1] == ["reason", "destination", "reason_text"]
    press(window, draft, "up:reason")
    assert keys(draft) == [[*before[0], "reason"], ["destination", "reason_text"]]
    press(window, draft, "down:reason")
    press(window, draft, "down:reason")
    assert keys(draft) == before
    press(window, draft, "up:full_name")
    press(window, draft, "down:reason_text")
    press(window, draft, "sideways:reason")
    press(window, draft, "up:nobody")
    assert keys(draft) == before, "the ends stay where they are, and nonsense is nothing"


def test_a_field_that_others_use_is_removed_and_the_faults_are_told(
    window: Client, draft: Revision
) -> None:
    press(window, draft, "remove:start")
    assert "start" not in keys(draft)[0]
    answer = window.get(at(draft))
    places = {place: text for _line, place, _words, text in answer.context["faults"]}
    assert '{"answer": "start"}' in places["steps/0/fields/8/least/later/0/answer"]
    assert "result/body/1" in places
    page = answer.content.decode()
    assert "Propose to publish it" not in page
    window.post(at(draft, "propose/"))
    assert not Approval.objects.exists(), "and nobody can publish it"


def test_the_last_field_of_a_page_is_not_removed(window: Client, draft: Revision) -> None:
    for key in ("destination", "reason_text", "reason"):
        press(window, draft, f"remove:{key}")
    assert keys(draft)[1] == ["reason"], "a page asks something"


def test_a_field_is_added_and_changes_its_page(window: Client, draft: Revision) -> None:
    typed = {
        "was": draft.digest, "key": "guide", "step": "where", "type": "choice", "label_vi": "Ai đi cùng?",
        "label_en": "Who comes with you?", "comes": "asked", "optional": "on", "options": "none | Không ai | Nobody",
        "rest": '{"when": {"given": "start"}}',
    }  # fmt: skip
    assert window.post(at(draft, "fields/add/"), typed).status_code == 302
    field = documents.read(again(draft).text).find("guide")
    assert field is not None
    assert (field.optional, field.options[0].label["en"]) == (True, "Nobody")
    page = at(draft, "field/guide/")
    window.post(page, filled(window, page) | {"step": "dates"})
    assert keys(draft)[0][-1] == "guide"


def test_the_library_is_put_on_a_page_twice(window: Client, draft: Revision) -> None:
    for _time in range(2):
        sent = {"shelf": "agreement", "step": "where", "was": again(draft).digest}
        assert window.post(at(draft, "fields/library/"), sent).status_code == 302
    document = documents.read(again(draft).text)
    assert keys(draft)[1][3:] == ["agreeing", "agreement", "agreeing_2", "agreement_2"]
    second = document.find("agreement_2")
    assert second is not None
    assert second.of == "agreeing_2"


@pytest.mark.parametrize("key", list(editing.library()))
def test_a_shelf_of_the_library_reads_in_a_document(key: str) -> None:
    data = json.loads(TEXT)
    data["steps"] = [{"key": "one", "title": {"vi": "Một", "en": "One"}, "fields": []}]
    data["office"] = {"of": "national"}
    data["result"] = {"title": data["name"], "body": [data["name"]]}
    made = editing.from_shelf(data, "one", editing.library()[key])
    read = documents.read(editing.written(made))
    assert [each.key for each in read.fields] == [
        each["key"] for each in editing.library()[key].fields
    ]


# --- The whole document ------------------------------------------------------------------------------------
def test_a_faulty_document_is_kept_with_its_faults_on_their_lines(
    window: Client, draft: Revision
) -> None:
    wrong = TEXT.replace('{"known": "residence"}', '{"known": "moon"}', 1)
    line = next(at for at, text in enumerate(wrong.splitlines(), 1) if '"moon"' in text)
    answer = window.post(at(draft, "document/"), {"text": wrong, "was": draft.digest}, follow=True)
    assert again(draft).text == wrong
    assert [(each[0], '"moon"' in each[3]) for each in answer.context["faults"]] == [(line, True)]
    assert window.get(at(draft, "fields/")).status_code == 200, "its shape is right"


@pytest.mark.parametrize(
    ("text", "line"),
    [("{\n\n  oops", 3), ("[" * 3000, 1), ("5", 1), ('{"format": 1,\n"format": 1}', 2), ("{}", 1)],
)
def test_what_is_no_document_is_kept_too_and_only_its_forms_are_gone(
    window: Client, draft: Revision, text: str, line: int
) -> None:
    answer = window.post(at(draft, "document/"), {"text": text, "was": draft.digest}, follow=True)
    assert answer.status_code == 200
    assert answer.context["faults"][0][0] == line
    assert again(draft).text == f"{text}\n"
    assert window.get(at(draft)).status_code == 200
    assert window.get(at(draft, "fields/")).status_code == 404
    for page in ("compare/", "document/"):
        assert window.get(at(draft, page)).status_code == 200


@pytest.mark.parametrize("text", ["", "a\u202eb", "x" * 300_001])
def test_what_is_no_text_is_not_kept_and_stays_typed(
    window: Client, draft: Revision, text: str
) -> None:
    answer = window.post(at(draft, "document/"), {"text": text, "was": draft.digest})
    assert answer.context["form"]["text"].value() == text
    assert answer.context["form"].errors["text"]
    assert again(draft).text == TEXT


def test_the_code_of_a_procedure_stays(window: Client, draft: Revision) -> None:
    text = TEXT.replace(f'"{CODE}"', '"another-code"')
    answer = window.post(at(draft, "document/"), {"text": text, "was": draft.digest}, follow=True)
    assert [each[1] for each in answer.context["faults"]] == ["code"]


def test_two_authors_do_not_write_over_each_other(window: Client, draft: Revision) -> None:
    sent = filled(window, at(draft, "part/names/"))
    mine = sent | {"name_en": "Mine"}
    window.post(at(draft, "part/names/"), sent | {"name_en": "Theirs"})

    answer = window.post(at(draft, "part/names/"), mine)

    assert "Somebody else changed this draft" in answer.content.decode()
    assert answer.context["form"]["name_en"].value() == "Mine"
    assert json.loads(again(draft).text)["name"]["en"] == "Theirs"
    text = TEXT.replace("Declare an absence", "Mine")
    answer = window.post(at(draft, "document/"), {"text": text, "was": draft.digest})
    assert answer.context["form"]["text"].value() == text
    moved = window.post(at(draft, "fields/"), {"do": "up:reason", "was": draft.digest}, follow=True)
    assert "Somebody else changed" in moved.content.decode()


def test_what_is_published_is_read_alone(window: Client, published: Revision) -> None:
    for page in (
        "part/names/",
        "texts/",
        "fields/",
        "fields/add/",
        "fields/library/",
        "field/start/",
    ):
        assert window.get(at(published, page)).status_code == 404
        assert window.post(at(published, page), {"was": published.digest}).status_code == 404
    answer = window.post(at(published, "document/"), {"text": "{}", "was": published.digest})
    assert "Write the next one" in answer.content.decode()
    assert again(published).text == TEXT


# --- Comparing and publishing ------------------------------------------------------------------------------
def test_a_draft_is_compared_with_what_is_in_force(window: Client, draft: Revision) -> None:
    assert "0 parts differ from revision 1" in window.get(at(draft, "compare/")).content.decode()
    fee = filled(window, at(draft, "part/fee/"))
    window.post(at(draft, "part/fee/"), fee | {"amount": "9000"})
    press(window, draft, "up:reason")
    answer = window.get(at(draft, "compare/"))
    with translation.override("en"):
        changes = [(place, str(what)) for place, what, *_values in answer.context["changes"]]
    assert changes == [("fee/amount", "changed"), ("steps/where/fields", "moved")]
    assert "9000" in answer.content.decode()


def test_two_administrators_publish(window: Client, author: Account, draft: Revision) -> None:
    window.post(at(draft, "propose/"))
    assert not Approval.objects.exists(), "nothing differs from what is in force"
    fee = filled(window, at(draft, "part/fee/"))
    window.post(at(draft, "part/fee/"), fee | {"amount": "9000"})
    window.post(at(draft, "propose/"))
    window.post(at(draft, "propose/"))
    approval = Approval.objects.get()
    assert (approval.kind, approval.reason) == ("procedures.publish", f"{CODE} 2")
    with pytest.raises(approvals.SamePerson):
        approve(approval, actor_of(author))
    again_ = factories.make_staff(61, kind=AccountKind.ADMINISTRATOR)
    colleague = factories.signed_in(Client(headers={"accept-language": "en"}), again_)

    page = colleague.get(at(draft, "decide/"))
    assert "fee/amount (changed)" in page.content.decode()
    answer = colleague.post(at(draft, "decide/"), {"decision": "approve", "note": ""}, follow=True)

    assert "Your decision was recorded" in answer.content.decode()
    assert again(draft).state == RevisionState.PUBLISHED
    assert Revision.objects.filter(procedure=draft.procedure, state="RETIRED").count() == 1
    assert len(audited("revision_published")) == 2
    assert "nothing to decide" in colleague.post(at(draft, "decide/"), follow=True).content.decode()


def test_a_refused_proposal_stays_a_draft(window: Client, draft: Revision) -> None:
    fee = filled(window, at(draft, "part/fee/"))
    window.post(at(draft, "part/fee/"), fee | {"amount": "9000"})
    window.post(at(draft, "propose/"))
    colleague = factories.signed_in(
        Client(), factories.make_staff(61, kind=AccountKind.ADMINISTRATOR)
    )
    colleague.post(at(draft, "decide/"), {"decision": "refuse", "note": "Chưa đủ căn cứ"})
    assert Approval.objects.get().state == "REFUSED"
    assert again(draft).state == RevisionState.DRAFTED


def test_a_change_withdraws_the_proposal(window: Client, author: Account, draft: Revision) -> None:
    for amount in ("9000", "8000"):
        fee = filled(window, at(draft, "part/fee/"))
        window.post(at(draft, "part/fee/"), fee | {"amount": amount})
        window.post(at(draft, "propose/"))
    assert sorted(Approval.objects.values_list("state", flat=True)) == ["PROPOSED", "WITHDRAWN"]


def test_what_was_changed_under_a_proposal_is_not_published(
    author: Account, draft: Revision
) -> None:
    """A save and a proposal at the same moment: the text that was proposed is the one that is published, or none."""
    text = TEXT.replace("Declare an absence", "Going away")
    row = authoring.save(draft, text, was=draft.digest, actor=actor_of(author), now=clock.now())
    approval = authoring.propose(row, actor=actor_of(author), now=clock.now())
    Revision.objects.filter(pk=draft.pk).update(text=TEXT, digest=draft.digest)
    checker = actor_of(factories.make_staff(61, kind=AccountKind.ADMINISTRATOR))
    with pytest.raises(authoring.NotPublishable):
        approve(approval, checker, signed_in_at=clock.now() + timedelta(seconds=1))
    assert Approval.objects.get().state == "PROPOSED"
    assert again(draft).state == RevisionState.DRAFTED


# --- Who gets in -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_administrators_get_in(draft: Revision, method: str) -> None:
    officer = factories.signed_in(Client(), factories.make_staff(51))
    citizen = factories.signed_in(Client(), factories.make_account())
    for page in ("change/", "document/", "part/fee/", "fields/", "propose/", "decide/", "discard/"):
        for visitor in (officer, citizen, Client()):
            answer = getattr(visitor, method)(at(draft, page), follow=True)
            refused = answer.status_code == 403
            assert refused or answer.redirect_chain[-1][0].startswith("/sign-in/"), page
    assert again(draft).digest == draft.digest


def test_lists_and_pages_of_procedures(window: Client, draft: Revision) -> None:
    answer = window.get("/admin/procedures/procedure/")
    assert CODE in answer.content.decode()
    page = window.get(f"/admin/procedures/procedure/{draft.procedure_id}/change/").content.decode()
    assert at(draft) in page
    assert "Being written" in page
    assert window.get("/admin/procedures/revision/?state__exact=DRAFTED").status_code == 200
    assert window.get(f"/admin/procedures/revision/{draft.pk}/history/").status_code == 404
    assert (
        window.get(f"/admin/procedures/procedure/{draft.procedure_id}/history/").status_code == 404
    )
    assert window.get("/admin/procedures/revision/add/").status_code == 403
