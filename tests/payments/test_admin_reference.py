"""The windows on billers and figures: what holds is shown, what follows is kept, and what was in force stays."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.enums import AccountKind
from accounts.models import Account
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from payments.models import Biller, Tariff
from tests import factories

pytestmark = pytest.mark.django_db
BILLERS, TARIFFS = "/admin/payments/biller/", "/admin/payments/tariff/"
TODAY = clock.today(clock.now())
TOMORROW = TODAY + timedelta(days=1)
FIGURES = {
    "name": "base_salary",
    "from_day": TOMORROW.isoformat(),
    "values": '{"amount": 2530000}',
    "source": "Nghị định mẫu 99/2026",
    "confidence": "R",
    "decision": "keep",
}
PARKING = {
    "code": "parking-hcmc",
    "name": "Bãi xe mẫu",
    "name_en": "Sample car park",
    "short_name": "Bai xe mau",
    "code_pattern": r"BX\d{6}",
    "code_hint": "BX và 6 chữ số",
    "code_hint_en": "BX and 6 digits",
    "in_use": "on",
    "decision": "keep",
}


@pytest.fixture
def administrator() -> Account:
    return factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def window(administrator: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), administrator)


def text_of(window: Client, address: str) -> str:
    """A page's words, without its markup."""
    answer = window.get(address)
    assert answer.status_code == 200, address
    body = answer.content.decode().partition('id="content-start"')[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def audited(name: str) -> list[dict[str, Any]]:
    return [row.data for row in AuditEvent.objects.filter(name=f"payments.{name}")]


def page_of(name: str, **columns: Any) -> str:
    return f"{TARIFFS}{Tariff.objects.filter(name=name, **columns).latest('from_day').pk}/change/"


# --- Figures --------------------------------------------------------------------------------------
def test_the_list_says_what_holds_and_until_when(window: Client) -> None:
    page = text_of(window, TARIFFS)
    assert re.search(
        r"Base salary and reference level 01/07/2024 holds read in the source Decree", page
    )
    assert re.search(r"Base salary and reference level 01/07/2023 held until 01/07/2024 ", page)
    assert re.search(r"VAT on electricity 01/01/2027 begins on that day", page)
    assert "holds until 01/01/2027" in page
    assert "Water: hawacom" in page


def test_figures_are_followed_from_their_page(window: Client, administrator: Account) -> None:
    address = page_of("base_salary")
    page = window.get(address).content.decode()
    assert "{&quot;amount&quot;: 2340000}" in page, "what to begin with"
    assert "Keep what follows" in page
    assert "Take it back" not in page

    answer = window.post(address, FIGURES | {"name": "electricity"})

    assert (answer.status_code, answer["Location"]) == (302, TARIFFS)
    row = Tariff.objects.get(name="base_salary", from_day=TOMORROW)
    assert row.values == {"amount": 2_530_000}
    assert [event["changed"] for event in audited("tariff_kept")] == [False]
    window.post(address, FIGURES)
    assert len(audited("tariff_kept")) == 1, "a second press is nothing new"
    after = text_of(window, page_of("base_salary"))
    assert str(administrator.pk)[-6:] in after, "its history"
    assert "2340000" in after


def test_figures_that_have_not_begun_change_and_are_taken_back(window: Client) -> None:
    window.post(f"{TARIFFS}add/", FIGURES)
    address = page_of("base_salary")
    later = (TOMORROW + timedelta(days=9)).isoformat()
    window.post(address, FIGURES | {"values": '{"amount": 2600000}', "from_day": later})
    row = Tariff.objects.get(name="base_salary", from_day=TOMORROW)
    assert row.values == {"amount": 2_600_000}

    answer = window.post(address, {"decision": "withdraw"})
    assert (answer.status_code, answer["Location"]) == (302, TARIFFS)
    assert not Tariff.objects.filter(pk=row.pk).exists()
    again = window.post(address, {"decision": "withdraw"}, follow=True)
    assert again.status_code in {200, 404}
    assert len(audited("tariff_withdrawn")) == 1


def test_what_is_in_force_is_not_taken_back(window: Client) -> None:
    address = page_of("base_salary")
    answer = window.post(address, {"decision": "withdraw"}, follow=True)
    assert "were in force already" in answer.content.decode()
    assert audited("tariff_withdrawn") == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "salary"}, "name"),
        ({"from_day": "2024-07-01"}, "from_day"),
        ({"from_day": "99/99/2026"}, "from_day"),
        ({"values": "{amount: 5}"}, "values"),
        ({"values": '{"amount": 5, "amount": 6}'}, "values"),
        ({"values": '{"amount": "5"}'}, "values"),
        ({"values": "[" * 2000}, "values"),
        ({"values": '{"amount": 9223372036854775808}'}, "values"),
        ({"values": "5"}, "values"),
        ({"source": "x"}, "source"),
        ({"confidence": "X"}, "confidence"),
    ],
)
def test_figures_that_cannot_be(window: Client, wrong: dict[str, str], field: str) -> None:
    before = Tariff.objects.count()
    answer = window.post(f"{TARIFFS}add/", FIGURES | wrong)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert (Tariff.objects.count(), audited("tariff_kept")) == (before, [])


