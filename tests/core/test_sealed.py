"""Personal data at rest opens in its own row and column, and nowhere else."""

from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection, transaction
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import events, states
from accounts.enums import CardState, NoticeState
from accounts.models import Citizen, IdCard, Notice, Portrait
from accounts.models.indexes import number_index
from eid_portal.core import clock, keys, sealed
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import DataKey
from eid_portal.core.sealed import DoesNotOpen, Sealed, SealedNeedsRow
from eid_portal.core.transitions import move
from tests.factories import BIRTH_DATE, NAME, PHONE, make_card, make_citizen, make_notice

SEALED_COLUMNS = ("personal_number", "full_name", "birth_date", "sex", "residence")


def raw(row: Any, column: str) -> bytes:
    """What really stands in the table."""
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM {table} WHERE {row._meta.pk.column} = %s', [row.pk])
        return bytes(cursor.fetchone()[0])


def write_raw(row: Any, column: str, value: bytes) -> None:
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {table} SET "{column}" = %s WHERE {row._meta.pk.column} = %s', [value, row.pk]
        )


# --- Round trips ----------------------------------------------------------------------------------
def test_every_kind_of_field_comes_back_as_it_was(db: None) -> None:
    citizen = make_citizen()
    Portrait.objects.create(
        citizen=citizen, image=b"\x00\xffjpeg", media_type="image/jpeg", received_at=clock.now()
    )

    again = Citizen.objects.get(pk=citizen.pk)

    assert again.full_name == NAME
    assert again.birth_date == BIRTH_DATE
    assert again.residence == {"province": "Hà Nội", "commune": "Ba Đình", "line": "99 Hoa Mẫu"}
    assert Portrait.objects.get().image == b"\x00\xffjpeg"


def test_null_and_empty_stay_what_they_are(db: None) -> None:
    citizen = make_citizen(residence=None, sex="")

    again = Citizen.objects.get(residence__isnull=True)

    assert again.pk == citizen.pk
    assert again.residence is None
    assert again.sex == ""


