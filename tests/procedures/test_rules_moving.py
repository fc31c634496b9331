"""From one revision to the next: answers that are kept, fields to look at again, and what changed."""

import copy
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from procedures.rules import answers, moving
from procedures.rules.moving import Again, Change, What, Why
from tests.procedures import making
from tests.procedures.making import (
    HELD,
    KNOWN,
    TODAY,
    data,
    field,
    of_fields,
    options,
    read,
    step,
    words,
)

OLD = of_fields(
    field("same", "text"),
    field("other_type", "text"),
    field("fewer", "choice", options=options("a", "b")),
    field("renamed", "number"),
    field("removed", "text"),
    field("known_now", "text"),
    field(
        "rows", "rows", fields=[field("name", "text"), field("born", "date"), field("gone", "text")]
    ),
    field("shorter", "text"),
)
NEW = of_fields(
    field("same", "text"),
    field("other_type", "number"),
    field("fewer", "choice", options=options("a")),
    field("renamed", "number") | {"label": words("otherwise")},
    field("known_now", "text", known="full_name"),
    field(
        "rows",
        "rows",
        fields=[field("name", "text", longest=3), field("born", "date"), field("new", "yes_no")],
    ),
    field("shorter", "text", longest=3),
    field("fresh", "yes_no"),
)
ANSWERS: dict[str, Any] = {
    "same": "Mẫu", "other_type": "5", "fewer": "b", "renamed": 5, "removed": "x", "known_now": "y",
    "shorter": "dài quá",
    "rows": [{"name": "An", "born": date(2024, 2, 29), "gone": "z"}, {"name": "Phương"}],
}  # fmt: skip


def test_what_fits_is_kept_and_the_rest_is_named() -> None:
    moved = moving.move(OLD, NEW, ANSWERS)

    assert moved.answers == {
        "same": "Mẫu", "renamed": 5, "rows": [{"name": "An", "born": date(2024, 2, 29)}, {}],
    }  # fmt: skip
    assert set(moved.again) == {
        Again("other_type", Why.LOST),
        Again("fewer", Why.LOST),
        Again("renamed", Why.CHANGED),
        Again("known_now", Why.SAID),
        Again("rows-0-new", Why.NEW),
        Again("rows-0-gone", Why.LOST),
        Again("rows-1-name", Why.LOST),
        Again("rows-1-new", Why.NEW),
        Again("shorter", Why.LOST),
        Again("fresh", Why.NEW),
        Again("removed", Why.LOST),
    }
    assert len(moved.again) == 11


def test_an_answer_that_is_still_allowed_stays_with_fewer_options() -> None:
    moved = moving.move(OLD, NEW, {"fewer": "a"})
    assert moved.answers == {"fewer": "a"}
    assert Again("fewer", Why.CHANGED) in moved.again


def test_an_answer_of_another_type_is_not_kept_though_it_would_be_taken() -> None:
    moved = moving.move(of_fields(field("x", "number")), of_fields(field("x", "money")), {"x": 5})
    assert moved.answers == {}
    assert moved.again == [Again("x", Why.LOST)]


def test_what_is_asked_now_was_not_answered_by_what_was_known() -> None:
    moved = moving.move(NEW, OLD, {"known_now": "y"})
    assert "known_now" not in moved.answers
    assert Again("known_now", Why.NEW) in moved.again


@given(st.data())
def test_a_revision_like_the_last_one_keeps_everything(given: st.DataObject) -> None:
    made = given.draw(making.any_data())
    document = read(made)
    sent = given.draw(making.sent_to(document))
    settled = answers.settle(document, sent, known=KNOWN, today=TODAY, held=HELD)

    moved = moving.move(document, read(made), settled.answers)

    assert moved.answers == settled.answers
    assert moved.again == []
    assert moving.compare(document, read(made)) == []


@given(st.data())
def test_a_draft_moves_to_any_revision(given: st.DataObject) -> None:
    old, new = read(given.draw(making.any_data())), read(given.draw(making.any_data()))
    settled = answers.settle(
        old, given.draw(making.sent_to(old)), known=KNOWN, today=TODAY, held=HELD
    )

    moved = moving.move(old, new, settled.answers)

    named = {each.at for each in moved.again}
    for key in settled.answers:
        assert key in moved.answers or key in named
    again = answers.settle(new, dict(moved.answers), known=KNOWN, today=TODAY, held=HELD)
    assert again.ignored == ()
    assert moving.compare(old, new) or old.data == new.data


