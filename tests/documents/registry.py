"""A registry of the tests' own: a kind of paper, its gateway, and answers that tests choose."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any, Final
from unittest.mock import patch

from accounts.models import Account, Citizen
from documents import gateways, kinds
from documents.enums import DocumentState, FieldResult, Level, PaperStatus
from documents.gateways.base import NotThere, Read
from documents.kinds.base import Drawn, Line, NumberRefused
from documents.models import Document, Registry
from documents.models.papers import NUMBER
from documents.rules.papers import Holder, RegistryPaper
from eid_portal.core import clock, outside
from eid_portal.core.outside import Accepted, Call, Outcome, Refused, Unavailable, Unknown
from eid_portal.core.sealed import blind_index
from tests.factories import make_account

PARTY: Final = "tests-registry"
KIND: Final = "TEST_PAPER"
NAME: Final = "Đặng Thị Mẫu"


class PaperKind:
    """See ``kinds.base.Kind``."""

    code = KIND
    title: Any = "Test paper"
    issuer: Any = "Tests"
    icon = "id-card"
    look = "grey"
    party = PARTY
    number_hint: Any = ""
    by_person = True
    by_number = True
    template = ""

    def clean_number(self, typed: str) -> str:
        raise NumberRefused("tests")

    def compare(self, holder: Holder, paper: RegistryPaper) -> dict[str, FieldResult]:
        same = paper.holder_name == holder.full_name
        return {"name": FieldResult.SAME if same else FieldResult.DIFFERENT}

    def value_of(self, field_code: str, holder: Holder, paper: RegistryPaper) -> tuple[str, str]:
        return paper.holder_name, holder.full_name

    def field_label(self, field_code: str) -> Any:
        return field_code

    def draw(self, paper: RegistryPaper, today: date) -> Drawn:
        points = Line(
            code="points", label="", value=str(paper.values.get("points")), level=Level.BASIC
        )
        return Drawn(
            title=self.title,
            number=paper.number,
            ending=paper.number[-4:],
            lines=(),
            tell_facts=lambda: (points,),
            expires_on=paper.expires_on,
        )

    def renewal(self, paper: RegistryPaper) -> None:
        return None


class PaperGateway:
    """See ``gateways.base.Gateway``; only what a verification needs."""

    PARTY = PARTY
    NAME = CORRECTS = "Tests"

    def look_up_call(self, kind: str, number: str, holder: Holder) -> Call:
        payload = {"number": number, "personal_number": holder.personal_number}
        return Call(method="POST", path="/v1/lookup", payload=payload, tag="eid-tests")

    def read_look_up(
        self, kind: str, number: str, outcome: Outcome
    ) -> Read | NotThere | Unavailable | Unknown:
        match outcome:
            case Accepted(data):
                return Read(paper(number, **data))
            case Refused():
                return NotThere()
            case _:
                return outcome


def paper(number: str, **changed: Any) -> RegistryPaper:
    """A valid paper of the person tests are about."""
    values: dict[str, Any] = {
        "kind": KIND,
        "number": number,
        "holder_name": NAME,
        "holder_birth_date": None,
        "holder_number": None,
        "status": PaperStatus.VALID,
        "issued_on": None,
        "expires_on": None,
        "issuer": "Tests",
        "values": {"points": 12},
    }
    return RegistryPaper(**values | changed)


Answer = Callable[[str], Outcome]


@dataclass
class FakeRegistry:
    """What the registry answers, by number, and what it was asked."""

    default: Answer = lambda _number: Accepted({})
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: Lock = field(default_factory=Lock)

    def says(self, document: Document, outcome: Outcome) -> None:
        """From now on that is its answer about a paper."""
        self.answers[document.number] = lambda _number: outcome

    def answer(self, number: str) -> Outcome:
        """One answer."""
        with self.lock:
            self.asked[number] += 1
        return self.answers.get(number, self.default)(number)

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return sum(self.asked.values())


@contextmanager
def registry() -> Iterator[FakeRegistry]:
    """The registry stands where its wire would be."""
    here = FakeRegistry()

    def ask(party: str, asked: Call) -> Outcome:
        assert party == PARTY
        assert asked.payload is not None
        return here.answer(asked.payload["number"])

    with (
        patch.dict(gateways.every(), {PARTY: PaperGateway()}),
        patch.dict(kinds.built_in(), {KIND: PaperKind()}),
        patch.object(outside, "_ask", ask),
    ):
        yield here


def make_document(
    number: str = "T0001", account: Account | None = None, **columns: Any
) -> Document:
    """A paper that was just linked."""
    owner: Citizen = columns.pop("citizen", None) or (account or make_account()).citizen
    now = clock.now()
    values: dict[str, Any] = {
        "state": DocumentState.VERIFYING,
        "citizen": owner,
        "kind": KIND,
        "registry": PARTY,
        "number": number,
        "number_index": blind_index(NUMBER, number),
        "since": now,
        "linked_at": now,
        "linked_by": account or owner.accounts.get(),
        "next_check_at": now,
    }
    return Document.objects.create(**values | columns)


def fast() -> None:
    """The registry may be asked as fast as it answers."""
    Registry.objects.update_or_create(party=PARTY, defaults={"calls_per_second": 100_000})
