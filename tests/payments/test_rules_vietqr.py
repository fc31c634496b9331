"""VietQR: what can be paid is read, everything else is refused with its reason."""

import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import texts
from payments.rules import banks, vietqr
from payments.rules.vietqr import Code, Flaw, NotPayable

SAMPLE = (
    "00020101021238540010A00000072701240006970436011000000000000208QRIBFTTA530370454063423605802VN"
    "62190815EID BILL 7QK2M46304F894"
)
CODE = Code(
    bank="970436", account="0000000000", amount=342_360, is_dynamic=True, purpose="EID BILL 7QK2M4"
)


def closed(body: str) -> str:
    """A code of these objects with a right check sum."""
    return f"{body}6304{vietqr.checksum(body + '6304')}"


def changed(old: str, new: str) -> str:
    """The sample with something else in it and a right check sum."""
    body = SAMPLE[:-8]
    assert body.count(old) == 1, old
    return closed(body.replace(old, new))


def flaw(text: str) -> Flaw:
    with pytest.raises(NotPayable) as refused:
        vietqr.read(text)
    return refused.value.flaw


def test_the_check_sum_is_crc_16_ccitt_false() -> None:
    assert vietqr.checksum("123456789") == "29B1"


def test_a_sample_is_read_and_made() -> None:
    assert vietqr.read(SAMPLE) == CODE
    assert vietqr.make(CODE) == SAMPLE


def test_a_static_code_leaves_the_amount_to_the_payer() -> None:
    code = Code(bank="970418", account="0011002233")
    text = vietqr.make(code)
    assert text.startswith("000201010211")
    assert vietqr.read(text) == code
    assert vietqr.read(changed("010212", "010211")).is_dynamic is False
    assert vietqr.read(changed("010212", "")).is_dynamic is False, "EMVCo lets it be absent"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Flaw.STRUCTURE),
        ("xin chào", Flaw.STRUCTURE),
        (SAMPLE.replace("7QK2M4", "7QK2M\ud800"), Flaw.CHECKSUM),
        ("https://example.vn/pay?to=1", Flaw.STRUCTURE),
        (SAMPLE[:-1], Flaw.STRUCTURE),
        (SAMPLE[:-8], Flaw.STRUCTURE),
        (SAMPLE[:-4] + "F895", Flaw.CHECKSUM),
        (SAMPLE[:-4] + "f894", Flaw.CHECKSUM),
        (SAMPLE.replace("342360", "342370"), Flaw.CHECKSUM),
        (SAMPLE + "5802VN", Flaw.TRAILING),
        (SAMPLE + "0", Flaw.TRAILING),
        (SAMPLE + "\n", Flaw.TRAILING),
        (changed("5802VN", "5802VN5802VN"), Flaw.DUPLICATE),
        (changed("0208QRIBFTTA", "0208QRIBFTTA0204QRIX").replace("3854", "3862"), Flaw.CHECKSUM),
        (changed("000201", "000202"), Flaw.FORMAT),
        (changed("5802VN", "5802TH"), Flaw.FORMAT),
        (changed("5802VN", ""), Flaw.FORMAT),
        (changed("010212", "010213"), Flaw.FORMAT),
        (closed(SAMPLE[6:-8] + "000201"), Flaw.FORMAT),
        (changed("5303704", "5303840"), Flaw.CURRENCY),
        (changed("5303704", "5303VND"), Flaw.CURRENCY),
        (changed("5303704", ""), Flaw.CURRENCY),
        (changed("5406342360", "54010"), Flaw.AMOUNT),
        (changed("5406342360", "5406042360"), Flaw.AMOUNT),
        (changed("5406342360", "5409342360.00"), Flaw.AMOUNT),
        (changed("5406342360", "5406-42360"), Flaw.AMOUNT),
        (changed("5406342360", "5406３４２３６０"), Flaw.AMOUNT),
        (changed("5406342360", "541412345678901234"), Flaw.AMOUNT),
        (changed("5802VN", "5802VN550201"), Flaw.FEE),
        (changed("A000000727", "A000000615"), Flaw.PAYEE),
        (changed("QRIBFTTA", "QRIBFTTC"), Flaw.PAYEE),
        (changed("0208QRIBFTTA", "0206QRPUSH"), Flaw.STRUCTURE),
        (changed("970436", "970499"), Flaw.BANK),
        (changed("970436", "97043X"), Flaw.BANK),
        (changed("01100000000000", "0110000000000-"), Flaw.ACCOUNT),
        (closed("000201" + "".join(f"{tag}99{'x' * 99}" for tag in range(95, 100))), Flaw.STRUCTURE),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_says_why(text: str, why: Flaw) -> None:
    assert flaw(text) is why


def test_the_code_of_a_shop_in_another_network_is_no_account() -> None:
    napas = SAMPLE[12:70]
    assert napas.startswith("3854")
    assert flaw(changed(napas, "26260010A000000775010812345678")) is Flaw.PAYEE
    push = "38520010A00000072701240006970436011000000000000206QRPUSH"
    assert flaw(changed(napas, push)) is Flaw.PAYEE
    assert flaw(changed(napas, "")) is Flaw.STRUCTURE


def test_another_network_beside_the_account_does_no_harm() -> None:
    assert vietqr.read(changed("5303704", "26260010A0000007750108123456785303704")) == CODE


def test_a_template_that_says_something_twice_is_refused() -> None:
    twice = "38660010A00000072701240006970436011000000000000208QRIBFTTA0208QRIBFTTC"
    assert flaw(changed(SAMPLE[12:70], twice)) is Flaw.DUPLICATE


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "x" * 26},
        {"purpose": "Tiền điện"},
        {"bank": "970499"},
        {"account": ""},
        {"account": "0" * 20},
        {"amount": 0},
        {"amount": -5},
        {"amount": 10**13},
        {"name": "Ố"},
    ],
)
def test_nothing_is_made_that_could_not_be_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotPayable):
        vietqr.make(replace(CODE, **wrong))


plain = st.text(string.ascii_letters + string.digits + " .-", max_size=20)
codes = st.builds(
    Code,
    bank=st.sampled_from(sorted(banks.NAMES)),
    account=st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=19),
    amount=st.none() | st.integers(1, 10**13 - 1),
    is_dynamic=st.booleans(),
    purpose=plain,
    bill=plain,
    reference=plain,
    name=plain,
    city=plain,
)


@given(codes)
def test_what_is_made_is_read(code: Code) -> None:
    assert vietqr.read(vietqr.make(code)) == code


@given(codes, st.data())
def test_one_wrong_character_is_always_seen(code: Code, data: st.DataObject) -> None:
    text = vietqr.make(code)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(text[place].__ne__))

    with pytest.raises(NotPayable):
        vietqr.read(text[:place] + other + text[place + 1 :])


@given(st.text(max_size=600))
def test_whatever_is_scanned_is_read_or_refused(text: str) -> None:
    with pytest.raises(NotPayable):
        vietqr.read(text)


def test_every_reason_has_its_words() -> None:
    assert texts.QR_CODES.keys() == set(Flaw)