@settings(deadline=None, max_examples=50)
@given(plain=st.binary(max_size=300), place=st.text(max_size=40))
def test_any_bytes_come_back_and_no_changed_byte_opens(
    django_db_blocker: Any, plain: bytes, place: str
) -> None:
    with django_db_blocker.unblock():
        value = sealed.seal(plain, place)

        assert sealed.unseal(value, place) == plain
        for position in {0, len(value) // 2, len(value) - 1}:
            changed = bytearray(value)
            changed[position] ^= 1
            with pytest.raises(DoesNotOpen):
                sealed.unseal(bytes(changed), place)
        with pytest.raises(DoesNotOpen):
            sealed.unseal(value, place + "x")


@pytest.mark.parametrize("length", [0, 1, 5, 17, 32])
def test_a_truncated_value_does_not_open(db: None, length: int) -> None:
    value = sealed.seal(b"x", "place")

    with pytest.raises(DoesNotOpen):
        sealed.unseal(value[:length], "place")


def test_a_value_under_a_key_nobody_has_does_not_open(db: None) -> None:
    value = bytearray(sealed.seal(b"x", "place"))
    value[1:5] = (2**31).to_bytes(4, "big")

    with pytest.raises(DoesNotOpen):
        sealed.unseal(bytes(value), "place")


# --- Nothing in clear, nothing moved ----------------------------------------------------------------
def test_nothing_personal_stands_in_the_tables_bytes(db: None) -> None:
    citizen = make_citizen()
    make_card(citizen)
    make_notice(citizen)

    with connection.cursor() as cursor:
        for table in ("accounts_citizen", "accounts_idcard", "accounts_notice"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            text = "\n".join(row[0] for row in cursor.fetchall())
            for value in (NAME, "mẫu", citizen.personal_number, "2000-02-29", "2040-02-29", PHONE):
                assert value not in text
                assert value.encode().hex() not in text


def test_the_same_value_is_never_the_same_ciphertext(db: None) -> None:
    one, other = make_citizen(1), make_citizen(2)

    assert raw(one, "full_name") != raw(other, "full_name")
    before = raw(one, "full_name")
    one.save()
    assert raw(one, "full_name") != before


@pytest.mark.parametrize("column", SEALED_COLUMNS)
def test_ciphertext_moved_to_another_row_does_not_open(db: None, column: str) -> None:
    one, other = make_citizen(1), make_citizen(2)
    write_raw(other, column, raw(one, column))

    with pytest.raises(DoesNotOpen):
        getattr(Citizen.objects.get(pk=other.pk), column)


def test_ciphertext_moved_to_another_column_does_not_open(db: None) -> None:
    citizen = make_citizen()
    write_raw(citizen, "full_name", raw(citizen, "personal_number"))

    with pytest.raises(DoesNotOpen):
        _ = Citizen.objects.get(pk=citizen.pk).full_name


def test_ciphertext_moved_to_another_table_does_not_open(db: None) -> None:
    citizen = make_citizen()
    card = make_card(citizen, id=citizen.pk)
    write_raw(card, "number", raw(citizen, "personal_number"))

    with pytest.raises(DoesNotOpen):
        _ = IdCard.objects.get(pk=card.pk).number


def test_a_copied_row_does_not_take_ciphertext_along(db: None) -> None:
    make_citizen()
    copy = Citizen.objects.get()
    copy.pk, copy.personal_number_index = uuid4(), uuid4()
    copy._state.adding = True

    with pytest.raises(DoesNotOpen):
        copy.save()


# --- Ways in ------------------------------------------------------------------------------------
def test_bulk_create_seals_each_row(db: None) -> None:
    Citizen.objects.bulk_create(
        [
            Citizen(
                personal_number=f"00130000000{n}",
                personal_number_index=uuid4(),
                full_name=f"{NAME} {n}",
                birth_date=BIRTH_DATE,
                sex="F",
            )
            for n in range(3)
        ]
    )

    assert {citizen.full_name for citizen in Citizen.objects.all()} == {
        f"{NAME} {n}" for n in range(3)
    }


def test_save_with_update_fields_seals_only_those(db: None) -> None:
    citizen = make_citizen()
    before = raw(citizen, "sex")
    citizen.full_name = "Lê Thị Mẫu"
    citizen.save(update_fields=["full_name"])

    assert Citizen.objects.get().full_name == "Lê Thị Mẫu"
    assert raw(citizen, "sex") == before


def test_saving_an_unopened_row_keeps_its_ciphertext(db: None) -> None:
    citizen = make_citizen()
    before = raw(citizen, "full_name")

    Citizen.objects.get().save()

    assert raw(citizen, "full_name") == before


def test_json_changed_in_place_is_saved(db: None) -> None:
    make_citizen()
    citizen = Citizen.objects.get()
    citizen.residence["line"] = "1 Hoa Mới"
    citizen.save()

    assert Citizen.objects.get().residence["line"] == "1 Hoa Mới"


def test_update_refuses(db: None) -> None:
    make_citizen()

    for value in ("Lê Thị Mẫu", b"bytes"):
        with pytest.raises(SealedNeedsRow), transaction.atomic():
            Citizen.objects.update(full_name=value)
    assert Citizen.objects.get().full_name == NAME


def test_update_from_another_column_gives_nothing_that_opens(db: None) -> None:
    make_citizen()
    Citizen.objects.update(full_name=F("personal_number"))

    with pytest.raises(DoesNotOpen):
        _ = Citizen.objects.get().full_name


def test_bulk_update_refuses(db: None) -> None:
    citizen = make_citizen()
    citizen.full_name = "Lê Thị Mẫu"

    with pytest.raises(SealedNeedsRow), transaction.atomic():
        Citizen.objects.bulk_update([citizen], ["full_name"])
    assert Citizen.objects.get().full_name == NAME


def test_update_or_create_seals(db: None) -> None:
    citizen = make_citizen()
    Citizen.objects.update_or_create(pk=citizen.pk, defaults={"full_name": "Lê Thị Mẫu"})

    assert Citizen.objects.get().full_name == "Lê Thị Mẫu"


@pytest.mark.parametrize("lookup", ["", "__exact", "__iexact", "__in", "__contains", "__gt"])
def test_filtering_refuses(db: None, lookup: str) -> None:
    value: Any = [NAME] if lookup == "__in" else NAME
    for method in (Citizen.objects.filter, Citizen.objects.exclude):
        with pytest.raises(SealedNeedsRow):
            list(method(**{f"full_name{lookup}": value}))


def test_a_row_without_a_key_is_not_sealed(db: None) -> None:
    citizen = Citizen(full_name=NAME)
    citizen.pk = None

    with pytest.raises(SealedNeedsRow):
        sealed.seal_values(citizen, {"full_name": NAME})


def test_sealed_values_are_not_serialised(db: None) -> None:
    make_citizen()

    with pytest.raises(SealedNeedsRow):
        serializers.serialize("json", Citizen.objects.all())


# --- Ways out -----------------------------------------------------------------------------------
def test_values_are_not_opened(db: None) -> None:
    citizen = make_citizen()

    name = Citizen.objects.values_list("full_name", flat=True).get()

    assert isinstance(name, Sealed)
    assert name.find(NAME.encode()) < 0
    assert sealed.unseal(name, f"accounts.citizen.full_name:{citizen.pk}").decode() == NAME


def test_deferred_columns_open_when_they_are_asked_for(
    db: None, django_assert_num_queries: Any
) -> None:
    make_citizen()
    for citizen in (Citizen.objects.only("id").get(), Citizen.objects.defer("full_name").get()):
        with django_assert_num_queries(1):
            assert citizen.full_name == NAME
            assert citizen.full_name == NAME


def test_a_joined_row_opens(db: None) -> None:
    make_card(make_citizen())

    assert IdCard.objects.select_related("citizen").get().citizen.full_name == NAME


def test_refreshing_reads_again(db: None) -> None:
    citizen = make_citizen()
    other = Citizen.objects.get()
    other.full_name = "Lê Thị Mẫu"
    other.save()

    citizen.refresh_from_db()

    assert citizen.full_name == "Lê Thị Mẫu"


def test_move_seals_its_values(db: None) -> None:
    notice = make_notice()

    move(
        notice,
        states.NOTICE,
        to=NoticeState.SENT,
        event=events.NoticeSent(kind="CODE", channel="SMS"),
        actor=SYSTEM,
        text="sent away",
        sent_at=clock.now(),
    )

    assert notice.text == "sent away"
    again = Notice.objects.get()
    assert again.text == "sent away"
    assert b"sent" not in raw(again, "text")


def test_a_sealed_day_may_be_moved_to_null(db: None) -> None:
    card = make_card(make_citizen())

    move(
        card,
        states.CARD,
        to=CardState.REVOKED,
        event=events.CardRevoked(),
        actor=SYSTEM,
        expires_on=None,
    )

    assert IdCard.objects.get().expires_on is None


# --- Blind indexes and hashes -----------------------------------------------------------------------
def test_a_citizen_is_found_by_blind_index(db: None) -> None:
    citizen = make_citizen(7)
    make_citizen(8)

    found = Citizen.objects.get(personal_number_index=number_index("001300000007"))

    assert found.pk == citizen.pk


def test_blind_indexes_differ_by_purpose_and_hide_the_value() -> None:
    one = sealed.blind_index("phone", "001300000007")

    assert one == sealed.blind_index("phone", "001300000007")
    assert one != sealed.blind_index("number", "001300000007")
    assert one != sealed.blind_index("phone", "001300000008")


def test_blind_indexes_of_every_key_are_asked_while_keys_rotate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = sealed.blind_index("phone", PHONE)
    name, key = keys.current("index")
    monkeypatch.setattr(keys, "every", lambda _purpose: {"index-9": b"n" * 32, name: key})

    assert sealed.blind_indexes("phone", PHONE)[1] == old
    assert len(sealed.blind_indexes("phone", PHONE)) == 2


def test_keyed_hashes_match_only_their_purpose_and_value() -> None:
    stored = sealed.keyed_hash("code", "482913")

    assert sealed.keyed_hash_matches("code", "482913", stored)
    assert not sealed.keyed_hash_matches("code", "482914", stored)
    assert not sealed.keyed_hash_matches("slip", "482913", stored)
    assert not sealed.keyed_hash_matches("code", "482913", b"")


# --- Data keys ----------------------------------------------------------------------------------
def test_a_new_data_key_seals_from_now_on_and_old_values_still_open(db: None) -> None:
    citizen = make_citizen(1)
    first = sealed.key_of(raw(citizen, "full_name"))

    second = sealed.new_data_key()

    assert sealed.key_of(raw(make_citizen(2), "full_name")) == second != first
    assert Citizen.objects.get(pk=citizen.pk).full_name == NAME
    sealed.forget_keys()


def test_another_process_notices_a_new_data_key(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    old = sealed.current_data_key()
    ready = sealed.wrap(b"k" * 32, "data-key:77777")
    DataKey.objects.create(pk=77777, kek_id=ready[0], wrapped=ready[1])

    assert sealed.current_data_key() == old
    monkeypatch.setattr(sealed, "_LOOK_AGAIN", -1.0)
    assert sealed.current_data_key() == 77777
    sealed.forget_keys()


def test_a_data_key_is_worth_nothing_without_the_key_file(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = DataKey.objects.get(pk=sealed.current_data_key())
    with pytest.raises(DoesNotOpen):
        sealed.unwrap(row.kek_id, bytes(row.wrapped), "data-key:0")

    monkeypatch.setattr(keys, "get", lambda _purpose, _id: b"x" * 32)
    with pytest.raises(DoesNotOpen):
        sealed.unwrap(row.kek_id, bytes(row.wrapped), f"data-key:{row.pk}")


def test_no_text_of_a_row_tells_of_the_person(db: None) -> None:
    citizen = make_citizen()
    for row in (citizen, make_card(citizen), make_notice(citizen)):
        for value in (NAME, citizen.personal_number, PHONE):
            assert value not in f"{row} {row!r}"


def test_every_column_with_a_personal_name_is_sealed() -> None:
    named = {"full_name", "birth_date", "personal_number", "phone", "residence", "secret", "to"}
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    for field in fields:
        if field.name in named:
            assert isinstance(field, sealed.SealedField), field
