"""Where electricity is supplied: asked of the company by the number on the contract, kept, and asked again in time."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from eid_portal.core import clock, outside
from eid_portal.core.models import AuditEvent
from eid_portal.core.outside import Accepted, Outcome, Refused, Unavailable
from payments import policy
from payments.models import SupplyAddress
from payments.services import supply
from tests import factories
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
ADDRESS = {"province": "Đà Nẵng", "commune": "Phường Mẫu", "line": "7 Mẫu"}


def answer(*contracts: Any) -> Outcome:
    return Accepted({"contracts": list(contracts)})


def ask(said: Outcome, *, later: timedelta = timedelta(0)) -> list[str]:
    """What is kept after asking, and the numbers the company was asked about."""
    asked: list[str] = []

    def send(party: str, call: outside.Call) -> Outcome:
        assert (party, call.path) == ("evn", "/v1/contracts/of-person")
        assert call.patience == 1.5
        assert call.payload is not None
        asked.append(call.payload["personal_number"])
        return said

    citizen = SupplyAddress.objects.first()
    person = citizen.citizen if citizen else factories.make_citizen()
    with patch.object(outside, "send", send):
        supply.ask(
            citizen=person,
            actor=factories.actor(citizen_id=person.pk),
            now=clock.now() + later,
        )
    return asked


def test_the_sandbox_names_another_place_than_home(sandbox: OutsideWorld) -> None:
    citizen = factories.make_citizen(1, personal_number="001085000001")
    supply.ask(citizen=citizen, actor=factories.actor(citizen_id=citizen.pk), now=clock.now())

    address = supply.address_of(citizen)
    assert address is not None
    assert address["province"] != "Hà Nội"
    assert set(address) == {"province", "commune", "line"}
    [event] = AuditEvent.objects.filter(name="payments.supply_asked")
    assert (event.shown, event.data) == (True, {"found": True})


def test_it_is_asked_once_in_a_while() -> None:
    assert ask(answer({"address": ADDRESS})) == [factories.personal_number()]
    assert ask(answer({"address": ADDRESS})) == []
    assert ask(answer(), later=policy.SUPPLY_HOLDS - timedelta(minutes=1)) == []
    assert ask(answer(), later=policy.SUPPLY_HOLDS + timedelta(minutes=1)) != []
    assert supply.address_of(SupplyAddress.objects.get().citizen) is None


@pytest.mark.parametrize(
    "said",
    [
        Unavailable("connect_timeout"),
        answer({"address": {"province": "Đà Nẵng"}}),
        answer({"address": {**ADDRESS, "line": ""}}),
        answer({"address": "7 Mẫu"}),
        answer("x"),
        Accepted({}),
    ],
)
def test_what_cannot_be_read_is_not_kept(said: Outcome) -> None:
    ask(said)
    assert not SupplyAddress.objects.exists()


@pytest.mark.parametrize("said", [answer(), Refused("not_found")])
def test_that_there_is_no_contract_is_kept(said: Outcome) -> None:
    ask(said)
    assert SupplyAddress.objects.get().address is None
