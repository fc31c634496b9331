"""The books: double entry in whole đồng, added to and never changed.

A posting's amount is positive for a debit and negative for a credit; those of an entry sum to zero (a deferred
constraint trigger in the migration), and they are written together, by one statement: none is ever added to an entry.
What an account holds is the sum of its postings.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from eid_portal.core import ids
from eid_portal.core.database import AppendOnlyModel
from payments.enums import AccountKind, EntryKind


class LedgerAccount(AppendOnlyModel):
    """What the postings are about: money at a bank, in flight, or owed to a biller. Opened when first booked on."""

    code = models.CharField(
        _("code"), max_length=60, primary_key=True
    )  # bank:970436, transit, biller:evn-hcmc
    kind = models.CharField(_("kind"), max_length=12, choices=AccountKind)

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AccountKind.values), name="ledger_account_kind"
            )
        ]

    def __str__(self) -> str:
        return self.code


class JournalEntry(AppendOnlyModel):
    """One movement of money; ``key`` is unique to what moved, so a movement is booked once."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=EntryKind)
    key = models.CharField(
        _("key of the movement"), max_length=80
    )  # debit:<order>, settle:<payment>, refund:<refund>
    booked_at = models.DateTimeField(_("booked at"))

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EntryKind.values), name="journal_entry_kind"
            ),
            models.UniqueConstraint(fields=["key"], name="journal_entry_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Posting(AppendOnlyModel):
    """One line of an entry.

    A trigger holds it to its entry and its account, which nobody can delete. A foreign key would lock the account's row
    for every payment there is.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    entry = models.ForeignKey(
        JournalEntry, models.PROTECT, related_name="postings", db_constraint=False
    )
    account = models.ForeignKey(
        LedgerAccount,
        models.PROTECT,
        related_name="postings",
        db_constraint=False,
        db_index=False,
        verbose_name=_("account"),
    )  # found by the index below
    payment = models.ForeignKey(  # whose postings are found by the keys of their entries
        "payments.Payment", models.PROTECT, null=True, related_name="postings", db_index=False
    )
    amount = models.BigIntegerField(_("amount"))  # đồng

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="posting_not_zero")]
        indexes = [models.Index(fields=["account", "id"], name="posting_of_account")]

    def __str__(self) -> str:
        return f"{self.amount} {self.account_id}"
