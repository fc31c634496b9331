"""Add a passkey to an account: from its settings, or while it is activated."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from django.db import IntegrityError, transaction
from webauthn import helpers, verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationObject,
    CredentialDeviceType,
    RegistrationCredential,
)

from accounts import policy
from accounts.enums import (
    AccountKind,
    Action,
    AuthenticatorKind,
    AuthenticatorState,
    NoticeKind,
)
from accounts.models import Account, Authenticator, Passkey
from accounts.services import adding_app, assurance, authenticators, notices, passkeys, sessions
from accounts.services.passkeys import BROKEN_INPUT, PasskeyRefused, Purpose, Refusal, Signed
from eid_portal.core import statements

ALGORITHMS: Final = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
_RSA_BITS: Final = (2048, 4096)  # shorter is weak, longer is slow at every sign-in
_ID_LONGEST: Final = 1023  # bytes (WebAuthn §4, "credential ID")


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A passkey that was made for us just now."""

    credential_id: bytes
    public_key: bytes = field(repr=False)  # COSE
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    transports: list[str]
    signed: Signed


# --- From the settings ----------------------------------------------------------------------------
def check(*, session: sessions.Session, now: datetime) -> None:
    """Whether the person has proved themselves lately enough to add one. Read only.

    Raises:
        assurance.StepUpNeeded: see the class.
    """
    assurance.require(session, Action.ADD_AUTHENTICATOR, now=now)


def options(*, session: sessions.Session, now: datetime) -> dict[str, Any]:
    """What the browser is asked to make in a session. Writes nothing.

    Raises:
        assurance.StepUpNeeded: see the class.
        PasskeyRefused: they have as many as there can be.
    """
    check(session=session, now=now)
    _room_for_one_more(session.account)
    return creation_options(session.account, Purpose.ADD, binding=str(session.id), now=now)


def add(*, session: sessions.Session, answer: str, label: str, now: datetime) -> None:
    """Bind a new passkey to the account of a session, and tell the person elsewhere.

    Raises:
        assurance.StepUpNeeded: see the class.
        PasskeyRefused: see the class.
        sessions.SessionOver: the session was ended, or the account locked, in the meantime.
    """
    check(session=session, now=now)
    new = read(answer, purpose=Purpose.ADD, binding=str(session.id), now=now)
    with transaction.atomic():
        account = authenticators.lock(session)
        _room_for_one_more(account)
        row = set_aside(new, account=account, label=label, now=now)
        authenticators.bind(row, account=account, actor=sessions.actor_of(session), now=now)
        notices.tell(
            account=account,
            kind=NoticeKind.AUTHENTICATOR_ADDED,
            values={
                "kind": AuthenticatorKind.PASSKEY.value,
                "helpline": settings.HELPLINE,
            },
            now=now,
        )


# --- Parts, also of an activation -----------------------------------------------------------------
def creation_options(
    account: Account, purpose: Purpose, *, binding: str, now: datetime
) -> dict[str, Any]:
    """What ``navigator.credentials.create`` is called with, as JSON: a passkey found without a name, and unlocked."""
    name = _name(account)
    return {
        "rp": {"id": passkeys.rp_id(), "name": adding_app.issuer()},
        "user": {
            "id": passkeys.encoded(passkeys.user_handle(account)),
            "name": name,
            "displayName": name,
        },
        "challenge": passkeys.challenge(purpose, binding=binding, now=now),
        "pubKeyCredParams": [{"type": "public-key", "alg": each.value} for each in ALGORITHMS],
        "timeout": passkeys.TIMEOUT,
        "excludeCredentials": passkeys.descriptors(account),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def read(answer: str, *, purpose: Purpose, binding: str, now: datetime) -> New:
    """Check what a browser made. Writes nothing.

    Raises:
        PasskeyRefused: see the class.
    """
    if len(answer) > passkeys.ANSWER_LONGEST:
        raise PasskeyRefused(Refusal.BROKEN)
    try:
        credential = helpers.parse_registration_credential_json(answer)
        client = helpers.parse_client_data_json(credential.response.client_data_json)
        made = _without_statement(credential)
    except BROKEN_INPUT as error:
        raise PasskeyRefused(Refusal.BROKEN) from error
    signed = passkeys.check_challenge(client, purpose=purpose, binding=binding, now=now)
    data = made.auth_data
    passkeys.check_place(client, data.rp_id_hash, unlocked=data.flags.uv)
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=client.challenge,
            expected_rp_id=passkeys.rp_id(),
            expected_origin=settings.PORTAL_URL,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
        _check_key(verified.credential_public_key)
    except BROKEN_INPUT as error:
        raise PasskeyRefused(Refusal.UNSUITABLE) from error
    if len(verified.credential_id) > _ID_LONGEST:
        raise PasskeyRefused(Refusal.UNSUITABLE)
    return New(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        backup_eligible=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
        transports=[each.value for each in credential.response.transports or ()],
        signed=signed,
    )


def set_aside(new: New, *, account: Account, label: str, now: datetime) -> Authenticator:
    """Keep a new passkey in the caller's transaction, to be bound by ``authenticators.bind``; its challenge is used up.

    Raises:
        PasskeyRefused: the answer was used before, or the passkey is known.
    """
    if not statements.run(*passkeys.use_nonce(new.signed)):
        raise PasskeyRefused(Refusal.REPLAYED)
    row = authenticators.begin_passkey(
        account=account, label=label[: policy.LABEL_LONGEST], now=now
    )
    try:
        with transaction.atomic():
            Passkey.objects.create(
                authenticator=row,
                credential_id=new.credential_id,
                public_key=new.public_key,
                sign_count=new.sign_count,
                backup_eligible=new.backup_eligible,
                backed_up=new.backed_up,
                transports=new.transports,
            )
    except IntegrityError as known:
        raise PasskeyRefused(Refusal.KNOWN_ALREADY) from known
    return row


def _room_for_one_more(account: Account) -> None:
    in_use = Authenticator.objects.filter(
        account=account, kind=AuthenticatorKind.PASSKEY, state=AuthenticatorState.ACTIVE
    )
    if in_use.count() >= policy.PASSKEYS_MOST:
        raise PasskeyRefused(Refusal.TOO_MANY)


def _name(account: Account) -> str:
    """What people choose the passkey by; never a whole personal number."""
    short = adding_app.app_name(account)
    return short if account.kind != AccountKind.CITIZEN else f"{account.citizen.full_name} {short}"


def _without_statement(credential: RegistrationCredential) -> AttestationObject:
    """What was made, after dropping the statement of who made the device: none was asked for, so none is looked at."""
    response = credential.response
    whole = helpers.parse_cbor(response.attestation_object)
    response.attestation_object = helpers.encode_cbor(
        {"fmt": "none", "attStmt": {}, "authData": whole["authData"]}
    )
    return helpers.parse_attestation_object(response.attestation_object)


def _check_key(cose: bytes) -> None:
    """Whether signatures can be checked with the key.

    Raises:
        ValueError, WebAuthnException: they cannot.
    """
    key = helpers.decoded_public_key_to_cryptography(helpers.decode_credential_public_key(cose))
    if isinstance(key, RSAPublicKey) and not _RSA_BITS[0] <= key.key_size <= _RSA_BITS[1]:
        raise ValueError(key.key_size)
