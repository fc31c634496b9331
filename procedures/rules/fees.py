"""What a procedure costs whoever files these answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from procedures.rules.answers import Settled
from procedures.rules.documents import Document, Exemption
from procedures.rules.expressions import Facts, Value


class NoFee(ValueError):
    """The document does not say what these answers cost: an answer is missing, or it comes to less than nothing."""


@dataclass(frozen=True, slots=True)
class Fee:
    """đồng; ``exemption`` says why nothing is paid of ``full_vnd``."""

    amount_vnd: int
    full_vnd: int
    exemption: Exemption | None = None


def fee_of(document: Document, settled: Settled, *, known: Mapping[str, Value], today: date) -> Fee:
    """The fee of a form, and the first exemption that holds; one without a condition is an officer's to apply.

    Raises:
        NoFee: see the class.
    """
    facts = Facts(answers=settled.values, known=known, today=today)
    full = document.fee.value(facts)
    if not isinstance(full, int) or full < 0:
        raise NoFee(document.code)
    exemption = next(
        (each for each in document.exempt if each.when and each.when.holds(facts)), None
    )
    return Fee(0 if exemption else full, full, exemption)
