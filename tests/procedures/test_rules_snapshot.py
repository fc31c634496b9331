"""The filed form as canonical JSON: provable, readable, and without surprises."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from procedures.rules import answers, fees, snapshot
from procedures.rules.documents import Document
from procedures.rules.fees import Fee
from procedures.rules.snapshot import Snapshot
from tests.procedures import making
from tests.procedures.making import HELD, KNOWN, TODAY, field, of_fields, words

AT = datetime(2026, 11, 26, 3, 4, 5, 678, tzinfo=UTC)
DOCUMENT = of_fields(
    field("name", "text", known="full_name"),
    field("start", "date"),
    field("months", "number"),
    field("price", "money", value={"multiply": [{"answer": "months"}, 1000]}),
    result={"title": words("Result"), "body": [words("{name} {source:residence}")]},
    fee={
        "amount": 7000,
        "exempt": [{"words": words("young"), "when": {"known": "account_locked"}}],
    },
)
SENT: dict[str, Any] = {"start": date(2026, 12, 1), "months": 3}


def take(document: Document = DOCUMENT, sent: dict[str, Any] = SENT, **parts: Any) -> Snapshot:
    settled = answers.settle(document, sent, known=KNOWN, today=TODAY, held=HELD)
    fee = fees.fee_of(document, settled, known=KNOWN, today=TODAY)
    given: dict[str, Any] = {
        "revision": "r1",
        "known": KNOWN,
        "fee": fee,
        "at": AT,
        "salt": "0" * 22,
    } | parts
    return snapshot.take(document, settled, **given)


def test_it_holds_what_was_filed() -> None:
    taken = take()
    assert json.loads(taken.text) == {
        "format": 1,
        "procedure": "sample",
        "revision": "r1",
        "filed_at": "2026-11-26T03:04:05.000678+00:00",
        "values": {"name": "Mẫu Thị Thử", "start": "2026-12-01", "months": 3, "price": 3000},
        "answers": {"start": "2026-12-01", "months": 3},
        "sources": {"name": "full_name"},
        "known": {
            "account_locked": False,
            "full_name": "Mẫu Thị Thử",
            "residence": KNOWN["residence"],
        },
        "fee": {"amount_vnd": 7000, "full_vnd": 7000, "exemption": None},
        "salt": "0" * 22,
    }
    assert snapshot.verify(taken.text, taken.sha256)
    assert taken.text == snapshot.canonical(json.loads(taken.text))


def test_equal_forms_are_one_text_and_anything_else_is_another() -> None:
    turned = dict(reversed(list(SENT.items())))
    assert take(sent=turned) == take()
    others = [
        take(sent=SENT | {"months": 4}), take(revision="r2"), take(salt="1" * 22), take(fee=Fee(0, 0)),
        take(at=AT.replace(microsecond=679)), take(known=KNOWN | {"account_locked": True}),
    ]  # fmt: skip
    assert len({each.sha256 for each in (take(), *others)}) == 7


def test_a_hash_of_another_kind_is_no_hash_of_it() -> None:
    taken = take()
    for wrong in ("", taken.sha256.upper(), taken.sha256[:-1], "đ" * 64, taken.sha256 + "0"):
        assert not snapshot.verify(taken.text, wrong)
    assert not snapshot.verify(taken.text + "\ud800", taken.sha256)


def test_what_is_not_complete_is_not_filed() -> None:
    for wrong in ({"months": 3}, SENT | {"months": -1}):
        with pytest.raises(ValueError, match="cannot be filed"):
            take(sent=wrong)
    with pytest.raises(ValueError, match="time zone"):
        take(at=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, -5]}, '{"a":[true,null,-5],"b":1}'),
        (
            {"\U0001f600": 1, "\uff21": 2},
            '{"\U0001f600":1,"\uff21":2}',
        ),  # RFC 8785, 3.2.3: UTF-16 code units
        (
            '\u20ac$\x0f\nA\'B"\\\\"/\x7f',
            '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"',
        ),  # RFC 8785, 3.2.2
        ("Mâ\u0303u", '"Mẫu"'),
        ({}, "{}"),
    ],
)
def test_the_one_form_of_json(value: Any, text: str) -> None:
    assert snapshot.canonical(value) == text


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        2**53,
        -(2**53),
        "\ud800",
        {1: 2},
        {"â\u0303": 1, "ẫ": 2},
        b"x",
        TODAY,
        {"x": [float("nan")]},
    ],
)
def test_what_has_no_one_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - half a character is one too
        snapshot.canonical(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_canonical_once_is_canonical(value: Any) -> None:
    try:
        text = snapshot.canonical(value)
    except ValueError:
        assume(False)
    assert snapshot.canonical(json.loads(text)) == text


@given(st.data())
def test_any_form_verifies_and_no_other_text_does(data: st.DataObject) -> None:
    document = making.read(data.draw(making.any_data()))
    settled = answers.settle(
        document, data.draw(making.sent_to(document)), known=KNOWN, today=TODAY, held=HELD
    )
    assume(settled.is_complete)
    text, sha256 = (
        (taken := snapshot.take(
            document, settled, revision="r1", known=KNOWN, fee=Fee(0, 0), at=AT, salt="0" * 22
        )).text,
        taken.sha256,
    )  # fmt: skip
    assert snapshot.verify(text, sha256)

    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters())
    changed = text[:place] + other + text[place + 1 :]
    shorter = text[:place] + text[place + 1 :]
    longer = text[:place] + other + text[place:]
    assert snapshot.verify(changed, sha256) is (other == text[place])
    assert not snapshot.verify(shorter, sha256)
    assert not snapshot.verify(longer, sha256)


def test_every_single_character_counts() -> None:
    taken = take()
    for place, character in enumerate(taken.text):
        other = "x" if character != "x" else "y"
        assert not snapshot.verify(
            taken.text[:place] + other + taken.text[place + 1 :], taken.sha256
        )
