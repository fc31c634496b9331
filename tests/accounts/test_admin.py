"""The admin: a window behind password and TOTP; masked people, an audit that can be listed, and nothing deleted."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.functional import Promise

from accounts.admin.paging import KeyedChangeList
from accounts.enums import AccountKind
from accounts.models import (
    Account,
    ActivationSlip,
    Citizen,
    DeviceSession,
    Notice,
    Office,
    OfficeRole,
    Province,
    RegistrationCode,
)
from eid_portal.core import audit, clock
from eid_portal.core.models import Approval, AuditEvent
from tests import factories
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db

PAGES = [
    f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
]


def make_administrator(serial: int) -> Account:
    return factories.make_staff(serial, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def administrator() -> Account:
    return make_administrator(60)


@pytest.fixture
def window(administrator: Account) -> Client:
    return factories.signed_in(Client(), administrator)


def test_every_column_shown_is_named_in_both_languages() -> None:
    for model, window in admin.site._registry.items():
        for name in {*window.list_display, *(window.fields or ())}:
            column: Any = getattr(window, str(name), None)
            words = (
                column.short_description
                if column
                else model._meta.get_field(str(name)).verbose_name  # type: ignore[union-attr] # no relation backwards
            )
            assert isinstance(words, Promise), f"{model.__name__}.{name}"
            with translation.override("vi"):
                vietnamese = str(words)
            with translation.override("en"):
                assert vietnamese != str(words), f"{model.__name__}.{name}"


# --- Who gets in --------------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["/admin/", *PAGES])
def test_only_administrators_get_in(page: str, window: Client) -> None:
    assert window.get(page).status_code == 200
    for account in (factories.make_account(factories.make_citizen(16)), factories.make_staff(51)):
        answer = factories.signed_in(Client(), account).get(page, follow=True)
        assert answer.status_code == 403
    [_to_login, (sign_in, _status)] = Client().get(page, follow=True).redirect_chain
    assert sign_in == "/sign-in/?" + urlencode({"next": page})


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_list_and_form_is_drawn_in_both_languages(window: Client, language: str) -> None:
    window.cookies["__Host-language"] = language
    office, citizen = factories.make_office(), factories.make_citizen(17)
    role = factories.make_role(factories.make_staff(50), office)
    for address in (
        "/admin/",
        *PAGES,
        "/admin/accounts/account/add/",
        "/admin/accounts/officerole/add/",
        "/admin/accounts/office/add/",
        f"/admin/accounts/office/{office.pk}/change/",
        f"/admin/accounts/citizen/{citizen.pk}/change/",
        f"/admin/accounts/citizen/{citizen.pk}/unmask/",
        f"/admin/accounts/officerole/{role.pk}/change/",
        f"/admin/accounts/account/{role.account_id}/change/",
        f"/admin/accounts/account/{role.account_id}/close/",
        "/admin/accounts/",
    ):
        answer = window.get(address)
        assert answer.status_code == 200, address
        assert f'lang="{language}"' in answer.content.decode()


def test_djangos_own_ways_in_and_out_are_closed(window: Client) -> None:
    for address in ("/admin/logout/", "/admin/password_change/", "/admin/password_change/done/"):
        assert window.get(address).status_code == 404
        assert window.post(address).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_deleted_and_no_column_is_searched(window: Client, page: str) -> None:
    answer = window.post(page, {"action": "delete_selected", "_selected_action": ["1"]})
    assert answer.status_code in {200, 302, 403}
    for query in (
        "full_name=x",
        "personal_number__startswith=0",
        "q=079",
        "o=-1.2",
        "after=x",
        "p=9",
        "all=",
        "e=1",
        "password_hash=x",
        "_facets=True",
        "_popup=1",
        "_to_field=id",
        "actor=%00",
    ):
        assert window.get(f"{page}?{query}").status_code in {200, 302, 400, 403, 404}, query


def test_a_filter_of_a_list_leads_somewhere(window: Client) -> None:
    followed = 0
    for page in PAGES:
        found = window.get(page).content.decode()
        for query in re.findall(r'href="(\?[\w=&;.-]+)"', found):
            assert window.get(page + query.replace("&amp;", "&")).status_code == 200, page + query
            followed += 1
    assert followed > 20


# --- Citizens -----------------------------------------------------------------------------------
def test_citizens_are_masked_and_read_only(window: Client) -> None:
    citizen = factories.make_citizen(18)
    number = citizen.personal_number
    of_one = f"/admin/accounts/citizen/{citizen.pk}/change/"
    assert number[-4:] in window.get(of_one).content.decode()
    assert number[-4:] not in window.get("/admin/accounts/citizen/").content.decode()
    for address in ("/admin/accounts/citizen/", of_one):
        page = window.get(address).content.decode()
        for secret in (number, factories.NAME, "29/02/2000", "2000-02-29"):
            assert secret not in page
    answer = window.post(f"/admin/accounts/citizen/{citizen.pk}/change/", {"full_name": "x"})
    assert answer.status_code == 403
    assert window.get("/admin/accounts/citizen/add/").status_code == 403
    assert window.post(f"/admin/accounts/citizen/{citizen.pk}/delete/").status_code == 403


def test_a_citizen_is_found_by_the_whole_number_alone(window: Client) -> None:
    citizen = factories.make_citizen(18)
    address = "/admin/accounts/citizen/find/"
    answer = window.post(address, {"number": f" {citizen.personal_number} "})
    assert answer["Location"] == f"/admin/accounts/citizen/{citizen.pk}/change/"
    for wrong in (citizen.personal_number[:-1], "001300000019", "x", "", "\x00", factories.NAME):
        answer = window.post(address, {"number": wrong})
        assert answer["Location"] == "/admin/accounts/citizen/"
    assert window.get(address).status_code == 302


def test_unmasking_needs_a_reason_and_is_told_to_the_citizen(
    window: Client, administrator: Account
) -> None:
    citizen = factories.make_citizen(18)
    factories.make_account(citizen)
    address = f"/admin/accounts/citizen/{citizen.pk}/unmask/"
    assert citizen.personal_number not in window.get(address).content.decode()
    for reason in ("", "short", "with\x00nul inside it"):
        page = window.post(address, {"reason": reason}).content.decode()
        assert citizen.personal_number not in page
    assert not AuditEvent.objects.filter(name="accounts.data_unmasked").exists()

    answer = window.post(address, {"reason": "Complaint 12/2026 about the name"})

    assert "no-store" in answer["Cache-Control"]
    for shown in (citizen.personal_number, factories.NAME, "29/02/2000"):
        assert shown in answer.content.decode()
    event = AuditEvent.objects.get(name="accounts.data_unmasked")
    assert (event.subject_id, event.actor_id, event.shown) == (citizen.pk, administrator.pk, True)
    assert audit.personal_data(event)["reason"] == "Complaint 12/2026 about the name"
    assert Notice.objects.get(kind="DATA_UNMASKED").citizen == citizen
    assert citizen.personal_number not in window.get(address).content.decode()


# --- The audit ----------------------------------------------------------------------------------
def test_the_audit_can_be_listed_and_nothing_else(window: Client) -> None:
    event = AuditEvent.objects.latest("pk")
    page = window.get("/admin/core/auditevent/")
    assert "accounts.signed_in" in page.content.decode()
    for action in ("change/", "delete/", "history/"):
        assert window.get(f"/admin/core/auditevent/{event.pk}/{action}").status_code == 403
        assert window.post(f"/admin/core/auditevent/{event.pk}/{action}").status_code == 403
    assert window.get("/admin/core/auditevent/add/").status_code == 403
    only = window.get("/admin/core/auditevent/?actor=party").content.decode()
    assert "accounts.signed_in" not in only


def test_lists_page_by_key_and_count_nothing(window: Client) -> None:
    for serial in range(60):
        factories.make_citizen(serial=0, personal_number=f"0013990000{serial:02d}")
    seen: list[str] = []
    address = "/admin/accounts/citizen/"
    with CaptureQueriesContext(
        connection,
    ) as queries:
        while address:
            page = window.get(address).content.decode()
            seen += re.findall(r"/admin/accounts/citizen/([0-9a-f-]{36})/change/", page)
            following = re.search(r'href="(\?after=[^"]+)"', page)
            address = "/admin/accounts/citizen/" + following[1] if following else ""
    assert sorted(set(seen)) == sorted(
        str(pk) for pk in Citizen.objects.values_list("pk", flat=True)
    )
    assert not [query for query in queries if "COUNT(" in query["sql"].upper()]
    assert not [query for query in queries if "OFFSET" in query["sql"].upper()]
    assert KeyedChangeList.next_page == ""


# --- Offices and reference data -----------------------------------------------------------------
OFFICE = {
    "code": "HN-09",
    "name": "Công an phường Mẫu",
    "name_en": "Sample",
    "valid_from": "2026-01-01",
    "valid_to": "",
}


def test_an_office_is_made_with_its_networks(window: Client) -> None:
    province = Province.objects.get(code="01").pk
    add = "/admin/accounts/office/add/"
    bad = window.post(add, {**OFFICE, "province": province, "networks": "203.0.113.0/33"})
    assert "203.0.113.0/33" in bad.content.decode()
    assert not Office.objects.exists()
    answer = window.post(
        add, {**OFFICE, "province": province, "networks": "203.0.113.0/24\n2001:db8::/48"}
    )
    assert answer.status_code == 302
    office = Office.objects.get()
    assert office.networks == ["203.0.113.0/24", "2001:db8::/48"]
    page = window.get(f"/admin/accounts/office/{office.pk}/change/").content.decode()
    assert "203.0.113.0/24\n2001:db8::/48" in page


def test_reference_data_has_days_and_a_source(window: Client) -> None:
    code = RegistrationCode.objects.get(code="079")
    address = f"/admin/accounts/registrationcode/{code.pk}/change/"
    values = {
        "name": code.name,
        "province": code.province_id,
        "valid_from": "2016-03-18",
        "valid_to": "2016-03-17",
        "source": "x",
        "confidence": "R",
    }
    assert window.post(address, values).status_code == 200
    answer = window.post(address, {**values, "valid_to": "2027-01-01", "code": "999"})
    assert answer.status_code == 302
    code.refresh_from_db()
    assert (code.code, str(code.valid_to)) == ("079", "2027-01-01")


def test_the_admins_history_names_nobody(window: Client) -> None:
    factories.make_citizen(18)
    test_an_office_is_made_with_its_networks(window)
    text = " ".join(f"{row.object_repr} {row.change_message}" for row in LogEntry.objects.all())
    assert "HN-09" in text
    assert not re.search(r"\d{12}|Mẫu Thị|Đặng", text)


# --- Officers and roles -------------------------------------------------------------------------
def test_an_officer_is_made_here_and_the_code_shown_once(
    window: Client, sandbox: OutsideWorld
) -> None:
    add = "/admin/accounts/account/add/"
    values = {
        "number": "001192000020",
        "kind": "officer",
        "sign_in_name": "cb000020",
        "phone": "0501234567",
    }
    for wrong in ({"sign_in_name": "Đặng"}, {"phone": "12"}, {"number": "1"}, {"kind": "citizen"}):
        refused = window.post(add, values | wrong)
        assert refused.status_code == 200
        assert "errorlist" in refused.content.decode()
    page = window.post(add, values).content.decode()
    code = re.search(r"\b([0-9A-Z]{4}-[0-9A-Z]{4})\b", page)
    assert code
    account = Account.objects.get(kind="officer")
    again = window.post(f"/admin/accounts/account/{account.pk}/slip/").content.decode()
    assert code[1] not in again
    assert ActivationSlip.objects.filter(void_at__isnull=True).count() == 1
    assert "Vũ Thị Hạnh" not in window.get("/admin/accounts/account/").content.decode()


def test_a_role_is_proposed_by_one_and_decided_by_another(window: Client) -> None:
    officer, office = factories.make_staff(50), factories.make_office()
    values = {"account": officer.sign_in_name, "office": office.pk, "role": "COUNTER"}
    nobody = window.post("/admin/accounts/officerole/add/", values | {"account": "nobody"})
    assert "errorlist" in nobody.content.decode()
    assert window.post("/admin/accounts/officerole/add/", values).status_code == 302
    proposal = Approval.objects.get()
    decide = f"/admin/core/approval/{proposal.pk}/decide/"
    answer = window.get(decide)
    assert answer["Location"].startswith("/sign-in/again/?next=%2Fadmin%2F")  # not fresh
    own = Client()
    own.cookies = window.cookies
    DeviceSession.objects.update(authenticated_at=clock.now())
    assert own.post(decide, {"decision": "approve"}).status_code == 302
    assert not OfficeRole.objects.exists()

    other = factories.signed_in(Client(), make_administrator(61))
    assert other.get(decide).status_code == 200
    assert other.post(decide, {"decision": "approve"}).status_code == 302

    role = OfficeRole.objects.get()
    assert (role.account, role.role) == (officer, "COUNTER")
    assert window.post(f"/admin/accounts/officerole/{role.pk}/end/").status_code == 302
    role.refresh_from_db()
    assert role.ended_at is not None


def test_an_officer_who_lost_their_ways_in_is_recovered_by_two(window: Client) -> None:
    officer = factories.make_staff(50)
    factories.make_phone(officer)
    factories.make_password(officer)
    page = f"/admin/accounts/account/{officer.pk}"
    assert f"{page}/recover/" in window.get(f"{page}/change/").content.decode()
    assert window.get(f"{page}/recover/").status_code == 200
    assert window.post(f"{page}/recover/")["Location"] == "/admin/core/approval/"
    assert window.post(f"{page}/recover/")["Location"] == f"{page}/change/"  # pressed twice
    other = factories.signed_in(Client(), make_administrator(61))
    other.post(f"{page}/recovery-slip/")
    assert not ActivationSlip.objects.exists()  # nobody agreed yet
    decide = f"/admin/core/approval/{Approval.objects.get().pk}/decide/"
    DeviceSession.objects.update(authenticated_at=clock.now())
    assert other.post(decide, {"decision": "approve"}).status_code == 302

    window.post(f"{page}/recovery-slip/")
    assert not ActivationSlip.objects.exists()
    assert f"{page}/recovery-slip/" in other.get(f"{page}/change/").content.decode()
    printed = other.post(f"{page}/recovery-slip/").content.decode()
    code = re.search(r"\b([0-9A-Z]{4}-[0-9A-Z]{4})\b", printed)

    assert code
    begun = Client().post("/activate/", {"username": officer.sign_in_name, "code": code[1]})
    assert (begun.status_code, begun["Location"]) == (303, "/activate/code/")


def test_an_administrator_takes_two_and_the_second_prints_the_slip(
    window: Client, sandbox: OutsideWorld
) -> None:
    values = {
        "number": "001192000020",
        "kind": "administrator",
        "sign_in_name": "qt000020",
        "phone": "0501234567",
    }
    answer = window.post("/admin/accounts/account/add/", values)
    assert answer["Location"] == "/admin/core/approval/"
    account = Account.objects.get(sign_in_name="qt000020")
    slip = f"/admin/accounts/account/{account.pk}/slip/"
    other = factories.signed_in(Client(), make_administrator(61))
    for client in (window, other):
        client.post(slip)
    assert not ActivationSlip.objects.exists()  # nobody agreed yet

    decide = f"/admin/core/approval/{Approval.objects.get().pk}/decide/"
    DeviceSession.objects.update(authenticated_at=clock.now())
    assert other.post(decide, {"decision": "approve"}).status_code == 302

    window.post(slip)
    assert not ActivationSlip.objects.exists()
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", other.post(slip).content.decode())
    assert ActivationSlip.objects.get().account == account


def test_an_account_of_somebody_who_left_is_closed_at_once(
    window: Client, administrator: Account
) -> None:
    officer = factories.make_staff(50)
    role = factories.make_role(officer, factories.make_office())
    signed_in = factories.signed_in(Client(), officer)
    asked = window.get(f"/admin/accounts/account/{officer.pk}/close/").content.decode()
    assert str(officer.sign_in_name) in asked
    officer.refresh_from_db()
    assert officer.state == "ACTIVE"  # asking closes nothing
    for account in (officer, administrator):
        window.post(f"/admin/accounts/account/{account.pk}/close/")

    officer.refresh_from_db()
    administrator.refresh_from_db()
    role.refresh_from_db()
    assert (officer.state, administrator.state) == ("CLOSED", "ACTIVE")
    assert role.ended_at is not None
    assert signed_in.get("/counter/").status_code == 302
    assert window.get("/admin/").status_code == 200


# Reference data, what staff hold, and what is counted so far and no further.
SMALL = (
    r'FROM "accounts_(province|registrationcode|countrysigner|office|officerole)"'
    r'|FROM "documents_definedkind"|FROM "payments_(biller|tariff)"|FROM "procedures_(desk|procedure|revision)"'
    r'|FROM "core_calendarday"'
    r"|LIMIT \d+\) subquery$"
)


def test_no_list_counts_a_table_that_grows(window: Client) -> None:
    for page in PAGES:
        with CaptureQueriesContext(connection) as queries:
            assert window.get(page).status_code == 200
        counted = [q["sql"] for q in queries if "COUNT(" in q["sql"]]
        assert [sql for sql in counted if not re.search(SMALL, sql)] == []


def test_changes_of_offices_and_reference_data_are_events(window: Client) -> None:
    test_an_office_is_made_with_its_networks(window)
    test_reference_data_has_days_and_a_source(window)

    changed = AuditEvent.objects.filter(name="accounts.reference_changed").order_by("id")

    first = changed[0].data
    assert (first["code"], first["added"]) == ("HN-09", True)
    assert {row.data["code"] for row in changed} >= {"HN-09", "079"}
    assert all(row.actor_kind == "administrator" for row in changed)
