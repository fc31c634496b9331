"""What a person's own application lists."""

from collections.abc import Sequence

from accounts.models import Account
from procedures.models import Draft


def list_drafts(account: Account) -> Sequence[Draft]:
    """The drafts of a person, the last saved first, without their answers."""
    rows = Draft.objects.filter(filer=account).select_related("procedure").defer("answers")
    return list(rows.order_by("-saved_at", "-pk"))
