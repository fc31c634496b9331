"""The account and the ways into it: seen, added, named, replaced, removed; phone and e-mail address."""

from typing import Any, ClassVar

from rest_framework.response import Response

from accounts.api.account import answers, bodies, problems
from accounts.api.account.operations import CitizenOperation, operation
from accounts.api.account.problems import NothingBegun
from accounts.enums import AuthenticatorKind
from accounts.selectors import security as selectors
from accounts.services import (
    adding_app,
    adding_passkey,
    assurance,
    authenticators,
    changing_password,
    codes,
    contacts,
    new_recovery_codes,
    passkeys,
    proofs,
    removing,
    sessions,
    tries,
)


class Me(CitizenOperation):
    """Who is signed in."""

    @operation("me", "Name, level and state; the number by its end.", gives=answers.MeAnswer)
    def get(self, request: Any) -> Response:
        """The account of the session."""
        return self.give(self.here.account)


class Ways(CitizenOperation):
    """Everything in one place."""

    @operation(
        "list_authenticators",
        "Every way into the account, in use or not; where and when it was last used.",
        gives=answers.WaysAnswer,
    )
    def get(self, request: Any) -> Response:
        """The lists."""
        return self.give(selectors.ways_of(self.here.account, now=self.now))


class NameWay(CitizenOperation):
    """Another name."""

    @operation(
        "name_authenticator",
        "Name a passkey or an app.",
        removing.Unknown,
        sessions.SessionOver,
        takes=bodies.NameBody,
    )
    def post(self, request: Any) -> Response:
        """Name it."""
        sent = self.read()
        removing.rename(
            session=self.here, authenticator_id=sent["id"], label=sent["label"], now=self.now
        )
        return self.nothing()


class RemoveWay(CitizenOperation):
    """A passkey or an app goes."""

    @operation(
        "remove_authenticator",
        "Remove a passkey or an app; never the last way in.",
        assurance.StepUpNeeded,
        removing.Unknown,
        removing.LastWay,
        contacts.ChangedLately,
        sessions.SessionOver,
        takes=bodies.Which,
    )
    def post(self, request: Any) -> Response:
        """Remove it."""
        removing.remove(session=self.here, authenticator_id=self.read()["id"], now=self.now)
        return self.nothing()


class Password(CitizenOperation):
    """A new password."""

    @operation(
        "change_password",
        "Change the password; every other session ends.",
        assurance.StepUpNeeded,
        authenticators.PasswordRefused,
        changing_password.SamePassword,
        changing_password.ChangedElsewhere,
        sessions.SessionOver,
        takes=bodies.PasswordBody,
    )
    def post(self, request: Any) -> Response:
        """Put it in force."""
        changing_password.change_password(
            session=self.here, password=self.read()["password"], now=self.now
        )
        return self.nothing()


class App(CitizenOperation):
    """An authenticator app."""

    @operation(
        "new_app",
        "What an authenticator app needs to know, if one was begun.",
        assurance.StepUpNeeded,
        gives=answers.AppAnswer,
    )
    def get(self, request: Any) -> Response:
        """The secret that waits."""
        app = adding_app.find(session=self.here, now=self.now)
        return self.give(app or {"uri": None, "secret": None})

    @operation(
        "begin_app",
        "Make a secret for an authenticator app; an unfinished one dies.",
        assurance.StepUpNeeded,
        adding_app.TooManyApps,
        sessions.SessionOver,
    )
    def post(self, request: Any) -> Response:
        """Make it."""
        adding_app.begin(session=self.here, now=self.now)
        return self.nothing()


class ConfirmApp(CitizenOperation):
    """The first code of the app."""

    @operation(
        "confirm_app",
        "Bind the app that shows the right code.",
        assurance.StepUpNeeded,
        adding_app.TooManyApps,
        tries.TooManyTries,
        proofs.WrongProof,
        NothingBegun,
        sessions.SessionOver,
        takes=bodies.AppBody,
    )
    def post(self, request: Any) -> Response:
        """Bind it."""
        sent = self.read()
        if not adding_app.confirm(
            session=self.here, code=sent["code"], label=sent["label"], now=self.now
        ):
            raise NothingBegun
        return self.nothing()


class RecoveryCodes(CitizenOperation):
    """A new sheet."""

    @operation(
        "new_recovery_codes",
        "Make new recovery codes; the old ones work until these are kept.",
        assurance.StepUpNeeded,
        sessions.SessionOver,
        gives=answers.SheetAnswer,
    )
    def post(self, request: Any) -> Response:
        """Make them."""
        sheet, plain = new_recovery_codes.make(session=self.here, now=self.now)
        return self.give({"id": sheet, "codes": plain})


