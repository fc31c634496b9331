"""A broken copy of a shipped procedure is refused, and each of its faults is named with its line and place."""

import json
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from procedures.rules import documents, lines
from procedures.rules.documents import SHIPPED, Refused

TEXT = (SHIPPED / "temporary-residence.json").read_text(encoding="utf-8")
NOT_ASKED = "No field of this name is asked before this place"
DEEP = '{"not": [' * 21 + "true" + "]}" * 21


def refused(text: str, language: str = "en") -> list[tuple[int, str, str]]:
    with override(language):
        with pytest.raises(Refused) as raised:
            documents.read(text)
        return [(fault.line, fault.place, str(fault.words)) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        # In a circle: the proof is asked if the contract is given, the contract if it is the proof.
        (
            '"key": "proof",',
            '"key": "proof",\n"when":\n#{"given": "contract"},',
            "steps/1/fields/2/when/given",
            NOT_ASKED,
        ),
        (
            '{"of": {"answer": "address"}}',
            '{"of":\n#{"answer": "until"}}',
            "office/of",
            "an address is needed here, this is a date",
        ),
        (
            '{"of": {"answer": "address"}}',
            '{"of":\n#{"answer": "nowhere"}}',
            "office/of/answer",
            NOT_ASKED,
        ),
        (
            '"amount": 7000',
            '"amount": {"divide": [7000,\n#0]}',
            "fee/amount/divide/1",
            "Divide by a number that is written here and is not zero",
        ),
        (
            '"amount": 7000',
            '"amount":\n#"7000"',
            "fee/amount",
            "a number is needed here, this is a text",
        ),
        (
            '"amount": 7000',
            '"amount":\n#7000.5',
            "fee/amount",
            "Numbers are whole: “7000.5” is not",
        ),
        (
            '"amount": 7000',
            '"amount": {"power":\n#[7, 3]}',
            "fee/amount/power",
            "There is no operator of this name",
        ),
        (
            '"amount": 7000',
            '"amount": 7000,\n#"amount": 0',
            "fee/amount",
            "“amount” stands twice in one place",
        ),
        (
            '{"vi": "Chủ hộ", "en": "The owner"}',
            '\n#{"vi": "Chủ hộ"}',
            "steps/1/title",
            "Missing: en",
        ),
        (
            '{"vi": "Chủ hộ", "en": "The owner"}',
            '{"vi": "Chủ hộ", "en":\n#" "}',
            "steps/1/title/en",
            "It is not written as it must be",
        ),
        (
            '{"vi": "Chủ hộ", "en": "The owner"}',
            '\n#{"vi": "Chủ hộ", "en": "The owner", "de": "x"}',
            "steps/1/title",
            "Not known here: de",
        ),
        (
            "{address}, from {start}",
            "{address}, from {day}",
            "result/body/1",
            "The languages have different places to fill",
        ),
        (
            '"known": "sex"',
            '"known":\n#"shoe_size"',
            "steps/0/fields/2/known",
            "There is no source of this name",
        ),
        (
            '"known": "sex"',
            '"known":\n#"residence"',
            "steps/0/fields/2/known",
            "This source does not go with a field of this type",
        ),
        ('"known": "sex"', '"colour":\n"red"', "steps/0/fields/2", "Not known here: colour"),
        (
            '"key": "sex"',
            '"key":\n#"full_name"',
            "steps/0/fields/2/key",
            "Another field has this key",
        ),
        (
            '"key": "sex"',
            '"key":\n#"Sex!"',
            "steps/0/fields/2/key",
            "It is not written as it must be",
        ),
        (
            '"default": {"today": true}',
            '"default":\n#1',
            "steps/0/fields/11/default",
            "a date is needed here, this is a number",
        ),
        (
            '"suggest": "contract_address"',
            '"suggest": "contract_address",\n"options":\n#[{"value": "a", "label": {"vi": "a", "en": "a"}}]',
            "steps/0/fields/10/options",
            "This does not go with a field of this type",
        ),
        (
            '"value": "two_years"',
            '"value": "one_year"',
            "steps/0/fields/12/options",
            "Something stands twice",
        ),
        (
            '"of": "owner"',
            '"of":\n#"relation"',
            "steps/1/fields/3/of",
            "Name a field of a person asked before this place",
        ),
        ('"at": "owner"', '"at":\n#"landlord"', "checks/2/at", "There is no field of this key"),
        (
            '"do": "residence.stay"',
            '"do":\n#"residence.burn"',
            "effects/0/do",
            "There is no effect of this name",
        ),
        (
            '"do": "residence.stay"',
            '"do": "residence.move"',
            "effects/0",
            "It needs exactly: address",
        ),
        (
            '"do": "residence.stay"',
            '"do": "residence.stay", "when":\n#"yes"',
            "effects/0/when",
            "true or false is needed here, this is a text",
        ),
        ('"key": "untrue"', '"key":\n#"no_lodging"', "refusals/2/key", "Something stands twice"),
        (
            '"holds": {"lt": [{"today": true}, {"answer": "until"}]}',
            f'"holds":\n#{DEEP}',
            f"checks/1/holds/{'not/0/' * 21}"[:-1],
            "This is nested too deep or too large",
        ),
        (
            '"kind": "working_days", "count": 3',
            '"kind": "working_days"',
            "clock",
            "Say how many days, unless it is decided at once",
        ),
        (
            '"kind": "working_days"',
            '"kind":\n#"moons"',
            "clock/kind",
            "One of these is needed: working_days, calendar_days, instant",
        ),
        (
            '"silence": "nothing"',
            '"silence":\n#true',
            "silence",
            "One of these is needed: nothing, granted",
        ),
    ],
    ids=str,
)
def test_a_broken_copy_is_refused_with_line_and_place(
    old: str, new: str, place: str, words: str
) -> None:
    """``#`` marks where what is at fault begins, if the change begins it."""
    assert old in TEXT
    broken = TEXT.replace(old, new, 1)
    found = refused(broken.replace("#", ""))
    mark = broken.find("#")
    assert (place, words) in [(where, said) for _line, where, said in found]
    if mark >= 0:
        line = broken.count("\n", 0, mark) + 1
        assert (line, place) in [(number, where) for number, where, _said in found]


