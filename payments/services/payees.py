"""Who a transfer goes to: asked of the payee's bank, or of the person's own account here, never taken from a page.

An account at a bank has a name, which its bank tells. A person who is named by number or phone stays unknown: the
payer types the name, and hears only whether all of it agrees. Nobody there, nobody who takes transfers and another
name are one answer. A person who is there reads in their data log that somebody asked.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind, AccountState, AuthenticatorKind, AuthenticatorState
from accounts.models import Account, Authenticator
from accounts.models.indexes import number_indexes, phone_indexes
from eid_portal.core import audit, limits
from eid_portal.core.events import Actor
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.spelling import Sameness, compare_names
from payments import events, policy
from payments.enums import LinkState
from payments.gateways import napas
from payments.gateways.base import NotFound
from payments.gateways.napas import Named
from payments.models import BankLink
from payments.rules import banks


class By(StrEnum):
    """What a person is named by."""

    NUMBER = "number"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who is paid: an account at a bank, or the account that a person linked."""

    name: str = field(repr=False)
    bank: str = ""
    number: str = field(default="", repr=False)
    link: BankLink | None = None


class PayeeRefused(Exception):
    """Nothing can be sent there; ``message`` says why, ``until`` when to try again."""

    code = "payee_refused"
    message: Any = _("Nothing can be sent there.")
    until: datetime | None = None


class NoSuchAccount(PayeeRefused):
    """The bank has no such account."""

    code = "no_such_account"
    message = _("This bank has no such account. Check the number with the person you pay.")


class NoSuchBank(PayeeRefused):
    """We know no such bank."""

    code = "no_such_bank"
    message = _("Choose the bank of the account")


class NameUnknown(PayeeRefused):
    """The bank does not say whose account it is."""

    code = "name_unknown"
    message = _(
        "The payee’s bank does not answer now, so nothing is sent. Try again in a few minutes."
    )


class NameChanged(PayeeRefused):
    """The bank now says another name than the page did."""

    code = "name_changed"
    message = _("The account stands in another name than the page said. Look at it again.")


class NoMatch(PayeeRefused):
    """Nobody, nobody who takes transfers, or another name."""

    code = "no_match"
    message = _(
        "The name does not match, or this person takes no transfers here. Check both with them, or use a bank account."
    )


class OwnAccount(PayeeRefused):
    """The payer themselves."""

    code = "own_account"
    message = _("This is your own account. Choose somebody else.")


class TooManyLooks(PayeeRefused):
    """The payer asked for so many names that the next must wait."""

    code = "too_many_looks"
    message = _(
        "You have asked for too many names. Try again later, or pay somebody you paid before."
    )

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


def at_bank(
    *, payer: Account, source: BankLink | None, bank: str, number: str, shown: str, now: datetime
) -> Payee:
    """The holder of an account, as its bank says now; ``shown`` is the name that a page has shown, if one has.

    Call it outside transactions.

    Raises:
        PayeeRefused: see its subclasses.
    """
    if bank not in banks.NAMES:
        raise NoSuchBank
    _count(policy.NAME_ASKED, payer, now)
    said = napas.name(bank=bank, account=number)
    match said:
        case Named(name):
            if shown and shown != name:
                raise NameChanged
            if source is not None and _is_source(source, bank, number, name):
                raise OwnAccount
            return Payee(name=name, bank=bank, number=number)
        case NotFound():
            raise NoSuchAccount
        case Unavailable() | Unknown():
            raise NameUnknown


def person(*, payer: Account, by: By, who: str, name: str, actor: Actor, now: datetime) -> Payee:
    """The person of a number (twelve digits) or phone (E.164), if the name agrees and they take transfers.

    Raises:
        PayeeRefused: see its subclasses.
    """
    _count(policy.NAME_COMPARED, payer, now)
    found = _find(by, who)
    if found is None:
        raise NoMatch
    if found.pk == payer.pk:
        raise OwnAccount
    agrees = compare_names(name, found.citizen.full_name) is not Sameness.OTHER
    link = BankLink.objects.filter(account=found, state=LinkState.ACTIVE, is_default=True).first()
    audit.record(
        events.NameCompared(by=by.value, agrees=agrees and link is not None),
        actor=actor,
        subject_id=found.citizen_id,
        now=now,
    )
    if not agrees or link is None:
        raise NoMatch
    return Payee(name=link.holder_name or "", link=link)


def _find(by: By, who: str) -> Account | None:
    accounts = Account.objects.select_related("citizen").filter(
        kind=AccountKind.CITIZEN, state=AccountState.ACTIVE
    )
    if by is By.NUMBER:
        return accounts.filter(citizen__personal_number_index__in=number_indexes(who)).first()
    phones = Authenticator.objects.filter(
        kind=AuthenticatorKind.SMS,
        state=AuthenticatorState.ACTIVE,
        account_kind=AccountKind.CITIZEN,
        phone_index__in=phone_indexes(who),
    )
    return accounts.filter(pk__in=phones.values("account_id")).first()


def _is_source(source: BankLink, bank: str, number: str, name: str) -> bool:
    """Whether it is the account that pays, as far as its last four digits say."""
    return (source.bank, source.ending, source.holder_name) == (bank, number[-_ENDING:], name)


def _count(limit: limits.Limit, payer: Account, now: datetime) -> None:
    answer = limits.hit(limit, str(payer.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyLooks(answer.until)


_ENDING: Final = 4
