"""What the state knows of somebody, by the names that procedures use; read anew each time it is used."""

from collections.abc import Callable, Mapping, Set
from datetime import date, datetime
from typing import Any, Final

from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorKind,
    AuthenticatorState,
    CardState,
    RelationKind,
)
from accounts.models import (
    Account,
    Authenticator,
    Citizen,
    IdCard,
    Portrait,
    RegistrationCode,
)
from accounts.models.offices import in_force
from accounts.selectors.stays import find_stay
from documents.enums import DocumentState
from documents.gateways.social_insurance import HEALTH_CARD
from documents.gateways.traffic_police import LICENCE
from documents.models import Document
from documents.rules.papers import RegistryPaper, from_json
from eid_portal.core import clock, statements
from payments.services import supply
from procedures.rules.expressions import Value
from procedures.rules.known import SOURCES

HEAD: Final = "HEAD"  # of one's household
MEMBER: Final = "MEMBER"
# What is read together.
_REGISTER: Final = ("full_name", "birth_date", "sex", "nationality", "personal_number", "residence")
_STAY: Final = ("stay_address", "stay_until", "stay_owner")
_HOUSEHOLD: Final = ("head_name", "head_number", "head_relation")
_CARD: Final = ("card_number", "card_issued", "card_expires")
_PAPERS: Final = (
    "licence_number", "licence_classes", "licence_class_list", "licence_expires", "licence_issued",
    "health_card_number",
)  # fmt: skip
# Who is at the head, and how somebody is reached: written once, for they are read with every page of a form.
_HEAD: Final = statements.Columns(Citizen, "c", only=("id", "full_name", "personal_number"))
_HEAD_OF: Final = """
      FROM accounts_relation r JOIN accounts_citizen c ON c.id = r.other_id
     WHERE r.citizen_id = %s AND r.kind = %s AND r.ended_at IS NULL ORDER BY r.id LIMIT 1
"""
_AUTHENTICATOR: Final = statements.Columns(Authenticator, "a", only=("id", "kind", "secret"))
_REACHED_BY: Final = (
    "FROM accounts_authenticator a WHERE a.account_id = %s AND a.state = %s AND a.kind = ANY(%s)"
)


def of(
    citizen: Citizen, *, filer: Account, now: datetime, wanted: Set[str] = SOURCES.keys()
) -> dict[str, Value]:
    """What is ``wanted`` of it, by the names of ``rules.known.SOURCES``: what is not known is left out.

    Phone and e-mail address are those of who files. Codes stand for words: ``M`` and ``F``, ``VNM``, ``HEAD``.
    """
    readers: Mapping[tuple[str, ...], Callable[[], Mapping[str, Value]]] = {
        _REGISTER: lambda: _register(citizen),
        ("birth_registration",): lambda: _birth(citizen, clock.today(now)),
        _STAY: lambda: _stay(citizen, now),
        _HOUSEHOLD: lambda: _household(citizen),
        _CARD: lambda: _card(citizen),
        ("portrait",): lambda: _portrait(citizen),
        ("account_locked",): lambda: _account(citizen),
        ("phone", "email"): lambda: _reached(filer),
        _PAPERS: lambda: _papers(citizen),
        ("contract_address",): lambda: {"contract_address": _address(supply.address_of(citizen))},
    }
    found: dict[str, Value] = {}
    for names, reader in readers.items():
        if not wanted.isdisjoint(names):
            found |= reader()
    return {
        name: value
        for name, value in found.items()
        if name in wanted and value not in (None, "", [])
    }


def _birth(citizen: Citizen, today: date) -> dict[str, Value]:
    place = (
        RegistrationCode.objects.filter(in_force(today), code=citizen.personal_number[:3])
        .values_list("name", flat=True)
        .first()
    )
    return {"birth_registration": place}


def _register(citizen: Citizen) -> dict[str, Value]:
    return {
        "full_name": citizen.full_name,
        "birth_date": citizen.birth_date,
        "sex": citizen.sex,
        "nationality": citizen.nationality,
        "personal_number": citizen.personal_number,
        "residence": _address(citizen.residence),
    }


def _address(value: Mapping[str, Any] | None) -> Value:
    return None if not value else {part: value[part] for part in ("province", "commune", "line")}


def _stay(citizen: Citizen, now: datetime) -> dict[str, Value]:
    stay = find_stay(citizen.pk, now=now)
    if stay is None:
        return {}
    return {
        "stay_address": _address(stay.address),
        "stay_until": stay.last_day,
        "stay_owner": stay.owner,
    }


def _household(citizen: Citizen) -> dict[str, Value]:
    """The head by the register's relations; who lives with others and has no head among them is the head."""
    heads = statements.read_all(_HEAD, _HEAD_OF, [citizen.pk, RelationKind.HOUSEHOLD_HEAD.value])
    head = heads[0] if heads else None
    person = head or citizen
    return {
        "head_name": person.full_name,
        "head_number": person.personal_number,
        "head_relation": MEMBER if head else HEAD,
    }


def _card(citizen: Citizen) -> dict[str, Value]:
    card = IdCard.objects.filter(citizen=citizen).exclude(state=CardState.REPLACED).first()
    return {
        "card_number": card.number if card else None,
        "card_issued": card.issued_on if card else None,
        "card_expires": card.expires_on if card else None,
    }


def _portrait(citizen: Citizen) -> dict[str, Value]:
    return {"portrait": "portrait" if Portrait.objects.filter(citizen=citizen).exists() else None}


def _account(citizen: Citizen) -> dict[str, Value]:
    live = Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN).exclude(
        state=AccountState.CLOSED
    )
    state = live.values_list("state", flat=True).first()
    return {"account_locked": None if state is None else state == AccountState.LOCKED}


def _reached(filer: Account) -> dict[str, Value]:
    kinds = [AuthenticatorKind.SMS.value, AuthenticatorKind.EMAIL.value]
    values = [filer.pk, AuthenticatorState.ACTIVE.value, kinds]
    rows = statements.read_all(_AUTHENTICATOR, _REACHED_BY, values)
    reached = {row.kind: row.secret for row in rows}
    return {
        "phone": reached.get(AuthenticatorKind.SMS),
        "email": reached.get(AuthenticatorKind.EMAIL),
    }


def _papers(citizen: Citizen) -> dict[str, Value]:
    """Of the newest verified paper of each kind."""
    rows = Document.objects.filter(
        citizen=citizen, state=DocumentState.VERIFIED, kind__in=[LICENCE, HEALTH_CARD]
    ).order_by("linked_at")
    papers: dict[str, RegistryPaper] = {row.kind: from_json(row.paper) for row in rows}
    found: dict[str, Value] = {}
    if licence := papers.get(LICENCE):
        classes = [each["code"] for each in licence.values["classes"]]
        ends = [each["valid_until"] for each in licence.values["classes"] if each["valid_until"]]
        found |= {
            "licence_number": licence.number,
            "licence_classes": ", ".join(classes),
            "licence_class_list": classes,
            "licence_expires": date.fromisoformat(min(ends)) if ends else None,
            "licence_issued": licence.issued_on,
        }
    if card := papers.get(HEALTH_CARD):
        found["health_card_number"] = card.number
    return found
