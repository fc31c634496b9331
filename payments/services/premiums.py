"""Choose who is insured and for how long, or on which income, and have the insurer make the bill of it.

The insurer is asked outside transactions and says who can be insured; what a choice costs is worked out here by the
law's figures. A bill of another amount is not kept. The insurer makes one bill of a reference, and one at a time of a
household or person: an unpaid one of the same choice is found again, one of another choice is replaced.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.services import guardianships
from eid_portal.core import sealed
from eid_portal.core.outside import Unavailable, Unknown
from payments.enums import BillerKind, BillState
from payments.gateways import insurers
from payments.gateways.base import NotDone, NotFound
from payments.gateways.insurers import Household, Made, SocialTerms
from payments.models import Bill, Biller, CustomerCode
from payments.rules import amounts, health_premium, social_premium
from payments.selectors import bills as bill_selectors
from payments.selectors import premiums as selectors
from payments.services import bills
from payments.texts import INCOMES

_REFERENCE: Final = "payments.premium_reference"
log = structlog.get_logger()


class PremiumRefused(Exception):
    """No bill of the choice was kept; ``message`` says why, ``field`` names what is to be chosen anew."""

    code = "premium_refused"
    message: Any = _("The bill was not made.")
    field: str | None = None


class NoInsurer(PremiumRefused):
    """The insurer does not know the person, or there is none."""

    code = "no_insurer"
    message = _("The insurer does not know you. Ask at a social insurance office.")


class InsurerSilent(PremiumRefused):
    """No answer came that can be believed."""

    code = "insurer_silent"
    message = _("The insurer does not answer now. Nothing was paid. Try again in a few minutes.")


class NotAsked(PremiumRefused):
    """The insurer was never asked who can be insured."""

    code = "not_asked"
    message = _("Ask the insurer first who can be insured.")


class NotAMember(PremiumRefused):
    """Somebody who was chosen is not of the household, or is insured already."""

    code = "not_a_member"
    field = "members"
    message = _("Choose among the people on this page")


class BadMonths(PremiumRefused):
    """It cannot be paid for so many months."""

    code = "bad_months"
    field = "months"
    message = _("Choose one of the numbers of months on this page")


class BadIncome(PremiumRefused):
    """The income is below or above what can be insured."""

    code = "bad_income"
    field = "income"

    def __init__(self, code: str, bound: int) -> None:
        super().__init__(code)
        self.message = INCOMES[code] % {"bound": amounts.written(bound)}


class NotInsurable(PremiumRefused):
    """The insurer makes no bill of this."""

    code = "not_insurable"
    message = _("The insurer does not take this choice. Ask it again who can be insured.")


class OtherAmount(PremiumRefused):
    """The insurer wants another amount than the law's figures give."""

    code = "other_amount"

    def __init__(self, theirs: int, ours: int) -> None:
        super().__init__(self.code)
        self.message = _(
            "The insurer’s bill says %(theirs)s ₫, but by the figures on this page it is %(ours)s ₫. Nothing is paid"
            " until both agree. Ask the insurer again who can be insured, or ask at its office."
        ) % {"theirs": amounts.written(theirs), "ours": amounts.written(ours)}


class BeingPaid(PremiumRefused):
    """An earlier bill is on its way."""

    code = "being_paid"
    message = _("An earlier bill is being paid now. Choose anew when that has ended.")


class MadeBefore(PremiumRefused):
    """The bill of this press was paid or replaced meanwhile."""

    code = "made_before"
    message = _(
        "This bill was paid or replaced meanwhile. Look at the choice again, and make it anew."
    )


# --- Asking ---------------------------------------------------------------------------------------
def ask_household(*, account: Account, now: datetime) -> CustomerCode:
    """Ask the insurer who can be insured with a person, and keep the answer beside the household's code.

    Of those the insurer names only the person and who they act for are known by more than a masked name.

    Raises:
        bills.AskedTooOften, bills.TooManyCodes: see the classes.
        NoInsurer, InsurerSilent: see the classes.
    """
    payee = _insurer(BillerKind.HEALTH_INSURANCE)
    bills.allow(account, now)
    wards = guardianships.list_acting(account=account, now=now)
    people = [account.citizen, *(ward.citizen for ward in wards)][: health_premium.MEMBERS_MOST]
    said = insurers.household(
        party=payee.party, personal_numbers=[person.personal_number for person in people]
    )
    match said:
        case Household():
            members = [
                {
                    "member": one.member,
                    "name": one.name,
                    "whose": "" if one.asked is None else str(people[one.asked].pk),
                    "insured": one.insured,
                }
                for one in said.members
            ]
            return _remember(account, payee, said.customer_code, {"members": members}, now)
        case NotFound():
            raise NoInsurer
        case Unavailable() | Unknown():
            raise InsurerSilent


