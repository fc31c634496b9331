"""Answers against their document: what is asked, known, dropped, missing, and what cannot be so."""

import json
from datetime import UTC, date, datetime
from typing import Any

import hypothesis
import pytest
from django.utils import translation
from hypothesis import strategies as st

from procedures import texts
from procedures.rules import answers, values
from procedures.rules.answers import Settled
from procedures.rules.documents import Document
from procedures.rules.expressions import Facts
from procedures.rules.values import Problem
from tests.procedures import making
from tests.procedures.making import (
    CONSENTS,
    HELD,
    KNOWN,
    OWNER,
    TODAY,
    field,
    of_fields,
    options,
    words,
)

HOME = {"province": "Hà Nội", "commune": "Ba Đình", "line": "99 Hoa Mẫu"}


def settle(document: Document, sent: dict[str, Any], **given: Any) -> Settled:
    parts: dict[str, Any] = {"known": KNOWN, "today": TODAY, "held": HELD, "consents": CONSENTS}
    return answers.settle(document, sent, **parts | given)


def problems(settled: Settled) -> dict[str, str]:
    return {each.at: each.code for each in settled.problems}


@pytest.mark.parametrize(
    ("made", "sent", "value"),
    [
        (field("x", "text"), " Mâ\u0303u  Thị ", "Mẫu  Thị"),
        (field("x", "text", lines=3), "một\r\nhai", "một\nhai"),
        (field("x", "choice", options=options("a", "b")), "b", "b"),
        (field("x", "choices", options=options("a", "b", "c")), ["c", "a", "c"], ["a", "c"]),
        (field("x", "yes_no"), False, False),
        (field("x", "number"), 0, 0),
        (field("x", "money"), 10**15, 10**15),
        (field("x", "date"), date(2026, 2, 28), date(2026, 2, 28)),
        (field("x", "address"), HOME | {"line": " 99  Hoa Mẫu"}, HOME | {"line": "99  Hoa Mẫu"}),
        (field("x", "person"), "００１ 300.000-015", "001300000015"),
        (field("scan", "file"), "held-1", "held-1"),
        (field("card", "paper", papers=["driver_licence"]), "held-2", "held-2"),
    ],
)
def test_an_answer_is_kept_in_one_form(made: dict[str, Any], sent: Any, value: Any) -> None:
    settled = settle(of_fields(made), {made["key"]: sent})

    assert settled.values == settled.answers == {made["key"]: value}
    assert type(settled.values[made["key"]]) is type(value)
    assert settled.is_complete


@pytest.mark.parametrize(
    ("made", "sent", "code"),
    [
        (field("x", "text"), "a\u200bb", "unreadable"),
        (field("x", "text"), "a\nb", "unreadable"),
        (field("x", "text"), "\ud800", "unreadable"),
        (field("x", "text"), 5, "malformed"),
        (field("x", "text", longest=3), "bốn!", "long"),
        (field("x", "text", letters=True), "Mẫu Gia 4n", "letters"),
        (field("x", "text", letters=True), "<b>Mẫu</b>", "letters"),
        (field("x", "text", letters=True), "-", "letters"),
        (field("x", "choice", options=options("a")), "z", "option"),
        (field("x", "choice", options=options("a")), ["a"], "malformed"),
        (field("x", "choices", options=options("a")), ["a", "z"], "option"),
        (field("x", "choices", options=options("a")), "a", "malformed"),
        (field("x", "yes_no"), "yes", "malformed"),
        (field("x", "yes_no"), 1, "malformed"),
        (field("x", "number"), -1, "sign"),
        (field("x", "number"), True, "not_whole"),
        (field("x", "number"), 1.0, "not_whole"),
        (field("x", "number"), "1", "not_whole"),
        (field("x", "money"), 2**63, "too_much"),
        (field("x", "money"), 10**15 + 1, "too_much"),
        (field("x", "date"), "2026-02-30", "date_unreal"),
        (field("x", "date"), date(202, 6, 1), "date_year"),
        (field("x", "date"), datetime(2026, 6, 1, tzinfo=UTC), "date_unreal"),
        (field("x", "person"), "00130000001", "person"),
        (field("x", "person"), "00130000001x", "person_characters"),
        (field("x", "address"), "Hà Nội", "malformed"),
        (field("x", "address"), HOME | {"district": "x"}, "malformed"),
        (field("x", "rows", fields=[field("y", "text")]), ["a"], "malformed"),
        (field("x", "file"), "../etc", "malformed"),
    ],
)
def test_what_a_field_does_not_take_is_named_and_not_used(
    made: dict[str, Any], sent: Any, code: str
) -> None:
    settled = settle(of_fields(made), {made["key"]: sent})

    assert problems(settled) == {made["key"]: code}
    assert settled.values == settled.answers == {}
    assert not settled.is_complete


