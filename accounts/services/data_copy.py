"""What accounts give out of a person's data, table by table; the test of the registry holds it complete.

Secrets never leave: hashes, seeds and keys of authenticators, codes, tokens. Nor does what is somebody else's.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import models as tables
from accounts import states, texts
from accounts.enums import (
    ActedBy,
    AuthenticatorKind,
    ConsentPurpose,
    DataCategory,
    DataSubject,
    InspectionSource,
    NoticeChannel,
    NoticeKind,
    OwnerLockReason,
    RecoveryRoute,
    Sex,
)
from accounts.selectors import data_log
from eid_portal.core.export_tables import Table, TableExporter, own, plain
from eid_portal.core.exporting import Person, Section


def _contact(row: Any) -> str | None:
    shown = row.kind in {AuthenticatorKind.SMS, AuthenticatorKind.EMAIL}
    return str(row.secret) if shown and row.secret else None


def _message(row: Any) -> str | None:
    """As it stands in the inbox: what was sent out besides, a code or a link, opens doors and is not repeated."""
    if row.kind == NoticeKind.CODE:
        return None
    if row.values is not None:
        return texts.words(row.kind, row.version, row.values)
    return str(row.text) if row.channel == NoticeChannel.INBOX else None


def _office(row: Any) -> str | None:
    return str(row.office.name) if row.office else None


_ACCOUNT: Final = "account__citizen_id"
TABLES: Final = (
    Table(
        code="person",
        title=gettext_lazy("Who you are"),
        model=tables.Citizen,
        rows=own("pk", tables.Citizen),
        fields=(
            "personal_number", "full_name", "birth_date", "sex", "nationality", "residence", "alive",
            "checked_with_register_at", "created_at",
        ),
    ),
    Table(
        code="portrait",
        title=gettext_lazy("Your photo in the register"),
        model=tables.Portrait,
        rows=own("citizen_id", tables.Portrait),
        fields=("image", "media_type", "received_at"),
    ),
    Table(
        code="former_numbers",
        title=gettext_lazy("Numbers you had"),
        model=tables.FormerPersonalNumber,
        rows=own("citizen_id", tables.FormerPersonalNumber),
        fields=("personal_number", "basis", "ended_at"),
    ),
    Table(
        code="relations",
        title=gettext_lazy("Household and family, by the register"),
        model=tables.Relation,
        rows=lambda pk: tables.Relation.objects.filter(Q(citizen_id=pk) | Q(other_id=pk)).order_by("pk"),
        fields=("kind", "basis", "valid_from", "ended_at"),
    ),
    Table(
        code="stays",
        title=gettext_lazy("Temporary residences"),
        model=tables.Stay,
        rows=own("citizen_id", tables.Stay),
        fields=("address", "owner", "since", "until", "registered_at", "ended_at"),
    ),
    Table(
        code="guardianships",
        title=gettext_lazy("Guardianships"),
        model=tables.Guardianship,
        rows=lambda pk: tables.Guardianship.objects.filter(Q(ward_id=pk) | Q(guardian_id=pk))
        .select_related("ward", "guardian")
        .order_by("pk"),
        fields=(
            "state", "basis", "document", "until_age", "until", "claimed_at", "confirmed_at", "ended_at", "end_reason",
        ),
        worked_out={"ward_name": lambda row: row.ward.full_name, "guardian_name": lambda row: row.guardian.full_name},
    ),
    Table(
        code="cards",
        title=gettext_lazy("ID cards"),
        model=tables.IdCard,
        rows=own("citizen_id", tables.IdCard),
        fields=("state", "number", "kind", "issued_on", "expires_on", "warned_days", "created_at"),
    ),
    Table(
        code="card_events",
        title=gettext_lazy("What card production announced"),
        model=tables.CardEvent,
        rows=own("citizen_id", tables.CardEvent),
        fields=("party", "kind", "outcome", "code", "received_at"),
    ),
    Table(
        code="register_events",
        title=gettext_lazy("What the population register announced"),
        model=tables.PopulationEvent,
        rows=own("citizen_id", tables.PopulationEvent),
        fields=("party", "kind", "outcome", "received_at"),
    ),
    Table(
        code="accounts",
        title=gettext_lazy("Your accounts"),
        model=tables.Account,
        rows=own("citizen_id", tables.Account),
        fields=(
            "state", "kind", "sign_in_name", "level", "lock_reason", "language", "recovery_routes",
            "routes_tested_at", "routes_due_at",
            "money_held_until", "created_at", "activated_at", "locked_at", "closed_at",
            "owner_locked_at", "owner_locked_by", "owner_locked_why",
        ),
    ),
    Table(
        code="roles",
        title=gettext_lazy("Roles at offices"),
        model=tables.OfficeRole,
        rows=own(_ACCOUNT, tables.OfficeRole, "office"),
        fields=("role", "granted_at", "ended_at"),
        worked_out={"office": _office},
    ),
    Table(
        code="authenticators",
        title=gettext_lazy("Ways to sign in"),
        model=tables.Authenticator,
        rows=own(_ACCOUNT, tables.Authenticator),
        fields=(
            "state", "kind", "label", "failures", "stranger_failures", "created_at", "bound_at", "trusted_from",
            "blocked_until", "last_used_at", "ended_at",
        ),
        worked_out={"phone_or_address": _contact},
    ),
    Table(
        code="passkeys",
        title=gettext_lazy("Passkeys"),
        model=tables.Passkey,
        rows=own("authenticator__account__citizen_id", tables.Passkey),
        fields=("sign_count", "backup_eligible", "backed_up", "transports"),
    ),
    Table(
        code="recovery_codes",
        title=gettext_lazy("Recovery codes"),
        model=tables.RecoveryCode,
        rows=own("authenticator__account__citizen_id", tables.RecoveryCode),
        fields=("used_at",),
    ),
    Table(
        code="slips",
        title=gettext_lazy("Activation slips"),
        model=tables.ActivationSlip,
        rows=own(_ACCOUNT, tables.ActivationSlip),
        fields=("number", "recovers", "printed_at", "expires_at", "used_at", "void_at"),
    ),
    Table(
        code="one_time_codes",
        title=gettext_lazy("One-time codes sent"),
        model=tables.OneTimeCode,
        rows=own(_ACCOUNT, tables.OneTimeCode),
        fields=("purpose", "channel", "to", "tries", "sent_at", "expires_at", "used_at", "void_at"),
    ),
    Table(
        code="devices",
        title=gettext_lazy("Devices"),
        model=tables.Device,
        rows=own(_ACCOUNT, tables.Device),
        fields=("label", "first_seen_at", "last_seen_at", "confirmed_at", "forgotten_at"),
    ),
    Table(
        code="sessions",
        title=gettext_lazy("Sessions"),
        model=tables.DeviceSession,
        rows=own(_ACCOUNT, tables.DeviceSession, "office"),
        fields=(
            "aal", "amr", "network", "started_at", "authenticated_at", "seen_at", "ends_at", "ended_at", "end_reason",
        ),
        worked_out={"office": _office},
    ),
    Table(
        code="recoveries",
        title=gettext_lazy("Recoveries of the account"),
        model=tables.Recovery,
        rows=own(_ACCOUNT, tables.Recovery),
        fields=(
            "state", "reference", "first_proof", "second_proof", "device_label", "opened_at", "ready_at", "expires_at",
            "closed_at", "reminders",
        ),
    ),
    Table(
        code="recovery_attempts",
        title=gettext_lazy("Beginnings of a recovery"),
        model=tables.RecoveryAttempt,
        rows=own(_ACCOUNT, tables.RecoveryAttempt),
        fields=("created_at", "expires_at", "ended_at"),
    ),
    Table(
        code="contact_changes",
        title=gettext_lazy("Changes of phone or e-mail address"),
        model=tables.ContactChange,
        rows=own(_ACCOUNT, tables.ContactChange),
        fields=("state", "made_at", "revert_until", "closed_at"),
    ),
    Table(
        code="stop_codes",
        title=gettext_lazy("Stop codes sent"),
        model=tables.StopCode,
        rows=own(_ACCOUNT, tables.StopCode),
        fields=("kind", "created_at", "expires_at", "used_at"),
    ),
    Table(
        code="lock_orders",
        title=gettext_lazy("Requests of authorities about your account"),
        model=tables.LockOrder,
        rows=own(_ACCOUNT, tables.LockOrder),
        fields=(
            "state", "kind", "authority", "document_number", "reason", "received_at", "forward_by", "forwarded_at",
            "decide_by", "decided_at", "refusal",
        ),
    ),
    Table(
        code="visits",
        title=gettext_lazy("Visits to a counter"),
        model=tables.CardCase,
        rows=own("citizen_id", tables.CardCase, "office"),
        fields=(
            "state", "task", "source", "card_reading", "register_answer", "register_status", "findings", "exceptions",
            "checks", "phone", "phone_verified_at", "opened_at", "closed_at",
        ),
        worked_out={"office": _office},
    ),
    Table(
        code="chip_readings",
        title=gettext_lazy("Your card's chip, read at a counter"),
        model=tables.ChipReading,
        rows=own("case__citizen_id", tables.ChipReading),
        fields=("verdict", "differences", "face", "face_type", "read_at"),
    ),
    Table(
        code="messages",
        title=gettext_lazy("Messages"),
        model=tables.Notice,
        rows=lambda pk: tables.Notice.objects.filter(
            Q(citizen_id=pk, account__isnull=True) | Q(account__citizen_id=pk)
        ).order_by("pk"),
        fields=("state", "channel", "kind", "to", "language", "created_at", "sent_at", "delivered_at", "read_at"),
        worked_out={"words": _message},
    ),
    Table(
        code="consents",
        title=gettext_lazy("Consents"),
        model=tables.Consent,
        rows=own("citizen_id", tables.Consent),
        fields=(
            "state", "party", "party_name", "categories", "purpose", "words", "third_parties", "given_at",
            "valid_until", "withdrawn_at", "end_by", "ended_at",
        ),
    ),
    Table(
        code="requests",
        title=gettext_lazy("Your requests about your data"),
        model=tables.DataRequest,
        rows=own("citizen_id", tables.DataRequest),
        fields=(
            "state", "reference", "kind", "subject", "question", "answer", "third_parties", "made_at", "answer_by",
            "done_by", "extended_at", "extension_reason", "answered_at", "closed_at",
        ),
    ),
    Table(
        code="copies",
        title=gettext_lazy("Copies of your data"),
        model=tables.DataExport,
        rows=own(_ACCOUNT, tables.DataExport),
        fields=(
            "state", "language", "json_size", "pdf_size", "asked_at", "made_at", "fetched_at", "delete_at",
        ),
    ),
    Table(
        code="questions",
        title=gettext_lazy("Your questions about looks at your data"),
        model=tables.Inspection,
        rows=lambda pk: tables.Inspection.objects.filter(citizen_id=pk, source=InspectionSource.CITIZEN).order_by("pk"),
        fields=("state", "reference", "event_id", "question", "answer", "opened_at", "answer_by", "closed_at"),
    ),
)  # fmt: skip

_STAFF = gettext_lazy("Who of the staff did it stands in the log, by office and code.")
_SECRET = gettext_lazy("A secret of your way to sign in, or what is made of one: it never leaves.")
_KEY = gettext_lazy("A key that only ties rows together.")
_INDEX = gettext_lazy("What rows are found by; it follows from what is given out.")
_WATCHED = gettext_lazy(
    "How staff are watched. Every look at you stands in the log when it may be shown."
)
LEFT_OUT: Final[Mapping[str, Any]] = {
    "accounts.Flow": gettext_lazy("Steps of a sign-in that was going on; nothing but keys, for 20 minutes."),
    "accounts.LookUp": _WATCHED,
    "accounts.Alert": _WATCHED,
    "accounts.LookReview": _WATCHED,
    # --- fields, in every table
    **dict.fromkeys(
        (
            "*.id", "*.public_id", "*.citizen", "*.account", "*.authenticator", "*.device", "*.case", "*.other",
            "*.ward", "*.guardian", "*.old", "*.new", "*.office", "*.approval_id", "*.request_id", "*.target_id",
            "*.confirmed_in", "*.look_up", "*.instead_of", "*.event_key", "*.task_data", "*.data", "*.account_kind",
            "*.place", "*.version", "*.first_authenticator",
        ),
        _KEY,
    ),
    **dict.fromkeys(
        ("*.personal_number_index", "*.number_index", "*.phone_index", "*.text_index", "*.review_month"), _INDEX
    ),
    **dict.fromkeys(
        ("*.printed_by", "*.received_by", "*.forwarded_by", "*.decided_by", "*.officer", "*.closed_by", "*.handled_by"),
        _STAFF,
    ),
    **dict.fromkeys(
        (
            "*.password_hash", "*.secret", "*.last_step", "*.code_hash", "*.token_hash", "*.key_hash", "*.code_index",
            "*.body_hash", "*.credential_id", "*.public_key",
        ),
        _SECRET,
    ),
    "accounts.Notice.text": gettext_lazy("Stands as its words; codes and links that were sent are not repeated."),
    "accounts.Notice.values": gettext_lazy("Stands in the words of the message."),
    "accounts.CardCase.number_typed": gettext_lazy("Stands in how the card was read."),
    "accounts.CardEvent.event_id": _KEY,
    "accounts.PopulationEvent.event_id": _KEY,
    "accounts.Inspection.source": gettext_lazy("Only questions of your own are given out."),
    "accounts.DataExport.json": gettext_lazy("A copy is not put into the next copy."),
    "accounts.DataExport.pdf": gettext_lazy("A copy is not put into the next copy."),
}  # fmt: skip

_STATES: Final = {
    table.model: type(next(iter(table.edges))[0])
    for table in states.ALL
}  # fmt: skip


# Codes in columns that name no choices of their own.
CODED: Final[Mapping[str, type[models.TextChoices]]] = {
    "sex": Sex,
    "categories": DataCategory,
    "purpose": ConsentPurpose,
    "subject": DataSubject,
    "recovery_routes": RecoveryRoute,
    "owner_locked_by": ActedBy,
    "owner_locked_why": OwnerLockReason,
}


class AccountsExporter(TableExporter):
    """The tables of accounts, and the log."""

    def __init__(self) -> None:
        super().__init__(
            TABLES, left_out=LEFT_OUT, labels=_labels, parts=_parts, coded=CODED, states=_STATES
        )

    def sections(self, person: Person) -> Iterator[Section]:
        """Every table with a row of the person's, and the log."""
        yield from super().sections(person)
        # Last, because it is the longest.
        yield self._log(person)

    def _log(self, person: Person) -> Section:
        labels = self.labels()
        names = ("at", "who", "title", "why", "basis", "seen", "details", "event_id")
        entries, shown = [], []
        for entry in data_log.everything(citizen_id=person.citizen_id, now=person.now):
            told = "; ".join(f"{label}: {value}" for label, value in entry.told)
            values = (
                entry.at,
                entry.who,
                entry.title,
                entry.why,
                entry.basis,
                entry.seen,
                told,
                entry.id,
            )
            entries.append({name: plain(value) for name, value in zip(names, values, strict=True)})
            said = (
                (labels[name], self.say(value, labels))
                for name, value in zip(names, values, strict=True)
            )
            shown.append(tuple((label, words) for label, words in said if words))
        return Section(
            code="log",
            title=_("Who saw or changed your data"),
            labels={name: labels[name] for name in names},
            entries=entries,
            shown=shown,
        )  # fmt: skip


