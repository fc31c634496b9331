"""What the portal takes for a payment, by what it is for."""

from collections.abc import Mapping
from typing import Final

from payments.enums import PaymentPurpose
from payments.rules import figures

MOST: Final = 1_000_000  # more is a slip of the hand, no fee


def read_fees(values: object) -> Mapping[PaymentPurpose, int]:
    """The fees of a row ``fees``, in đồng.

    Raises:
        BadFigures: it is none.
    """
    given = figures.keys(values, *PaymentPurpose.values)
    return {
        purpose: figures.whole(given, purpose.value, least=0, most=MOST)
        for purpose in PaymentPurpose
    }