@pytest.mark.parametrize(
    ("sent", "at", "code"),
    [
        (HOME | {"commune": ""}, "x_commune", "commune"),
        ({"line": "99 Hoa Mẫu"}, "x_province", "province"),
        (HOME | {"line": " "}, "x_line", "line"),
        (HOME | {"province": "Hà Tây"}, "x_province", "province_unknown"),
        (HOME | {"commune": "a\x00"}, "x_commune", "unreadable"),
        (HOME | {"line": "a" * 201}, "x_line", "long"),
        (HOME | {"line": ["a"]}, "x_line", "malformed"),
    ],
)
def test_an_address_names_its_part(sent: dict[str, Any], at: str, code: str) -> None:
    settled = settle(of_fields(field("x", "address")), {"x": sent}, provinces={"Hà Nội", "Huế"})
    assert problems(settled) == {at: code}


def test_bounds_may_follow_from_other_answers_and_the_day() -> None:
    document = of_fields(
        field("start", "date", least={"today": True}),
        field("end", "date", most={"later": [{"answer": "start"}, 2, "years"]}),
        field("people", "number", least=1, most=4),
    )
    right = {"start": TODAY, "end": date(2028, 11, 26), "people": 4}
    wrong = {"start": date(2026, 11, 25), "end": date(2028, 11, 26), "people": 5}

    assert settle(document, right).is_complete
    settled = settle(document, wrong)
    assert problems(settled) == {"start": "date_least", "end": "date_most", "people": "number_most"}
    assert settled.values == wrong  # it is shown again, and can be corrected
    with translation.override("en"):
        assert settled.problems[0].words == "Enter 26/11/2026 or a later day"


def test_what_is_not_asked_is_dropped_and_what_needs_it_too() -> None:
    document = of_fields(
        field("rents", "yes_no"),
        field("owner", "text", when={"answer": "rents"}),
        field("why", "text", when={"given": "owner"}),
    )

    settled = settle(document, {"rents": False, "owner": "Mẫu", "why": "x"})

    assert settled.dropped == ("owner", "why")
    assert settled.shown == ("rents",)
    assert settled.values == {"rents": False}
    assert settled.is_complete


def test_a_page_that_is_not_asked_drops_all_of_it() -> None:
    document = making.document(
        making.step("one", field("rents", "yes_no")),
        making.step("two", field("owner", "text"), when={"answer": "rents"}),
    )

    assert settle(document, {"rents": False, "owner": "Mẫu"}).dropped == ("owner",)
    assert settle(document, {"rents": True, "owner": "Mẫu"}).steps == ("one", "two")


def test_known_and_worked_out_values_are_never_what_was_sent() -> None:
    document = of_fields(
        field("name", "text", known="full_name"),
        field("months", "number"),
        field("price", "money", value={"multiply": [{"answer": "months"}, 1000]}),
    )

    settled = settle(document, {"name": "Kẻ Giả", "months": 3, "price": 0, "is_admin": True})

    assert settled.values == {"name": "Mẫu Thị Thử", "months": 3, "price": 3000}
    assert settled.answers == {"months": 3}
    assert settled.ignored == ("name", "price", "is_admin")


def test_what_is_said_rightly_is_not_reported() -> None:
    document = of_fields(field("name", "text", known="full_name"), field("months", "number"))
    first = settle(document, {"months": 3})
    assert settle(document, dict(first.values)) == first
    assert first.ignored == ()


def test_what_is_not_on_record_is_a_problem_of_whoever_keeps_it() -> None:
    document = of_fields(
        field("card", "text", known="card_number"),
        field("mail", "text", known="email", optional=True),
    )

    settled = settle(document, {"card": "001300000015"})

    assert problems(settled) == {"card": "not_on_record"}
    with translation.override("en"):
        said = "“card” is not on record. Ask to have it entered: e-ID account"
        assert settled.problems[0].words == said


