"""What operations answer. Times are ISO 8601 with offset; codes are those of the enumerations, words are translated."""

from typing import Any

from rest_framework import serializers

from accounts import enums
from accounts.api.account.bodies import OneOf
from accounts.rules import emails, masking
from accounts.services import data_requests, halting
from accounts.services.recovery_attempts import Stage


class Answer(serializers.Serializer[Any]):
    """A JSON object."""


def string(**kwargs: Any) -> serializers.CharField:
    """Text for people, or a value that may be empty."""
    return serializers.CharField(**kwargs)


def moment(**kwargs: Any) -> serializers.DateTimeField:
    """A time."""
    return serializers.DateTimeField(**kwargs)


def maybe_moment(**kwargs: Any) -> serializers.DateTimeField:
    """A time, or null."""
    return serializers.DateTimeField(allow_null=True, **kwargs)


# --- Signing in -----------------------------------------------------------------------------------
class FlowAnswer(Answer):
    """What the next step goes on with, for 20 minutes."""

    flow = string()


class SecondStepAnswer(Answer):
    """The ways of the second step, the preferred one first."""

    ways = serializers.ListField(child=OneOf(enums.AuthenticatorKind))
    phone_ending = serializers.SerializerMethodField()
    sent_at = maybe_moment()
    sent_until = maybe_moment()

    def get_phone_ending(self, step: Any) -> str:
        """How the phone's number ends; empty without a phone."""
        return str(step.phone)[-3:]


class SessionAnswer(Answer):
    """A session has begun. Keep the key and the device's token where no other application reads them."""

    session_key = string()
    device_token = string()
    ends_at = moment()
    idle_minutes = serializers.IntegerField()


class KeyAnswer(Answer):
    """The session's new key; the old one opens nothing any more."""

    session_key = string()


class PasskeyParameters(Answer):
    """What the platform's passkey interface is called with (WebAuthn Level 3)."""

    challenge = string()
    timeout = serializers.IntegerField()
    rpId = serializers.CharField()
    allowCredentials = serializers.ListField(child=serializers.DictField())
    userVerification = serializers.CharField()


class NewPasskeyParameters(Answer):
    """The same, to make one."""

    rp = serializers.DictField()
    user = serializers.DictField()
    challenge = string()
    pubKeyCredParams = serializers.ListField(child=serializers.DictField())
    timeout = serializers.IntegerField()
    excludeCredentials = serializers.ListField(child=serializers.DictField())
    authenticatorSelection = serializers.DictField()
    attestation = serializers.CharField()


class ProofWaysAnswer(Answer):
    """How one can prove oneself before an action."""

    passkey = serializers.BooleanField()
    passkey_alone = serializers.BooleanField()
    code = OneOf(enums.AuthenticatorKind, allow_null=True)


# --- The account ----------------------------------------------------------------------------------
class MeAnswer(Answer):
    """Who is signed in."""

    name = string(source="citizen.full_name")
    number = serializers.SerializerMethodField()
    level = serializers.IntegerField(allow_null=True)
    state = OneOf(enums.AccountState)
    language = string()
    money_held_until = maybe_moment()
    recovery_routes = serializers.ListField(child=OneOf(enums.RecoveryRoute))

    def get_number(self, account: Any) -> str:
        """Its last four digits."""
        return masking.masked_number(account.citizen.personal_number)


class WayAnswer(Answer):
    """A way into the account, or of hearing about it."""

    id = serializers.UUIDField()
    kind = OneOf(enums.AuthenticatorKind)
    label = string()  # type: ignore[assignment] # a field, collected before anybody asks the class
    contact = serializers.SerializerMethodField()
    disabled = serializers.BooleanField()
    bound_at = moment()
    used_at = maybe_moment()
    device = string()
    ended_at = maybe_moment()
    counts_from = maybe_moment()
    blocked_until = maybe_moment()
    codes_left = serializers.IntegerField()
    codes = serializers.IntegerField()

    def get_contact(self, way: Any) -> str:
        """How a phone ends, or a masked address."""
        return contact_of(way.kind, way.contact)


