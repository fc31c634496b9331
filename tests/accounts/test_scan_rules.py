"""The counter's box: QR payload, MRZ and typed numbers, with everything that can be wrong about them."""

from datetime import date

import pytest

from accounts.enums import Sex
from accounts.rules.scan import MrzReading, QrReading, ScanError, TypedNumber, check_digit, read
from eid_portal.core.spelling import Sameness, compare_names

QR = (
    "001200000015|012345678|Nguyễn Văn Thử|01012000|Nam|12 Phố Thử, Phường Ba Đình, Hà Nội|01062023"
)
MRZ = """IDVNM2000000152001200000015<<3
0001018M4001016VNM<<<<<<<<<<<4
NGUYEN<<VAN<THU<<<<<<<<<<<<<<<"""
MRZ_FEMALE = """IDVNM1990000232079199000023<<2
9912315F3912313VNM<<<<<<<<<<<0
TRAN<<THI<MAU<<<<<<<<<<<<<<<<<"""


def mrz(one: str = "", two: str = "", three: str = "") -> str:
    lines = MRZ.split("\n")
    return "\n".join(new or old for new, old in zip((one, two, three), lines, strict=True))


def test_a_qr_payload_is_read() -> None:
    assert read(QR) == QrReading(
        number="001200000015",
        old_number="012345678",
        name="Nguyễn Văn Thử",
        birth_date=date(2000, 1, 1),
        sex=Sex.MALE,
        residence="12 Phố Thử, Phường Ba Đình, Hà Nội",
        issued_on=date(2023, 6, 1),
    )


@pytest.mark.parametrize(
    "payload",
    [
        f"\ufeff{QR}\r\n",
        f"{QR}\r",
        f"  {QR}  ",
        f"{QR}|Nguyễn Văn Cha|Trần Thị Mẹ||",
        QR.replace("001200000015", "\uff10\uff10\uff11\uff12\uff10\uff10\uff10\uff10\uff10\uff10\uff11\uff15"),
        QR.replace("|", "\uff5c"),
        QR.replace("ễ", "e\u0302\u0303"),
    ],
    ids=["bom", "cr", "blanks", "more_fields", "full_width", "full_width_bars", "decomposed"],
)  # fmt: skip
def test_what_scanners_add_changes_nothing(payload: str) -> None:
    assert read(payload) == read(QR)


@pytest.mark.parametrize("old", ["", "012345678"])
def test_the_old_number_may_be_missing(old: str) -> None:
    reading = read(QR.replace("012345678", old))
    assert isinstance(reading, QrReading)
    assert reading.old_number == old


@pytest.mark.parametrize("sex", ["Nữ", "NỮ", "Nuwx", "nu", "Nu74"])
def test_sex_is_read_whatever_the_keyboard_did(sex: str) -> None:
    reading = read(QR.replace("|Nam|", f"|{sex}|"))
    assert isinstance(reading, QrReading)
    assert reading.sex == Sex.FEMALE


def test_an_mrz_is_read() -> None:
    assert read(MRZ) == MrzReading(
        number="001200000015",
        name="NGUYEN VAN THU",
        birth_date=date(2000, 1, 1),
        sex=Sex.MALE,
        expires_on=date(2040, 1, 1),
    )
    female = read(MRZ_FEMALE)
    assert isinstance(female, MrzReading)
    assert (female.birth_date, female.sex) == (date(1999, 12, 31), Sex.FEMALE)


@pytest.mark.parametrize(
    "text", [MRZ.replace("\n", "\r\n"), MRZ.replace("\n", ""), MRZ.lower(), f"\n{MRZ}\n\n", MRZ.replace("\n", "\t\n")]
)  # fmt: skip
def test_an_mrz_may_come_in_other_clothes(text: str) -> None:
    assert read(text) == read(MRZ)


def test_no_expiry_is_none() -> None:
    two = "0001018M991231" + check_digit("991231") + "VNM<<<<<<<<<<<"
    one = MRZ.split("\n", maxsplit=1)[0]
    two += check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29])
    reading = read(mrz(two=two))
    assert isinstance(reading, MrzReading)
    assert reading.expires_on is None


