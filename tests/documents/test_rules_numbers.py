"""Numbers of papers: plates of all formats, licences, certificates and chassis, in one normal form each."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.rules import licences, numbers, plates
from documents.rules.numbers import Flaw, NotANumber
from documents.rules.plates import Vehicle


# --- Plates -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "normal", "vehicle", "printed"),
    [
        ("51K-678.90", "51K67890", Vehicle.CAR, "51K-678.90"),
        ("51k 67890", "51K67890", Vehicle.CAR, "51K-678.90"),
        ("51K\u00a0–\u202f678.90", "51K67890", Vehicle.CAR, "51K-678.90"),
        ("30E-1234", "30E1234", Vehicle.CAR, "30E-1234"),
        ("29LD-123.45", "29LD12345", Vehicle.CAR, "29LD-123.45"),
        ("80A 001.23", "80A00123", Vehicle.CAR, "80A-001.23"),
        ("59X3-123.45", "59X312345", Vehicle.MOTORCYCLE, "59X3-123.45"),
        ("29-AA 123.45", "29AA12345", Vehicle.MOTORCYCLE, "29AA-123.45"),
        ("29MĐ1-123.45", "29MĐ112345", Vehicle.MOTORCYCLE, "29MĐ1-123.45"),
        ("29MD1-123.45", "29MĐ112345", Vehicle.MOTORCYCLE, "29MĐ1-123.45"),
        ("51R-123.45", "51R12345", Vehicle.TRAILER, "51R-123.45"),
        ("TM 12-34", "TM1234", Vehicle.CAR, "TM 12-34"),
        ("29-001-NG-23", "29001NG23", Vehicle.CAR, "29-001-NG-23"),
        ("80.011.QT.05", "80011QT05", Vehicle.CAR, "80-011-QT-05"),
        ("29X1-2345", "29X12345", Vehicle.MOTORCYCLE, "29X1-2345"),
        ("29X-123.45", "29X12345", Vehicle.CAR, "29X-123.45"),
    ],
)
def test_a_plate_has_one_normal_form_and_is_printed_as_on_the_vehicle(
    written: str, normal: str, vehicle: Vehicle, printed: str
) -> None:
    assert plates.normal(written) == normal
    assert plates.printed(normal, vehicle) == printed
    assert plates.normal(printed) == normal


@pytest.mark.parametrize("letter", "IJOQW")
def test_a_letter_that_no_plate_has_is_named(letter: str) -> None:
    with pytest.raises(NotANumber) as refused:
        plates.normal(f"51{letter}-678.90")

    assert (refused.value.flaw, refused.value.part) == (Flaw.LETTER, letter)


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("", Flaw.EMPTY),
        (" -. ", Flaw.EMPTY),
        ("51K-678.9Ж", Flaw.CHARACTERS),
        ("51K-٦78.90", Flaw.CHARACTERS),
        ("1K-678.90", Flaw.SHAPE),
        ("01K-678.90", Flaw.SHAPE),
        ("51K-678.9012", Flaw.SHAPE),
        ("51K-678", Flaw.SHAPE),
        ("51-678.90", Flaw.SHAPE),
        ("ABC-678.90", Flaw.SHAPE),
    ],
)
def test_what_is_no_plate_is_refused(written: str, flaw: Flaw) -> None:
    with pytest.raises(NotANumber) as refused:
        plates.normal(written)

    assert refused.value.flaw is flaw


@given(st.text(max_size=40))
def test_a_plate_is_normal_or_refused_whatever_was_typed(written: str) -> None:
    try:
        normal = plates.normal(written)
    except NotANumber:
        return
    assert plates.normal(normal) == normal
    for vehicle in Vehicle:
        assert plates.normal(plates.printed(normal, vehicle)) == normal


def test_what_is_not_in_normal_form_is_not_printed() -> None:
    with pytest.raises(NotANumber):
        plates.printed("51K-678.90", Vehicle.CAR)


# --- Licences ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "normal", "is_card"),
    [
        ("790 123 456 767", "790123456767", True),
        ("790123456767", "790123456767", True),
        ("k 123456", "K123456", False),
        ("AB123456", "AB123456", False),
        ("123456789", "123456789", False),
    ],
)
def test_a_licence_number(written: str, normal: str, is_card: bool) -> None:
    assert licences.number(written) == normal
    assert licences.is_card(normal) is is_card


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("", Flaw.EMPTY),
        ("79012345676", Flaw.LENGTH),
        ("7901234567678", Flaw.LENGTH),
        ("79012345676O", Flaw.SHAPE),
        ("790١23456767", Flaw.CHARACTERS),
        ("Đ123456", Flaw.CHARACTERS),
    ],
)
def test_what_is_no_licence_number_is_refused(written: str, flaw: Flaw) -> None:
    with pytest.raises(NotANumber) as refused:
        licences.number(written)

    assert refused.value.flaw is flaw


# --- Digits, certificates, chassis ------------------------------------------------------------------
def test_digits_have_one_of_some_lengths() -> None:
    assert numbers.digits("012 345 6789", 10, 12) == "0123456789"
    for written, flaw in (
        ("", Flaw.EMPTY),
        ("01234567890", Flaw.LENGTH),
        ("012345678X", Flaw.CHARACTERS),
        ("０１２３４５６７８９", Flaw.CHARACTERS),
    ):
        with pytest.raises(NotANumber) as refused:
            numbers.digits(written, 10, 12)
        assert refused.value.flaw is flaw


@pytest.mark.parametrize(
    ("written", "normal"),
    [("bv-2026/000.123", "BV2026000123"), ("12345678", "12345678"), ("MIC26 1234", "MIC261234")],
)
def test_a_certificate_number(written: str, normal: str) -> None:
    assert numbers.insurance_certificate(written) == normal


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("", Flaw.EMPTY),
        ("A1234", Flaw.LENGTH),
        ("A" * 10 + "1" * 11, Flaw.LENGTH),
        ("BAOHIEM12", Flaw.SHAPE),
        ("Đ1234567", Flaw.CHARACTERS),
    ],
)
def test_what_is_no_certificate_number_is_refused(written: str, flaw: Flaw) -> None:
    with pytest.raises(NotANumber) as refused:
        numbers.insurance_certificate(written)

    assert refused.value.flaw is flaw


def test_a_chassis_number_of_seventeen_characters_has_no_i_o_q() -> None:
    assert numbers.chassis("rlhjf5801dy123456") == "RLHJF5801DY123456"
    assert numbers.chassis("OLD-QI-12345") == "OLDQI12345"  # from before ISO 3779
    with pytest.raises(NotANumber) as refused:
        numbers.chassis("RLHJF58O1DY123456")
    assert (refused.value.flaw, refused.value.part) == (Flaw.LETTER, "O")
    for written, flaw in (
        ("", Flaw.EMPTY),
        ("1234", Flaw.LENGTH),
        ("1" * 21, Flaw.LENGTH),
        ("RLH#F5801DY123456", Flaw.CHARACTERS),
    ):
        with pytest.raises(NotANumber) as refused:
            numbers.chassis(written)
        assert refused.value.flaw is flaw


@given(st.text(alphabet=string.ascii_letters + string.digits + " -./", max_size=30))
def test_a_number_in_normal_form_stays_as_it_is(written: str) -> None:
    for normal_form in (licences.number, numbers.insurance_certificate, numbers.chassis):
        try:
            normal = normal_form(written)
        except NotANumber:
            continue
        assert normal_form(normal) == normal
