"""The procedures that come with the portal: they read, say what they rest on, and ask what they must and no more."""

import copy
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from eid_portal.env import ROOT
from procedures.rules import documents
from procedures.rules.documents import SHIPPED, Document, Field
from procedures.rules.expressions import Facts, Type
from procedures.rules.known import SOURCES
from procedures.rules.share import Share, share

DOCUMENTS = documents.shipped()
TODAY = date(2026, 11, 27)
each_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
CODES = {
    "absence-declaration", "birth-registration", "criminal-record", "driver-licence-renewal", "eid-lock", "guest-stay",
    "id-card-exchange", "marital-status", "passport", "permanent-residence", "temporary-residence",
    "temporary-residence-extension",
}  # fmt: skip


def test_all_twelve_read_without_fault_and_are_named_as_their_files() -> None:
    assert set(DOCUMENTS) == CODES == {path.stem for path in SHIPPED.glob("*.json")}


@each_document
def test_each_is_kept_as_it_was_read(document: Document) -> None:
    text = (SHIPPED / f"{document.code}.json").read_text(encoding="utf-8")
    assert documents.read_data(json.loads(json.dumps(document.data))).code == document.code
    assert json.loads(text) == document.data


def texts(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict) and value.keys() == {"vi", "en"} and isinstance(value["vi"], str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


@each_document
def test_each_speaks_both_languages_as_the_portal_does(document: Document) -> None:
    found = list(texts(document.data))
    assert len(found) > 20
    words = " ".join(each["vi"] for each in found)
    assert not re.search(
        r"vui lòng|quý khách|GPLX|xin lưu ý|không hợp lệ|tiến hành|hoá|thuỷ", words, re.IGNORECASE
    )
    assert not [each for each in found if each["vi"] == each["en"] and each["vi"] != "Email"]
    assert not [each for each in found if any(said != said.strip() for said in each.values())]


@each_document
def test_each_names_what_it_rests_on_and_how_sure_that_is(document: Document) -> None:
    sources = document.data["sources"]
    assert len({each["words"]["en"] for each in sources}) == len(sources) >= 3
    assert document.data["silence"] == "nothing"  # no law here says that silence grants


def test_only_a_national_code_that_is_known_is_named() -> None:
    named = {
        code: each.data["national_code"]
        for code, each in DOCUMENTS.items()
        if each.data["national_code"]
    }
    assert named == {"marital-status": "1.004873"}


def facts(answers: dict[str, Any] | None = None, known: dict[str, Any] | None = None) -> Facts:
    return Facts(answers=answers or {}, known=known or {}, today=TODAY)


@pytest.mark.parametrize(
    ("code", "answers", "fee"),
    [
        ("temporary-residence", {}, 7_000),
        ("temporary-residence-extension", {}, 7_000),
        ("permanent-residence", {}, 10_000),
        ("absence-declaration", {}, 0),
        ("guest-stay", {}, 0),
        ("criminal-record", {"reduced": "none"}, 200_000),
        ("criminal-record", {"reduced": "student"}, 100_000),
        ("criminal-record", {"reduced": "merit"}, 100_000),
        ("driver-licence-renewal", {}, 135_000),
        ("birth-registration", {"born": date(2020, 1, 1)}, 0),
        ("marital-status", {}, 0),
        ("passport", {"kind": "first"}, 200_000),
        ("passport", {"kind": "renew"}, 200_000),
        ("passport", {"kind": "lost"}, 400_000),
        ("passport", {"kind": "damaged"}, 400_000),
        ("id-card-exchange", {}, 50_000),
        ("eid-lock", {}, 0),
    ],
)
def test_fees(code: str, answers: dict[str, Any], fee: int) -> None:
    assert DOCUMENTS[code].fee.value(facts(answers)) == fee


@pytest.mark.parametrize(
    ("code", "kind", "count"),
    [
        ("temporary-residence", "working_days", 3),
        ("temporary-residence-extension", "working_days", 3),
        ("permanent-residence", "working_days", 7),
        ("absence-declaration", "working_days", 1),
        ("guest-stay", "instant", 0),
        ("criminal-record", "working_days", 5),
        ("driver-licence-renewal", "working_days", 5),
        ("birth-registration", "working_days", 0),
        ("marital-status", "working_days", 3),
        ("passport", "working_days", 8),
        ("id-card-exchange", "working_days", 7),
        ("eid-lock", "instant", 0),
    ],
)
def test_times(code: str, kind: str, count: int) -> None:
    assert (DOCUMENTS[code].clock.kind, DOCUMENTS[code].clock.count) == (kind, count)


def test_marital_status_takes_23_calendar_days_where_it_must_be_verified() -> None:
    [otherwise] = DOCUMENTS["marital-status"].clock.otherwise
    assert (otherwise.count, otherwise.kind) == (23, "calendar_days")
    assert otherwise.when.holds(facts({"elsewhere": True}))
    assert not otherwise.when.holds(facts({"elsewhere": False}))


def test_a_birth_is_decided_the_same_day_if_it_comes_before_three() -> None:
    assert DOCUMENTS["birth-registration"].clock.received_before == "15:00"


@pytest.mark.parametrize("born", ["within", "late"])
def test_a_birth_declared_late_may_still_be_declared(born: str) -> None:
    document = DOCUMENTS["birth-registration"]
    first = next(
        each for each in document.answers if each.when.holds(facts({"born": born, "done": "no"}))
    )
    assert first.starts


@pytest.mark.parametrize(
    ("together", "done"),
    [([], [True, False]), (["residence"], [True, False]), (["health_card"], [True, True])],
)
def test_a_birth_asks_for_a_health_card_only_if_that_was_chosen(
    together: list[str], done: list[bool]
) -> None:
    effects = DOCUMENTS["birth-registration"].effects
    assert [each.do for each in effects] == ["birth.register", "health_card.request"]
    assert [each.when.holds(facts({"together": together})) for each in effects] == done


def test_a_birth_written_before_the_other_parent_acted_still_reads() -> None:
    data = copy.deepcopy(DOCUMENTS["birth-registration"].data)
    del data["effects"][0]["with"]["other_parent"]
    older = documents.read(json.dumps(data))
    assert "other_parent" not in older.effects[0].values
    data["effects"][0]["with"]["third_parent"] = {"answer": "other_parent"}
    with pytest.raises(documents.Refused):
        documents.read(json.dumps(data))


@pytest.mark.parametrize(("is_locked", "does"), [(False, "account.lock"), (True, "account.unlock")])
def test_what_is_locked_is_unlocked_and_the_other_way_round(is_locked: bool, does: str) -> None:
    document = DOCUMENTS["eid-lock"]
    action = document.find("action")
    assert action is not None
    assert action.value is not None
    now = facts({"action": action.value.value(facts(known={"account_locked": is_locked}))})
    assert [each.do for each in document.effects if each.when.holds(now)] == [does]


def test_form_two_is_told_to_be_nobodys_to_demand() -> None:
    form = DOCUMENTS["criminal-record"].find("form")
    assert form is not None
    assert [each.value for each in form.options] == ["one", "two"]
    assert form.options[1].hint is not None
    assert "Không ai được đòi" in form.options[1].hint["vi"]


@pytest.mark.parametrize(
    ("classes", "is_asked"),
    [(["A1"], False), (["A1", "B1"], False), (["A1", "B"], True), (["FC"], True), ([], False)],
)
def test_a_health_certificate_is_asked_for_classes_that_need_it(
    classes: list[str], is_asked: bool
) -> None:
    [step] = [each for each in DOCUMENTS["driver-licence-renewal"].steps if each.key == "health"]
    assert step.when.holds(facts(known={"licence_class_list": classes})) is is_asked


# --- Temporary residence is the measure of all others -----------------------------------------------
TYPED = {"text", "person", "number", "money", "date", "address"}


def asked(document: Document) -> list[Field]:
    return [each for each in document.fields if each.is_asked]


def test_temporary_residence_is_three_pages_and_one_typed_field() -> None:
    document = DOCUMENTS["temporary-residence"]
    assert len(document.steps) + 1 == 3  # with the page that shows all of it before it is filed
    typed = [
        each.key
        for each in asked(document)
        if each.kind in TYPED and not each.suggest and each.default is None
    ]
    assert typed == ["owner"]


@pytest.mark.parametrize(
    ("duration", "until"),
    [
        ("half_year", date(2027, 5, 22)),
        ("one_year", date(2027, 11, 22)),
        ("two_years", date(2028, 11, 22)),
    ],
)
def test_a_stay_ends_the_day_before(duration: str, until: date) -> None:
    field = DOCUMENTS["temporary-residence"].find("until")
    assert field is not None
    assert field.value is not None
    assert field.value.value(facts({"start": date(2026, 11, 23), "duration": duration})) == until


@pytest.mark.parametrize(
    ("commune", "province", "fails"),
    [("1", "79", True), ("2", "79", False), ("1", "01", False)],
)
def test_a_stay_in_the_commune_of_the_permanent_residence_is_no_temporary_one(
    commune: str, province: str, fails: bool
) -> None:
    check = DOCUMENTS["temporary-residence"].checks[0]
    address = {"province": province, "commune": commune, "line": "x"}
    home = {"province": "79", "commune": "1", "line": "y"}
    assert (check.holds.value(facts({"address": address}, {"residence": home})) is False) is fails


@each_document
def test_no_choice_that_states_a_fact_is_made_beforehand(document: Document) -> None:
    for each in asked(document):
        assert each.default is None or each.type != Type.TEXT, each.key
        assert not (each.kind in {"choice", "choices"} and each.suggest), each.key


@each_document
def test_nothing_is_asked_that_the_state_knows(document: Document) -> None:
    known = {each.known for each in document.fields if each.known}
    assert not [each.key for each in asked(document) if each.key in SOURCES]
    assert {"full_name", "personal_number"} <= known


# --- How much is known ------------------------------------------------------------------------------
def printed() -> dict[str, Share]:
    out = io.StringIO()
    call_command("prefilled", stdout=out)
    rows = [line.split() for line in out.getvalue().splitlines()]
    found = {code: Share(int(items), int(known)) for code, items, known, *_share in rows}
    assert [row[3:] for row in rows] == [[str(each.percent), "%"] for each in found.values()]
    return found


def test_the_command_prints_a_line_a_procedure() -> None:
    assert printed() == {code: share(each, TODAY) for code, each in DOCUMENTS.items()}


def test_the_readme_says_what_the_command_prints() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (\d+) \| (\d+) % \|$", text, re.MULTILINE)
    told = {
        code: (Share(int(items), int(known)), int(percent)) for code, items, known, percent in rows
    }
    assert told == {code: (each, each.percent) for code, each in printed().items()}


def test_three_quarters_of_temporary_residence_are_known() -> None:
    """Counted by hand from the pages: ten of the person and their home, where an address is three, five of the rest."""
    found = share(DOCUMENTS["temporary-residence"], TODAY)
    # name, birthday, sex, number, phone, e-mail; residence (3); head: name, relation, number; new address (3)
    assert found.known == 6 + 3 + 3 + 3
    # start (has a default), duration, owner, relation, proof
    assert found.items == found.known + 5
    assert found.percent >= 75


def test_eid_lock_asks_only_why() -> None:
    assert share(DOCUMENTS["eid-lock"], TODAY) == Share(
        items=5, known=4
    )  # the action is worked out


def with_fields(*fields: dict[str, Any]) -> Document:
    data = json.loads((SHIPPED / "eid-lock.json").read_text(encoding="utf-8"))
    named = [{"label": {"vi": "x", "en": "x"}, **each} for each in fields]
    data |= {"steps": [{**data["steps"][0], "fields": named}], "effects": []}
    data["result"]["body"] = [{"vi": "x", "en": "x"}]
    return documents.read(json.dumps(data))


OPTIONS = [{"value": each, "label": {"vi": each, "en": each}} for each in ("first", "second")]


@pytest.mark.parametrize(
    ("fields", "items", "known"),
    [
        ([{"key": "a", "type": "text"}], 1, 0),
        ([{"key": "a", "type": "text", "optional": True}], 1, 0),
        ([{"key": "a", "type": "text", "known": "full_name"}], 1, 1),
        ([{"key": "a", "type": "address"}], 3, 0),
        ([{"key": "a", "type": "address", "suggest": "residence"}], 3, 3),
        ([{"key": "a", "type": "date", "default": {"today": True}}], 1, 0),
        ([{"key": "a", "type": "number", "value": 3}, {"key": "b", "type": "text"}], 1, 0),
        ([{"key": "a", "type": "person"}, {"key": "b", "type": "consent", "of": "a"}], 1, 0),
        (
            [{"key": "a", "type": "yes_no"}, {"key": "b", "type": "text", "when": {"answer": "a"}}],
            1,
            0,
        ),
        (
            [
                {"key": "a", "type": "choice", "options": OPTIONS},
                {"key": "b", "type": "text", "when": {"eq": [{"answer": "a"}, "first"]}},
            ],
            2,
            0,
        ),
        (
            [
                {"key": "a", "type": "choice", "options": OPTIONS},
                {"key": "b", "type": "text", "when": {"eq": [{"answer": "a"}, "second"]}},
            ],
            1,
            0,
        ),
        (
            [
                {"key": "a", "type": "choices", "options": OPTIONS},
                {"key": "b", "type": "text", "when": {"in": [{"answer": "a"}, ["first"]]}},
            ],
            1,
            0,
        ),
        (
            [
                {
                    "key": "a",
                    "type": "rows",
                    "fields": [
                        {"key": "b", "type": "text", "label": {"vi": "x", "en": "x"}},
                        {"key": "c", "type": "address", "label": {"vi": "x", "en": "x"}},
                        {
                            "key": "d",
                            "type": "date",
                            "label": {"vi": "x", "en": "x"},
                            "when": {"eq": [{"answer": "b"}, "never"]},
                        },
                    ],
                }
            ],
            4,
            0,
        ),
        (
            [
                {"key": "a", "type": "number", "least": 5},
                {"key": "b", "type": "text", "when": {"lt": [{"answer": "a"}, 5]}},
            ],
            1,
            0,
        ),
    ],
    ids=str,
)
def test_how_items_are_counted(fields: list[dict[str, Any]], items: int, known: int) -> None:
    assert share(with_fields(*fields), TODAY) == Share(items, known)


def test_a_form_that_asks_nothing_is_known_whole_and_shares_are_rounded_down() -> None:
    assert Share(0, 0).percent == 100
    assert Share(3, 2).percent == 66