def test_a_field_asked_in_a_circle_is_refused_whichever_comes_first() -> None:
    data = json.loads(TEXT)
    fields = data["steps"][1]["fields"]
    fields[1]["when"] = {"given": "proof"}
    fields[2]["when"] = {"given": "relation"}
    text = json.dumps(data, indent=1)
    assert [(place, words) for _line, place, words in refused(text)] == [
        ("steps/1/fields/1/when/given", NOT_ASKED)
    ]


def test_faults_come_in_the_order_of_their_lines() -> None:
    text = TEXT.replace('"silence": "nothing"', '"silence": 1').replace('"minutes": 3', '"minutes": 0')  # fmt: skip
    found = refused(text.replace('"format": 1', '"format": 2'))
    assert [place for _line, place, _words in found] == ["format", "minutes", "silence"]
    assert [line for line, _place, _words in found] == sorted(line for line, _place, _words in found)  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", '"x"', "{", "["])
def test_what_is_no_procedure_is_refused(text: str) -> None:
    assert refused(text)


def test_a_document_that_is_wrong_everywhere_is_refused_at_once() -> None:
    data = json.loads(TEXT)
    data["steps"][0]["fields"][11]["default"] = {"all": [{"answer": "nobody"}] * 9000}
    assert len(refused(json.dumps(data))) <= lines.MOST_FAULTS


PLACES = st.integers(0, 10**6)
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 10**20, "", "x", [], {}, {"vi": "x"}, {"answer": "owner"}, {"not": [1]}, [[]]]
)


@given(PLACES, ODD, st.booleans())
def test_whatever_is_changed_it_is_read_or_refused(at: int, odd: Any, leave_out: bool) -> None:
    """No change of one place makes reading fail in any other way."""
    data = json.loads(TEXT)
    holders = list(_holders(data))
    holder, name = holders[at % len(holders)]
    if leave_out:
        del holder[name]
    else:
        holder[name] = odd
    text = json.dumps(data, indent=1)
    faults: list[documents.Located] = []
    try:
        documents.read(text)
    except Refused as refusal:
        faults += refusal.faults
    assert all(1 <= fault.line <= text.count("\n") + 1 and str(fault.words) for fault in faults)


def _holders(value: Any) -> list[tuple[Any, Any]]:
    inner = list(value.items() if isinstance(value, dict) else enumerate(value))
    found = [(value, name) for name, _each in inner]
    for _name, each in inner:
        if isinstance(each, dict | list):
            found += _holders(each)
    return found


def test_faults_are_said_in_the_language_of_who_reads_them() -> None:
    [(_line, _place, words)] = refused(TEXT.replace('"amount": 7000', '"amount": "7"'), "vi")
    assert words == "Chỗ này cần số, nhưng đây là chữ"
