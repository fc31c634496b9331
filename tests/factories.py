"""Synthetic people and what belongs to them: plain functions, each makes one row and lets every column be chosen."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pyotp
from django.test import Client

from accounts import policy
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CardEventKind,
    CardState,
    NoticeChannel,
    RecoveryProof,
)
from accounts.models import (
    Account,
    ActivationSlip,
    Authenticator,
    Citizen,
    IdCard,
    Notice,
    Office,
    OfficeRole,
    Province,
    Recovery,
)
from accounts.models.indexes import card_number_index, number_index, phone_index
from accounts.services import recovering, sessions
from eid_portal.core import clock, passwords
from eid_portal.core.events import Actor, ActorKind

# The canary: wherever these values stand in clear, something leaks. Born in 2000, a woman, Hà Nội.
NAME = "Đặng Thị Mẫu"
BIRTH_DATE = date(2000, 2, 29)
PHONE = "+84912000099"


def personal_number(serial: int = 15, *, province: str = "001", born: date = BIRTH_DATE) -> str:
    """A woman's number with a serial no real person has (000000-000099)."""
    assert 0 <= serial <= 99
    century = 1 if born.year < 2000 else 3
    return f"{province}{century}{born.year % 100:02d}{serial:06d}"


def make_citizen(serial: int = 15, **columns: Any) -> Citizen:
    """A citizen with a number of their own for each serial."""
    number = columns.pop("personal_number", None) or personal_number(serial)
    values: dict[str, Any] = {
        "personal_number": number,
        "personal_number_index": number_index(number),
        "full_name": NAME,
        "birth_date": BIRTH_DATE,
        "sex": "F",
        "residence": {"province": "Hà Nội", "commune": "Ba Đình", "line": "99 Hoa Mẫu"},
    }
    return Citizen.objects.create(**values | columns)


def make_account(citizen: Citizen | None = None, **columns: Any) -> Account:
    """An active citizen's account."""
    values: dict[str, Any] = {
        "state": AccountState.ACTIVE,
        "kind": AccountKind.CITIZEN,
        "citizen": citizen or make_citizen(),
        "level": 2,
        "activated_at": clock.now(),
    }
    return Account.objects.create(**values | columns)


def make_staff(
    serial: int = 50, *, kind: AccountKind = AccountKind.OFFICER, **columns: Any
) -> Account:
    """An active officer's or administrator's account, of a person of their own."""
    values: dict[str, Any] = {"kind": kind, "level": None, "sign_in_name": f"{kind}-{serial}"}
    return make_account(columns.pop("citizen", None) or make_citizen(serial), **values | columns)


def make_office(code: str = "HN-01", **columns: Any) -> Office:
    """A counter in Hà Nội."""
    values: dict[str, Any] = {
        "code": code,
        "name": "Công an phường Mẫu",
        "name_en": "Sample Ward Police",
        "province": Province.objects.get(code="01"),
        "valid_from": date(2025, 7, 1),
    }
    return Office.objects.create(**values | columns)


def make_role(account: Account, office: Office, role: str = "COUNTER") -> OfficeRole:
    """A role at an office that is held now."""
    return OfficeRole.objects.create(
        account=account, office=office, role=role, granted_at=clock.now()
    )


def make_card(citizen: Citizen, **columns: Any) -> IdCard:
    """A valid card that runs out at the age of forty."""
    number = columns.pop("number", None) or citizen.personal_number
    values: dict[str, Any] = {
        "state": CardState.VALID,
        "citizen": citizen,
        "number": number,
        "number_index": card_number_index(number),
        "kind": CardEventKind.GRANTED,
        "issued_on": date(2024, 7, 1),
        "expires_on": date(2040, 2, 29),
        "review_month": date(2040, 2, 1),
    }
    return IdCard.objects.create(**values | columns)


def make_notice(citizen: Citizen | None = None, **columns: Any) -> Notice:
    """A text message that waits to be sent."""
    values: dict[str, Any] = {
        "state": "PENDING",
        "citizen": citizen,
        "channel": NoticeChannel.SMS,
        "kind": "CODE",
        "to": PHONE,
        "text": "482913",
    }
    return Notice.objects.create(**values | columns)