def test_anothers_consent_is_what_the_portal_has_from_that_person() -> None:
    document = of_fields(field("owner", "person"), field("agreed", "consent", of="owner"))
    sent = {"owner": OWNER, "agreed": "held-9"}

    waiting = settle(document, sent, consents={})
    assert (waiting.awaited, waiting.ignored) == (("agreed",), ("agreed",))
    assert "agreed" not in waiting.values
    assert waiting.is_complete  # it is filed, and waits

    given = settle(document, sent)
    assert given.values["agreed"] == "held-3"
    assert given.awaited == ()

    # Somebody else is named after a friend has agreed, or the friend agreed to something else.
    assert settle(document, sent | {"owner": "001300000023"}).awaited == ("agreed",)
    assert settle(document, sent, consents={("other", OWNER): "held-3"}).awaited == ("agreed",)
    # Nobody is named yet: nobody is waited for.
    assert settle(document, {}).awaited == ()


def test_a_file_is_one_that_the_person_has() -> None:
    settled = settle(of_fields(field("scan", "file")), {"scan": "held-9"})
    assert problems(settled) == {"scan": "not_held"}


def test_nothing_is_missing_that_may_be() -> None:
    document = of_fields(
        field("x", "text"),
        field("y", "choices", options=options("a"), optional=True),
        field("z", "rows", fields=[field("name", "text")]),
    )
    settled = settle(document, {"x": " ", "y": [], "z": []})
    assert settled.missing == ("x", "z")
    assert settled.values == {}


def test_rows_are_settled_one_by_one() -> None:
    document = of_fields(
        field(
            "children", "rows", most=2,
            fields=[
                field("name", "text"),
                field("adult", "yes_no"),
                field("school", "text", when={"not": [{"answer": "adult"}]}),
                field("filer", "text", known="full_name"),
            ],
        )
    )  # fmt: skip
    rows = [
        {"name": "An", "adult": True, "school": "x", "filer": "y", "z": 1},
        {"name": "Bình", "adult": False},
        {},
    ]

    settled = settle(document, {"children": rows})

    assert settled.values["children"] == [
        {"name": "An", "adult": True, "filer": "Mẫu Thị Thử"},
        {"name": "Bình", "adult": False, "filer": "Mẫu Thị Thử"},
        {"filer": "Mẫu Thị Thử"},
    ]
    assert settled.answers["children"] == [
        {"name": "An", "adult": True},
        {"name": "Bình", "adult": False},
        {},
    ]
    assert settled.dropped == ("children-0-school",)
    assert settled.ignored == ("children-0-filer", "children-0-z")
    assert settled.missing == ("children-1-school", "children-2-name", "children-2-adult")
    assert problems(settled) == {"children": "rows_most"}


def test_there_is_an_end_to_rows() -> None:
    settled = settle(
        of_fields(field("x", "rows", fields=[field("y", "text")])), {"x": [{"y": "a"}] * 51}
    )
    assert problems(settled) == {"x": "rows_most"}
    assert "x" not in settled.values


def test_a_check_speaks_where_it_belongs() -> None:
    check = {
        "holds": {"lt": [{"answer": "a"}, {"answer": "b"}]},
        "message": words("a before b"),
        "at": "b",
    }
    document = of_fields(field("a", "number"), field("b", "number"), checks=[check])

    assert settle(document, {"a": 1, "b": 2}).is_complete
    assert settle(document, {"a": 1}).problems == ()  # it cannot be said yet
    [problem] = settle(document, {"a": 2, "b": 1}).problems
    assert (problem.at, problem.code) == ("b", "check")
    with translation.override("en"):
        assert problem.words == "a before b"
    with translation.override("vi"):
        assert problem.words == "a before b (vi)"


def test_an_offer_is_no_answer_before_it_is_sent() -> None:
    document = of_fields(
        field("start", "date", default={"today": True}),
        field("home", "address", suggest="residence"),
        field("work", "address"),
    )
    facts = Facts(answers={}, known=KNOWN, today=TODAY)

    assert [answers.offer(each, facts) for each in document.fields] == [TODAY, HOME, None]
    assert answers.offer(document.fields[1], facts, provinces={"Huế"}) is None
    assert settle(document, {}).missing == ("start", "home", "work")


