"""Passkeys (WebAuthn Level 3): what a browser is asked to sign, and the check of its answer.

Asking writes nothing: a challenge is a nonce and its time under a MAC, good for one purpose and one binding, for
``policy.CHALLENGE_LASTS``. :func:`verify` checks an answer outside transactions; :func:`use` takes it, once ever, in
the transaction of what it was given for.
"""

import base64
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum, auto
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from webauthn import helpers, verify_authentication_response
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AuthenticationCredential, CollectedClientData

from accounts import policy
from accounts.enums import AuthenticatorState, NoticeKind, StopKind
from accounts.models import Account, Authenticator, Passkey
from accounts.services import notices, proofs, sessions, stopping, tries
from eid_portal.core import sealed, statements, transitions

ANSWER_LONGEST: Final = 16_384  # characters; a passkey's answer has about a thousand
TIMEOUT: Final = policy.CHALLENGE_LASTS // timedelta(milliseconds=1)
# What the library may raise at what a stranger sends.
BROKEN_INPUT: Final = (
    WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError,
    ArithmeticError, RecursionError,
)  # fmt: skip
_NONCE, _TIME = 16, 5  # bytes
_NONCES_OF: Final = "passkey"
_USER_VERIFIED: Final = 0x04
_RP_HASH: Final = 32  # bytes; the flags follow
_SECONDS: Final = timedelta(seconds=1)
_ACCOUNT: Final = statements.Columns(Account, "a")
_FIND: Final = f"""
SELECT p.authenticator_id, p.public_key, p.sign_count, f.failures, f.stranger_failures,
    (SELECT d.id FROM accounts_device d
        WHERE d.account_id = a.id AND d.token_hash = ANY(%(device)s) AND d.forgotten_at IS NULL LIMIT 1),
    {_ACCOUNT.sql}
FROM accounts_passkey p
JOIN accounts_authenticator f ON f.id = p.authenticator_id
JOIN accounts_account a ON a.id = f.account_id
WHERE p.credential_id = %(credential)s AND f.state = 'ACTIVE'
"""  # noqa: S608 - the models' own column names; values go apart
_USE_NONCE: Final = """
INSERT INTO core_usednonce (keyid, nonce, expires_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_COUNT: Final = """
UPDATE accounts_passkey SET sign_count = %(count)s, backed_up = %(backed_up)s
WHERE authenticator_id = %(id)s AND (sign_count < %(count)s OR sign_count = 0 AND %(count)s = 0)
"""


class Purpose(StrEnum):
    """What a challenge is for; its answer is good for nothing else."""

    SIGN_IN = "sign_in"
    AGAIN = "again"  # bound to a session
    ADD = "add"  # bound to a session
    ACTIVATION = "activation"  # bound to a flow
    RECOVERY = "recovery"  # bound to an attempt
    PAYMENT = "payment"  # bound to an order, its payees and amounts


class Refusal(Enum):
    """Why an answer is not taken."""

    BROKEN = auto()
    OTHER_PURPOSE = auto()
    EXPIRED = auto()
    REPLAYED = auto()
    FOREIGN_ORIGIN = auto()
    OTHER_SITE = auto()
    UNKNOWN = auto()
    NOT_YOURS = auto()
    UNVERIFIED = auto()
    WRONG = auto()
    COPIED = auto()
    UNSUITABLE = auto()
    KNOWN_ALREADY = auto()
    TOO_MANY = auto()


_TEXTS: Final = {
    Refusal.BROKEN: _("The answer of your passkey could not be read. Try again."),
    Refusal.OTHER_PURPOSE: _("The answer of your passkey was made for something else. Try again."),
    Refusal.EXPIRED: _("That took more than 5 minutes. Try again."),
    Refusal.REPLAYED: _("This answer of your passkey was already used. Try again."),
    Refusal.FOREIGN_ORIGIN: _(
        "Your passkey was asked for by another address. This portal is only at %(host)s."
        " If a link led you here, close the page and type the address yourself."
    ),
    Refusal.OTHER_SITE: _("This passkey belongs to another website. Choose the one for %(host)s."),
    Refusal.UNKNOWN: _(
        "This passkey is not in use here: it was removed, disabled or never added."
        " Sign in in another way, then you can add a new one."
    ),
    Refusal.NOT_YOURS: _(
        "This passkey belongs to another account. Choose the one of this account."
    ),
    Refusal.UNVERIFIED: _(
        "The passkey has to be unlocked with your fingerprint, your face or your screen lock."
        " Try again."
    ),
    Refusal.WRONG: _("The passkey did not prove itself. Try again, or sign in in another way."),
    Refusal.COPIED: _(
        "This passkey counts backwards, which happens when somebody has copied it. It was not"
        " taken and does not work any more. Sign in in another way, or recover your account."
    ),
    Refusal.UNSUITABLE: _("This kind of passkey cannot be used here. Try another device."),
    Refusal.KNOWN_ALREADY: _("This passkey was added already. You can use it."),
    Refusal.TOO_MANY: _("You have %(count)s passkeys, the most there can be. Remove one first."),
}


class PasskeyRefused(proofs.ProofRefused):
    """The answer proves nothing; ``reason`` says why."""

    code = "passkey_refused"

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason
        host = urlsplit(settings.PORTAL_URL).netloc
        super().__init__(str(_TEXTS[reason]) % {"host": host, "count": policy.PASSKEYS_MOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A challenge of ours that came back."""

    nonce: bytes
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A passkey that has signed what it was asked to; :func:`use` takes it."""

    account: Account
    authenticator_id: UUID
    device_id: UUID | None  # the account's own, which the browser named
    signed: Signed
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class _Found:
    authenticator_id: UUID
    public_key: bytes = field(repr=False)
    sign_count: int
    failures: int
    stranger_failures: int
    device_id: UUID | None
    account: Account


# --- Asking -------------------------------------------------------------------------------------
def options(
    purpose: Purpose, *, now: datetime, binding: str = "", account: Account | None = None
) -> dict[str, Any]:
    """What ``navigator.credentials.get`` is called with, as JSON. Writes nothing.

    With an ``account`` its passkeys are named, so that no other is offered: only for who has proved that it is theirs.
    """
    return {
        "challenge": challenge(purpose, binding=binding, now=now),
        "timeout": TIMEOUT,
        "rpId": rp_id(),
        "allowCredentials": descriptors(account) if account else [],
        "userVerification": "required",
    }


def challenge(purpose: Purpose, *, binding: str = "", now: datetime) -> str:
    """What is to be signed for one purpose and binding, in base64url."""
    nonce = secrets.token_bytes(_NONCE)
    seconds = int(now.timestamp())
    mac = sealed.keyed_hash(_mac_purpose(purpose), _mac_text(nonce, seconds, binding))
    return encoded(nonce + seconds.to_bytes(_TIME, "big") + mac)


def descriptors(account: Account) -> list[dict[str, Any]]:
    """The passkeys an account has in use, as a browser is told of them."""
    rows = Passkey.objects.filter(
        authenticator__account=account, authenticator__state=AuthenticatorState.ACTIVE
    ).order_by("authenticator_id")
    return [
        {"type": "public-key", "id": encoded(bytes(row.credential_id)), "transports": row.transports}
        for row in rows
    ]  # fmt: skip


def rp_id() -> str:
    """The name passkeys are bound to: the portal's host."""
    return urlsplit(settings.PORTAL_URL).hostname or ""


