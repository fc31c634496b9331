"""Where people's electricity contracts supply: offered as an address, never more than a suggestion."""

from django.db import models

from eid_portal.core.sealed import SealedJSONField


class SupplyAddress(models.Model):
    """What the electricity company said of a person's contract; ``address`` is empty if there is none."""

    citizen = models.OneToOneField(
        "accounts.Citizen", models.PROTECT, primary_key=True, related_name="+"
    )
    address = SealedJSONField(null=True)  # {province, commune, line}
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"supply of {self.citizen_id}"
