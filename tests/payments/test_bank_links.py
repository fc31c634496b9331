"""A bank account is linked because its bank says so, once, for who began it, in whose name it stands."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import Account, Citizen, Notice
from accounts.services import sessions
from accounts.services.sessions import Session
from eid_portal.core import clock, outside
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import Job
from eid_portal.sandbox import data
from eid_portal.sandbox.money import accounts as bank_accounts
from eid_portal.sandbox.money import switch
from payments import policy
from payments.enums import LinkState, ReportOutcome
from payments.models import BankLink
from payments.rules import banks
from payments.services import bank_links
from tests.documents.wallets import session_of
from tests.factories import make_account, make_citizen, signed_in
from tests.outside_world import OutsideWorld
from tests.payments.world import on_a_thread, work

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "001085000001"
BANK = "970436"
SWITCH = Actor(kind=ActorKind.PARTY, party="napas")


@pytest.fixture
def holder(sandbox: OutsideWorld) -> Account:
    return _known(NUMBER)


def _known(number: str) -> Account:
    person = data.PEOPLE[number]
    citizen = make_citizen(personal_number=number, full_name=person.name, birth_date=person.born)
    return make_account(citizen)


def _own(number: str = NUMBER, place: int = 0, bank: str = BANK) -> str:
    return bank_accounts.of(data.PEOPLE[number], bank)[place].number


def _begin(session: Session, bank: str = BANK) -> BankLink:
    return bank_links.begin(session=session, bank=bank, now=clock.now())


def _finish(session: Session, row: BankLink) -> BankLink:
    return bank_links.finish(session=session, consent_id=row.consent_id or "", now=clock.now())


def _link(sandbox: OutsideWorld, session: Session, *, place: int = 0, bank: str = BANK) -> BankLink:
    row = _begin(session, bank)
    assert switch.give(sandbox.world, row.consent_id or "", _own(place=place, bank=bank))
    return _finish(session, row)


def _unlink(account: Account, row: BankLink) -> BankLink:
    return bank_links.unlink(
        account=account,
        link=row.public_id,
        actor=sessions.actor_of(session_of(account)),
        now=clock.now(),
    )


def _state_at_bank(sandbox: OutsideWorld, row: BankLink) -> str:
    found = switch.find_consent(sandbox.world, row.consent_id or "")
    assert found is not None
    return found.state


def test_every_bank_we_offer_is_one_the_switch_knows():
    assert dict(banks.NAMES) == bank_accounts.BANKS


def test_its_holder_is_told_once_that_it_is_linked_and_that_it_no_longer_is(sandbox, holder):
    session = session_of(holder)
    row = _link(sandbox, session)
    _finish(session, row)
    _link(sandbox, session)
    last = BankLink.objects.get(state=LinkState.ACTIVE)
    for _press in range(2):
        _unlink(holder, last)

    told = Notice.objects.filter(account=holder, channel="INBOX").order_by("pk")
    assert [one.kind for one in told] == ["BANK_LINKED", "BANK_LINKED", "BANK_UNLINKED"]
    assert all(row.ending in one.text for one in told)


def test_the_bank_says_whose_and_which_account(sandbox, holder):
    session = session_of(holder)

    row = _link(sandbox, session)

    assert row.state == LinkState.ACTIVE
    assert row.is_default
    row = BankLink.objects.get()
    assert (row.ending, row.holder_name) == (
        _own()[-4:],
        bank_accounts.holder_name(data.PEOPLE[NUMBER]),
    )
    assert row.token
    assert _own() not in str(vars(row))


def test_begun_twice_is_one_consent_and_come_back_twice_is_one_link(sandbox, holder):
    session = session_of(holder)
    first, second = _begin(session), _begin(session)
    assert first.pk == second.pk
    switch.give(sandbox.world, first.consent_id or "", _own())

    assert _finish(session, first).pk == _finish(session, second).pk
    assert BankLink.objects.filter(state=LinkState.ACTIVE).count() == 1


def test_pressed_by_many_at_once_it_is_linked_once(sandbox, holder):
    session = session_of(holder)
    with ThreadPoolExecutor(6) as pool:
        rows = list(pool.map(on_a_thread(lambda _place: _begin(session)), range(6)))
    assert len({row.pk for row in rows}) == 1
    switch.give(sandbox.world, rows[0].consent_id or "", _own())

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(on_a_thread(lambda _place: _finish(session, rows[0])), range(6)))

    assert {row.state for row in done} == {LinkState.ACTIVE}
    assert BankLink.objects.count() == 1


@pytest.mark.parametrize("consent", ["", "nothing", "\x00", "é" * 300])
def test_a_made_up_consent_links_nothing(sandbox, holder, consent):
    with pytest.raises(bank_links.NoSuchLink):
        bank_links.finish(session=session_of(holder), consent_id=consent, now=clock.now())


def test_another_person_and_another_session_cannot_take_a_consent(sandbox, holder):
    session = session_of(holder)
    row = _begin(session)
    switch.give(sandbox.world, row.consent_id or "", _own())
    other = session_of(make_account(make_citizen(77)))

    for stranger in (other, replace(session, id=uuid4())):
        with pytest.raises(bank_links.NoSuchLink):
            _finish(stranger, row)

    assert BankLink.objects.get().state == LinkState.LINKING


def test_what_was_not_agreed_is_not_linked(sandbox, holder):
    session = session_of(holder)
    row = _begin(session)
    with pytest.raises(bank_links.NotDecided):
        _finish(session, row)

    switch.refuse(sandbox.world, row.consent_id or "")

    for _time in range(2):
        with pytest.raises(bank_links.NotLinked) as refused:
            _finish(session, row)
        assert refused.value.code == "refused"
    assert BankLink.objects.get().state == LinkState.REFUSED


def test_an_account_in_another_name_is_refused_and_its_consent_ended(sandbox, holder):
    citizen = Citizen.objects.get(pk=holder.citizen_id)
    citizen.full_name = "Người Khác Hẳn"
    citizen.save()
    session = session_of(Account.objects.select_related("citizen").get(pk=holder.pk))
    row = _begin(session)
    switch.give(sandbox.world, row.consent_id or "", _own())

    with pytest.raises(bank_links.NotLinked) as refused:
        _finish(session, row)

    assert refused.value.code == "other_name"
    work()
    assert _state_at_bank(sandbox, row) == "ended"


def test_nobody_came_back(sandbox, holder):
    session = session_of(holder)
    row = _begin(session)
    switch.give(sandbox.world, row.consent_id or "", _own())

    work()

    assert BankLink.objects.get().state == LinkState.REFUSED
    assert _state_at_bank(sandbox, row) == "ended"
    with pytest.raises(bank_links.NotLinked) as refused:
        _finish(session, row)
    assert refused.value.code == "expired"


def test_a_silent_bank_is_asked_again_for_the_same_consent(sandbox, holder, monkeypatch):
    session = session_of(holder)
    silent = lambda *_asked: outside.Unknown("read_timeout")  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr(outside, "send", silent)
        with pytest.raises(bank_links.BankSilent):
            _begin(session)
    row = _begin(session)
    switch.give(sandbox.world, row.consent_id or "", _own())
    with monkeypatch.context() as patch:
        patch.setattr(outside, "send", silent)
        with pytest.raises(bank_links.BankSilent):
            _finish(session, row)

    assert _finish(session, row).state == LinkState.ACTIVE
    assert BankLink.objects.count() == 1


def test_default_changes_and_passes_on_when_it_is_unlinked(sandbox, holder):
    session = session_of(holder)
    first, second = _link(sandbox, session), _link(sandbox, session, bank="970405")
    bank_links.make_default(
        account=holder, link=second.public_id, actor=sessions.actor_of(session), now=clock.now()
    )
    assert list(BankLink.objects.filter(is_default=True)) == [second]

    _unlink(holder, second)
    _unlink(holder, second)  # twice is once
    work()

    assert list(BankLink.objects.filter(is_default=True)) == [first]
    assert _state_at_bank(sandbox, second) == "ended"
    with pytest.raises(bank_links.NoSuchLink):
        bank_links.make_default(
            account=holder, link=second.public_id, actor=sessions.actor_of(session), now=clock.now()
        )


def test_the_same_account_linked_again_takes_the_place_of_the_first(sandbox, holder):
    session = session_of(holder)
    first, second = _link(sandbox, session), _link(sandbox, session)
    assert first.pk != second.pk

    work()

    assert BankLink.objects.get(state=LinkState.ACTIVE).pk == second.pk
    assert BankLink.objects.get(is_default=True).pk == second.pk
    assert (_state_at_bank(sandbox, first), _state_at_bank(sandbox, second)) == ("ended", "given")


def test_nobody_unlinks_for_another(sandbox, holder):
    row = _link(sandbox, session_of(holder))
    with pytest.raises(bank_links.NoSuchLink):
        _unlink(make_account(make_citizen(78)), row)


def test_a_person_links_so_many_and_begins_so_often(sandbox, holder, monkeypatch):
    session = session_of(holder)
    _link(sandbox, session)
    monkeypatch.setattr(policy, "LINKS_MOST", 1)
    with pytest.raises(bank_links.TooManyLinks):
        _begin(session)
    with pytest.raises(bank_links.BegunTooOften) as refused:  # noqa: PT012
        for _time in range(policy.BEGIN_LINK.allowed):
            with pytest.raises(bank_links.TooManyLinks):
                _begin(session)
        _begin(session)
    assert refused.value.until > clock.now()


def _report(row: BankLink, state: str, *, consent: str | None = None) -> ReportOutcome:
    return bank_links.take_report(
        reference=row.public_id,
        consent_id=row.consent_id or "" if consent is None else consent,
        state=state,
        actor=SWITCH,
    )


def test_a_consent_that_the_bank_ended_pays_no_longer(sandbox, holder):
    from django.db import transaction

    row = _link(sandbox, session_of(holder))
    with transaction.atomic():
        assert _report(row, "ended", consent="another") == ReportOutcome.CONTRADICTS
        assert _report(row, "refused") == ReportOutcome.CONTRADICTS
        assert _report(row, "ended") == ReportOutcome.APPLIED
        assert _report(row, "ended") == ReportOutcome.KNOWN
        assert _report(BankLink(public_id="x"), "ended") == ReportOutcome.NOT_OURS
    row.refresh_from_db()
    assert (row.state, row.code, row.is_default) == (LinkState.UNLINKED, "bank", False)


def test_a_report_never_links(sandbox, holder):
    from django.db import transaction

    row = _begin(session_of(holder))
    with transaction.atomic():
        assert _report(row, "given") == ReportOutcome.KNOWN
    assert BankLink.objects.get().state == LinkState.LINKING
    with transaction.atomic():
        assert _report(row, "ended") == ReportOutcome.APPLIED
    assert BankLink.objects.get().state == LinkState.REFUSED


# --- Pages ----------------------------------------------------------------------------------------
def _page(client: Client, path: str, data: Any = None) -> Any:
    if data is None:
        return client.get(path, secure=True)
    return client.post(path, data, secure=True)


def test_the_way_to_the_bank_and_back(sandbox, holder, client):
    browser = signed_in(client, holder)
    assert _page(browser, "/banks/").status_code == 200
    assert _page(browser, "/banks/link/?bank=970436").status_code == 200
    there = _page(browser, "/banks/link/", {"bank": BANK})
    assert there.status_code == 303
    row = BankLink.objects.get()
    asked = _page(browser, there["Location"]).content.decode()
    assert row.page in asked
    switch.give(sandbox.world, row.consent_id or "", _own())

    back = f"/banks/return/?consent={row.consent_id}"
    assert _page(browser, back).status_code == 200
    assert BankLink.objects.get().state == LinkState.LINKING  # looking changes nothing
    assert _page(browser, "/banks/return/", {"consent": row.consent_id}).status_code == 303

    shown = _page(browser, "/banks/").content.decode()
    assert _own()[-4:] in shown
    assert _own() not in shown
    assert _page(browser, f"/banks/{row.public_id}/unlink/").status_code == 200
    assert _page(browser, f"/banks/{row.public_id}/default/", {}).status_code == 303
    assert _page(browser, f"/banks/{row.public_id}/unlink/", {}).status_code == 303
    assert BankLink.objects.get().state == LinkState.UNLINKED


@pytest.mark.parametrize("bank", ["", "970499", "x" * 500, "\u0669" * 6])
def test_a_bank_nobody_knows(sandbox, holder, client, bank):
    answer = _page(signed_in(client, holder), "/banks/link/", {"bank": bank})
    assert answer.status_code == 200
    assert not BankLink.objects.exists()


def _linked_from(
    sandbox: OutsideWorld, browser: Client, onward: str, bank: str = BANK, *, place: int = 0
) -> str:
    """Link an account having come from ``onward``, twice pressed; ends where both presses lead."""
    there = _page(browser, "/banks/link/", {"bank": bank, "next": onward})
    assert there.status_code == 303
    row = BankLink.objects.latest("begun_at")
    switch.give(sandbox.world, row.consent_id or "", _own(place=place, bank=bank))
    answers = [_page(browser, "/banks/return/", {"consent": row.consent_id}) for _time in range(2)]
    [reached] = {answer["Location"] for answer in answers}
    return str(reached)


def test_who_came_from_a_payment_goes_back_to_it(sandbox, holder, client):
    browser = signed_in(client, holder)
    bills = "&".join(f"bill={name * 22}" for name in "abcdefghijklmnopqrst")
    onward = f"/payments/start/?{bills}"

    form = _page(browser, f"/banks/link/?{urlencode({'next': onward})}").content.decode()
    assert f'name="next" value="{escape(onward)}"' in form
    refused = _page(browser, "/banks/link/", {"bank": "", "next": onward}).content.decode()
    assert f'name="next" value="{escape(onward)}"' in refused
    assert _linked_from(sandbox, browser, onward) == onward


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example/",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/" + "x" * 1024,
        "",
    ],
)
def test_only_a_page_of_ours_is_gone_back_to(sandbox, holder, client, elsewhere):
    browser = signed_in(client, holder)
    if len(elsewhere) < 1024:
        assert (
            'name="next"'
            not in _page(browser, f"/banks/link/?{urlencode({'next': elsewhere})}").content.decode()
        )
    assert _linked_from(sandbox, browser, elsewhere) == "/banks/"
    assert BankLink.objects.get().onward == ""


def test_the_last_way_back_counts_and_is_kept_when_it_is_begun_again(sandbox, holder, client):
    browser = signed_in(client, holder)
    _page(browser, "/banks/link/", {"bank": BANK, "next": "/transfers/"})
    there = _page(browser, "/banks/link/", {"bank": BANK, "next": "/payments/orders/abc/"})
    row = BankLink.objects.get()
    assert row.onward == "/payments/orders/abc/"
    again = escape(f"/banks/link/?bank={BANK}&next=%2Fpayments%2Forders%2Fabc%2F")
    assert again in _page(browser, there["Location"]).content.decode()

    switch.refuse(sandbox.world, row.consent_id or "")
    answer = _page(browser, "/banks/return/", {"consent": row.consent_id})
    assert answer.status_code == 409
    assert again in answer.content.decode()


def test_strange_returns_say_so(sandbox, holder, client):
    browser = signed_in(client, holder)
    assert _page(browser, "/banks/return/").status_code == 404
    assert _page(browser, "/banks/return/?consent=%00").status_code == 400
    assert _page(browser, "/banks/return/", {"consent": "made-up"}).status_code == 409
    for path in ("agree", "unlink"):
        assert _page(browser, f"/banks/nothing/{path}/").status_code == 404
    for path in ("default", "unlink"):
        assert _page(browser, f"/banks/nothing/{path}/", {}).status_code == 404


def test_no_job_bears_more_than_ids(sandbox, holder):
    _link(sandbox, session_of(holder))
    assert set(Job.objects.values_list("task", flat=True)) <= {bank_links.EXPIRE, bank_links.END}
    assert clock.now() + timedelta(hours=1) > Job.objects.latest("next_attempt_at").next_attempt_at
