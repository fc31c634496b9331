"""A kind of paper that an administrator defines: what is wrong with it is said, what is right is kept and recorded."""

from dataclasses import replace
from typing import Any

import pytest

from documents import kinds
from documents.gateways import definitions
from documents.gateways.definitions import DefinedField
from documents.models import DefinedKind
from documents.services import defining
from documents.services.defining import DefinitionRefused
from eid_portal.core.models import AuditEvent
from tests.documents.defined import FIELDS, PRACTICE, define

pytestmark = pytest.mark.django_db
FIELD = DefinedField(code="grade", label="Hạng", label_en="Grade", sort="text", level="BASIC")


def test_a_kind_is_defined_once_and_can_be_linked_by_its_number() -> None:
    row = define()

    event = AuditEvent.objects.get(name="documents.kind_defined")
    assert (event.data, event.shown) == ({"code": PRACTICE}, False)
    assert row.in_use
    assert kinds.find(PRACTICE).clean_number("cc 0108500001") == "CC0108500001"
    assert kinds.find(PRACTICE).party == "certificates"


def test_a_kind_may_be_defined_for_a_registry_that_takes_them() -> None:
    assert list(defining.registries()) == ["certificates"]


def test_a_change_is_kept_and_seen_by_this_process_when_it_is_committed(
    django_capture_on_commit_callbacks: Any,
) -> None:
    define()
    assert str(kinds.find(PRACTICE).title) == "Chứng chỉ hành nghề xây dựng"

    with django_capture_on_commit_callbacks(execute=True):
        define(name="Chứng chỉ mới", fields=FIELDS[:2])

    assert str(kinds.find(PRACTICE).title) == "Chứng chỉ mới"
    assert DefinedKind.objects.count() == 1
    assert AuditEvent.objects.filter(name="documents.kind_defined").count() == 2


def test_another_process_sees_a_change_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    define()
    moment = 100.0
    monkeypatch.setattr("documents.gateways.definitions.time.monotonic", lambda: moment)
    definitions.forget()
    assert PRACTICE in kinds.every()

    DefinedKind.objects.update(in_use=False)  # by another process
    assert PRACTICE in kinds.every()
    moment += definitions.FRESH_FOR + 0.1

    assert PRACTICE not in kinds.every()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "practice"),
        ("code", "A"),
        ("code", "A" * 41),
        ("code", "HỌC_BẠ"),
        ("code", "DRIVER_LICENCE"),
        ("code", "ID_CARD"),
        ("name", " "),
        ("name_en", ""),
        ("issuer", "x" * 121),
        ("number_hint_en", ""),
        ("registry", "traffic-police"),
        ("registry", "population"),
        ("registry", "http://127.0.0.1:9/"),
        ("wire_type", ""),
        ("wire_type", "../lookup"),
        ("wire_type", "x" * 41),
        ("number_pattern", ""),
        ("number_pattern", r"(\d+)+$"),
        ("number_pattern", r"\d{1,2}" * 3),
        ("number_pattern", "A{01}" * 30),
        ("fields", (FIELD, FIELD)),
        ("fields", tuple(replace(FIELD, code=f"f{place}") for place in range(21))),
        ("fields", (replace(FIELD, code="Grade"),)),
        ("fields", (replace(FIELD, label=" "),)),
        ("fields", (replace(FIELD, label_en="x" * 61),)),
        ("fields", (replace(FIELD, sort="photo"),)),
        ("fields", (replace(FIELD, level="SOME"),)),
        ("compared", ()),
        ("compared", ("name",)),
        ("compared", ("birth_date",)),
        ("compared", ("personal_number", "sex")),
        ("compared", ("personal_number", "personal_number")),
    ],
)
def test_what_is_wrong_is_said_where_it_stands_and_nothing_is_kept(field: str, value: Any) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        define(**{field: value})

    assert refused.value.field == field
    assert str(refused.value.message)
    assert not DefinedKind.objects.exists()
    assert not AuditEvent.objects.filter(name="documents.kind_defined").exists()


@pytest.mark.parametrize("compared", [("personal_number",), ("name", "birth_date")])
def test_what_identifies_a_person_is_enough(compared: tuple[str, ...]) -> None:
    assert define(compared=compared).compared == list(compared)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wire_type", "other-certificate"),
        ("fields", (replace(FIELDS[1], sort="number"),)),
    ],
)
def test_what_papers_in_wallets_stand_on_does_not_change(field: str, value: Any) -> None:
    define()

    with pytest.raises(DefinitionRefused) as refused:
        define(**{field: value})

    assert refused.value.field == field
    assert DefinedKind.objects.get().wire_type == "practice-certificate"


def test_a_registrys_word_names_one_kind() -> None:
    define()

    with pytest.raises(DefinitionRefused) as refused:
        define(code="ANOTHER")

    assert refused.value.field == "wire_type"
    assert DefinedKind.objects.count() == 1
