"""The switch, which speaks for all banks: consents, debits, refunds, payouts, names, files of the day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from eid_portal.core import outside
from eid_portal.core.outside import Call, Outcome, Unavailable, Unknown
from payments.gateways import base
from payments.gateways.base import Answer, Fields, NotDone, NotFound, Slice

PARTY: Final = "napas"
REFUSALS: Final = frozenset({"no_money", "account_closed", "consent_ended", "limit", "not_found"})
_ENDING: Final = re.compile(r"[0-9]{4}")
_PAGE: Final = re.compile(r"https?://[\x21-\x7e]{1,500}")
_STATES: Final = frozenset({"waiting", "given", "refused", "ended"})


@dataclass(frozen=True, slots=True)
class ConsentOpened:
    """The bank waits for its customer on ``page``."""

    consent_id: str
    page: str


@dataclass(frozen=True, slots=True)
class ConsentWaits:
    """The customer has not decided."""


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """The customer agreed to be debited under ``token``."""

    token: str = field(repr=False)
    holder_name: str = field(repr=False)
    ending: str


@dataclass(frozen=True, slots=True)
class ConsentEnded:
    """The bank or its customer ended the consent."""


@dataclass(frozen=True, slots=True)
class AccountAt:
    """An account at a bank, which is its BIN."""

    bank: str
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Named:
    """Whose account it is, as its bank says."""

    name: str = field(repr=False)


# --- Consents -------------------------------------------------------------------------------------
def consent_call(
    *, reference: str, bank: str, return_url: str, full_name: str, personal_number: str
) -> Call:
    """Ask a bank to ask its customer; the same reference is the same consent."""
    payload = {
        "reference": reference,
        "bank": bank,
        "return_url": return_url,
        "full_name": full_name,
        "personal_number": personal_number,
    }
    return base.post(PARTY, "consents", payload, key=reference)


def read_consent(outcome: Outcome) -> ConsentOpened | NotFound | Unavailable | Unknown:
    """Where the customer agrees."""
    return base.read(
        outcome,
        lambda fields: ConsentOpened(fields.token("consent_id"), fields.matching("page", _PAGE)),
    )


def consent_status_call(consent_id: str) -> Call:
    """Ask whether the customer has agreed."""
    return base.post(PARTY, "consents/status", {"consent_id": consent_id})


def read_consent_status(
    outcome: Outcome, consent_id: str, bank: str
) -> ConsentWaits | ConsentGiven | NotDone | ConsentEnded | NotFound | Unavailable | Unknown:
    """What the customer decided at this bank; ``NotDone`` if they refused."""

    def decided(
        fields: Fields,
    ) -> ConsentWaits | ConsentGiven | NotDone | ConsentEnded | Unknown:
        if fields.token("consent_id") != consent_id or fields.token("bank") != bank:
            return Unknown("other_consent")
        match fields.one_of("state", _STATES):
            case "given":
                return ConsentGiven(
                    token=fields.token("token"),
                    holder_name=fields.text("holder_name"),
                    ending=fields.matching("ending", _ENDING),
                )
            case "refused":
                return NotDone("refused")
            case "ended":
                return ConsentEnded()
            case _:
                return ConsentWaits()

    return base.read(outcome, decided)


def end_consent_call(consent_id: str) -> Call:
    """Tell the bank that its customer no longer pays through the portal; twice is once."""
    return base.post(PARTY, "consents/end", {"consent_id": consent_id})


def read_end_consent(
    outcome: Outcome, consent_id: str
) -> ConsentEnded | NotFound | Unavailable | Unknown:
    """Whether the consent has ended; ``NotFound`` if the bank knows none."""

    def ended(fields: Fields) -> ConsentEnded | Unknown:
        if fields.token("consent_id") != consent_id:
            return Unknown("other_consent")
        fields.one_of("state", frozenset({"ended", "refused"}))
        return ConsentEnded()

    return base.read(outcome, ended)


# --- Money ----------------------------------------------------------------------------------------
def debit_call(
    *, reference: str, token: str, amount: int, text: str, payees: Sequence[str]
) -> Call:
    """Debit a payer, once a reference; ``text`` and ``payees`` are what their bank shows them."""
    payload = {
        "reference": reference,
        "token": token,
        "amount": amount,
        "text": text,
        "payees": list(payees),
    }
    return base.post(PARTY, "debits", payload, key=reference)


def read_debit(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a debit."""
    return base.read_move(outcome, reference, amount, receipt="bank_reference", codes=REFUSALS)


def debit_status_call(reference: str) -> Call:
    """Ask what became of a debit; moves nothing."""
    return base.post(PARTY, "debits/status", {"reference": reference})


