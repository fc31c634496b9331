"""Figures by the day they hold from: what was in force stays, what follows it is kept and recorded."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import AuditEvent
from payments.enums import PaymentPurpose
from payments.models import Biller, Tariff
from payments.rules import customer_codes, health_premium, tariffs
from payments.rules.customer_codes import COMPANIES
from payments.selectors import tariffs as selected
from payments.services import billers
from payments.services import tariffs as service
from payments.services.tariffs import TariffRefused

pytestmark = pytest.mark.django_db
TODAY = clock.today(clock.now())
TOMORROW = TODAY + timedelta(days=1)


def keep(**columns: Any) -> Tariff:
    values: dict[str, Any] = {
        "name": tariffs.BASE_SALARY,
        "from_day": TOMORROW,
        "values": {"amount": 2_530_000},
        "source": "Nghị định mẫu 99/2026",
        "confidence": "R",
    }
    return service.keep(**values | columns, actor=SYSTEM, now=clock.now())


def kept_events() -> list[dict[str, Any]]:
    return [row.data for row in AuditEvent.objects.filter(name="payments.tariff_kept")]


# --- What is there to begin with ------------------------------------------------------------------
def test_rules_read_every_row_there_is() -> None:
    rows = list(Tariff.objects.all())
    assert {row.name for row in rows} >= set(tariffs.READERS)
    for row in rows:
        assert tariffs.read(row.name, row.values) is not None, row
        assert row.source, row


def test_figures_are_documented_as_rules_read_them() -> None:
    block = (settings.ROOT / "docs/prices.md").read_text(encoding="utf-8").split("```")[1]
    lines = dict(line.split(maxsplit=1) for line in block.strip().splitlines())
    assert lines.keys() == {*tariffs.READERS, tariffs.water("hawacom")}
    for name, values in lines.items():
        assert tariffs.read(name, json.loads(values)) is not None
        row = Tariff.objects.filter(name=name, from_day__lte=TODAY).latest("from_day")
        assert json.loads(values) == row.values, "the example is what holds"


@pytest.mark.parametrize(
    ("day", "salary"),
    [
        (date(2024, 6, 30), 1_800_000),
        (date(2024, 7, 1), 2_340_000),
        (date(2026, 11, 26), 2_340_000),
    ],
)
def test_a_figure_holds_from_its_day(day: date, salary: int) -> None:
    assert selected.base_salary(day) == salary


def test_before_the_first_figure_nothing_holds() -> None:
    with pytest.raises(selected.NoFigures):
        selected.base_salary(date(2000, 1, 1))
    with pytest.raises(selected.NoFigures):
        selected.electricity_prices(date(2025, 5, 9), date(2025, 6, 9))
    with pytest.raises(selected.NoFigures):
        selected.water_prices("sawaco", TODAY)


def test_the_figures_of_today() -> None:
    day = date(2026, 11, 26)
    assert selected.electricity_vat(day).limit_denominator() * 100 == 8
    assert selected.electricity_vat(date(2027, 1, 1)) * 100 == 10
    assert selected.poverty_line(day) == 1_500_000
    assert selected.limits(day).after_recovery == timedelta(hours=24)
    assert selected.fees(day) == dict.fromkeys(PaymentPurpose, 0)
    assert selected.social_terms(day).times_most == 20
    assert selected.water_prices("hawacom", day).tiers[0].price == 8500
    premium = health_premium.premium(
        1, 12, base_salary=selected.base_salary(day), terms=selected.health_terms(day)
    )
    assert premium.total == 1_263_600


def test_billers_codes_are_as_their_patterns_and_hints_say() -> None:
    rows = Biller.objects.in_bulk()
    for letter, code in COMPANIES.items():
        written = f"P{letter}01000123456"
        assert customer_codes.read(written, pattern=rows[code].code_pattern) == written
    assert customer_codes.read("0712 345 678", pattern=rows["sawaco"].code_pattern)
    for row in rows.values():
        kept = {field: getattr(row, field) for field in billers.Defined.__slots__}
        billers.keep(billers.Defined(**kept), is_new=False, actor=SYSTEM, now=clock.now())
    assert not AuditEvent.objects.filter(name="payments.biller_kept").exists(), "nothing changed"


def test_prices_of_a_period_are_those_that_hold_within_it() -> None:
    dearer = {"tiers": [[100, 2000], [None, 3500]]}
    keep(name=tariffs.ELECTRICITY, from_day=TOMORROW, values=dearer)
    found = selected.electricity_prices(TODAY, TOMORROW)
    assert sorted(found) == [date(2025, 5, 10), TOMORROW]
    assert sorted(selected.electricity_prices(TODAY, TODAY)) == [date(2025, 5, 10)]
    assert sorted(selected.electricity_prices(TOMORROW, TOMORROW)) == [TOMORROW]


# --- What follows ---------------------------------------------------------------------------------
def test_a_figure_is_followed_by_another() -> None:
    keep()

    assert selected.base_salary(TODAY) == 2_340_000
    assert selected.base_salary(TOMORROW) == 2_530_000
    assert kept_events() == [
        {
            "tariff": "base_salary",
            "from_day": TOMORROW.isoformat(),
            "values": {"amount": 2_530_000},
            "source": "Nghị định mẫu 99/2026",
            "confidence": "R",
            "changed": False,
        }
    ]


def test_one_that_has_not_begun_may_change() -> None:
    first = keep()
    again = keep(values={"amount": 2_600_000})

    assert again.pk == first.pk
    assert selected.base_salary(TOMORROW) == 2_600_000
    assert [event["changed"] for event in kept_events()] == [False, True]


def test_one_may_begin_today_once() -> None:
    assert keep(from_day=TODAY) == keep(from_day=TODAY)
    assert len(kept_events()) == 1, "a second press is nothing new"
    assert selected.base_salary(TODAY) == 2_530_000
    with pytest.raises(TariffRefused) as refused:
        keep(from_day=TODAY, values={"amount": 5})
    assert refused.value.field == "from_day"
    assert selected.base_salary(TODAY) == 2_530_000


@pytest.mark.parametrize(
    "from_day", [TODAY - timedelta(days=1), date(2024, 7, 1), date(2000, 1, 1)]
)
def test_what_was_in_force_stays(from_day: date) -> None:
    with pytest.raises(TariffRefused) as refused:
        keep(from_day=from_day)

    assert refused.value.field == "from_day"
    assert kept_events() == []


def test_the_first_of_its_name_may_have_begun() -> None:
    values = {"tiers": [[None, 9000]], "vat": 5, "waste_water": 0}
    keep(name="water:sawaco", from_day=date(2024, 1, 1), values=values)
    assert selected.water_prices("sawaco", date(2025, 1, 1)).waste_water == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "salary"),
        ("name", "water:"),
        ("name", "water:Hà Nội"),
        ("name", "x" * 41),
        ("values", {"amount": 0}),
        ("values", {"amount": 2.5}),
        ("values", {"amount": True}),
        ("values", {"amount": 10**13}),
        ("values", {"amount": 1, "more": 1}),
        ("values", [1]),
        ("values", None),
        ("source", "    x "),
        ("source", "x" * 201),
        ("confidence", "X"),
        ("confidence", ""),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(field: str, value: Any) -> None:
    before = Tariff.objects.count()
    with pytest.raises(TariffRefused) as refused:
        keep(**{field: value})

    assert refused.value.field == field
    assert str(refused.value.message)
    assert (Tariff.objects.count(), kept_events()) == (before, [])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("electricity", {"tiers": [[50, 1984]]}),
        ("vat:electricity", {"percent": 800}),
        ("health_premium", {"rate": "4.5", "shares": [100], "months": [24]}),
        ("fees", {"BILL": -1, "PREMIUM": 0, "TRANSFER": 0, "FEE": 0}),
        ("limits", {"strong_from": 1}),
    ],
)
def test_figures_that_their_rule_cannot_read_say_why(name: str, values: Any) -> None:
    with pytest.raises(TariffRefused) as refused:
        keep(name=name, values=values)
    assert refused.value.field == "values"
    assert "%" not in str(refused.value.message)


# --- Taken back -----------------------------------------------------------------------------------
def test_one_that_has_not_begun_is_taken_back_once() -> None:
    row = keep()
    service.withdraw(tariff_id=row.pk, actor=SYSTEM, now=clock.now())

    assert selected.base_salary(TOMORROW) == 2_340_000
    event = AuditEvent.objects.get(name="payments.tariff_withdrawn")
    assert event.data == {"tariff": "base_salary", "from_day": TOMORROW.isoformat()}
    with pytest.raises(service.NoSuchTariff):
        service.withdraw(tariff_id=row.pk, actor=SYSTEM, now=clock.now())


def test_one_in_force_is_not_taken_back() -> None:
    row = Tariff.objects.get(name="base_salary", from_day=date(2024, 7, 1))
    with pytest.raises(TariffRefused):
        service.withdraw(tariff_id=row.pk, actor=SYSTEM, now=clock.now())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_tariff SET values = '{\"amount\": 1}' WHERE name = 'base_salary'",
        "DELETE FROM payments_tariff WHERE name = 'base_salary'",
        "UPDATE payments_tariff SET from_day = '2099-01-01' WHERE name = 'base_salary'",
    ],
)
def test_the_database_keeps_what_was_in_force(statement: str) -> None:
    with pytest.raises(IntegrityError, match="follow them"), transaction.atomic():
        connection.cursor().execute(statement)
