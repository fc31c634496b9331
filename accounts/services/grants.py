"""What comes to be issued: a person, their card, and what becomes of both."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy

from accounts.enums import CardEventKind, CardEventOutcome, Sex
from accounts.rules import card_validity, personal_number
from eid_portal.core import clock

_CARD_NUMBER: Final = re.compile(r"[0-9]{9}")  # ICAO 9303-5, as Viet Nam fills it
By = Literal["counter", "card_production"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the card is for. ``residence`` is ``{province, commune, line}`` or None."""

    personal_number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    nationality: str = "VNM"
    residence: dict[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card. ``number`` is the nine digits of its machine-readable zone; the age rule sets its expiry."""

    number: str = field(repr=False)
    issued_on: date
    expires_on: date | None = field(default=None, repr=False)  # as printed; None: unknown or none


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A card that was granted, renewed or re-issued. ``phone`` (E.164) was confirmed by whoever says so.

    It becomes the account's if that has none and was not used yet. ``replaces_phone``: a second human agreed that it
    takes the place of the one on file.
    """

    person: Person
    card: Card | None
    kind: CardEventKind
    phone: str | None = field(default=None, repr=False)
    replaces_phone: bool = False
    level_2_requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What became of a grant."""

    citizen_id: UUID
    account_id: UUID
    card_id: UUID | None
    outcome: CardEventOutcome
    level: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a grant was not taken; a code of :data:`MESSAGES`."""

    code: str


MESSAGES: Final[dict[str, Any]] = {
    "personal_number": gettext_lazy("A personal number must have 12 digits."),
    "former_number": gettext_lazy("This number was replaced: the person has another one now."),
    "birth_year_number": gettext_lazy("The birth date contradicts the personal number."),
    "sex_number": gettext_lazy("The sex contradicts the personal number."),
    "birth_date": gettext_lazy("The birth date lies after the card's day of issue."),
    "card_number": gettext_lazy("The card's number must have 9 digits."),
    "card_in_future": gettext_lazy("The card's day of issue lies in the future."),
    "card_expired": gettext_lazy("The card has expired."),
    "card_older": gettext_lazy("A newer card is already on record."),
    "deceased": gettext_lazy("The person has died."),
    "phone_taken": gettext_lazy("This phone belongs to another account."),
}


def refuse(grant: Grant, *, now: datetime) -> Refusal | None:
    """What forbids a grant whatever the tables hold; None if nothing does."""
    person, card = grant.person, grant.card
    try:
        wrong = personal_number.contradictions(
            person.personal_number, birth_date=person.birth_date, sex=person.sex
        )
    except personal_number.NotANumber:
        return Refusal("personal_number")
    if wrong:
        return Refusal(wrong[0])
    today = clock.today(now)
    if person.birth_date > (card.issued_on if card else today):
        return Refusal("birth_date")
    if card is None:
        return None
    if not _CARD_NUMBER.fullmatch(card.number):
        return Refusal("card_number")
    if card.issued_on > today:
        return Refusal("card_in_future")
    expired = card_validity.has_expired(expiry(person, card), today)
    return Refusal("card_expired") if expired else None


def expiry(person: Person, card: Card) -> date | None:
    """The earlier of what is printed and what the age rule says: neither may lengthen the other."""
    by_rule = card_validity.expiry(person.birth_date, card.issued_on)
    days = [day for day in (by_rule, card.expires_on) if day is not None]
    return min(days, default=None)
