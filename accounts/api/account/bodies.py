"""What operations read. Shapes are checked here; what a value means is checked by the forms of the pages."""

import json
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.enums import (
    AuthenticatorKind,
    DataRequestKind,
    DataSubject,
    GuardianshipBasis,
    RecoveryProof,
    RecoveryRoute,
)
from accounts.forms.data import LogForm, RequestForm
from accounts.forms.locking import LockForm, StopForm
from accounts.forms.look_ups import QuestionForm
from accounts.forms.passkeys import AddPasskeyForm
from accounts.forms.recovery import NumberForm, ReturnForm, check_form, proof_form
from accounts.forms.security import (
    AnotherPasswordForm,
    NameForm,
    NewAppForm,
    NewEmailForm,
    NewPhoneForm,
)
from accounts.forms.sign_in import AgainForm, CodeForm, RecoveryCodeForm, SignInForm, code_form
from accounts.forms.wards import AddWardForm
from accounts.rules import locks
from accounts.selectors.data_log import Choice as LogChoice
from accounts.selectors.messages import ON_A_PAGE

_LONGEST: Final = 4096  # characters; forms say less where less is meant
_TOKEN: Final = 200
_WAYS: Final = (
    *(AuthenticatorKind.TOTP, AuthenticatorKind.SMS, AuthenticatorKind.RECOVERY_CODES),
)  # beside a password
_PROOFS: Final = (
    *(RecoveryProof.PASSWORD, RecoveryProof.TOTP, RecoveryProof.SMS, RecoveryProof.EMAIL),
)  # with a code or a password; a passkey answers apart
_CHECKED: Final = (
    *(AuthenticatorKind.RECOVERY_CODES, AuthenticatorKind.EMAIL, AuthenticatorKind.SMS),
)


class Text(serializers.CharField):
    """A string, exactly as it was sent."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", _LONGEST)
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """No number or truth value passes for one."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class OneOf(serializers.ChoiceField):
    """A code of an enumeration."""

    def __init__(self, values: Any, **kwargs: Any) -> None:
        super().__init__(
            choices=[one.value if isinstance(one, Enum) else one for one in values], **kwargs
        )

    def to_internal_value(self, data: Any) -> Any:
        """Only a string can be one."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=type(data).__name__)
        return super().to_internal_value(data)


class Id(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> UUID:
        """A number is none."""
        if not isinstance(data, str):
            self.fail("invalid", value=type(data).__name__)
        return super().to_internal_value(data)


class PasskeyAnswer(serializers.DictField):
    """What a passkey answered, as ``PublicKeyCredential.toJSON`` makes it; as text for the services."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.JSONField(), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The same as text."""
        return json.dumps(super().to_internal_value(data))