def actor(kind: ActorKind = ActorKind.OFFICER, *, citizen_id: UUID | None = None) -> Actor:
    """Somebody who acts, without rows behind them."""
    return Actor(kind=kind, account_id=uuid4(), citizen_id=citizen_id or uuid4())


def ago(**parts: float) -> datetime:
    """A moment that long before now."""
    return clock.now() - timedelta(**parts)


PASSWORD = "bốn từ không liên quan"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def make_password(account: Account, password: str = PASSWORD, **columns: Any) -> Authenticator:
    """A password that is in force."""
    hashed = passwords.hash_password(password)
    return make_authenticator(account, AuthenticatorKind.PASSWORD, password_hash=hashed, **columns)


def make_totp(account: Account, secret: str = TOTP_SECRET, **columns: Any) -> Authenticator:
    """An authenticator app in use."""
    return make_authenticator(account, AuthenticatorKind.TOTP, secret=secret, **columns)


def make_phone(account: Account, phone: str = PHONE, **columns: Any) -> Authenticator:
    """A phone that receives codes."""
    columns = {"secret": phone, "phone_index": phone_index(phone)} | columns
    return make_authenticator(account, AuthenticatorKind.SMS, **columns)


def make_authenticator(account: Account, kind: AuthenticatorKind, **columns: Any) -> Authenticator:
    """An authenticator in force, of any kind."""
    values: dict[str, Any] = {
        "state": AuthenticatorState.ACTIVE,
        "account": account,
        "account_kind": account.kind,
        "kind": kind,
        "bound_at": clock.now(),
    }
    if kind == AuthenticatorKind.PASSKEY:  # long enough ago to be asked for
        values["bound_at"] -= 2 * policy.PASSKEY_ASKED_AFTER
    return Authenticator.objects.create(**values | columns)


def start_recovery(
    account: Account,
    proof: RecoveryProof = RecoveryProof.SMS,
    *,
    device_label: str = "",
    now: datetime | None = None,
) -> Recovery:
    """A delayed reset, begun with a way the account has."""
    way = Authenticator.objects.filter(account=account, kind=proof.value, state="ACTIVE").first()
    return recovering.start(
        account=account,
        proof=proof,
        authenticator_id=way.pk if way else uuid4(),
        device_label=device_label,
        now=now or clock.now(),
    )


def totp_code(moment: datetime | None = None, secret: str = TOTP_SECRET) -> str:
    """What the authenticator app shows."""
    return pyotp.TOTP(secret).at(moment or clock.now())


def actor_of(account: Account, office: Office | None = None) -> Actor:
    """Somebody who acts, with the rows behind them."""
    return Actor(
        kind=ActorKind(account.kind),
        account_id=account.pk,
        citizen_id=account.citizen_id,
        office_id=office.pk if office else None,
    )


def signed_in(
    client: Client,
    account: Account,
    office: Office | None = None,
    *,
    amr: tuple[str, ...] = ("pwd", "otp"),
) -> Client:
    """The browser with a session of the account that began now; addresses are asked for by https."""
    key, device, _new = sessions.start(
        account=account,
        device_token=None,
        device_label="",
        amr=amr,
        address="203.0.113.9",
        office_id=office.pk if office else None,
        now=clock.now(),
    )
    client.cookies["__Host-session"] = key
    client.cookies["__Host-device"] = device
    return client


SLIP_CODE = "K7QF3MXA"


def make_slip(account: Account, code: str = SLIP_CODE, **columns: Any) -> ActivationSlip:
    """A printed slip that still works, printed by somebody who is neither its holder nor anybody's supervisor."""
    printer = Account.objects.filter(sign_in_name="printer").first()
    values: dict[str, Any] = {
        "number": f"261125-{account.pk.hex[-6:]}",
        "account": account,
        "code_hash": passwords.hash_password(code),
        "printed_by": printer or make_staff(99, sign_in_name="printer"),
        "printed_at": clock.now(),
        "expires_at": clock.now() + timedelta(days=7),
    }
    return ActivationSlip.objects.create(**values | columns)


def sent_code() -> str:
    """The code in the last text message."""
    message = Notice.objects.filter(kind="CODE").latest("created_at", "id")
    return str(message.text)[:6]