# --- What changed ------------------------------------------------------------------------------------------
BEFORE = data(
    step(
        "one",
        field("a", "text"),
        field("b", "choice", options=options("x", "y")),
        field("c", "number"),
    ),
    step("two", field("d", "yes_no")),
)


def changes(**paths: Any) -> list[Change]:
    made = copy.deepcopy(BEFORE)
    for change in paths.values():
        change(made)
    return moving.compare(read(BEFORE), read(made))


def test_a_label_an_option_and_a_condition_are_told_field_by_field() -> None:
    def change(made: dict[str, Any]) -> None:
        a, b, c = made["steps"][0]["fields"]
        a["label"]["vi"] = "khác"
        b["options"][1:] = options("z")
        c["when"] = {"given": "a"}

    assert changes(change=change) == [
        Change(("fields", "a", "label", "vi"), What.CHANGED, "a (vi)", "khác"),
        Change(("fields", "b", "options", "y"), What.REMOVED, options("y")[0]),
        Change(("fields", "b", "options", "z"), What.ADDED, None, options("z")[0]),
        Change(("fields", "c", "when"), What.ADDED, None, {"given": "a"}),
    ]


def test_a_field_moves_between_pages_and_within_one() -> None:
    def change(made: dict[str, Any]) -> None:
        one, two = made["steps"]
        two["fields"].append(one["fields"].pop(0))
        one["fields"].reverse()

    assert changes(change=change) == [
        Change(("fields", "a"), What.MOVED, "one", "two"),
        Change(("steps", "one", "fields"), What.MOVED, ["b", "c"], ["c", "b"]),
    ]


def test_other_parts_are_told_by_their_place() -> None:
    def change(made: dict[str, Any]) -> None:
        made["fee"]["amount"] = {"if": [{"answer": "d"}, 0, 7000]}
        made["clock"]["count"] = 5
        made["steps"].append(step("three", field("e", "text")))
        made["steps"][0]["title"]["en"] = "First"
        made["refusals"].append({"key": "late", "words": words("late"), "law": words("law")})

    assert changes(change=change) == [
        Change(("fee", "amount"), What.CHANGED, 7000, {"if": [{"answer": "d"}, 0, 7000]}),
        Change(("clock", "count"), What.CHANGED, 3, 5),
        Change(
            ("refusals", "late"),
            What.ADDED,
            None,
            {"key": "late", "words": words("late"), "law": words("law")},
        ),
        Change(("steps", "one", "title", "en"), What.CHANGED, "one", "First"),
        Change(("steps", "three"), What.ADDED, None, {"key": "three", "title": words("three")}),
        Change(("fields", "e"), What.ADDED, None, field("e", "text")),
    ]


def test_a_tree_is_told_as_a_whole_and_one_is_not_true() -> None:
    def change(made: dict[str, Any]) -> None:
        made["checks"] = [{"holds": {"eq": [{"answer": "c"}, 1]}, "message": words("c"), "at": "c"}]

    made = copy.deepcopy(BEFORE)
    change(made)
    other = copy.deepcopy(made)
    other["checks"][0]["holds"] = {"eq": [{"answer": "d"}, True]}
    [found] = moving.compare(read(made), read(other))
    assert (found.place, found.what) == (("checks", 0, "holds"), What.CHANGED)


def test_options_that_stand_in_another_order_are_told() -> None:
    def change(made: dict[str, Any]) -> None:
        made["steps"][0]["fields"][1]["options"].reverse()

    assert changes(change=change) == [
        Change(("fields", "b", "options"), What.MOVED, ["x", "y"], ["y", "x"])
    ]


def test_a_field_may_be_called_like_a_part() -> None:
    made = [data(step("one", field("when", "text", longest=length))) for length in (5, 6)]
    assert moving.compare(*map(read, made)) == [
        Change(("fields", "when", "longest"), What.CHANGED, 5, 6)
    ]
