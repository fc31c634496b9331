"""Who acts in the tests of money, and the banks and billers they reach."""

from collections.abc import Iterator

import pytest

from eid_portal.core.events import Actor
from tests.payments import world as outside_world
from tests.payments.paying import Payer, make_payer
from tests.payments.staff import actor_of, make_administrator
from tests.payments.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with outside_world.world() as here:
        yield here


@pytest.fixture
def payer(db: None) -> Payer:
    return make_payer()


@pytest.fixture
def maker(db: None) -> Actor:
    return actor_of(make_administrator(60))


@pytest.fixture
def checker(db: None) -> Actor:
    return actor_of(make_administrator(61))