def ask_social(*, account: Account, now: datetime) -> CustomerCode:
    """Ask the insurer by what the state supports a person, and keep the answer beside their code.

    Raises:
        bills.AskedTooOften, bills.TooManyCodes: see the classes.
        NoInsurer, InsurerSilent: see the classes.
    """
    payee = _insurer(BillerKind.SOCIAL_INSURANCE)
    bills.allow(account, now)
    said = insurers.social_terms(party=payee.party, personal_number=account.citizen.personal_number)
    match said:
        case SocialTerms():
            terms = {"group": said.group.value, "supported_months": said.supported_months}
            return _remember(account, payee, said.customer_code, terms, now)
        case NotFound():
            raise NoInsurer
        case Unavailable() | Unknown():
            raise InsurerSilent


def _remember(
    account: Account, payee: Biller, code: str, insured: Mapping[str, Any], now: datetime
) -> CustomerCode:
    row = bills.save_code(account, payee, code, "", now, fetched=False)
    row.insured, row.insured_at = dict(insured), now
    row.save(update_fields=["insured", "insured_at"])
    return row


# --- Making bills ---------------------------------------------------------------------------------
def make_household(
    *, account: Account, members: Sequence[str], months: int, key: UUID, now: datetime
) -> Bill:
    """Have the bill of some members of the household made; pressed twice, with the same ``key``, it is one bill.

    Raises:
        bills.AskedTooOften: see the class.
        PremiumRefused: see its subclasses.
    """
    page = selectors.household(account, now=now)
    if page is None:
        raise NotAsked
    chosen = page.in_order(members)
    if not chosen or set(members) - set(chosen):
        raise NotAMember
    try:
        worked = selectors.household_premium(page, chosen, months)
    except health_premium.NotInsured as refused:
        raise (BadMonths if refused.code == "months" else NotAMember) from None
    choice = {"members": chosen, "months": months}
    parts = [member.amount for member in worked.prices.values()]
    return _make(account, page.code, choice, parts, key, now)


def make_social(*, account: Account, income: int, months: int, key: UUID, now: datetime) -> Bill:
    """Have the bill of an income and months made; pressed twice, with the same ``key``, it is one bill.

    Raises:
        bills.AskedTooOften: see the class.
        PremiumRefused: see its subclasses.
    """
    page = selectors.social(account, now=now)
    if page is None:
        raise NotAsked
    try:
        premium = selectors.social_premium_of(page, income, months)
    except social_premium.NotInsured as refused:
        if refused.code == "months":
            raise BadMonths from None
        raise BadIncome(refused.code, refused.bound) from None
    choice = {"level": income, "months": months}
    parts = [premium.monthly * months, -premium.support]
    return _make(account, page.code, choice, parts, key, now)


def _make(
    account: Account,
    row: CustomerCode,
    choice: Mapping[str, Any],
    parts: Sequence[int],
    key: UUID,
    now: datetime,
) -> Bill:
    """``parts`` are what the lines of the bill must say."""
    if bill_selectors.is_being_paid(row):
        raise BeingPaid
    bills.allow(account, now)
    payee = row.biller
    said = insurers.order(
        party=payee.party,
        reference=_reference(account, row, choice, key),
        personal_number=account.citizen.personal_number,
        customer_code=row.code,
        chosen=choice,
    )
    match said:
        case Made(bill=made, replaced=replaced):
            if [line["amount"] for line in made.details["lines"]] != list(parts):
                log.error("premiums.other_amount", code_id=str(row.pk))
                bills.keep(payee, replaced, now)  # these cannot be paid any more all the same
                raise OtherAmount(made.amount, sum(parts))
            kept = bills.keep(payee, [made, *replaced], now)
            bill = next((each for each in kept if each.reference == made.reference), None)
            if bill is None or bill.state != BillState.OPEN or bill.amount != sum(parts):
                raise MadeBefore
            return bill
        case NotDone():
            raise NotInsurable
        case NotFound():
            raise NoInsurer
        case Unavailable() | Unknown():
            raise InsurerSilent


def _reference(account: Account, row: CustomerCode, choice: Mapping[str, Any], key: UUID) -> str:
    """The same for the same press of the same person, and no other; says nothing of what was chosen."""
    body = json.dumps([str(account.pk), str(row.pk), str(key), choice], sort_keys=True)
    return sealed.keyed_hash(_REFERENCE, body).hex()[:48]


def _insurer(kind: BillerKind) -> Biller:
    payee = Biller.objects.filter(kind=kind, by_person=True, in_use=True).order_by("code").first()
    if payee is None:
        raise NoInsurer
    return payee