class ChangeAnswer(Answer):
    """A change that can still be taken back."""

    kind = OneOf(enums.AuthenticatorKind)
    old = serializers.SerializerMethodField()
    new = serializers.SerializerMethodField()
    made_at = moment()
    revert_until = moment()

    def get_old(self, change: Any) -> str:
        """What it was; empty if there was none."""
        return contact_of(change.kind, change.old)

    def get_new(self, change: Any) -> str:
        """What it is."""
        return contact_of(change.kind, change.new)


def contact_of(kind: str, contact: str) -> str:
    """A phone by its end, as nobody needs more of it here; an address is masked already."""
    return f"•••• {contact[-3:]}" if kind == enums.AuthenticatorKind.SMS and contact else contact


class WaysAnswer(Answer):
    """Every way into the account: in use, and those that were."""

    passkeys = WayAnswer(many=True)
    password = WayAnswer(allow_null=True)
    apps = WayAnswer(many=True)
    phone = WayAnswer(allow_null=True)
    codes = WayAnswer(allow_null=True)
    email = WayAnswer(allow_null=True)
    removed = WayAnswer(many=True)
    changes = ChangeAnswer(many=True)


class AppAnswer(Answer):
    """What an authenticator app needs to know; null if nothing was begun."""

    uri = string(allow_null=True)
    secret = string(allow_null=True)


class SheetAnswer(Answer):
    """New recovery codes, shown here and never again; in force when they are kept."""

    id = serializers.UUIDField()
    codes = serializers.ListField(child=string())


class ContactAnswer(Answer):
    """Where the change of a phone or e-mail address stands."""

    current = string()
    sent_to = string()
    sent_at = maybe_moment()
    sent_until = maybe_moment()
    revert_until = maybe_moment(source="change.revert_until", default=None)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """No whole address or number that is not the one just typed."""
        shown: dict[str, Any] = super().to_representation(instance)
        current = instance.current
        shown["current"] = emails.masked(current) if "@" in current else contact_of("SMS", current)
        return shown


# --- Devices and locks ----------------------------------------------------------------------------
class SessionLineAnswer(Answer):
    """A session."""

    id = serializers.UUIDField()
    device_id = serializers.UUIDField()
    device = string()
    is_here = serializers.BooleanField()
    way = OneOf(enums.AuthenticatorKind)
    name = string()
    network = string()
    place = string()
    known_since = moment()
    started_at = moment()
    seen_at = moment()
    ended_at = maybe_moment()
    end_reason = OneOf(enums.SessionEnd, allow_null=True)


class NewDeviceAnswer(Answer):
    """A device of which nobody has said whose it is."""

    device_id = serializers.UUIDField()
    device = string()
    at = moment()
    session = SessionLineAnswer()
    network_is_new = serializers.BooleanField()
    may_confirm = serializers.BooleanField()


class KnownDeviceAnswer(Answer):
    """A device that is remembered and not signed in."""

    id = serializers.UUIDField()
    device = string(source="label")
    first_seen_at = moment()
    last_seen_at = moment()


class DevicesAnswer(Answer):
    """Devices and sessions; this one first."""

    new = NewDeviceAnswer(many=True)
    live = SessionLineAnswer(many=True)
    ended = SessionLineAnswer(many=True)
    known = KnownDeviceAnswer(many=True)


class EndedAnswer(Answer):
    """How many sessions ended."""

    ended = serializers.IntegerField()


class LockLineAnswer(Answer):
    """A lock that was."""

    locked_at = moment()
    by = OneOf(enums.ActedBy)
    why = OneOf([*enums.LockReason, *enums.OwnerLockReason])
    ended_at = maybe_moment()
    ended_by = OneOf(enums.ActedBy, allow_null=True)


class StandingAnswer(Answer):
    """How the account stands."""

    state = OneOf(enums.AccountState)
    reason = OneOf(enums.LockReason, allow_null=True)
    since = maybe_moment()
    by = OneOf(enums.ActedBy)
    why = OneOf([*enums.LockReason, *enums.OwnerLockReason], allow_null=True)
    locks_on = serializers.DateField(allow_null=True)
    before = LockLineAnswer(many=True)


class StopAnswer(Answer):
    """What a link stops, or has stopped."""

    kind = OneOf(enums.StopKind)
    used_at = maybe_moment()


class StoppedAnswer(Answer):
    """What was stopped."""

    kind = OneOf(enums.StopKind)
    outcome = OneOf(halting.Outcome)
    at = moment()
    sessions = serializers.IntegerField()
    again = serializers.BooleanField()


