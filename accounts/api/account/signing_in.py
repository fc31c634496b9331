"""Sign in, prove oneself again, sign out; the keys go into the application's own keeping."""

from datetime import timedelta
from typing import Any, Final

from rest_framework.response import Response

from accounts import policy
from accounts.api.account import answers, bodies, problems
from accounts.api.account.operations import CitizenOperation, PublicOperation, operation
from accounts.enums import AccountKind, Action, AuthenticatorKind, SessionEnd
from accounts.services import (
    afresh,
    codes,
    flows,
    locking,
    passkeys,
    proofs,
    sessions,
    signing_in,
    tries,
    unlocking,
)

_CITIZENS: Final = AccountKind.CITIZEN


def begun(entered: signing_in.Entered | unlocking.Unlocked, *, now: Any) -> dict[str, Any]:
    """What an application keeps of a session that begins now."""
    return {
        "session_key": entered.key,
        "device_token": entered.device_token,
        "ends_at": now + policy.SESSION_LASTS,
        "idle_minutes": policy.CITIZEN_IDLE // timedelta(minutes=1),
    }


class SignIn(PublicOperation):
    """The first step."""

    needs_device = True

    @operation(
        "sign_in",
        "Number and password. An unknown number is answered as a wrong password is.",
        signing_in.WrongPassword,
        tries.TooManyTries,
        takes=bodies.SignInBody,
        gives=answers.FlowAnswer,
    )
    def post(self, request: Any) -> Response:
        """Check both."""
        sent = self.read()
        flow = signing_in.begin(
            identifier=sent["username"],
            password=sent["password"],
            visitor=self.visitor(),
            now=self.now,
        )
        return self.give({"flow": flow})


class SecondStepState(PublicOperation):
    """The second step as it stands."""

    @operation(
        "sign_in_ways",
        "Which ways the second step has, and whether a code was sent.",
        flows.FlowOver,
        takes=bodies.Flow,
        gives=answers.SecondStepAnswer,
    )
    def post(self, request: Any) -> Response:
        """Show it."""
        return self.give(signing_in.show_second_step(token=self.read()["flow"], now=self.now))


class SendCode(PublicOperation):
    """Another code."""

    @operation(
        "send_sign_in_code",
        "Send a code to the phone.",
        flows.FlowOver,
        proofs.NoAuthenticator,
        codes.TooManyCodes,
        takes=bodies.Flow,
    )
    def post(self, request: Any) -> Response:
        """Send it."""
        signing_in.send_code(token=self.read()["flow"], now=self.now)
        return self.nothing()


class SecondStep(PublicOperation):
    """The second step."""

    needs_device = True

    @operation(
        "enter",
        "The code; it begins the session. An account that is locked says so, and offers to unlock where its owner may.",
        flows.FlowOver,
        tries.TooManyTries,
        *problems.BY_CODE,
        *problems.SENT_CODE,
        unlocking.AccountLocked,
        takes=bodies.SecondStepBody,
        gives=answers.SessionAnswer,
    )
    def post(self, request: Any) -> Response:
        """Check it and let the person in."""
        sent = self.read()
        entered = signing_in.enter(
            token=sent["flow"],
            way=AuthenticatorKind(sent["way"]),
            code=sent["code"],
            visitor=self.visitor(sent["device"]),
            only=_CITIZENS,
            now=self.now,
        )
        return self.give(begun(entered, now=self.now))


class SignInPasskeyOptions(PublicOperation):
    """What a passkey is asked to sign."""

    @operation(
        "sign_in_passkey_options",
        "What a passkey is asked to sign to sign in. Its answer names the portal's own origin.",
        gives=answers.PasskeyParameters,
    )
    def get(self, request: Any) -> Response:
        """A challenge."""
        return self.give(passkeys.options(passkeys.Purpose.SIGN_IN, now=self.now))


