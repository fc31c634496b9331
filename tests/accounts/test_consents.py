"""Consents: given with the words as evidence, withdrawn by one button, over by the law's day."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import ConsentPurpose, ConsentState, DataCategory, NoticeKind
from accounts.models import Consent, Notice
from accounts.services import consents
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/account/consents/"
WORDS = "Tôi đồng ý cho Điện lực Mẫu biết mã khách hàng của tôi để báo hóa đơn."


@pytest.fixture
def account() -> Any:
    return factories.make_account()


@pytest.fixture
def reader(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


def agree(account: Any, **more: Any) -> Consent:
    values: dict[str, Any] = {
        "citizen_id": account.citizen_id,
        "party": "dien-luc-mau",
        "party_name": "Điện lực Mẫu",
        "categories": [DataCategory.CUSTOMER_CODE, DataCategory.RESIDENCE],
        "purpose": ConsentPurpose.BILLS,
        "words": WORDS,
        "third_parties": False,
        "valid_until": None,
        "actor": factories.actor_of(account),
        "now": clock.now(),
    }
    return consents.give(**values | more)


def given(account: Any, now: Any = None, **more: Any) -> bool:
    party = more.get("party", "dien-luc-mau")
    purpose = more.get("purpose", ConsentPurpose.BILLS)
    return consents.is_given(account.citizen_id, party, purpose, now=now or clock.now())


def told(name: str, account: Any) -> int:
    return AuditEvent.objects.filter(name=name, subject_id=account.citizen_id).count()


def test_a_consent_holds_for_its_party_and_purpose_alone(account: Any) -> None:
    assert not given(account)
    consent = agree(account)

    assert given(account)
    assert not given(account, party="another")
    assert not given(account, purpose=ConsentPurpose.BOOKING)
    assert not given(factories.make_account(factories.make_citizen(16)))
    assert consent.words == WORDS
    assert told("accounts.consent_given", account) == 1


def test_agreeing_twice_is_one_consent(account: Any) -> None:
    assert agree(account).pk == agree(account).pk
    assert told("accounts.consent_given", account) == 1


def test_nothing_is_agreed_to_without_words_or_data(account: Any) -> None:
    lacking: list[dict[str, Any]] = [{"words": ""}, {"categories": []}]
    for more in lacking:
        with pytest.raises(ValueError, match="nothing"):
            agree(account, **more)


def test_the_page_shows_what_was_agreed_to_and_withdraws_by_one_button(
    reader: Client, account: Any
) -> None:
    consent = agree(account)
    factories.make_phone(account)
    page = reader.get(PATH).content.decode()
    assert WORDS in page
    assert "checked" not in page

    with clock.frozen(clock.now()):
        now = clock.now()
        answer = reader.post(f"{PATH}{consent.public_id}/withdraw/")
        assert (answer.status_code, answer["Location"]) == (303, PATH)
        assert not given(account, now=now)

    consent.refresh_from_db()
    assert consent.state == ConsentState.WITHDRAWN
    assert consent.end_by is not None
    assert timedelta(days=14) < consent.end_by - now < timedelta(days=25)
    assert told("accounts.consent_withdrawn", account) == 1
    notice = Notice.objects.get(kind=NoticeKind.CONSENT_WITHDRAWN)
    assert "Điện lực Mẫu" in notice.text
    assert notice.version == 3
    html = reader.get(PATH, headers={"Accept-Language": "en"}).content.decode()
    assert (
        "They do not report that to us" in html
    )  # nothing tells the portal, so it does not say so


def test_pressing_twice_withdraws_and_tells_once(reader: Client, account: Any) -> None:
    consent = agree(account)
    for _press in range(2):
        assert reader.post(f"{PATH}{consent.public_id}/withdraw/").status_code == 303
    assert told("accounts.consent_withdrawn", account) == 1
    assert Notice.objects.filter(kind=NoticeKind.CONSENT_WITHDRAWN).count() == 1


def test_others_who_have_the_data_get_twenty_days(account: Any) -> None:
    now = clock.now()
    few, more = agree(account), agree(account, party="b", third_parties=True)
    ends = [
        consents.withdraw(
            citizen_id=account.citizen_id,
            public_id=one.public_id,
            actor=factories.actor_of(account),
            now=now,
        )
        for one in (few, more)
    ]
    days = [(clock.today(one.end_by) - clock.today(now)).days for one in ends if one and one.end_by]
    assert 15 <= days[0] < 20 <= days[1]


def test_what_is_withdrawn_ends_on_its_day_once(account: Any) -> None:
    consent = agree(account)
    now = clock.now()
    consents.withdraw(
        citizen_id=account.citizen_id,
        public_id=consent.public_id,
        actor=factories.actor_of(account),
        now=now,
    )
    consent.refresh_from_db()
    assert consent.end_by is not None
    assert consents.end_due(now=consent.end_by - timedelta(seconds=1)) == 0
    assert consents.end_due(now=consent.end_by) == 1
    assert consents.end_due(now=consent.end_by) == 0
    consent.refresh_from_db()
    assert (consent.state, consent.ended_at) == (ConsentState.ENDED, consent.end_by)


def test_a_consent_with_a_last_day_ends_by_itself_and_can_be_given_again(account: Any) -> None:
    now = clock.now()
    until = now + timedelta(days=30)
    first = agree(account, valid_until=until)
    assert given(account, now=until - timedelta(seconds=1))
    assert not given(account, now=until)  # whether the periodic task has run or not

    again = agree(account, now=until + timedelta(days=1))
    first.refresh_from_db()
    assert (first.state, again.pk != first.pk) == (ConsentState.ENDED, True)
    assert given(account, now=until + timedelta(days=2))


def test_somebody_elses_consent_looks_like_none(reader: Client) -> None:
    theirs = agree(factories.make_account(factories.make_citizen(16)))
    for public_id in (theirs.public_id, "A" * 22):
        assert reader.post(f"{PATH}{public_id}/withdraw/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == ConsentState.GIVEN
    assert WORDS not in reader.get(PATH).content.decode()


def test_the_empty_register_says_so(reader: Client) -> None:
    page = reader.get(PATH, headers={"Accept-Language": "en"}).content.decode()
    assert "Nobody uses data of yours by your consent." in page
