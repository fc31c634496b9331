"""What was filed, its clock, and what was asked, written and decided about it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.database import AppendOnlyModel
from eid_portal.core.models import StatefulModel
from eid_portal.core.sealed import SealedBinaryField, SealedJSONField, SealedTextField
from procedures.enums import (
    ApplicationState,
    Capacity,
    ConsentState,
    Outcome,
    PauseReason,
    RequestState,
    SnapshotReason,
    Writer,
)

OPEN = [
    ApplicationState.IN_REVIEW,
    ApplicationState.WAITING_CITIZEN,
    ApplicationState.WAITING_CONSENT,
    ApplicationState.WAITING_OPINION,
    ApplicationState.PROPOSED,
]


class Application(StatefulModel):
    """A form that was filed. Its revision, and what was filed, stay as they were.

    ``due_at`` is empty while the clock stands still and before the fee is paid; ``rules.clocks`` works it out.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    reference = models.CharField(_("number"), max_length=20, unique=True)  # HS-261127-3KQ8MN
    draft_id = models.UUIDField(unique=True, editable=False)  # one draft is filed once
    procedure = models.ForeignKey(
        "procedures.Procedure", models.PROTECT, related_name="+", verbose_name=_("procedure")
    )
    revision = models.ForeignKey("procedures.Revision", models.PROTECT, related_name="+")
    filer = models.ForeignKey("accounts.Account", models.PROTECT, related_name="applications")
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="applications")
    capacity = models.CharField(_("for whom"), max_length=8, choices=Capacity)
    desk = models.ForeignKey("procedures.Desk", models.PROTECT, related_name="applications")
    fee = models.PositiveBigIntegerField(_("fee"))  # đồng
    fee_payment_id = models.UUIDField(null=True)  # of payments, once it settled
    fee_receipt = models.CharField(max_length=40, default="", blank=True)
    filed_at = models.DateTimeField(_("filed at"))
    received_at = models.DateTimeField(_("received at"), null=True)  # the fee came, the clock runs
    received_on = models.DateField(_("counts as received on"), null=True)
    due_at = models.DateTimeField(_("due at"), null=True)
    promised_at = models.DateTimeField(_("new date after a delay"), null=True)
    alert_at = models.DateTimeField(null=True)  # when the next of rules.clocks.ALERTS is due
    alerted = models.PositiveSmallIntegerField(default=0)  # per cent of the last one told
    claimed_by = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="claimed_applications"
    )
    claimed_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    since = models.DateTimeField(_("in this state since"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="application_state"
            ),
            models.CheckConstraint(
                condition=Q(capacity__in=Capacity.values), name="application_capacity"
            ),
            models.CheckConstraint(
                condition=Q(state="FILED", received_at__isnull=True)
                | (~Q(state="FILED") & (Q(received_at__isnull=False) | Q(state="WITHDRAWN"))),
                name="application_received",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["GRANTED", "REFUSED", "WITHDRAWN"])
                ^ Q(ended_at__isnull=True),
                name="application_ended_at",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, claimed_until__isnull=True)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False),
                name="application_claim_whole",
            ),
            models.CheckConstraint(
                condition=Q(fee_payment_id__isnull=True) | Q(fee__gt=0), name="application_fee_paid"
            ),
        ]
        indexes = [
            models.Index(
                fields=["desk", "due_at", "id"],
                name="application_queue",
                condition=Q(state="IN_REVIEW"),
            ),
            models.Index(
                fields=["desk", "procedure", "due_at", "id"],
                name="application_queue_of_procedure",
                condition=Q(state="IN_REVIEW"),
            ),
            models.Index(
                fields=["desk", "state", "since", "id"],
                name="application_waiting",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(F("desk"), F("ended_at").desc(), F("id").desc(), name="application_ended"),
            models.Index(
                fields=["ended_at"],
                name="application_measured",
                condition=Q(state__in=["GRANTED", "REFUSED"]),
            ),
            models.Index(
                fields=["claimed_by", "due_at"],
                name="application_claimed",
                condition=Q(claimed_by__isnull=False, ended_at__isnull=True),
            ),
            models.Index(F("citizen"), F("id").desc(), name="application_of_citizen"),
            models.Index(F("filer"), F("id").desc(), name="application_of_filer"),
            models.Index(
                fields=["filed_at"], name="application_unpaid", condition=Q(state="FILED")
            ),
            models.Index(
                fields=["alert_at", "id"],
                name="application_to_alert",
                condition=Q(alert_at__isnull=False, ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Snapshot(AppendOnlyModel):
    """What was filed, whole, and its hash; a correction adds the next. See ``rules.snapshot``."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="snapshots")
    number = models.PositiveSmallIntegerField(_("number"))  # from 1
    reason = models.CharField(max_length=12, choices=SnapshotReason)
    text = SealedTextField()
    sha256 = models.CharField(_("SHA-256 of the form"), max_length=64)
    taken_at = models.DateTimeField(_("taken at"))

    class Meta:
        verbose_name = _("filed form")
        verbose_name_plural = _("filed forms")
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="snapshot_number_once")
        ]

    def __str__(self) -> str:
        return f"filed form {self.pk}"


class ApplicationFile(AppendOnlyModel):
    """A file that an application names in a field; what is named stays."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="files")
    attachment = models.ForeignKey("procedures.Attachment", models.PROTECT, related_name="uses")
    field = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "attachment", "field"], name="application_file_once"
            )
        ]

    def __str__(self) -> str:
        return f"file of an application {self.pk}"


class ClockPause(models.Model):
    """A time during which the clock of an application stands still, and why; ``until`` is empty while it does."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="pauses")
    reason = models.CharField(_("reason"), max_length=8, choices=PauseReason)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)

    class Meta:
        verbose_name = _("pause of a clock")
        verbose_name_plural = _("pauses of clocks")
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=PauseReason.values), name="pause_reason"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="pause_in_order"
            ),
            models.UniqueConstraint(
                fields=["application", "reason"],
                condition=Q(until__isnull=True),
                name="pause_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"pause {self.pk}"


class ConsentRequest(StatefulModel):
    """Another person is asked to agree to one field of an application, through their own account.

    ``citizen`` is empty if nobody of that number has an account: then nobody answers, and who files never learns it.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    application = models.ForeignKey(Application, models.PROTECT, related_name="consent_requests")
    field = models.CharField(max_length=60)
    citizen = models.ForeignKey(
        "accounts.Citizen", models.PROTECT, null=True, related_name="consents_asked"
    )
    says = SealedJSONField()  # what they are told: labels and values of what they agree to
    asked_at = models.DateTimeField(_("asked at"))
    lapses_at = models.DateTimeField(_("lapses at"))
    reminded_at = models.DateTimeField(_("reminded at"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)

    class Meta:
        verbose_name = _("consent of another person")
        verbose_name_plural = _("consents of other people")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ConsentState.values), name="consent_request_state"
            ),
            models.UniqueConstraint(
                fields=["application", "field"],
                condition=Q(state="ASKED"),
                name="consent_request_one_open",
            ),
        ]
        indexes = [
            models.Index(F("citizen"), F("id").desc(), name="consent_request_of_citizen"),
            models.Index(
                fields=["lapses_at", "id"],
                name="consent_request_lapses",
                condition=Q(state="ASKED"),
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.public_id[:6]}…"


class CorrectionRequest(StatefulModel):
    """An official asks the citizen for other answers in single fields; these can be changed, and nothing else."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    application = models.ForeignKey(Application, models.PROTECT, related_name="corrections")
    fields = models.JSONField(_("fields"))  # their keys
    words = SealedTextField()
    answers = SealedJSONField(null=True)  # what was answered so far, as in a draft
    asked_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked at"))
    answer_by = models.DateTimeField(_("answer by"))
    answered_at = models.DateTimeField(_("answered at"), null=True)

    class Meta:
        verbose_name = _("request to correct")
        verbose_name_plural = _("requests to correct")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="correction_request_state"
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state="OPEN"),
                name="correction_request_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"], name="correction_request_lapses", condition=Q(state="OPEN")
            )
        ]

    def __str__(self) -> str:
        return f"request {self.public_id[:6]}…"


class OpinionRequest(StatefulModel):
    """Another desk is asked what it thinks, by a day."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=ids.public_id)
    application = models.ForeignKey(Application, models.PROTECT, related_name="opinions")
    desk = models.ForeignKey("procedures.Desk", models.PROTECT, related_name="opinions")
    question = SealedTextField()
    answer = SealedTextField(null=True)
    asked_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    answered_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked at"))
    answer_by = models.DateTimeField(_("answer by"))
    answered_at = models.DateTimeField(_("answered at"), null=True)

    class Meta:
        verbose_name = _("opinion of another desk")
        verbose_name_plural = _("opinions of other desks")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="opinion_request_state"
            ),
            models.UniqueConstraint(
                fields=["application", "desk"],
                condition=Q(state="OPEN"),
                name="opinion_request_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["desk", "answer_by", "id"],
                name="opinion_request_open",
                condition=Q(state="OPEN"),
            ),
            models.Index(
                fields=["answer_by"], name="opinion_request_lapses", condition=Q(state="OPEN")
            ),
        ]

    def __str__(self) -> str:
        return f"opinion {self.public_id[:6]}…"