# --- Billers --------------------------------------------------------------------------------------
def test_a_biller_is_added_changed_and_taken_out_of_use(window: Client) -> None:
    answer = window.post(f"{BILLERS}add/", PARKING)
    assert (answer.status_code, answer["Location"]) == (302, BILLERS)
    assert Biller.objects.get(code="parking-hcmc").party == "bill-hub"
    assert "parking-hcmc" in text_of(window, f"{BILLERS}?kind__exact=DEFINED")

    typed = {name: value for name, value in PARKING.items() if name != "in_use"}
    window.post(f"{BILLERS}parking-hcmc/change/", typed | {"code": "evn-hcmc", "name": "Khác"})

    row = Biller.objects.get(code="parking-hcmc")
    assert (row.name, row.in_use) == ("Khác", False)
    assert Biller.objects.get(code="evn-hcmc").name != "Khác"
    assert [event["columns"] for event in audited("biller_kept")][1:] == [["in_use", "name"]]


def test_codes_are_tried_before_anything_is_kept(window: Client) -> None:
    typed = PARKING | {"decision": "try", "examples": "bx 123456\nBX12"}
    page = window.post(f"{BILLERS}add/", typed).content.decode()
    assert "Fit: bx 123456. Do not fit: BX12." in page
    page = window.post(f"{BILLERS}add/", typed | {"code_pattern": "(a+)+"}).content.decode()
    assert "The pattern is not understood." in page
    assert not Biller.objects.filter(code="parking-hcmc").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "Parking"}, "code"),
        ({"code": "evn-hcmc"}, "code"),
        ({"short_name": "Bãi xe"}, "short_name"),
        ({"code_pattern": "(a+)+"}, "code_pattern"),
        ({"name_en": ""}, "name_en"),
    ],
)
def test_a_biller_that_cannot_be(window: Client, wrong: dict[str, str], field: str) -> None:
    answer = window.post(f"{BILLERS}add/", PARKING | wrong)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert audited("biller_kept") == []


# --- Who gets in ----------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_administrators_get_in(method: str) -> None:
    officer = factories.signed_in(Client(), factories.make_staff(51))
    citizen = factories.signed_in(Client(), factories.make_account())
    for page in (BILLERS, f"{BILLERS}add/", f"{BILLERS}evn-hcmc/change/", TARIFFS, f"{TARIFFS}add/"):  # fmt: skip
        for visitor in (officer, citizen, Client()):
            answer = getattr(visitor, method)(page, follow=True)
            refused = answer.status_code == 403
            assert refused or answer.redirect_chain[-1][0].startswith("/sign-in/"), page


def test_nothing_is_deleted_and_history_is_the_audits(window: Client) -> None:
    for address in (f"{BILLERS}evn-hcmc/", page_of("base_salary").removesuffix("change/")):
        assert window.post(f"{address}delete/", {"post": "yes"}).status_code == 403
        assert window.get(f"{address}history/").status_code == 404
    for address in (f"{BILLERS}nobody/change/", f"{TARIFFS}{uuid4()}/change/"):
        assert window.get(address).status_code == 404
