"""Passive authentication: a genuine chip, and each way of being false."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.enums import ChipVerdict, Sex
from accounts.rules import chip
from eid_portal.core import clock
from eid_portal.sandbox import cards, chips
from tests import factories

NUMBER = factories.personal_number(15)


def zone(name: str = factories.NAME) -> str:
    return "".join(cards.mrz(NUMBER, name, factories.BIRTH_DATE, "F", date(2040, 2, 29)))


def new_state(*names: str, **how: Any) -> chips.State:
    return chips.new_state(*names, now=clock.now(), **how)


def files(state: chips.State, text: str = "", face: bytes | None = None, **how: Any) -> chip.Files:
    made = state.files(text or zone(), face, **how)
    return chip.Files(dg1=made.dg1, dg2=made.dg2, sod=made.sod)


def trusted(state: chips.State) -> chip.Trusted:
    return chip.Trusted(certificate=state.certificate)


STATE = new_state()
GENUINE = files(STATE)


def verdict(read: chip.Files, *store: chip.Trusted) -> ChipVerdict:
    return chip.authenticate(read, store or [trusted(STATE)], now=clock.now()).verdict


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("ec", {}),
        ("ec", {"digest": "sha512"}),
        ("rsa", {}),
        ("rsa", {"pss": True}),
    ],
)
def test_a_genuine_chip_gives_its_zone_and_face(kind: str, how: dict[str, Any]) -> None:
    state = new_state(kind=kind)
    face = chips.picture(NUMBER, "JPEG2000")

    made = files(state, face=face, **how)
    read = chip.authenticate(made, [trusted(state)], now=clock.now())

    assert read.verdict == ChipVerdict.GENUINE
    assert read.reading is not None
    assert (read.reading.number, read.reading.name) == (NUMBER, "DANG THI MAU")
    assert (read.reading.birth_date, read.reading.sex) == (date(2000, 2, 29), Sex.FEMALE)
    assert read.face == face


def test_another_zone_or_face_is_altered() -> None:
    other_zone = chips.dg1(zone("Đặng Thị Khác"))
    assert verdict(replace(GENUINE, dg1=other_zone)) == ChipVerdict.ALTERED
    other = chips.dg2(chips.picture(NUMBER, "JPEG2000"))
    assert verdict(replace(GENUINE, dg2=other)) == ChipVerdict.ALTERED


def test_a_signature_by_another_key_is_forged() -> None:
    forged = STATE.sod(GENUINE.dg1, GENUINE.dg2, key=chips.new_key())
    assert verdict(replace(GENUINE, sod=forged)) == ChipVerdict.FORGED


def test_a_signer_that_only_bears_a_trusted_name_is_forged() -> None:
    impostor = new_state()  # the same name, other keys
    assert verdict(files(impostor)) == ChipVerdict.FORGED


def test_a_country_signer_that_is_not_trusted_is_named_so() -> None:
    stranger = new_state("CSCA of nowhere")
    assert verdict(files(stranger)) == ChipVerdict.UNKNOWN_COUNTRY_SIGNER
    assert (
        chip.authenticate(GENUINE, [], now=clock.now()).verdict
        == ChipVerdict.UNKNOWN_COUNTRY_SIGNER
    )


def test_a_signer_whose_time_is_over_or_has_not_come() -> None:
    now = clock.now()
    over = new_state(signer_since=now - 30 * chips.DAY, signer_until=now - chips.DAY)
    early = new_state(signer_since=now + chips.DAY)
    for state in (over, early):
        assert verdict(files(state), trusted(state)) == ChipVerdict.SIGNER_EXPIRED


def test_a_revoked_signer() -> None:
    revoked = STATE.revocation_list(now=clock.now())
    assert (
        verdict(GENUINE, replace(trusted(STATE), revocation_list=revoked))
        == ChipVerdict.SIGNER_REVOKED
    )


def test_a_list_of_revocations_that_is_out_of_date_proves_nothing() -> None:
    """Who is on it stays revoked; of anybody else it cannot say."""
    another, old = new_state(), clock.now() - 60 * chips.DAY
    theirs = replace(STATE, signer=another.signer).revocation_list(now=old)
    fresh = replace(STATE, signer=another.signer).revocation_list(now=clock.now())
    store = trusted(STATE)
    assert verdict(GENUINE, replace(store, revocation_list=fresh)) == ChipVerdict.GENUINE
    assert verdict(GENUINE, replace(store, revocation_list=theirs)) == ChipVerdict.SIGNER_EXPIRED
    own = replace(store, revocation_list=STATE.revocation_list(now=old))
    assert verdict(GENUINE, own) == ChipVerdict.SIGNER_REVOKED


def test_a_list_of_revocations_signed_by_somebody_else_is_not_believed() -> None:
    theirs = new_state().revocation_list(now=clock.now())
    assert verdict(GENUINE, replace(trusted(STATE), revocation_list=theirs)) != ChipVerdict.GENUINE


def test_sha_1_proves_nothing() -> None:
    rsa_state = new_state(kind="rsa")
    weak = files(rsa_state, digest="sha1")
    assert verdict(weak, trusted(rsa_state)) == ChipVerdict.FORGED


def test_a_genuine_signature_over_a_zone_that_is_none() -> None:
    broken = zone()[:-1] + "1"  # a digit in the name
    assert verdict(files(STATE, broken)) == ChipVerdict.UNREADABLE


@pytest.mark.parametrize("name", ["dg1", "dg2", "sod"])
@pytest.mark.parametrize("content", [b"", b"\x00", b"\x77\x84\xff\xff\xff\xff", b"x" * 300_000])
def test_files_that_are_none(name: str, content: bytes) -> None:
    assert verdict(replace(GENUINE, **{name: content})) != ChipVerdict.GENUINE


@settings(max_examples=300)
@given(st.sampled_from(["dg1", "dg2", "sod"]), st.data())
def test_no_changed_byte_goes_through(name: str, data: st.DataObject) -> None:
    content = bytearray(getattr(GENUINE, name))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))

    broken = replace(GENUINE, **{name: bytes(content)})
    changed = chip.authenticate(broken, [trusted(STATE)], now=clock.now())

    # What may change unnoticed is padding outside of what is signed; it says the same.
    if changed.verdict == ChipVerdict.GENUINE:
        assert name == "sod"
        assert changed.face == chips.picture(NUMBER)
        assert changed.reading is not None
        assert changed.reading.number == NUMBER


@given(st.binary(max_size=400))
def test_rubbish_is_unreadable(content: bytes) -> None:
    assert verdict(chip.Files(dg1=content, dg2=content, sod=content)) == ChipVerdict.UNREADABLE