def encoded(raw: bytes) -> str:
    """Bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def user_handle(account: Account) -> bytes:
    """What a passkey keeps of whose it is."""
    return account.public_id.encode()


# --- The answer ---------------------------------------------------------------------------------
def verify(
    answer: str,
    *,
    purpose: Purpose,
    binding: str = "",
    account_id: UUID | None = None,
    device_token: str | None = None,
    known_device: bool = False,
    now: datetime,
) -> Proved:
    """Check a browser's answer; with ``account_id`` only a passkey of that account will do.

    Call it outside transactions. A wrong signature is a failure of that passkey, a known device's or a stranger's
    (``proofs``).

    Raises:
        PasskeyRefused: see the class.
        proofs.NoAuthenticator: it failed too often.
    """
    credential, client = _read(answer)
    signed = check_challenge(client, purpose=purpose, binding=binding, now=now)
    data = credential.response.authenticator_data
    if len(data) <= _RP_HASH:
        raise PasskeyRefused(Refusal.BROKEN)
    check_place(client, data[:_RP_HASH], unlocked=bool(data[_RP_HASH] & _USER_VERIFIED))
    found = _find(credential.raw_id, device_token)
    if found is None:
        raise PasskeyRefused(Refusal.UNKNOWN)
    handle = credential.response.user_handle
    if account_id not in {None, found.account.pk} or (
        handle and handle != user_handle(found.account)
    ):
        raise PasskeyRefused(Refusal.NOT_YOURS)
    known = known_device or found.device_id is not None
    if found.failures >= policy.FAILURES_IN_A_ROW or (
        not known and found.stranger_failures >= policy.STRANGERS_IN_A_ROW
    ):
        raise proofs.NoAuthenticator
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=client.challenge,
            expected_rp_id=rp_id(),
            expected_origin=settings.PORTAL_URL,
            credential_public_key=found.public_key,
            credential_current_sign_count=0,  # compared below, once the signature is known to be right
            require_user_verification=True,
        )
    except BROKEN_INPUT as error:
        _fail(found, known=known, now=now)
        raise PasskeyRefused(Refusal.WRONG) from error
    if not _counts_on(found.sign_count, verified.new_sign_count):
        _fail(found, known=known, now=now)
        _disable_copied(found, now=now)
        raise PasskeyRefused(Refusal.COPIED)
    return Proved(
        account=found.account,
        authenticator_id=found.authenticator_id,
        device_id=found.device_id,
        signed=signed,
        sign_count=verified.new_sign_count,
        backed_up=verified.credential_backed_up,
    )


def use(proved: Proved, *more: statements.Step, now: datetime) -> list[int]:
    """Take a proof, once ever, in the caller's transaction, and send ``more`` in the same trip; how many rows each met.

    ``more`` goes first, so that an account is locked before its authenticators, as everywhere.

    Raises:
        PasskeyRefused: another request took it, its counter was overtaken, or it was removed in the meantime.
    """
    fresh, *counts, counted, active = statements.run_together(
        use_nonce(proved.signed),
        *more,
        (
            _COUNT,
            {
                "id": proved.authenticator_id,
                "count": proved.sign_count,
                "backed_up": proved.backed_up,
            },
        ),
        proofs.success_of(proved.authenticator_id, now=now),
    )
    if not fresh:
        raise PasskeyRefused(Refusal.REPLAYED)
    if not active:
        raise PasskeyRefused(Refusal.UNKNOWN)
    if not counted:
        raise PasskeyRefused(Refusal.COPIED)
    return counts


def use_nonce(signed: Signed) -> statements.Step:
    """What uses up a challenge; it meets no row if that was done before."""
    return _USE_NONCE, [_NONCES_OF, encoded(signed.nonce), signed.until]


def check_challenge(
    client: CollectedClientData, *, purpose: Purpose, binding: str, now: datetime
) -> Signed:
    """The challenge of ours that was signed.

    Raises:
        PasskeyRefused: it is none, was made for something else, or too long ago.
    """
    raw = client.challenge
    nonce, seconds = raw[:_NONCE], int.from_bytes(raw[_NONCE : _NONCE + _TIME], "big")
    text = _mac_text(nonce, seconds, binding)
    if not sealed.keyed_hash_matches(_mac_purpose(purpose), text, raw[_NONCE + _TIME :]):
        raise PasskeyRefused(Refusal.OTHER_PURPOSE)
    until = datetime.fromtimestamp(seconds, UTC) + policy.CHALLENGE_LASTS
    if now >= until + _SECONDS:  # it names whole seconds
        raise PasskeyRefused(Refusal.EXPIRED)
    return Signed(nonce=nonce, until=until)


def check_place(client: CollectedClientData, rp_hash: bytes, *, unlocked: bool) -> None:
    """Whether a browser on our own page asked for it, a passkey for our name signed it, and its holder unlocked it.

    Raises:
        PasskeyRefused: another page, or a passkey of another site, or nobody unlocked it.
    """
    if client.origin != settings.PORTAL_URL or client.cross_origin:
        raise PasskeyRefused(Refusal.FOREIGN_ORIGIN)
    if not hmac.compare_digest(rp_hash, sha256(rp_id().encode()).digest()):
        raise PasskeyRefused(Refusal.OTHER_SITE)
    if not unlocked:
        raise PasskeyRefused(Refusal.UNVERIFIED)


def _read(answer: str) -> tuple[AuthenticationCredential, CollectedClientData]:
    if len(answer) > ANSWER_LONGEST:
        raise PasskeyRefused(Refusal.BROKEN)
    try:
        credential = helpers.parse_authentication_credential_json(answer)
        return credential, helpers.parse_client_data_json(credential.response.client_data_json)
    except BROKEN_INPUT as error:
        raise PasskeyRefused(Refusal.BROKEN) from error


def _find(credential_id: bytes, device_token: str | None) -> _Found | None:
    row = statements.fetch_one(
        _FIND, {"credential": credential_id, "device": sessions.device_hashes(device_token)}
    )
    if row is None:
        return None
    account = _ACCOUNT.row(row[6:])
    return _Found(row[0], bytes(row[1]), row[2], row[3], row[4], row[5], account)


def _counts_on(before: int, now: int) -> bool:
    """A passkey that counts, counts on; one that does not says 0 for ever (WebAuthn §7.2 step 22)."""
    return now > before or now == before == 0


def _fail(found: _Found, *, known: bool, now: datetime) -> None:
    account = found.account
    tries.record_failure(account.pk, account.citizen_id, factor="passkey", known=known, now=now)
    proofs.count_failure(found.authenticator_id, known_device=known, now=now)


def _disable_copied(found: _Found, *, now: datetime) -> None:
    """Let neither the passkey nor its copy in any more: which of them counts backwards says nothing of whose it is.

    The person is told which one it is, with a code that locks.
    """
    account = found.account
    with (
        suppress(transitions.StaleState, transitions.IllegalTransition),  # another request did it
        transaction.atomic(),
    ):
        row = Authenticator.objects.get(pk=found.authenticator_id)
        proofs.disable(row, now=now)
        stop = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
        notices.tell(
            account=account,
            kind=NoticeKind.PASSKEY_COPIED,
            values={"label": row.label, "helpline": settings.HELPLINE},
            private={"stop_code": stop.shown, "stop_link": stop.link},
            now=now,
        )


def _mac_purpose(purpose: Purpose) -> str:
    return f"passkey.{purpose.value}"


def _mac_text(nonce: bytes, seconds: int, binding: str) -> str:
    return f"{nonce.hex()}:{seconds}:{binding}"
