"""Somebody names a number and proves that it is theirs, without a session.

Every page answers alike, with the same statements and at most the same one hash, whether or not somebody has the
number: there is a row for either, a code is sent by a job, and a refusal says only how many tries are left. What the
proofs lead to are ``recovering`` and ``recovery_end``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts import policy
from accounts.enums import (
    ActedBy,
    AuthenticatorKind,
    AuthenticatorState,
    CodePurpose,
    NoticeChannel,
    RecoveryProof,
    RecoveryRoute,
)
from accounts.models import Authenticator, OneTimeCode, Recovery, RecoveryAttempt
from accounts.models.indexes import HOLDER_OF_NUMBER, number_index, number_indexes
from accounts.services import (
    codes,
    proofs,
    recovering,
    sessions,
    tries,
)
from accounts.services.signing_in import Visitor
from eid_portal.core import ids, jobs, limits, sealed, statements

SEND: Final = "accounts.send_recovery_code"
# What a route is proved with: beside a recovery code, or as one of the two proofs of a delayed reset.
WAYS: Final = {
    RecoveryRoute.RECOVERY_CODE: (
        RecoveryProof.PASSWORD,
        RecoveryProof.TOTP,
        RecoveryProof.SMS,
        RecoveryProof.PASSKEY,
    ),
    RecoveryRoute.DELAYED: (
        RecoveryProof.SMS,
        RecoveryProof.EMAIL,
        RecoveryProof.TOTP,
        RecoveryProof.PASSKEY,
    ),
}
CHANNELS: Final = {
    RecoveryProof.SMS: NoticeChannel.SMS,
    RecoveryProof.EMAIL: NoticeChannel.EMAIL,
}
NOBODY: Final = UUID(int=0)  # the same statements run for an account that does not exist
_FIND: Final = f"""
SELECT a.id, (SELECT d.id FROM accounts_device d
    WHERE d.account_id = a.id AND d.token_hash = ANY(%(device)s) AND d.forgotten_at IS NULL LIMIT 1)
FROM accounts_account a WHERE a.kind = 'citizen' AND a.state IN ('ACTIVE', 'LOCKED') AND a.citizen_id =
    {HOLDER_OF_NUMBER}
"""  # noqa: S608 - our own words; values go apart


class AttemptOver(Exception):
    """There is no such attempt, it ended, or it took too long; start again."""

    code = "attempt_over"
    message: Any = gettext_lazy(
        "This took more than 20 minutes, or was finished already. If you have set a new password, sign in with it."
        " Otherwise start again: nothing is lost."
    )


class WrongStage(Exception):
    """This page comes later or earlier; ``stage`` is where the attempt stands."""

    code = "wrong_stage"

    def __init__(self, stage: "Stage") -> None:
        super().__init__(self.code)
        self.stage = stage


class WrongProof(proofs.ProofRefused):
    """It proves nothing, or there is nothing it could prove; ``left`` tries remain."""

    code = "wrong_proof"

    def __init__(self, left: int, hint: str = "") -> None:
        self.left = left
        text = ngettext(
            "That is not right, or it cannot be used for this number. %(left)s try left today.",
            "That is not right, or it cannot be used for this number. %(left)s tries left today.",
            left,
        ) % {"left": left}
        super().__init__(f"{text} {hint}".strip())


class Stage(StrEnum):
    """Where an attempt stands."""

    CODE = "code"  # a recovery code is asked
    PROOF = "proof"  # another proof is asked
    WAITING = "waiting"  # a delayed reset is open, or was
    PASSWORD = "password"  # noqa: S105 - a stage's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the pages of an attempt show; the same whether or not the number has an account."""

    stage: Stage
    route: RecoveryRoute
    ways: tuple[RecoveryProof, ...]
    second: bool  # the second proof of a delayed reset
    sent: RecoveryProof | None
    sent_at: datetime | None
    recovery: Recovery | None = field(repr=False)