@pytest.mark.parametrize(
    "text", ["001200000015", " 001 200 000 015\n", "001.200.000.015", "００１２００００００１５"]
)
def test_a_typed_number_is_read(text: str) -> None:
    assert read(text) == TypedNumber(number="001200000015")


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("", "empty", ""),
        ("\ufeff \r\n", "empty", ""),
        ("0" * 2001, "too_long", ""),
        ("0012000\x0000015", "unreadable", ""),
        ("0012\u202e00000015", "unreadable", ""),
        (QR.replace("Thử", "Th\x07ử"), "unreadable", ""),
        (QR.replace("Thử", "Th\u200bử"), "unreadable", ""),
        ("Nguyễn Văn Thử", "unknown", ""),
        ("012345678", "old_number", ""),
        ("0012000000151", "thirteen_digits", ""),
        ("00120000001", "number_length", "11"),
        ("001200000015|012345678|Nguyễn Văn", "qr_truncated", "birth_date"),
        (QR.rsplit("|", 1)[0], "qr_truncated", "issued_on"),
        (QR[:-3], "qr_truncated", "issued_on"),
        (QR.replace("001200000015", "00120000001x"), "qr_number", ""),
        (QR.replace("001200000015", "0012000000151"), "thirteen_digits", ""),
        (QR.replace("012345678", "01234"), "qr_old_number", "old_number"),
        (QR.replace("Nguyễn Văn Thử", " "), "qr_name", "name"),
        (QR.replace("|01012000|", "|31022000|"), "qr_date", "birth_date"),
        (QR.replace("|01012000|", "|2000-1-1|"), "qr_date", "birth_date"),
        (QR.replace("01062023", "01132023"), "qr_date", "issued_on"),
        (QR.replace("|Nam|", "|Khác|"), "qr_sex", "sex"),
        (MRZ.rsplit("\n", 1)[0], "mrz_lines", "2"),
        (mrz(two="0001018M4001016VNM<<<<<<<<<<4"), "mrz_length", "2"),
        (mrz(three="NGUYỄN<<VAN<THU<<<<<<<<<<<<<<<"), "mrz_characters", "3"),
        (mrz(one="IDVNM2000000153001200000015<<3"), "mrz_check_digit", "document_number"),
        (mrz(one="IDVNM2000000152001200000015<<4"), "mrz_check_digit", "number"),
        (mrz(two="0001017M4001016VNM<<<<<<<<<<<4"), "mrz_check_digit", "birth_date"),
        (mrz(two="0001018M4001015VNM<<<<<<<<<<<4"), "mrz_check_digit", "expires_on"),
        (mrz(two="0001018M4001016VNM<<<<<<<<<<<5"), "mrz_check_digit", "composite"),
        (mrz(one="IDLAO2000000152001200000015<<3"), "mrz_country", "LAO"),
        (mrz(one="IDD<<2000000152001200000015<<3"), "mrz_country", "D"),
        (mrz(one="ACVNM2000000152001200000015<<3"), "mrz_document", "1"),
        (mrz(two="0001018<4001016VNM<<<<<<<<<<<4"), "mrz_sex", "2"),
        (mrz(three="<" * 30), "mrz_name", "3"),
        ("P<VNMNGUYEN<<VAN<THU<<<<<<<<<<<<<<<<<<<<<<<<<\nC000000009VNM0001018M4001016<<<<<<<<<<<<<<02",
         "mrz_document", "1"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_own_code(text: str, code: str, field: str) -> None:
    with pytest.raises(ScanError) as caught:
        read(text)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_an_impossible_date_behind_right_check_digits() -> None:
    one = MRZ.split("\n", maxsplit=1)[0]
    two = "001301" + check_digit("001301") + "M4001016VNM<<<<<<<<<<<"
    two += check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29])
    with pytest.raises(ScanError) as caught:
        read(mrz(two=two))
    assert (caught.value.code, caught.value.field) == ("mrz_date", "birth_date")


def test_check_digits_reproduce_the_specimen_of_icao_9303() -> None:
    assert check_digit("D23145890") == "7"
    assert check_digit("740812") == "2"
    assert check_digit("120415") == "9"


@pytest.mark.parametrize(
    ("card", "register", "expected"),
    [
        ("Nguyễn Thị Mẫu", "NGUYỄN THỊ MẪU", Sameness.SAME),
        ("Nguyễn  Thị Mẫu", "Nguye\u0302\u0303n Thị Mẫu", Sameness.SAME),
        ("NGUYEN THI MAU", "Nguyễn Thị Mẫu", Sameness.MARKS),
        ("Nguyễn Thi Mẫu", "Nguyễn Thị Mẫu", Sameness.MARKS),
        ("Nguyeenx Thij Maaux", "Nguyễn Thị Mẫu", Sameness.KEYBOARD),
        ("NGUYEENX THIJ MAAUX", "Nguyễn Thị Mẫu", Sameness.KEYBOARD),
        ("Ddawngj Vawn Huwowng", "Đặng Văn Hương", Sameness.KEYBOARD),
        ("Nguye64n Thi5 Ma64u", "Nguyễn Thị Mẫu", Sameness.KEYBOARD),
        ("Nguyễn Thị Hoa", "Nguyễn Thị Hòa", Sameness.MARKS),
        ("Lê Thị Thuý Hằng", "Lê Thị Thúy Hằng", Sameness.MARKS),
        ("Trần Văn Hùng", "Trần Văn Hưng", Sameness.OTHER),
        ("Trần Văn Hùng", "Trần Văn Hung", Sameness.MARKS),
        ("Nguyễn Thị Hoa", "Nguyễn Thị Mẫu", Sameness.OTHER),
        ("Nguyễn Mẫu", "Nguyễn Thị Mẫu", Sameness.OTHER),
    ],
)
def test_names_are_compared_as_people_mean_them(
    card: str, register: str, expected: Sameness
) -> None:
    assert compare_names(card, register) == expected