def read_debit_status(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a debit; ``NotFound`` if it never arrived."""
    return base.read_status(outcome, reference, amount, receipt="bank_reference", codes=REFUSALS)


def refund_call(*, reference: str, debit_reference: str, amount: int) -> Call:
    """Give money of a debit back, once a reference."""
    payload = {"reference": reference, "debit_reference": debit_reference, "amount": amount}
    return base.post(PARTY, "refunds", payload, key=reference)


def read_refund(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a refund."""
    return base.read_move(outcome, reference, amount, receipt="bank_reference", codes=REFUSALS)


def refund_status_call(reference: str) -> Call:
    """Ask what became of a refund; moves nothing."""
    return base.post(PARTY, "refunds/status", {"reference": reference})


def read_refund_status(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a refund; ``NotFound`` if it never arrived."""
    return base.read_status(outcome, reference, amount, receipt="bank_reference", codes=REFUSALS)


def payout_call(
    *, reference: str, to: AccountAt | str, amount: int, message: str, payer_name: str
) -> Call:
    """Pay to an account at any bank, or to that of a consent's token, once a reference."""
    where = {"token": to} if isinstance(to, str) else {"bank": to.bank, "account": to.number}
    payload = {
        "reference": reference,
        **where,
        "amount": amount,
        "message": message,
        "payer_name": payer_name,
    }
    return base.post(PARTY, "payouts", payload, key=reference)


def read_payout(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a payout."""
    return base.read_move(outcome, reference, amount, receipt="switch_reference", codes=REFUSALS)


def payout_status_call(reference: str) -> Call:
    """Ask what became of a payout; moves nothing."""
    return base.post(PARTY, "payouts/status", {"reference": reference})


def read_payout_status(outcome: Outcome, reference: str, amount: int) -> Answer:
    """What became of a payout; ``NotFound`` if it never arrived."""
    return base.read_status(outcome, reference, amount, receipt="switch_reference", codes=REFUSALS)


# --- Asked at once --------------------------------------------------------------------------------
def open_consent(
    *, reference: str, bank: str, return_url: str, full_name: str, personal_number: str
) -> ConsentOpened | NotFound | Unavailable | Unknown:
    """Ask a bank to ask its customer; asked again with the same reference it is the same consent."""
    asked = consent_call(
        reference=reference,
        bank=bank,
        return_url=return_url,
        full_name=full_name,
        personal_number=personal_number,
    )
    return read_consent(outside.send(PARTY, asked))


def consent_status(
    consent_id: str, bank: str
) -> ConsentWaits | ConsentGiven | NotDone | ConsentEnded | NotFound | Unavailable | Unknown:
    """What the customer decided at this bank."""
    said = outside.send(PARTY, consent_status_call(consent_id))
    return read_consent_status(said, consent_id, bank)


def name(*, bank: str, account: str) -> Named | NotFound | Unavailable | Unknown:
    """Whose account it is."""
    return read_name(outside.send(PARTY, name_call(bank, account)), bank, account)


def end_consent(consent_id: str) -> ConsentEnded | NotFound | Unavailable | Unknown:
    """End a consent at its bank."""
    return read_end_consent(outside.send(PARTY, end_consent_call(consent_id)), consent_id)


def debit(*, reference: str, token: str, amount: int, text: str, payees: Sequence[str]) -> Answer:
    """Take an amount from the account of a consent; asked again with the same reference it is the same debit."""
    asked = debit_call(reference=reference, token=token, amount=amount, text=text, payees=payees)
    return read_debit(outside.send(PARTY, asked), reference, amount)


def debit_status(*, reference: str, amount: int) -> Answer:
    """What became of a debit."""
    said = outside.send(PARTY, debit_status_call(reference))
    return read_debit_status(said, reference, amount)


def refund(*, reference: str, debit_reference: str, amount: int) -> Answer:
    """Give an amount of a debit back; asked again with the same reference it is the same refund."""
    asked = refund_call(reference=reference, debit_reference=debit_reference, amount=amount)
    return read_refund(outside.send(PARTY, asked), reference, amount)


def refund_status(*, reference: str, amount: int) -> Answer:
    """What became of a refund."""
    said = outside.send(PARTY, refund_status_call(reference))
    return read_refund_status(said, reference, amount)


def pay_out(
    *, reference: str, to: AccountAt | str, amount: int, message: str, payer_name: str
) -> Answer:
    """Pay an amount into an account at any bank, or into that of a consent's token.

    Asked again with the same reference it is the same payout.
    """
    asked = payout_call(
        reference=reference,
        to=to,
        amount=amount,
        message=message,
        payer_name=payer_name,
    )
    return read_payout(outside.send(PARTY, asked), reference, amount)


def payout_status(*, reference: str, amount: int) -> Answer:
    """What became of a payout."""
    said = outside.send(PARTY, payout_status_call(reference))
    return read_payout_status(said, reference, amount)


# --- Names and files ------------------------------------------------------------------------------
def name_call(bank: str, account: str) -> Call:
    """Ask whose account it is."""
    return base.post(PARTY, "names", {"bank": bank, "account": account})


def read_name(
    outcome: Outcome, bank: str, account: str
) -> Named | NotFound | Unavailable | Unknown:
    """Whose account it is; ``NotFound`` if there is no such account."""

    def named(fields: Fields) -> Named | Unknown:
        if fields.get("bank") != bank or fields.get("account") != account:
            return Unknown("other_account")
        return Named(fields.text("name"))

    return base.read(outcome, named)


def statement_call(day: date, begin: int) -> Call:
    """Ask for the banks' file of a day from a place on."""
    return base.statement_call(PARTY, day, begin)


def read_statement(
    outcome: Outcome, day: date, begin: int
) -> Slice | NotFound | Unavailable | Unknown:
    """The slice of camt.053 that was asked for."""
    return base.read_statement(outcome, day, begin, format_="camt.053")
