"""Filing through a citizen's own application: found, begun, saved page by page, filed once, its fee begun."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from eid_portal.core import clock
from payments.models import PaymentOrder, SupplyAddress
from procedures.enums import Capacity
from procedures.models import Application, Draft, Mandate, Message, Procedure
from procedures.rules import documents, values
from procedures.services import drafts
from tests.accounts.application import App, signed_in
from tests.factories import signed_in as web_signed_in
from tests.payments.factories import make_link
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
API = "/api/v1/"
CODE = "absence-declaration"
PAID = "temporary-residence"
AWAY = {"province": "Hải Phòng", "commune": "Hồng Bàng", "line": "7 Mẫu"}


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


@pytest.fixture
def app(filer: Filer) -> App:
    return signed_in(filer.account)


def begin(app: App, code: str = CODE, **body: Any) -> dict[str, Any]:
    answer = app.post(f"{API}procedures/{code}/drafts", **body)
    assert answer.status_code == 201, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def save(app: App, draft: dict[str, Any], page: str, **answers: Any) -> Any:
    at = f"{API}drafts/{draft['id']}/pages/{page}"
    return app.post(at, version=draft["version"], answers=answers)


def field(draft: dict[str, Any], key: str) -> dict[str, Any]:
    return next(each for page in draft["pages"] for each in page["fields"] if each["key"] == key)


def ready(filer: Filer, app: App, code: str) -> dict[str, Any]:
    """A draft that can be filed."""
    form = filer.fill(filer.begin(code))
    found: dict[str, Any] = app.get(f"{API}drafts/{form.draft.public_id}").json()
    assert found["wrong"] == []
    return found


def submit(app: App, draft: dict[str, Any], key: str = "k1", **body: Any) -> Any:
    keyed = replace(app, more={"Idempotency-Key": key} if key else {})
    return keyed.post(f"{API}drafts/{draft['id']}/submit", **({"seen": draft["seen"]} | body))


# --- The catalogue -----------------------------------------------------------------------------------
def test_anybody_finds_procedures(filer: Filer) -> None:
    stranger = App()
    assert len(stranger.get(f"{API}procedures").json()["procedures"]) == len(documents.shipped())
    [first, *_rest] = stranger.get(f"{API}procedures", q="tam vang").json()["procedures"]
    assert (first["code"], first["fee"]) == (CODE, 0)
    found = stranger.get(f"{API}procedures", event="travel", agency="commune_police").json()
    assert CODE in {each["code"] for each in found["procedures"]}
    for odd in ({"q": "a\u202eb"}, {"event": "nothing"}, {"agency": "x" * 500}):
        assert stranger.get(f"{API}procedures", **odd).status_code == 200
    page = stranger.get(f"{API}procedures/{CODE}").json()
    assert page["procedure"]["name"] == "Declare an absence"
    assert page["due_at"] is not None
    document = stranger.get(f"{API}procedures/{CODE}/document").json()
    assert document["content"] == documents.shipped()[CODE].data
    for path in ("procedures/nothing", "procedures/nothing/document"):
        assert stranger.get(API + path).status_code == 404


# --- Drafts ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("known", [True, False])
def test_a_suggestion_is_spoken_of_only_where_there_is_one(
    known: bool, client: Client, app: App, filer: Filer
) -> None:
    home = {"province": "Hải Phòng", "commune": "Hồng Bàng", "line": "Số 5 phố Mẫu"}
    SupplyAddress.objects.create(
        citizen=filer.account.citizen, address=home if known else None, asked_at=clock.now()
    )
    draft = begin(app, "temporary-residence")
    page = web_signed_in(client, filer.account).get(
        f"/drafts/{draft['id']}/steps/place/", secure=True, headers={"Accept-Language": "en"}
    )

    words = "Suggested from the electricity contract"
    address = field(draft, "address")
    assert (words in address["hint"], address["offered"]) == (known, home if known else None)
    assert page.status_code == 200
    assert (words in page.content.decode()) is known
    assert ("Số 5 phố Mẫu" in page.content.decode()) is known
    assert "Today is filled in" in page.content.decode()  # which depends on nobody


def test_a_draft_begins_with_what_the_state_knows(app: App, filer: Filer) -> None:
    draft = begin(app)
    assert draft["version"] == 1
    known = field(draft, "full_name")
    assert (known["value"], known["asked"]) == (filer.account.citizen.full_name, False)
    assert known["source"] == "Population register"
    assert field(draft, "start")["offered"] == clock.today().isoformat()
    assert field(draft, "start")["value"] is None
    assert {each["at"] for each in draft["wrong"]} >= {"group", "start", "end", "destination"}
    assert begin(app)["id"] == draft["id"], "one a person and procedure"
    listed = app.get(f"{API}drafts").json()["drafts"]
    assert [(each["id"], each["procedure"]) for each in listed] == [(draft["id"], CODE)]


def test_pages_are_saved_and_the_form_filed(app: App) -> None:
    draft, today = begin(app), clock.today()
    end = today.replace(year=today.year + 2, day=1)
    first = save(app, draft, "dates", group="other", start=today.isoformat(), end=end.isoformat())
    assert first.status_code == 200, first.json()
    second = save(app, first.json(), "where", destination=AWAY, reason="work")
    done = second.json()
    assert (done["wrong"], [page["done"] for page in done["pages"]]) == ([], [True, True])
    assert (done["fee"], bool(done["office"]), bool(done["due_at"])) == (
        {"amount": 0, "full": 0, "exemption": ""},
        True,
        True,
    )
    answer = submit(app, done)
    assert answer.status_code == 201
    filed = answer.json()
    assert (filed["state"], filed["due"], filed["order"]) == ("IN_REVIEW", None, None)
    row = Application.objects.get()
    assert (filed["id"], filed["reference"]) == (draft["id"], row.reference)
    assert submit(app, done, key="k2").json()["reference"] == row.reference, "once, by any key"
    assert app.get(f"{API}drafts/{draft['id']}").status_code == 404


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"group": "nobody"}, "group"),
        ({"start": "2026-13-01"}, "start"),
        ({"start": 5}, "start"),
        ({"start": [["x"]]}, "start"),
        ({"end": "2000-01-01"}, "end"),
        ({"nonsense": 1}, ""),
        ({}, "group"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_is_kept(
    app: App, answers: dict[str, Any], wrong: str
) -> None:
    draft = begin(app)
    right = {"group": "conscript", "start": clock.today().isoformat()} if answers else {}
    answer = save(app, draft, "dates", **(right | answers))
    assert answer.status_code == 422
    errors = answer.json()["errors"]["answers"]
    assert wrong in errors
    assert all(each["message"] for each in errors[wrong])
    after = app.get(f"{API}drafts/{draft['id']}").json()
    kept = {key for key in right if key not in answers}
    assert {key for key in ("group", "start") if field(after, key)["value"] is not None} == kept
    assert not after["pages"][0]["done"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": 1},
        {"version": 0, "answers": {}},
        {"version": 2**70, "answers": {}},
        {"version": 1, "answers": []},
        {"version": 1, "answers": {}, "more": 1},
    ],
)
def test_another_shape_is_refused(app: App, body: dict[str, Any]) -> None:
    draft = begin(app)
    answer = app.post(f"{API}drafts/{draft['id']}/pages/dates", **body)
    assert answer.status_code in {400, 422}


def test_what_a_person_does_not_say_is_not_taken_from_them(app: App, filer: Filer) -> None:
    draft = begin(app)
    save(app, draft, "dates", full_name="Người Khác", personal_number="001300000099")
    after = app.get(f"{API}drafts/{draft['id']}").json()
    assert field(after, "full_name")["value"] == filer.account.citizen.full_name
    assert "Người Khác" not in str(Draft.objects.get().answers)


def test_two_devices_do_not_write_over_each_other(app: App) -> None:
    draft = begin(app)
    save(app, draft, "where", destination=AWAY, reason="work")
    answer = save(app, draft, "where", destination=AWAY, reason="study")
    assert (answer.status_code, answer.json()["code"]) == (409, "saved_elsewhere")
    assert save(app, draft, "nowhere").json()["code"] == "no_such_page"


def test_a_draft_is_discarded(app: App) -> None:
    draft = begin(app)
    for _time in range(2):
        assert app.post(f"{API}drafts/{draft['id']}/discard").status_code == 204
    assert app.get(f"{API}drafts").json()["drafts"] == []


def test_nobody_opens_anothers(app: App) -> None:
    draft = begin(app)
    other = signed_in(world.make_person(16))
    at = f"{API}drafts/{draft['id']}"
    assert other.get(at).status_code == 404
    assert save(other, draft, "where", reason="work").status_code == 404
    assert submit(other, draft).status_code == 404
    assert other.post(f"{at}/discard").status_code == 204
    assert Draft.objects.count() == 1
    assert App().get(at).status_code == 401


def test_what_is_not_offered_or_not_for_them_is_refused(app: App) -> None:
    for code, body, said in (
        ("nothing", {}, "not_in_force"),
        (CODE, {"capacity": "child"}, "not_for_them"),
        (CODE, {"capacity": "mandate", "person": "A" * 22}, "not_for_them"),
        ("eid-lock", {"capacity": "child"}, "not_for_them"),
    ):
        answer = app.post(f"{API}procedures/{code}/drafts", **body)
        assert (answer.status_code, answer.json()["code"]) == (409, said)
    assert app.post(f"{API}procedures/{CODE}/drafts", capacity="king").status_code == 422


# --- Filing ------------------------------------------------------------------------------------------
def test_a_form_is_filed_and_its_fee_begun_with_the_same_key(app: App, filer: Filer) -> None:
    make_link(filer.account)
    draft = ready(filer, app, PAID)
    first, second = submit(app, draft).json(), submit(app, draft).json()
    assert first == second
    order = PaymentOrder.objects.get()
    row = Application.objects.get()
    assert (first["state"], first["order"], first["received_at"]) == (
        "FILED",
        order.public_id,
        None,
    )
    assert first["due"] == {"purpose": "FEE", "about": str(row.pk), "amount": row.fee}
    assert order.amount == row.fee > 0


def test_without_a_bank_account_it_is_filed_and_says_how_to_pay(app: App, filer: Filer) -> None:
    filed = submit(app, ready(filer, app, PAID)).json()
    assert (filed["state"], filed["order"]) == ("FILED", None)
    assert filed["why"]
    make_link(filer.account)
    keyed = replace(app, more={"Idempotency-Key": "k9"})
    due = {name: filed["due"][name] for name in ("purpose", "about")}
    begun = keyed.post(f"{API}payments/orders", due=[due], amount=filed["due"]["amount"])
    assert begun.status_code == 201, begun.json()


def test_what_changed_since_it_was_seen_is_not_filed(app: App, filer: Filer) -> None:
    draft = ready(filer, app, PAID)
    answer = submit(app, draft, seen="0" * 64)
    assert (answer.status_code, answer.json()["code"]) == (409, "changed")
    assert submit(app, draft, key="").json()["code"] == "no_idempotency_key"
    assert Application.objects.count() == 0


def test_an_incomplete_form_is_not_filed(app: App) -> None:
    draft = begin(app)
    answer = submit(app, draft)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_complete")


@pytest.mark.parametrize("code", sorted(documents.shipped()))
def test_every_shipped_form_is_read_saved_and_filed(app: App, filer: Filer, code: str) -> None:
    form = filer.fill(filer.begin(code))
    answers = values.to_json(form.answers)
    row = Draft.objects.get()
    row.answers, row.done = {}, []
    row.save()
    draft = app.get(f"{API}drafts/{form.draft.public_id}").json()
    seen: set[str] = set()
    while left := [page for page in draft["pages"] if page["key"] not in seen]:
        page = left[0]
        seen.add(page["key"])
        step = next(each for each in form.document.steps if each.key == page["key"])
        sent = {each.key: answers[each.key] for each in step.fields if each.key in answers}
        answer = save(app, draft, page["key"], **sent)
        assert answer.status_code == 200, answer.json()
        draft = answer.json()
    assert submit(app, draft).status_code == 201


@pytest.mark.parametrize(
    ("filers", "code", "status", "words"),
    [
        ({"for": ["self"], "age_from": 14}, "not_for_them", 403, "You cannot do this for that person"),
        ({"for": ["mandate"], "age_from": 99}, "too_young", 409, "from the age of 99"),
    ],
)  # fmt: skip
def test_a_draft_is_filed_only_as_the_revision_in_force_allows(
    filers: dict[str, Any], code: str, status: int, words: str, client: Client, filer: Filer
) -> None:
    helper = Filer(world.make_person(16))
    row = Mandate.objects.create(
        giver=filer.account.citizen, holder=helper.account.citizen,
        procedure=Procedure.objects.get(code=CODE), given_at=clock.now(), valid_until=clock.today(),
    )  # fmt: skip
    draft, _there = drafts.begin(
        session=helper.session, code=CODE, capacity=Capacity.MANDATE, person=row.public_id,
        now=clock.now(),
    )  # fmt: skip
    helper.fill(draft)
    world.publish_anew(CODE, filers=filers)
    helping = signed_in(helper.account)
    form = helping.get(f"{API}drafts/{draft.public_id}").json()
    assert form["wrong"] == []

    refused = submit(helping, form)
    page = web_signed_in(client, helper.account).post(
        f"/drafts/{draft.public_id}/check/", {"seen": form["seen"]}, secure=True,
        headers={"Accept-Language": "en"},
    )  # fmt: skip

    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert words in refused.json()["detail"]
    assert page.status_code == status
    assert words in page.content.decode()
    assert not Application.objects.exists()
    assert Draft.objects.filter(pk=draft.pk).exists()


# --- What was filed ------------------------------------------------------------------------------------
def test_an_application_is_followed_and_taken_back(app: App, filer: Filer) -> None:
    row = filer.file_paid(CODE)
    at = f"{API}applications/{row.public_id}"
    [line] = app.get(f"{API}applications").json()["applications"]
    assert (line["id"], line["reference"], line["asked"]) == (row.public_id, row.reference, False)
    page = app.get(at).json()
    assert (page["code"], page["open"], page["fee_is_due"]) == ("IN_REVIEW", True, False)
    assert page["filed"][0]["sha256"] == row.snapshots.get().sha256
    assert page["due_at"] is not None
    for _time in range(2):
        answer = app.post(f"{at}/withdraw")
        assert (answer.status_code, answer.json()["code"]) == (200, "WITHDRAWN")


def test_nobody_follows_anothers_application(app: App, filer: Filer) -> None:
    row = filer.file(CODE)
    other = signed_in(world.make_person(16))
    at = f"{API}applications/{row.public_id}"
    assert other.get(at).status_code == 404
    assert other.post(f"{at}/withdraw").status_code == 404
    assert other.get(f"{API}applications").json()["applications"] == []
    assert App().get(at).status_code == 401


def test_an_application_that_waits_for_its_fee_says_so(app: App, filer: Filer) -> None:
    row = filer.file(PAID)
    page = app.get(f"{API}applications/{row.public_id}").json()
    assert (page["code"], page["fee_is_due"], page["fee"], page["due_at"]) == (
        "FILED", True, row.fee, None,
    )  # fmt: skip


def test_the_list_goes_on_where_it_ended(app: App, filer: Filer) -> None:
    for _each in range(2):
        filer.file("guest-stay")
    found = app.get(f"{API}applications").json()
    assert (len(found["applications"]), found["next"]) == (2, "")
    rest = app.get(f"{API}applications", before=found["applications"][0]["id"]).json()
    assert rest["applications"] == found["applications"][1:]
    assert app.get(f"{API}applications", before="nothing").json()["applications"] == []


# --- Messages ----------------------------------------------------------------------------------------
def test_a_message_reaches_the_file_once(app: App, filer: Filer) -> None:
    row = filer.file_paid(CODE)
    at = f"{API}applications/{row.public_id}/messages"
    for _time in range(2):
        answer = app.post(at, words="Tôi gửi thiếu trang.")
        assert answer.status_code == 201, answer.json()
        [kept] = answer.json()["messages"]
        assert (kept["words"], kept["mine"]) == ("Tôi gửi thiếu trang.", True)
    app.post(at, words="Đã đủ.")
    again = app.post(at, words="Tôi gửi thiếu trang.").json()["messages"]
    assert len(again) == 3, "said once more after something else"
    assert app.get(f"{API}applications/{row.public_id}").json()["messages"] == again


def test_too_many_messages_wait(app: App, filer: Filer) -> None:
    row = filer.file_paid(CODE)
    at = f"{API}applications/{row.public_id}/messages"
    answers = [app.post(at, words=f"Mẫu {number}") for number in range(21)]
    assert [each.status_code for each in answers] == [201] * 20 + [429]
    assert answers[-1].json()["code"] == "too_many_messages"
    assert int(answers[-1]["Retry-After"]) > 0


def test_a_message_that_cannot_be_sent_says_why(app: App, filer: Filer) -> None:
    row = filer.file_paid(CODE)
    at = f"{API}applications/{row.public_id}/messages"
    for wrong in ({}, {"words": " "}, {"words": "x" * 2001}, {"words": 7}):
        answer = app.post(at, **wrong)
        assert 400 <= answer.status_code < 500, wrong
    other = signed_in(world.make_person(16))
    assert other.post(at, words="Mẫu").status_code == 404
    assert app.post(f"{API}applications/{row.public_id}/withdraw").status_code == 200
    ended = app.post(at, words="Mẫu")
    assert (ended.status_code, ended.json()["code"]) == (409, "nothing_open")
    assert not Message.objects.filter(application=row).exists()