def test_answers_out_of_json_have_dates_where_there_are_some() -> None:
    document = of_fields(
        field("day", "date"),
        field("note", "text"),
        field("x", "rows", fields=[field("born", "date")]),
    )
    sent = {
        "day": "2026-11-30",
        "note": "2026-11-30",
        "x": [{"born": "2020-02-29"}, {"born": "2021-02-29"}],
        "q": 1,
    }

    read = answers.answers_from_json(document, sent)

    assert read == {
        "day": date(2026, 11, 30), "note": "2026-11-30", "q": 1,
        "x": [{"born": date(2020, 2, 29)}, {"born": "2021-02-29"}],
    }  # fmt: skip
    assert problems(settle(document, read)) == {"x-1-born": "date_unreal"}
    for odd in ("20261130", "2026-W48-1", "2026-11-30T00:00", "２０２６-11-30", ["2026-11-30"]):
        assert answers.answers_from_json(document, {"day": odd})["day"] == odd


def test_every_problem_has_words_in_both_languages() -> None:
    fills = {"label": words("x"), "bound": 1500, "count": 11, "kept_by": "email"}
    for code in texts.PROBLEMS:
        said = []
        for language in ("vi", "en"):
            with translation.override(language):
                said.append(Problem("x", code, fills).words)
        assert said[0] != said[1], code
        assert "%(" not in "".join(said)


def test_numbers_are_written_as_each_language_does() -> None:
    with translation.override("vi"):
        assert "1.500" in Problem("x", "number_most", {"bound": 1500}).words
    with translation.override("en"):
        assert "1,500" in Problem("x", "number_most", {"bound": 1500}).words


# --- Whatever is sent -------------------------------------------------------------------------------------
def _there(value: Any, prefix: str = "") -> dict[str, Any]:
    """What was sent, by the names of a form's fields."""
    found = {}
    for key, each in value.items():
        if values.is_there(each):
            found[f"{prefix}{key}"] = each
    return found


@hypothesis.given(st.data())
def test_whatever_is_sent_is_settled(data: st.DataObject) -> None:
    document = making.read(data.draw(making.any_data()))
    sent = data.draw(making.sent_to(document))
    known = data.draw(st.sampled_from([KNOWN, {}]))

    agreed = {(each.key, OWNER): "held-3" for each in document.fields if each.kind == "consent"}
    consents = data.draw(st.sampled_from([agreed, {}]))
    given: dict[str, Any] = {"known": known, "consents": consents, "provinces": {"Hà Nội"}}

    settled = settle(document, sent, **given)

    # Nothing is lost silently: what was sent is used, or named, or it was blank.
    named = {each.at for each in settled.problems} | {
        *settled.dropped,
        *settled.ignored,
        *settled.missing,
    }
    fields = {each.key: each for each in document.fields}
    for key in _there(sent):
        is_named = any(name == key or name.startswith((f"{key}_", f"{key}-")) for name in named)
        of = fields.get(key)
        blank = of is not None and of.optional and key in settled.shown
        assert key in settled.values or is_named or blank, key

    # What is not asked leaves no trace, and what the portal says is what it says.
    facts = Facts(answers=settled.values, known=known, today=TODAY)
    assert settled.values.keys() <= set(settled.shown)
    assert settled.answers.keys() <= settled.values.keys()
    for step in document.steps:
        for each in step.fields:
            is_shown = step.when.holds(facts) and each.when.holds(facts)
            assert (each.key in settled.shown) is is_shown
            if is_shown and each.known:
                assert settled.values.get(each.key) == known.get(each.known)
            if is_shown and each.kind == "consent":
                assert settled.values.get(each.key) == consents.get(
                    (each.key, str(settled.values.get(each.of, "")))
                )
            if is_shown and each.value is not None:
                assert settled.values.get(each.key) == each.value.value(facts)

    # Settled once is settled.
    again = settle(document, dict(settled.answers), **given)
    assert (again.values, again.answers, again.shown) == (
        settled.values,
        settled.answers,
        settled.shown,
    )
    assert again.ignored == again.dropped == ()

    # As JSON nothing changes.
    text = json.dumps(answers.to_json(settled), allow_nan=False)
    assert answers.from_json(document, json.loads(text)) == settled
    for language in ("vi", "en"):
        with translation.override(language):
            assert all(each.words for each in settled.problems)