class KeepRecoveryCodes(CitizenOperation):
    """The sheet was kept."""

    @operation(
        "keep_recovery_codes",
        "Put the new codes in force; the old ones die.",
        assurance.StepUpNeeded,
        new_recovery_codes.AnotherSheet,
        sessions.SessionOver,
        takes=bodies.Which,
    )
    def post(self, request: Any) -> Response:
        """Put them in force."""
        new_recovery_codes.keep(session=self.here, sheet_id=self.read()["id"], now=self.now)
        return self.nothing()


class PasskeyOptions(CitizenOperation):
    """What is to be made."""

    @operation(
        "new_passkey_options",
        "What the platform is asked to make.",
        assurance.StepUpNeeded,
        passkeys.PasskeyRefused,
        gives=answers.NewPasskeyParameters,
    )
    def get(self, request: Any) -> Response:
        """A challenge bound to the session."""
        return self.give(adding_passkey.options(session=self.here, now=self.now))


class AddPasskey(CitizenOperation):
    """A new passkey."""

    @operation(
        "add_passkey",
        "Bind a passkey that was just made.",
        assurance.StepUpNeeded,
        passkeys.PasskeyRefused,
        sessions.SessionOver,
        takes=bodies.PasskeyBody,
    )
    def post(self, request: Any) -> Response:
        """Bind it."""
        sent = self.read()
        adding_passkey.add(
            session=self.here, answer=sent["answer"], label=sent["label"], now=self.now
        )
        return self.nothing()


# --- Phone and e-mail address ---------------------------------------------------------------------
class Contact(CitizenOperation):
    """Where a change stands, and its beginning."""

    kind: ClassVar[AuthenticatorKind]

    def see(self) -> Response:
        """What counts now, and what was sent."""
        return self.give(contacts.show(session=self.here, kind=self.kind, now=self.now))

    def send(self) -> Response:
        """Send the code."""
        contacts.send_code(
            session=self.here, kind=self.kind, to=self.read()["contact"], now=self.now
        )
        return self.nothing()


class Phone(Contact):
    """The phone."""

    kind = AuthenticatorKind.SMS

    @operation(
        "phone",
        "Where the change of the phone stands.",
        assurance.StepUpNeeded,
        gives=answers.ContactAnswer,
    )
    def get(self, request: Any) -> Response:
        """What counts now."""
        return self.see()

    @operation(
        "change_phone",
        "Send a code to a new phone.",
        assurance.StepUpNeeded,
        contacts.Same,
        contacts.ChangedLately,
        codes.TooManyCodes,
        takes=bodies.PhoneBody,
    )
    def post(self, request: Any) -> Response:
        """Send the code."""
        return self.send()


class Email(Contact):
    """The e-mail address."""

    kind = AuthenticatorKind.EMAIL

    @operation(
        "email",
        "Where the change of the e-mail address stands.",
        assurance.StepUpNeeded,
        gives=answers.ContactAnswer,
    )
    def get(self, request: Any) -> Response:
        """What counts now."""
        return self.see()

    @operation(
        "change_email",
        "Send a code to a new e-mail address.",
        assurance.StepUpNeeded,
        contacts.Same,
        contacts.ChangedLately,
        codes.TooManyCodes,
        takes=bodies.EmailBody,
    )
    def post(self, request: Any) -> Response:
        """Send the code."""
        return self.send()


class ConfirmContact(CitizenOperation):
    """The code that was sent."""

    @operation(
        "confirm_contact",
        "Make the phone or address that got the code the account's.",
        assurance.StepUpNeeded,
        *problems.SENT_CODE,
        contacts.PhoneNotYours,
        contacts.ChangedLately,
        sessions.SessionOver,
        takes=bodies.ConfirmContactBody,
    )
    def post(self, request: Any) -> Response:
        """Take the code."""
        sent = self.read()
        contacts.confirm(
            session=self.here,
            kind=AuthenticatorKind(sent["kind"]),
            code=sent["code"],
            now=self.now,
        )
        return self.nothing()


class ForgetContact(CitizenOperation):
    """Another one is meant."""

    @operation(
        "forget_contact",
        "Begin again with another phone or address: the code that was sent opens nothing.",
        takes=bodies.ContactBody,
    )
    def post(self, request: Any) -> Response:
        """Forget it."""
        kind = AuthenticatorKind(self.read()["kind"])
        contacts.forget(session=self.here, kind=kind, now=self.now)
        return self.nothing()


class TakeBackContact(CitizenOperation):
    """The last change is undone."""

    @operation(
        "take_back_contact",
        "Take the last change of phone or address back; every session ends, this one too.",
        contacts.NotRevertible,
        takes=bodies.ContactBody,
    )
    def post(self, request: Any) -> Response:
        """Undo it."""
        kind = AuthenticatorKind(self.read()["kind"])
        contacts.take_back(session=self.here, kind=kind, now=self.now)
        return self.nothing()
