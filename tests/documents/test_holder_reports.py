"""Who read a paper says that the person before them is not its holder: once, and the holder is told."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from accounts import policy as accounts_policy
from accounts import texts
from accounts.enums import NoticeKind
from accounts.models import Account, Guardianship, Notice
from accounts.selectors import data_log
from documents import policy
from documents.models import HolderReport, PrintedCard, RoadsideLook, Share, SignedCopy
from documents.services import printed_cards, sharing, signed_copies
from eid_portal.core import clock, sealed, tidying, verify
from eid_portal.core.events import ActorKind
from eid_portal.core.models import AuditEvent
from tests import factories
from tests.documents.showing import looks, make_holder, make_licence, make_vehicle, phone, reader
from tests.documents.test_presenting import open_at, show
from tests.documents.test_roadside import LICENCE, PLATE, ask, car, driver, office, officer
from tests.documents.test_sharing import child

__all__ = ["car", "child", "driver", "office", "officer"]
pytestmark = pytest.mark.django_db
REPORT = "/verify/report/"
DOUBTED = "documents.holder_doubted"


@pytest.fixture
def holder() -> Account:
    return make_holder()


def token_of(html: str) -> str:
    found = re.search(r'name="report" value="([^"]+)"', html)
    assert found, html
    return found[1]


def read(holder: Account, client: Client | None = None) -> str:
    """Somebody reads the ID card; the token of that reading."""
    return token_of(open_at(client or reader(), show(phone(holder))))


def told(account: Account, channel: str = "INBOX") -> list[Notice]:
    kinds = (NoticeKind.HOLDER_DOUBTED, NoticeKind.HOLDER_DOUBTED_ROAD)
    return list(Notice.objects.filter(account=account, channel=channel, kind__in=kinds))


# --- At /verify/ ------------------------------------------------------------------------------------
def test_the_holder_is_told_when_and_what_to_do(holder: Account) -> None:
    factories.make_phone(holder)
    token = read(holder)

    answer = reader().post(REPORT, {"report": token})

    assert answer.status_code == 200
    html = answer.content.decode()
    assert "Thank you, the holder was told" in html
    assert holder.citizen.full_name.upper() not in html.upper()
    event = looks(holder, DOUBTED)[0]
    assert event.data == {"kind": "ID_CARD", "reference": ""}
    with translation.override("en"):
        entry = data_log.find_entry(
            citizen_id=holder.citizen_id, event_id=event.pk, now=clock.now() + timedelta(seconds=5)
        )
    assert entry is not None
    assert "not the holder: ID card" in entry.title
    assert entry.kind == "err"
    notice = told(holder)[0]
    with translation.override("en"):
        inbox = texts.words(notice.kind, notice.version, notice.values)
    local = clock.now().astimezone(clock.VIET_NAM)
    for words in ("ID card", f"{local:%d/%m/%Y}", "somebody who had the code", "/stop/", "revoke"):
        assert words in inbox
    assert re.search(r" [0-9A-Z]{4} [0-9A-Z]{4}\.", told(holder, "SMS")[0].text)


def test_it_works_once_and_is_answered_the_same_again(holder: Account) -> None:
    token = read(holder)
    pages = []
    for minutes in (0, 5):
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            html = reader().post(REPORT, {"report": token}).content.decode()
        pages.append(re.search(r"Reported at [^<]+", html))
    assert pages[0]
    assert pages[1]
    assert pages[0][0] == pages[1][0]
    assert len(looks(holder, DOUBTED)) == 1
    assert len(told(holder)) == 1


def test_a_token_that_is_none_or_too_old_is_a_plain_page_that_says_what_to_do(
    holder: Account,
) -> None:
    token = read(holder)
    other = sealed.keyed_hash("documents.holder_report", holder.citizen.public_id).hex()
    for forged in ("", other, token[:-2] + "xx", token * 100, "\x00", holder.citizen.public_id):
        answer = reader().post(REPORT, {"report": forged})
        assert answer.status_code == 404, forged
        assert "enter it again and report from its result" in answer.content.decode()
    with clock.frozen(clock.now() + policy.HOLDER_REPORT_LASTS + timedelta(seconds=1)):
        answer = reader().post(REPORT, {"report": token})
        assert answer.status_code == 404
        assert "half an hour" in answer.content.decode()
        assert tidying.delete_old(now=clock.now())["holder_reports"] == 1
    assert looks(holder, DOUBTED) == []
    assert told(holder) == []


def test_a_token_names_neither_paper_nor_holder_and_is_kept_only_as_its_hash(
    holder: Account,
) -> None:
    token = read(holder)
    row = HolderReport.objects.get()
    assert bytes(row.token_hash) == sealed.token_hash(token)
    for known in (row.pk, holder.citizen_id, holder.pk):
        assert str(known) not in token
        assert known.hex not in token


def test_nothing_of_who_reports_is_kept_also_where_they_are_signed_in(holder: Account) -> None:
    other = make_holder(16)
    token = read(holder, phone(other))

    phone(other).post(REPORT, {"report": token})

    event = AuditEvent.objects.get(name=DOUBTED)
    assert event.actor_kind == ActorKind.ANYONE
    assert event.actor_id is None
    assert event.actor_citizen_id is None
    notice = told(holder)[0]
    assert other.citizen.full_name not in f"{notice.text} {notice.values}"


def test_a_button_pressed_twice_reads_once_and_reports_once(holder: Account) -> None:
    address, guard = show(phone(holder)), reader()
    press = {"press": "same"}
    first, second = (token_of(guard.post(address, press).content.decode()) for _time in range(2))
    assert first == second
    assert HolderReport.objects.count() == 1


def _shared(holder: Account) -> tuple[str, Any]:
    code = verify.new_code(sharing.KIND)
    row = Share.objects.create(
        citizen=holder.citizen, made_by=holder, made_at=clock.now(), token=code, level="BASIC",
        token_hash=sealed.token_hash(code), purpose="Xin việc", views_allowed=3, press="p",
        ends_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    return code, row


def _copied(holder: Account) -> tuple[str, Any]:
    code = verify.new_code(signed_copies.COPIES)
    row = SignedCopy.objects.create(
        citizen=holder.citizen, made_by=holder, made_at=clock.now(), level="BASIC", language="en",
        token_hash=sealed.token_hash(code), purpose="Xin việc", content_hash=b"x", says={"facts": []},
        pdf=b"%PDF",
    )  # fmt: skip
    return code, row


def _printed(holder: Account) -> tuple[str, Any]:
    from eid_portal.core import jws

    code = verify.new_code(printed_cards.CARDS)
    signed, key_id = jws.sign({"facts": []}, purpose=printed_cards.KEYS, kind=printed_cards.CARD)
    row = PrintedCard.objects.create(
        public_id=code, citizen=holder.citizen, made_by=holder, made_at=clock.now(), code=signed,
        level="BASIC", language="en", key_id=key_id, expires_at=clock.now() + timedelta(days=9),
    )  # fmt: skip
    return code, row


@pytest.mark.parametrize("make", [_shared, _copied, _printed])
def test_shared_copies_signed_copies_and_cards_are_reported_reading_by_reading(
    holder: Account, make: Callable[[Account], tuple[str, Any]]
) -> None:
    code, row = make(holder)
    tokens = set()
    for seconds in (0, 0, 60):
        with clock.frozen(clock.now() + timedelta(seconds=seconds)):
            press = {"press": f"press {seconds}"}
            html = reader().post(f"/verify/{code}/", press).content.decode()
        tokens.add(token_of(html))
    assert len(tokens) == 2
    for token in tokens:
        assert code not in token
        assert str(row.pk) not in token
        assert reader().post(REPORT, {"report": token}).status_code == 200
    assert len(looks(holder, DOUBTED)) == 2
    assert len(told(holder)) == 2


def test_who_goes_on_reporting_stops_reaching_the_phone_and_then_waits(
    holder: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = replace(accounts_policy.VERIFY_REPORTS, allowed=3)
    monkeypatch.setattr(accounts_policy, "VERIFY_REPORTS", limit)
    monkeypatch.setattr(policy, "HOLDER_TOLD", replace(policy.HOLDER_TOLD, allowed=2))
    tokens = [read(holder) for _time in range(4)]

    answers = [reader().post(REPORT, {"report": token}).status_code for token in tokens]

    assert answers == [200, 200, 200, 429]
    assert len(looks(holder, DOUBTED)) == 3
    assert len(told(holder)) == 2
    elsewhere = reader().post(REPORT, {"report": tokens[3]}, REMOTE_ADDR="198.51.100.9")
    assert elsewhere.status_code == 200


def test_a_guardian_who_showed_a_childs_paper_is_told_while_they_act(
    holder: Account, child: Any
) -> None:
    licence = make_licence(holder, citizen=child)
    licence.linked_by = holder
    licence.save()
    for over in (False, True):
        code = verify.new_code(sharing.KIND)
        row = Share.objects.create(
            citizen=child, document=licence, made_by=holder, made_at=clock.now(), token=code,
            level="BASIC", token_hash=sealed.token_hash(code), purpose="Trường học", views_allowed=3,
            press=code, ends_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
        token = token_of(open_at(reader(), f"/verify/{code}/"))
        if over:  # they act for the child no more
            Guardianship.objects.update(state="ENDED", ended_at=clock.now())
        assert reader().post(REPORT, {"report": token}).status_code == 200
        assert len(told(holder)) == 1
        assert row.views.count() == 1


def test_the_page_needs_the_token_of_its_form_and_opens_nothing_by_get(holder: Account) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(REPORT, {"report": read(holder)}).status_code == 403
    assert reader().get(REPORT)["Location"] == "/verify/"
    assert looks(holder, DOUBTED) == []


def test_the_pages_are_in_both_languages(holder: Account) -> None:
    vietnamese = Client(headers={"Accept-Language": "vi"})
    html = vietnamese.post(REPORT, {"report": read(holder)}).content.decode()
    assert '<html lang="vi"' in html
    with translation.override("vi"):
        assert str(gettext("Thank you, the holder was told")) in html
    assert "Verify another code" not in html


# --- On the road --------------------------------------------------------------------------------------
def test_an_officer_reports_another_face_and_the_driver_reads_which_office(
    car: Client, driver: Account, officer: Account, office: Any
) -> None:
    make_licence(driver)
    page = ask(car, LICENCE)["Location"]
    address = f"{page}other-face/"
    assert address in car.get(page).content.decode()

    for _time in range(2):
        answer = car.post(address)
        assert answer.status_code == 303
        assert answer["Location"] == page

    html = car.get(page).content.decode()
    assert "that the face is another one" in html
    assert "May drive: " not in html
    assert address not in html
    event = looks(driver, DOUBTED)
    reference = RoadsideLook.objects.get().reference
    assert [(row.office_id, row.data["reference"]) for row in event] == [(office.pk, reference)]
    notices = told(driver)
    assert len(notices) == 1
    assert reference in notices[0].text
    assert {office.name, office.name_en} & set(
        re.findall("Phòng CSGT Mẫu|Sample Traffic Police", notices[0].text)
    )
    assert officer.citizen.full_name not in notices[0].text
    assert car.get(address)["Location"] == page


def test_only_the_officers_own_look_with_a_face_is_reported(
    car: Client, driver: Account, office: Any
) -> None:
    make_licence(driver)
    make_vehicle(driver)
    vehicle = ask(car, PLATE)["Location"]
    assert "other-face" not in car.get(vehicle).content.decode()
    assert car.post(f"{vehicle}other-face/").status_code == 404
    licence = ask(car, LICENCE)["Location"]
    colleague = factories.make_staff(51)
    factories.make_role(colleague, office, "ROADSIDE")
    other = factories.signed_in(Client(), colleague, office)
    assert other.post(f"{licence}other-face/").status_code == 404
    assert looks(driver, DOUBTED) == []
