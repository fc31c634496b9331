"""People to measure with: active accounts with a password, an authenticator app and a known device."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

PASSWORD = "mot-mat-khau-de-do-7341"
SECRET = base64.b32encode(b"twenty bytes of text").decode()


@dataclass(frozen=True)
class Person:
    """What a browser needs to know."""

    number: str
    device_token: str
    account_id: UUID


def make_people(
    count: int, *, first: int = 0, ids_of: Callable[[int], tuple[UUID, UUID]] | None = None
) -> list[Person]:
    """Write them with the portal's own models; the numbers are outside every real range (province 999).

    ``ids_of`` chooses the keys of citizen and account from a person's place.
    """
    from django.db import transaction

    from accounts.models import Account, Authenticator, Citizen, Device, IdCard
    from eid_portal.core import clock, ids, passwords, sealed

    now = clock.now()
    encoded = passwords.hash_password(PASSWORD)
    people, citizens, cards, accounts, rows, devices = [], [], [], [], [], []
    for place in range(first, first + count):
        number = f"999200{place:06d}"
        citizen_id, account_id = ids_of(place) if ids_of else (ids.uuid7(), ids.uuid7())
        citizen = Citizen(
            id=citizen_id,
            personal_number=number,
            personal_number_index=sealed.blind_index("personal_number", number),
            full_name="Nguyễn Thị Đo Lường",
            birth_date=date(2000, 1, 1),
            sex="F",
            residence={"province": "Hà Nội", "commune": "Phường Cửa Nam", "line": "Số 1"},
        )
        account = Account(
            id=account_id,
            state="ACTIVE",
            kind="citizen",
            citizen=citizen,
            level=2,
            activated_at=now,
            created_at=now,
        )
        token = ids.token()
        citizens.append(citizen)
        accounts.append(account)
        cards.append(
            IdCard(
                state="VALID",
                citizen=citizen,
                number=number[3:],
                number_index=sealed.blind_index("card_number", number[3:]),
                kind="granted",
                issued_on=date(2025, 1, 2),
                expires_on=date(2040, 1, 1),
                review_month=date(2040, 1, 1),
            )
        )
        common = {"state": "ACTIVE", "account": account, "account_kind": "citizen", "bound_at": now}
        rows += [
            Authenticator(kind="PASSWORD", password_hash=encoded, **common),
            Authenticator(kind="TOTP", secret=SECRET, **common),
        ]
        devices.append(
            Device(
                account=account,
                token_hash=sealed.token_hash(token),
                label="Firefox, Linux",
                first_seen_at=now - timedelta(days=1),
                last_seen_at=now,
            )
        )
        people.append(Person(number, token, account.pk))
    with transaction.atomic():
        Citizen.objects.bulk_create(citizens, batch_size=500)
        Account.objects.bulk_create(accounts, batch_size=500)
        IdCard.objects.bulk_create(cards, batch_size=500)
        Authenticator.objects.bulk_create(rows, batch_size=500)
        Device.objects.bulk_create(devices, batch_size=500)
    return people


def signed_in(person: Person) -> dict[str, str]:
    """The cookies of a session that began now."""
    from accounts.models import Account
    from accounts.services import sessions
    from eid_portal.core import clock

    key, token, _new = sessions.start(
        account=Account.objects.get(pk=person.account_id),
        device_token=person.device_token,
        device_label="Firefox, Linux",
        amr=("pwd", "otp"),
        address="127.0.0.1",
        office_id=None,
        now=clock.now(),
    )
    return {"__Host-session": key, "__Host-device": token}
