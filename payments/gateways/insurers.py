"""The insurers: who can be insured and on what terms, and bills made of what was chosen, on the billers' wire."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eid_portal.core import outside
from eid_portal.core.outside import Call, Outcome, Refused, Unavailable, Unknown
from payments.gateways import base, billers
from payments.gateways.base import Fields, Malformed, NotDone, NotFound
from payments.gateways.billers import FoundBill
from payments.rules import health_premium
from payments.rules.social_premium import Group

REFUSALS: Final = frozenset({"not_insurable"})
_MEMBER: Final = re.compile(r"[A-Za-z0-9]{4,40}")
_SUPPORTED_MOST: Final = 1200  # months


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMember:
    """A member of a household as the insurer names them."""

    member: str = field(repr=False)
    name: str = field(repr=False)  # masked
    asked: int | None  # the place among the people who were asked about
    insured: bool  # their premium is paid for today


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Who can be insured together, in the insurer's order."""

    customer_code: str = field(repr=False)
    members: tuple[HouseholdMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialTerms:
    """By what the state supports a person."""

    customer_code: str = field(repr=False)
    group: Group
    supported_months: int  # so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The bill of what was chosen, and earlier ones that it replaced."""

    bill: FoundBill
    replaced: tuple[FoundBill, ...]


# --- Who, and on what terms -----------------------------------------------------------------------
def insured_call(party: str, personal_numbers: Sequence[str]) -> Call:
    """Ask about the first of some people; who of the others is in their household is said as well."""
    return base.post(party, "insured", {"personal_numbers": list(personal_numbers)})


def read_household(outcome: Outcome, asked: int) -> Household | NotFound | Unavailable | Unknown:
    """The household; ``asked`` is how many people were asked about."""

    def household(fields: Fields) -> Household:
        members = tuple(
            _member(one, asked)
            for one in fields.objects("members", most=health_premium.MEMBERS_MOST)
        )
        places = [one.asked for one in members if one.asked is not None]
        if not members or len({one.member for one in members}) < len(members):
            raise Malformed("members")
        if len(set(places)) < len(places):
            raise Malformed("asked")
        return Household(customer_code=fields.text("customer_code", longest=40), members=members)

    return base.read(outcome, household)


def read_social_terms(outcome: Outcome) -> SocialTerms | NotFound | Unavailable | Unknown:
    """By what the state supports whoever was asked about."""
    return base.read(
        outcome,
        lambda fields: SocialTerms(
            customer_code=fields.text("customer_code", longest=40),
            group=Group(fields.one_of("group", frozenset(Group))),
            supported_months=fields.whole("supported_months", 0, _SUPPORTED_MOST),
        ),
    )


def household(
    *, party: str, personal_numbers: Sequence[str]
) -> Household | NotFound | Unavailable | Unknown:
    """Who can be insured together with the first of some people."""
    said = outside.send(party, insured_call(party, personal_numbers))
    return read_household(said, len(personal_numbers))


def social_terms(
    *, party: str, personal_number: str
) -> SocialTerms | NotFound | Unavailable | Unknown:
    """By what the state supports a person."""
    return read_social_terms(outside.send(party, insured_call(party, [personal_number])))


def _member(fields: Fields, asked: int) -> HouseholdMember:
    place = None
    if fields.get("asked") is not None:
        place = fields.whole("asked", 0, asked - 1)
    insured = fields.get("insured")
    if not isinstance(insured, bool):
        raise Malformed("insured")
    return HouseholdMember(
        member=fields.matching("member", _MEMBER),
        name=fields.text("name"),
        asked=place,
        insured=insured,
    )


# --- Bills ----------------------------------------------------------------------------------------
def order_call(
    party: str, *, reference: str, personal_number: str, chosen: Mapping[str, Any]
) -> Call:
    """Have a bill made, once a reference; ``chosen`` is ``members`` or ``level``, and ``months``."""
    payload = {"reference": reference, "personal_number": personal_number} | dict(chosen)
    return base.post(party, "bills/order", payload, key=reference)


def read_order(
    outcome: Outcome, reference: str, customer_code: str
) -> Made | NotDone | NotFound | Unavailable | Unknown:
    """The bill that was made, of this code; ``NotDone`` if the insurer makes none of this."""
    if isinstance(outcome, Refused) and outcome.code in REFUSALS:
        return NotDone(outcome.code)

    def made(fields: Fields) -> Made | Unknown:
        if fields.token("reference") != reference:
            return Unknown("other_reference")
        found = [
            billers.read_bill(one, customer_code)
            for one in fields.objects("bills", most=billers.MOST_BILLS)
        ]
        if not found or len({bill.reference for bill in found}) < len(found):
            raise Malformed("bills")
        return Made(bill=found[0], replaced=tuple(found[1:]))

    return base.read(outcome, made)


def order(
    *,
    party: str,
    reference: str,
    personal_number: str,
    customer_code: str,
    chosen: Mapping[str, Any],
) -> Made | NotDone | NotFound | Unavailable | Unknown:
    """Have a bill made of what was chosen; asked again with the same reference it is the same bill."""
    asked = order_call(party, reference=reference, personal_number=personal_number, chosen=chosen)
    return read_order(outside.send(party, asked), reference, customer_code)