# --- Beginning ----------------------------------------------------------------------------------
def begin(*, route: RecoveryRoute, identifier: str, visitor: Visitor, now: datetime) -> str:
    """Begin with a number, whether anybody has it or not. Returns the cookie's token.

    Raises:
        tries.TooManyTries: too many began on this network.
    """
    tries.within(policy.RECOVERY_NETWORK, sessions.network_of(visitor.address), now)
    account_id, device_id = _find(identifier, visitor.device_token)
    key = f"{account_id}:{device_id}" if device_id else str(number_index(identifier))
    data = {"route": route.value, "key": key, "known": device_id is not None}
    return _create(account_id, data, now=now)


def come_back(*, identifier: str, reference: str, visitor: Visitor, now: datetime) -> str:
    """Go on with a delayed reset by its reference. Returns the cookie's token.

    Raises:
        tries.TooManyTries: see the class.
        WrongProof: number and reference do not belong together, as far as anybody learns.
    """
    tries.within(policy.RECOVERY_NETWORK, sessions.network_of(visitor.address), now)
    account_id, device_id = _find(identifier, visitor.device_token)
    known = device_id is not None
    key = f"{account_id}:{device_id}" if known else str(number_index(identifier))
    recovery = Recovery.objects.filter(account_id=account_id or NOBODY, reference=reference).first()
    if recovery is None:
        raise WrongProof(tries.within(policy.RECOVERY_TRY, key, now, stranger=not known))
    # Who has the reference has a budget apart from that of all strangers who know the number.
    key = f"{account_id}:{recovery.pk}"
    data = {"route": RecoveryRoute.DELAYED.value, "key": key, "known": known}
    return _create(account_id, data | {"recovery": str(recovery.pk)}, now=now)


def _find(identifier: str, device_token: str | None) -> tuple[UUID | None, UUID | None]:
    row = statements.fetch_one(
        _FIND,
        {"who": number_indexes(identifier), "device": sessions.device_hashes(device_token)},
    )
    return (row[0], row[1]) if row else (None, None)


def _create(account_id: UUID | None, data: dict[str, Any], *, now: datetime) -> str:
    token = ids.token()
    attempt = RecoveryAttempt(
        token_hash=sealed.token_hash(token),
        account_id=account_id,
        data=data,
        created_at=now,
        expires_at=now + policy.FLOW_LASTS,
    )
    statements.insert(attempt)
    return token


# --- Where it stands ------------------------------------------------------------------------------
def get(token: str, *stages: Stage, now: datetime) -> RecoveryAttempt:
    """The live attempt of a token, at one of these stages.

    Raises:
        AttemptOver: see the class.
        WrongStage: see the class.
    """
    attempt = (
        RecoveryAttempt.objects.select_related("account")
        .filter(token_hash=sealed.token_hash(token), ended_at__isnull=True, expires_at__gt=now)
        .first()
    )
    if attempt is None:
        raise AttemptOver
    stage = stage_of(attempt)
    if stages and stage not in stages:
        raise WrongStage(stage)
    return attempt


def stage_of(attempt: RecoveryAttempt) -> Stage:
    """Where an attempt stands, by what was proved."""
    data = attempt.data
    if "proof" in data:
        return Stage.PASSWORD
    if data["route"] == RecoveryRoute.RECOVERY_CODE:
        return Stage.PROOF if "code" in data else Stage.CODE
    return Stage.WAITING if "recovery" in data and not data.get("second") else Stage.PROOF


def show(*, token: str, now: datetime) -> Shown:
    """Where an attempt stands, for its pages. Read only.

    Raises:
        AttemptOver: see the class.
    """
    attempt = get(token, now=now)
    data, recovery = attempt.data, recovery_of(attempt)
    route = RecoveryRoute(data["route"])
    sent_at = data.get("sent_at")
    return Shown(
        stage=stage_of(attempt),
        route=route,
        ways=tuple(way for way in WAYS[route] if not recovery or way != recovery.first_proof),
        second=recovery is not None,
        sent=RecoveryProof(data["sent"]) if data.get("sent") else None,
        sent_at=datetime.fromisoformat(sent_at) if sent_at else None,
        recovery=recovery,
    )


def recovery_of(attempt: RecoveryAttempt) -> Recovery | None:
    """The delayed reset an attempt has begun or goes on with."""
    if "recovery" not in attempt.data:
        return None
    return Recovery.objects.select_related("account").get(pk=UUID(attempt.data["recovery"]))