class Body(serializers.Serializer[Any]):
    """A JSON object with these fields and no others."""

    form: ClassVar[type[forms.Form] | None] = None
    default_error_messages = {"unknown": _("There is no such field here.")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse what nobody reads: it would look as if it counted."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            text = str(self.error_messages["unknown"])
            # What a stranger made up is not repeated.
            raise serializers.ValidationError({"": [ErrorDetail(text, "unknown")] * len(unknown)})
        values: dict[str, Any] = super().to_internal_value(data)
        return values

    def form_of(self, values: dict[str, Any]) -> forms.Form | None:
        """The form of a page that reads the same."""
        return self.form(values) if self.form else None

    def validate(self, attrs: Any) -> Any:
        """The values in their normal form.

        Raises:
            rest_framework.exceptions.ValidationError: the form refuses one; its words, its codes.
        """
        form = self.form_of(attrs)
        if form is None or form.is_valid():
            return attrs | (form.cleaned_data if form else {})
        raise serializers.ValidationError(
            {
                "" if name == "__all__" else self.name_of(name): _details(errors)
                for name, errors in form.errors.as_data().items()
            }
        )

    def name_of(self, field: str) -> str:
        """What a form's field is called here."""
        return field


def _details(errors: list[ValidationError]) -> list[ErrorDetail]:
    return [
        ErrorDetail(message, error.code or "invalid")
        for error in errors
        for message in error.messages
    ]


class OfNumber(Body):
    """A personal number; sign-in names of staff are none."""

    username = Text(max_length=40, help_text="twelve digits; blanks and dots do not matter")

    def validate(self, attrs: Any) -> Any:
        """Digits alone."""
        values = super().validate(attrs)
        if not values["username"].isdecimal():
            field = SignInForm.base_fields["username"]
            text = str(field.error_messages["neither"])
            raise serializers.ValidationError({"username": [ErrorDetail(text, "neither")]})
        return values


class System(Body):
    """What the application runs on; it names the device in messages."""

    device = OneOf(("android", "ios", "ipados", "other"), default="other")


class Flow(Body):
    """What a sign-in or recovery goes on with."""

    flow = Text(max_length=_TOKEN)


class Which(Body):
    """Which one."""

    id = Id()


# --- Signing in -----------------------------------------------------------------------------------
class SignInBody(OfNumber):
    """The first step."""

    form = SignInForm
    password = Text()


class SecondStepBody(Flow, System):
    """The second step."""

    way = OneOf(_WAYS)
    code = Text(max_length=60)

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        return code_form(values["way"], values)


class UnlockBody(Flow, System):
    """The offer to unlock, taken."""


class PasskeySignInBody(System):
    """The whole sign-in."""

    answer = PasskeyAnswer()


class PasskeyProofBody(Body):
    """A fresh proof by passkey."""

    answer = PasskeyAnswer()


class ProveBody(Body):
    """A fresh proof by password and code."""

    form = AgainForm
    password = Text()
    way = OneOf(_WAYS)
    code = Text(max_length=60)

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        if values["way"] == AuthenticatorKind.RECOVERY_CODES:
            return RecoveryCodeForm(values)
        return AgainForm(values)


# --- Ways to sign in ------------------------------------------------------------------------------
class NameBody(Which):
    """Another name."""

    form = NameForm
    label = Text(allow_blank=True)  # type: ignore[assignment] # a field, collected before anybody asks the class


class PasswordBody(Body):
    """A new password."""

    form = AnotherPasswordForm
    password = Text()


class AppBody(Body):
    """The first code of an app."""

    form = NewAppForm
    code = Text(max_length=60)
    label = Text(allow_blank=True, default="")  # type: ignore[assignment] # a field, collected before anybody asks the class


class PasskeyBody(Body):
    """A passkey that was just made."""

    form = AddPasskeyForm
    answer = PasskeyAnswer()
    label = Text(allow_blank=True, default="")  # type: ignore[assignment] # a field, collected before anybody asks the class


class PhoneBody(Body):
    """A new phone."""

    form = NewPhoneForm
    contact = Text()


class EmailBody(Body):
    """A new e-mail address."""

    form = NewEmailForm
    contact = Text()


class ContactBody(Body):
    """The phone or the e-mail address."""

    kind = OneOf((AuthenticatorKind.SMS, AuthenticatorKind.EMAIL))


class ConfirmContactBody(ContactBody):
    """The code that was sent there."""

    form = CodeForm
    code = Text(max_length=60)


# --- Locks ----------------------------------------------------------------------------------------
class LockBody(Body):
    """Why."""

    form = LockForm
    why = OneOf(locks.CHOSEN)


class StopBody(Body):
    """A stop code of a text message."""

    form = StopForm
    code = Text()


class StopLinkBody(Body):
    """The last part of the link in an e-mail."""

    token = Text(max_length=_TOKEN)


# --- Recovery -------------------------------------------------------------------------------------
class RecoverBody(OfNumber):
    """Whose account, and which way."""

    form = NumberForm
    route = OneOf((RecoveryRoute.RECOVERY_CODE, RecoveryRoute.DELAYED))


class ReturnBody(OfNumber):
    """Back to a request that waits."""

    form = ReturnForm
    reference = Text()


class RecoveryCodeBody(Flow):
    """A recovery code."""

    form = RecoveryCodeForm
    code = Text()


class SendProofBody(Flow):
    """Where a code is to go."""

    way = OneOf((RecoveryProof.SMS, RecoveryProof.EMAIL))


class ProofBody(Flow, System):
    """The other proof: a password or a code."""

    way = OneOf(_PROOFS)
    code = Text()

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        return proof_form(RecoveryProof(values["way"]), values)


class PasskeyRecoveryBody(Flow, System):
    """The other proof: a passkey."""

    answer = PasskeyAnswer()


class NewPasswordBody(Flow, System):
    """The end of a recovery."""

    form = AnotherPasswordForm
    password = Text()


class SendCheckBody(Body):
    """Where a code to try is to go."""

    way = OneOf((AuthenticatorKind.EMAIL, AuthenticatorKind.SMS))


class CheckBody(Body):
    """A way back, tried."""

    way = OneOf(_CHECKED)
    code = Text()

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        return check_form(AuthenticatorKind(values["way"]), values)


# --- Wards ----------------------------------------------------------------------------------------
class WardBody(Body):
    """A child or ward, and what the guardianship rests on."""

    number = Text(max_length=40, help_text="the personal number, twelve digits")
    birth_date = serializers.DateField()
    basis = OneOf(GuardianshipBasis)
    document = Text()
    until = serializers.DateField(required=False, allow_null=True, default=None)

    def form_of(self, values: dict[str, Any]) -> forms.Form:
        """The form has three boxes for a date."""
        boxes = {
            f"{name}_{place}": part
            for name in ("birth_date", "until")
            for place, part in enumerate(_boxes(values[name]))
        }
        return AddWardForm(values | boxes)


def _boxes(day: date | None) -> tuple[int, int, int] | tuple[()]:
    return (day.day, day.month, day.year) if day else ()


# --- Messages, data -------------------------------------------------------------------------------
class ReadBody(Body):
    """Messages that were read."""

    ids = serializers.ListField(child=Text(max_length=22), max_length=ON_A_PAGE)


class SearchBody(Body):
    """Words in the log: they never stand in an address."""

    form = LogForm
    words = Text(help_text="with or without marks, in Vietnamese or English")
    show = OneOf(LogChoice, default=LogChoice.ALL.value)
    day = serializers.DateField(required=False, allow_null=True, default=None)
    before = Id(required=False, allow_null=True, default=None)


class QuestionBody(Body):
    """What one wants to know about a look."""

    form = QuestionForm
    question = Text(allow_blank=True, default="")


class RequestBody(Body):
    """Something asked about one's data; with the same ``form_id`` it is one request however often it is sent."""

    form = RequestForm
    kind = OneOf(DataRequestKind)
    subject = OneOf(DataSubject)
    question = Text()
    form_id = Text(max_length=22, required=False, allow_blank=True, default="")


class FetchBody(Body):
    """Which file of a copy."""

    kind = OneOf(("json", "pdf"))
