"""How long a card is valid, and when its holder is warned."""

from datetime import date, timedelta

import pytest

from accounts.enums import AccountState, CardEventKind, CardState, LockReason, Sex
from accounts.models import Account
from accounts.rules import card_validity
from accounts.services import grants, issuing
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from tests import factories

EXPIRES = date(2027, 3, 1)


# --- The age rule ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("born", "issued", "ends"),
    [
        (date(2000, 1, 1), date(2022, 6, 1), date(2025, 1, 1)),
        (date(2000, 1, 1), date(2022, 12, 31), date(2025, 1, 1)),
        (date(2000, 1, 1), date(2023, 1, 1), date(2040, 1, 1)),  # two years before 25 to the day
        (date(2000, 1, 1), date(2025, 1, 1), date(2040, 1, 1)),
        (date(1990, 5, 5), date(2021, 5, 5), date(2030, 5, 5)),
        (date(2015, 7, 7), date(2025, 7, 7), date(2029, 7, 7)),
        (date(2015, 7, 7), date(2027, 7, 7), date(2040, 7, 7)),
        (date(1968, 3, 3), date(2026, 3, 2), date(2028, 3, 3)),
        (date(1968, 3, 3), date(2026, 3, 3), None),
        (date(1960, 1, 1), date(2021, 1, 1), None),
        (date(2000, 2, 29), date(2021, 1, 1), date(2025, 3, 1)),
        (date(2000, 2, 29), date(2023, 2, 28), date(2025, 3, 1)),
        (date(2000, 2, 29), date(2023, 3, 1), date(2040, 2, 29)),
        (date(2004, 2, 29), date(2026, 2, 28), date(2029, 3, 1)),
        (date(2004, 2, 29), date(2027, 3, 1), date(2044, 2, 29)),
        (date(1988, 2, 29), date(2046, 2, 28), date(2048, 2, 29)),
        (date(1988, 2, 29), date(2046, 3, 1), None),
    ],
)
def test_a_card_ends_by_age(born: date, issued: date, ends: date | None) -> None:
    assert card_validity.expiry(born, issued) == ends


@pytest.mark.parametrize(
    ("expires_on", "month"),
    [
        (date(2025, 3, 1), date(2025, 3, 1)),
        (date(2040, 2, 29), date(2040, 2, 1)),
        (date(2029, 12, 31), date(2029, 12, 1)),
        (None, None),
    ],
)
def test_only_the_month_is_kept_in_clear(expires_on: date | None, month: date | None) -> None:
    assert card_validity.review_month(expires_on) == month


# --- Expired, and warnings --------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "expired"), [(-1, False), (0, False), (1, True), (400, True)])
def test_a_card_is_valid_through_its_last_day(days: int, expired: bool) -> None:
    assert card_validity.has_expired(EXPIRES, EXPIRES + timedelta(days)) is expired


def test_a_card_without_expiry_never_expires() -> None:
    assert not card_validity.has_expired(None, date(9999, 12, 31))


@pytest.mark.parametrize(
    ("left", "warned", "due"),
    [
        (91, None, None),
        (90, None, 90),
        (90, 90, None),
        (31, 90, None),
        (31, None, 90),
        (30, 90, 30),
        (30, 30, None),
        (30, None, 30),
        (8, 30, None),
        (7, 30, 7),
        (7, 90, 7),
        (7, 7, None),
        (1, None, 7),
        (0, 30, 7),
        (0, 7, None),
        (-1, None, None),
        (-1, 30, None),
    ],
)
def test_the_nearest_warning_is_given_once(left: int, warned: int | None, due: int | None) -> None:
    today = EXPIRES - timedelta(left)

    assert card_validity.warning_due(EXPIRES, today, warned=warned) == due


# --- A new card opens what the old one locked -------------------------------------------------------
def grant(*, with_card: bool) -> grants.Grant:
    return grants.Grant(
        person=grants.Person(
            personal_number=factories.personal_number(),
            full_name=factories.NAME,
            birth_date=factories.BIRTH_DATE,
            sex=Sex.FEMALE,
        ),
        card=grants.Card(number="300000099", issued_on=clock.today()) if with_card else None,
        kind=CardEventKind.RENEWED,
    )


def issue(*, with_card: bool) -> grants.Issued:
    return issuing.issue_account(
        grant=grant(with_card=with_card), by="counter", actor=SYSTEM, now=clock.now()
    )


def make_locked(reason: LockReason, card_state: CardState) -> Account:
    account = factories.make_account(
        state=AccountState.LOCKED, lock_reason=reason, locked_at=clock.now(), level=1
    )
    factories.make_card(account.citizen, state=card_state)
    return account


@pytest.mark.parametrize(
    ("reason", "card_state", "opens"),
    [
        (LockReason.CARD_EXPIRED, CardState.EXPIRED, True),
        (LockReason.CARD_LOST, CardState.LOST, True),
        (LockReason.CARD_REVOKED, CardState.REVOKED, True),
        (LockReason.OWNER, CardState.EXPIRED, False),
        (LockReason.AUTHORITY, CardState.EXPIRED, False),
    ],
)
def test_a_new_card_opens_what_the_card_locked_and_nothing_else(
    db: None, reason: LockReason, card_state: CardState, opens: bool
) -> None:
    account = make_locked(reason, card_state)

    issue(with_card=True)

    account.refresh_from_db()
    state = AccountState.ACTIVE if opens else AccountState.LOCKED
    assert (account.state, account.lock_reason) == (state, "" if opens else reason)


@pytest.mark.parametrize("card_state", [CardState.EXPIRED, CardState.LOST])
def test_a_grant_without_a_card_does_not_make_an_ended_card_valid(
    db: None, card_state: CardState
) -> None:
    account = make_locked(LockReason.CARD_EXPIRED, card_state)

    issue(with_card=False)

    account.refresh_from_db()
    assert (account.state, account.level) == (AccountState.LOCKED, 1)


def test_a_grant_without_a_card_looks_at_the_day_even_before_the_night(db: None) -> None:
    account = factories.make_account(level=1)
    yesterday = clock.today() - timedelta(days=1)
    factories.make_card(
        account.citizen, expires_on=yesterday, review_month=card_validity.review_month(yesterday)
    )

    issue(with_card=False)

    account.refresh_from_db()
    assert account.level == 1
