"""Social insurance: health-insurance cards, and the record of contributions."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from documents.gateways import wire
from documents.gateways.base import NotTaken, NotThere, Read, ReadMany, Received, Wrong
from documents.gateways.wire import Fields, Malformed
from documents.rules import health_cards
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown

PARTY: Final = "social-insurance"
NAME: Final[Any] = _("Viet Nam Social Security")
CORRECTS: Final[Any] = _("The social-insurance office that keeps your record")
TAG: Final = "eid-social-insurance"
HEALTH_CARD: Final = "HEALTH_INSURANCE"
RECORD: Final = "SOCIAL_INSURANCE"
TYPES: Final = {"health_card": HEALTH_CARD, "record": RECORD}  # the registry's word, our kind
MOST_PERIODS: Final = 200
MOST_MONTHS: Final = 1200
_WORDS: Final = {kind: word for word, kind in TYPES.items()}
_SEXES: Final = frozenset({"M", "F"})
_HIGHEST_SALARY: Final = 10_000_000_000  # đồng a month; a higher one is a mistake


def look_up_call(kind: str, number: str, holder: Holder) -> Call:
    """See ``gateways.base``."""
    asked, path = (
        ("card_no", "/v1/health-cards/lookup")
        if kind == HEALTH_CARD
        else ("social_insurance_no", "/v1/records/lookup")
    )
    return Call(
        method="POST",
        path=path,
        payload={asked: number, "personal_number": holder.personal_number},
        tag=TAG,
    )


def read_look_up(
    kind: str, number: str, outcome: Outcome
) -> Read | NotThere | Unavailable | Unknown:
    """See ``gateways.base``."""
    if kind == HEALTH_CARD:
        asked = health_cards.normal(number)
        return wire.looked_up(
            outcome,
            "card",
            _card,
            lambda paper: health_cards.is_same(asked, paper.number, paper.holder_number or ""),
        )
    return wire.looked_up(outcome, "record", _record, lambda paper: paper.number == number)


def search_call(holder: Holder) -> Call | None:
    """See ``gateways.base``."""
    return Call(method="POST", path="/v1/search", payload=wire.person(holder), tag=TAG)


def read_search(outcome: Outcome) -> ReadMany | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.searched(outcome, {"health_cards": _card, "records": _record})


def correction_call(wrong: Wrong) -> Call:
    """See ``gateways.base``."""
    return wire.correction_call(wrong, type_=_WORDS[wrong.kind], tag=TAG)


def read_correction(outcome: Outcome) -> Received | NotTaken | Unavailable | Unknown:
    """See ``gateways.base``."""
    return wire.read_correction(outcome)


def _card(fields: Fields) -> RegistryPaper:
    card_no = fields.number("card_no", health_cards.number)
    category = fields.one_of("category", health_cards.CATEGORIES)
    benefit = fields.whole("benefit", health_cards.BENEFITS[0], health_cards.BENEFITS[-1])
    if not health_cards.says(card_no, category, benefit):
        raise Malformed("category")
    begins, ends = fields.day("valid_from"), fields.day("valid_until")
    if ends < begins:
        raise Malformed("valid_until")
    five_years = fields.day_or_none("five_years_from")
    facility = fields.object("first_facility")
    return RegistryPaper(
        kind=HEALTH_CARD,
        number=health_cards.normal(card_no),
        holder_name=fields.text("full_name"),
        holder_birth_date=fields.day("birth_date"),
        holder_number=fields.digits("personal_number", 9, 12),
        status=fields.status(),
        issued_on=None,
        expires_on=ends,
        issuer=fields.text("issuer"),
        values={
            "card_no": card_no,
            "sex": fields.one_of("sex", _SEXES),
            "category": category,
            "benefit": benefit,
            "province": fields.text("province", longest=80),
            "facility": {"code": facility.digits("code", 5), "name": facility.text("name")},
            "valid_from": begins.isoformat(),
            "five_years_from": None if five_years is None else five_years.isoformat(),
        },
    )


def _record(fields: Fields) -> RegistryPaper:
    periods = [_period(each) for each in fields.many("periods", most=MOST_PERIODS)]
    return RegistryPaper(
        kind=RECORD,
        number=fields.digits("social_insurance_no", 10, 12),
        holder_name=fields.text("full_name"),
        holder_birth_date=fields.day("birth_date"),
        holder_number=fields.digits("personal_number", 9, 12),
        status=fields.status(),
        issued_on=fields.day("issued_on"),
        expires_on=None,
        issuer=fields.text("issuer"),
        values={
            "months": fields.whole("months", 0, MOST_MONTHS),
            "periods": sorted(periods, key=lambda each: (each["from"], each["to"])),
        },
    )


def _period(fields: Fields) -> dict[str, Any]:
    begins, ends = fields.month("from"), fields.month("to")
    if ends < begins:
        raise Malformed("to")
    return {
        "from": begins,
        "to": ends,
        "employer": fields.text("employer"),
        "salary": fields.whole("salary", 0, _HIGHEST_SALARY),
    }
