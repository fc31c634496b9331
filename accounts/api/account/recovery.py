"""Get an account back, and try the ways back before one is needed."""

from typing import Any

from rest_framework.response import Response

from accounts.api.account import answers, bodies, problems
from accounts.api.account.operations import CitizenOperation, PublicOperation, operation
from accounts.enums import AuthenticatorKind, RecoveryProof, RecoveryRoute
from accounts.selectors import recovery as selectors
from accounts.services import (
    authenticators,
    codes,
    passkeys,
    proofs,
    recovering,
    recovery_attempts,
    recovery_end,
    recovery_proofs,
    route_checks,
    tries,
)
from accounts.services.recovery_attempts import AttemptOver, WrongProof, WrongStage


class Counters(PublicOperation):
    """The third route."""

    @operation(
        "list_counters",
        "ID-card counters, those that are open first.",
        gives=answers.CountersAnswer,
    )
    def get(self, request: Any) -> Response:
        """The list."""
        return self.give({"counters": selectors.list_counters(now=self.now)})


class Begin(PublicOperation):
    """Whose account it is."""

    needs_device = True

    @operation(
        "begin_recovery",
        "Begin with a number; the answer is the same whether or not anybody has it.",
        tries.TooManyTries,
        takes=bodies.RecoverBody,
        gives=answers.FlowAnswer,
    )
    def post(self, request: Any) -> Response:
        """Begin."""
        sent = self.read()
        flow = recovery_attempts.begin(
            route=RecoveryRoute(sent["route"]),
            identifier=sent["username"],
            visitor=self.visitor(),
            now=self.now,
        )
        return self.give({"flow": flow})


class ComeBack(PublicOperation):
    """Back to one that waits."""

    needs_device = True

    @operation(
        "return_to_recovery",
        "Number and reference lead back to a delayed reset.",
        tries.TooManyTries,
        WrongProof,
        takes=bodies.ReturnBody,
        gives=answers.FlowAnswer,
    )
    def post(self, request: Any) -> Response:
        """Look for it."""
        sent = self.read()
        flow = recovery_attempts.come_back(
            identifier=sent["username"],
            reference=sent["reference"],
            visitor=self.visitor(),
            now=self.now,
        )
        return self.give({"flow": flow})


class State(PublicOperation):
    """Where it stands."""

    @operation(
        "recovery_state",
        "Where a recovery stands, and what it can be proved with.",
        AttemptOver,
        takes=bodies.Flow,
        gives=answers.RecoveryAnswer,
    )
    def post(self, request: Any) -> Response:
        """Show it."""
        return self.give(recovery_attempts.show(token=self.read()["flow"], now=self.now))


class GiveCode(PublicOperation):
    """The recovery code."""

    @operation(
        "give_recovery_code",
        "Check a recovery code; it is used up when the new password is set.",
        AttemptOver,
        WrongStage,
        tries.TooManyTries,
        WrongProof,
        takes=bodies.RecoveryCodeBody,
    )
    def post(self, request: Any) -> Response:
        """Check it."""
        sent = self.read()
        recovery_proofs.give_code(token=sent["flow"], code=sent["code"], now=self.now)
        return self.nothing()


class SendProof(PublicOperation):
    """A code to the phone or address on file."""

    @operation(
        "send_recovery_code",
        "Have a code sent to the phone or address on file, if there is one.",
        AttemptOver,
        WrongStage,
        tries.TooManyTries,
        takes=bodies.SendProofBody,
    )
    def post(self, request: Any) -> Response:
        """Send it."""
        sent = self.read()
        recovery_attempts.send(token=sent["flow"], way=RecoveryProof(sent["way"]), now=self.now)
        return self.nothing()


class GiveProof(PublicOperation):
    """The other proof."""

    @operation(
        "prove_recovery",
        "Check a password or a code; it leads to the new password, or into the wait.",
        AttemptOver,
        WrongStage,
        tries.TooManyTries,
        WrongProof,
        passkeys.PasskeyRefused,
        recovering.RecoveringRefused,
        takes=bodies.ProofBody,
        gives=answers.StageAnswer,
    )
    def post(self, request: Any) -> Response:
        """Check it."""
        sent = self.read()
        stage = recovery_proofs.prove(
            token=sent["flow"],
            way=RecoveryProof(sent["way"]),
            answer=sent["code"],
            visitor=self.visitor(sent["device"]),
            now=self.now,
        )
        return self.give({"stage": stage})


class PasskeyOptions(PublicOperation):
    """What a passkey is asked to sign."""

    @operation(
        "recovery_passkey_options",
        "What a passkey is asked to sign for a recovery; it names none.",
        AttemptOver,
        takes=bodies.Flow,
        gives=answers.PasskeyParameters,
    )
    def post(self, request: Any) -> Response:
        """A challenge for the attempt."""
        return self.give(recovery_proofs.passkey_options(token=self.read()["flow"], now=self.now))


