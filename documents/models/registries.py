"""Registries: how fast each may be asked, what each reported, and kinds of papers defined without code."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents import policy
from documents.enums import RegistryEventKind, RegistryEventOutcome
from documents.models.papers import Document
from eid_portal.core import ids
from eid_portal.core.telling import Told


class Registry(models.Model):
    """An outside register of papers. Address and keys are the operator's (settings); the pace is set here."""

    party = models.CharField(_("party"), max_length=40, primary_key=True)
    calls_per_second = models.PositiveIntegerField(
        _("calls a second"), default=policy.CALLS_PER_SECOND
    )
    in_flight = models.PositiveIntegerField(_("calls at a time"), default=policy.BATCH)
    next_call_at = models.DateTimeField(null=True)  # the first moment that no call has taken yet
    last_answer_at = models.DateTimeField(_("last answer at"), null=True)
    last_failure_at = models.DateTimeField(_("last failure at"), null=True)

    class Meta:
        verbose_name = _("registry")
        verbose_name_plural = _("registries")
        constraints = [
            models.CheckConstraint(
                condition=Q(calls_per_second__gt=0, in_flight__gt=0), name="registry_pace"
            )
        ]

    def __str__(self) -> str:
        return self.party


class RegistryEvent(Told):
    """What a registry reported, and what became of it: the same id is answered the same for ever."""

    kind = models.CharField(max_length=20, choices=RegistryEventKind)
    outcome = models.CharField(max_length=12, choices=RegistryEventOutcome)
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"registry event {self.event_id}"


class DefinedKind(models.Model):
    """A kind of paper that an administrator defined without code; ``kinds.defined`` makes a kind of it.

    ``fields`` is ``[{"code", "label", "label_en", "sort", "level"}]``; ``compared`` lists which of name, birth_date and
    personal_number must agree.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    issuer = models.CharField(_("issuer"), max_length=120)
    issuer_en = models.CharField(_("issuer in English"), max_length=120)
    registry = models.CharField(_("registry"), max_length=40)
    wire_type = models.CharField(_("the registry's word for it"), max_length=40)
    number_pattern = models.CharField(_("pattern of the number"), max_length=120)
    number_hint = models.CharField(_("hint about the number"), max_length=120)
    number_hint_en = models.CharField(_("hint in English"), max_length=120)
    fields = models.JSONField(_("fields"), default=list)
    compared = models.JSONField(_("what is compared"), default=list)
    in_use = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("defined kind of paper")
        verbose_name_plural = _("defined kinds of papers")
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "wire_type"], name="defined_kind_of_wire_type"
            )
        ]

    def __str__(self) -> str:
        return self.code