# --- Recovery -------------------------------------------------------------------------------------
class CounterAnswer(Answer):
    """An office."""

    name = string()
    province = string()
    open_until = maybe_moment()
    opens_at = maybe_moment()


class CountersAnswer(Answer):
    """Offices, those that are open first."""

    counters = CounterAnswer(many=True)


class StageAnswer(Answer):
    """Where the recovery stands."""

    stage = OneOf(Stage)


class RecoveryAnswer(StageAnswer):
    """Where a recovery stands, and what it is proved with; the same whether or not anybody has the number."""

    route = OneOf(enums.RecoveryRoute)
    ways = serializers.ListField(child=OneOf(enums.RecoveryProof))
    second = serializers.BooleanField()
    sent = OneOf(enums.RecoveryProof, allow_null=True)
    sent_at = maybe_moment()
    reference = string(source="recovery.reference", allow_null=True, default=None)
    ready_at = maybe_moment(source="recovery.ready_at", default=None)
    expires_at = maybe_moment(source="recovery.expires_at", default=None)


class RecoveredAnswer(Answer):
    """The new password is set; sign in as always."""

    locked = OneOf(enums.LockReason, allow_null=True)
    money_held_until = maybe_moment()


class ToldAnswer(Answer):
    """A channel on which the holder was told."""

    channel = OneOf(enums.NoticeChannel)
    to = string()
    state = OneOf(enums.NoticeState)


class WaitingAnswer(Answer):
    """A delayed reset that waits."""

    reference = string()
    state = OneOf(enums.RecoveryState)
    first_proof = OneOf(enums.RecoveryProof)
    device = string()
    opened_at = moment()
    ready_at = moment()
    expires_at = moment()
    ready = serializers.BooleanField()
    told = ToldAnswer(many=True)


class OpenRecoveryAnswer(Answer):
    """The one that waits, or null."""

    waiting = WaitingAnswer(allow_null=True)


class RoutesAnswer(Answer):
    """The ways back that can be tried."""

    ways = serializers.ListField(child=OneOf(enums.AuthenticatorKind))
    routes = serializers.ListField(child=OneOf(enums.RecoveryRoute))
    tested_at = maybe_moment()
    sent_at = maybe_moment()


# --- Wards ----------------------------------------------------------------------------------------
class OtherGuardianAnswer(Answer):
    """Another guardian."""

    name = string()
    closed = serializers.BooleanField()


class GuardianshipAnswer(Answer):
    """A guardianship as one of the two reads it; the name is the other one's."""

    id = string(source="public_id")
    name = string()
    age = serializers.IntegerField(allow_null=True)
    basis = OneOf(enums.GuardianshipBasis)
    document = string()
    state = OneOf(enums.GuardianshipState)
    reason = OneOf(enums.GuardianshipEnd, allow_null=True)
    until_age = serializers.IntegerField(allow_null=True)
    ends_at = maybe_moment()
    ended_at = maybe_moment()
    others = OtherGuardianAnswer(many=True)
    guardian_closed = serializers.BooleanField()


class WardsAnswer(Answer):
    """Whom one acts for, and who acts for one."""

    wards = GuardianshipAnswer(many=True)
    guardians = GuardianshipAnswer(many=True)


class ClaimAnswer(Answer):
    """A guardianship that waits for a counter."""

    id = string(source="public_id")
    state = OneOf(enums.GuardianshipState)


class CardAnswer(Answer):
    """An ID card."""

    ending = string()
    valid_until = serializers.DateField(allow_null=True)
    state = OneOf(enums.CardState)


class WardEventAnswer(Answer):
    """Something that happened to the ward or the ward's data."""

    name = string()
    at = moment()
    actor = string()
    office = string()


class WardAnswer(Answer):
    """A ward."""

    id = string(source="ward.public_id")
    name = string(source="ward.citizen.full_name")
    basis = OneOf(enums.GuardianshipBasis, source="ward.basis")
    ends_at = maybe_moment(source="ward.ends_at")
    card = CardAnswer(source="page.card", allow_null=True)
    account_state = OneOf(enums.AccountState, source="page.account_state", allow_null=True)
    level = serializers.IntegerField(source="page.level", allow_null=True)
    age = serializers.IntegerField(source="page.age")
    card_due = serializers.BooleanField(source="page.card_due")
    others = OtherGuardianAnswer(source="page.others", many=True)
    events = WardEventAnswer(source="page.events", many=True)