class GivePasskey(PublicOperation):
    """The other proof, by passkey."""

    @operation(
        "prove_recovery_with_passkey",
        "Check a passkey's answer; it leads to the new password, or into the wait.",
        AttemptOver,
        WrongStage,
        tries.TooManyTries,
        WrongProof,
        proofs.NoAuthenticator,
        passkeys.PasskeyRefused,
        recovering.RecoveringRefused,
        takes=bodies.PasskeyRecoveryBody,
        gives=answers.StageAnswer,
    )
    def post(self, request: Any) -> Response:
        """Check it."""
        sent = self.read()
        stage = recovery_proofs.prove(
            token=sent["flow"],
            way=RecoveryProof.PASSKEY,
            answer=sent["answer"],
            visitor=self.visitor(sent["device"]),
            now=self.now,
        )
        return self.give({"stage": stage})


class BeginSecond(PublicOperation):
    """The wait is over."""

    @operation(
        "begin_second_proof",
        "Go on from the wait to the second proof.",
        AttemptOver,
        WrongStage,
        recovering.RecoveringRefused,
        takes=bodies.Flow,
    )
    def post(self, request: Any) -> Response:
        """Go on."""
        recovery_attempts.begin_second(token=self.read()["flow"], now=self.now)
        return self.nothing()


class Cancel(PublicOperation):
    """It is cancelled."""

    @operation(
        "cancel_recovery",
        "Cancel a delayed reset by its number and reference.",
        AttemptOver,
        WrongStage,
        recovering.NotOpen,
        takes=bodies.Flow,
    )
    def post(self, request: Any) -> Response:
        """Cancel it."""
        recovery_attempts.cancel(token=self.read()["flow"], now=self.now)
        return self.nothing()


class NewPassword(PublicOperation):
    """The end."""

    @operation(
        "finish_recovery",
        "Set the new password; every session ends, nobody is signed in.",
        AttemptOver,
        WrongStage,
        authenticators.PasswordRefused,
        recovering.RecoveringRefused,
        takes=bodies.NewPasswordBody,
        gives=answers.RecoveredAnswer,
    )
    def post(self, request: Any) -> Response:
        """Set it."""
        sent = self.read()
        recovered = recovery_end.set_password(
            token=sent["flow"],
            password=sent["password"],
            device_label=self.visitor(sent["device"]).device_label,
            now=self.now,
        )
        return self.give(recovered)


# --- By the owner, signed in ----------------------------------------------------------------------
class Open(CitizenOperation):
    """One that waits."""

    @operation(
        "open_recovery", "The delayed reset that waits, or null.", gives=answers.OpenRecoveryAnswer
    )
    def get(self, request: Any) -> Response:
        """It, and who was told."""
        return self.give({"waiting": selectors.waiting_of(self.here.account, now=self.now)})


class CancelOpen(CitizenOperation):
    """Its owner cancels it."""

    @operation("cancel_open_recovery", "Cancel the delayed reset that waits.", recovering.NotOpen)
    def post(self, request: Any) -> Response:
        """Cancel it."""
        recovering.cancel_own(account=self.here.account, now=self.now)
        return self.nothing()


class Routes(CitizenOperation):
    """The ways back, tried once a year."""

    @operation(
        "ways_of_recovery",
        "Which ways back there are, and when one was tried.",
        gives=answers.RoutesAnswer,
    )
    def get(self, request: Any) -> Response:
        """What there is to try."""
        return self.give(route_checks.show(session=self.here, now=self.now))

    @operation(
        "check_way_of_recovery",
        "Try a way back; a recovery code is not used up by it.",
        tries.TooManyTries,
        *problems.BY_CODE,
        *problems.SENT_CODE,
        takes=bodies.CheckBody,
    )
    def post(self, request: Any) -> Response:
        """Try it."""
        sent = self.read()
        route_checks.check(
            session=self.here,
            way=AuthenticatorKind(sent["way"]),
            code=sent["code"],
            now=self.now,
        )
        return self.nothing()


class SendCheck(CitizenOperation):
    """A code to try."""

    @operation(
        "send_check_code",
        "Send a code to the phone or address on file, to try it.",
        proofs.NoAuthenticator,
        codes.TooManyCodes,
        takes=bodies.SendCheckBody,
    )
    def post(self, request: Any) -> Response:
        """Send it."""
        way = AuthenticatorKind(self.read()["way"])
        route_checks.send_code(session=self.here, way=way, now=self.now)
        return self.nothing()