def update(attempt: RecoveryAttempt, **data: Any) -> None:
    """Remember more, unless another request changed or ended it since it was read.

    Raises:
        AttemptOver: one did.
    """
    same = RecoveryAttempt.objects.filter(pk=attempt.pk, ended_at__isnull=True, data=attempt.data)
    attempt.data = {**attempt.data, **data}
    if not same.update(data=attempt.data):
        raise AttemptOver


# --- The wait --------------------------------------------------------------------------------------
def begin_second(*, token: str, now: datetime) -> None:
    """Go from the waiting page on to the second proof, when the wait is over.

    Raises:
        AttemptOver: see the class.
        WrongStage: see the class.
        recovering.RecoveringRefused: see its subclasses.
    """
    attempt, recovery = _waiting(token, now=now)
    recovering.require_ready(recovery, now=now)
    update(attempt, second=True)


def cancel(*, token: str, now: datetime) -> None:
    """Cancel the delayed reset of an attempt; whoever has its number and reference may.

    Raises:
        AttemptOver: see the class.
        WrongStage: see the class.
        recovering.NotOpen: see the class.
    """
    _attempt, recovery = _waiting(token, now=now)
    recovering.cancel(recovery=recovery, by=ActedBy.REFERENCE, now=now)


def _waiting(token: str, *, now: datetime) -> tuple[RecoveryAttempt, Recovery]:
    attempt = get(token, Stage.WAITING, now=now)
    recovery = recovery_of(attempt)
    if recovery is None:
        raise WrongStage(Stage.PROOF)
    return attempt, recovery


# --- Codes sent ---------------------------------------------------------------------------------
def send(*, token: str, way: RecoveryProof, now: datetime) -> None:
    """Have a code sent to the phone or address on file, if there is one: the job knows.

    Raises:
        AttemptOver: see the class.
        WrongStage: see the class.
        tries.TooManyTries: see the class.
    """
    attempt = get(token, Stage.PROOF, now=now)
    tries.within(_sending(attempt), attempt.data["key"], now)
    with transaction.atomic():
        update(attempt, sent=way.value, sent_at=now.isoformat())
        jobs.enqueue(SEND, subject_id=attempt.pk)


def _sending(attempt: RecoveryAttempt) -> limits.Limit:
    return policy.CODE_SEND if attempt.data["known"] else policy.RECOVERY_SEND


def deliver(claim: jobs.Claim, *, now: datetime) -> None:
    """Send the code an attempt asked for; where there is nothing to send it to, one that nobody has.

    Raises:
        jobs.LostClaim: another worker has the job.
    """
    attempt = RecoveryAttempt.objects.select_related("account").get(pk=claim.subject_id)
    channel = CHANNELS[RecoveryProof(attempt.data["sent"])]
    contact = find_contact(attempt.account_id, channel, now=now)
    if contact is None or attempt.account is None:
        _pretend(attempt, channel, now=now)
    else:
        try:
            codes.send(
                purpose=CodePurpose.RECOVERY,
                request_id=attempt.pk,
                account=attempt.account,
                to=contact.secret,
                channel=channel,
                action_text=pgettext("sms", "RECOVER your e-ID account"),
                now=now,
            )
        except codes.TooManyCodes:
            _pretend(attempt, channel, now=now)
    claim.finish()


@transaction.atomic
def _pretend(attempt: RecoveryAttempt, channel: NoticeChannel, *, now: datetime) -> None:
    """A code nobody has, so that what is typed is checked with the same work as elsewhere."""
    codes.void(purpose=CodePurpose.RECOVERY, request_id=attempt.pk, now=now)
    OneTimeCode.objects.create(
        purpose=CodePurpose.RECOVERY,
        request_id=attempt.pk,
        channel=channel,
        to="",
        code_hash=sealed.keyed_hash("one_time_code:nobody", ids.token()),
        sent_at=now,
        expires_at=now + policy.CODE_LASTS,
    )


def find_contact(
    account_id: UUID | None, channel: NoticeChannel, *, now: datetime
) -> Authenticator | None:
    """The phone or address that counts for a recovery."""
    row = Authenticator.objects.filter(
        account_id=account_id or NOBODY,
        kind=AuthenticatorKind(channel.value),
        state=AuthenticatorState.ACTIVE,
    ).first()
    return row if row is not None and row.is_trusted(now) else None
