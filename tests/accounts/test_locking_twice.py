"""A lock that is pressed several times at once is answered each time, and written once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts import events
from accounts.models import Account, Device
from accounts.services import locking, sessions
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from tests import factories

PRESSES = 6


def browser(account: Account, label: str) -> Client:
    key, device, _new = sessions.start(
        account=account, device_token=None, device_label=label, amr=("pwd", "otp"),
        address="203.0.113.9", office_id=None, now=clock.now(),
    )  # fmt: skip
    client = Client()
    client.cookies["__Host-session"], client.cookies["__Host-device"] = key, device
    return client


def press(account: Account) -> tuple[str, dict[str, Any]]:
    return "/account/lock/", {"why": "NOT_USED"}


def not_me(account: Account) -> tuple[str, dict[str, Any]]:
    browser(account, "Another")
    return "/account/devices/", {
        "action": "not-me",
        "id": str(Device.objects.get(label="Another").pk),
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("button", [press, not_me])
def test_pressed_together_it_locks_once_and_every_press_is_answered(
    button: Callable[[Account], tuple[str, dict[str, Any]]],
) -> None:
    account = factories.make_account()
    client = browser(account, "Firefox, Linux")
    path, data = button(account)

    def post(_place: int) -> int:
        mine = Client(raise_request_exception=False)
        mine.cookies.update(client.cookies)
        try:
            return int(mine.post(path, data).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(PRESSES) as pool:
        answers = list(pool.map(post, range(PRESSES)))

    # The page of the lock, the page that it is locked, or, later than both, the way to sign in.
    assert answers.count(200) == 1
    assert set(answers) <= {200, 302, 403}
    assert AuditEvent.objects.filter(name=events.AccountLocked.name).count() == 1


@pytest.mark.django_db
def test_the_later_press_reads_that_it_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    account = factories.make_account()
    client = browser(account, "Firefox, Linux")
    path, data = press(account)
    first = locking.lock

    def second(**given: Any) -> int:
        first(**given)  # the other press, a moment before
        return first(**given)

    monkeypatch.setattr(locking, "lock", second)
    page = client.post(path, data)

    assert page.status_code == 403
    assert "/sign-in/" not in page.headers.get("Location", "")
    assert page.cookies["__Host-session"].value == ""
