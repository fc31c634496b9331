"""A paper is shown by a code that works once and for a minute, and its holder reads who read it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import ActedBy, LockReason, OwnerLockReason
from accounts.models import Portrait
from accounts.selectors import data_log
from accounts.services import locking
from documents.models import Presentation
from documents.services import presenting
from eid_portal.core import clock, tidying, verify
from eid_portal.core.events import SYSTEM
from eid_portal.sandbox import data
from tests import factories
from tests.documents.showing import (
    JPEG,
    looks,
    make_holder,
    make_licence,
    phone,
    press_of,
    reader,
)
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
CARD = "/papers/id-card/show/"


@pytest.fixture
def holder() -> Any:
    return make_holder()


def show(client: Client, address: str = CARD, level: str = "BASIC") -> str:
    """Make a code; returns the address that the QR code holds."""
    answer = client.post(address, {"level": level})
    assert answer.status_code == 303, answer.content.decode()
    page = client.get(answer["Location"]).content.decode()
    found = re.search(r'id="code">([^<]+)<', page)
    assert found, page
    return f"/verify/{found[1].replace('-', '')}/"


def open_at(client: Client, address: str) -> str:
    """Press the one button."""
    page = client.get(address)
    assert page.status_code == 200
    return client.post(address, {"press": press_of(page.content.decode())}).content.decode()


def test_a_code_shows_what_the_holder_chose_and_the_holder_reads_it(holder: Any) -> None:
    address = show(phone(holder))

    html = open_at(reader(), address)

    assert "ID card: genuine and valid" in html
    assert holder.citizen.full_name.upper() in html
    assert "data:image/jpeg;base64," in html
    assert holder.citizen.personal_number not in html.replace(" ", "")
    assert f"{holder.citizen.birth_date:%d/%m/%Y}" not in html
    assert "Its holder chose not to show" in html
    event = looks(holder, "documents.paper_shown")[0]
    assert event.data == {
        "kind": "ID_CARD",
        "level": "BASIC",
        "fields": ["photo", "adult", "name", "ending", "expires_on"],
    }
    entry = data_log.find_entry(
        citizen_id=holder.citizen_id, event_id=event.pk, now=clock.now() + timedelta(seconds=5)
    )
    assert entry is not None
    assert entry.kind == "info"


@pytest.mark.parametrize(
    ("level", "shown", "hidden"),
    [("MINIMUM", ["adult"], ["name", "number"]), ("FULL", ["name", "number"], [])],
)
def test_three_levels_show_more_and_more(
    holder: Any, level: str, shown: list[str], hidden: list[str]
) -> None:
    values = {
        "adult": "Aged 18 or over",
        "name": holder.citizen.full_name.upper(),
        "number": " ".join(re.findall("...", holder.citizen.personal_number)),
    }
    html = open_at(reader(), show(phone(holder), level=level))
    for name in shown:
        assert values[name] in html
    for name in hidden:
        assert values[name] not in html


def test_what_is_not_shown_is_named_without_saying_any_of_it(holder: Any) -> None:
    mine, licence = phone(holder), make_licence(holder)
    address = show(mine, f"/papers/{licence.public_id}/show/", level="MINIMUM")

    html = open_at(reader(), address)

    assert "until when each class is valid" in html
    assert "lass A1 valid until" not in html


def test_before_the_button_is_pressed_nothing_of_the_paper_is_said(holder: Any) -> None:
    mine, licence = phone(holder), make_licence(holder)
    html = reader().get(show(mine, f"/papers/{licence.public_id}/show/", level="FULL"))
    assert "until when each class is valid" in html.content.decode()
    assert "valid until" not in html.content.decode().replace("until when", "")


def test_the_page_says_what_each_level_shows_and_the_wallet_shows_by_one_press(
    holder: Any,
) -> None:
    mine = phone(holder)
    first = mine.get(CARD).content.decode()
    assert "There is no code yet." in first
    assert "Photo, aged 18 or over" in first
    assert Presentation.objects.count() == 0

    assert mine.post(CARD).status_code == 303  # as the wallet's button, without a choice

    assert Presentation.objects.get().level == "BASIC"


def test_a_code_ends_after_a_minute(holder: Any) -> None:
    address = show(phone(holder))
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        html = reader().get(address).content.decode()
        posted = reader().post(address).content.decode()
        page = phone(holder).get(CARD).content.decode()
    assert "The code has expired" in html
    assert "The code has expired" in posted
    assert "press “New code”" in posted
    assert "The code ended unread." in page
    assert looks(holder, "documents.paper_shown") == []


def test_the_page_reloads_itself_when_the_code_ends(holder: Any) -> None:
    mine = phone(holder)
    show(mine)
    answer = mine.get(CARD)
    assert 55 <= int(answer["Refresh"]) <= 61
    assert "Refresh" not in phone(make_holder(16)).get(CARD)


def test_a_code_works_once(holder: Any) -> None:
    mine = phone(holder)
    address = show(mine)
    open_at(reader(), address)

    html = reader().get(address).content.decode()
    again = reader().post(address, {"press": "another"}).content.decode()

    assert "The code was read before" in html
    assert "The code was read before" in again
    assert holder.citizen.full_name.upper() not in again
    assert len(looks(holder, "documents.paper_shown")) == 1
    assert "The code was read" in mine.get(CARD).content.decode()


def test_a_button_pressed_twice_is_answered_twice_and_counted_once(holder: Any) -> None:
    someone = reader()
    address = show(phone(holder))
    press = press_of(someone.get(address).content.decode())

    for _time in range(2):
        html = someone.post(address, {"press": press}).content.decode()
        assert holder.citizen.full_name.upper() in html
    with clock.frozen(clock.now() + timedelta(seconds=11)):
        late = someone.post(address, {"press": press}).content.decode()

    assert "The code was read before" in late
    assert len(looks(holder, "documents.paper_shown")) == 1


def test_presses_without_a_name_are_not_the_same_press(holder: Any) -> None:
    address = show(phone(holder))
    assert "genuine" in reader().post(address).content.decode()
    assert "The code was read before" in reader().post(address).content.decode()


def test_a_new_code_ends_the_one_before(holder: Any) -> None:
    mine = phone(holder)
    old, new = show(mine), show(mine)
    assert "The code has expired" in reader().post(old).content.decode()
    assert "genuine and valid" in open_at(reader(), new)


def test_a_licence_is_shown_with_its_classes(holder: Any) -> None:
    paper = make_licence(holder)
    address = show(phone(holder), f"/papers/{paper.public_id}/show/", "MINIMUM")
    html = open_at(reader(), address)
    assert "Driver licence: genuine and valid" in html
    assert "B, A1" in html
    assert "Traffic Police Department confirmed it at" in html
    assert holder.citizen.full_name.upper() not in html


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("VERIFYING", "Its registry is being asked."),
        ("MISMATCH", "ask for a correction"),
        ("NOT_FOUND", "Its registry does not find it."),
        ("UNAVAILABLE", "has not answered for days"),
        ("EXPIRED", "Exchange it at an office"),
        ("REVOKED", "Its registry revoked it."),
    ],
)
def test_a_paper_that_is_not_verified_says_why_and_what_to_do(
    holder: Any, state: str, words: str
) -> None:
    paper = make_licence(holder, state=state)
    for action in ("show", "share"):
        address = f"/papers/{paper.public_id}/{action}/"
        for answer in (phone(holder).get(address), phone(holder).post(address)):
            html = answer.content.decode()
            assert answer.status_code == 200
            assert "This paper cannot be shown now" in html
            assert words in html
            assert f'href="/papers/{paper.public_id}/"' in html
    assert Presentation.objects.count() == 0


def test_a_paper_that_ceases_to_be_verified_is_no_longer_shown_by_its_code(holder: Any) -> None:
    paper = make_licence(holder)
    address = show(phone(holder), f"/papers/{paper.public_id}/show/")
    type(paper).objects.filter(pk=paper.pk).update(state="REVOKED")

    html = reader().post(address, {"press": "p"}).content.decode()

    assert "Nothing can be shown now" in html
    assert looks(holder, "documents.paper_shown") == []
    assert Presentation.objects.get().used_at is None


def test_a_locked_account_shows_nothing(holder: Any) -> None:
    address = show(phone(holder))
    locking.lock(
        account=holder, by=ActedBy.OWNER, reason=LockReason.OWNER,
        why=OwnerLockReason.LOST_PHONE, actor=SYSTEM, now=clock.now(),
    )  # fmt: skip
    assert "Nothing can be shown now" in reader().post(address).content.decode()


def test_somebody_elses_paper_is_none_at_all(holder: Any) -> None:
    paper = make_licence(holder)
    other = phone(make_holder(16))
    for address in (f"/papers/{paper.public_id}/show/", "/papers/nothing/show/"):
        assert other.get(address).status_code == 404
        assert other.post(address).status_code == 404
    assert Presentation.objects.count() == 0


def test_an_officer_who_is_signed_in_is_named_by_office(holder: Any) -> None:
    office = factories.make_office()
    officer = factories.make_staff(50)
    factories.make_role(officer, office)
    desk = factories.signed_in(Client(headers={"Accept-Language": "en"}), officer, office)

    assert "genuine and valid" in open_at(desk, show(phone(holder)))

    event = looks(holder, "documents.paper_shown")[0]
    assert event.actor_id == officer.pk
    assert event.office_id == office.pk


def test_too_many_codes_wait(holder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from documents import policy

    monkeypatch.setattr(policy, "SHOW", replace(policy.SHOW, allowed=2))
    mine = phone(holder)
    show(mine)
    show(mine)
    answer = mine.post(CARD)
    assert answer.status_code == 429
    assert "You made too many codes" in answer.content.decode()


def test_codes_are_kept_sealed_and_deleted_in_time(holder: Any) -> None:
    address = show(phone(holder))
    code = address.split("/")[2]
    row = Presentation.objects.get()
    assert row.token == code
    assert code.encode() not in bytes(row.token_hash)
    assert verify.read(verify.grouped(code)) == code

    later = clock.now() + timedelta(days=8)
    with clock.frozen(later):
        assert tidying.delete_old(now=later)["presentations"] == 1
    assert Presentation.objects.count() == 0


def test_the_register_is_asked_for_a_photo_that_is_not_here(sandbox: OutsideWorld) -> None:
    known = data.PEOPLE["001085000001"]
    someone = make_holder(
        personal_number="001085000001", full_name=known.name, birth_date=known.born, sex=known.sex
    )
    Portrait.objects.all().delete()

    html = open_at(reader(), show(phone(someone)))
    show(phone(someone))

    assert "data:image/" in html
    assert Portrait.objects.get().citizen == someone.citizen
    assert len(looks(someone, "accounts.register_asked")) == 1


def test_the_photo_of_somebody_without_one_is_a_placeholder(sandbox: OutsideWorld) -> None:
    holder = make_holder(97)  # whom the register does not know
    Portrait.objects.all().delete()
    html = open_at(reader(), show(phone(holder)))
    show(phone(holder))
    assert len(looks(holder, "accounts.register_asked")) == 1  # not at every press
    assert "No portrait photo" in html
    assert JPEG.decode("latin-1") not in html


def test_the_registry_of_codes_knows_ours() -> None:
    presenting.register()  # a second ready() changes nothing
    assert verify.read("x" + "0" * 11) == "X" + "0" * 11
