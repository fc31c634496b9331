"""What a procedure costs: the amount, and the first exemption that holds."""

from typing import Any

import pytest

from procedures.rules import answers, fees
from procedures.rules.fees import Fee, NoFee
from tests.procedures.making import KNOWN, TODAY, field, of_fields, words

FEE: dict[str, Any] = {
    "amount": {"multiply": [{"answer": "copies"}, 5000]},
    "exempt": [
        {"words": words("an officer decides")},
        {"words": words("children"), "when": {"lt": [{"age": [{"known": "birth_date"}, {"today": True}]}, 16]}},
        {"words": words("poor"), "when": {"answer": "poor"}},
        {"words": words("poor too"), "when": {"answer": "poor"}},
    ],
}  # fmt: skip


def fee(sent: dict[str, Any], **parts: Any) -> Fee:
    document = of_fields(
        field("copies", "number"), field("poor", "yes_no", optional=True), fee=FEE | parts
    )
    settled = answers.settle(document, sent, known=KNOWN, today=TODAY)
    return fees.fee_of(document, settled, known=KNOWN, today=TODAY)


def test_it_follows_from_the_answers() -> None:
    assert fee({"copies": 3}) == Fee(15_000, 15_000)
    assert fee({"copies": 0}) == Fee(0, 0)
    assert fee({"copies": 3, "poor": False}).exemption is None


def test_who_is_exempt_pays_nothing_and_is_told_why() -> None:
    found = fee({"copies": 3, "poor": True})
    assert (found.amount_vnd, found.full_vnd) == (0, 15_000)
    assert found.exemption is not None
    assert found.exemption.words == words("poor")


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ({}, FEE["amount"]),
        ({"copies": 1}, {"subtract": [0, {"answer": "copies"}]}),
        ({"copies": 10**15}, FEE["amount"]),
    ],
)
def test_what_cannot_be_said_is_no_fee(sent: dict[str, Any], amount: Any) -> None:
    with pytest.raises(NoFee):
        fee(sent, amount=amount)
