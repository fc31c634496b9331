"""What the gateways make of the answers of the population register and the SMS gateway."""

import base64
import copy
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.enums import Sex
from accounts.gateways import population, sms
from accounts.gateways.population import Found, NotFound
from eid_portal.core import outside
from eid_portal.core.outside import Accepted, Refused, Unavailable, Unknown
from eid_portal.sandbox import data
from eid_portal.sandbox.population import describe

pytestmark = pytest.mark.django_db
AN = "001085000001"


def found(number: str) -> population.RegisteredPerson:
    answer = population.look_up(number)
    assert isinstance(answer, Found)
    return answer.person


def test_a_person_is_found_with_family_and_card(sandbox):
    person = found(AN)

    assert person.personal_number == AN
    assert person.full_name == "Nguyễn Văn An"
    assert person.birth_date == date(1985, 3, 12)
    assert person.sex is Sex.MALE
    assert (person.nationality, person.birth_province, person.alive) == ("VNM", "001", True)
    assert person.residence == population.Residence(
        "Hà Nội", "Phường Hoàn Kiếm", "Số 12 Phố Thử Nghiệm"
    )
    assert person.photo is not None
    assert person.photo.startswith(b"\x89PNG")
    assert person.photo_type == "image/png"
    assert [relative.relation for relative in person.household] == [
        "head", "spouse", "child", "child", "parent",
    ]  # fmt: skip
    assert [ward.personal_number for ward in person.wards] == ["001312000003", "001216000004"]
    assert person.guardians == ()
    assert person.card == population.RegisteredCard(
        "085000001", date(2024, 8, 15), date(2045, 3, 12), "valid"
    )


def test_a_child_has_guardians_and_an_old_person_a_card_without_end(sandbox):
    child, grandmother = found("001216000004"), found("001153000005")

    assert [guardian.basis for guardian in child.guardians] == ["parent", "parent"]
    assert grandmother.card is not None
    assert grandmother.card.expires_on is None


def test_a_dead_person_and_a_lost_or_revoked_card_are_told(sandbox):
    lost, revoked = found("072086000099").card, found("082188000098").card

    assert not found("026050000090").alive
    assert lost is not None
    assert revoked is not None
    assert (lost.state, revoked.state) == ("lost", "revoked")


def test_nobody_is_not_found(sandbox):
    assert population.look_up("096091000097") == NotFound()
    assert population.look_up("001085123456") == NotFound()


def test_a_register_that_is_away_is_unavailable_or_unknown(sandbox):
    assert population.look_up("066185000096") == Unavailable("status_503", timedelta(seconds=1))
    assert population.look_up("022194000094") == Unknown("status_500")
    assert population.look_up("020087000095") == Unknown("read_timeout")
    assert population.look_up("not a number") == Unknown("refused_malformed_number")


def test_an_answer_about_somebody_else_proves_nothing(monkeypatch):
    answer(monkeypatch, {"person": describe(data.PEOPLE[AN])})

    assert population.look_up("001187000002") == Unknown("other_person")


def answer(monkeypatch: pytest.MonkeyPatch, wire: dict[str, Any]) -> None:
    monkeypatch.setattr(outside, "call", lambda *_given, **_named: Accepted(wire))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("personal_number",), "1"),
        (("personal_number",), "０" * 12),
        (("personal_number",), 5),
        (("full_name",), ""),
        (("full_name",), "x" * 201),
        (("full_name",), "Nguyễn\u202eAn"),
        (("full_name",), "Nguyễn\x00"),
        (("full_name",), None),
        (("birth_date",), "12/03/1985"),
        (("birth_date",), None),
        (("birth_date",), "1985-02-30"),
        (("sex",), "X"),
        (("nationality",), "Viet Nam"),
        (("birth_registration_province",), "1"),
        (("residence",), None),
        (("residence", "commune"), []),
        (("status",), "unsure"),
        (("status",), []),
        (("photo", "data"), "not base64!"),
        (("photo", "data"), base64.b64encode(b"<svg>").decode()),
        (("photo", "data"), base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(600_000)).decode()),
        (("photo", "content_type"), "image/svg+xml"),
        (("household",), None),
        (("household", "members"), [{"personal_number": AN}]),
        (("guardians",), [1]),
        (("wards",), None),
        (("card", "number"), "1"),
        (("card", "state"), "fine"),
        (("card", "issued_on"), ""),
        (("card", "expires_on"), "never"),
    ],
)
def test_an_answer_of_another_shape_proves_nothing(monkeypatch, path, value):
    wire = copy.deepcopy({"person": describe(data.PEOPLE[AN])})
    place: dict[str, Any] = wire["person"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    answer(monkeypatch, wire)

    assert population.look_up(AN) == Unknown("malformed_answer")


@pytest.mark.parametrize("wire", [{}, {"person": None}, {"person": []}, {"person": {}}])
def test_an_empty_answer_proves_nothing(monkeypatch, wire):
    answer(monkeypatch, wire)

    assert population.look_up(AN) == Unknown("malformed_answer")


def test_a_person_without_photo_and_card_is_found(monkeypatch):
    wire = describe(data.PEOPLE[AN]) | {"photo": None, "card": None}
    answer(monkeypatch, {"person": wire})

    person = found(AN)

    assert (person.photo, person.photo_type, person.card) == (None, "", None)


def test_a_person_is_not_shown_when_printed(sandbox):
    text = repr(population.look_up(AN))

    for secret in (AN, "Nguyễn", "Văn An", "1985", "Hoàn Kiếm", "001312000003", "2045"):
        assert secret not in text


def text_to(phone: str) -> outside.Outcome:
    return sms.send(message_id="m-1", to=phone, text="Mã: 123456", purpose="TEST")


def test_a_text_message_arrives_once(sandbox):
    assert isinstance(text_to("+84500000001"), Accepted)
    assert isinstance(text_to("+84500000001"), Accepted)

    (message,) = sandbox.messages("+84500000001")
    assert (message.text, message.purpose) == ("Mã: 123456", "TEST")


def test_the_sms_gateways_other_answers(sandbox):
    assert text_to("+84500000000") == Refused("no_such_phone", {"code": "no_such_phone"})
    assert isinstance(text_to("+84500000098"), Unavailable)
    assert text_to("+84500000099") == Unknown("read_timeout")
