"""Codes of papers shown and shared, met by previews, guessers, thieves and crowds."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from documents import policy
from documents.enums import Level
from documents.models import Presentation, Share, ShareView
from documents.services import presenting, sharing
from eid_portal.core import clock, ids, sealed, verify
from eid_portal.core.models import AuditEvent
from tests.documents.showing import looks, make_holder, phone, reader

AT_ONCE = 500
THREADS = 25


def a_code(holder: Any) -> str:
    code = verify.new_code(presenting.KIND)
    Presentation.objects.create(
        citizen=holder.citizen, made_by=holder, made_at=clock.now(), token=code,
        token_hash=sealed.keyed_hash(presenting.PURPOSE, code), level=Level.BASIC,
        expires_at=clock.now() + policy.CODE_LASTS,
    )  # fmt: skip
    return f"/verify/{code}/"


def a_share(holder: Any, views: int = 3) -> str:
    code = verify.new_code(sharing.KIND)
    Share.objects.create(
        citizen=holder.citizen, made_by=holder, made_at=clock.now(), token=code,
        token_hash=sealed.token_hash(code), level=Level.BASIC, purpose="Hồ sơ xin việc",
        ends_at=sharing.end_of(7, now=clock.now()), views_allowed=views, press=ids.public_id(),
    )  # fmt: skip
    return f"/verify/{code}/"


# --- Previews ---------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("make", [a_code, a_share])
def test_previews_scanners_and_prefetches_use_nothing_up_and_see_nobody(make: Any) -> None:
    holder = make_holder()
    address = make(holder)
    bots = (
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": "Zalo/1.0"},
        {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"},
        {"User-Agent": "TelegramBot (like TwitterBot)"},
    )
    before = AuditEvent.objects.count()
    for headers in bots:
        for method in ("get", "head", "options"):
            answer = getattr(Client(headers=headers), method)(address)
            html = answer.content.decode()
            assert holder.citizen.full_name not in html
            assert holder.citizen.full_name.upper() not in html
            assert "data:image" not in html

    assert AuditEvent.objects.count() == before
    assert not Presentation.objects.filter(used_at__isnull=False).exists()
    assert not ShareView.objects.exists()
    assert "data:image" in reader().post(address).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("make", [a_code, a_share])
def test_a_page_elsewhere_cannot_press_the_button(make: Any) -> None:
    address = make(make_holder())
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(address, {"press": "p"}).status_code == 403
    assert not Presentation.objects.filter(used_at__isnull=False).exists()
    assert not ShareView.objects.exists()


# --- Guessing and replay ------------------------------------------------------------------------------
@pytest.mark.django_db
def test_guessing_is_stopped_and_finds_nothing() -> None:
    holder = make_holder()
    address = a_code(holder)
    guesser, counted = reader(), Counter[int]()
    for _guess in range(40):
        code = verify.new_code(presenting.KIND)
        answer = guesser.post(f"/verify/{code}/", {"press": "p"})
        counted[answer.status_code] += 1
        assert holder.citizen.full_name.upper() not in answer.content.decode()
    assert counted == {404: 30, 429: 10}
    assert guesser.post(address).status_code == 429
    assert not looks(holder, "documents.paper_shown")


@pytest.mark.django_db
def test_who_is_signed_in_is_not_stopped_by_a_guesser_on_the_same_network() -> None:
    holder, neighbour = make_holder(), make_holder(16)
    address = a_code(holder)
    for _guess in range(31):
        reader().post(f"/verify/{verify.new_code(presenting.KIND)}/")
    assert reader().get(address).status_code == 429
    assert "genuine and valid" in phone(neighbour).post(address).content.decode()


@pytest.mark.django_db
def test_codes_of_one_kind_open_nothing_of_another() -> None:
    holder = make_holder()
    code = a_code(holder).split("/")[2]
    for other in ("C" + code[1:], code + "0" * 12, "C" + code[1:] + "0" * 12, code[:-1]):
        assert "Not issued by us" in reader().post(f"/verify/{other}/").content.decode()
    assert not looks(holder, "documents.paper_shown")


@pytest.mark.django_db
def test_a_closed_share_and_a_used_code_stay_closed_to_every_replay() -> None:
    holder = make_holder()
    code, share = a_code(holder), a_share(holder)
    assert "genuine and valid" in reader().post(code, {"press": "thief"}).content.decode()
    Share.objects.update(revoked_at=clock.now())
    for press in ("", "p", "another"):
        assert "The code was read before" in reader().post(code, {"press": press}).content.decode()
        assert "No longer shared" in reader().post(share, {"press": press}).content.decode()
    assert len(looks(holder, "documents.paper_shown")) == 1
    assert not looks(holder, "documents.share_viewed")


@pytest.mark.django_db
def test_a_long_or_odd_press_is_no_fault() -> None:
    holder = make_holder()
    for press in ("x" * 10_000, "é" * 40, "' OR 1=1 --", "\u202e"):
        assert (
            "genuine and valid" in reader().post(a_code(holder), {"press": press}).content.decode()
        )


# --- Crowds -------------------------------------------------------------------------------------------
def crowd(address: str, times: int) -> Counter[str]:
    """Press the button so often at the same time, each press another one."""
    gate = threading.Barrier(THREADS)

    def press(number: int) -> str:
        try:
            if number < THREADS:
                gate.wait(timeout=60)
            html = reader().post(address, {"press": f"press-{number}"}).content.decode()
        finally:
            connection.close()
        return "seen" if "genuine and valid" in html else "refused"

    with ThreadPoolExecutor(THREADS) as threads:
        return Counter(threads.map(press, range(times)))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_five_hundred_open_a_share_of_three_views_and_three_see_it() -> None:
    holder = make_holder()

    counted = crowd(a_share(holder), AT_ONCE)

    assert counted == {"seen": 3, "refused": AT_ONCE - 3}
    assert Share.objects.get().views_used == 3
    assert ShareView.objects.count() == 3
    assert len(looks(holder, "documents.share_viewed")) == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_who_read_a_code_at_the_same_time_one_sees_it() -> None:
    holder = make_holder()

    counted = crowd(a_code(holder), 2 * THREADS)

    assert counted == {"seen": 1, "refused": 2 * THREADS - 1}
    assert len(looks(holder, "documents.paper_shown")) == 1