# --- Messages, the log, data ----------------------------------------------------------------------
class DeliveryAnswer(Answer):
    """A text message or e-mail about the same."""

    channel = OneOf(enums.NoticeChannel)
    place = string()
    state = OneOf(enums.NoticeState)
    written_at = moment()
    held_until = maybe_moment()
    sent_at = maybe_moment()
    delivered_at = maybe_moment()
    moved = serializers.BooleanField()


class MessageAnswer(Answer):
    """A message."""

    id = string(source="public_id")
    title = string()
    text = string()
    at = moment()
    unread = serializers.BooleanField()
    security = serializers.BooleanField()
    deliveries = DeliveryAnswer(many=True)


class InboxAnswer(Answer):
    """A page of the inbox, the newest first; ``next`` goes into ``before``."""

    messages = MessageAnswer(many=True)
    unread = serializers.IntegerField(help_text="in the whole inbox")
    next = string(allow_null=True)


class EntryAnswer(Answer):
    """A look or a change, in words."""

    id = serializers.UUIDField()
    at = moment()
    kind = string()
    title = string()
    who = string()
    code = string()
    why = string()
    basis = string()
    seen = string()
    told = serializers.ListField(
        child=serializers.ListField(child=string()), help_text="label and value of what was sealed"
    )
    can_ask = serializers.BooleanField()
    asked = serializers.BooleanField()
    block = serializers.IntegerField(allow_null=True)


class LogAnswer(Answer):
    """A page of the log, the newest first; ``next`` goes into ``before``."""

    entries = EntryAnswer(many=True)
    next = serializers.UUIDField(allow_null=True)
    read_until = maybe_moment()


class InspectionAnswer(Answer):
    """A question about a look, and its answer."""

    id = string(source="public_id")
    reference = string()
    state = OneOf(enums.InspectionState)
    question = string(allow_null=True)
    answer = string(allow_null=True)
    opened_at = moment()
    answer_by = moment()
    closed_at = maybe_moment()


class QuestionsAnswer(Answer):
    """Everything that was asked."""

    questions = InspectionAnswer(many=True)


class ConsentAnswer(Answer):
    """A use of data one agreed to."""

    id = string(source="public_id")
    state = OneOf(enums.ConsentState)
    party = string(source="party_name")
    categories = serializers.ListField(child=string())
    purpose = string()
    words = string()
    third_parties = serializers.BooleanField()
    given_at = moment()
    valid_until = maybe_moment()
    withdrawn_at = maybe_moment()
    end_by = maybe_moment()
    ended_at = maybe_moment()


class ConsentsAnswer(Answer):
    """All of them, those in force first."""

    consents = ConsentAnswer(many=True)


class DataRequestAnswer(Answer):
    """A request about one's data."""

    id = serializers.CharField(source="public_id")
    reference = serializers.CharField()
    kind = OneOf(enums.DataRequestKind)
    subject = OneOf(enums.DataSubject)
    state = OneOf(enums.DataRequestState)
    question = serializers.CharField()
    answer = serializers.CharField(allow_null=True)
    made_at = moment()
    answer_by = moment()
    done_by = moment()
    extended_at = maybe_moment()
    extension_reason = serializers.CharField(allow_null=True)
    open = serializers.SerializerMethodField()

    def get_open(self, row: Any) -> bool:
        """Whether it waits."""
        return row.state in data_requests.OPEN


class DataRequestsAnswer(Answer):
    """What waits first, then the newest; as many as the page shows."""

    requests = DataRequestAnswer(many=True)


class ExportAnswer(Answer):
    """A copy of one's data."""

    id = serializers.CharField(source="public_id")
    state = OneOf(enums.ExportState)
    asked_at = moment()
    made_at = maybe_moment()
    delete_at = maybe_moment()
    json_size = serializers.IntegerField()
    pdf_size = serializers.IntegerField()


class ExportsAnswer(Answer):
    """The copy that is being made, and the one that can be fetched."""

    waiting = ExportAnswer(allow_null=True)
    ready = ExportAnswer(allow_null=True)
    failed = serializers.BooleanField()