class PasskeySignIn(PublicOperation):
    """The whole sign-in."""

    needs_device = True

    @operation(
        "sign_in_with_passkey",
        "A passkey's answer: it is both steps.",
        tries.TooManyTries,
        *problems.BY_PASSKEY,
        unlocking.AccountLocked,
        takes=bodies.PasskeySignInBody,
        gives=answers.SessionAnswer,
    )
    def post(self, request: Any) -> Response:
        """Check it and let the person in."""
        sent = self.read()
        entered = signing_in.enter_with_passkey(
            answer=sent["answer"],
            visitor=self.visitor(sent["device"]),
            only=_CITIZENS,
            now=self.now,
        )
        return self.give(begun(entered, now=self.now))


class Unlock(PublicOperation):
    """The offer of a sign-in to a locked account."""

    needs_device = True

    @operation(
        "unlock",
        "Unlock the account that its owner locked, and begin the session.",
        flows.FlowOver,
        locking.LockingRefused,
        takes=bodies.UnlockBody,
        gives=answers.SessionAnswer,
    )
    def post(self, request: Any) -> Response:
        """Unlock."""
        sent = self.read()
        visitor = self.visitor(sent["device"])
        unlocked = unlocking.unlock(
            token=sent["flow"],
            device_token=visitor.device_token,
            device_label=visitor.device_label,
            address=visitor.address,
            now=self.now,
        )
        return self.give(begun(unlocked, now=self.now))


class SignOut(CitizenOperation):
    """The end of the session."""

    @operation("sign_out", "End this session; its key opens nothing any more.")
    def post(self, request: Any) -> Response:
        """End it."""
        sessions.end(self.here, reason=SessionEnd.SIGNED_OUT, now=self.now)
        return self.nothing()


# --- Proving oneself again ------------------------------------------------------------------------
class Prove(CitizenOperation):
    """A fresh proof."""

    query = {"action": "the action of the problem step_up_needed"}

    @operation(
        "ways_to_prove",
        "How one can prove oneself afresh, for an action or for any.",
        gives=answers.ProofWaysAnswer,
    )
    def get(self, request: Any) -> Response:
        """What there is to choose from."""
        wanted = request.query_params.get("action", "")
        action = Action(wanted) if wanted in Action.values else None
        return self.give(afresh.ways(session=self.here, action=action, now=self.now))

    @operation(
        "prove",
        "Password and code: the session counts as fresh, and has another key.",
        afresh.WrongPassword,
        tries.TooManyTries,
        *problems.BY_CODE,
        *problems.SENT_CODE,
        sessions.SessionOver,
        takes=bodies.ProveBody,
        gives=answers.KeyAnswer,
    )
    def post(self, request: Any) -> Response:
        """Check both."""
        sent = self.read()
        key = afresh.prove(
            session=self.here,
            password=sent["password"],
            way=AuthenticatorKind(sent["way"]),
            code=sent["code"],
            now=self.now,
        )
        return self.give({"session_key": key})


class SendProof(CitizenOperation):
    """A code for it."""

    @operation(
        "send_proof_code",
        "Send a code to the phone, to prove oneself with.",
        proofs.NoAuthenticator,
        codes.TooManyCodes,
    )
    def post(self, request: Any) -> Response:
        """Send it."""
        afresh.send_code(session=self.here, now=self.now)
        return self.nothing()


class ProvePasskeyOptions(CitizenOperation):
    """What a passkey is asked to sign."""

    @operation(
        "prove_passkey_options",
        "What one of the account's passkeys is asked to sign.",
        gives=answers.PasskeyParameters,
    )
    def get(self, request: Any) -> Response:
        """A challenge bound to the session."""
        return self.give(afresh.passkey_options(session=self.here, now=self.now))


class ProvePasskey(CitizenOperation):
    """A fresh proof by passkey."""

    @operation(
        "prove_with_passkey",
        "A passkey's answer: the session counts as fresh, and has another key.",
        tries.TooManyTries,
        *problems.BY_PASSKEY,
        sessions.SessionOver,
        takes=bodies.PasskeyProofBody,
        gives=answers.KeyAnswer,
    )
    def post(self, request: Any) -> Response:
        """Check it."""
        key = afresh.prove_with_passkey(
            session=self.here, answer=self.read()["answer"], now=self.now
        )
        return self.give({"session_key": key})
