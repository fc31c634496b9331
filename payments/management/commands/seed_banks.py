"""Link a bank account for each demonstration person who can sign in, as that person would at the bank's page."""

import json
from typing import Final
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.enums import AccountKind, AccountState
from accounts.models import Account
from accounts.models.indexes import PERSONAL_NUMBER
from accounts.services import sessions
from eid_portal.core import clock, ids, sealed
from payments.enums import LinkState
from payments.models import BankLink
from payments.services import bank_links

_WAIT: Final = 10  # seconds


class Command(BaseCommand):
    help = "Link a bank account of each demonstration citizen, once; refuses to run in production."

    def handle(self, **_options: object) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("demonstration bank accounts do not belong here")
        told = json.loads((settings.VAR / "demo.json").read_text(encoding="utf-8"))
        linked = 0
        for person in told["people"]:
            # A demonstration from before there was money knows no accounts.
            accounts = person.get("bank_accounts", [])
            account = _account_of(person["personal_number"])
            if accounts and account is not None and not _has_one(account):
                _link(account, accounts[0]["bank"], accounts[0]["account"])
                linked += 1
        (settings.VAR / "demo-banks").touch()
        self.stdout.write(f"linked {linked} bank accounts")


def _account_of(number: str) -> Account | None:
    return (
        Account.objects.select_related("citizen")
        .filter(
            kind=AccountKind.CITIZEN,
            state=AccountState.ACTIVE,
            citizen__personal_number_index__in=sealed.blind_indexes(PERSONAL_NUMBER, number),
        )
        .first()
    )


def _has_one(account: Account) -> bool:
    return BankLink.objects.filter(account=account, state=LinkState.ACTIVE).exists()


def _link(account: Account, bank: str, number: str) -> None:
    now = clock.now()
    # Nobody signed in: the holder's own hand is played, and no device is left in their list.
    session = sessions.Session(
        id=ids.uuid7(), account=account, device_id=ids.uuid7(), office_id=None, aal=2,
        amr=("pwd", "otp"), authenticated_at=now, seen_at=now, ends_at=now, idle_ends_at=now,
    )  # fmt: skip
    begun = bank_links.begin(session=session, bank=bank, now=now)
    answer = requests.post(
        f"{settings.SANDBOX_URL}{urlsplit(begun.page).path}",
        data={"decision": "agree", "account": number},
        timeout=_WAIT,
        allow_redirects=False,
    )
    answer.raise_for_status()
    bank_links.finish(session=session, consent_id=begun.consent_id or "", now=now)
