"""What can be chosen of a premium, as the insurer said last, and what a choice costs by the figures of the law."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import Account
from accounts.selectors import wards
from eid_portal.core import clock, sealed
from payments.enums import BillerKind, BillState
from payments.models import Bill, CustomerCode
from payments.models.billing import CUSTOMER_CODE
from payments.rules import health_premium, social_premium
from payments.rules.social_premium import Group
from payments.selectors import tariffs
from payments.texts import GROUPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the household."""

    member: str = field(repr=False)  # as the insurer calls them
    name: str = field(repr=False)  # in full of oneself and wards alone
    is_self: bool
    is_ward: bool
    is_insured: bool  # for today


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    code: CustomerCode = field(repr=False)
    open_bill: Bill | None = field(repr=False)  # made before, and not paid

    @property
    def asked_at(self) -> datetime | None:
        """When the insurer said so."""
        return self.code.insured_at


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdPage(_Page):
    """Who can be insured together, and the terms of today."""

    members: tuple[Member, ...]
    base_salary: int
    terms: health_premium.Terms

    @property
    def free(self) -> tuple[Member, ...]:
        """Those who can be chosen."""
        return tuple(one for one in self.members if not one.is_insured)

    def in_order(self, members: Iterable[str]) -> list[str]:
        """Of these members those who can be chosen, in the order in which the law counts them."""
        wanted = set(members)
        return [one.member for one in self.free if one.member in wanted]

    @property
    def shares(self) -> tuple[health_premium.Member, ...]:
        """What the first, second and later members pay a month."""
        return health_premium.premium(
            len(self.terms.shares),
            self.terms.months[0],
            base_salary=self.base_salary,
            terms=self.terms,
        ).members

    @property
    def insured_before(self) -> int:
        """How many of the household count before those who are chosen now."""
        return len(self.members) - len(self.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What a choice of members costs."""

    prices: Mapping[str, health_premium.Member]  # by member, in the order of the law
    months: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialPage(_Page):
    """By what the state supports the person, and the terms of today."""

    group: Group
    supported_before: int
    least: int
    reference_level: int
    terms: social_premium.Terms

    @property
    def group_name(self) -> Any:
        """Whom the state counts the person among, in words."""
        return GROUPS[self.group.value]

    @property
    def most(self) -> int:
        """The highest income that can be chosen."""
        return self.terms.times_most * self.reference_level


def household(account: Account, *, now: datetime) -> HouseholdPage | None:
    """What a person can choose for their household; None before the insurer was asked."""
    code = _asked(account, BillerKind.HEALTH_INSURANCE)
    if code is None:
        return None
    names = {str(ward.citizen.pk): ward.citizen for ward in wards.list_in_force(account, now=now)}
    own = str(account.citizen_id)
    names[own] = account.citizen
    today = clock.today(now)
    return HouseholdPage(
        code=code,
        open_bill=_open_bill(code),
        members=tuple(
            Member(
                member=one["member"],
                name=names[one["whose"]].full_name if one["whose"] in names else one["name"],
                is_self=one["whose"] == own,
                is_ward=one["whose"] != own and one["whose"] in names,
                is_insured=one["insured"],
            )
            for one in code.insured["members"]
        ),
        base_salary=tariffs.base_salary(today),
        terms=tariffs.health_terms(today),
    )


def household_premium(page: HouseholdPage, members: Iterable[str], months: int) -> Worked:
    """What these members of the page pay.

    Raises:
        health_premium.NotInsured: see the class.
    """
    chosen = page.in_order(members)
    premium = health_premium.premium(
        len(chosen),
        months,
        base_salary=page.base_salary,
        terms=page.terms,
        paid_before=page.insured_before,
    )
    return Worked(
        prices=dict(zip(chosen, premium.members, strict=True)), months=months, total=premium.total
    )


def social(account: Account, *, now: datetime) -> SocialPage | None:
    """What a person can choose for themself; None before the insurer was asked."""
    code = _asked(account, BillerKind.SOCIAL_INSURANCE)
    if code is None:
        return None
    today = clock.today(now)
    return SocialPage(
        code=code,
        open_bill=_open_bill(code),
        group=Group(code.insured["group"]),
        supported_before=code.insured["supported_months"],
        least=tariffs.poverty_line(today),
        reference_level=tariffs.base_salary(today),
        terms=tariffs.social_terms(today),
    )


def social_premium_of(page: SocialPage, income: int, months: int) -> social_premium.Premium:
    """What the person of the page pays on an income.

    Raises:
        social_premium.NotInsured: see the class.
    """
    return social_premium.premium(
        income,
        months,
        page.group,
        poverty_line=page.least,
        reference_level=page.reference_level,
        terms=page.terms,
        supported_before=page.supported_before,
    )


def _asked(account: Account, kind: BillerKind) -> CustomerCode | None:
    rows = CustomerCode.objects.select_related("biller").filter(
        account=account,
        biller__kind=kind,
        biller__in_use=True,
        forgotten_at__isnull=True,
        insured_at__isnull=False,
    )
    return rows.order_by("-insured_at").first()


def _open_bill(code: CustomerCode) -> Bill | None:
    rows = Bill.objects.filter(
        biller=code.biller_id,
        customer_code_index__in=sealed.blind_indexes(CUSTOMER_CODE, code.code),
        state=BillState.OPEN,
    )
    return rows.order_by("-fetched_at", "-pk").first()