class Message(AppendOnlyModel):
    """What the citizen and the office write each other about an application; the portal writes letters of delay."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="messages")
    writer = models.CharField(max_length=8, choices=Writer)
    account = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    text = SealedTextField()
    sent_at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(condition=Q(writer__in=Writer.values), name="message_writer")
        ]
        indexes = [models.Index(fields=["application", "id"], name="message_of_application")]

    def __str__(self) -> str:
        return f"message {self.pk}"


class InternalNote(AppendOnlyModel):
    """What officials write each other about an application; part of what the citizen may ask to see."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="notes")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    text = SealedTextField()
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")
        indexes = [models.Index(fields=["application", "id"], name="note_of_application")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Decision(models.Model):
    """How an application ends: proposed by an official, decided by the same or, with four eyes, by another.

    One that another sent back is deleted; its event stays.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    application = models.OneToOneField(Application, models.PROTECT, related_name="decision")
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    refusal = models.CharField(
        _("reason of the refusal"), max_length=60, default="", blank=True
    )  # the key of a reason in the document
    words = SealedTextField(null=True)  # what the official added
    is_exempt = models.BooleanField(default=False)  # the fee goes back
    by_silence = models.BooleanField(
        _("by rule, without an official"), default=False
    )  # nobody decided in time, or at once by rule
    proposed_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    appeal_until = models.DateField(_("appeal until"), null=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="decision_outcome"
            ),
            models.CheckConstraint(
                condition=Q(outcome="REFUSED") ^ Q(refusal=""), name="decision_refusal_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"


class Result(models.Model):
    """The paper a decision ends in: drawn and signed by a job, checked at `/verify/`, in the citizen's wallet.

    ``says`` is everything that is drawn; ``pdf`` is empty until it is.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    public_id = models.CharField(_("public id"), max_length=22, unique=True, default=ids.public_id)
    application = models.OneToOneField(Application, models.PROTECT, related_name="result")
    citizen = models.ForeignKey("accounts.Citizen", models.PROTECT, related_name="results")
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    token_hash = models.BinaryField(unique=True, max_length=32)
    code = SealedTextField()  # that is printed on it
    says = SealedJSONField()
    pdf = SealedBinaryField(null=True)
    made_at = models.DateTimeField(_("made at"))
    drawn_at = models.DateTimeField(_("drawn at"), null=True)
    valid_until = models.DateField(_("valid until"), null=True)  # the last day
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revoked_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    revoked_because = models.CharField(_("revoked because"), max_length=40, default="", blank=True)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="result_outcome"),
            models.CheckConstraint(
                condition=Q(pdf__isnull=True) ^ Q(drawn_at__isnull=False), name="result_drawn"
            ),
        ]
        indexes = [models.Index(F("citizen"), F("id").desc(), name="result_of_citizen")]

    def __str__(self) -> str:
        return f"result {self.public_id[:6]}…"


class EffectDone(models.Model):
    """A change that a decision brings about, carried out by a job: once, or a person looks at why not."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="effects")
    number = models.PositiveSmallIntegerField()  # its place in the document, from 0
    do = models.CharField(_("effect"), max_length=40)  # rules.effects.EFFECTS
    done_at = models.DateTimeField(_("done at"), null=True)
    failed_at = models.DateTimeField(_("failed at"), null=True)
    code = models.CharField(_("why it failed"), max_length=60, default="", blank=True)

    class Meta:
        verbose_name = _("effect")
        verbose_name_plural = _("effects")
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="effect_once")
        ]

    def __str__(self) -> str:
        return f"effect {self.do} {self.pk}"


class StatusReport(models.Model):
    """That an application moved, for its agency's own system: the id is the event's; ``told_at``, when it had it."""

    id = models.UUIDField(primary_key=True, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="status_reports")
    party = models.CharField(max_length=40)  # a name in settings.OUTSIDE
    state = models.CharField(max_length=20, choices=ApplicationState)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("report to an agency")
        verbose_name_plural = _("reports to agencies")
        constraints = [
            models.UniqueConstraint(fields=["application", "at"], name="status_report_in_order"),
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="status_report_state"
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"
