"""Every way a request is refused, as ``application/problem+json`` (RFC 9457), and the table the schema shows of them.

A refusal of a service is a problem by its class: code and words are its own, :data:`KINDS` adds the status. An
operation names the refusals it answers; any other exception is a fault of ours.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.enums import AccountState, Action, LockReason, RecoveryState
from accounts.rules.passwords import Refusal as PasswordRefusal
from accounts.selectors.wards import GrownWard
from accounts.services import (
    adding_app,
    afresh,
    assurance,
    authenticators,
    changing_password,
    codes,
    contacts,
    data_requests,
    devices,
    exports,
    flows,
    guardianship_records,
    guardianships,
    halting,
    inspections,
    locking,
    new_recovery_codes,
    passkeys,
    proofs,
    recovering,
    recovery_attempts,
    recovery_end,
    removing,
    sessions,
    signing_in,
    tries,
    unlocking,
)
from eid_portal.core import audit_proofs, clock
from eid_portal.core.api import (
    PROBLEM,
    BodyTooLarge,
    Malformed,
    UnreadableParts,
    problem_handler,
)
from eid_portal.core.errors import Busy, answer_to, request_id

TYPE: Final = "urn:eid:problem:"
PROVE_AT: Final = "/api/v1/account/prove"
DATABASE_REST: Final = 10  # seconds until it is worth while to ask again
SEALED_WITHIN: Final = 60  # seconds until an event has its block
SAMPLED_AT: Final = datetime(2026, 11, 26, 2, 41, tzinfo=UTC)


class Unavailable(Exception):
    """The database is away."""

    code = "unavailable"
    message = gettext_lazy("The portal cannot be reached at the moment. Try again shortly.")


class BrokenRequest(Exception):
    """Address or headers hold what nobody can read; refused before any operation is looked for."""

    code = "broken_request"
    message = gettext_lazy("The address or a header holds characters that cannot be read.")


class NothingBegun(Exception):
    """There is no authenticator app that waits for its first code."""

    code = "nothing_begun"
    message = gettext_lazy("Begin with a new secret first.")


TITLES: Final = {
    HTTPStatus.BAD_REQUEST: gettext_lazy("The request cannot be read"),
    HTTPStatus.UNAUTHORIZED: gettext_lazy("Sign in"),
    HTTPStatus.FORBIDDEN: gettext_lazy("Not allowed as you are signed in now"),
    HTTPStatus.NOT_FOUND: gettext_lazy("There is nothing here"),
    HTTPStatus.METHOD_NOT_ALLOWED: gettext_lazy("Another method is needed"),
    HTTPStatus.CONFLICT: gettext_lazy("Not possible as things stand"),
    HTTPStatus.GONE: gettext_lazy("This has ended"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext_lazy("The request is too large"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: gettext_lazy(
        "The request is of a kind that is not read here"
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: gettext_lazy("Something is missing or not right"),
    HTTPStatus.TOO_MANY_REQUESTS: gettext_lazy("Too many tries"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_lazy("The portal is busy"),
}
# What is refused without a word of a service; the codes are those of REST framework and of the classes.
DETAILS: Final[dict[str, Any]] = {
    "body_too_large": gettext_lazy("The body is larger than the portal reads."),
    "busy": gettext_lazy("Many people are here at the moment. Try again in a little while."),
    "forbidden": gettext_lazy("This is for citizens, by a session of their own."),
    "invalid": gettext_lazy("Look at the fields named in “errors”."),
    "malformed": gettext_lazy("The body is no JSON that can be read in one way only."),
    "method_not_allowed": gettext_lazy("This address does not answer this method."),
    "no_such_device": gettext_lazy("There is no such device or session, or it is over already."),
    "not_found": gettext_lazy("There is no such thing, or it is not yours."),
    "not_sealed_yet": gettext_lazy("This entry waits for its block. A minute is the longest."),
    "session_over": gettext_lazy("Nobody is signed in with this key, or not any more."),
    "step_up_needed": gettext_lazy("Prove yourself again before you do this."),
    "too_many_copies": gettext_lazy("So many copies were asked for today that the next must wait."),
    "unsupported_media_type": gettext_lazy(
        "Send JSON in UTF-8, or multipart/form-data where the schema takes a file."
    ),
    "unreadable_parts": gettext_lazy("The parts of the body cannot be told apart."),
    "ward_grown": gettext_lazy("The guardianship ended on a birthday. Your ward acts alone now."),
    "wrong_stage": gettext_lazy("This comes earlier or later. Look where the recovery stands."),
}
_422, _429 = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS
_403, _404, _409 = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
_WORDS: Final = gettext_lazy("That is not right.")

# What a check of a code or a passkey, or of a code that was sent, refuses.
BY_CODE: Final = (proofs.WrongProof, proofs.UsedProof, proofs.NoAuthenticator)
BY_PASSKEY: Final = (passkeys.PasskeyRefused, proofs.NoAuthenticator)
SENT_CODE: Final = (codes.NoCode, codes.WrongCode, codes.CodeExpired)

_GROWN: Final = GrownWard(name="", age=14, since=SAMPLED_AT, has_account=True)
Kind = tuple[HTTPStatus, Callable[[], Exception]]
# Each with its status, and how one is made for the schema. Subclasses without a line of their own are like their class.
KINDS: Final[dict[type[Exception], Kind]] = {
    # --- signing in, and proving oneself
    sessions.SessionOver: (HTTPStatus.UNAUTHORIZED, sessions.SessionOver),
    assurance.StepUpNeeded: (
        _403,
        lambda: assurance.StepUpNeeded(Action.CHANGE_PASSWORD, passkey=False),
    ),
    unlocking.AccountLocked: (
        _403,
        lambda: unlocking.AccountLocked(_Locked(), unlock="Zm9y…", needs_passkey=False),  # type: ignore[arg-type] # a sample
    ),
    tries.TooManyTries: (_429, lambda: tries.TooManyTries(SAMPLED_AT, stranger=False)),
    codes.TooManyCodes: (_429, lambda: codes.TooManyCodes(SAMPLED_AT)),
    signing_in.WrongPassword: (_422, lambda: signing_in.WrongPassword(4)),
    afresh.WrongPassword: (_422, lambda: afresh.WrongPassword(4)),
    flows.FlowOver: (_409, flows.FlowOver),
    unlocking.ProofTooOld: (_409, unlocking.ProofTooOld),
    proofs.WrongProof: (_422, lambda: proofs.WrongProof(str(_WORDS))),
    proofs.WrongClock: (_422, lambda: proofs.WrongClock(10)),
    proofs.UsedProof: (_422, lambda: proofs.UsedProof(str(_WORDS))),
    proofs.NoAuthenticator: (_422, proofs.NoAuthenticator),
    proofs.SimChangedLately: (_422, lambda: proofs.SimChangedLately(SAMPLED_AT)),
    codes.NoCode: (_422, codes.NoCode),
    codes.WrongCode: (_422, lambda: codes.WrongCode(4)),
    codes.CodeExpired: (_422, lambda: codes.CodeExpired(SAMPLED_AT)),
    passkeys.PasskeyRefused: (
        _422,
        lambda: passkeys.PasskeyRefused(passkeys.Refusal.FOREIGN_ORIGIN),
    ),
    # --- ways to sign in
    authenticators.PasswordRefused: (
        _422,
        lambda: authenticators.PasswordRefused(PasswordRefusal.COMMON),
    ),
    changing_password.SamePassword: (_422, changing_password.SamePassword),
    changing_password.ChangedElsewhere: (_409, changing_password.ChangedElsewhere),
    adding_app.TooManyApps: (_409, adding_app.TooManyApps),
    NothingBegun: (_409, NothingBegun),
    removing.Unknown: (_404, removing.Unknown),
    removing.LastWay: (_409, removing.LastWay),
    new_recovery_codes.AnotherSheet: (_409, new_recovery_codes.AnotherSheet),
    contacts.Same: (_422, contacts.Same),
    contacts.PhoneNotYours: (_422, contacts.PhoneNotYours),
    contacts.ChangedLately: (_409, lambda: contacts.ChangedLately(SAMPLED_AT)),
    contacts.NotRevertible: (_409, contacts.NotRevertible),
    # --- devices, locks
    devices.NoSuchDevice: (_404, devices.NoSuchDevice),
    devices.NotKnownHere: (_409, devices.NotKnownHere),
    locking.NotActive: (_409, lambda: locking.NotActive(AccountState.LOCKED)),
    locking.NotLocked: (_409, lambda: locking.NotLocked(locking.NotLocked.code)),
    locking.AnotherUnlocks: (_409, lambda: locking.AnotherUnlocks(locking.AnotherUnlocks.code)),
    locking.CardNotValid: (_409, lambda: locking.CardNotValid(LockReason.CARD_EXPIRED)),
    halting.NothingToStop: (_404, halting.NothingToStop),
    # --- recovery
    recovery_attempts.AttemptOver: (_409, recovery_attempts.AttemptOver),
    recovery_attempts.WrongStage: (
        _409,
        lambda: recovery_attempts.WrongStage(recovery_attempts.Stage.WAITING),
    ),
    recovery_attempts.WrongProof: (_422, lambda: recovery_attempts.WrongProof(4)),
    recovering.NotOpen: (_409, lambda: recovering.NotOpen(RecoveryState.CANCELLED)),
    recovering.NotReady: (_409, lambda: recovering.NotReady(SAMPLED_AT)),
    recovering.ProofGone: (_409, recovering.ProofGone),
    recovering.TooFewWays: (_409, recovering.TooFewWays),
    recovering.AlreadyOpen: (_409, lambda: recovering.AlreadyOpen(SAMPLED_AT)),
    recovery_end.CodeUsed: (_409, recovery_end.CodeUsed),
    recovery_end.AccountGone: (_409, recovery_end.AccountGone),
    # --- wards
    guardianships.NoGuardian: (_403, lambda: guardianships.NoGuardian("guardian_level")),
    guardianships.NoSuchWard: (
        _404,
        lambda: guardianships.NoSuchWard(guardianships.NoSuchWard.code),
    ),
    guardianships.WardGrown: (HTTPStatus.GONE, lambda: guardianships.WardGrown(_GROWN)),
    guardianships.TooManyClaims: (_429, lambda: guardianships.TooManyClaims(SAMPLED_AT)),
    guardianships.NothingToLock: (
        _409,
        lambda: guardianships.NothingToLock(guardianships.NothingToLock.code),
    ),
    # --- data
    audit_proofs.NotSealedYet: (_409, audit_proofs.NotSealedYet),
    inspections.NoSuchLook: (_404, lambda: inspections.NoSuchLook(inspections.NoSuchLook.code)),
    inspections.AskedAlready: (
        _409,
        lambda: inspections.AskedAlready(inspections.AskedAlready.code),
    ),
    data_requests.TooManyOpen: (_409, data_requests.TooManyOpen),
    exports.TooManyCopies: (_429, lambda: exports.TooManyCopies(SAMPLED_AT)),
    # --- of any operation
    Busy: (HTTPStatus.SERVICE_UNAVAILABLE, lambda: Busy(retry_after=2)),
    Unavailable: (HTTPStatus.SERVICE_UNAVAILABLE, Unavailable),
    Http404: (_404, Http404),
    BrokenRequest: (HTTPStatus.BAD_REQUEST, BrokenRequest),
    Malformed: (HTTPStatus.BAD_REQUEST, Malformed),
    UnreadableParts: (HTTPStatus.BAD_REQUEST, UnreadableParts),
    BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, BodyTooLarge),
    exceptions.NotAuthenticated: (HTTPStatus.UNAUTHORIZED, exceptions.NotAuthenticated),
    exceptions.PermissionDenied: (_403, exceptions.PermissionDenied),
    exceptions.UnsupportedMediaType: (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        lambda: exceptions.UnsupportedMediaType("text/plain"),
    ),
    exceptions.ValidationError: (
        _422,
        lambda: exceptions.ValidationError(
            {"code": [exceptions.ErrorDetail(_("Enter the code"), "required")]}
        ),
    ),
}
_CODES: Final[dict[type[Exception], str]] = {
    sessions.SessionOver: "session_over",
    exceptions.NotAuthenticated: "session_over",
    exceptions.AuthenticationFailed: "session_over",
    audit_proofs.NotSealedYet: "not_sealed_yet",
    Busy: "busy",
    Http404: "not_found",
    exceptions.NotFound: "not_found",
    exceptions.PermissionDenied: "forbidden",
    exceptions.ValidationError: "invalid",
}
# Where one class has several codes: one of each, for the schema.
_SAMPLES: Final[dict[type[Exception], Callable[[], list[Exception]]]] = {
    guardianships.NoGuardian: lambda: [
        guardianships.NoGuardian(code) for code in guardianship_records.UNFIT
    ],
}
_ANYWHERE: Final = (Http404, Busy, Unavailable)
# Members beside those of RFC 9457, taken from the refusal where it has them.
_MEMBERS: Final = ("left", "stage", "state", "unlock", "needs_passkey")


class _Locked:
    """Stands for an account in the schema's sample."""

    lock_reason = LockReason.OWNER.value


