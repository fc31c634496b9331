"""Filters of the queue that an officer keeps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from procedures import policy
from procedures.models import SavedFilter
from procedures.selectors.desk import Filters
from procedures.services.claiming import DeskRefused


class TooManyFilters(DeskRefused):
    """So many are kept that another would not help."""

    code = "too_many_filters"
    message = _("You keep as many filters as fit. Remove one first.")


@transaction.atomic
def keep(
    *, account: Account, office_id: UUID, given: Mapping[str, Any], now: datetime
) -> SavedFilter:
    """Keep a filter of an office's queue; twice is once.

    Raises:
        TooManyFilters: see the class.
    """
    says = Filters.of(given).says
    mine = SavedFilter.objects.filter(account=account, office_id=office_id)
    there = mine.filter(says=says).first()
    if there is not None:
        return there
    if mine.count() >= policy.SAVED_FILTERS_MOST:
        raise TooManyFilters
    row, _made = SavedFilter.objects.get_or_create(
        account=account, office_id=office_id, says=says, defaults={"made_at": now}
    )
    return row


def drop(*, account: Account, public_id: str) -> None:
    """Keep it no longer; another's stays."""
    SavedFilter.objects.filter(account=account, public_id=public_id).delete()
