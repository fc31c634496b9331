"""What can be filed: procedures, and the documents that say what each is from when on."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.models import StatefulModel
from procedures.enums import RevisionState


class Procedure(models.Model):
    """Something a citizen can ask of the state; its code is the same in every revision."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    code = models.SlugField(_("code"), max_length=60, unique=True)

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")

    def __str__(self) -> str:
        return self.code


class Revision(StatefulModel):
    """One document of a procedure, as it was written. A trigger keeps what is published as it is."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    procedure = models.ForeignKey(
        Procedure, models.PROTECT, related_name="revisions", verbose_name=_("procedure")
    )
    number = models.PositiveIntegerField(_("number"))
    text = models.TextField(_("document"))  # JSON in UTF-8, see docs/procedures.md
    digest = models.CharField(_("SHA-256 of the document"), max_length=64)
    is_shipped = models.BooleanField(_("comes with the portal"), default=False)
    published_at = models.DateTimeField(_("published at"), null=True)
    since = models.DateTimeField(_("in this state since"))

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RevisionState.values), name="revision_state"
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFTED") ^ Q(published_at__isnull=False),
                name="revision_published_at",
            ),
            models.UniqueConstraint(fields=["procedure", "number"], name="revision_number_once"),
            models.UniqueConstraint(
                fields=["procedure"], condition=Q(state="PUBLISHED"), name="revision_in_force_once"
            ),
        ]

    def __str__(self) -> str:
        return f"revision {self.number} {self.pk}"
