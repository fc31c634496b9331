"""Money of an account is held: no transfer goes out before a moment, which never comes nearer."""

from datetime import datetime

from accounts.models import Account


def hold_money(*, account: Account, until: datetime) -> None:
    """Hold it until then, or as long as it was held already, in the caller's transaction."""
    held = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    if held.money_held_until is None or held.money_held_until < until:
        held.money_held_until = until
        held.save(update_fields=["money_held_until"])
    account.money_held_until = held.money_held_until