def _parts() -> dict[str, str]:
    """What stands inside a value: an address, a card's reading, the register's answer."""
    return {
        "birth_province": _("Birth registered in"),
        "card_number": _("Card number"),
        "card_state": _("State of the card"),
        "commune": _("Commune"),
        "guardians": _("Guardian"),
        "line": _("House and street"),
        "name": _("Full name"),
        "old_number": _("Earlier number"),
        "province": _("Province or city"),
    }


def _labels() -> dict[str, str]:
    """What each field is, in the language that is active."""
    return {
        "aal": _("Level of the sign-in"),
        "activated_at": _("Activated"),
        "address": _("Address"),
        "alive": _("Alive"),
        "amr": _("Signed in with"),
        "answer": _("Answer"),
        "answer_by": _("To be answered by"),
        "answered_at": _("Answered"),
        "asked_at": _("Asked"),
        "at": _("When"),
        "authenticated_at": _("Proved who you are"),
        "authority": _("Authority"),
        "backed_up": _("Backed up"),
        "backup_eligible": _("Can be backed up"),
        "basis": _("Basis"),
        "birth_date": _("Date of birth"),
        "blocked_until": _("Waits until"),
        "bound_at": _("Added"),
        "card_reading": _("Read from the card"),
        "categories": _("Which data"),
        "channel": _("Sent by"),
        "checked_with_register_at": _("Checked with the register"),
        "checks": _("Checked by the officer"),
        "claimed_at": _("Named"),
        "closed_at": _("Ended"),
        "code": _("Result code"),
        "confirmed_at": _("Confirmed"),
        "created_at": _("Recorded"),
        "decide_by": _("To be decided by"),
        "decided_at": _("Decided"),
        "delete_at": _("To be deleted"),
        "delivered_at": _("Delivered"),
        "details": _("Details"),
        "device_label": _("Device"),
        "differences": _("Differences found"),
        "document": _("Document"),
        "document_number": _("Document number"),
        "done_by": _("To be done by"),
        "end_by": _("To be over by"),
        "end_reason": _("Why it ended"),
        "ended_at": _("Ended"),
        "ends_at": _("Ends by itself"),
        "event_id": _("Reference"),
        "exceptions": _("Exceptions"),
        "expires_at": _("Works until"),
        "expires_on": _("Valid until"),
        "extended_at": _("Extended"),
        "extension_reason": _("Why it takes longer"),
        "face": _("Photo in the chip"),
        "face_type": _("Kind of picture"),
        "failures": _("Failures in a row"),
        "fetched_at": _("Fetched"),
        "findings": _("Disagreements found"),
        "first_proof": _("First proof"),
        "first_seen_at": _("First seen"),
        "forgotten_at": _("Forgotten"),
        "forward_by": _("To be forwarded by"),
        "forwarded_at": _("Forwarded"),
        "full_name": _("Full name"),
        "given_at": _("Given"),
        "granted_at": _("Granted"),
        "guardian_name": _("Guardian"),
        "image": _("Photo"),
        "issued_on": _("Issued"),
        "json_size": _("Size of the JSON file"),
        "kind": _("Kind"),
        "label": _("Name"),
        "language": _("Language"),
        "last_seen_at": _("Last seen"),
        "last_used_at": _("Last used"),
        "level": _("Level"),
        "lock_reason": _("Why it is locked"),
        "locked_at": _("Locked"),
        "made_at": _("Made"),
        "media_type": _("Kind of picture"),
        "money_held_until": _("Money held until"),
        "nationality": _("Nationality"),
        "network": _("Network"),
        "number": _("Number"),
        "office": _("Office"),
        "opened_at": _("Begun"),
        "outcome": _("What came of it"),
        "owner_locked_at": _("Locked by its owner"),
        "owner_locked_by": _("Who locked it for its owner"),
        "owner_locked_why": _("What its owner said when locking it"),
        "owner": _("Head of household or owner"),
        "party": _("System or party"),
        "party_name": _("Who"),
        "pdf_size": _("Size of the PDF file"),
        "personal_number": _("Personal number"),
        "phone": _("Phone"),
        "phone_or_address": _("Phone or e-mail address"),
        "phone_verified_at": _("Phone confirmed"),
        "printed_at": _("Printed"),
        "purpose": _("What for"),
        "question": _("What you wrote"),
        "read_at": _("Read"),
        "ready_at": _("Can be finished from"),
        "reason": _("Reason"),
        "received_at": _("Received"),
        "recovers": _("For a recovery"),
        "recovery_routes": _("Ways of recovery"),
        "reference": _("Reference"),
        "refusal": _("Why it was refused"),
        "registered_at": _("Registered"),
        "register_answer": _("The register's answer"),
        "register_status": _("Register"),
        "reminders": _("Reminders"),
        "residence": _("Place of residence"),
        "revert_until": _("Can be taken back until"),
        "role": _("Role"),
        "routes_due_at": _("Ways of recovery to be tried by"),
        "routes_tested_at": _("Ways of recovery tried"),
        "second_proof": _("Second proof"),
        "seen": _("What was seen"),
        "seen_at": _("Last seen"),
        "sent_at": _("Sent"),
        "sex": _("Sex"),
        "sign_count": _("Times used"),
        "sign_in_name": _("Sign-in name"),
        "source": _("How it was read"),
        "started_at": _("Begun"),
        "state": _("State"),
        "stranger_failures": _("Failures on unknown devices"),
        "subject": _("About"),
        "task": _("What for"),
        "third_parties": _("Others have the data too"),
        "title": _("What"),
        "to": _("To"),
        "transports": _("Connected by"),
        "tries": _("Tries"),
        "trusted_from": _("Counts from"),
        "since": _("Since"),
        "until": _("Last day"),
        "until_age": _("Until the age of"),
        "used_at": _("Used"),
        "valid_from": _("Valid from"),
        "valid_until": _("Valid until"),
        "verdict": _("Result"),
        "void_at": _("Made void"),
        "ward_name": _("Child or ward"),
        "warned_days": _("Last warning, days before"),
        "who": _("Who"),
        "why": _("Why"),
        "withdrawn_at": _("Withdrawn"),
        "words": _("Words"),
    }
