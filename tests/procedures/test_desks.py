"""Which desk decides: that of the commune, however people write its name, or the next one up."""

from datetime import timedelta

import pytest

from accounts.models import Province
from eid_portal.core import clock
from procedures.models import Desk
from procedures.services import desks
from tests import factories

pytestmark = pytest.mark.django_db
AGENCY = "commune_police"
HERE = "Hải Phòng"


def _make(code: str, commune: str = "", province: str = HERE, *, ended: bool = False) -> None:
    today = clock.today()
    Desk.objects.create(
        agency=AGENCY, commune=commune, office=factories.make_office(code),
        province=Province.objects.get(name=province) if province else None,
        valid_from=today - timedelta(days=9), valid_to=today if ended else None,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _desks() -> None:
    _make("HS-01", province="")
    _make("HS-02")
    _make("HS-03", "Hồng Bàng")
    _make("HS-04", "Phường Tân Hòa")
    _make("HS-05", "Phường Tân Hóa")
    _make("HS-06", "Xã Mẫu Cũ", ended=True)


@pytest.mark.parametrize(
    ("commune", "office"),
    [
        ("Hồng Bàng", "HS-03"),
        (" hồng bàng ", "HS-03"),
        ("Phường Hồng Bàng", "HS-03"),
        ("P. Hồng Bàng", "HS-03"),
        ("P.Hong Bang", "HS-03"),
        ("hong bang", "HS-03"),
        ("Xã Hồng", "HS-02"),
        ("Phường Tân Hóa", "HS-05"),
        ("Tân Hòa", "HS-04"),
        ("tan hoa", "HS-02"),  # either could be meant
        ("Xã Mẫu Cũ", "HS-02"),
        ("P", "HS-02"),
        ("", "HS-02"),
    ],
)
def test_the_nearest_desk_of_a_commune_however_it_is_written(commune: str, office: str) -> None:
    found = desks.best(
        agency=AGENCY, address={"province": HERE, "commune": commune}, day=clock.today()
    )
    assert found
    assert found.office.code == office


def test_without_an_address_or_in_another_province_the_country_decides() -> None:
    for address in (None, {"province": "Hà Nội", "commune": "Hồng Bàng"}):
        found = desks.best(agency=AGENCY, address=address, day=clock.today())
        assert found
        assert found.office.code == "HS-01"
    assert desks.best(agency="provincial_police", address=None, day=clock.today()) is None