def register(
    kinds: Mapping[type[Exception], Kind],
    *,
    details: Mapping[str, Any],
    codes: Mapping[type[Exception], str],
    sampled: Mapping[type[Exception], Callable[[], list[Exception]]] = MappingProxyType({}),
) -> None:
    """Add the refusals of another app's services: their lines, words where a service has none, and codes of our own.

    ``sampled`` makes one of each code, for classes that have several.
    """
    for refusal, kind in kinds.items():
        KINDS[refusal] = kind
    for code, words in details.items():
        DETAILS[code] = words
    for refusal, code in codes.items():
        _CODES[refusal] = code
    for refusal, make in sampled.items():
        _SAMPLES[refusal] = make


# --- Answers --------------------------------------------------------------------------------------
def answer(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The problem of a refusal that the operation names or any may meet; None: a fault of ours."""
    request, view = context["request"], context["view"]
    if isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    if isinstance(exception, DataError | OverflowError | RecursionError):
        problem_handler(exception, context)  # it writes the log
        exception = Malformed()
    if isinstance(exception, OperationalError | InterfaceError):
        answer_to(request, exception)  # so does this
        exception = Unavailable()
    if not isinstance(exception, (*view.refusals(), exceptions.APIException, *_ANYWHERE)):
        return None
    status = status_of(exception)
    problem = document(exception, status, now=view.now) | {"request_id": request_id(request)}
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = view.get_authenticate_header(request) or "Bearer"
    if "retry_after" in problem:
        headers["Retry-After"] = str(problem["retry_after"])
    return Response(problem, status=status, headers=headers, content_type=PROBLEM)


def document(exception: Exception, status: HTTPStatus, *, now: datetime) -> dict[str, Any]:
    """The problem of a refusal, but for the request's id."""
    code = code_of(exception)
    words: Any = DETAILS.get(code) or getattr(exception, "message", "")
    problem: dict[str, Any] = {
        "type": f"{TYPE}{code}",
        "title": str(TITLES[status]),
        "status": status.value,
        "code": code,
        "detail": str(words),
    }
    if isinstance(exception, exceptions.ValidationError):
        problem["errors"] = exception.get_full_details()
    if isinstance(exception, assurance.StepUpNeeded):
        problem |= {
            "action": exception.action.value,
            "passkey_only": exception.passkey,
            "prove_at": PROVE_AT,
        }
    if isinstance(exception, unlocking.AccountLocked):
        problem["reason"] = exception.account.lock_reason
    if isinstance(exception, passkeys.PasskeyRefused | authenticators.PasswordRefused):
        problem["reason"] = exception.reason.name.lower()
    told = vars(exception)
    problem |= {name: told[name] for name in _MEMBERS if name in told}
    until = getattr(exception, "until", None)
    if until is not None:
        problem["until"] = until.astimezone(clock.VIET_NAM).isoformat(timespec="seconds")
    wait = _wait(exception, status, until, now)
    return problem | ({"retry_after": wait} if wait else {})


def code_of(exception: Exception) -> str:
    """Its code, by which programs tell problems apart."""
    if type(exception) in _CODES:
        return _CODES[type(exception)]
    if isinstance(exception, Malformed):
        return Malformed.default_code
    if isinstance(exception, exceptions.APIException):
        return exception.default_code
    return str(getattr(exception, "code", ""))


def status_of(exception: Exception) -> HTTPStatus:
    """What the table says, or REST framework."""
    if isinstance(exception, exceptions.APIException) and type(exception) not in KINDS:
        return HTTPStatus(exception.status_code)
    return kind_of(type(exception))[0]


def kind_of(refusal: type[Exception]) -> Kind:
    """The line of the table for a class or the nearest one above it.

    Raises:
        LookupError: there is none.
    """
    for each in refusal.__mro__:
        if each in KINDS:
            return KINDS[each]
    raise LookupError(refusal)


def samples_of(refusal: type[Exception]) -> list[Exception]:
    """One of each code that a class has, for the schema."""
    return _SAMPLES[refusal]() if refusal in _SAMPLES else [kind_of(refusal)[1]()]


def documented(refusals: Iterable[type[Exception]]) -> list[type[Exception]]:
    """The lines of the table that the classes an operation names stand for: themselves and what is below them."""
    named = tuple(refusals)
    return [each for each in KINDS if issubclass(each, named)]


def _wait(
    exception: Exception, status: HTTPStatus, until: datetime | None, now: datetime
) -> int | None:
    """Seconds until it is worth while to ask again."""
    told: int | None = getattr(exception, "retry_after", None)
    if told is not None:
        return told
    if isinstance(exception, audit_proofs.NotSealedYet):
        return SEALED_WITHIN
    if isinstance(exception, Unavailable):
        return DATABASE_REST
    if status == HTTPStatus.TOO_MANY_REQUESTS and until is not None:
        return max(1, round((until - now).total_seconds()))
    return None
